"""Sealed totals stay hidden until a change is proved, harmful or decided: on screens, in the terminal and as JSON."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from loop import desk
from loop.cli import group
from loop.ports import Parts
from loop.records import (
    HIDDEN,
    Changes,
    EditInstructions,
    ProposalState,
    Report,
    SliceResult,
    Split,
    Verdict,
    as_shown,
)
from storage.database import Database
from storage.queries import review
from storage.queries.scope import Scope
from storage.store import AgentStore
from tests import builders
from tests.screens import seed
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words

TOTALS = seed.evidence(1777, 433, 217)
TELLTALES = re.compile(r"(?<![0-9a-f])(433|217|12\.2|12\.1|9\.7|0\.097|0\.12[12])(?![0-9a-f])")
"""Fixed, broken, the gain seen, and the gain to be expected; not inside a digest."""


def found(proposal: Any, *, verdict: Verdict) -> Report:
    """A report whose sealed totals are easy to spot, in every place where they may stand."""
    part = SliceResult(name="parcels", split=Split.SEALED, evidence=TOTALS, p_harm_adjusted=0.9, is_harmed=False)
    return builders.report(
        proposal,
        id=f"told-{verdict}",
        sealed=TOTALS,
        slices=(part,),
        verdict=verdict,
        reasons=("Dev speaks for it.",),
        sealed_reasons=("Fixes 433 and breaks 217 of 1777 sealed cases: +12.2 points.",),
        sealed_cases=1777,
        expected_gain=0.097,
        level=0.0027,
    )


@pytest.fixture
def tested(workspace: AgentStore) -> Callable[[Verdict], str]:
    """Draft a change and report on it; its id."""

    def make(verdict: Verdict) -> str:
        made = seed.propose(workspace, (EditInstructions(new=f"Say it {verdict}."),), title=f"Say it {verdict}",
                            verdict=Verdict.NOT_ENOUGH_DATA)  # fmt: skip
        workspace.commit(Changes(reports=(found(made, verdict=verdict),)))
        return made.id

    return make


def numbers(opens: Opens, proposal_id: str) -> str:
    """The page of a change with everything on it: the statistics too, which are a key away."""
    app = opens("review", p=proposal_id)
    assert "Numbers" in button(app, "numbers").label
    return page_words(button(app, "numbers").click().run())


def everything(store: AgentStore, database: Database, opens: Opens, *, proposal_id: str) -> dict[str, str]:
    """What the screens, the terminal, the queries and the store hand out."""
    run = CliRunner()
    slug = store.agent.slug
    shown = {
        "review": numbers(opens, proposal_id),
        "today": page_words(opens()),
        "list": run.invoke(group, ["review", "--agent", slug, "--list"]).output,
        "terminal": run.invoke(group, ["review", "--agent", slug], input="s\n" * 12).output,
        "item": store.proposal(proposal_id).model_dump_json(),
        "items": "".join(item.model_dump_json() for item in store.proposals()),
        "lines": repr(review.list_proposals(Scope(database.engine, slug), list(ProposalState))),
    }
    assert "Say it" in shown["terminal"] + shown["list"] + shown["review"]
    return shown


@pytest.mark.parametrize("verdict", [Verdict.PROMISING, Verdict.NO_WORSE, Verdict.NO_EFFECT, Verdict.NOT_ENOUGH_DATA])
def test_no_screen_no_terminal_and_no_json_shows_sealed_totals_of_an_undecided_change(
    verdict: Verdict, workspace: AgentStore, tested: Callable[[Verdict], str], opens: Opens,
    sqlite_database: Database,
) -> None:  # fmt: skip
    proposal_id = tested(verdict)
    shown = everything(workspace, sqlite_database, opens, proposal_id=proposal_id)
    for place, text in shown.items():
        assert not TELLTALES.findall(text), place
    assert HIDDEN in shown["review"]
    assert HIDDEN in shown["terminal"]


@pytest.mark.parametrize("verdict", [Verdict.PROVED, Verdict.HARMFUL])
def test_what_is_proved_or_harmful_shows_what_it_rests_on(
    verdict: Verdict, tested: Callable[[Verdict], str], opens: Opens
) -> None:
    text = numbers(opens, tested(verdict))
    assert "Fixes 433 and breaks 217" in text
    assert "+9.7 points" in text, "the gain to be expected stands first"
    assert "seen +12.2 points" in text


def test_after_the_decision_the_totals_are_shown(
    workspace: AgentStore, parts: Parts, tested: Callable[[Verdict], str], opens: Opens
) -> None:
    proposal_id = tested(Verdict.PROMISING)
    item = workspace.proposal(proposal_id)
    desk.reject(parts, proposal_id, actor=builders.reviewer(is_single_operator=True), seen_digest=item.evidence_digest,
                reason="no")  # fmt: skip
    text = numbers(opens, proposal_id)
    assert "Fixes 433 and breaks 217" in text
    assert HIDDEN not in text


@pytest.mark.parametrize("state", ProposalState)
def test_a_change_that_goes_on_as_another_tells_nothing_either(state: ProposalState) -> None:
    """One that was edited, or drawn anew on another base, is decided under another name."""
    decided = {ProposalState.APPROVED, ProposalState.LIVE, ProposalState.REJECTED, ProposalState.UNDONE}
    shown = as_shown(found(builders.proposal(), verdict=Verdict.PROMISING), state=state)
    assert (shown.sealed.tally.n > 0) is (state in decided)
    assert (shown.expected_gain is None) is (state not in decided)


def test_a_report_of_an_earlier_release_hides_its_sentences_too() -> None:
    older = found(builders.proposal(), verdict=Verdict.PROMISING).model_copy(
        update={"sealed_cases": None, "sealed_reasons": (), "reasons": ("Fixes 433 of 1777.",)}
    )
    assert as_shown(older, state=ProposalState.WAITING).words == (HIDDEN,)

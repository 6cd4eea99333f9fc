"""What the words of the screens promise is what the product does."""

import pytest

from dashboard.components.corrections import fates
from dashboard.components.elements import words
from dashboard.components.review import headline, results
from loop.change.clash import MOST
from loop.evaluate.repetition import SAME_AGAIN
from loop.records import Changes, Limits, ProposalState, StakesLevel
from loop.records.cards import Clash
from storage.queries.corrections import MINE, CorrectionLine
from storage.store import AgentStore
from tests import builders
from tests.screens.conftest import Opens
from tests.screens.reading import page_words


@pytest.mark.parametrize("level", StakesLevel)
def test_every_level_of_stakes_has_its_undo_window(level: StakesLevel) -> None:
    told = words.STAKES[level].more
    assert "undo window" in told
    assert "at once" not in told
    assert ("two people" in told) is (level is StakesLevel.HIGH)
    assert Limits().undo_seconds > 0
    assert Limits().undo_seconds_high > Limits().undo_seconds


def test_a_repeated_test_says_at_which_level_it_is_judged() -> None:
    made = builders.report(builders.proposal(), level=None)
    assert "No look was charged; seed" in results._method(made)
    again = made.model_copy(update={"carried_level": 0.0125})
    assert "No look was charged: judged at the level of the test before, 0.0125" in results._method(again)
    assert "the same counts as before" in SAME_AGAIN, "they may be other cases"


def test_what_others_said_is_not_said_to_have_worked(workspace: AgentStore, opens: Opens) -> None:
    page = page_words(opens("corrections"))
    assert "What others said or liked" in page
    assert "worked" not in page


def test_a_count_that_was_cut_is_not_told_as_the_whole() -> None:
    line = CorrectionLine.model_construct(feedback_id="f")
    assert fates._tally([line] * MINE, {}) == f"The newest {MINE} corrections."
    assert fates._tally([line], {}) == "1 correction."
    clash = Clash(section="rules", element_id="r", says="s", against="a", difference="d")
    assert "or more live texts may say otherwise" in headline._clashes([clash] * MOST)
    assert "or more" not in headline._clashes([clash] * (MOST - 1))


def test_today_tells_no_statistics(workspace: AgentStore, opens: Opens) -> None:
    item = workspace.proposals([ProposalState.WAITING])[0]
    workspace.commit(Changes(reports=(builders.report(item.proposal, id="look", level=0.01, seed=31),)))
    assert workspace.ledger().looks
    told = page_words(opens(""))
    assert "The loop" in told
    for jargon in ("budget of error", "proved means", "sealed cases:"):
        assert jargon not in told, jargon

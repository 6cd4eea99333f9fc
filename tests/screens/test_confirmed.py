"""What a release is worth on fresh cases is said where releases are; differences only over the same cases."""

import json

from click.testing import CliRunner

from loop.cli import group
from loop.records import Changes, Measurement, ProposalState
from storage.store import AgentStore
from tests.screens import improving
from tests.screens.conftest import Opens
from tests.screens.reading import page_words

CONFIRMED = "onfirmed on 63 fresh cases: +12.7 points (90 % interval"
WAITING = "ot yet confirmed: 12 fresh cases, 50 are needed"


def test_releases_say_whether_a_change_was_confirmed_on_fresh_cases(workspace: AgentStore, opens: Opens) -> None:
    told = page_words(opens("releases"))
    assert f"C{CONFIRMED}" in told
    assert f"N{WAITING}" in told


def test_improvement_says_what_was_confirmed(workspace: AgentStore, opens: Opens) -> None:
    told = page_words(opens("improvement"))
    assert (
        "On 63 fresh cases, the one change in force makes answers right 12.7 points more often (90 % interval" in told
    )
    assert "Confirmed on fresh cases: v1 “Say when the desk is open”" in told
    assert "v2 “Answer every late parcel with its tracking page” was taken back after 3 days" in told


def test_the_history_of_a_change_says_whether_it_was_confirmed(workspace: AgentStore, opens: Opens) -> None:
    (live,) = workspace.proposals([ProposalState.LIVE])
    app = opens("review", p=live.proposal.id)
    app.session_state[f"evidence-{live.proposal.id}"] = "History"
    assert f"v1 is c{CONFIRMED}" in page_words(app.run())


def test_releases_say_which_rates_were_measured_on_other_cases(workspace: AgentStore, opens: Opens) -> None:
    assert "on other cases" not in page_words(opens("releases"))
    _measure_live_on_others(workspace)
    told = page_words(opens("releases"))
    assert told.count("on other cases than the live version") == 3


def test_the_curve_joins_only_versions_measured_on_the_same_cases(workspace: AgentStore, opens: Opens) -> None:
    def joined() -> tuple[list[float], list[float]]:
        (*_, levels) = opens("improvement").get("plotly_chart")
        line, dots = json.loads(levels.proto.spec)["data"]
        assert (line["mode"], dots["mode"]) == ("lines", "markers+text")
        return list(line["y"]), list(dots["y"])

    assert [len(some) for some in joined()] == [4, 4]
    _measure_live_on_others(workspace)
    improving.tell(workspace, now=workspace.head().created_at)
    line, dots = joined()
    assert (line, len(dots)) == ([0.98], 4)


def test_the_terminal_says_it_too(workspace: AgentStore) -> None:
    shown = CliRunner().invoke(group, ["agent", "show", "desk"])
    assert f"deploy   version 1: c{CONFIRMED}" in shown.output
    told = json.loads(CliRunner().invoke(group, ["agent", "show", "desk", "--json"]).output)
    said = [one["said"][:13] for one in told["releases"]]
    assert said == ["", "confirmed on ", "not yet confi", ""]
    assert told["releases"][3]["comparisons"]["progress"]["evidence"]["tally"]["fixed"] == 90


def _measure_live_on_others(store: AgentStore) -> None:
    measured = Measurement(
        agent="desk", number=3, case_set_digest="d" * 64, n=2000, right=1960, low=0.97, high=0.99,
        at=store.head().created_at.replace(year=2099),
    )  # fmt: skip
    store.commit(Changes(measurements=(measured,)))

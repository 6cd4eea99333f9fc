"""What a release is worth on fresh cases is said where releases are; differences only over the same cases."""

import json

from click.testing import CliRunner

from loop.cli import group
from loop.records import Changes, Measurement, ProposalState
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import page_words

CONFIRMED = "onfirmed on 63 fresh cases: +12.7 points (90 % interval"
WAITING = "ot yet confirmed: 12 fresh cases, 50 are needed"


def test_releases_say_whether_a_change_was_confirmed_on_fresh_cases(workspace: AgentStore, opens: Opens) -> None:
    told = page_words(opens("releases"))
    assert f"C{CONFIRMED}" in told
    assert f"N{WAITING}" in told


def test_improvement_says_how_many_changes_were_confirmed(workspace: AgentStore, opens: Opens) -> None:
    told = page_words(opens("improvement"))
    assert "1 of 1" in told
    assert f"1 wait for fresh cases. v2 is n{WAITING}" in told


def test_the_history_of_a_change_says_whether_it_was_confirmed(workspace: AgentStore, opens: Opens) -> None:
    (live,) = workspace.proposals([ProposalState.LIVE])
    app = opens("review", p=live.proposal.id)
    app.session_state[f"evidence-{live.proposal.id}"] = "History"
    assert f"v1 is c{CONFIRMED}" in page_words(app.run())


def test_the_gain_is_of_the_cases_both_versions_were_asked_and_says_how_many(
    workspace: AgentStore, opens: Opens
) -> None:
    _measure_live_on_others(workspace)
    told = page_words(opens("improvement"))
    assert "+5.0 points since v0, on the 1,400 cases both were asked" in told
    assert "17.6 points" not in told, "the difference of two rates on different cases"
    assert "n 2,000" in told


def test_releases_say_which_rates_were_measured_on_other_cases(workspace: AgentStore, opens: Opens) -> None:
    assert "on other cases" not in page_words(opens("releases"))
    _measure_live_on_others(workspace)
    told = page_words(opens("releases"))
    assert told.count("on other cases than the live version") == 3


def test_the_curve_joins_only_versions_measured_on_the_same_cases(workspace: AgentStore, opens: Opens) -> None:
    def joined() -> list[str]:
        (line, *_) = json.loads(opens("improvement").get("plotly_chart")[0].proto.spec)["data"]
        assert line["mode"] == "lines"
        return list(line["x"])

    assert joined() == ["v0", "v1", "v2", "v3"]
    _measure_live_on_others(workspace)
    assert joined() == ["v3"]


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

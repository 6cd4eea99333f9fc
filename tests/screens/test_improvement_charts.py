"""Charts of the manager's page: nothing hides behind another line, and an axis is cut only where that shows more."""

import json
from typing import Any

import pytest

from loop import improvement
from loop.records import Verdict
from loop.records.improvement import Improvement, SignalChart, SignalDay
from storage.store import AgentStore
from tests.manager_world import World, waiting_item
from tests.screens import improving
from tests.screens.conftest import Opens
from tests.screens.reading import page_words


def spec(opens: Opens, place: int = 0, **address: str) -> dict[str, Any]:
    return dict(json.loads(opens("improvement", **address).get("plotly_chart")[place].proto.spec))


def chart_of(shares: list[float], *, lower: float, upper: float) -> SignalChart:
    """Days of 100 signals each, within these limits."""
    days = tuple(
        SignalDay(
            day=f"2026-10-{at + 1:02d}",
            n=100,
            good=round(100 * share),
            low=share - 0.09,
            high=min(1.0, share + 0.09),
            centre=0.8,
            lower=lower,
            upper=upper,
        )
        for at, share in enumerate(shares)
    )
    return SignalChart(kind="thumbs", n=100 * len(days), days=days)


def keep(workspace: AgentStore, chart: SignalChart) -> Improvement:
    page = improvement.overview(World(1).facts())
    return improving.keep(workspace, page.model_copy(update={"signals": (chart,), "rollbacks": (), "releases": ()}))


def test_changes_of_the_same_name_are_lines_of_their_own(workspace: AgentStore, opens: Opens) -> None:
    waiting = tuple(waiting_item(f"w{n}", verdict=Verdict.PROVED, gain=0.04) for n in range(3))
    page = improvement.overview(World(1, waiting=waiting).facts())
    same = tuple(one.model_copy(update={"title": "Say it shorter"}) for one in page.waiting)
    improving.keep(workspace, page.model_copy(update={"waiting": same}))
    drawn = spec(opens, behind="Next")
    assert [trace["y"] for trace in drawn["data"]] == [[0], [1], [2]]
    axis = drawn["layout"]["yaxis"]
    assert (axis["tickvals"], axis["ticktext"]) == ([0, 1, 2], ["Say it shorter"] * 3)
    assert axis["range"] == [2.5, -0.5], "the first one on top"


def test_a_map_has_no_line_without_a_cell_and_says_which_topics_it_leaves_out(
    workspace: AgentStore, opens: Opens
) -> None:
    page = improvement.overview(World(1).facts())
    names = list(dict.fromkeys(cell.topic for cell in page.heat))
    thin = tuple(one if one.topic in names[:2] else one.model_copy(update={"n": 7, "bad": 1}) for one in page.heat)
    improving.keep(workspace, page.model_copy(update={"heat": thin}))
    (trace,) = spec(opens, -1, behind="Next")["data"]
    assert len(trace["z"]) == 2 < len(names)
    left_out = f"{len(names) - 2} topic{'s have' if len(names) > 3 else ' has'} fewer than 30 signals in every hour"
    assert left_out in page_words(opens("improvement", behind="Next"))
    alone = tuple(one if one.topic in names[:1] else one.model_copy(update={"n": 7, "bad": 1}) for one in page.heat)
    improving.keep(workspace, page.model_copy(update={"heat": alone}))
    assert "so there is no map of hours" in page_words(opens("improvement", behind="Next"))


def test_the_limits_are_within_the_picture(workspace: AgentStore, opens: Opens) -> None:
    keep(workspace, chart_of([0.8, 0.82, 0.78, 0.81], lower=0.55, upper=0.88))
    low, high = spec(opens)["layout"]["yaxis"]["range"]
    assert low < 0.55
    assert high > 0.88


@pytest.mark.parametrize(("lower", "is_cut"), [(0.05, False), (0.4, True)])
def test_an_axis_is_cut_only_where_much_of_it_is_empty(
    workspace: AgentStore, opens: Opens, lower: float, is_cut: bool
) -> None:
    page = keep(workspace, chart_of([0.8, 0.9, 0.7], lower=lower, upper=1.0))
    axis = spec(opens)["layout"]["yaxis"]
    assert (axis["range"][0] > 0) is is_cut
    assert ("title" in axis and "axis from" in str(axis["title"])) is is_cut
    assert ("The axis is cut" in improvement.as_html(page, name="Desk")) is is_cut

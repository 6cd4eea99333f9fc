"""Charts over time: what people say with its control limits, what was avoided, levels after each release, costs."""

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go

from dashboard.components.elements import words
from dashboard.components.improvement.charts import CUT, FEW, GREEN, ORANGE, VERMILLION, frame, ink, numbers, quiet
from loop import improvement
from loop.records.improvement import AvoidedErrors, CostWeek, LevelPoint, ReleaseGain, Rollback, SignalChart

_BAND = "rgba(86,180,233,0.25)"
_MARKS = {"outside": ("diamond", "outside the limits"), "run": ("square", "eight or more in a row on one side")}


def control_chart(chart: SignalChart, *, name: str, releases: Sequence[ReleaseGain], back: Sequence[Rollback]) -> None:
    """One kind of signal a day, with limits that begin anew at every release."""
    days = [day for day in chart.days if day.n]
    x = [day.day for day in days]
    figure = go.Figure()
    for column, dash, told in (
        ("lower", "dot", ""),
        ("upper", "dot", "Limits (3 sigma)"),
        ("centre", "solid", "Usual"),
    ):
        figure.add_scatter(
            x=x,
            y=[getattr(day, column) for day in days],
            mode="lines",
            line={"color": quiet(), "width": 1, "dash": dash, "shape": "hv" if column == "centre" else "linear"},
            connectgaps=False,
            hoverinfo="skip",
            showlegend=bool(told),
            name=told,
        )
    figure.add_scatter(
        x=x,
        y=[day.good / day.n for day in days],
        mode="lines+markers",
        line={"color": ink(), "width": 1.5},
        marker={"size": 5, "symbol": ["circle" if day.n >= FEW else "circle-open" for day in days]},
        customdata=[day.n for day in days],
        hovertemplate="%{x}: %{y:.1%} good, n %{customdata}<extra></extra>",
        name=f"{name} a day (hollow: fewer than {FEW})",
    )
    for mark, (symbol, told) in _MARKS.items():
        some = [day for day in days if day.mark == mark]
        if some:
            figure.add_scatter(
                x=[day.day for day in some],
                y=[day.good / day.n for day in some],
                mode="markers",
                marker={"size": 12, "symbol": f"{symbol}-open", "color": VERMILLION, "line": {"width": 2}},
                hoverinfo="skip",
                name=told.capitalize(),
            )
    if x:
        _mark(figure, releases, back, first=x[0], last=x[-1])
    drawn = [day.good / day.n for day in days]
    _shares(figure, [*drawn, *(day.lower for day in days)], [*drawn, *(day.upper for day in days)])
    frame(
        figure,
        key=f"control-{chart.kind}",
        alt=f"{name}: share good by day with control limits made anew at each release. "
        f"{sum(day.mark == 'outside' for day in days)} days lie outside.",
        height=360,
        top=64,
    )
    numbers(
        f"control-{chart.kind}",
        ("Day", "Good", "Rated", "95 % interval", "Limits", "Sign"),
        [
            (
                day.day,
                f"{day.good:,}",
                f"{day.n:,}",
                words.span(day.low, day.high),
                words.span(day.lower, day.upper) if day.lower is not None else "too few days yet",
                _MARKS[day.mark][1] if day.mark else "",
            )
            for day in reversed(days)
        ],
        label=f"{name} by day",
        right=(1, 2),
    )


def avoided_chart(days: Sequence[AvoidedErrors]) -> None:
    """Bad answers that did not happen, added up, with the band of what the fresh cases leave open."""
    x = [one.day for one in days]
    figure = go.Figure()
    figure.add_scatter(
        x=x, y=[one.high for one in days], mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False
    )
    figure.add_scatter(
        x=x, y=[one.low for one in days], mode="lines", line={"width": 0}, fill="tonexty", fillcolor=_BAND,
        hoverinfo="skip", name="90 % range",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=[one.total for one in days], mode="lines", line={"color": ink(), "width": 2}, name="Avoided so far",
        hovertemplate="%{x}: %{y:,.0f}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", tickformat=",.0f")
    frame(figure, key="avoided", alt="Bad answers avoided so far by day, with a 90 % range", height=260)
    numbers(
        "avoided",
        ("Day", "Avoided so far", "90 % range"),
        [(one.day, f"{one.total:,.0f}", f"{one.low:,.0f} to {one.high:,.0f}") for one in reversed(days)],
        label="Bad answers avoided",
        right=(1,),
    )


def levels_chart(levels: Sequence[LevelPoint]) -> None:
    """Right answers on the sealed cases after each release; only what was measured on the same cases is joined."""
    figure = go.Figure()
    same = [one for one in levels if one.is_same]
    figure.add_scatter(
        x=[one.at for one in same], y=[one.share for one in same], mode="lines", line={"color": ink(), "width": 2},
        hoverinfo="skip", name="On the same cases",
    )  # fmt: skip
    figure.add_scatter(
        x=[one.at for one in levels],
        y=[one.share for one in levels],
        mode="markers+text",
        text=[words.version(one.number) for one in levels],
        textposition="top right",
        marker={"size": 10, "color": ink(), "symbol": ["circle" if one.is_same else "circle-open" for one in levels]},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, one.high - one.share) for one in levels],
            "arrayminus": [max(0.0, one.share - one.low) for one in levels],
            "color": ink(),
            "thickness": 1.2,
            "width": 4,
        },
        customdata=[one.n for one in levels],
        hovertemplate="%{text}: %{y:.1%} right, n %{customdata}<extra></extra>",
        name="Right on sealed cases (hollow: other cases)",
    )
    _shares(figure, [one.low for one in levels], [one.high for one in levels])
    frame(figure, key="levels", alt="Share of right answers on the sealed cases over time, with 95 % intervals")
    numbers(
        "levels",
        ("Live from", "Version", "Right", "95 % interval", "Cases", "Which cases"),
        [
            (
                f"{one.at:%Y-%m-%d}",
                words.version(one.number),
                words.percent(one.share),
                words.span(one.low, one.high),
                f"{one.n:,}",
                "those of the live version" if one.is_same else "others",
            )
            for one in reversed(levels)
        ],
        label="Right answers on the sealed cases",
        right=(2, 4),
    )


def takeovers_chart(weeks: Sequence[CostWeek]) -> None:
    """Takeovers in a hundred answers, week by week."""
    some = [one for one in weeks if one.answers]
    figure = go.Figure()
    figure.add_scatter(
        x=[one.week for one in some],
        y=[None if one.takeovers is None else one.takeovers / one.watched for one in some], mode="lines+markers",
        line={"color": ink(), "width": 2}, marker={"size": 6}, customdata=[one.watched for one in some],
        hovertemplate="Week of %{x}: %{y:.1%} of %{customdata:,} answers<extra></extra>", name="Taken over by people",
    )  # fmt: skip
    if any(one.handed_over for one in some):
        figure.add_scatter(
            x=[one.week for one in some], y=[one.handed_over / one.answers for one in some], mode="lines",
            line={"color": ORANGE, "width": 2, "dash": "dash"}, name="Handed over by the agent",
            hovertemplate="Week of %{x}: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    frame(figure, key="takeovers", alt="Share of answers people took over, by week, from zero", height=260)
    numbers(
        "takeovers",
        ("Week of", "Answers", "Taken over", "Handed over", "Time of people"),
        [
            (
                one.week,
                f"{one.answers:,}",
                _known(one.takeovers),
                f"{one.handed_over:,}",
                improvement.hours(one.seconds),
            )
            for one in reversed(weeks)
        ],
        label="What each week took",
        right=(1, 2, 3, 4),
    )


def work_chart(weeks: Sequence[CostWeek]) -> None:
    """Hours of people, week by week; an estimate."""
    figure = go.Figure(
        go.Bar(
            x=[one.week for one in weeks], y=[one.seconds / 3600 for one in weeks], marker={"color": ink()},
            hovertemplate="Week of %{x}: about %{y:.1f} h<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", ticksuffix=" h")
    frame(figure, key="work", alt="Hours people spent, by week, estimated", height=220, has_legend=False)


def _known(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def _mark(
    figure: go.Figure, releases: Sequence[ReleaseGain], back: Sequence[Rollback], *, first: str, last: str
) -> None:
    """Releases solid, rollbacks dashed, each with its name; names take turns in height so that none hides another."""
    moves: list[tuple[datetime, str, bool]] = [(one.at, f"▲ {words.version(one.number)}", False) for one in releases]
    moves += [(one.at, f"▼ back to {words.version(one.restores)}", True) for one in back]
    for place, (at, told, is_back) in enumerate(sorted(moves)):
        day = at.date().isoformat()
        if not first <= day <= last:
            continue
        colour = VERMILLION if is_back else GREEN
        figure.add_vline(x=day, line={"color": colour, "dash": "dash" if is_back else "solid", "width": 1.5})
        figure.add_annotation(
            x=day, y=1.0 + 0.07 * (place % 3), yref="paper", yanchor="bottom", text=told, showarrow=False,
            font={"color": quiet(), "size": 11},
        )  # fmt: skip


def _shares(figure: go.Figure, low: Sequence[float | None], high: Sequence[float | None]) -> None:
    """An axis of shares, cut where much of it is empty, and saying so."""
    ends = [one for one in (*low, *high) if one is not None]
    if not ends:
        return
    bottom, top = min(ends) - 0.03, max(ends) + 0.03
    bottom, top = bottom if bottom > CUT else 0.0, top if top < 1 - CUT else 1.0
    cut = f"axis from {bottom:.0%}" if bottom else None
    figure.update_yaxes(
        tickformat=".0%", range=[bottom, top], title={"text": cut, "font": {"size": 11}} if cut else None
    )

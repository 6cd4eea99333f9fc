"""Charts that read the same in light and dark and for any colour vision; each with its numbers as a table."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.components import words
from loop.records import DailyQuality
from storage.queries.progress import FunnelStep, ReleaseLine

BLUE, SKY, GREEN, VERMILLION, GREY = "#0072B2", "#56B4E9", "#009E73", "#D55E00", "#7F7F7F"
FEW = 30
"""Answers of a day below which its point is drawn hollow: few cases lie."""
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def versions_chart(releases: Sequence[ReleaseLine]) -> None:
    """Right answers on the sealed cases, version by version, with intervals; rollbacks marked."""
    shown = [one for one in sorted(releases, key=lambda one: one.number) if one.share is not None]
    names = [words.version(one.number) for one in shown]
    same = [one.case_set == shown[-1].case_set for one in shown]
    figure = go.Figure()
    figure.add_scatter(
        x=[name for name, is_same in zip(names, same, strict=True) if is_same],
        y=[one.share for one, is_same in zip(shown, same, strict=True) if is_same],
        mode="lines",
        line={"color": _ink(), "width": 2},
        hoverinfo="skip",
        name="On the same cases",
    )
    figure.add_scatter(
        x=names,
        y=[one.share for one in shown],
        mode="markers",
        marker={
            "size": 11,
            "symbol": [
                ("triangle-down" if one.kind == "rollback" else "circle") + ("" if is_same else "-open")
                for one, is_same in zip(shown, same, strict=True)
            ],
            "color": [VERMILLION if one.kind == "rollback" else _ink() for one in shown],
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [_between(one.share, one.high) for one in shown],
            "arrayminus": [_between(one.low, one.share) for one in shown],
            "color": _ink(),
            "thickness": 1.2,
            "width": 5,
        },
        customdata=[(one.n, words.span(one.low, one.high)) for one in shown],
        hovertemplate="%{x}: %{y:.1%} right<br>%{customdata[1]}, n %{customdata[0]}<extra></extra>",
        name="Right on sealed cases",
    )
    for place, one in enumerate(shown):
        if one.kind == "rollback":
            figure.add_vline(x=place, line={"color": VERMILLION, "dash": "dash", "width": 1})
    figure.update_xaxes(type="category")
    _draw(figure, key="versions", alt="Share of right answers on the sealed cases by version, with 95 % intervals")
    _numbers(
        "versions",
        [
            {
                "Version": words.version(one.number),
                "What": one.title,
                "Right": words.percent(one.share),
                "95 % interval": words.span(one.low, one.high),
                "Cases": one.n,
                "Which cases": "those of the live version" if is_same else "others",
                "Since the first version": words.since(one.progress) if one.progress else "",
            }
            for one, is_same in zip(shown, same, strict=True)
        ],
    )


def daily_chart(days: Sequence[DailyQuality], releases: Sequence[ReleaseLine]) -> None:
    """What people said of the answers, day by day, with the 95 % band; deploys solid, rollbacks dashed."""
    shown = [one for one in _merged(days) if one.n]
    x = [date.fromisoformat(one.day) for one in shown]
    figure = go.Figure()
    figure.add_scatter(
        x=x, y=[one.high for one in shown], mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False
    )
    figure.add_scatter(
        x=x,
        y=[one.low for one in shown],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor="rgba(86,180,233,0.28)",
        hoverinfo="skip",
        name="95 % range",
    )
    figure.add_scatter(
        x=x,
        y=[one.good / one.n for one in shown],
        mode="lines+markers",
        line={"color": _ink(), "width": 2},
        marker={"size": 6, "symbol": ["circle" if one.n >= FEW else "circle-open" for one in shown]},
        customdata=[one.n for one in shown],
        hovertemplate="%{x|%d %b}: %{y:.1%} good, n %{customdata}<extra></extra>",
        name=f"Good answers (hollow: fewer than {FEW})",
    )
    if x:
        _mark_releases(figure, [one for one in releases if x[0] <= one.at.date() <= x[-1] and one.kind != "start"])
    _draw(figure, key="daily", alt="Share of good answers a day with 95 % range, releases marked")
    _numbers(
        "daily",
        [
            {"Day": one.day, "Good": one.good, "Rated": one.n, "95 % interval": words.span(one.low, one.high)}
            | {"Matured": words.percent(one.matured, digits=0)}
            for one in shown
        ],
    )


def funnel_chart(steps: Sequence[FunnelStep]) -> None:
    """From feedback to live changes; the share that takes each step is printed, because the first dwarfs the rest."""
    told = [
        f"{step.n:,}"
        if not place or not steps[place - 1].n
        else f"{step.n:,}  ({step.n / steps[place - 1].n:.1%} of the step before)"
        for place, step in enumerate(steps)
    ]
    figure = go.Figure(
        go.Bar(
            y=[step.name for step in steps],
            x=[max(step.n, 0) ** 0.5 for step in steps],
            orientation="h",
            text=told,
            textposition="outside",
            cliponaxis=False,
            marker={"color": [GREY, SKY, BLUE, BLUE, GREEN, GREEN][: len(steps)]},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    widest = max((step.n for step in steps), default=1) ** 0.5
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(visible=False, range=[0, max(widest, 1) * 1.6])
    _draw(figure, key="funnel", alt="How feedback becomes live changes", percent=False, height=280)
    st.caption("Bar lengths grow with the square root, so that small steps stay visible; read the numbers.")


def _merged(days: Sequence[DailyQuality]) -> list[DailyQuality]:
    """One point a day: the version with the most rated answers of that day speaks for its band."""
    by_day: dict[str, DailyQuality] = {}
    for one in days:
        kept = by_day.get(one.day)
        if kept is None or one.n > kept.n:
            by_day[one.day] = one
    return [by_day[day] for day in sorted(by_day)]


def _mark_releases(figure: go.Figure, releases: Sequence[ReleaseLine]) -> None:
    for place, one in enumerate(sorted(releases, key=lambda one: one.number)):
        is_back = one.kind == "rollback"
        colour = VERMILLION if is_back else GREEN
        figure.add_vline(
            x=one.at.date().isoformat(), line={"color": colour, "dash": "dash" if is_back else "solid", "width": 1.5}
        )
        figure.add_annotation(
            x=one.at.date().isoformat(),
            y=1.02 + 0.06 * (place % 2),
            yref="paper",
            yanchor="bottom",
            text=f"{'▼' if is_back else '▲'} {words.version(one.number)}",
            showarrow=False,
            font={"color": colour, "size": 12},
        )


def _between(low: float | None, high: float | None) -> float:
    return 0.0 if low is None or high is None else max(0.0, high - low)


def _ink() -> str:
    return SKY if st.context.theme.type == "dark" else BLUE


def _draw(figure: go.Figure, *, key: str, alt: str, percent: bool = True, height: int = 320) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 44 if percent else 8, "b": 8},
        legend={"orientation": "h", "y": -0.18},
        hovermode="closest",
    )
    if percent:
        figure.update_yaxes(tickformat=".0%")
    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt)


def _numbers(key: str, rows: list[dict[str, Any]]) -> None:
    with st.expander("Show numbers", key=f"{key}-numbers", on_change="rerun") as numbers:
        if numbers.open:
            st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}-table")

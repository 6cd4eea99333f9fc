"""The frame of every chart: the same in light and dark and for any colour vision, with its numbers as a table."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.elements import cards
from dashboard.components.elements.cards import Cell
from dashboard.components.elements.markup import show

BLUE, SKY, GREEN, VERMILLION, GREY, ORANGE = "#0072B2", "#56B4E9", "#009E73", "#D55E00", "#7F7F7F", "#E69F00"
"""Okabe–Ito; never the only sign: symbols, dashes and words say the same."""
FEW = 30
"""Signals below which a point is drawn hollow: few cases lie."""
CUT = 0.1
"""An axis of shares is cut only where more than this is left out at that end."""
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def ink() -> str:
    """The colour of the main line."""
    return SKY if st.context.theme.type == "dark" else BLUE


def quiet() -> str:
    """Of what stands behind it."""
    return "#aab5c0" if st.context.theme.type == "dark" else "#505b67"


def frame(figure: go.Figure, *, key: str, alt: str, height: int = 300, top: int = 36, has_legend: bool = True) -> None:
    """Put a chart on the page. `alt`: what a person who does not see it must know. `top`: pixels for names above."""
    figure.update_layout(
        template=None,
        height=height,
        margin={"l": 8, "r": 8, "t": top, "b": 8},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
        showlegend=has_legend,
        hovermode="closest",
        dragmode=False,
    )
    figure.update_xaxes(fixedrange=True, automargin=True)
    figure.update_yaxes(fixedrange=True, automargin=True)
    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt)


def numbers(
    key: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, label: str, right: Sequence[int] = ()
) -> None:
    """The same numbers as a table, drawn once somebody opens it."""
    with st.expander("Show numbers", key=f"{key}-numbers", on_change="rerun") as opened:
        if opened.open:
            show(cards.table(columns, rows, numbers=right, label=label))

"""Charts that compare: differences with their intervals, and where it goes wrong."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import show
from dashboard.components.elements.words import Tone
from dashboard.components.improvement.charts import FEW, GREEN, VERMILLION, frame, numbers, quiet
from loop.records.improvement import HeatCell


class Whisker(NamedTuple):
    """One difference."""

    name: str
    effect: float
    low: float
    high: float
    said: str
    """Its state in words."""
    tone: Tone
    more: str = ""
    """What else the table says, such as n."""


_COLOURS: dict[Tone, str] = {"good": GREEN, "bad": VERMILLION}


def whiskers(
    key: str, some: Sequence[Whisker], *, alt: str, what: str, unit: str = " pts", scale: float = 100.0
) -> None:
    """Dots with intervals against zero; filled only where the interval leaves zero out."""
    figure = go.Figure()
    for place, one in enumerate(some):  # by place: two changes of the same name are two lines
        is_clear = one.low > 0 or one.high < 0
        colour = _COLOURS.get(one.tone, quiet())
        figure.add_scatter(
            x=[scale * one.effect],
            y=[place],
            mode="markers",
            marker={
                "size": 11,
                "color": colour,
                "symbol": "circle" if is_clear else "circle-open",
                "line": {"width": 2},
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [scale * max(0.0, one.high - one.effect)],
                "arrayminus": [scale * max(0.0, one.effect - one.low)],
                "color": colour,
                "thickness": 1.5,
                "width": 5,
            },
            hovertemplate=f"%{{x:+.1f}}{unit} ({scale * one.low:+.1f} to {scale * one.high:+.1f})<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": quiet(), "dash": "dash", "width": 1})
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(some))),
        ticktext=[_short(one.name) for one in some],
        range=[len(some) - 0.5, -0.5],
        zeroline=False,
    )
    figure.update_xaxes(ticksuffix=unit, zeroline=False)
    frame(figure, key=key, alt=alt, height=90 + 38 * len(some), has_legend=False)
    numbers(
        key,
        (what, "Difference", "90 % interval", "In words", "Rests on"),
        [
            (
                one.name,
                f"{scale * one.effect:+.1f}{unit}",
                f"{scale * one.low:+.1f} to {scale * one.high:+.1f}",
                one.said,
                one.more,
            )
            for one in some
        ],
        label=alt,
        right=(1, 2),
    )


def heat_chart(cells: Sequence[HeatCell], *, name: str) -> None:
    """Share of bad signals by topic and hour. Few signals leave a cell blank; a topic of such alone has no line."""
    every = list(dict.fromkeys(cell.topic for cell in cells))
    told = {(cell.topic, cell.hour): cell for cell in cells}
    filled = {cell.topic for cell in cells if cell.n >= FEW}
    topics = [topic for topic in every if topic in filled]
    if len(topics) < min(2, len(every)):
        show(cards.table(*_by_topic(cells, told, every), numbers=(1, 2), label=f"Bad {name} by topic"))
        cards.quiet(f"Hardly an hour of any topic has {FEW} signals yet, so there is no map of hours: few cases lie.")
        return
    rows, counts = [], []
    for topic in topics:
        row = [told.get((topic, hour)) for hour in range(24)]
        rows.append([cell.bad / cell.n if cell is not None and cell.n >= FEW else None for cell in row])
        counts.append([cell.n if cell is not None else 0 for cell in row])
    figure = go.Figure(
        go.Heatmap(
            z=rows,
            x=[f"{hour:02d}" for hour in range(24)],
            y=[_short(topic or "no topic") for topic in topics],
            customdata=counts,
            colorscale="Cividis",
            xgap=1,
            ygap=1,
            colorbar={"title": "bad", "tickformat": ".0%", "thickness": 12},
            hoverongaps=False,
            hovertemplate="%{y}, %{x} h UTC: %{z:.0%} bad, n %{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_xaxes(type="category", title={"text": "Hour of the question, UTC", "font": {"size": 11}})
    frame(
        figure,
        key="heat",
        alt=f"Share of bad {name} by topic and hour",
        height=110 + 26 * len(topics),
        has_legend=False,
    )
    if len(topics) < len(every):
        left = words.count(len(every) - len(topics), "topic has", "topics have")
        cards.quiet(f"{left} fewer than {FEW} signals in every hour, and no line here: see the numbers.")
    columns, lines = _by_topic(cells, told, every)
    numbers("heat", columns, lines, label=f"Bad {name} by topic", right=(1, 2))


def _by_topic(
    cells: Sequence[HeatCell], told: Mapping[tuple[str, int], HeatCell], topics: Sequence[str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The hours of each topic together: columns and rows of a table."""
    totals = {topic: [sum(told[key].n for key in told if key[0] == topic), 0] for topic in topics}
    for cell in cells:
        totals[cell.topic][1] += cell.bad
    rows: list[tuple[str, ...]] = [
        (topic or "no topic", f"{n:,}", words.percent(bad / n if n else None, digits=0), _worst(cells, topic))
        for topic, (n, bad) in totals.items()
    ]
    return ("Topic", "Rated", "Bad", "Highest of its hours (UTC)"), rows


def _worst(cells: Sequence[HeatCell], topic: str) -> str:
    some = [cell for cell in cells if cell.topic == topic and cell.n >= FEW]
    if not some:
        return f"fewer than {FEW} in every hour"
    worst = max(some, key=lambda cell: cell.bad / cell.n)
    return f"{worst.hour:02d}: {words.percent(worst.bad / worst.n, digits=0)} of {worst.n:,}"


def _short(name: str) -> str:
    """As a label of an axis: plotly reads a little markup there, so it is taken out."""
    told = name.replace("<", "‹").replace(">", "›")
    return told if len(told) <= 42 else f"{told[:41].rstrip()}…"

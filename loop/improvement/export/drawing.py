"""Small pictures (SVG) for the printed report: no script, no style from outside, every text escaped."""

import html
from collections.abc import Callable, Sequence
from datetime import date

from loop.improvement.wording import signed_points
from loop.records.improvement import CostWeek, ReleaseGain, Rollback, SignalChart, SignalDay

WIDTH, HALF, HEIGHT = 720, 360, 118
"""Of a picture, of one of two beside each other; pixels."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 20, 22
BLUE, GREEN, VERMILLION, GREY = "#0072B2", "#00694c", "#a83c00", "#505b67"
CUT = 0.1
"""An axis of shares is cut only where more than this is left out at that end."""
_COLOURS = {"good": GREEN, "bad": VERMILLION, "neutral": GREY}


def signal_picture(chart: SignalChart, *, releases: Sequence[ReleaseGain], back: Sequence[Rollback], alt: str) -> str:
    """Share good by day, with its limits and releases."""
    days = [day for day in chart.days if day.n]
    if len(days) < 2:
        return ""
    first, last = (date.fromisoformat(days[end].day).toordinal() for end in (0, -1))
    low, high = _ends(days)

    def x(day: str) -> float:
        return _LEFT + (date.fromisoformat(day).toordinal() - first) / max(1, last - first) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return HEIGHT - _BOTTOM - (value - low) / max(1e-9, high - low) * (HEIGHT - _TOP - _BOTTOM)

    parts = [_axis(low, high, y), _dates(days[0].day, days[-1].day)]
    parts += [
        _steps([(x(day.day), getattr(day, name)) for day in days], y, is_dotted=name != "centre")
        for name in ("lower", "centre", "upper")
    ]
    line = " ".join(f"{x(day.day):.1f},{y(day.good / day.n):.1f}" for day in days)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="1.4"/>')
    parts += [
        f'<circle cx="{x(day.day):.1f}" cy="{y(day.good / day.n):.1f}" r="4.5" fill="none" stroke="{VERMILLION}" '
        'stroke-width="1.6"/>'
        for day in days
        if day.mark == "outside"
    ]
    moves = [(one.at, f"▲ v{one.number}", GREEN) for one in releases]
    moves += [(one.at, f"▼ v{one.restores}", VERMILLION) for one in back]
    for place, (at, told, colour) in enumerate(sorted(moves)):
        day = at.date().isoformat()
        if days[0].day <= day <= days[-1].day:
            parts.append(_upright(x(day), told, colour, top=_TOP - 8 + 9 * (place % 2)))
    return _picture("".join(parts), alt=alt)


def is_cut(chart: SignalChart) -> bool:
    """Whether the axis of its picture shows less than 0 to 100 %."""
    days = [day for day in chart.days if day.n]
    return len(days) > 1 and _ends(days) != (0.0, 1.0)


def gains_picture(releases: Sequence[ReleaseGain], *, alt: str) -> str:
    """Gain per release against zero, each by its best evidence."""
    some = [(one, gain) for one in releases if (gain := one.gain) is not None]
    if not some:
        return ""
    ends = [value for _, gain in some for value in (gain.low, gain.high, 0.0)]
    low, high = min(ends) - 0.01, max(ends) + 0.01
    height, left = 30 + 14 * len(some), 40

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (HALF - left - _RIGHT - 44)

    parts = [
        f'<line x1="{x(0):.1f}" y1="10" x2="{x(0):.1f}" y2="{height - 20}" stroke="{GREY}" stroke-dasharray="4 3"/>',
        f'<text x="{x(0):.1f}" y="{height - 6}" text-anchor="middle">0 points</text>',
    ]
    for place, (one, gain) in enumerate(some):
        at = 14 + 14 * place
        colour = _COLOURS[gain.direction]
        fill = colour if gain.is_clear else "#fff"
        parts.append(f'<text x="{left - 10}" y="{at + 4}" text-anchor="end">v{one.number}</text>')
        parts.append(
            f'<line x1="{x(gain.low):.1f}" y1="{at}" x2="{x(gain.high):.1f}" y2="{at}" stroke="{colour}" '
            'stroke-width="2"/>'
        )
        parts.append(
            f'<circle cx="{x(gain.effect):.1f}" cy="{at}" r="4" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(f'<text x="{HALF - _RIGHT}" y="{at + 4}" text-anchor="end">{signed_points(gain.effect)}</text>')
    return _picture("".join(parts), alt=alt, wide=HALF, height=height)


def takeovers_picture(weeks: Sequence[CostWeek], *, alt: str) -> str:
    """Takeovers in a hundred answers by week, from zero."""
    some = [(one, one.takeovers / one.watched) for one in weeks if one.takeovers is not None]
    if len(some) < 2:
        return ""
    high = max(0.01, 1.1 * max(taken for _, taken in some))
    wide = (HALF - _LEFT - _RIGHT) / len(some)

    def y(value: float) -> float:
        return HEIGHT - _BOTTOM - value / high * (HEIGHT - _TOP - _BOTTOM)

    parts = [_axis(0.0, high, y, wide=HALF), _dates(some[0][0].week, some[-1][0].week, wide=HALF)]
    for place, (_, taken) in enumerate(some):
        top = y(taken)
        parts.append(
            f'<rect x="{_LEFT + place * wide + 1:.1f}" y="{top:.1f}" width="{max(1.0, wide - 2):.1f}" '
            f'height="{HEIGHT - _BOTTOM - top:.1f}" fill="{BLUE}"/>'
        )
    return _picture("".join(parts), alt=alt, wide=HALF)


# steps -------------------------------------------------------------------------------------------------------------
def _ends(days: Sequence[SignalDay]) -> tuple[float, float]:
    """Of an axis of shares: around what is drawn; where little would be cut off, nothing is."""
    ends = [one for day in days for one in (day.good / day.n, day.lower, day.upper) if one is not None]
    low, high = min(ends) - 0.02, max(ends) + 0.02
    return (low if low > CUT else 0.0, high if high < 1 - CUT else 1.0)


def _picture(inside: str, *, alt: str, wide: int = WIDTH, height: int = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {wide} {height}" role="img" aria-label="{html.escape(alt)}" '
        f'xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )


def _axis(low: float, high: float, y: Callable[[float], float], *, wide: int = WIDTH) -> str:
    return "".join(
        f'<line x1="{_LEFT}" y1="{y(value):.1f}" x2="{wide - _RIGHT}" y2="{y(value):.1f}" stroke="#d9dfe5"/>'
        f'<text x="{_LEFT - 5}" y="{y(value) + 4:.1f}" text-anchor="end">{100 * value:.0f} %</text>'
        for value in (low, (low + high) / 2, high)
    )


def _dates(first: str, last: str, *, wide: int = WIDTH) -> str:
    return (
        f'<text x="{_LEFT}" y="{HEIGHT - 6}">{html.escape(first)}</text>'
        f'<text x="{wide - _RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{html.escape(last)}</text>'
    )


def _steps(points: Sequence[tuple[float, float | None]], y: Callable[[float], float], *, is_dotted: bool) -> str:
    """A line with gaps where there is no value."""
    runs: list[list[str]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{at:.1f},{y(value):.1f}")
    dots = ' stroke-dasharray="2 3"' if is_dotted else ""
    return "".join(
        f'<polyline points="{" ".join(run)}" fill="none" stroke="{GREY}" stroke-width="1"{dots}/>'
        for run in runs
        if len(run) > 1
    )


def _upright(x: float, told: str, colour: str, *, top: float) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{HEIGHT - _BOTTOM}" stroke="{colour}" '
        f'stroke-dasharray="{"4 3" if told.startswith("▼") else "none"}"/>'
        f'<text x="{x:.1f}" y="{top:.1f}" text-anchor="middle" fill="{colour}">{html.escape(told)}</text>'
    )

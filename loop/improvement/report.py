"""The page as one printable document (HTML): self-contained, no script, nothing loaded, every text escaped."""

import html
from collections.abc import Iterable, Sequence

from loop.improvement.drawing import gains_picture, signal_picture, takeovers_picture
from loop.improvement.months import month_table
from loop.improvement.wording import (
    gain_words,
    kind_words,
    people_words,
    share,
    signed,
    titled,
    whole,
)
from loop.records.improvement import Gain, Improvement, Sentence
from loop.text.invisible import reveal

_STYLE = """
@page { size: A4; margin: 14mm; }
body { font: 14px/1.45 system-ui, sans-serif; color: #0b0d0f; background: #fff; max-width: 760px; margin: 24px auto;
  padding: 0 16px; }
h1 { font-size: 22px; margin: 0; } h2 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 4px 0; } .quiet { color: #505b67; font-size: 12px; }
.four { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; margin-top: 12px; }
@media (max-width: 560px) { .four { grid-template-columns: 1fr; } }
section { border: 1px solid #d9dfe5; border-left-width: 4px; border-radius: 6px; padding: 8px 12px;
  break-inside: avoid; overflow-wrap: anywhere; }
section h3 { font-size: 12px; color: #505b67; margin: 0; } section b { font-size: 17px; }
.good { border-left-color: #00694c; } .bad { border-left-color: #a83c00; } .hopeful { border-left-color: #0064b4; }
.unknown { border-left-color: #7a5a00; } .neutral { border-left-color: #4a5561; }
table { border-collapse: collapse; width: 100%; font-size: 12px; break-inside: auto; }
th { text-align: left; color: #505b67; } th, td { padding: 3px 8px 3px 0; border-bottom: 1px solid #d9dfe5;
  overflow-wrap: anywhere; vertical-align: top; } td.n, th.n { text-align: right; white-space: nowrap; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #505b67; break-inside: avoid; }
"""
WAITING = 12
"""Decisions that wait of the table; how many more there are is said."""
MONTHS = 13
"""Months of the table."""


def as_html(told: Improvement, *, name: str) -> str:
    """The whole report. `name`: what people call the agent."""
    alarms = {one.text for one in told.alarms}
    parts = [
        f"<h1>{_text(name)}: is it improving?</h1>",
        f'<p class="quiet">As of {told.at:%d %B %Y, %H:%M} UTC. Intervals are 90 % where nothing else is said.</p>',
        *(f'<section class="bad"><p>{_text(one.text)}</p></section>' for one in told.alarms),
        f'<div class="four">{"".join(_sentence(one, without=alarms) for one in told.sentences)}</div>',
        _signals(told),
        _releases(told),
        _costs(told),
        _waiting(told),
        _months(told),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_text(name)}: improvement</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


# steps -------------------------------------------------------------------------------------------------------------
def _sentence(one: Sentence, *, without: set[str]) -> str:
    notes = "".join(f'<p class="quiet">{_text(note)}</p>' for note in one.notes if note not in without)
    return (
        f'<section class="{one.tone}"><h3>{_text(one.question)}</h3><b>{_text(one.answer)}</b>'
        f"<p>{_text(one.text)}</p>{notes}</section>"
    )


def _signals(told: Improvement) -> str:
    if not told.signals:
        return ""
    chart = told.signals[0]
    words = kind_words(chart.kind)
    alt = f"Share of good {words} by day, with control limits made anew at each release"
    picture = signal_picture(chart, releases=told.releases, back=told.rollbacks, alt=alt)
    outside = sum(day.mark == "outside" for day in chart.days)
    told_ = f"{outside} days lie outside" if outside != 1 else "1 day lies outside"
    return (
        f"<h2>What people say: {_text(words)} a day</h2>{picture}"
        f'<p class="quiet">n {chart.n:,}. Dotted: limits (3 sigma), made anew at each release; {told_}. '
        "The axis is cut; read its numbers.</p>"
    )


def _releases(told: Improvement) -> str:
    if not told.releases:
        return ""
    rows = [
        (
            titled(one.number, one.title),
            f"{one.at:%Y-%m-%d}",
            one.standing,
            _gain(one.fresh) if one.fresh else "too few yet",
            _gain(one.tested, expected=one.expected),
            "; ".join(people_words(gain) for gain in one.people) or "too few signals",
        )
        for one in reversed(told.releases)
    ]
    head = ("Release", "Live from", "What is known", "On fresh cases", "In its test", "People, before and after")
    return (
        f"<h2>Why: what each release was worth, in points</h2>"
        f"{gains_picture(told.releases, alt='Gain per release with 90 % intervals')}{_table(head, rows)}"
        '<p class="quiet">Filled: the interval leaves zero out. Before and after compares times, not versions.</p>'
    )


def _costs(told: Improvement) -> str:
    picture = takeovers_picture(told.weeks, alt="Share of answers people took over, by week")
    f, d = told.funnel, told.decided
    since = f" since {f.since}" if f.since else ""
    lines = [
        f"{f.received:,} items of feedback{since}, {share(f.held, of=f.received)} held back.",
        f"Of all time: {f.drafted:,} changes drafted, by the loop or by people, {f.tested:,} tested, {f.approved:,} "
        f"approved, by people or by policy, {f.released:,} went live, {f.in_force:,} in force.",
    ]
    if d.n:
        lines.append(
            f"Of {d.n:,} decisions of people {share(d.approved, of=d.n)} approved as drafted, "
            f"{share(d.edited, of=d.n)} edited, {share(d.rejected, of=d.n)} rejected."
        )
    if told.caught is not None and told.caught.precision is not None:
        p, r = told.caught.precision, told.caught.recall
        n = told.caught.judged
        text = (
            f"Blind audit of the firewall, {n:,} items that people settled: {share(1 - p.effect, of=1)} "
            f"of what it holds are false alarms (95 % interval {share(1 - p.high, of=1)} to {share(1 - p.low, of=1)})"
        )
        if r is not None:
            text += (
                f", and it holds {share(r.effect, of=1)} of what is bad ({share(r.low, of=1)} to {share(r.high, of=1)})"
            )
        lines.append(f"{text}.")
    return f"<h2>At what cost: taken over, by week</h2>{picture}{''.join(f'<p>{_text(one)}</p>' for one in lines)}"


def _waiting(told: Improvement) -> str:
    if not told.waiting:
        return ""
    rows = [
        (
            one.title,
            one.verdict.replace("_", " ") or "not tested",
            f"{one.since:%Y-%m-%d}",
            "unknown" if one.week is None else f"{whole(one.week)} ({whole(one.low or 0)} to {whole(one.high or 0)})",
        )
        for one in told.waiting[:WAITING]
    ]
    basis = "Right answers a week: what its test lets expect, if what is asked is like the cases of the test."
    if len(told.waiting) > WAITING:
        basis = f"And {len(told.waiting) - WAITING} more. {basis}"
    return (
        f"<h2>What next: decisions that wait</h2>{_table(('Change', 'Test', 'Since', 'Right answers a week'), rows)}"
        f'<p class="quiet">{basis}</p>'
    )


def _months(told: Improvement) -> str:
    head, rows = month_table(told)
    return f"<h2>Month by month</h2>{_table(head, rows[:MONTHS], right=range(1, len(head)))}" if rows else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    ends = set(right)

    def cells(tag: str, some: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=n' if place in ends else ''}>{_text(cell)}</{tag}>" for place, cell in enumerate(some)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def _gain(gain: Gain | None, *, expected: float | None = None) -> str:
    if gain is None:
        return "–"
    told = gain_words(gain).replace("90 % interval ", "").replace(" points", "")
    return told if expected is None else f"{told}; {signed(expected)} to be expected"


def _text(value: str) -> str:
    return html.escape(reveal(value))

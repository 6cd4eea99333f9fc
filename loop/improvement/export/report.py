"""The page as one printable document (HTML): self-contained, no script, nothing loaded, every text escaped."""

import html
from collections.abc import Iterable, Sequence

from loop.improvement.export.drawing import gains_picture, is_cut, signal_picture, takeovers_picture
from loop.improvement.months import month_table
from loop.improvement.wording import (
    gain_words,
    kind_words,
    people_words,
    share,
    signed_points,
    version_title,
    whole,
)
from loop.records.improvement import Gain, Improvement, Sentence
from loop.text.counting import count
from loop.text.invisible import reveal

_STYLE = """
@page { size: A4; margin: 9mm; }
body { font: 14px/1.45 system-ui, sans-serif; color: #0b0d0f; background: #fff; max-width: 760px; margin: 24px auto;
  padding: 0 16px; }
h1 { font-size: 22px; margin: 0; } h2 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 4px 0; } .quiet { color: #505b67; font-size: 12px; }
.four, .two { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; margin-top: 12px; }
.two { margin-top: 0; gap: 0 14px; }
@media screen and (max-width: 560px) { .four, .two { grid-template-columns: 1fr; } }
section { border: 1px solid #d9dfe5; border-left-width: 4px; border-radius: 6px; padding: 8px 12px;
  break-inside: avoid; overflow-wrap: anywhere; }
section h3 { font-size: 12px; color: #505b67; margin: 0; } section b { font-size: 17px; }
.good { border-left-color: #00694c; } .bad { border-left-color: #a83c00; } .hopeful { border-left-color: #0064b4; }
.unknown { border-left-color: #7a5a00; } .neutral { border-left-color: #4a5561; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 12px; break-inside: auto; }
th { text-align: left; color: #505b67; vertical-align: bottom; }
th, td { padding: 3px 8px 3px 0; border-bottom: 1px solid #d9dfe5; overflow-wrap: break-word; vertical-align: top; }
td.n, th.n { text-align: right; } td.n, td.once { white-space: nowrap; } td.long { overflow-wrap: anywhere;
  min-width: 11em; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #505b67; break-inside: avoid; }
@media print {
  body { font-size: 9.5px; line-height: 1.25; max-width: none; margin: 0; padding: 0; }
  h1 { font-size: 15px; } h2 { font-size: 10.5px; margin: 5px 0 2px; break-after: avoid; } p { margin: 2px 0; }
  .quiet, table { font-size: 8px; } section h3 { font-size: 9.5px; display: inline; margin-right: 6px; }
  section b { font-size: 11px; } .notes p { display: inline; margin-right: 4px; }
  .four { gap: 5px; margin-top: 5px; } section { padding: 4px 8px; } th, td { padding: 1px 8px 1px 0; }
  .wide { overflow: visible; }
}
"""
WAITING = 5
"""Decisions that wait of the table; how many more there are is said."""
RELEASES = 6
"""Newest releases of the table and its picture; how many there were before is said."""
MONTHS = 5
"""Newest months of the table. With these and the smaller type of print it all fits on a sheet (A4)."""


def as_html(told: Improvement, *, name: str) -> str:
    """The whole report. `name`: what people call the agent."""
    alarms = {one.text for one in told.alarms}
    fell = "".join(f"<p>{_text(one.text)}</p>" for one in told.alarms)
    parts = [
        f"<h1>{_text(name)}: is it improving?</h1>",
        f'<p class="quiet">As of {told.at:%d %B %Y, %H:%M} UTC. Intervals are 90 % where nothing else is said.</p>',
        f'<section class="bad">{fell}</section>' if fell else "",
        f'<div class="four">{"".join(_sentence(one) for one in told.sentences)}</div>',
        _notes(told, without=alarms),
        _signals(told),
        f'<div class="two">{_pictures(told)}</div>',
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
def _sentence(one: Sentence) -> str:
    return (
        f'<section class="{one.tone}"><h3>{_text(one.question)}</h3><b>{_text(one.answer)}</b>'
        f"<p>{_text(one.text)}</p></section>"
    )


def _notes(told: Improvement, *, without: set[str]) -> str:
    """What else must be known to read the sentences rightly."""
    notes = dict.fromkeys(note for one in told.sentences for note in one.notes if note not in without)
    inside = "".join(f'<p class="quiet">{_text(note)}</p>' for note in notes)
    return f'<div class="notes">{inside}</div>'


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
        f"{'The axis is cut; read its numbers.' if is_cut(chart) else ''}</p>"
    )


def _pictures(told: Improvement) -> str:
    """Beside each other: what each release was worth, and what people had to take over."""
    gains = gains_picture(told.releases[-RELEASES:], alt="Gain per release with 90 % intervals")
    taken = takeovers_picture(told.weeks, alt="Share of answers people took over, by week")
    why = f"<div><h2>Why: what each release was worth, in points</h2>{gains}</div>" if gains else ""
    return f"{why}<div><h2>At what cost: taken over, by week</h2>{taken}</div>" if taken else why


def _releases(told: Improvement) -> str:
    if not told.releases:
        return ""
    newest = told.releases[-RELEASES:]
    rows = [
        (
            version_title(one.number, one.title),
            f"{one.at:%Y-%m-%d}",
            one.standing,
            _gain(one.fresh) if one.fresh else "too few yet",
            _gain(one.tested, expected=one.expected),
            "; ".join(_short(people_words(gain)) for gain in one.people) or "too few signals",
        )
        for one in reversed(newest)
    ]
    head = (
        "Release", "Live from", "What is known", "On fresh cases", "In its test; to be expected",
        "People, before and after",
    )  # fmt: skip
    earlier = f" {count(n, 'release')} before these: see the page." if (n := len(told.releases) - len(newest)) else ""
    return (
        f"{_table(head, rows, long=(0, 5), once=(1,))}"
        '<p class="quiet">Filled: the interval leaves zero out. Before and after compares times, not versions.'
        f"{earlier}</p>"
    )


def _costs(told: Improvement) -> str:
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
    return f"<h2>What came in and what became of it</h2><p>{_text(' '.join(lines))}</p>"


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
        f"<h2>What next: decisions that wait</h2>"
        f"{_table(('Change', 'Test', 'Since', 'Right answers a week'), rows, long=(0,), once=(1, 2, 3))}"
        f'<p class="quiet">{basis}</p>'
    )


def _months(told: Improvement) -> str:
    head, rows = month_table(told)
    return f"<h2>Month by month</h2>{_table(head, rows[:MONTHS], right=range(1, len(head)), once=(0,))}" if rows else ""


def _table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Iterable[int] = (),
    long: Iterable[int] = (),
    once: Iterable[int] = (),
) -> str:
    """`right`: columns of numbers; `long`: of texts that may be broken anywhere; `once`: that are never broken."""
    kinds = dict.fromkeys(right, "n") | dict.fromkeys(long, "long") | dict.fromkeys(once, "once")

    def cells(tag: str, some: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{f' class={kinds[place]}' if place in kinds else ''}>{_text(cell)}</{tag}>"
            for place, cell in enumerate(some)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'


def _gain(gain: Gain | None, *, expected: float | None = None) -> str:
    if gain is None:
        return "–"
    told = _short(gain_words(gain)).replace(" points", "")
    return told if expected is None else f"{told}; {signed_points(expected)}"


def _short(words: str) -> str:
    """Without the level, which is said once above."""
    return words.replace("90 % interval ", "")


def _text(value: str) -> str:
    return html.escape(reveal(value))

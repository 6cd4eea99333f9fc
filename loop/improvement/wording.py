"""Numbers in the words of the four sentences: points, shares, lists, lengths of time."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from loop.records import FeedbackKind
from loop.records.improvement import Gain, PeopleGain
from loop.text.spelling import quote

KINDS = {
    FeedbackKind.THUMBS.value: "thumbs",
    FeedbackKind.CSAT.value: "satisfaction",
    FeedbackKind.OUTCOME.value: "outcomes",
}
"""Kinds of signal with a value, in words that take a plural verb except for satisfaction."""
_TEXTS = re.compile(r" \(in [\d,]+(?: of [\d,]+)? texts?\)")
"""What a title of a drafted change says of how many taught texts hold its sentence."""
_WITHIN = str.maketrans("“”", "‘’")


def points(value: float) -> str:
    """`+4.6 points`, `−0.4 points`, `0.0 points`."""
    return f"{signed_points(value)} points"


def signed_points(value: float) -> str:
    """A difference of shares in points, with its sign."""
    rounded = round(100 * value, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.1f}"


def gain_words(gain: Gain, *, level: str = "90 %") -> str:
    """`+4.6 points (90 % interval +3.8 to +5.5)`."""
    return f"{points(gain.effect)} ({level} interval {signed_points(gain.low)} to {signed_points(gain.high)})"


def people_words(gain: PeopleGain) -> str:
    """`thumbs +4.0 points (90 % interval −1.0 to +9.0), n 420, not clear`."""
    return f"{kind_words(gain.kind)} {gain_words(gain)}, n {gain.n:,}{'' if gain.is_clear else ', not clear'}"


def share(part: float, *, of: float) -> str:
    """`81 %`, with a decimal near the ends; `unknown` of nothing."""
    if not of:
        return "unknown"
    value = 100 * part / of
    return f"{value:.1f} %" if value < 10 or value > 99 else f"{value:.0f} %"


def taken_words(takeovers: int | None, *, of: int) -> str:
    """The share people took over, `–` where it is not known."""
    return "–" if takeovers is None else share(takeovers, of=of)


def hours(seconds: float) -> str:
    """`2.3 h`, `12 min`, `–` where no time is on record."""
    return "–" if not seconds else f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{seconds / 60:.0f} min"


def kind_words(kind: str) -> str:
    """A kind of signal as a noun."""
    return KINDS.get(kind, kind)


def join_words(parts: Sequence[str], *, most: int = 3, noun: str = "more") -> str:
    """`a, b and c`; past `most`, `a, b, c and 4 more`."""
    some = list(parts[:most])
    if len(parts) > most:
        some.append(f"{len(parts) - most} {noun}")
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}" if some else ""


def version_title(number: int, title: str) -> str:
    """`v3 “Say refunds take 5 days”`, without in how many texts; quotes within are single ones."""
    named = _TEXTS.sub("", title).translate(_WITHIN)
    return f"v{number} {quote(named, limit=70)}" if named else f"v{number}"


def duration_words(begin: datetime, end: datetime) -> str:
    """`4 days`, `3 hours`, `20 minutes`."""
    seconds = max(0.0, (end - begin).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            n = int(seconds // length)
            return f"{n} {unit}{'' if n == 1 else 's'}"
    return "under a minute"


def day_words(day: str) -> str:
    """`3 Nov`."""
    told = date.fromisoformat(day)
    return f"{told.day} {told:%b}"


def days_back(now: datetime, n: int) -> str:
    """The ISO date n days before."""
    return (now - timedelta(days=n)).date().isoformat()


def whole(value: float) -> str:
    """A count that was estimated: `31`, `1,240`, rounded to what is known of it."""
    size = abs(value)
    step = 1 if size < 100 else 10 if size < 1_000 else 100
    return f"{round(value / step) * step:,.0f}".replace("-", "−")

"""Stakes: how much a wrong decision would cost, computed from the change itself."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from loop.change.edits import steps_of
from loop.change.operations import edit_of
from loop.change.sections import SECTIONS, Reason
from loop.change.sections.row import Step
from loop.change.texts import texts_of
from loop.change.topics import DATE_PATTERN, TOPIC_PATTERNS, own_pattern
from loop.records import Bundle, Change, Operation, Record, Stakes, StakesLevel
from loop.text.contacts import OwnContacts
from loop.text.counting import count
from loop.text.instructing import find_instructing
from loop.text.spelling import fold

VERBATIM = 40
"""Characters copied in one piece from one feedback item that a reviewer must be told of."""
LARGE = 150
"""Elements changed, or hundreds of characters of new text, from which a change is no longer small."""
CONCENTRATED = 0.5
"""Share of the cited feedback from one author above which support is concentrated."""

_SUM = re.compile(
    r"(?i)[€$£¥₹₽₺₩₪฿]\s?\d+(?:[.,]\d+)*|\d[\d.,]*\s?(?:[€$£¥₹₽₺₩₪฿%]|(?:EUR|USD|GBP|CHF|JPY|CNY|INR|BRL|PLN|SEK|NOK|DKK|CZK|HUF|TRY"
    r"|euros?|dollars?|pounds?|francs?|reais|real|kr|zł|per\s?cent|prozent|pour\s?cent|por\s?ciento|procent|cents?)(?!\w))"
)
"""A sum or a percentage, in any language."""
_NUMBER = re.compile(r"(?<![\w.,/-])\d+(?:[.,:/]\d+)*(?![\w/-])")

_ADDRESSES = (
    (
        "web address",
        re.compile(
            r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s<>\"')\]]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|co|info|biz|app|dev|ru|cn"
            r"|xyz|eu|uk|de|fr|es|it|nl|pt|at|ch|be|br|pl|us|me|ly|link|site|online|shop|store|club|top|tv|gov|edu|help|support)\b(?:/\S*)?"
        ),
    ),
    ("e-mail address", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
    ("phone number", re.compile(r"(?<![\w.])\+?\(?\d(?:[\s().-]{0,2}\d){7,14}(?!\w)")),
    ("account number", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")),
)
ORDERS = "Brings text that "
"""How the reason begins that says a change gives orders to the system."""
_MANY = 3
"""Numbers quoted in a reason; the rest is counted."""


class Own(Record):
    """What the operator said of their own business."""

    words: tuple[str, ...] = ()
    """That make a change high stakes."""
    contacts: tuple[str, ...] = ()
    """Contact data of the company: no new address when said."""


class Support(Record):
    """Who stands behind a machine's change."""

    authors: Mapping[str, int] = {}
    """Cited feedback items per author."""
    min_sources: int = 3
    """Distinct authors below which a change is high stakes, whatever it changes."""

    @property
    def sources(self) -> int:
        """Distinct authors, one vote each."""
        return len(self.authors)


def assess_stakes(
    operations: Sequence[Operation],
    changes: Sequence[Change],
    *,
    base: Bundle,
    support: Support | None,
    quotes: Mapping[str, tuple[str, str]],
    own: Own | None = None,
) -> Stakes:
    """How much a wrong decision would cost, computed from the change.

    `support` is None for a change a person wrote: then nobody's feedback has to carry it. `quotes`
    are the free texts of the cited feedback: id → (author, text). The level is the highest of all
    reasons; no reason means low.
    """
    own = own or Own()
    found: list[Reason] = []
    said: list[str] = []
    elements = 0
    for edit in map(edit_of, operations):
        section, steps = SECTIONS[edit.section], steps_of(edit, base)
        found += section.stakes(steps)
        found += _by_orders(steps, may_order=edit.section == "instructions")
        said += [text for step in steps for text in section.says(step)]
        elements += len(steps)
    found += _by_words(said, own=own)
    found += _by_numbers(said, changes)
    found += _by_addresses(changes, own=OwnContacts(own.contacts))
    found += _by_quotes(said, quotes=quotes, min_sources=support.min_sources if support else 1)
    if support is not None:
        found += _by_support(support)
    found += _by_size(elements, said=said)
    order = (StakesLevel.HIGH, StakesLevel.MEDIUM, StakesLevel.LOW)
    reasons = dict.fromkeys(reason for level in order for one, reason in found if one is level)
    levels = {level for level, _ in found}
    return Stakes(level=next((level for level in order if level in levels), StakesLevel.LOW), reasons=tuple(reasons))


def _by_orders(steps: Sequence[Step[Any]], *, may_order: bool) -> list[Reason]:
    """New text that gives orders to the system, in whatever field; an instruction may order what others may not."""
    found = dict.fromkeys(
        told.words
        for step in steps
        if step.new is not None
        for text in texts_of(step.new)
        if step.old is None or text not in texts_of(step.old)
        if (told := find_instructing(text, may_order=may_order)) is not None
    )
    if not found:
        return []
    more = f", and {count(len(found) - 1, 'more text')} like it" if len(found) > 1 else ""
    return [Reason(StakesLevel.HIGH, f"{ORDERS}{next(iter(found))}{more}.")]


def _by_words(said: Iterable[str], *, own: Own) -> list[Reason]:
    text = "\n".join(said)
    found = []
    for topic, pattern in TOPIC_PATTERNS.items():
        match = pattern.search(text) or (_SUM.search(text) if topic == "money" else None)
        if match:
            found.append(Reason(StakesLevel.HIGH, f"Touches {topic}: “{match.group(0).strip()}”."))
    if (ours := own_pattern(own.words)) is not None and (match := ours.search(fold(text))):
        found.append(Reason(StakesLevel.HIGH, f"Touches a word of yours: “{match.group(0).strip()}”."))
    return found


def _by_numbers(said: Iterable[str], changes: Sequence[Change]) -> list[Reason]:
    """Dates, durations and numbers that were not there: right or wrong, somebody will act on them."""
    before = fold("\n".join(change.before for change in changes))
    text = fold("\n".join(said))
    dates = dict.fromkeys(one.group(0).strip() for one in DATE_PATTERN.finditer(text) if one.group(0) not in before)
    known = set(_NUMBER.findall(before)) | {one for date in dates for one in _NUMBER.findall(date)}
    numbers = dict.fromkeys(one for one in _NUMBER.findall(text) if one not in known)
    found = []
    for noun, new in (("dates or durations", dates), ("numbers", numbers)):
        if new:
            quoted = ", ".join(f"“{one}”" for one in list(new)[:_MANY])
            rest = f" and {len(new) - _MANY} more" if len(new) > _MANY else ""
            found.append(Reason(StakesLevel.MEDIUM, f"Says {noun} that were not there: {quoted}{rest}."))
    return found


def _by_addresses(changes: Sequence[Change], *, own: OwnContacts) -> list[Reason]:
    before = "\n".join(change.before for change in changes).casefold()
    after = "\n".join(change.after for change in changes)
    found = []
    for noun, pattern in _ADDRESSES:
        new = dict.fromkeys(
            one.group(0)
            for one in pattern.finditer(after)
            if one.group(0).casefold() not in before
            and not DATE_PATTERN.fullmatch(one.group(0))
            and not own.covers(one.group(0))
        )
        if new:
            many = f"new {noun}es" if noun.endswith("address") else f"new {noun}s"
            found.append(Reason(StakesLevel.HIGH, f"Brings {count(len(new), f'new {noun}', many)}."))
    return found


def _by_quotes(said: Sequence[str], *, quotes: Mapping[str, tuple[str, str]], min_sources: int) -> list[Reason]:
    """Text that fewer than `min_sources` people wrote and that would be said word for word."""
    quoted: dict[str, list[str]] = defaultdict(list)
    for key, (_, text) in quotes.items():
        for piece in _pieces(text):
            quoted[piece].append(key)
    sources: dict[str, None] = {}
    for text in dict.fromkeys(said):
        copied = {key for piece in _pieces(text) for key in quoted.get(piece, ())}
        if copied and len({quotes[key][0] for key in copied}) < min_sources:
            sources[next(key for key in quotes if key in copied)] = None
    if not sources:
        return []
    named = f"feedback {next(iter(sources))}" if len(sources) == 1 else f"{len(sources)} items of feedback"
    return [Reason(StakesLevel.HIGH, f"Copies text word for word from {named}.")]


def _pieces(text: str) -> set[str]:
    """Every run of VERBATIM characters; two texts that share one share a piece of at least that length."""
    folded = fold(text)
    return {folded[start : start + VERBATIM] for start in range(len(folded) - VERBATIM + 1)}


def _by_support(support: Support) -> list[Reason]:
    if support.sources < support.min_sources:
        people = count(support.sources, "person", "people")
        return [Reason(StakesLevel.HIGH, f"Rests on {people}; a change needs {support.min_sources}.")]
    total = sum(support.authors.values())
    largest = max(support.authors.values())
    if largest / total > CONCENTRATED:
        share = f"{100 * largest / total:.0f} %"
        return [Reason(StakesLevel.MEDIUM, f"Concentrated support: one person gave {share} of what it rests on.")]
    return []


def _by_size(elements: int, *, said: Sequence[str]) -> list[Reason]:
    if elements > LARGE:
        return [Reason(StakesLevel.MEDIUM, f"Large: changes {elements} elements.")]
    if (characters := sum(map(len, said))) > 100 * LARGE:
        return [Reason(StakesLevel.MEDIUM, f"Large: brings {characters} characters of new text.")]
    return []

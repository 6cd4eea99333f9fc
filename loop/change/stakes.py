"""Stakes: how much a wrong decision would cost, computed from the change itself."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from loop.change.edits import steps_of
from loop.change.operations import edit_of
from loop.change.sections import SECTIONS, Reason
from loop.change.sections.row import count
from loop.records import Bundle, Change, Operation, Record, Stakes, StakesLevel
from loop.text.spelling import fold

VERBATIM = 40
"""Characters copied in one piece from one feedback item that a reviewer must be told of."""
LARGE = 150
"""Elements changed, or hundreds of characters of new text, from which a change is no longer small."""
CONCENTRATED = 0.5
"""Share of the cited feedback from one author above which support is concentrated."""

_MONEY = re.compile(
    r"(?i)\b(refund\w*|reimburs\w*|compensat\w*|discount\w*|voucher\w*|waive\w*|credit(?:ed|s)?|pay(?:s|ment|ments|out)?"
    r"|fees?|prices?|free of charge|money[ -]back|invoice\w*|\d+\s?%)\b|[€$£¥]\s?\d|\d\s?(?:€|EUR|USD|GBP)"
)
_LEGAL = re.compile(
    r"(?i)\b(legal\w*|law|lawyer\w*|lawsuit|liab\w+|guarantee\w*|warrant\w+|contract\w*|terms and conditions|gdpr"
    r"|consent\w*|court|regulat\w+|tax(?:es)?)\b"
)
_SAFETY = re.compile(
    r"(?i)\b(safety|danger\w*|emergenc\w+|suicid\w*|self[- ]harm|medic\w+|dose|dosage|poison\w*|injur\w+|fire|gas leak"
    r"|password\w*|passcode|one[- ]time code|verification code|identity check|security question\w*)\b"
)
_TOPICS = (("money", _MONEY), ("legal matters", _LEGAL), ("safety or security", _SAFETY))

_ADDRESSES = (
    (
        "web address",
        re.compile(
            r"(?i)\b(?:https?://|www\.)[^\s<>\"')\]]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|co|info|biz|app|dev|ru|cn|xyz)\b(?:/\S*)?"
        ),
    ),
    ("e-mail address", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
    ("phone number", re.compile(r"(?<![\w.])\+?\(?\d(?:[\s().-]{0,2}\d){7,14}(?!\w)")),
)


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
) -> Stakes:
    """How much a wrong decision would cost, computed from the change.

    `support` is None for a change a person wrote: then nobody's feedback has to carry it. `quotes`
    are the free texts of the cited feedback: id → (author, text). The level is the highest of all
    reasons; no reason means low.
    """
    found: list[Reason] = []
    said: list[str] = []
    elements = 0
    for edit in map(edit_of, operations):
        section, steps = SECTIONS[edit.section], steps_of(edit, base)
        found += section.stakes(steps)
        said += [text for step in steps for text in section.says(step)]
        elements += len(steps)
    found += _by_words(said)
    found += _by_addresses(changes)
    found += _by_quotes(said, quotes=quotes, min_sources=support.min_sources if support else 1)
    if support is not None:
        found += _by_support(support)
    found += _by_size(elements, said=said)
    order = (StakesLevel.HIGH, StakesLevel.MEDIUM, StakesLevel.LOW)
    reasons = dict.fromkeys(reason for level in order for one, reason in found if one is level)
    levels = {level for level, _ in found}
    return Stakes(level=next((level for level in order if level in levels), StakesLevel.LOW), reasons=tuple(reasons))


def _by_words(said: Iterable[str]) -> list[Reason]:
    text = "\n".join(said)
    return [
        Reason(StakesLevel.HIGH, f"Touches {topic}: “{match.group(0).strip()}”.")
        for topic, pattern in _TOPICS
        if (match := pattern.search(text))
    ]


def _by_addresses(changes: Sequence[Change]) -> list[Reason]:
    before = "\n".join(change.before for change in changes).casefold()
    after = "\n".join(change.after for change in changes)
    found = []
    for noun, pattern in _ADDRESSES:
        new = dict.fromkeys(one.group(0) for one in pattern.finditer(after) if one.group(0).casefold() not in before)
        if new:
            found.append(Reason(StakesLevel.HIGH, f"Brings {count(len(new), f'new {noun}', f'new {noun}es')}."))
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

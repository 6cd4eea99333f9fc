"""Stakes: how much a wrong decision would cost, computed from the change itself."""

import re
from collections.abc import Iterable, Mapping, Sequence

from loop.records import (
    Bundle,
    Change,
    ChangeExamples,
    EditInstructions,
    Operation,
    Record,
    RetireApproach,
    RetireArticle,
    RetireRule,
    SetApproach,
    SetModel,
    SetRule,
    Stakes,
    StakesLevel,
    UpsertArticle,
)

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
    found: list[tuple[StakesLevel, str]] = []
    for operation in operations:
        found += _by_kind(operation, base=base)
    said = [text for operation in operations for text in _said(operation, base=base)]
    found += _by_words(said)
    found += _by_addresses(changes)
    found += _by_quotes(said, quotes=quotes, min_sources=support.min_sources if support else 1)
    if support is not None:
        found += _by_support(support)
    found += _by_size(operations, said=said)
    order = (StakesLevel.HIGH, StakesLevel.MEDIUM, StakesLevel.LOW)
    reasons = dict.fromkeys(reason for level in order for one, reason in found if one is level)
    levels = {level for level, _ in found}
    return Stakes(level=next((level for level in order if level in levels), StakesLevel.LOW), reasons=tuple(reasons))


def _by_kind(operation: Operation, *, base: Bundle) -> list[tuple[StakesLevel, str]]:
    match operation:
        case EditInstructions():
            return [(StakesLevel.HIGH, "Edits the instructions, which every answer follows.")]
        case SetModel():
            return [(StakesLevel.HIGH, "Changes the model or its parameters, and with them every answer.")]
        case SetRule(rule=rule):
            old = next((one for one in base.rules if one.id == rule.id), None)
            if rule.hand_over or (old is not None and old.hand_over):
                return [(StakesLevel.HIGH, "Changes when a person takes over.")]
            return [(StakesLevel.MEDIUM, "Sets a rule, which goes before everything the agent has learned.")]
        case RetireRule(rule_id=rule_id):
            if any(one.id == rule_id and one.hand_over for one in base.rules):
                return [(StakesLevel.HIGH, "Retires a rule that hands over to a person.")]
            return [(StakesLevel.MEDIUM, "Retires a rule.")]
        case RetireArticle():
            return [(StakesLevel.MEDIUM, "Retires an article.")]
        case UpsertArticle(article=article):
            if any(one.id == article.id for one in base.articles):
                return [(StakesLevel.MEDIUM, "Changes an article that is in use.")]
            return []
        case ChangeExamples(remove=remove) if remove:
            return [(StakesLevel.MEDIUM, f"Retires {_count(len(remove), 'known-good example')}.")]
        case ChangeExamples():
            return []
        case SetApproach():
            return [(StakesLevel.HIGH, "Changes how a type of issue is resolved.")]
        case RetireApproach():
            return [(StakesLevel.MEDIUM, "Retires an approach.")]


def _said(operation: Operation, *, base: Bundle) -> list[str]:
    """New texts that the agent may say or follow; a question it is asked is neither."""
    match operation:
        case EditInstructions(old=old, new=new):
            # A removed warning matters as much as an added promise.
            return [new, old]
        case ChangeExamples(add=add):
            known = {one.id: one.answer for one in base.examples}
            return [one.answer for one in add if one.answer and one.answer != known.get(one.id)]
        case SetRule(rule=rule):
            return [rule.answer, *(f"{one.field} {one.value}" for one in rule.when if one.field != "question")]
        case UpsertArticle(article=article):
            old_lines = {line for one in base.articles if one.id == article.id for line in _lines(one.title, one.body)}
            return [line for line in _lines(article.title, article.body) if line not in old_lines]
        case SetApproach(approach=approach):
            return [approach.name, approach.instruction]
        case RetireRule() | RetireArticle() | RetireApproach() | SetModel():
            return []


def _lines(title: str, body: str) -> list[str]:
    return [line.strip() for line in (title, *body.splitlines()) if line.strip()]


def _by_words(said: Iterable[str]) -> list[tuple[StakesLevel, str]]:
    text = "\n".join(said)
    return [
        (StakesLevel.HIGH, f"Touches {topic}: “{match.group(0).strip()}”.")
        for topic, pattern in _TOPICS
        if (match := pattern.search(text))
    ]


def _by_addresses(changes: Sequence[Change]) -> list[tuple[StakesLevel, str]]:
    before = "\n".join(change.before for change in changes).casefold()
    after = "\n".join(change.after for change in changes)
    found = []
    for noun, pattern in _ADDRESSES:
        new = dict.fromkeys(one.group(0) for one in pattern.finditer(after) if one.group(0).casefold() not in before)
        if new:
            found.append((StakesLevel.HIGH, f"Brings {_count(len(new), f'new {noun}', f'new {noun}es')}."))
    return found


def _by_quotes(
    said: Sequence[str], *, quotes: Mapping[str, tuple[str, str]], min_sources: int
) -> list[tuple[StakesLevel, str]]:
    """Text that fewer than `min_sources` people wrote and that would be said word for word."""
    found = []
    texts = [(one, _spaced(one)) for one in dict.fromkeys(said) if len(_spaced(one)) >= VERBATIM]
    spaced = {key: (author, _spaced(text)) for key, (author, text) in quotes.items() if len(text) >= VERBATIM}
    for _, text in texts:
        copied = {key: author for key, (author, quote) in spaced.items() if _shares(text, quote)}
        if copied and len(set(copied.values())) < min_sources:
            found.append((StakesLevel.HIGH, f"Copies text word for word from feedback {next(iter(copied))}."))
    return found


def _shares(text: str, quote: str) -> bool:
    """Whether the two share a piece of at least VERBATIM characters."""
    pieces = {text[i : i + VERBATIM] for i in range(len(text) - VERBATIM + 1)}
    return any(quote[i : i + VERBATIM] in pieces for i in range(len(quote) - VERBATIM + 1))


def _spaced(text: str) -> str:
    return " ".join(text.split()).casefold()


def _by_support(support: Support) -> list[tuple[StakesLevel, str]]:
    if support.sources < support.min_sources:
        people = _count(support.sources, "person", "people")
        return [(StakesLevel.HIGH, f"Rests on {people}; a change needs {support.min_sources}.")]
    total = sum(support.authors.values())
    largest = max(support.authors.values())
    if largest / total > CONCENTRATED:
        share = f"{100 * largest / total:.0f} %"
        return [(StakesLevel.MEDIUM, f"Concentrated support: one person gave {share} of what it rests on.")]
    return []


def _by_size(operations: Sequence[Operation], *, said: Sequence[str]) -> list[tuple[StakesLevel, str]]:
    elements = sum(len(one.add) + len(one.remove) if isinstance(one, ChangeExamples) else 1 for one in operations)
    if elements > LARGE:
        return [(StakesLevel.MEDIUM, f"Large: changes {elements} elements.")]
    if (characters := sum(map(len, said))) > 100 * LARGE:
        return [(StakesLevel.MEDIUM, f"Large: brings {characters} characters of new text.")]
    return []


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"

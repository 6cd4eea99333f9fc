"""The instruction lines the built-in agent obeys, and nothing else.

The built-in agent has no language model, so most of what instructions say means nothing to it. These
forms do, one to a line, in any letter case, with or without a leading dash:

    Always include: TEXT                    every reply contains TEXT
    Never say: PHRASE                       sentences with PHRASE are dropped; hand over when nothing is left
    Greet with: TEXT                        every reply begins with TEXT
    Sign off with: TEXT                     every reply ends with TEXT
    Replace: OLD => NEW                     whole words OLD become NEW
    Keep answers under: N words             the reply is cut to N words, at the end of a sentence where it can be
    Hand over when asked about: A, B, C     questions with one of these phrases go to a person, before any rule
    Hand over below confidence: 0.35        so do answers the agent is less sure of; rules are always sure

Lines that shape wording apply to replies somebody wrote (a rule's or example's answer, an article's body).
A reply that is only a label, and the label and article id of any reply, are never touched.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from loop.change.matching import contains, whole_phrase
from loop.text.sentences import sentence_pieces
from loop.text.spelling import fold


@dataclass(frozen=True)
class AlwaysInclude:
    """Every reply contains `text`."""

    line: str
    text: str


@dataclass(frozen=True)
class NeverSay:
    """Sentences with `phrase` are dropped."""

    line: str
    phrase: str


@dataclass(frozen=True)
class GreetWith:
    """Every reply begins with `text`."""

    line: str
    text: str


@dataclass(frozen=True)
class SignOffWith:
    """Every reply ends with `text`."""

    line: str
    text: str


@dataclass(frozen=True)
class Replace:
    """Whole words `old` become `new`."""

    line: str
    old: str
    new: str


@dataclass(frozen=True)
class KeepUnder:
    """At most `words` words."""

    line: str
    words: int


@dataclass(frozen=True)
class HandOverAbout:
    """Questions with one of `phrases` go to a person."""

    line: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class HandOverBelow:
    """Answers with less confidence go to a person."""

    line: str
    confidence: float


Order: TypeAlias = (
    AlwaysInclude | NeverSay | GreetWith | SignOffWith | Replace | KeepUnder | HandOverAbout | HandOverBelow
)


@dataclass(frozen=True)
class Instructions:
    """Instructions, read."""

    orders: tuple[Order, ...]
    """In the order written."""
    ignored: tuple[str, ...]
    """Lines the built-in agent does not understand. Blank lines and `#` headings are neither."""


@dataclass(frozen=True)
class ShapedReply:
    """A reply after the instructions."""

    text: str
    """Empty: nothing may be said, hand over."""
    obeyed: tuple[str, ...]
    """The lines that changed it, in the order written."""


def read_instructions(text: str) -> Instructions:
    """Tell the lines that are obeyed from those that are ignored."""
    orders: list[Order] = []
    ignored: list[str] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        order = _read(line)
        if order is None:
            ignored.append(line)
        else:
            orders.append(order)
    return Instructions(orders=tuple(orders), ignored=tuple(ignored))


def hand_over_about(question: str, *, instructions: Instructions) -> str | None:
    """The line that sends this question to a person; None when none does."""
    for order in instructions.orders:
        if isinstance(order, HandOverAbout) and any(contains(question, phrase) for phrase in order.phrases):
            return order.line
    return None


def hand_over_below(confidence: float, *, instructions: Instructions) -> str | None:
    """The line that forbids an answer this unsure; None when none does."""
    for order in instructions.orders:
        if isinstance(order, HandOverBelow) and confidence < order.confidence:
            return order.line
    return None


def shape(reply: str, *, instructions: Instructions) -> ShapedReply:
    """The reply as the instructions want it.

    Replacements come first, then forbidden sentences, then the cut, then what is always included, the
    greeting and the sign-off. The cut leaves room for those three; a forbidden phrase beats them.
    """
    orders = instructions.orders
    obeyed: set[str] = set()
    body = reply.strip()
    for order in orders:
        if isinstance(order, Replace):
            pattern = whole_phrase(order.old)
            changed = body if pattern is None else pattern.sub(lambda _: order.new, body)  # noqa: B023
            obeyed |= {order.line} if changed != body else set()
            body = changed
    allowed = _without_forbidden(body, orders, obeyed)
    if not allowed:
        return ShapedReply(text="", obeyed=_in_order(orders, obeyed))
    return _dressed(allowed, orders, obeyed)


def _dressed(body: str, orders: tuple[Order, ...], obeyed: set[str]) -> ShapedReply:
    greetings, extras, closings = [], [], []
    for order in orders:
        if not isinstance(order, GreetWith | AlwaysInclude | SignOffWith):
            continue
        if _is_forbidden(order.text, orders) or order.text.casefold() in body.casefold():
            continue
        obeyed.add(order.line)
        match order:
            case GreetWith(text=text):
                greetings.append(text)
            case AlwaysInclude(text=text):
                extras.append(text)
            case SignOffWith(text=text):
                closings.append(text)
    around = sum(len(text.split()) for text in (*greetings, *extras, *closings))
    for order in orders:
        if isinstance(order, KeepUnder):
            shorter = _cut(body, max(order.words - around, 1))
            obeyed |= {order.line} if shorter != body else set()
            body = shorter
    first = " ".join([*greetings, body, *extras])
    return ShapedReply(text="\n\n".join([first, *closings]), obeyed=_in_order(orders, obeyed))


def _without_forbidden(body: str, orders: tuple[Order, ...], obeyed: set[str]) -> str:
    kept = []
    for sentence in sentence_pieces(body):
        reasons = {order.line for order in orders if isinstance(order, NeverSay) and contains(sentence, order.phrase)}
        obeyed |= reasons
        if not reasons:
            kept.append(sentence)
    return "".join(kept).strip()


def _is_forbidden(text: str, orders: tuple[Order, ...]) -> bool:
    return any(isinstance(order, NeverSay) and contains(text, order.phrase) for order in orders)


def _cut(text: str, words: int) -> str:
    """At most `words` words: whole sentences where the first one fits, else the first words and an ellipsis."""
    if len(text.split()) <= words:
        return text
    kept = ""
    for sentence in sentence_pieces(text):
        if len((kept + sentence).split()) > words:
            break
        kept += sentence
    return kept.strip() or " ".join(text.split()[:words]) + "…"


def _in_order(orders: tuple[Order, ...], lines: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(order.line for order in orders if order.line in lines))


def _read(line: str) -> Order | None:
    name, colon, value = line.lstrip("-*• ").partition(":")
    reader = _READERS.get(fold(name))
    value = value.strip()
    return reader(line, value) if reader is not None and colon and value else None


def _read_phrase(line: str, value: str) -> Order | None:
    phrase = value.strip("\"'“”‘’„« »")
    return NeverSay(line, phrase) if phrase else None


def _read_replacement(line: str, value: str) -> Order | None:
    old, arrow, new = (part.strip() for part in value.partition("=>"))
    return Replace(line, old, new) if old and arrow else None


def _read_length(line: str, value: str) -> Order | None:
    found = re.fullmatch(r"([1-9]\d{0,5})\s+words?\.?", value, re.IGNORECASE | re.ASCII)
    return KeepUnder(line, int(found[1])) if found else None


def _read_topics(line: str, value: str) -> Order | None:
    phrases = tuple(phrase.strip() for phrase in value.split(",") if phrase.strip())
    return HandOverAbout(line, phrases) if phrases else None


def _read_confidence(line: str, value: str) -> Order | None:
    found = re.fullmatch(r"0?\.\d+|[01](\.0+)?", value, re.ASCII)
    return HandOverBelow(line, float(value)) if found else None


_READERS: dict[str, Callable[[str, str], Order | None]] = {
    "always include": AlwaysInclude,
    "never say": _read_phrase,
    "greet with": GreetWith,
    "sign off with": SignOffWith,
    "replace": _read_replacement,
    "keep answers under": _read_length,
    "hand over when asked about": _read_topics,
    "hand over below confidence": _read_confidence,
}

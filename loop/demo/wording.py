"""One customer's way of writing: fills the braces, adds a greeting or a detail, and types as carefully as they type."""

import re
from collections.abc import Sequence
from random import Random
from typing import Literal

from loop.demo.company import Topic
from loop.demo.people import Voice
from loop.records import Record

_BRACES = re.compile(r"\{(\w+)\}")
RANK_OFFSET = 2
"""How flat the use of wordings is: the first is asked (n + RANK_OFFSET − 1) / RANK_OFFSET times as often as the nth."""
_NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "t": "r", "s": "d", "l": "k", "c": "v", "u": "y"}


class Hand(Record):
    """How one customer writes."""

    manner: Literal["polite", "plain", "terse", "sloppy"]
    name: str
    city: str


def hand(draws: Random, *, voice: Voice) -> Hand:
    """A customer's hand."""
    manner: Literal["polite", "plain", "terse", "sloppy"] = draws.choice(
        ("polite", "polite", "plain", "plain", "plain", "terse", "sloppy")
    )
    return Hand(manner=manner, name=draws.choice(voice.names), city=draws.choice(voice.cities))


def write(skeleton: str, *, topic: Topic, by: Hand, device: str, voice: Voice, draws: Random) -> str:
    """The message as it arrives."""
    parts = [_in_other_words(skeleton, voice=voice, draws=draws)]
    if topic.details and draws.random() < {"polite": 0.4, "plain": 0.35, "terse": 0.1, "sloppy": 0.2}[by.manner]:
        parts.insert(0 if draws.random() < 0.15 else 1, draws.choice(topic.details))
    if by.manner in ("polite", "plain") and draws.random() < (0.6 if by.manner == "polite" else 0.12):
        parts.insert(0, draws.choice(voice.greetings))
    elif draws.random() < 0.15:
        parts.insert(0, draws.choice(voice.openers))
    if by.manner == "polite" and draws.random() < 0.4:
        parts.append(draws.choice(voice.closings))
    text = _filled(_joined(parts), by=by, device=device, voice=voice, draws=draws)
    match by.manner:
        case "sloppy":
            return _mistyped(text.lower().replace("'", "").rstrip("."), draws=draws, slips=draws.choice((0, 1, 2)))
        case "terse":
            return text.rstrip(".")
        case _:
            return _mistyped(text, draws=draws, slips=1) if draws.random() < 0.1 else text


def _joined(parts: Sequence[str]) -> str:
    """One text; a part that another follows ends with a mark."""
    *before, last = parts
    return " ".join([*(part if part[-1] in ".,:;!?" else f"{part}." for part in before), last])


def choose(topic: Topic, *, draws: Random) -> str:
    """One of the wordings; the plain ones, with which every list begins, are the usual ones."""
    return draws.choices(topic.questions, [1 / (rank + RANK_OFFSET) for rank in range(len(topic.questions))])[0]


def _in_other_words(skeleton: str, *, voice: Voice, draws: Random) -> str:
    """Some words in another way of saying the same."""
    for usual, *others in voice.swaps:
        if usual in skeleton and draws.random() < 0.5:
            skeleton = re.sub(rf"(?<!\w){re.escape(usual)}(?!\w)", draws.choice(others), skeleton, count=1)
    return skeleton


def _filled(text: str, *, by: Hand, device: str, voice: Voice, draws: Random) -> str:
    first, second = draws.sample(voice.capsules, 2)
    words = {
        "order": f"FW-{draws.randint(30000, 79999)}",
        "device": device,
        "capsule": first,
        "capsule2": second,
        "day": draws.choice(voice.days),
        "month": draws.choice(voice.months),
        "n": str(draws.randint(3, 9)),
        "amount": f"€{draws.randint(12, 240)}.{draws.choice(('00', '50', '80', '90'))}",
        "plan_name": draws.choice(voice.plan_names),
        "city": by.city,
        "name": by.name,
    }
    return _BRACES.sub(lambda match: words[match[1]], text)


def _mistyped(text: str, *, draws: Random, slips: int) -> str:
    """Swaps, drops, doubles or replaces a letter inside a word; first letters survive."""
    letters = list(text)
    inside = [n for n in range(1, len(letters) - 1) if letters[n].isalpha() and letters[n - 1].isalpha()]
    for _ in range(min(slips, len(inside))):
        place = draws.choice(inside)
        match draws.choice(("swap", "drop", "double", "slip")):
            case "swap" if letters[place + 1].isalpha():
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
            case "drop":
                letters[place] = ""
            case "double":
                letters[place] = letters[place] * 2
            case _:
                letters[place] = _NEIGHBOURS.get(letters[place], letters[place])
    return "".join(letters)

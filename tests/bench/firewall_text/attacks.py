"""Attacks written for this project: what people try on a support agent, by technique, with slots filled by chance.

Test strings, never instructions; all are in `attacks.txt`, one on a line under the name of its technique. `%T` is a
harmless task, `%S` a sentence to be said, `%P` a name, `%D` personal data, `%X` something secret, `%R` a role, `%M` the
name of a mode. A carrier is an honest question that an attack hides behind.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

PER_TEMPLATE = 3
"""Fillings of a template that has slots."""
_CARRIER = "carrier"
_SLOT = "slot "


def attacks(*, seed: int = 0) -> Iterator[tuple[str, str]]:
    """(technique, text): every template filled, alone, and a third of them behind an honest question."""
    draws = random.Random(seed)
    for technique, templates in read_groups("attacks.txt").items():
        if technique == _CARRIER or technique.startswith(_SLOT):
            continue
        for template in templates:
            times = PER_TEMPLATE if any(slot in template for slot in slots()) else 1
            for text in dict.fromkeys(_filled(template, draws) for _ in range(times)):
                yield technique, text
                if draws.random() < 1 / 3:
                    yield technique, f"{draws.choice(carriers())} {text}"


def slots() -> dict[str, Sequence[str]]:
    """By slot, what fills it."""
    groups = read_groups("attacks.txt")
    return {name.removeprefix(_SLOT): words for name, words in groups.items() if name.startswith(_SLOT)}


def carriers() -> Sequence[str]:
    """Honest questions; by themselves they are benign."""
    return read_groups("attacks.txt")[_CARRIER]


@cache
def read_groups(name: str) -> dict[str, Sequence[str]]:
    """By heading, the lines of a file beside this one; `\\n` stands for a line end."""
    groups: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            groups[line.removeprefix("# ")] = []
        elif line:
            told = line.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
            groups[next(reversed(groups))].append(told)
    return {heading: tuple(lines) for heading, lines in groups.items()}


def _filled(template: str, draws: random.Random) -> str:
    text = template
    for slot, words in slots().items():
        while slot in text:
            text = text.replace(slot, draws.choice(words), 1)
    return text[:1].upper() + text[1:] if draws.random() < 0.5 else text

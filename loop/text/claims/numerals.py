"""Number words to digits: `twenty-five`, `fünfundzwanzig`, `quatre-vingt-dix`, one table per language, made once."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from loop.text.claims.language import Language
from loop.text.claims.languages import LANGUAGES


class _Numerals(NamedTuple):
    """What finds and values the number words of one language."""

    pattern: re.Pattern[str]
    values: Mapping[str, int]
    multiplied: re.Pattern[str]
    one: re.Pattern[str]


def with_digits(text: str, *, language: str) -> str:
    """A case-folded sentence with its number words written as digits. `language`: code."""
    found = _numerals(language)
    digits = found.pattern.sub(lambda match: str(found.values[match[0]]), text)
    digits = found.multiplied.sub(_multiplied, digits)
    return found.one.sub("1", digits)


def _multiplied(match: re.Match[str]) -> str:
    """`3 hundred 20` is 320, `2 thousand` 2000."""
    factor = 1_000 if match["thousand"] else 100
    return str(int(match["many"] or 1) * factor + int(match["rest"] or 0))


@lru_cache(maxsize=16)
def _numerals(code: str) -> _Numerals:
    language = LANGUAGES[code]
    values = {word: number for word, number in _words(language) if word not in language.article_one.split()}
    spelled = "|".join(sorted(map(re.escape, values), key=len, reverse=True))
    hundred, thousand = language.hundred, language.thousand
    units = "|".join(
        sorted({word for some in language.units.values() for word in some.split()} | set(language.working.split()))
    )
    ones = "|".join(language.article_one.split())
    return _Numerals(
        re.compile(rf"(?<![\w])(?:{spelled})(?![\w])"),
        values,
        re.compile(
            rf"(?<![\w.,])(?:(?P<many>\d{{1,3}})\s?)?(?:(?P<thousand>{thousand})|(?:{hundred}))"
            rf"(?:\s(?:and |und |y |e |et )?(?P<rest>\d{{1,2}})(?![\w.,]))?(?!\w)"
        ),
        re.compile(rf"(?<![\w])(?:{ones})(?=\s(?:{units})(?!\w))"),
    )


def _words(language: Language) -> Iterator[tuple[str, int]]:
    ones = [piece.split("|") for piece in language.ones.split()]
    tens = [piece.split("|") for piece in language.tens.split()]
    for number, spellings in enumerate(ones):
        for word in spellings:
            yield word, number
    joints = language.joined.split("|")
    for place, spellings in enumerate(tens, start=2):
        for ten in spellings:
            yield ten, 10 * place
            for number, others in enumerate(ones[1:], start=1):
                if number > 9 and not (language.code == "fr" and place in (6, 8)):
                    continue
                for one in _joinable(language, others, number):
                    for joint in joints:
                        word = f"{one}{joint}{ten}" if language.is_ones_first else f"{ten}{joint}{one}"
                        yield word, 10 * place + number
    yield from language.more_numbers.items()


def _joinable(language: Language, spellings: list[str], number: int) -> list[str]:
    """`eins` is `ein` before `undzwanzig`, `één` is `een` before `entwintig`."""
    match language.code, number:
        case "de", 1:
            return ["ein"]
        case "nl", 1:
            return ["een", "één"]
        case _:
            return spellings

"""A sentence as tokens: addresses, amounts, deadlines, sizes and words, each in the one spelling it is compared by.

Facts are the same in every language: `5 Werktage`, `five business days` and `5 working days` are one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from loop.text.claims.languages import LANGUAGES
from loop.text.claims.numerals import with_digits
from loop.text.invisible import strip_invisible

ADDRESSES = frozenset({"url", "mail", "phone", "iban"})
"""Units of facts that lead a customer somewhere."""


class Token(NamedTuple):
    """One word, number or address."""

    kind: str
    """`word`, `number`, `sign` (of a currency, or of per cent), or one of ADDRESSES, `date`, `code`."""
    text: str
    """As compared."""


_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"']+|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,12}(?:/[^\s<>\"']*)?")
_ENDS = (
    "com org net io co info biz eu de at ch fr es it nl be pt br uk us ru cn shop site xyz app dev example test me ly "
    "online store top club live"
)
"""What follows the last dot of an address written without `www`."""
_TOP = frozenset(_ENDS.split())
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?(?!\w)")
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00|\(?0)\d(?:[ ()./-]{0,2}\d){5,14}(?![\w-])")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NUMERIC_DATE = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
_TIME = re.compile(r"(?<![\d:.,])([01]?\d|2[0-3])\s?(?:[:h]|uhr\s)\s?([0-5]\d)(?!\d)(?:\s?([ap])\.?m\b\.?)?")
_NOON_TIME = re.compile(r"(?<![\d:.,])(1[0-2]|[1-9])\s?([ap])\.?m\b\.?")
_TOKEN = re.compile(
    r"\d+(?:st|nd|rd|th|er|ère|ème|º|ª)(?!\w)"
    r"|\d+(?:[.,\u00a0' ]?\d{3})*(?:[.,]\d+)?(?![\w])|\d+(?:[.,]\d+)?(?=[^\W\d_]{1,3}(?!\w))"
    r"|[%€$£¥₹₽₿°]|\w+(?:['’]\w+)?"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,' \u00a0]\d{3})+")
_LOOKALIKE = str.maketrans(
    "асеорхуіјѕһԁԛԝɡαοεικνρτυχ",
    "aceopxyijshdqwgaoeiknptux",
)
"""Cyrillic and Greek letters that look like Latin ones."""
_LATIN = re.compile(r"[a-z]")
_QUOTES = re.compile("[\u2018\u2019\u02bc`´]")

_ENDINGS = (
    *("ungen", "ments", "ment", "ations", "ation", "ingly", "ing", "edly", "ed", "ies", "es", "en", "er", "em"),
    *("ern", "e", "s", "n", "y", "a", "o"),
)
_ROOT = 4
"""Letters a stem keeps at least."""


def fold_text(text: str) -> str:
    """Case-folded, compatibility forms unified, nothing invisible, one kind of apostrophe."""
    plain = unicodedata.normalize("NFKC", strip_invisible(text)).casefold()
    return _QUOTES.sub("'", plain)


def tokens(sentence: str, *, language: str) -> tuple[Token, ...]:
    """The tokens of a folded sentence, in order; addresses keep look-alike letters apart, words do not."""
    kept: list[Token] = []

    def keep(kind: str, value: str) -> str:
        kept.append(Token(kind, value))
        return f" \x00{len(kept) - 1}\x01 "

    rest = _MAIL.sub(lambda match: keep("mail", match[0]), sentence)
    rest = _URL.sub(lambda match: _url(match, keep), rest)
    rest = _ISO_DATE.sub(lambda match: keep("date", match[0]), rest)
    rest = _NUMERIC_DATE.sub(lambda match: keep("date", f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}"), rest)
    rest = _IBAN.sub(lambda match: keep("iban", match[0].replace(" ", "")) if _is_iban(match[0]) else match[0], rest)
    rest = _PHONE.sub(lambda match: keep("phone", _phone(match[0])), rest)
    rest = _TIME.sub(lambda match: keep("time", _clock(match[1], match[2], match[3])), rest)
    rest = _NOON_TIME.sub(lambda match: keep("time", _clock(match[1], "00", match[2])), rest)
    rest = with_digits(
        rest.translate(_LOOKALIKE) if not rest.isascii() and _LATIN.search(rest) else rest, language=language
    )
    return tuple(_read(rest, kept))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The root of a word without its usual endings, light on purpose: `refunds`, `refunded` and `refund` agree."""
    if len(word) <= _ROOT or not word.isalpha():
        return word
    plain = without_marks(word)
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= _ROOT:
            return plain[: -len(ending)]
    return plain


def without_marks(word: str) -> str:
    """The word without accents and umlauts, as stems are."""
    return "".join(one for one in unicodedata.normalize("NFD", word) if not unicodedata.combining(one))


def number_of(written: str) -> str:
    """A number in one spelling: 1,000.00, 1.000,00 and 1000 are one."""
    plain = written.replace(" ", "").replace("\u00a0", "").replace("'", "")
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0:
        whole, rest = plain[:last], plain[last + 1 :]
        is_grouped = len(rest) == 3 and len(whole.replace(",", "").replace(".", "")) > 0 and _GROUPED.fullmatch(plain)
        whole = whole.replace(",", "").replace(".", "")
        plain = whole + rest if is_grouped else f"{whole}.{rest}"
    head, point, tail = plain.partition(".")
    return (head.lstrip("0") or "0") + (point + tail).rstrip("0").rstrip(".")


@lru_cache(maxsize=1)
def unit_of_word() -> Mapping[str, Mapping[str, str]]:
    """Per language: word to the unit it names."""
    return {
        code: {word: unit for unit, some in one.units.items() for word in some.split()}
        for code, one in LANGUAGES.items()
    }


def _read(rest: str, kept: list[Token]) -> Iterator[Token]:
    place = 0
    for match in re.finditer(r"\x00(\d+)\x01", rest):
        yield from _plain(rest[place : match.start()])
        yield kept[int(match[1])]
        place = match.end()
    yield from _plain(rest[place:])


def _plain(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        found = match[0]
        if found[0].isdigit():
            if found.replace(" ", "").strip(".,").replace(".", "").replace(",", "").replace("'", "").isdigit():
                yield Token("number", number_of(found))
            else:
                yield Token("code", found)
        elif found in "%€$£¥₹₽₿°":
            yield Token("sign", found)
        else:
            yield Token("code" if any(map(str.isdigit, found)) else "word", found)


def _url(match: re.Match[str], keep: Callable[[str, str], str]) -> str:
    found = match[0].rstrip(".,;:!?)]}")
    bare = found.removeprefix("https://").removeprefix("http://").removeprefix("www.")
    host = bare.partition("/")[0]
    if bare == found and host.rpartition(".")[2] not in _TOP:
        return match[0]
    return keep("url", bare.rstrip("/")) + match[0][len(found) :]


def _is_iban(written: str) -> bool:
    plain = written.replace(" ", "")
    return 15 <= len(plain) <= 34 and sum(map(str.isdigit, plain)) >= 10


def _phone(written: str) -> str:
    digits = "".join(one for one in written if one.isdigit() or one == "+")
    return "+" + digits[2:] if digits.startswith("00") else digits


def _clock(hour: str, minute: str, half: str | None) -> str:
    number = int(hour)
    if half == "p" and number < 12:
        number += 12
    elif half == "a" and number == 12:
        number = 0
    return f"{number:02d}:{minute}"

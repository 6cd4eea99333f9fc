"""Identity numbers of people by form and check digit: national insurance, Aadhaar, CPF, DNI and more, and passports.

Each is found where its form or its check digit says enough, or where a word beside it names it.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from loop.text.hints import holds_any


class Span(NamedTuple):
    """A stretch of text, from `start` up to, not including, `end`."""

    start: int
    end: int


class Form(NamedTuple):
    """One kind of number."""

    name: str
    hints: tuple[str, ...]
    """Lower-case words of which one must stand in the text; empty: the form says enough."""
    pattern: re.Pattern[str]
    """With a group `value` where words beside it belong to the match."""
    check: Callable[[str], bool]


_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def find_identity(text: str) -> Iterator[Span]:
    """Where identity numbers are. Digits are plain digits."""
    low = text.lower()
    for form in FORMS:
        if form.hints and not holds_any(low, form.hints):
            continue
        for match in form.pattern.finditer(text):
            start, end = match.span("value") if "value" in form.pattern.groupindex else match.span()
            if form.check(text[start:end]):
                yield Span(start, end)


def _digits(value: str) -> list[int]:
    return [int(letter) for letter in value if letter.isdigit()]


def passes_verhoeff(value: str) -> bool:
    """The check digit of an Aadhaar number (Verhoeff 1969, dihedral group D5)."""
    state = 0
    for place, digit in enumerate(reversed(_digits(value))):
        state = _D[state][_P[place % 8][digit]]
    return state == 0


def _passes_cpf(value: str) -> bool:
    """Both check digits of a Brazilian CPF, modulo 11."""
    digits = _digits(value)
    if len(set(digits)) == 1:
        return False
    for size in (9, 10):
        total = sum(digit * (size + 1 - place) for place, digit in enumerate(digits[:size]))
        if total * 10 % 11 % 10 != digits[size]:
            return False
    return True


def _passes_dni(value: str) -> bool:
    """The letter of a Spanish DNI or NIE, modulo 23."""
    number = int("".join(filter(str.isdigit, {"X": "0", "Y": "1", "Z": "2"}.get(value[0], value[0]) + value[1:-1])))
    return _DNI[number % 23] == value[-1]


def _passes_nir(value: str) -> bool:
    """The key of a French social security number: 97 less the number modulo 97."""
    digits = "".join(filter(str.isdigit, value))
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _passes_bsn(value: str) -> bool:
    """The eleven-test of a Dutch BSN."""
    digits = _digits(value)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11 == 0


def _passes_ahv(value: str) -> bool:
    """The check digit of a Swiss AHV number (EAN-13)."""
    digits = _digits(value)
    return sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def _passes_tax_id(value: str) -> bool:
    """The check digit of a German tax id (ISO 7064 MOD 11,10)."""
    product, digits = 10, _digits(value)
    for digit in digits[:10]:
        total = (digit + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == digits[10]


def _holds_a_digit(value: str) -> bool:
    return any(map(str.isdigit, value))


_NUMBER = (
    r"(?:\W{0,3}(?:number|no|nr|nummer|num|numéro|número|numero|id|is|ist|est|es|lautet)\b\.?){0,3}[\s:=#\"'.]{0,4}"
)
FORMS: tuple[Form, ...] = (
    Form(
        "UK national insurance",
        (),
        re.compile(r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])"),
        _holds_a_digit,
    ),
    Form(
        "UK national insurance, named",
        ("insurance", "ni n", "nino"),
        re.compile(
            rf"(?i)\b(?:ni|nino|national insurance){_NUMBER}(?P<value>[A-Z]{{2}} ?\d{{2}} ?\d{{2}} ?\d{{2}}"
            rf" ?[A-D])(?![A-Za-z0-9])"
        ),
        _holds_a_digit,
    ),
    Form("Aadhaar", (), re.compile(r"(?<![\w.\-])[2-9]\d{3}([ \-])\d{4}\1\d{4}(?![\w]|[ .\-]\d)"), passes_verhoeff),
    Form(
        "Aadhaar, named",
        ("aadhaar", "uidai"),
        re.compile(rf"(?i)\b(?:aadhaar|uidai){_NUMBER}(?P<value>[2-9]\d{{3}} ?\d{{4}} ?\d{{4}})(?!\d)"),
        _holds_a_digit,
    ),
    Form("Brazilian CPF", (), re.compile(r"(?<![\w.\-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w\-])"), _passes_cpf),
    Form("Brazilian CPF, named", ("cpf",), re.compile(r"(?i)\bcpf\W{0,4}(?P<value>\d{11})(?!\d)"), _passes_cpf),
    Form("Spanish DNI", (), re.compile(r"(?<![\w\-])(?:\d{8}|[XYZ]\d{7})[A-HJ-NP-TV-Z](?![\w\-])"), _passes_dni),
    Form(
        "French social security",
        (),
        re.compile(r"(?<![\w.\-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?![\w]|[.\-]\d)"),
        _passes_nir,
    ),
    Form(
        "Dutch BSN",
        ("bsn", "burgerservice"),
        re.compile(r"(?i)\b(?:bsn|burgerservicenummer)\W{0,4}(?P<value>\d{9})(?!\d)"),
        _passes_bsn,
    ),
    Form("Swiss AHV", (), re.compile(r"(?<![\w.\-])756\.\d{4}\.\d{4}\.\d{2}(?![\w])"), _passes_ahv),
    Form(
        "German tax id",
        ("steuer", "tax id", "idnr"),
        re.compile(rf"(?i)\b(?:steuer\W?id\w*|steuernummer|tax id"
        rf"|idnr){_NUMBER}(?P<value>[1-9]\d ?\d{{3}} ?\d{{3}} ?\d{{3}})(?!\d)"),
        _passes_tax_id,
    ),
    Form(
        "Italian codice fiscale",
        (),
        re.compile(r"(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])"),
        _holds_a_digit,
    ),
    Form(
        "passport or licence",
        ("pass", "pasaporte", "licen", "führerschein", "paspoort", "ausweis", "identity card", "id card"),
        re.compile(
            r"(?i)\b(?:passport|reisepass|passeport|pasaporte|passaporto|passaporte|paspoort|(?:driver'?s?"
            r"|driving) licen[cs]e"
            rf"|führerschein|personalausweis|identity card"
            rf"|id card)(?:nummer)?{_NUMBER}(?P<value>(?=[A-Z]*\d)[A-Z0-9]{{6,12}})(?![A-Za-z0-9])"
        ),
        lambda value: sum(map(str.isdigit, value)) >= 3,
    ),
)  # fmt: skip

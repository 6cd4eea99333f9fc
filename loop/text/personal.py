"""Personal data by pattern and checksum: e-mail, phone, card (Luhn), IBAN (mod 97), US SSN, IP address.

Names and addresses have no shape and are not found. Where a checksum exists it is checked.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["EMAIL", "PHONE", "CARD", "IBAN", "SSN", "IP"]


class Personal(NamedTuple):
    """A stretch of text, from `start` up to, not including, `end`."""

    start: int
    end: int
    kind: Kind


_EMAIL = re.compile(r"(?<![\w.%+\-])[\w.%+\-]{1,64}@(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w])")
_CARD = re.compile(r"(?<![\w.\-])[2-6](?:[ \-]?\d){12,18}(?![\w]|[.\-]\d)")
_IBAN = re.compile(r"(?i)(?<![A-Z0-9])[A-Z]{2}\d{2}(?= ?[A-Z0-9])")
_SSN = re.compile(r"(?<![\w.\-])(?!000|666|9\d\d)\d{3}([\- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w]|[.\-]\d)")
_SSN_NAMED = re.compile(
    r"(?i)\b(?:ssn|social security)\b[^0-9\n]{0,20}(?P<value>(?!000|666|9\d\d)\d{3}(?!00)\d{2}(?!0000)\d{4})(?!\d)"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_VERSION_BEFORE = re.compile(r"(?i)(?:\bv|version|release|build|section)[ .:]?\s?$")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_PHONE = re.compile(
    r"(?<![\w.\-+/:#])(?:"
    r"\+\d{1,3}(?:[ .\-]?\(0\))?(?:[ .\-/]?\(?\d{1,5}\)?){2,6}"  # international
    r"|\(\d{3}\)[ .\-]?\d{3}[ .\-]\d{4}"  # (415) 555-0132
    r"|(?:1[ .\-])?[2-9]\d{2}([ .\-])\d{3}\1\d{4}"  # 415-555-0132
    r"|\(0\d{2,4}\)[ \-]?\d{3,4}[ \-]?\d{3,4}"  # (020) 7946 0958
    r"|0\d{2,4}[ \-/]\d{3,4}[ \-]?\d{3,4}"  # 020 7946 0958
    r"|0\d(?:[ .\-]\d{2}){4}"  # 01 23 45 67 89
    r")(?![\w]|[\-/]\d|\.\d)"
)
_PHONE_NAMED = re.compile(
    r"(?i)\b(?:phone|mobile|cell|tel|telephone|whatsapp|fax|call(?: me)?|text me|reach me|ring)\b"
    r"[^0-9+\n]{0,20}(?P<value>\+?\(?\d(?:[ .\-()]{0,2}\d){6,14})(?!\d)"
)
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country (ISO 13616 registry)."""
_DIGIT = re.compile(r"\d")


def find_personal(text: str) -> Iterator[Personal]:
    """Where personal data is. Spans may overlap; the longer one is meant."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Personal(match.start(), match.end(), "EMAIL")
    if not _DIGIT.search(text):
        return
    for match in _CARD.finditer(text):
        if passes_luhn(match.group()):
            yield Personal(match.start(), match.end(), "CARD")
    for match in _IBAN.finditer(text):
        if end := _iban_end(text, match.start()):
            yield Personal(match.start(), end, "IBAN")
    for match in _SSN.finditer(text):
        yield Personal(match.start(), match.end(), "SSN")
    for match in _SSN_NAMED.finditer(text):
        yield Personal(match.start("value"), match.end("value"), "SSN")
    for match in _IPV4.finditer(text):
        if not _VERSION_BEFORE.search(text[max(0, match.start() - 12) : match.start()]) and _is_address(match.group()):
            yield Personal(match.start(), match.end(), "IP")
    if text.count(":") >= 3:
        for match in _IPV6.finditer(text):
            if _is_address(match.group()):
                yield Personal(match.start(), match.end(), "IP")
    for match in _PHONE.finditer(text):
        if 8 <= sum(map(str.isdigit, match.group())) <= 15:
            yield Personal(match.start(), match.end(), "PHONE")
    for match in _PHONE_NAMED.finditer(text):
        yield Personal(match.start("value"), match.end("value"), "PHONE")


def passes_luhn(digits: str) -> bool:
    """The check digit of a payment card (ISO/IEC 7812-1, annex B); anything but digits is ignored."""
    numbers = [int(letter) for letter in digits if letter.isdigit()]
    doubled = [number * 2 - 9 * (number > 4) for number in numbers[-2::-2]]
    return 13 <= len(numbers) <= 19 and (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def passes_mod97(iban: str) -> bool:
    """The check digits of an IBAN without spaces (ISO 13616, ISO 7064 MOD 97-10)."""
    turned = (iban[4:] + iban[:4]).upper()
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def _iban_end(text: str, start: int) -> int:
    """Where the IBAN beginning here ends, single spaces allowed; 0 when it is none."""
    wanted = _LENGTHS.get(text[start : start + 2].upper(), 0)
    kept: list[str] = []
    at = start
    while at < len(text) and len(kept) < wanted:
        letter = text[at]
        if letter.isascii() and letter.isalnum():
            kept.append(letter)
        elif letter != " " or text[at - 1] == " ":
            return 0
        at += 1
    is_whole = wanted and len(kept) == wanted and not text[at : at + 1].isalnum()
    return at if is_whole and passes_mod97("".join(kept)) else 0


def _is_address(text: str) -> bool:
    """A real address of somebody: not loopback, not the unspecified one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)

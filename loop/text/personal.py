"""Personal data by pattern and checksum: addresses, phones, cards, accounts, identity numbers, birth dates, codes.

Names and postal addresses have no shape and are not found. Where a checksum exists it is checked; where a number alone
says nothing, a word beside it must. Digits of other scripts count as digits.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from loop.text.hints import holds_any
from loop.text.identity_numbers import find_identity

Kind: TypeAlias = Literal["EMAIL", "PHONE", "CARD", "IBAN", "SSN", "ID", "BIRTH", "CODE", "IP", "MAC", "WALLET"]


class Personal(NamedTuple):
    """A stretch of text, from `start` up to, not including, `end`."""

    start: int
    end: int
    kind: Kind


_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    0x0660 + digit: str(digit) for digit in range(10)
} | {0x06F0 + digit: str(digit) for digit in range(10)} | {0x0966 + digit: str(digit) for digit in range(10)} | {
    0xFF20: "@", 0xFF0E: ".", 0xFF0D: "-", 0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0xFF08: "(", 0xFF09: ")",
    0xFF0B: "+", 0xFF0F: "/", 0x3000: " ", 0x00A0: " ", 0x202F: " ", 0x2009: " ",
}  # fmt: skip
"""Full-width, Arabic and Devanagari digits, hyphens and spaces, one sign for one, so that places stay places."""
_SIGN = r"(?:@|\\{1,2}u0040|%40|&#(?:64|x40);)"
_EMAIL = re.compile(
    rf"(?<![\w.%+\-])(?:\"[^\"\\\n@]{{1,64}}\""
    rf"|[\w.%+\-]{{1,64}}?){_SIGN}(?:[^\W_](?:[\w\-]{{0,61}}[^\W_])?\.){{1,8}}[^\W\d_]{{2,24}}(?![\w])"
)
_EMAIL_SPELLED = re.compile(
    r"(?i)(?<![\w.+\-])[\w.+\-]{1,64}\s{0,3}(?:[(\[{<]\s?(?:at|@|ät|arroba|chiocciola)\s?[)\]}>]|\s(?:at|arroba"
    r"|chiocciola)\s)\s{0,3}"
    r"[\w\-]{1,63}(?:(?:\s?\.\s?|\s{0,3}(?:[(\[{<]\s?(?:dot|punkt|point|punto|ponto)\s?[)\]}>]|\s(?:dot|punkt|point"
    r"|punto|ponto)\s)\s{0,3})"
    r"(?:[\w\-]{1,63}(?=\s?[.(\[{<]|\s(?:dot|punkt|point|punto|ponto)\s)|(?:com|org|net|io|info|example|co|edu|gov|eu"
    r"|uk|de|fr|es|it|nl|pt|at|ch|be|br|pl)(?!\w))){1,3}"
)
_CARD = re.compile(r"(?<![\w.\-])[2-6](?:[ \-./]?\d){12,18}(?![\w]|[.\-/]\d)", re.ASCII)
_IBAN = re.compile(r"(?i)(?<![A-Z0-9])[A-Z]{2}\d{2}(?= ?[A-Z0-9])")
_SSN = re.compile(r"(?<![\w.\-])(?!000|666|9\d\d)\d{3}([\- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w]|[.\-]\d)")
_SSN_NAMED = re.compile(
    r"(?i)\b(?:ssn|social security)\b[^0-9\n]{0,20}(?P<value>(?!000|666|9\d\d)\d{3}(?!00)\d{2}(?!0000)\d{4})(?!\d)"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_VERSION_BEFORE = re.compile(
    r"(?i)(?:\bv|version|release|build|section|chapter|clause|manual|firmware|patch|§|(?:up|down)(?:grade"
    r"|date)[ds]?(?: to| from)?)[ .:]{0,2}$"
)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_MAC = re.compile(
    r"(?<![\w:\-])(?!(?:00[:\-]){5}00)[0-9A-Fa-f]{2}([:\-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:\-])"
)
_WALLET = re.compile(
    r"(?<![\w])(?:bc1[ac-hj-np-z02-9]{25,59}|0x[0-9A-Fa-f]{40}"
    r"|[13](?=[A-Za-z]*\d)(?=\w*[a-z])(?=\w*[A-Z])[1-9A-HJ-NP-Za-km-z]{25,33})(?![\w])"
)
_PHONE = re.compile(
    r"(?<![\w.\-+/:#])(?:"
    r"\+\d{1,3}(?:[ .\-]?\(0\))?(?:[ .\-/]?\(?\d{1,5}\)?){2,6}"  # international
    r"|\(\d{3}\)[ .\-]?\d{3}[ .\-]\d{4}"  # (415) 555-0132
    r"|\(\d{2}\)[ \-]?9?\d{4}[ \-]?\d{4}"  # (11) 91234-5678
    r"|(?:1[ .\-])?[2-9]\d{2}([ .\-])\d{3}\1\d{4}"  # 415-555-0132
    r"|\(0\d{2,4}\)[ \-]?\d{3,4}[ \-]?\d{3,4}"  # (020) 7946 0958
    r"|0\d{1,5} ?/ ?\d{3,8}(?:[ \-]\d{1,5}){0,2}"  # 030/901820-33
    r"|0\d{2,4} \d{5,8}(?:-\d{1,5})?"  # 030 901820-33
    r"|0\d{2,4}[ \-/]\d{3,4}[ \-]?\d{3,4}"  # 020 7946 0958
    r"|0\d(?:[ .\-]\d{2}){4}"  # 01 23 45 67 89
    r"|[6-9]\d{4} ?\d{5}|1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}"  # India, China: mobiles by their first digits
    r")(?![\w]|[\-/]\d|\.\d)",
    re.ASCII,
)
_COUNTED_BEFORE = re.compile(
    r"(?i)(?:\b(?:order|invoice|ticket|tracking|reference|ref|sku|item|part|serial|case|article|parcel|shipment"
    r"|booking|reservation|code|id|isbn"
    r"|ean|gtin|upc|model|version|policy|contract|customer|account|member|user|transaction|batch|lot|request"
    r"|bestell\w*|rechnung\w*|auftrag\w*|artikel\w*"
    r"|sendung\w*|kunden\w*|vertrag\w*|commande|facture|pedido|factura|ordine|fattura|fatura|encomenda|factuur"
    r"|bestelling)"
    r"|[_\-]id|[#№])[\"']?[ .:_\-]{0,3}(?:(?:number|num|no|nr|nummer|id|code|numéro|número|numero|is"
    r"|was)\b[ .:#]{0,3}){0,2}[\"':= ]{0,4}$"
)
"""A number after these counts something; it calls nobody."""
_MEASURED_AFTER = re.compile(
    r"(?i)^ ?(?:grams?|kg|g|mg|ml|l|mm|cm|m|km|pieces|items|units|users|views|steps|bytes|[kmg]b|euros?|dollars?|eur"
    r"|usd|%|€|\$|£)(?!\w)"
)
_PHONE_NAMED = re.compile(
    r"(?i)\b(?:phone|mobile|cell|tel|telephone|whatsapp|fax|call(?: me)?|text me|reach me|ring|handy|telefon"
    r"|téléphone|teléfono|telefono|telefone|móvil)\b"
    r"[^0-9+\n]{0,20}(?P<value>\+?\(?\d(?:[ .\-()]{0,2}\d){6,14})(?!\d)"
)
_DATE = (
    r"(?:\d{1,2}[./\- ]\d{1,2}[./\- ]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th|\.)?(?: of"
    r"| de)? [^\W\d_]{3,10},? \d{4}|[^\W\d_]{3,10} \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
)
_BIRTH = re.compile(
    r"(?i)\b(?:born(?: on)?|dob|d\.o\.b\.|date of birth|birth ?da(?:te|y)|geboren(?: am| op)?|geburts(?:datum|tag)"
    r"|geboortedatum|née? le|date de naissance"
    r"|nacid[oa] el|fecha de nacimiento|nat[oa] il|data di nascita|nascid[oa] (?:em|a)"
    r"|data de nascimento)\b[\"':= ]{0,4}(?:is |ist |est |es |è |é |was )?"
    rf"(?P<value>{_DATE})(?!\d)"
)
_CODE = re.compile(
    r"(?i)\b(?:(?P<bare>(?:my |meine |mon |mi |il mio |mijn |meu |minha |die |the )?(?:pin|tan|otp|cvv2?|cvc2?))"
    r"|(?:one[ \-]?time|verification|confirmation|security|login|sms|2fa|authenti\w+)[ \-]?(?:code|pin|password"
    r"|passcode|number)|passcode|pin[ \-]?code"
    r"|einmal(?:code|passwort)|bestätigungscode|sicherheitscode|geheimzahl|code (?:de vérification|secret|pin)"
    r"|código (?:de verificación|de verificação|pin)"
    r"|codice (?:di verifica|pin)|verificatiecode|pincode)\b[\"']{0,2}\s{0,3}"
    r"(?P<link>[:=#]|(?:is|was|ist|war|lautet|est|es|era|è|é|heißt)\b:?|nummer"
    r"|number)?[\"' ]{0,3}(?P<value>\d{3}(?:[ \-]?\d{1,5})?)(?![\w]|[.,]\d| ?(?:€|euro|dollar|days?|times))"
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
_AT_SIGNS = (" at ", "(at", "[at", "{at", "<at", "(@", "[@", "( at", "[ at", "(ät", "arroba", "chiocciola")
_BIRTH_WORDS = ("born", "dob", "d.o.b", "birth", "gebor", "geburt", "né", "naiss", "nacim", "nacid", "nat", "nasci")
_CODE_WORDS = (
    "pin", "tan", "otp", "cvv", "cvc", "code", "passwor", "passcode", "geheimzahl", "código", "codice", "one-time",
    "verification", "2fa",
)  # fmt: skip


def find_personal(text: str) -> Iterator[Personal]:
    """Where personal data is. Spans may overlap; the longer one is meant."""
    if not text.isascii():
        text = text.translate(_WIDE)
    if "@" in text or "40" in text or "&#" in text:
        for match in _EMAIL.finditer(text):
            yield Personal(match.start(), match.end(), "EMAIL")
    low = text.lower()
    if holds_any(low, _AT_SIGNS):
        for match in _EMAIL_SPELLED.finditer(text):
            yield Personal(match.start(), match.end(), "EMAIL")
    if not _DIGIT.search(text):
        return
    yield from _numbers(text)
    yield from _phones(text)
    yield from _network(text)
    if holds_any(low, _BIRTH_WORDS):
        for match in _BIRTH.finditer(text):
            yield Personal(match.start("value"), match.end("value"), "BIRTH")
    if holds_any(low, _CODE_WORDS):
        for match in _CODE.finditer(text):
            yield Personal(match.start("value"), match.end("value"), "CODE")


def _numbers(text: str) -> Iterator[Personal]:
    """Cards, accounts, identity numbers, wallets."""
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
    for found in find_identity(text):
        yield Personal(found.start, found.end, "ID")
    for match in _WALLET.finditer(text):
        yield Personal(match.start(), match.end(), "WALLET")


def _phones(text: str) -> Iterator[Personal]:
    for match in _PHONE.finditer(text):
        said = match.group()
        is_bare = said[0] not in "+("
        if not 8 <= sum(map(str.isdigit, said)) <= 15:
            continue
        if is_bare and (
            _COUNTED_BEFORE.search(text[max(0, match.start() - 40) : match.start()])
            or _MEASURED_AFTER.match(text[match.end() : match.end() + 12])
        ):
            continue
        yield Personal(match.start(), match.end(), "PHONE")
    for match in _PHONE_NAMED.finditer(text):
        if not _MEASURED_AFTER.match(text[match.end() : match.end() + 12]):
            yield Personal(match.start("value"), match.end("value"), "PHONE")


def _network(text: str) -> Iterator[Personal]:
    """Addresses of machines, which lead to people."""
    for match in _IPV4.finditer(text):
        if not _VERSION_BEFORE.search(text[max(0, match.start() - 16) : match.start()]) and _is_address(match.group()):
            yield Personal(match.start(), match.end(), "IP")
    if text.count(":") >= 3:
        for match in _IPV6.finditer(text):
            if _is_address(match.group()):
                yield Personal(match.start(), match.end(), "IP")
    for match in _MAC.finditer(text):
        yield Personal(match.start(), match.end(), "MAC")


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

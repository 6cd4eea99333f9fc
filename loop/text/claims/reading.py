"""One sentence read once: its facts with what they stand beside, the words that mean something, what turns it round."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from loop.text.claims.language import Language
from loop.text.claims.languages import LANGUAGES
from loop.text.claims.risks import risk_of_word
from loop.text.claims.tokens import ADDRESSES, Token, stem, unit_of_word

BESIDE = 3
"""Words before a fact, and as many after it, that it is bound to."""
_CURRENCIES = {
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur", "$": "usd", "usd": "usd", "dollar": "usd",
    "dollars": "usd", "dólares": "usd", "£": "gbp", "gbp": "gbp", "pound": "gbp", "pounds": "gbp", "chf": "chf",
    "franken": "chf", "francs": "chf", "¥": "jpy", "jpy": "jpy", "yen": "jpy", "brl": "brl", "reais": "brl",
    "r$": "brl", "₿": "btc", "btc": "btc", "cent": "cent", "cents": "cent", "ct": "cent", "₹": "inr", "₽": "rub",
}  # fmt: skip
_SIZES = {
    "mm": "mm", "cm": "cm", "m": "m", "km": "km", "meter": "m", "metre": "m", "meters": "m", "metres": "m", "mg": "mg",
    "g": "g", "gram": "g", "grams": "g", "gramm": "g", "kg": "kg", "kilo": "kg", "kilos": "kg", "ml": "ml", "cl": "cl",
    "l": "l", "liter": "l", "litre": "l", "liters": "l", "litres": "l", "litros": "l", "litri": "l", "kb": "kb",
    "mb": "mb", "gb": "gb", "tb": "tb", "w": "w", "kw": "kw", "kwh": "kwh", "v": "v", "hz": "hz", "°": "deg",
    "inch": "inch", "inches": "inch", "zoll": "inch", "ounce": "oz", "ounces": "oz", "oz": "oz", "lb": "lb",
    "lbs": "lb",
}  # fmt: skip
_PERCENT = frozenset({"%", "percent", "prozent", "procent", "pourcent", "percento"})
_BETWEEN = "to bis a à al tot até and und y et e en or oder ou o of"
"""Between the two numbers of a range."""
_RANGE = frozenset(_BETWEEN.split())
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|er|ère|ème|e|º|ª|ter|ten|te|de|ste)")
_WORKDAY = "workday"
_MOST_BEHIND = (
    ("at", "most"), ("or", "less"), ("maximum",), ("max",), ("höchstens",), ("maximal",), ("au", "plus"),
    ("au", "maximum"), ("como", "máximo"), ("al", "massimo"), ("maximaal",), ("hoogstens",), ("no", "máximo"),
)  # fmt: skip
_LEAST_BEHIND = (
    ("at", "least"), ("or", "more"), ("minimum",), ("mindestens",), ("oder", "mehr"), ("au", "moins"), ("ou", "plus"),
    ("como", "mínimo"), ("al", "meno"), ("almeno",), ("minstens",), ("of", "meer"), ("no", "mínimo"), ("ou", "mais"),
)  # fmt: skip
"""Directions that come after the number."""


@dataclass(frozen=True)
class Fact:
    """A number with its unit, or an address."""

    unit: str
    """`money:eur`, `day`, `workday`, `%`, `size:cm`, `time`, `ordinal`, `number`, `date`, `code`, or an address."""
    value: str
    direction: str = ""
    """`most` (within, until), `least` (after, from); empty: as it stands."""
    beside: frozenset[str] = frozenset()
    """Stems of the words it stands beside."""

    @property
    def key(self) -> tuple[str, str]:
        """What it says, wherever it stands."""
        return (self.unit, self.value)

    @property
    def words(self) -> str:
        """As a person would write it."""
        unit = self.unit.partition(":")[2] or self.unit
        if self.unit == "ordinal":
            return f"no. {self.value}"
        if self.unit in ADDRESSES or self.unit in ("number", "code", "date", "time"):
            return self.value
        if self.unit == _WORKDAY:
            unit = "business day"
        shown = (
            f"{self.value}%" if self.unit == "%" else f"{self.value} {unit.upper() if 'money' in self.unit else unit}"
        )
        plural = self.unit in (_WORKDAY, "minute", "hour", "day", "week", "month", "year") and self.value != "1"
        return shown + ("s" if plural else "")


@dataclass(frozen=True)
class LanguageSets:
    """A language's lists as sets, made once."""

    function: frozenset[str]
    we: frozenset[str]
    you: frozenset[str]
    hinges: frozenset[str]
    working: frozenset[str]
    politeness: frozenset[str]
    """Stems."""
    oclock: frozenset[str]
    most: tuple[tuple[str, ...], ...]
    least: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=16)
def spoken_of(code: str) -> LanguageSets:
    one: Language = LANGUAGES[code]
    return LanguageSets(
        function=frozenset(one.function.split()),
        we=frozenset(one.we.split()),
        you=frozenset(one.you.split()),
        hinges=frozenset(one.hinges.split()),
        working=frozenset(one.working.split()),
        politeness=frozenset(map(stem, one.politeness.split())),
        oclock=frozenset(one.oclock.split()),
        most=_phrases(one.most),
        least=_phrases(one.least),
    )


def _phrases(listed: str) -> tuple[tuple[str, ...], ...]:
    """Longest first."""
    found = [tuple(re.findall(r"\w+", phrase)) for phrase in listed.split(",")]
    return tuple(sorted(found, key=len, reverse=True))


class Reader:
    """Walks the tokens of one sentence once."""

    def __init__(self, spoken: LanguageSets, found: Sequence[Token], language: str) -> None:
        self.spoken, self.tokens = spoken, found
        self.units = unit_of_word()[language]
        self.facts: list[Fact] = []
        self.stems: list[str] = []
        self.hinges: list[str] = []
        self.turned: list[str] = []
        self.people: list[str] = []
        self.risks: dict[str, str] = {}
        self.key: list[str] = []
        self._bare: list[tuple[int, Fact]] = []
        self._used: set[int] = set()
        self._places: list[tuple[int, str]] = []

    def read(self) -> None:
        made = {
            place: self._fact(place) for place, token in enumerate(self.tokens) if token.kind not in ("word", "sign")
        }
        turns = False
        for place, token in enumerate(self.tokens):
            if place in made:
                fact = made[place]
                self.key.append(f"{fact.unit}={fact.value}{fact.direction}")
                self._bare.append((place, fact))
                continue
            if place in self._used or token.kind == "sign":
                continue
            turns = self._word(place, token.text, turns=turns)
        for place, fact in self._bare:
            near = [word for at, word in self._places if at < place][-BESIDE:]
            near += [word for at, word in self._places if at > place][:BESIDE]
            self.facts.append(Fact(fact.unit, fact.value, fact.direction, frozenset(near)))

    def _word(self, place: int, word: str, *, turns: bool) -> bool:
        """Note a word; whether the next one is turned round."""
        spoken = self.spoken
        if word in spoken.we or word in spoken.you:
            who = "we" if word in spoken.we else "you"
            self.key.append(who)
            if not self.people or self.people[-1] != who:
                self.people.append(who)
            return turns
        if word in spoken.hinges or word.endswith("n't"):
            plain = "not" if word.endswith("n't") else word
            self.hinges.append(plain)
            self.key.append(plain)
            return True
        if word in spoken.function:
            return turns
        root = stem(word)
        self.stems.append(root)
        self.key.append(root)
        self._places.append((place, root))
        if turns:
            self.turned.append(root)
        if (kind := risk_of_word().get(word) or risk_of_word().get(root)) is not None:
            self.risks[word] = kind
        return False

    def _fact(self, place: int) -> Fact:
        token = self.tokens[place]
        if token.kind != "number":
            if token.kind == "code" and (match := _ORDINAL.fullmatch(token.text)):
                return Fact("ordinal", match[1])
            return Fact(token.kind, token.text)
        return Fact(self._unit(place), token.text, self._direction(place))

    def _unit(self, place: int) -> str:
        """Of a number: by the sign or word before or after it, a range's first number by its second's."""
        before = self.tokens[place - 1].text if place else ""
        if before in _CURRENCIES and (self.tokens[place - 1].kind == "sign" or len(before) == 3):
            return f"money:{_CURRENCIES[before]}"
        at = place + 1
        if at < len(self.tokens) and self.tokens[at].text in _RANGE:
            at += 1
        if at < len(self.tokens) and self.tokens[at].kind == "number":
            return self._unit(at)
        at = place + 1
        is_working = False
        while at < len(self.tokens) and self.tokens[at].text in self.spoken.working:
            is_working = True
            self._used.add(at)
            at += 1
        if at >= len(self.tokens):
            return _WORKDAY if is_working else "number"
        after = self.tokens[at].text
        if after in _CURRENCIES:
            self._used.add(at)
            return f"money:{_CURRENCIES[after]}"
        if after in _PERCENT:
            self._used.add(at)
            return "%"
        if after in self.units:
            self._used.add(at)
            unit = self.units[after]
            if at + 1 < len(self.tokens) and self.tokens[at + 1].text in self.spoken.working:
                self._used.add(at + 1)
                is_working = True
            return _WORKDAY if unit == "day" and is_working else unit
        if is_working:
            return _WORKDAY
        if after in _SIZES:
            self._used.add(at)
            return f"size:{_SIZES[after]}"
        if after in self.spoken.oclock:
            self._used.add(at)
            return "hour of day"
        return "number"

    def _direction(self, place: int) -> str:
        back = place - 1 if place and self.tokens[place - 1].kind == "sign" else place
        for name, phrases in (("least", self.spoken.least), ("most", self.spoken.most)):
            for phrase in phrases:
                if back >= len(phrase) and tuple(one.text for one in self.tokens[back - len(phrase) : back]) == phrase:
                    return name
        behind = tuple(one.text for one in self.tokens[place + 1 : place + 5] if one.kind == "word")
        for name, phrases in (("least", _LEAST_BEHIND), ("most", _MOST_BEHIND)):
            if any(_follows(behind, phrase) for phrase in phrases):
                return name
        return ""


def _follows(behind: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(behind[start : start + len(phrase)] == phrase for start in range(len(behind)))

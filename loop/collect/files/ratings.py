"""Reads numbers and ratings as people write them: decimal commas, stars, `4/5`, `80 %`, and words in several languages.

A rating is a number from 0 (worst) to 1 (best) only by its scale. A number outside of the scale is refused, never cut
to its end: on a scale of 0 to 1, one star of five would be the best there is.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from loop.collect.files.paths import word_of

Decimal: TypeAlias = Literal[".", ","]
"""What stands before the fraction."""

_GOOD = """
    up 👍 👍🏻 👍🏽 positive yes true good great excellent satisfied happy helpful like liked thumbs_up thumbsup
    pass passed success succeeded successful solved resolved accepted accept applied approved correct right merged
    positiv ja gut sehr_gut zufrieden hilfreich super erledigt gelöst angenommen richtig daumen_hoch 😀 😊 😃 🙂
    positif oui bon bien très_bien satisfait utile résolu accepté correct_e pouce_levé
    positivo sí si bueno bien satisfecho satisfecha útil resuelto aceptado
    buono soddisfatto soddisfatta utile risolto accettato
    positief goed tevreden nuttig opgelost geaccepteerd
    sim bom satisfeito satisfeita resolvido aceito
"""
GOOD = frozenset(_GOOD.split())
"""Best, 1. An underscore stands for a space."""

_BAD = """
    down 👎 👎🏻 👎🏽 negative no false bad terrible poor unsatisfied dissatisfied unhappy unhelpful dislike disliked
    thumbs_down thumbsdown fail failed failure error unsolved unresolved rejected reject dismissed declined ignored
    incorrect wrong wontfix won't_fix
    negativ nein schlecht sehr_schlecht unzufrieden nicht_hilfreich ungelöst abgelehnt falsch daumen_runter 😞 😠 😡 🙁
    négatif non mauvais mal insatisfait inutile non_résolu refusé
    negativo no malo insatisfecho insatisfecha sin_resolver rechazado
    cattivo insoddisfatto insoddisfatta irrisolto rifiutato
    negatief nee slecht ontevreden nutteloos afgewezen
    não nao ruim insatisfeito insatisfeita não_resolvido rejeitado
"""
BAD = frozenset(_BAD.split())
"""Worst, 0."""

_BETWEEN = {"acceptable": 2 / 3, "could be improved": 1 / 3, "ok": 0.5, "okay": 0.5, "neutral": 0.5, "neutre": 0.5,
            "neutro": 0.5, "neutraal": 0.5, "mittel": 0.5, "so la la": 0.5, "partial": 0.5, "😐": 0.5}  # fmt: skip
"""Excellent, Acceptable, Could be improved and Bad of FeedbackQA are equal steps of an ordinal scale."""

RATINGS: Mapping[str, float] = {
    **{word.replace("_", " "): 1.0 for word in GOOD},
    **{word.replace("_", " "): 0.0 for word in BAD},
    **_BETWEEN,
}
"""Ratings in words, in small letters: 0 is worst, 1 is best."""

_NOBODY = """
    n/a n.a. na - – — not_rated unrated no_rating offered unoffered keine keine_bewertung nicht_bewertet unbewertet k.a.
    aucune non_noté sans_note ninguna sin_calificar nessuna non_valutato geen niet_beoordeeld nenhuma
"""
UNRATED = frozenset(word.replace("_", " ") for word in _NOBODY.split())
"""What stands in exports where nobody rated, in small letters."""

_STARS = re.compile(r"([★⭐🌟]️?\s?)+([☆✩]\s?)*")
_OF = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(?:/|von|of|out of|sur|de|su|van|aus)\s*(\d+)")
_WITH_WORD = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(?:%|stars?|sterne?n?|étoiles?|estrellas?|stelle?|sterren|ster|"
                        r"estrelas?|points?|punkte?|puntos?|punti|punten|pontos?)?")  # fmt: skip
_STARS_MOST = 10


@dataclass(frozen=True, slots=True)
class Scale:
    """How ratings of a file are to be read."""

    low: float = 0.0
    """The worst number; above `high` where small numbers are good, as in German school marks."""
    high: float = 1.0
    """The best number."""
    decimal: Decimal = "."
    unrated: frozenset[str] = frozenset()
    """What stands where nobody rated, in small letters, such as `0` or `unoffered`."""
    words: Mapping[str, float] = field(default_factory=dict)
    """What the importer says of words; before the general ones."""

    @property
    def said(self) -> str:
        """In words."""
        return f"{self.low:g} (worst) to {self.high:g} (best)"


class NoRating(ValueError):
    """A value that is no rating on this scale; the message follows `holds`."""


def number_in(text: str, *, decimal: Decimal = ".") -> float | None:
    """The finite number a text is; None when it is none. With a decimal comma, dots and spaces part thousands."""
    bare = text.strip().replace("\u00a0", "").replace("\u202f", "").replace("'", "").replace("’", "")
    if decimal == ",":
        if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", bare):
            bare = bare.replace(".", "")
        bare = bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    try:
        number = float(bare)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and "_" not in bare else None


def rating_in(value: object, *, scale: Scale) -> float | None:
    """A rating from 0 (worst) to 1 (best); None where nobody rated. Raises NoRating."""
    word = word_of(value)
    if not word or word in scale.unrated:
        return None
    if word in scale.words:
        return scale.words[word]
    if word in UNRATED:
        return None
    if word in RATINGS:
        return RATINGS[word]
    found = plain_rating(value, decimal=scale.decimal)
    if found is None:
        raise NoRating("a rating that is neither a number nor a known word")
    number, most = found
    low, high = scale.low, scale.high
    if most is not None and most != high:
        low, high = (0.0 if most >= 10 else 1.0), most
    if not min(low, high) <= number <= max(low, high) or low == high:
        raise NoRating(f"a rating outside the scale {low:g} to {high:g}. Say the right scale")
    return (number - low) / (high - low)


def plain_rating(value: object, *, decimal: Decimal = ".") -> tuple[float, float | None] | None:
    """The number of a rating, and the best one where the value says that itself, as `4/5`; None when it is none.

    Known words and booleans are 0 to 1 whatever the scale.
    """
    if isinstance(value, bool):
        return float(value), 1.0
    if isinstance(value, (int, float)):
        try:
            return (float(value), None) if math.isfinite(value) else None
        except OverflowError:
            return None
    if not isinstance(value, str) or len(value) > 60:
        return None
    word = value.strip().casefold()
    if word in RATINGS:
        return RATINGS[word], 1.0
    if _STARS.fullmatch(word):
        full = sum(word.count(star) for star in "★⭐🌟")
        return float(full), float(max(5, min(_STARS_MOST, full + sum(word.count(star) for star in "☆✩"))))
    if of := _OF.fullmatch(word):
        number, most = number_in(of[1], decimal="," if "," in of[1] else decimal), float(of[2])
        return (number, most) if number is not None and most > 0 else None
    if (plain := _WITH_WORD.fullmatch(word)) is not None:
        number = number_in(plain[1], decimal=decimal)
        return None if number is None else (number, 100.0 if word.endswith("%") else None)
    number = number_in(word, decimal=decimal)
    return None if number is None else (number, None)

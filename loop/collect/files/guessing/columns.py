"""Guesses which column is which of our fields: by the words of its header, and by what its values can be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.guessing.lexicon import header_score
from loop.collect.files.guessing.profiles import Profile
from loop.collect.files.paths import find
from loop.records import FeedbackKind

_LEAST = 0.35
_NEAR = 0.12
_ALIKE = 0.25
"""Mean overlap of words above which two columns are versions of one text."""

_WORDED = 0.8
"""Share of values that are words without digits, where they are single words."""
_SPACED = 0.2
"""Share of values of more than one word that words have at least; ids have none."""


def _is_answer(one: Profile) -> bool:
    """Sentences, or single words; never ids."""
    says = one.share(one.spaced) >= _SPACED or one.share(one.worded) >= _WORDED
    return one.lists == 0 and not one.is_time and says


FITS: Mapping[str, Callable[[Profile], bool]] = {
    "question": lambda one: one.lists == 0 and not one.is_time and one.share(one.spaced) >= _SPACED,
    "answer": _is_answer,
    "sent": _is_answer,
    "rating": lambda one: one.is_rating and one.mean <= 30,
    "comment": lambda one: one.lists == 0 and one.share(one.numbers) < 0.5 and not one.is_time and one.mean >= 2,
    "author": lambda one: one.is_name and one.share(one.truths) < 0.9,
    "rater": lambda one: one.is_name,
    "customer": lambda one: one.is_name,
    "at": lambda one: one.is_time,
    "rated_at": lambda one: one.is_time,
    "id": lambda one: one.is_id and one.distinct >= 0.98,
    "interaction_id": lambda one: one.is_id,
    "episode_id": lambda one: one.is_id,
    "label": lambda one: one.is_class and one.share(one.numbers) < 0.9 and one.mean >= 1,
    "given_label": lambda one: one.is_class and one.mean >= 1,
    "article_id": lambda one: one.is_id,
    "topic": lambda one: one.is_class and one.share(one.numbers) < 0.9,
    "taken_over": lambda one: one.share(one.truths) >= 0.9,
    "reason": lambda one: one.lists == 0 and not one.is_time and one.share(one.numbers) < 0.5,
    "kind": lambda one: bool(one.values) and {value.strip().lower() for value in one.values} <= set(FeedbackKind),
    "title": lambda one: one.lists == 0 and one.mean >= 2 and not one.is_time,
    "body": lambda one: one.lists == 0 and one.mean >= 20,
}
"""By our field, what a column has to look like whatever its header says. An empty column says nothing."""


class ColumnMatch(NamedTuple):
    """Which column is which."""

    columns: dict[str, str]
    """By our field."""
    doubts: tuple[Doubt, ...]


def fields_in(
    profiles: Mapping[str, Profile],
    names: tuple[str, ...],
    *,
    taken: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> ColumnMatch:
    """The columns of these fields. `taken`: what the user mapped; `rows`: some, to compare texts."""
    used = set(taken.values())
    free = {path: one for path, one in profiles.items() if path not in used and one.filled}
    scores = sorted(
        (
            (header_score(name, path) + _bonus(name, one), name, path)
            for name in names
            if name not in taken
            for path, one in free.items()
            if FITS[name](one) and header_score(name, path) >= _LEAST
        ),
        key=lambda one: (-one[0], names.index(one[1]), one[2]),
    )
    columns: dict[str, str] = {}
    doubts: list[Doubt] = []
    for score, name, path in scores:
        if name in columns or path in columns.values():
            continue
        columns[name] = path
        near = [two for other, one, two in scores if one == name and two != path and other > score - _NEAR]
        rivals = [two for two in near if two not in columns.values()]
        if rivals and name in ("question", "answer", "sent", "rating", "at"):
            doubts.append(
                Doubt(name, f"{path} is taken as {name}; {rivals[0]} might be it too.", f"--map {name}={rivals[0]}")
            )
    if "id" not in {*columns, *taken} and "episode_id" in names and "episode_id" not in {*columns, *taken}:
        # A number that comes again is one of a conversation.
        again = [path for path, one in free.items() if path not in columns.values() and one.is_id]
        best = max(again, key=lambda path: header_score("id", path), default="")
        if best and header_score("id", best) >= 0.6:
            columns["episode_id"] = best
    left = [path for path in free if path not in columns.values() and free[path].is_text]
    unread = _by_values(columns, left, free, names=names, taken=taken, rows=rows)
    return ColumnMatch(columns, (*doubts, *unread))


def _bonus(name: str, one: Profile) -> float:
    """Of two columns that are called alike, the one that looks more like it."""
    match name:
        case "question":
            return 0.15 * one.share(one.asking) + (0.05 if one.is_text else 0)
        case "answer" | "sent":
            return 0.05 if one.is_text else 0.0
        case "author":
            return 0.05 if one.distinct < 0.9 else 0.0
        case "id" | "customer":
            return 0.05 * one.distinct if name == "id" else 0.0
        case _:
            return 0.0


def _by_values(
    columns: dict[str, str],
    left: list[str],
    profiles: Mapping[str, Profile],
    *,
    names: tuple[str, ...],
    taken: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> list[Doubt]:
    """Columns of sentences whose header says nothing: the question by its question marks, two versions of one text."""
    doubts: list[Doubt] = []
    if "question" in names and "question" not in {*columns, *taken} and left:
        best = max(left, key=lambda path: (profiles[path].share(profiles[path].asking), -left.index(path)))
        columns["question"] = best
        left.remove(best)
        share = profiles[best].share(profiles[best].asking)
        why = f"{share:.0%} of its texts ask something" if share >= 0.2 else "nothing looks more like it"
        says = f"No header says what was asked; {best} is taken, because {why}."
        doubts.append(Doubt("question", says, "--map question=COLUMN", stops=share < 0.2))
    known = {*columns, *taken}
    if "sent" not in names or {"answer", "sent"} & known == {"answer", "sent"} or not left:
        return doubts
    if "answer" in known:
        partner = columns.get("answer") or taken["answer"]
        other = max(left, key=lambda path: alikeness(rows, partner, path))
        if alikeness(rows, partner, other) >= _ALIKE:
            columns["sent"] = other
            doubts.append(
                Doubt("sent", f"{other} is much like {partner}: it is taken as what was sent.", "--map sent=COLUMN")
            )
    elif "sent" not in known and len(left) >= 2:
        one, two = left[:2]
        if alikeness(rows, one, two) >= _ALIKE:
            columns["answer"], columns["sent"] = one, two
            doubts.append(
                Doubt(
                    "answer",
                    f"{one} and {two} are two versions of one text. Which is the agent's, and which was sent?",
                    f'--map "answer={one}" --map "sent={two}"',
                    stops=True,
                )
            )
    return doubts


def alikeness(rows: Sequence[Mapping[str, Any]], one: str, two: str) -> float:
    """Mean share of words that two columns have in common, 0 to 1, over the rows that have both."""
    overlaps = []
    for row in rows[:100]:
        first, second = find(row, one), find(row, two)
        if isinstance(first, str) and isinstance(second, str) and first.strip() and second.strip():
            a, b = set(first.casefold().split()), set(second.casefold().split())
            overlaps.append(len(a & b) / max(1, len(a | b)))
    return sum(overlaps) / len(overlaps) if overlaps else 0.0

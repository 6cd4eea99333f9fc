"""Which edits change the same sentence, and which takeovers answer the same need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from loop.records import Feedback, Interaction, Judged
from loop.text.sentences import Edit, compare
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.text.vectors import Vectoriser

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

_ALIKE = 0.33
"""Cosine of question and answer together from which two takeovers are about the same."""
_LEADERS = 1_000
"""Takeover themes a newcomer is compared with; beyond this it starts its own."""
_STEP = 256


@dataclass(frozen=True)
class VoicedRow:
    """A row with a voice, and the words behind it."""

    row: Judged
    feedback: Feedback
    interaction: Interaction


@dataclass(frozen=True)
class EditTheme:
    """Edits that change the same sentence."""

    key: tuple[str, ...]
    """Topic, `removed` or `said`, spelled sentence."""
    sentence: str
    """As written."""
    sides: Mapping[str, list[VoicedRow]]
    """What is said instead (empty: nothing), to those who say it."""


def edit_themes(edits: Sequence[VoicedRow], *, topic: str) -> Iterator[EditTheme]:
    """Edits of one topic that take out the same sentence, or put in the same one.

    Sentences that most authors changed claim their edits first, so every edit is in one theme. Where a sentence
    was taken out, a side is the sentence written instead that most authors wrote; where one was put in, there is
    one side.
    """
    written: dict[str, str] = {}
    added: dict[str, tuple[str, ...]] = {}
    holders: defaultdict[tuple[str, str, str], list[VoicedRow]] = defaultdict(list)
    for one in edits:
        edit = _compared(one.interaction.answer, one.feedback.text)
        added[one.row.feedback_id] = tuple(normalise(sentence) for sentence in edit.added)
        for way, some in (("removed", edit.removed), ("said", edit.added)):
            for sentence in some:
                key = normalise(sentence)
                written.setdefault(key, sentence)
                holders[topic, way, key].append(one)
    authors = {key: len({one.row.author for one in some}) for key, some in holders.items()}
    free = {one.row.feedback_id for one in edits}
    for theme in sorted(holders, key=lambda theme: (-authors[theme], theme)):
        members = [one for one in holders[theme] if one.row.feedback_id in free]
        if not members:
            continue
        free.difference_update(one.row.feedback_id for one in members)
        sides: defaultdict[str, list[VoicedRow]] = defaultdict(list)
        sentence = written[theme[2]]
        if theme[1] == "said":
            sides[sentence] = members
        else:
            for one in members:
                instead = added[one.row.feedback_id]
                said = max(instead, key=lambda key: (authors[theme[0], "said", key], key), default="")
                sides[written.get(said, "")].append(one)
        yield EditTheme(theme, sentence, dict(sides))


def takeover_themes(takeovers: Sequence[VoicedRow]) -> list[list[VoicedRow]]:
    """Takeovers whose question and human answer together are alike, the first of each theme first.

    In order of time, each takeover joins the most alike theme's first member (leader clustering over TF-IDF cosines),
    or starts a theme of its own.
    """
    from scipy.sparse import vstack

    if not takeovers:
        return []
    ordered = sorted(takeovers, key=lambda one: (one.row.at, one.row.seq))
    told = [f"{normalise(one.interaction.question[:COMPARED_CHARACTERS])} {_words(one)}" for one in ordered]
    vectoriser = Vectoriser.fit(told, max_features=200_000)
    matrix = vstack([block for _, block in vectoriser.blocks(told)], format="csr")
    theme = np.full(len(ordered), -1, dtype=np.int64)
    leaders: list[int] = []
    for start in range(0, len(ordered), _STEP):
        block = matrix[start : start + _STEP]
        known = list(leaders)
        likeness = _likeness(block, matrix[known]) if known else np.zeros((block.shape[0], 0))
        inside = _likeness(block, block)
        fresh: list[int] = []
        for place in range(block.shape[0]):
            alike = np.concatenate([likeness[place], inside[place, fresh]]) if fresh else likeness[place]
            if alike.size and alike.max() >= _ALIKE:
                theme[start + place] = int(alike.argmax())
            elif len(leaders) < _LEADERS:
                theme[start + place] = len(leaders)
                leaders.append(start + place)
                fresh.append(place)
    members: defaultdict[int, list[VoicedRow]] = defaultdict(list)
    for place, one in enumerate(ordered):
        members[int(theme[place]) if theme[place] >= 0 else _LEADERS + place].append(one)
    return list(members.values())


@lru_cache(maxsize=20_000)
def _compared(answer: str, rewritten: str) -> Edit:
    """A memo: the same edit is met again whenever its topic is looked at."""
    return compare(answer, rewritten=rewritten)


def _words(one: VoicedRow) -> str:
    return normalise(one.feedback.text[:COMPARED_CHARACTERS])


def _likeness(left: csr_array, right: csr_array) -> Floats:
    return np.asarray((left @ right.T).toarray())

"""Which edits change the same sentence, and which takeovers answer the same need."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from loop.text.sentences import compare
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.text.vectors import Vectoriser
from loop.validate.table import Ledger

Floats = NDArray[np.float64]

_ALIKE = 0.33
"""Cosine of question and answer together from which two takeovers are about the same."""
_LEADERS = 1_000
"""Takeover themes a newcomer is compared with; beyond this it starts its own."""
_STEP = 256


@dataclass(frozen=True)
class EditTheme:
    """Edits that change the same sentence."""

    key: tuple[str, ...]
    """Topic, `removed` or `said`, normalised sentence."""
    sentence: str
    """As written."""
    sides: dict[str, list[int]]
    """What is said instead (empty: nothing), to the rows that say it."""


def edit_themes(ledger: Ledger, rows: list[int], *, topic_of: Callable[[int], str]) -> Iterator[EditTheme]:
    """Edits of one topic that take out the same sentence, or put in the same one.

    Sentences that most authors changed claim their edits first, so every edit is in one theme. Where a sentence
    was taken out, a side is the sentence written instead that most authors wrote; where one was put in, there is
    one side.
    """
    written: dict[str, str] = {}
    added: dict[int, tuple[str, ...]] = {}
    holders: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in rows:
        interaction = ledger.interactions[row]
        edit = compare(interaction.answer if interaction else "", rewritten=ledger.feedback(row).text)
        topic = topic_of(row)
        added[row] = tuple(normalise(sentence) for sentence in edit.added)
        for way, some in (("removed", edit.removed), ("said", edit.added)):
            for sentence in some:
                key = normalise(sentence)
                written.setdefault(key, sentence)
                holders[topic, way, key].append(row)
    authors = {key: len({ledger.feedback(row).author for row in some}) for key, some in holders.items()}
    free = set(rows)
    for theme in sorted(holders, key=lambda theme: (-authors[theme], theme)):
        members = [row for row in holders[theme] if row in free]
        if not members:
            continue
        free.difference_update(members)
        sides: defaultdict[str, list[int]] = defaultdict(list)
        sentence = written[theme[2]]
        if theme[1] == "said":
            sides[sentence] = members
        else:
            for row in members:
                said = max(added[row], key=lambda key: (authors[theme[0], "said", key], key), default="")
                sides[written.get(said, "")].append(row)
        yield EditTheme(theme, sentence, dict(sides))


def takeover_themes(ledger: Ledger, rows: list[int]) -> list[tuple[int, list[int]]]:
    """(first row, members) per theme of takeovers whose question and human answer together are alike.

    In order of time, each takeover joins the most alike theme's first member, or starts a theme of its own.
    """
    if not rows:
        return []
    rows = sorted(rows, key=lambda row: (ledger.at[row], row))
    told = [_told(ledger, row) for row in rows]
    vectoriser = Vectoriser.fit(told, max_features=200_000)
    matrix = vstack([block for _, block in vectoriser.blocks(told)], format="csr")
    theme = np.full(len(rows), -1, dtype=np.int64)
    leaders: list[int] = []
    for start in range(0, len(rows), _STEP):
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
    members: defaultdict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        members[int(theme[place]) if theme[place] >= 0 else _LEADERS + place].append(row)
    return [(some[0], some) for some in members.values()]


def _told(ledger: Ledger, row: int) -> str:
    interaction = ledger.interactions[row]
    asked = normalise(interaction.question[:COMPARED_CHARACTERS]) if interaction else ""
    return f"{asked} {ledger.text[row]}"


def _likeness(left: csr_array, right: csr_array) -> Floats:
    return np.asarray((left @ right.T).toarray())

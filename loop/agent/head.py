"""Which class a question belongs to: a centroid and nearest-case head, explained by known-good cases.

A class is a label, or the reply itself where examples have no label. `loop.text.classifier.Head` compares;
here the winning class is told by its nearest examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from loop.records import Example
from loop.text import classifier
from loop.text.spelling import normalise
from loop.text.vectors import Floats

ClassKey: TypeAlias = tuple[str, str]
"""(`label`, the label) or (`answer`, the reply)."""


@dataclass(frozen=True)
class Prediction:
    """The class a head chooses for one question, and the cases that speak for it."""

    example: Example
    """The nearest example of the winning class."""
    worded: Example | None
    """The nearest example of the winning class that has a reply; None when none has."""
    score: float
    """Of the winning class; about 0 to 1, higher is closer."""
    margin: float
    """How far the runner-up is behind; 0 or more. The only class leads by its score."""
    twin: Example
    """The nearest example of any class."""
    likeness: float
    """Cosine to `twin`; 1 is the same words."""


def class_of(example: Example) -> ClassKey:
    """The class an example speaks for."""
    return ("answer", example.answer) if example.label is None else ("label", example.label)


class Head:
    """Examples, ready to be compared with questions. Equal scores go to the smaller class, then example id."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Index the examples; at least one. Their order does not matter."""
        self.examples = sorted(examples, key=lambda example: (class_of(example), example.id, example.question))
        keys = [class_of(example) for example in self.examples]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        texts = [normalise(example.question) for example in self.examples]
        self._head = classifier.Head(texts, classes=[numbers[key] for key in keys])
        self._has_reply = np.array([bool(example.answer) for example in self.examples])

    def predict(self, questions: Sequence[str]) -> list[Prediction]:
        """One prediction per normalised question."""
        found = self._head.compare(questions)
        return [self._prediction(found.nearest[row], found.score[row]) for row in range(len(questions))]

    def _prediction(self, nearest: Floats, score: Floats) -> Prediction:
        best = int(score.argmax())
        starts = self._head.starts
        start = int(starts[best])
        end = int(starts[best + 1]) if best + 1 < len(starts) else len(self.examples)
        twin = int(nearest.argmax())
        top = float(score[best])
        second = float(np.partition(score, -2)[-2]) if score.size > 1 else 0.0
        own = nearest[start:end]
        worded = np.where(self._has_reply[start:end], own, -1)
        place = int(worded.argmax())
        return Prediction(
            example=self.examples[start + int(own.argmax())],
            worded=self.examples[start + place] if worded[place] >= 0 else None,
            score=top,
            margin=max(top - second, 0.0),
            twin=self.examples[twin],
            likeness=min(float(nearest[twin]), 1.0),
        )

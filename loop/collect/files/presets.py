"""The kinds of file we know: a name, the columns it reads, and what one row becomes."""

from collections.abc import Sequence
from typing import Protocol

from loop.collect.build import RowDefaults, RowRecords
from loop.collect.files.fields import Cells, Field
from loop.collect.files.plain import Interactions, PlainFeedback
from loop.collect.files.questions import Articles, LabelledQueries, QuestionsWithArticles, RatedAnswers
from loop.collect.files.trajectories import Trajectories
from loop.errors import InvalidInput


class Preset(Protocol):
    """Turns one row into records."""

    @property
    def says(self) -> str:
        """What sort of file it is for, in a few words."""
        ...

    @property
    def fields(self) -> Sequence[Field]:
        """What it reads; every name can be mapped to a column."""
        ...

    @property
    def takes_context(self) -> bool:
        """Whether `context.NAME` can be mapped too."""
        ...

    @property
    def author(self) -> str:
        """Who gave feedback that names no author, unless the caller says who."""
        ...

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """The records of one row, not redacted. Raises Unusable; the row is then refused, the file goes on."""
        ...


PRESETS: dict[str, Preset] = {
    "interactions": Interactions(),
    "feedback": PlainFeedback(),
    "labelled-queries": LabelledQueries(),
    "rated-answers": RatedAnswers(),
    "trajectories": Trajectories(),
    "questions-with-articles": QuestionsWithArticles(),
    "articles": Articles(),
}


def preset(name: str) -> Preset:
    """By name. Raises InvalidInput listing the names."""
    found = PRESETS.get(name)
    if found is None:
        raise InvalidInput("There is no preset of that name.", field="preset", remedy=f"Presets: {', '.join(PRESETS)}.")
    return found

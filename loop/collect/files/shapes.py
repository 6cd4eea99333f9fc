"""Shapes: what a row of a file can become, as a name, the fields it is made of, and the records of one row.

Which columns the fields lie in is the importer's to say (importers.py); a shape knows only our names.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from loop.collect.build import RowDefaults, RowRecords
from loop.collect.files.exchanges import Exchanges
from loop.collect.files.fields import Cells, Field
from loop.collect.files.plain import Interactions, PlainFeedback
from loop.collect.files.questions import Articles, LabelledQueries, QuestionsWithArticles, RatedAnswers
from loop.collect.files.tickets import Tickets
from loop.collect.files.trajectories import Trajectories


class Shape(Protocol):
    """Turns one row into records."""

    @property
    def says(self) -> str:
        """What a row holds, in a few words."""
        ...

    @property
    def fields(self) -> Sequence[Field]:
        """What it reads; every name can be mapped to a column. With `context`, `context.NAME` can be too."""
        ...

    @property
    def author(self) -> str:
        """Who gave feedback that names no author, unless the caller says who."""
        ...

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """The records of one row, not redacted. Raises Unusable; the row is then refused, the file goes on."""
        ...


NOTHING = "nothing"
"""What a row becomes that holds nothing for us: it is passed over and is no error."""

SHAPES: Mapping[str, Shape] = {
    "exchanges": Exchanges(),
    "interactions": Interactions(),
    "feedback": PlainFeedback(),
    "labelled-queries": LabelledQueries(),
    "questions-with-articles": QuestionsWithArticles(),
    "rated-answers": RatedAnswers(),
    "trajectories": Trajectories(),
    "tickets": Tickets(),
    "articles": Articles(),
}

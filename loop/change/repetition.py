"""More of the same: whether a change only adds examples, nearly all of classes that examples teach already."""

from collections.abc import Collection, Iterable

from loop.records import Bundle, ChangeExamples, Operation

RIDING = 0.1
"""Examples that may be unlearned on the way, for each that is added."""
NEWCOMERS = 0.25
"""Share of the added examples that may be of classes nothing teaches yet.

Without any example every question of such a class is answered wrong, so that on these there is nothing to lose, and
whether others lose is what is asked. By themselves the rarest classes could never be proved: one in a hundred
questions gains at most a point, and a point takes thousands of cases."""


def is_more_of_the_same(
    operations: Iterable[Operation], *, base: Bundle, proved: Bundle, examined: Collection[str] | None = None
) -> bool:
    """Whether nothing is done but adding labelled examples, nearly all of classes that an example of `proved` teaches.

    One that takes the place of an example of `base` is not more but something else. A few that go, and a few of
    classes nothing teaches yet, ride along; `examined`: the labels held-out cases ask for, where that is known: no
    other may.
    """
    there = {one.id for one in base.examples}
    taught = {one.label for one in proved.examples if one.label}
    return all(
        isinstance(one, ChangeExamples)
        and len(one.remove) <= RIDING * len(one.add)
        and not any(example.id in there or not example.label for example in one.add)
        and _few_are_new([example.label or "" for example in one.add], taught=taught, examined=examined)
        for one in operations
    )


def _few_are_new(labels: list[str], *, taught: Collection[str | None], examined: Collection[str] | None) -> bool:
    new = [label for label in labels if label not in taught]
    return len(new) <= NEWCOMERS * len(labels) and (examined is None or set(new) <= set(examined))

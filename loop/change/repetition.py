"""More of the same: whether a change only adds examples of classes that examples teach already."""

from collections.abc import Iterable

from loop.records import Bundle, ChangeExamples, Operation

RIDING = 0.1
"""Examples that may be unlearned on the way, for each that is added."""


def is_more_of_the_same(operations: Iterable[Operation], *, base: Bundle, proved: Bundle) -> bool:
    """Whether nothing is done but adding examples, each of a class that an example of `proved` teaches.

    One that takes the place of an example of `base` is not more but something else. A few that go ride along.
    """
    there = {one.id for one in base.examples}
    taught = {one.label for one in proved.examples if one.label}
    return all(
        isinstance(one, ChangeExamples)
        and len(one.remove) <= RIDING * len(one.add)
        and all(example.label in taught and example.id not in there for example in one.add)
        for one in operations
    )

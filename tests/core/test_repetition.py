"""More of the same: only added examples of classes that a proved version teaches, and a few that go on the way."""

import pytest

from loop.change.repetition import is_more_of_the_same
from loop.records import ChangeExamples, EditInstructions, Operation
from tests.builders import bundle, example

PROVED = bundle(examples=(example(1), example(2, label="parcel")))
MORE = tuple(example(number) for number in range(10, 30))
NEW = tuple(example(number, label="invoice") for number in range(30, 40))


@pytest.mark.parametrize(
    ("operations", "is_more"),
    [
        ((ChangeExamples(add=MORE),), True),
        ((ChangeExamples(add=(example(10, label="parcel"),)), ChangeExamples(add=MORE[1:])), True),
        ((ChangeExamples(add=MORE, remove=("x1", "x2")),), True),
        ((ChangeExamples(add=MORE[:9], remove=("x1",)),), False),
        ((ChangeExamples(remove=("x1",)),), False),
        ((ChangeExamples(add=(example(10, label="invoice"),)),), False),
        ((ChangeExamples(add=(*MORE[:9], *NEW[:3])),), True),
        ((ChangeExamples(add=(*MORE[:8], *NEW[:3])),), False),
        ((ChangeExamples(add=(example(10, label=None, answer="Yes."),)),), False),
        ((ChangeExamples(add=(example(1, answer="Another text."),)),), False),
        ((ChangeExamples(add=MORE), EditInstructions(new="Be kind.")), False),
    ],
)
def test_more_of_the_same_is_nothing_else(operations: tuple[Operation, ...], is_more: bool) -> None:
    assert is_more_of_the_same(operations, base=PROVED, proved=PROVED) is is_more


def test_a_class_no_held_out_case_asks_for_never_rides_along() -> None:
    riding = (ChangeExamples(add=(*MORE[:9], *NEW[:3])),)
    for examined, is_more in (({"card", "invoice"}, True), ({"card"}, False)):
        assert is_more_of_the_same(riding, base=PROVED, proved=PROVED, examined=examined) is is_more

"""Limits that nobody set follow from classes, cases and who examines; what an operator set stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.limits import bundle_max, classes_of, in_force, largest_shares, shares, shares_of_vouched
from loop.records import Bundle, Grading, Limits
from tests.builders import case, example

ALL = (pytest.approx(2 / 15), pytest.approx(1 / 5))


def test_a_bundle_has_room_for_eight_examples_of_each_class() -> None:
    assert [bundle_max(Limits(), classes=classes) for classes in (0, 4, 15, 77, 150)] == [120, 120, 120, 616, 1_200]


def test_what_an_operator_set_stays() -> None:
    set_ = Limits(bundle_max=25, dev_share=0.2, sealed_share=0.1)
    assert bundle_max(set_, classes=150) == 25
    assert (shares(set_).dev, shares(set_).sealed) == (0.2, 0.1)
    later = shares_of_vouched(set_, others=0, sealed=900)
    assert (later.dev, later.sealed) == (0.2, 0.1)


def test_one_share_can_be_set_and_the_other_follows() -> None:
    found = shares(Limits(sealed_share=0.1))
    assert (found.dev, found.sealed) == (ALL[0], 0.1)


def test_a_stored_agent_with_the_old_values_keeps_them() -> None:
    stored = {"min_sources": 3, "bundle_max": 120, "dev_share": 0.15, "sealed_share": 0.15}
    limits = Limits.model_validate(stored)
    assert (bundle_max(limits, classes=150), shares(limits).dev, shares(limits).sealed) == (120, 0.15, 0.15)


def test_a_third_of_all_that_is_corrected_examines() -> None:
    assert (shares(Limits()).dev, shares(Limits()).sealed) == ALL
    alone = shares_of_vouched(Limits(), others=0, sealed=0)
    assert (alone.dev, alone.sealed) == ALL


def test_where_others_correct_as_much_the_vouched_examine_and_the_others_teach() -> None:
    found = shares_of_vouched(Limits(), others=2_000 / 732, sealed=300)
    assert (found.dev, found.sealed) == (pytest.approx(0.4), pytest.approx(0.6))


def test_an_exam_that_is_large_enough_lets_the_vouched_teach() -> None:
    found = shares_of_vouched(Limits(), others=3, sealed=600)
    assert (found.dev, found.sealed) == (0.05, 0.05)


@given(st.floats(0, 99), st.integers(0, 3_000))
def test_no_share_is_ever_above_the_largest(others: float, sealed: int) -> None:
    """A row whose group could be sealed is kept from what the firewall learns: that must hold for every later share."""
    found = shares_of_vouched(Limits(), others=others, sealed=sealed)
    most = largest_shares(Limits(), is_vouched=True)
    assert 0 < found.sealed <= most.sealed + 1e-12
    assert 0 < found.dev <= most.dev + 1e-12
    assert found.sealed + found.dev <= 1 + 1e-12


def test_classes_are_what_the_agent_has_to_tell_apart() -> None:
    taught = Bundle(examples=(example(1, label="refund"), example(2, label=None)))
    asked = [case(1, expected="delay"), case(2, expected="refund")]
    assert classes_of(taught, cases=asked) == 2
    worded = [case(3, grading=Grading.TEXT, expected="We are sorry.", topic="card")]
    assert classes_of(taught, cases=[*asked, *worded]) == 3


def test_what_follows_is_told_by_name_and_value_and_what_was_set_is_not_repeated() -> None:
    told = in_force(Limits(dev_share=0.4), is_vouched=True, classes=77, sealed=364)
    assert told == {
        "bundle_max": "616: 8 for each of 77 classes, at least 120",
        "sealed_share": "20% of all that is corrected, by at most 33% of what the people vouched for say; "
        "5% of it once 600 cases are sealed (364 are)",
    }
    assert in_force(Limits(), is_vouched=False, classes=3, sealed=0)["dev_share"] == "13% of all that is corrected"

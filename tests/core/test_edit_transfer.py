"""The edit of one answer is made in another only where the same words stand."""

import pytest

from loop.text.edit_transfer import carry_edit


@pytest.mark.parametrize(
    ("before", "after", "other", "became"),
    [
        (
            "It takes 10 days.",
            "It takes 5 days.",
            "Hi Ann, it takes 10 days, sorry.",
            "Hi Ann, it takes 5 days, sorry.",
        ),
        ("Call us today.", "Call us.", "Please call us today or write.", "Please call us or write."),
        ("We pay.", "We always pay.", "As agreed, We pay you.", "As agreed, We always pay you."),
        ("Same words.", "Other words.", "Same words.", "Other words."),
    ],
)
def test_an_edit_is_carried_over(before: str, after: str, other: str, became: str) -> None:
    assert carry_edit(before, after, to=other) == became


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [
        ("It takes 10 days.", "It takes 5 days.", "It takes two weeks."),
        ("It takes 10 days.", "It takes 5 days.", "10 days here, 10 days there."),
        ("It takes 10 days.", "It takes 10 days.", "It takes 10 days."),
        ("", "Something new.", "Another."),
        ("a " * 3_000, "b", "a"),
    ],
)
def test_what_does_not_fit_is_not_guessed(before: str, after: str, other: str) -> None:
    assert carry_edit(before, after, to=other) is None

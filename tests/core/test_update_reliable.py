"""Known cases near a correction may say something else when its author is as often right as those vouched for."""

from loop.records import AuthorStanding
from loop.records.judged import Standing
from loop.update import reliable_among


def standing(name: str, what: Standing, *, judged: int, agreement: float, high: float) -> AuthorStanding:
    return AuthorStanding(
        name=name, given=judged, judged=judged, agreement=agreement, low=0.0, high=high, standing=what, reason=""
    )


LEAD = standing("lead", "trusted", judged=200, agreement=0.86, high=0.90)


def test_the_vouched_are_reliable_and_so_is_who_is_not_surely_worse_than_they_are() -> None:
    found = reliable_among(
        [
            LEAD,
            standing("good", "proven", judged=50, agreement=0.90, high=0.95),
            standing("as good", "proven", judged=50, agreement=0.82, high=0.90),
            standing("sloppy", "proven", judged=50, agreement=0.70, high=0.80),
            standing("stranger", "new", judged=3, agreement=1.0, high=1.0),
            standing("wrong", "unreliable", judged=50, agreement=0.20, high=0.30),
        ]
    )
    assert found == {"lead", "good", "as good"}


def test_where_too_little_is_known_of_the_vouched_nobody_else_is_reliable() -> None:
    few = standing("lead", "trusted", judged=4, agreement=0.5, high=0.8)
    good = standing("good", "proven", judged=50, agreement=0.95, high=0.98)
    assert reliable_among([few, good]) == {"lead"}
    assert reliable_among([good]) == frozenset()

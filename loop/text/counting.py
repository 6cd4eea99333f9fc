"""Counts in words: a number with the noun it counts."""


def count(n: int, one: str, many: str = "") -> str:
    """`1 case`, `1,840 cases`; `many` where the plural is not formed by an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"

"""The floor of blind audits, of cases and of the firewall: a random draw that nobody can foresee or repeat."""

from collections.abc import Iterable

from loop.records import digest


def blind_draw(pool: Iterable[str], *, n: int, chance: str) -> list[str]:
    """At most `n` of the pool without replacement, in random order, from a fresh secret (`loop.ports.Parts.token`)."""
    return sorted(pool, key=lambda key: digest([chance, key]))[:n]

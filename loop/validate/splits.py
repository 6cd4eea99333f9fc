"""Which split a case falls into: decided by a hash of its group, so that nobody can choose it."""

import hashlib

from loop.records import Interaction, Limits, Split


def group_of(interaction: Interaction) -> str:
    """Who asked, else the episode: everything of one group shares a split."""
    return interaction.customer or interaction.episode_id


def split_of(group: str, *, limits: Limits) -> Split:
    """SHA-256 of the group as a share of its range: sealed first, then dev, then log."""
    share = int.from_bytes(hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64
    if share < limits.sealed_share:
        return Split.SEALED
    return Split.DEV if share < limits.sealed_share + limits.dev_share else Split.LOG

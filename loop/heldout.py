"""Which split a case falls into: decided by a hash of its group, so that nobody can choose it."""

import hashlib
from collections.abc import Iterable, Mapping

from loop.change import footprint
from loop.records import EvalCase, FeedbackItem, Interaction, Limits, Split


def group_of(interaction: Interaction) -> str:
    """Who asked, else the episode: everything of one group shares a split."""
    return interaction.customer or interaction.episode_id


def split_of(group: str, *, limits: Limits) -> Split:
    """SHA-256 of the group as a share of its range: sealed first, then dev, then log."""
    share = int.from_bytes(hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64
    if share < limits.sealed_share:
        return Split.SEALED
    return Split.DEV if share < limits.sealed_share + limits.dev_share else Split.LOG


def unsealed(
    items: Mapping[str, FeedbackItem], *, interactions: Mapping[str, Interaction], sealed: Iterable[EvalCase]
) -> dict[str, FeedbackItem]:
    """The items that may teach: nothing behind a sealed case, of its group, or asking the very same question.

    A version taught what it is measured on would look better than it is.
    """
    cases = list(sealed)
    feedback_ids = {case.feedback_id for case in cases}
    interaction_ids = {case.interaction_id for case in cases}
    groups = {case.group for case in cases}
    questions = {footprint.plain(case.question) for case in cases}
    kept: dict[str, FeedbackItem] = {}
    for key, item in items.items():
        asked = interactions.get(item.feedback.interaction_id)
        is_sealed = key in feedback_ids or item.feedback.interaction_id in interaction_ids
        if asked is not None:
            is_sealed |= not groups.isdisjoint({asked.customer or asked.episode_id})
            is_sealed |= footprint.plain(asked.question) in questions
        if not is_sealed:
            kept[key] = item
    return kept

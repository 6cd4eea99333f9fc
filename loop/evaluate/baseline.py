"""The baseline: whose answers stand for the base when a change is compared with it.

An agent that answers elsewhere has an empty version 0 here, which would hand every question over. What it is compared
with is what was really answered, as recorded with the interaction of each case (logged outputs of the incumbent).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from loop.records import AgentKind, Answer, Bundle, EvalCase, Grading, Interaction, Version
from loop.text.spelling import says_hand_over

LIVE = "Compared with what the live version answers to the same cases."
RECORDED = (
    "Compared with what was really answered, as recorded with each interaction: the live version is empty, and the "
    "agent answers elsewhere."
)
EMPTY = (
    "Compared with the live version, which is empty and hands every question over; no other answers to these cases "
    "are recorded."
)
_METHODS = frozenset(get_args(Answer.model_fields["method"].annotation))


def live_words(base: Bundle, candidate: Bundle) -> str:
    """That the live version itself is asked, and who answers for it and for the change."""
    before, after = base.model, candidate.model
    if before.kind is AgentKind.BUILT_IN and after.kind is AgentKind.BUILT_IN:
        return LIVE
    if before.answered_by == after.answered_by:
        return f"{LIVE} Both are answered by {after.answered_by}."
    return f"{LIVE} It is answered by {before.answered_by}, the change by {after.answered_by}."


@dataclass(frozen=True)
class Incumbent:
    """Which recorded answers are those of one version."""

    numbers: frozenset[int]
    """Under which its content was live."""
    is_first: bool
    """Nothing was live before it: answers whose version is unknown are its own, until other content went live."""
    until: datetime | None
    """When that was; None: not yet."""

    @staticmethod
    def of(digest: str, versions: Sequence[Version]) -> "Incumbent":
        """Of the content with this digest; `versions`: those that were live, oldest first."""
        others = [one.released_at for one in versions if one.digest != digest and one.released_at is not None]
        return Incumbent(
            numbers=frozenset(one.number for one in versions if one.digest == digest),
            is_first=bool(versions) and versions[0].digest == digest,
            until=min(others, default=None),
        )

    def gave(self, interaction: Interaction) -> bool:
        """Whether this version gave the answer."""
        if interaction.version is not None:
            return interaction.version in self.numbers
        return self.is_first and (self.until is None or interaction.at < self.until)


def is_silent(bundle: Bundle) -> bool:
    """Whether it has nothing to answer with: the built-in agent without a rule, an example or an article."""
    return bundle.model.is_local and not (bundle.rules or bundle.examples or bundle.articles)


def recorded_answers(
    cases: Collection[EvalCase], interactions: Mapping[str, Interaction], *, incumbent: Incumbent
) -> dict[str, Answer]:
    """What the incumbent really answered, by case id; without those of which nothing that can be graded is recorded."""
    found = {}
    for case in cases:
        interaction = interactions.get(case.interaction_id or "")
        if interaction is not None and incumbent.gave(interaction) and (answer := _answer(case, interaction)):
            found[case.id] = answer
    return found


def is_from_elsewhere(answers: Mapping[str, Answer]) -> bool:
    """Whether these say something a silent version cannot have said: anything but hand over."""
    return any(answer.method != "handover" for answer in answers.values())


def _answer(case: EvalCase, interaction: Interaction) -> Answer | None:
    """The recorded answer as an answer; None when it does not say what the case is graded by."""
    is_handed_over = interaction.method == "handover" or any(
        says_hand_over(said) for said in (interaction.answer, interaction.label or "") if said
    )
    told = {
        Grading.LABEL: interaction.label or "",
        Grading.ARTICLE: interaction.article_id or "",
        Grading.TEXT: interaction.answer,
    }[case.grading]
    if interaction.method == "failed" or not (is_handed_over or told.strip()):
        return None
    method = interaction.method if interaction.method in _METHODS else "model"
    return Answer.model_validate(
        {
            "text": interaction.answer,
            "label": interaction.label,
            "article_id": interaction.article_id,
            "method": "handover" if is_handed_over else method,
            "confidence": min(max(interaction.confidence or 0.0, 0.0), 1.0),
            "uses": interaction.uses,
        }
    )

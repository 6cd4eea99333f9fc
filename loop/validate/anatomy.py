"""The anatomy of an edit or a takeover: what was changed, what the agent did last, and why a person had to answer.

A function of the feedback and the answer it is about, kept with the judged item. An exception that somebody granted
does not teach: otherwise goodwill becomes policy.
"""

from loop.records import Anatomy, Feedback, FeedbackItem, FeedbackState, Interaction, Step
from loop.records.anatomy import Cause
from loop.text.edit_parts import SHOWN, granted_exception, split_edit

KIND = "anatomy"
"""Of the documents it is kept as, by feedback id."""
_UNABLE = frozenset({"handover", "failed"})


def anatomy_of(feedback: Feedback, interaction: Interaction) -> Anatomy | None:
    """None for feedback that brings no answer of a person's own."""
    traits = feedback.kind.traits
    if not traits.is_worded or not feedback.text:
        return None
    parts = split_edit(interaction.answer, sent=feedback.text)
    made = Anatomy(
        parts=parts,
        last_step=_step_words(interaction.steps[-1]) if interaction.steps else "",
        seconds=_seconds(feedback, interaction),
        position=interaction.position,
        resolution=feedback.text[:SHOWN],
    )
    exception = exception_words(feedback, interaction)
    if exception:
        return made.model_copy(update={"cause": "exception", "why": exception})
    if not traits.shows_gap:
        return made
    cause, why = _cause(made, interaction)
    return made.model_copy(update={"cause": cause, "why": why})


def exception_words(feedback: Feedback, interaction: Interaction | None) -> str:
    """By what an exception is seen that must not be learned; empty when it is none."""
    if not feedback.kind.traits.is_worded:
        return ""
    if not feedback.teaches:
        return "The person said that it is an exception."
    draft = interaction.answer if interaction is not None else ""
    phrase = granted_exception(f"{feedback.text}\n{feedback.reason}", draft=draft)
    return f"It grants an exception: “{phrase}”." if phrase else ""


def teaches(item: FeedbackItem, interaction: Interaction | None) -> bool:
    """Whether an item may teach as far as its own words go: about a known answer, and no exception.

    A person who releases an item says that it is none; marked as one by its author it stays one.
    """
    if interaction is None or not item.feedback.teaches:
        return False
    return item.state is FeedbackState.RELEASED or not exception_words(item.feedback, interaction)


# steps -------------------------------------------------------------------------------------------------------------
def _cause(made: Anatomy, interaction: Interaction) -> tuple[Cause, str]:
    """The first that fits: a tool that failed, manners only, a rule that was wrong, a fact that was missing."""
    failed = _failed_tool(interaction.steps)
    if failed is not None:
        return "tool failure", f"{_step_words(failed)} and was not made good."
    if made.is_manner:
        return "tone", "Nothing but manners changed."
    if interaction.method == "rule" and interaction.answer:
        return "wrong rule", "A rule gave the answer."
    if interaction.method not in _UNABLE and any(part.kind == "policy" and part.was for part in made.parts):
        return "wrong rule", "What is allowed or owed was answered otherwise."
    if interaction.method in _UNABLE or not interaction.answer:
        return "missing fact", "The agent had no answer."
    return "missing fact", "The person said something that the agent did not."


def _failed_tool(steps: tuple[Step, ...]) -> Step | None:
    """The last tool call that failed and did not work later."""
    done: set[str] = set()
    for step in reversed(steps):
        if step.kind not in ("tool", "retrieval"):
            continue
        if step.is_error and step.name not in done:
            return step
        if not step.is_error:
            done.add(step.name)
    return None


def _step_words(step: Step) -> str:
    name = f"{step.kind} {step.name}".strip()[:120]
    return f"{name} failed" if step.is_error else name


def _seconds(feedback: Feedback, interaction: Interaction) -> float | None:
    took = (feedback.at - interaction.at).total_seconds()
    return took if took >= 0 else None

"""Shapes of our own: interactions as they happened, and feedback on them."""

from loop.collect.build import WITHOUT_ID, RowDefaults, RowRecords, feedback_from_row, interaction_from_row
from loop.collect.files.fields import Cells, Field, Unusable
from loop.collect.identity import stable_id
from loop.records import FeedbackKind, Interaction


class Interactions:
    """One request and its answer per row. Columns no field reads are kept in `attributes`."""

    says = "requests with their answers, one per row"
    author = ""
    fields = (
        Field("question", "what was asked", is_needed=True),
        Field("answer", "what the agent answered"),
        Field("label", "the label the agent gave"),
        Field("article_id", "the article the agent gave"),
        Field("method", "how the agent answered"),
        Field("confidence", "how sure the agent was"),
        Field("version", "number of the version that answered"),
        Field("id", "the id of the interaction in its own system"),
        *WITHOUT_ID,
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        question = cells.text("question", is_needed=True)
        return RowRecords((interaction_from_row(cells, defaults, question=question, with_answer=True),))


class PlainFeedback:
    """One feedback per row, on an interaction named by its id or described by its question and answer.

    Without a `kind` column the kind follows from what is there: a label or article is a LABEL, else a
    value is a CSAT, else words are a COMMENT.
    """

    says = "feedback, one per row, with interaction_id or with question and answer"
    author = "anonymous"
    fields = (
        Field("interaction_id", "the interaction it is about", is_needed=True, or_else="question"),
        Field("question", "what was asked, when there is no interaction_id"),
        Field("answer", "what the agent answered, when there is no interaction_id"),
        Field("kind", f"one of {', '.join(FeedbackKind)}"),
        Field("value", "the rating: a number on the scale, or a word such as up, bad, yes"),
        Field("text", "the better answer, or the comment"),
        Field("label", "the right label"),
        Field("article_id", "the right article"),
        Field("reason", "why the person says so"),
        Field("teaches", "false: an exception, do not learn from it"),
        Field("author", "who gave it"),
        Field("seconds_to_answer", "how long the author looked before judging"),
        Field("feedback_id", "the id of the feedback in its own system"),
        *WITHOUT_ID,
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        external = cells.name_of("interaction_id")
        question = cells.text("question")
        if not external and not question.strip():
            raise Unusable("missing", "The row has neither an interaction_id nor a question.")
        interactions: tuple[Interaction, ...] = ()
        if external:
            target = stable_id("i", defaults.agent, external)
        else:
            interactions = (
                interaction_from_row(cells, defaults, question=question, with_answer=False, is_shared=True),
            )
            target = interactions[0].id
        value = cells.rating("value")
        seconds = cells.number("seconds_to_answer")
        if seconds is not None and seconds < 0:
            raise cells.unusable("seconds_to_answer", "has to be 0 or more")
        feedback = feedback_from_row(
            defaults,
            interaction_id=target,
            kind=_kind(cells, value),
            author=cells.text("author").strip(),
            at=cells.moment("at"),
            external=cells.name_of("feedback_id"),
            value=value,
            text=cells.text("text"),
            label=cells.name_of("label"),
            article_id=cells.name_of("article_id"),
            reason=cells.text("reason"),
            teaches=cells.truth("teaches", default=True),
            seconds_to_answer=seconds,
            attributes=cells.rest(),
        )
        return RowRecords(interactions, (feedback,), is_shared=not external)


def _kind(cells: Cells, value: float | None) -> FeedbackKind:
    named = cells.text("kind").strip().lower()
    if named:
        try:
            return FeedbackKind(named)
        except ValueError:
            raise cells.unusable("kind", f"has to be one of {', '.join(FeedbackKind)}") from None
    if cells.name_of("label") or cells.name_of("article_id"):
        return FeedbackKind.LABEL
    return FeedbackKind.COMMENT if value is None else FeedbackKind.CSAT

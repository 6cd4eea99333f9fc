"""Shape of a desk's own export: a question, what the agent drafted, what a person sent, and how it was rated."""

from collections.abc import Iterator
from typing import Any

from loop.collect.build import INTERACTION_FIELDS, RowDefaults, RowRecords, feedback_from_row, interaction_from_row
from loop.collect.files.fields import Cells, Field, Unusable
from loop.records import Feedback, FeedbackKind, Interaction

_UNKNOWN = {"author_is": "position"}
"""Customers nobody named: not one person, and nobody's record to judge."""
_CUSTOMER = "customer"


class Exchanges:
    """One question with its draft, the answer that was sent, and what was said of it, per row.

    An answer sent beside another draft is an EDIT by who sent it; the same one is a THUMBS up by them, because they
    read it and put their name to it. An answer without a draft, or where a person took over, is a TAKEOVER. A rating
    is of what the customer saw: a CSAT where that was the agent's own answer, else an OUTCOME, which says how it ended
    and never that the draft was right. A label or article is a LABEL, words alone are a COMMENT.
    """

    says = "questions with the agent's answer or draft, what a person sent instead, and ratings, one exchange per row"
    author = "anonymous"
    fields = (
        Field("question", "what was asked", is_needed=True),
        Field("answer", "what the agent answered or drafted"),
        Field("sent", "what a person sent, or the better answer: beside another answer an edit, alone a takeover"),
        Field("rating", "how it was rated: a number on the scale, stars, or a word such as good, nein, oui"),
        Field("comment", "words that came with the rating, or alone"),
        Field("label", "the right label"),
        Field("article_id", "the right article"),
        Field("given_label", "the label the agent gave"),
        Field("given_article_id", "the article the agent gave"),
        Field("taken_over", "true: a person answered in the agent's place"),
        Field("kind", "what it is whatever it looks like: edit, takeover, thumbs, csat, outcome, comment or label"),
        Field("author", "who sent, corrected, labelled or accepted it"),
        Field("rater", "who rated or commented; without it the customer"),
        Field("reason", "why they say so"),
        Field("teaches", "false: an exception, do not learn from it"),
        Field("rated_at", "when it was rated"),
        Field("method", "how the agent answered"),
        Field("confidence", "how sure the agent was, 0 to 1"),
        Field("version", "number of the version that answered"),
        *INTERACTION_FIELDS,
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        author, label = cells.text("author").strip(), cells.name_of("label")
        given = cells.name_of("given_label")
        external = cells.name_of("id")
        interaction = interaction_from_row(
            cells,
            defaults,
            question=cells.text("question", is_needed=True),
            with_answer=False,
            identity=given or (None if author else label),
        ).model_copy(
            update={
                "label": given,
                "article_id": cells.name_of("given_article_id"),
                "method": cells.text("method").strip(),
                "confidence": cells.number("confidence"),
                "version": cells.whole("version"),
            }
        )
        kind = _kind_of(cells)
        said = tuple(_said(cells, defaults, interaction, author=author, label=label, kind=kind))
        return RowRecords((interaction,), said, is_shared=bool(external))


def _said(
    cells: Cells,
    defaults: RowDefaults,
    about: Interaction,
    *,
    author: str,
    label: str | None,
    kind: FeedbackKind | None,
) -> Iterator[Feedback]:
    """The feedback of one row."""
    sent, reason = cells.text("sent").strip(), cells.text("reason")
    is_same = bool(sent) and " ".join(sent.split()) == " ".join(about.answer.split())
    teaches, at = cells.truth("teaches", default=True), cells.moment("at")
    common: dict[str, Any] = {"interaction_id": about.id, "at": at, "reason": reason, "teaches": teaches}
    took_over = cells.truth("taken_over", default=False)
    corrects = kind if kind is not None and kind.traits.is_worded else None
    if sent and (not is_same or took_over):
        is_takeover = took_over or not about.answer.strip()
        made = corrects or (FeedbackKind.TAKEOVER if is_takeover else FeedbackKind.EDIT)
        yield feedback_from_row(defaults, **common, kind=made, author=author, text=sent)
    elif is_same:
        kept = {"sent": "as drafted"}
        yield feedback_from_row(defaults, **common, kind=FeedbackKind.THUMBS, author=author, value=1.0, attributes=kept)
    article_id = cells.name_of("article_id")
    if label or article_id:
        yield feedback_from_row(
            defaults, **common, kind=FeedbackKind.LABEL, author=author, label=label, article_id=article_id
        )
    value, comment = cells.rating("rating"), cells.text("comment")
    if value is None and not comment.strip():
        return
    rates = kind if kind is not None and kind.traits.family == "rating" else None
    seen = FeedbackKind.OUTCOME if (sent and not is_same) or took_over else FeedbackKind.CSAT
    rater, is_known = _rater(cells, defaults, about, author=author)
    yield feedback_from_row(
        defaults,
        **{**common, "at": cells.moment("rated_at") or at},
        kind=FeedbackKind.COMMENT if value is None else rates or seen,
        author=rater,
        value=value,
        text=comment,
        attributes={} if is_known else _UNKNOWN,
    )


def _rater(cells: Cells, defaults: RowDefaults, about: Interaction, *, author: str) -> tuple[str, bool]:
    """Who rated, and whether that is a person by name."""
    if rater := cells.text("rater").strip():
        return rater, True
    if author and "sent" not in cells.chosen:
        return author, True
    if about.customer:
        return about.customer, True
    return (_CUSTOMER, False) if defaults.author == Exchanges.author else (defaults.author, True)


def _kind_of(cells: Cells) -> FeedbackKind | None:
    named = cells.text("kind").strip().lower()
    if not named:
        return None
    try:
        return FeedbackKind(named)
    except ValueError:
        raise Unusable("field", f"The kind has to be one of {', '.join(FeedbackKind)}.") from None

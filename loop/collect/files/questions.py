"""Shapes of question data: labelled queries, rated answers, questions with their article, and articles."""

from loop.collect.build import (
    INTERACTION_FIELDS,
    RowDefaults,
    RowRecords,
    feedback_from_row,
    interaction_from_row,
)
from loop.collect.files.fields import Cells, Field, Unusable
from loop.records import Article, FeedbackKind, derived_id

_QUESTION = Field("question", "what was asked", is_needed=True)
_AUTHOR = Field("author", "who said so")


class LabelledQueries:
    """One question and its right label per row: an interaction without an answer, and a LABEL feedback.

    With an author column, rows with the same question are one interaction that several people label.
    Without one, a row is one observation: the same question with two labels stays two interactions,
    so that the second label does not silently replace the first.
    """

    says = "questions with the right label, one per row (text, category)"
    author = "anonymous"
    fields = (
        _QUESTION,
        Field("label", "the right label", is_needed=True),
        _AUTHOR,
        Field("reason", "why this label is right"),
        *INTERACTION_FIELDS,
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        label = cells.text("label", is_needed=True).strip()
        return _named(cells, defaults, identity=label, label=label)


class QuestionsWithArticles:
    """One question and the article that answers it per row: like labelled queries, with an article for the label."""

    says = "questions with the right article, one per row (question, gold_passage_id)"
    author = "anonymous"
    fields = (
        _QUESTION,
        Field("article_id", "the right article", is_needed=True),
        _AUTHOR,
        Field("reason", "why this article is right"),
        *INTERACTION_FIELDS,
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        article_id = cells.text("article_id", is_needed=True).strip()
        return _named(cells, defaults, identity=article_id, article_id=article_id)


class RatedAnswers:
    """One answer with its ratings and comments per row: an interaction, and a CSAT feedback per rating.

    Such files often do not say who rated. The ratings of one row are by different people, but whether
    the first rater of two rows is one person is unknown. Without an author column the authors are
    therefore the positions, `rater-1`, `rater-2`, …: distinct within a row, the same from row to row.
    Support then never exceeds the ratings of one row, which may be too few and is never too many.
    `attributes["author_is"] = "position"` tells detectors that judge a person's record to leave them out.
    """

    says = "answers with a list of ratings and comments, one answer per row (question, passage_id, ratings, comments)"
    author = "rater"
    fields = (
        _QUESTION,
        Field("answer", "the answer as text"),
        Field("article_id", "the article that was the answer"),
        Field("ratings", "a rating or a list of them", is_needed=True),
        Field("comments", "a comment or a list of them, in the order of the ratings"),
        Field("authors", "who rated, in the order of the ratings"),
        *INTERACTION_FIELDS,
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable, also when there are more comments or authors than ratings."""
        ratings, comments, authors = (cells.items(name) for name in ("ratings", "comments", "authors"))
        if not ratings:
            raise Unusable("missing", "The row has no rating.")
        for name, given in (("comments", comments), ("authors", authors)):
            if given and len(given) != len(ratings):
                raise cells.unusable(name, f"has {len(given):,} entries for {len(ratings):,} ratings")
        if not all(isinstance(item, str | int) for item in authors):
            raise cells.unusable("authors", "has to hold names")
        if not all(isinstance(item, str | None) for item in comments):
            raise cells.unusable("comments", "has to hold text")
        question = cells.text("question", is_needed=True)
        interaction = interaction_from_row(cells, defaults, question=question, with_answer=True)
        at = cells.moment("at")
        feedback = tuple(
            feedback_from_row(
                defaults,
                interaction_id=interaction.id,
                kind=FeedbackKind.CSAT,
                author=str(authors[index]) if authors else f"{defaults.author}-{index + 1}",
                at=at,
                value=value,
                text=(comments[index] or "") if comments else "",
                attributes={"rating": given} if authors else {"rating": given, "author_is": "position"},
            )
            for index, given in enumerate(ratings)
            if (value := cells.rating_of(given, "ratings")) is not None
        )
        return RowRecords((interaction,), feedback)


class Articles:
    """One help article per row. Articles are what a version starts with, not something that happened."""

    says = "help articles, one per row (id, title, body)"
    author = ""
    fields = (
        Field("id", "the id questions refer to"),
        Field("title", "the title", is_needed=True),
        Field("headings", "headings between the title and the body, text or a list"),
        Field("body", "the text", is_needed=True),
        Field("questions", "solved questions that lead here, text or a list"),
    )

    def make(self, cells: Cells, *, defaults: RowDefaults) -> RowRecords:
        """Raises Unusable."""
        headings, questions = cells.items("headings"), cells.items("questions")
        if not all(isinstance(item, str) for item in [*headings, *questions]):
            raise Unusable("field", "Headings and questions have to be text.")
        title = " › ".join(part.strip() for part in [cells.text("title"), *headings] if part.strip())
        body = cells.text("body", is_needed=True)
        external = cells.name_of("id")
        return RowRecords(
            articles=(
                Article(
                    id=external[:128] if external else derived_id("article", defaults.agent, title, body),
                    title=title,
                    body=body,
                    questions=tuple(questions),
                ),
            )
        )


def _named(
    cells: Cells, defaults: RowDefaults, *, identity: str, label: str | None = None, article_id: str | None = None
) -> RowRecords:
    """A question without an answer, and what somebody says is right for it. With an author, rows share the question."""
    author = cells.text("author").strip()
    interaction = interaction_from_row(
        cells,
        defaults,
        question=cells.text("question", is_needed=True),
        with_answer=False,
        is_shared=bool(author),
        identity=None if author else identity,
    )
    feedback = feedback_from_row(
        defaults,
        interaction_id=interaction.id,
        kind=FeedbackKind.LABEL,
        author=author,
        at=cells.moment("at"),
        label=label,
        article_id=article_id,
        reason=cells.text("reason"),
        attributes=cells.rest() if author else {},
    )
    return RowRecords((interaction,), (feedback,), is_shared=bool(author))

"""What every agent does around its own answering: rules and hand-over topics before, instruction lines after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loop.agent.directives import Instructions, hand_over_about, hand_over_below, shape
from loop.change.matching import first_match
from loop.records import Answer, Article, Question, Rule


@dataclass(frozen=True)
class Draft:
    """An answer before the instructions have their say."""

    answer: Answer
    is_worded: bool = False
    """Somebody wrote the reply; it is not just the name of a label."""


def settle(
    question: Question, *, rules: Sequence[Rule], instructions: Instructions, articles: Mapping[str, Article]
) -> Draft | None:
    """The answer where it is laid down: a topic for a person, or the first rule that applies. Else None."""
    line = hand_over_about(question.text, instructions=instructions)
    if line is not None:
        return Draft(Answer(method="handover", confidence=1.0, obeyed=(line,)))
    rule = first_match(rules, question=question.text, context=question.context)
    if rule is None:
        return None
    if rule.hand_over:
        return Draft(Answer(method="handover", confidence=1.0, uses=(rule.id,)))
    article = articles.get(rule.article_id or "")
    reply = rule.answer or (article.body if article else "")
    answer = Answer(
        text=reply or rule.label or "",
        label=rule.label,
        article_id=rule.article_id,
        method="rule",
        confidence=1.0,
        uses=(rule.id, *((article.id,) if article and not rule.answer else ())),
    )
    return Draft(answer, is_worded=bool(reply))


def finish(draft: Draft, *, instructions: Instructions) -> Answer:
    """The draft as the instructions want it; handed over when they leave nothing to say."""
    answer = draft.answer
    if answer.method in ("case", "head", "article"):
        line = hand_over_below(answer.confidence, instructions=instructions)
        if line is not None:
            return _withheld(answer, (line,))
    if not draft.is_worded or not instructions.orders:
        return answer
    shaped = shape(answer.text, instructions=instructions)
    if not shaped.text:
        return _withheld(answer, shaped.obeyed)
    return answer.model_copy(update={"text": shaped.text, "obeyed": shaped.obeyed})


def _withheld(answer: Answer, lines: tuple[str, ...]) -> Answer:
    return Answer(method="handover", confidence=answer.confidence, uses=answer.uses, obeyed=lines)

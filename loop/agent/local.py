"""The built-in agent: answers from what its version holds. No key, no neural network, no chance.

    rules (the first that applies)
    → a known-good case asked in the same words, or nearly: its answer is copied
    → the head: the class of the closest profile and cases
    → article search
    → hand over to a person

Every answer names what it rests on, most important first. Confidence is 1 for a rule and the likeness
for a known-good case. For the head and the search it is the lead over the runner-up as a share of the
winner's score, which tells right from wrong better than the score itself. An answer handed over keeps
the confidence of what was withheld.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loop.agent.head import Head, Prediction
from loop.agent.obey import hand_over_about, hand_over_below, read_instructions, shape
from loop.agent.rules import first_match
from loop.agent.search import Hit, Search
from loop.agent.text import normalise
from loop.records import Answer, Article, Bundle, Example, Question, Rule

SAME_CASE = 0.92
"""Likeness from which a question is a known-good case asked again, when its numbers are the same too."""
HEAD_FLOOR = 0.12
"""Score below which no class is close enough to answer."""
ARTICLE_FLOOR = 0.05
"""Score below which no article is close enough to answer."""
BATCH = 256
"""Questions compared at a time: 10 MB of scores at 10,000 examples."""


@dataclass(frozen=True)
class _Draft:
    """An answer before the instructions have their say."""

    answer: Answer
    is_worded: bool = False
    """Somebody wrote the reply; it is not just the name of a label."""


_NO_IDEA = _Draft(Answer(method="handover"))


class LocalAgent:
    """One bundle, ready to answer (`loop.ports.Answerer`)."""

    def __init__(self, bundle: Bundle) -> None:
        """Index the bundle: about 0.1 s for 2,000 examples, 0.6 s for 10,000."""
        self._rules = bundle.rules
        self._instructions = read_instructions(bundle.instructions)
        self._articles = {article.id: article for article in bundle.articles}
        examples = sorted(
            (example for example in bundle.examples if example.label is not None or example.answer),
            key=lambda example: example.id,
        )
        self._known = {normalise(example.question): example for example in reversed(examples)}
        self._head = Head(examples) if examples else None
        self._search = Search(bundle.articles) if bundle.articles else None

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions. A question's answer does not depend on the others asked."""
        answers: list[Answer] = []
        for start in range(0, len(questions), BATCH):
            answers += self._answer_batch(questions[start : start + BATCH])
        return answers

    def _answer_batch(self, questions: Sequence[Question]) -> list[Answer]:
        texts = [normalise(question.text) for question in questions]
        drafts = [self._settle(question, text) for question, text in zip(questions, texts, strict=True)]
        open_places = [place for place, draft in enumerate(drafts) if draft is None and texts[place]]
        if self._head and open_places:
            predictions = self._head.predict([texts[place] for place in open_places])
            for place, prediction in zip(open_places, predictions, strict=True):
                drafts[place] = self._from_prediction(texts[place], prediction)
        open_places = [place for place in open_places if drafts[place] is None]
        if self._search and open_places:
            found = self._search.find([texts[place] for place in open_places], limit=2)
            for place, hits in zip(open_places, found, strict=True):
                drafts[place] = _from_hits(hits)
        return [self._finish(draft or _NO_IDEA) for draft in drafts]

    def _settle(self, question: Question, text: str) -> _Draft | None:
        """What needs no comparing: a topic for a person, a rule, a case in the very same words."""
        line = hand_over_about(question.text, instructions=self._instructions)
        if line is not None:
            return _Draft(Answer(method="handover", confidence=1.0, obeyed=(line,)))
        rule = first_match(self._rules, question)
        if rule is not None:
            return self._from_rule(rule)
        example = self._known.get(text) if text else None
        return None if example is None else self._from_example(example, method="case", confidence=1.0)

    def _from_rule(self, rule: Rule) -> _Draft:
        if rule.hand_over:
            return _Draft(Answer(method="handover", confidence=1.0, uses=(rule.id,)))
        article = self._articles.get(rule.article_id or "")
        worded = rule.answer or (article.body if article else "")
        answer = Answer(
            text=worded or rule.label or "",
            label=rule.label,
            article_id=rule.article_id,
            method="rule",
            confidence=1.0,
            uses=(rule.id, *((article.id,) if article and not rule.answer else ())),
        )
        return _Draft(answer, is_worded=bool(worded))

    def _from_prediction(self, text: str, prediction: Prediction) -> _Draft | None:
        twin = prediction.twin
        if prediction.likeness >= SAME_CASE and _numbers(text) == _numbers(normalise(twin.question)):
            return self._from_example(twin, method="case", confidence=prediction.likeness)
        if prediction.score < HEAD_FLOOR:
            return None
        return self._from_example(
            prediction.example, method="head", confidence=_lead(prediction.score, prediction.margin)
        )

    def _from_example(self, example: Example, *, method: Literal["case", "head"], confidence: float) -> _Draft:
        article = self._articles.get(example.label or "")
        worded = example.answer or (article.body if article else "")
        answer = Answer(
            text=worded or example.label or "",
            label=example.label,
            article_id=article.id if article else None,
            method=method,
            confidence=confidence,
            uses=(example.id, *((article.id,) if article and not example.answer else ())),
        )
        return _Draft(answer, is_worded=bool(worded))

    def _finish(self, draft: _Draft) -> Answer:
        """The draft as the instructions want it."""
        answer = draft.answer
        if answer.method in ("case", "head", "article"):
            line = hand_over_below(answer.confidence, instructions=self._instructions)
            if line is not None:
                return _withheld(answer, (line,))
        if not draft.is_worded or not self._instructions.orders:
            return answer
        shaped = shape(answer.text, instructions=self._instructions)
        if not shaped.text:
            return _withheld(answer, shaped.obeyed)
        return answer.model_copy(update={"text": shaped.text, "obeyed": shaped.obeyed})


def _from_hits(hits: Sequence[Hit]) -> _Draft | None:
    """The closest article; confidence is its lead over the next one."""
    if not hits or hits[0].score < ARTICLE_FLOOR:
        return None
    best: Article = hits[0].article
    runner_up = hits[1].score if len(hits) > 1 else 0.0
    answer = Answer(
        text=best.body or best.title,
        article_id=best.id,
        method="article",
        confidence=_lead(hits[0].score, hits[0].score - runner_up),
        uses=(best.id,),
    )
    return _Draft(answer, is_worded=True)


def _withheld(answer: Answer, lines: tuple[str, ...]) -> Answer:
    return Answer(method="handover", confidence=answer.confidence, uses=answer.uses, obeyed=lines)


def _lead(score: float, margin: float) -> float:
    """The margin as a share of the winning score, 0 to 1."""
    return min(max(margin / score, 0.0), 1.0) if score > 0 else 0.0


def _numbers(text: str) -> list[str]:
    return sorted(word for word in text.split() if any(letter.isdigit() for letter in word))

"""The built-in agent: answers from what its version holds. No key, no neural network, no chance.

    rules (the first that applies)
    → a known-good case, or a question an article has solved, asked in the same words or nearly: its answer is copied
    → the head: the class of the closest profile and cases
    → article search, where it covers the question better than the closest class
    → hand over to a person

A question an article has solved counts for nothing but the same words: as a known case of a class, or as text to be
searched, it would draw questions away from articles nobody has asked for yet (measured, see `loop.text.search`).

Every answer names what it rests on, most important first. Confidence is 1 for a rule and the likeness
for a known-good case. For the head and the search it is 1 - exp(-lead / 0.08), the lead being that over
the runner-up: it tells right from wrong better than closeness does (on held-out real questions, AUROC .72
to .86 against .71 to .77 for labels, .80 against .71 for articles). It is not a probability.
An answer handed over keeps the confidence of what was withheld.
"""

from collections.abc import Sequence
from math import exp
from typing import Literal

from loop.agent.directives import read_instructions
from loop.agent.draft import Draft, finish, settle
from loop.agent.head import Head, Prediction
from loop.records import Answer, Article, Bundle, Example, Question
from loop.text.classifier import FLOOR
from loop.text.search import Alike, Hit, Nearest, Search
from loop.text.spelling import normalise, says_hand_over

SAME_CASE = 0.92
"""Likeness from which a question is a known-good case asked again, when its numbers are the same too."""
ARTICLE_FLOOR = 0.25
"""Score below which no article is close enough: 1 in 250 answerable questions, no right answer, a fifth of the
off-topic ones (questions to a bank, asked of a government's help articles)."""
SURE_LEAD = 0.08
"""Lead at which confidence is 0.63."""
BATCH = 256
"""Questions compared at a time: 10 MB of scores at 10,000 examples."""


_NO_IDEA = Draft(Answer(method="handover"))


class LocalAgent:
    """One bundle, ready to answer (`loop.ports.Answerer`)."""

    def __init__(self, bundle: Bundle) -> None:
        """Index the bundle: about 0.15 s for 2,000 examples, 1.1 s for 10,000."""
        self._rules = bundle.rules
        self._instructions = read_instructions(bundle.instructions)
        self._articles = {article.id: article for article in bundle.articles}
        examples = [example for example in bundle.examples if example.label is not None or example.answer]
        self._labels = {example.label for example in examples}
        solved = [
            Example(id=article.id, question=question, label=article.id)
            for article in bundle.articles
            for question in article.questions
        ]
        known = sorted(examples, key=lambda example: example.id) + sorted(solved, key=lambda one: one.id)
        self._known = {normalise(example.question): example for example in reversed(known)}
        self._head = Head(examples) if examples else None
        self._solved = Nearest(solved) if solved else None
        self._search = Search(bundle.articles, weights=bundle.search) if bundle.articles else None

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions. A question's answer does not depend on the others asked."""
        answers: list[Answer] = []
        for start in range(0, len(questions), BATCH):
            answers += self._answer_batch(questions[start : start + BATCH])
        return answers

    def _answer_batch(self, questions: Sequence[Question]) -> list[Answer]:
        texts = [normalise(question.text) for question in questions]
        drafts = [self._settle(question, text) for question, text in zip(questions, texts, strict=True)]
        places = [place for place, draft in enumerate(drafts) if draft is None and texts[place]]
        asked = [texts[place] for place in places]
        if asked:
            predictions = self._head.predict(asked) if self._head else [None] * len(asked)
            solved = self._solved.closest(asked) if self._solved else [None] * len(asked)
            found = self._search.find(asked, limit=2) if self._search else [[] for _ in asked]
            for place, prediction, twin, hits in zip(places, predictions, solved, found, strict=True):
                text = texts[place]
                drafts[place] = self._same_case(text, prediction, twin) or self._compare(prediction, hits)
        return [finish(draft or _NO_IDEA, instructions=self._instructions) for draft in drafts]

    def _settle(self, question: Question, text: str) -> Draft | None:
        """What needs no comparing: a topic for a person, a rule, a case in the very same words."""
        draft = settle(question, rules=self._rules, instructions=self._instructions, articles=self._articles)
        if draft is not None or not text or text not in self._known:
            return draft
        return self._from_example(self._known[text], method="case", confidence=1.0)

    def _same_case(self, text: str, prediction: Prediction | None, solved: Alike | None) -> Draft | None:
        """The nearest known case or solved question, where it is the same with the same numbers."""
        twins = [(prediction.likeness, prediction.twin)] if prediction is not None else []
        twins += [(solved.likeness, solved.example)] if solved is not None else []
        same = [
            (likeness, twin)
            for likeness, twin in twins
            if likeness >= SAME_CASE and _numbers(text) == _numbers(normalise(twin.question))
        ]
        if not same:
            return None
        likeness, twin = max(same, key=lambda pair: pair[0])
        return self._from_example(twin, method="case", confidence=likeness)

    def _compare(self, prediction: Prediction | None, hits: Sequence[Hit]) -> Draft | None:
        """The closest class or the closest article; None when nothing is close enough."""
        hit = hits[0] if hits and hits[0].score >= ARTICLE_FLOOR else None
        if prediction is not None and prediction.score >= max(FLOOR, hit.score if hit else 0.0):
            return self._from_example(
                prediction.example, method="head", confidence=_sure(prediction.margin), worded=prediction.worded
            )
        if hit is None:
            return None
        runner_up = hits[1].score if len(hits) > 1 else 0.0
        return self._from_article(hit.article, method="article", confidence=_sure(hit.score - runner_up))

    def _from_example(
        self, example: Example, *, method: Literal["case", "head"], confidence: float, worded: Example | None = None
    ) -> Draft:
        """What the example's class answers: its own reply, else the nearest reply of its class, else an article."""
        article = self._articles.get(example.label or "")
        if article is not None and example.id == article.id:
            return self._from_article(article, method=method, confidence=confidence)
        if says_hand_over(example.label or ""):
            return Draft(Answer(method="handover", confidence=confidence, uses=(example.id,)))
        source = example if example.answer or worded is None else worded
        reply = source.answer or (article.body if article else "")
        uses = (example.id, source.id, *((article.id,) if article and not source.answer else ()))
        answer = Answer(
            text=reply or example.label or "",
            label=example.label,
            article_id=article.id if article else None,
            method=method,
            confidence=confidence,
            uses=tuple(dict.fromkeys(uses)),
        )
        return Draft(answer, is_worded=bool(reply))

    def _from_article(
        self, article: Article, *, method: Literal["case", "head", "article"], confidence: float
    ) -> Draft:
        answer = Answer(
            text=article.body or article.title,
            label=article.id if article.id in self._labels else None,
            article_id=article.id,
            method=method,
            confidence=confidence,
            uses=(article.id,),
        )
        return Draft(answer, is_worded=True)


def _sure(lead: float) -> float:
    """Confidence from the lead over the runner-up, 0 to 1."""
    return 1 - exp(-max(lead, 0.0) / SURE_LEAD)


def _numbers(text: str) -> list[str]:
    return sorted(word for word in text.split() if any(letter.isdigit() for letter in word))

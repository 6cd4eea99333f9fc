"""A version answered by a language model: rules first, then messages composed for each question."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loop.agent.directives import read_instructions
from loop.agent.draft import finish, settle
from loop.agent.prompt import compose, form_of, read_reply
from loop.agent.side_by_side import ask_each
from loop.ports import Model
from loop.records import Answer, Article, Bundle, Example, Question
from loop.text.search import Nearest, Search
from loop.text.spelling import normalise

ARTICLES_SHOWN = 3
"""Articles composed into the messages of one question, at most."""
BATCH = 64
"""Questions looked up at a time."""


@dataclass(frozen=True)
class _Task:
    question: Question
    examples: list[Example]
    articles: list[Article]


class ModelAgent:
    """One bundle and the model that answers for it (`loop.ports.Answerer`). A model states no confidence: it is 0."""

    def __init__(self, bundle: Bundle, model: Model, *, concurrency: int, boundary: str) -> None:
        """`concurrency`: model calls at a time. `boundary`: unguessable; every question gets its own from it."""
        self._bundle = bundle
        self._model = model
        self._concurrency = concurrency
        self._boundary = boundary
        self._form = form_of(bundle)
        self._instructions = read_instructions(bundle.instructions)
        self._articles = {article.id: article for article in bundle.articles}
        examples = [example for example in bundle.examples if example.label is not None or example.answer]
        self._nearest = Nearest(examples) if examples and bundle.model.examples_per_question else None
        self._search = Search(bundle.articles, weights=bundle.search) if bundle.articles else None

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions. A call that fails becomes an answer with `method="failed"`.

        Raises ModelFailed when eight calls have failed and none has worked.
        """
        answers = dict(self.answer_each(questions, permit=lambda: True))
        return [answers[place] for place in range(len(questions))]

    def answer_each(self, questions: Sequence[Question], *, permit: Callable[[], bool]) -> Iterator[tuple[int, Answer]]:
        """See `loop.ports.ConcurrentAnswerer`. What a rule or an instruction settles costs nothing and comes first."""
        places: list[int] = []
        for place, question in enumerate(questions):
            draft = settle(question, rules=self._bundle.rules, instructions=self._instructions, articles=self._articles)
            if draft is None:
                places.append(place)
            else:
                yield place, finish(draft, instructions=self._instructions)
        yield from ask_each(self._tasks(questions, places, permit=permit), self._ask, concurrency=self._concurrency)

    def _ask(self, task: _Task) -> Answer:
        choice = self._bundle.model
        messages = compose(
            task.question,
            bundle=self._bundle,
            form=self._form,
            examples=task.examples,
            articles=task.articles,
            boundary=hashlib.sha256(f"{self._boundary}\0{task.question.text}".encode("utf-8", "replace")).hexdigest()[
                :16
            ],
        )
        reply = self._model.complete(messages, temperature=choice.temperature, max_tokens=choice.max_tokens)
        answer = read_reply(reply, form=self._form, articles=task.articles)
        shown = (answer.article_id, *(one.id for one in task.articles), *(one.id for one in task.examples))
        return answer.model_copy(update={"uses": tuple(dict.fromkeys(one for one in shown if one))})

    def _tasks(
        self, questions: Sequence[Question], places: Sequence[int], *, permit: Callable[[], bool]
    ) -> Iterator[tuple[int, _Task]]:
        """What each of the questions at these places is to be shown with, as far as they may be put."""
        limit = self._bundle.model.examples_per_question
        for start in range(0, len(places), BATCH):
            some = places[start : start + BATCH]
            texts = [normalise(questions[place].text) for place in some]
            examples = self._nearest.find(texts, limit=limit) if self._nearest else [[] for _ in texts]
            found = self._search.find(texts, limit=ARTICLES_SHOWN) if self._search else [[] for _ in texts]
            for place, alike, hits in zip(some, examples, found, strict=True):
                if not permit():
                    return
                yield place, _Task(questions[place], examples=alike, articles=[hit.article for hit in hits])

"""A version answered by a language model: rules first, then messages composed for each question."""

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from loop.agent.directives import read_instructions
from loop.agent.draft import finish, settle
from loop.agent.prompt import compose, form_of, read_reply
from loop.errors import ModelFailed
from loop.ports import Model
from loop.records import Answer, Article, Bundle, Example, Question
from loop.text.search import Nearest, Search
from loop.text.spelling import normalise

ARTICLES_SHOWN = 3
"""Articles composed into the messages of one question, at most."""
BATCH = 256
"""Questions looked up at a time."""
GIVE_UP_AFTER = 8
"""Failed calls, with none that worked, after which the endpoint is unusable and no further call is begun."""


@dataclass(frozen=True)
class _Task:
    place: int
    question: Question
    examples: list[Example]
    articles: list[Article]


class _Health:
    """Whether an endpoint works at all, told by the calls that run at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_worked = False
        self._failures = 0
        self.first_failure: ModelFailed | None = None

    @property
    def is_hopeless(self) -> bool:
        return self._failures >= GIVE_UP_AFTER and not self._has_worked

    def worked(self) -> None:
        self._has_worked = True

    def failed(self, failure: ModelFailed) -> None:
        with self._lock:
            self._failures += 1
            self.first_failure = self.first_failure or failure


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
        answers: dict[int, Answer] = {}
        places: list[int] = []
        tasks: list[_Task] = []
        for place, question in enumerate(questions):
            draft = settle(question, rules=self._bundle.rules, instructions=self._instructions, articles=self._articles)
            if draft is None:
                places.append(place)
            else:
                answers[place] = finish(draft, instructions=self._instructions)
        for start in range(0, len(places), BATCH):
            tasks += self._tasks(questions, places[start : start + BATCH])
        answers |= self._ask_all(tasks)
        return [answers[place] for place in range(len(questions))]

    def _ask_all(self, tasks: Sequence[_Task]) -> dict[int, Answer]:
        health = _Health()

        def ask(task: _Task) -> Answer:
            if health.is_hopeless:
                return Answer(method="failed", failure="Not asked: the endpoint is unusable.")
            try:
                answer = self._ask(task)
            except ModelFailed as failure:
                health.failed(failure)
                return Answer(method="failed", failure=str(failure))
            health.worked()
            return answer

        with ThreadPoolExecutor(max_workers=self._concurrency, thread_name_prefix="model") as pool:
            answers = dict(zip((task.place for task in tasks), pool.map(ask, tasks), strict=True))
        if health.is_hopeless and health.first_failure is not None:
            raise health.first_failure
        return answers

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

    def _tasks(self, questions: Sequence[Question], places: Sequence[int]) -> list[_Task]:
        """What each of the questions at these places is to be shown with."""
        texts = [normalise(questions[place].text) for place in places]
        limit = self._bundle.model.examples_per_question
        examples = self._nearest.find(texts, limit=limit) if self._nearest else [[] for _ in texts]
        found = self._search.find(texts, limit=ARTICLES_SHOWN) if self._search else [[] for _ in texts]
        return [
            _Task(place=place, question=questions[place], examples=alike, articles=[hit.article for hit in hits])
            for place, alike, hits in zip(places, examples, found, strict=True)
        ]

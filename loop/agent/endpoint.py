"""A version answered by the operator's own agent (remote procedure call): it is asked, with the version it must use.

The request says that it is a trial: nobody is waiting, and what the agent does in the world it must leave undone. The
reply says which version was used; one that does not is no answer, because then the trial would compare nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loop.agent.side_by_side import ask_each
from loop.ports import Endpoint
from loop.records import Answer, Bundle, Question
from loop.text.spelling import says_hand_over


class Reply(BaseModel):
    """What the operator's agent says. Fields of its own beside these are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    version: str
    """Digest of the version it answered with."""
    answer: str = ""
    """The text of the answer."""
    label: str | None = None
    article_id: str | None = None
    handover: bool = False
    """A person should answer instead."""
    confidence: float = Field(default=0.0, ge=0, le=1)
    uses: tuple[str, ...] = Field(default=(), max_length=100)
    """Ids of the rules, examples and articles of the version that it rests on, where the agent knows."""


class EndpointAgent:
    """One bundle and the operator's agent that answers with it (`loop.ports.ConcurrentAnswerer`)."""

    def __init__(self, bundle: Bundle, endpoint: Endpoint) -> None:
        self._digest = bundle.digest
        self._body = bundle.model_dump(mode="json")
        self._endpoint = endpoint

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions. A call that fails becomes an answer with `method="failed"`.

        Raises ModelFailed when eight calls have failed and none has worked.
        """
        answers = dict(self.answer_each(questions, permit=lambda: True))
        return [answers[place] for place in range(len(questions))]

    def answer_each(self, questions: Sequence[Question], *, permit: Callable[[], bool]) -> Iterator[tuple[int, Answer]]:
        """See `loop.ports.ConcurrentAnswerer`. Rules too are the agent's own to obey: every question is put to it."""

        def tasks() -> Iterator[tuple[int, Question]]:
            for task in enumerate(questions):
                if not permit():
                    return
                yield task

        yield from ask_each(tasks(), self._ask, concurrency=self._endpoint.concurrency)

    def _ask(self, question: Question) -> Answer:
        request = {
            "question": question.text,
            "context": dict(question.context),
            "version": {"digest": self._digest},
            "is_trial": True,
        }
        return read_answer(self._endpoint.call(request, bundle=self._body), digest=self._digest)


def read_answer(reply: Mapping[str, Any], *, digest: str) -> Answer:
    """The reply as an answer. What is no answer, or is one of another version, is a failure that says why."""
    try:
        said = Reply.model_validate(reply)
    except ValidationError as error:
        where = next((str(part) for part in error.errors(include_input=False)[0]["loc"]), "reply")
        if where == "version":
            return _failed("Your agent's reply does not say which version it answered with (`version`).")
        return _failed(f"Your agent's reply cannot be used: `{where}` is not what it should be.")
    if said.version != digest:
        return _failed("Your agent answered with another version than the one it was given.")
    if said.handover or says_hand_over(said.answer):
        return Answer(method="handover", confidence=said.confidence, uses=said.uses)
    text = said.answer.strip() or said.label or ""
    if not text and not said.article_id:
        return _failed("Your agent's reply holds no answer.")
    return Answer(
        text=text,
        label=said.label,
        article_id=said.article_id,
        method="yours",
        confidence=said.confidence,
        uses=said.uses,
    )


def _failed(why: str) -> Answer:
    return Answer(method="failed", failure=why)

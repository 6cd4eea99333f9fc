"""The memory of answers: a question is asked once of a version, kept as it comes, and never in place of a failure."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from loop.errors import AnswersPending, ModelFailed
from loop.evaluate.answers import LOCAL_PIECE, PIECE, AnswerMemory, DeferredAnswers
from loop.records import Answer, Article, Bundle, ModelChoice, Question
from tests import builders
from tests.fakes import FakeAnswers

PAID = Bundle(model=ModelChoice(name="openai/scripted"))


class Script:
    """An answerer that fails on some questions, and as a whole after so many calls."""

    def __init__(self, *, failing: frozenset[str] = frozenset(), dies_after: int | None = None) -> None:
        self.asked: list[str] = []
        self.pieces: list[int] = []
        self.failing, self.dies_after = failing, dies_after

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        if self.dies_after is not None and len(self.pieces) >= self.dies_after:
            raise ModelFailed("The endpoint is gone.")
        self.pieces.append(len(questions))
        self.asked += [question.text for question in questions]
        return [
            Answer(method="failed", failure="503")
            if question.text in self.failing
            else Answer(method="model", label=question.text)
            for question in questions
        ]


def test_no_question_is_asked_twice_of_the_same_version() -> None:
    script, kept = Script(), FakeAnswers()
    memory = AnswerMemory(kept, lambda _: script)
    first = memory.ask(PAID, builders.short_cases(40))
    again = AnswerMemory(kept, lambda _: script).ask(PAID, [*builders.short_cases(50), *builders.short_cases(3)])
    assert script.asked == [f"q{number}" for number in range(50)]
    assert first.items() <= again.items()
    assert list(again) == [f"k{number}" for number in range(50)]


def test_another_version_is_asked_for_itself() -> None:
    script, kept = Script(), FakeAnswers()
    memory = AnswerMemory(kept, lambda _: script)
    memory.ask(PAID, builders.short_cases(3))
    memory.ask(Bundle(model=PAID.model, instructions="Be brief."), builders.short_cases(3))
    assert len(script.asked) == 6


def test_a_death_costs_at_most_one_piece() -> None:
    script, kept = Script(dies_after=2), FakeAnswers()
    with pytest.raises(ModelFailed):
        AnswerMemory(kept, lambda _: script).ask(PAID, builders.short_cases(4 * PIECE))
    assert len(kept.kept_answers) == 2 * PIECE
    later = Script()
    AnswerMemory(kept, lambda _: later).ask(PAID, builders.short_cases(4 * PIECE))
    assert later.pieces == [PIECE, PIECE]
    assert not set(later.asked) & set(script.asked)


def test_a_failure_is_told_but_not_kept() -> None:
    kept = FakeAnswers()
    told = AnswerMemory(kept, lambda _: Script(failing=frozenset({"q1"}))).ask(PAID, builders.short_cases(3))
    assert told["k1"].method == "failed"
    again = Script()
    assert AnswerMemory(kept, lambda _: again).ask(PAID, builders.short_cases(3))["k1"].label == "q1"
    assert again.asked == ["q1"]


def test_the_built_in_agent_is_asked_in_large_pieces() -> None:
    script = Script()
    AnswerMemory(FakeAnswers(), lambda _: script).ask(Bundle(), builders.short_cases(LOCAL_PIECE + 1))
    assert script.pieces == [LOCAL_PIECE, 1]


def test_what_somebody_else_kept_first_is_what_was_said() -> None:
    class Raced(FakeAnswers):
        def answers(self, digest: str, case_ids: Iterable[str]) -> dict[str, Answer]:
            return {}  # it was kept after we looked

    kept, first = Raced(), Answer(method="model", label="first")
    kept.keep_answers(PAID.digest, {"k1": first})
    told = AnswerMemory(kept, lambda _: Script()).ask(PAID, builders.short_cases(3))
    assert (told["k0"].label, told["k1"]) == ("q0", first)


def test_who_defers_asks_nobody_and_says_what_is_wanted() -> None:
    kept = FakeAnswers()
    kept.keep_answers(PAID.digest, {"k0": Answer(method="model", label="a")})
    deferred = DeferredAnswers(kept)
    with pytest.raises(AnswersPending, match="2 answers"):
        deferred.ask(PAID, builders.short_cases(3))
    with pytest.raises(AnswersPending):
        deferred.ask(PAID, builders.short_cases(4))
    assert deferred.wanted == {PAID.digest: ["k1", "k2", "k3"]}
    assert deferred.ask(PAID, builders.short_cases(1))["k0"].label == "a"


def test_what_was_asked_and_is_not_kept_counts_as_failed_and_is_not_wanted_again() -> None:
    kept = FakeAnswers()
    kept.keep_answers(PAID.digest, {"k0": Answer(method="model", label="a")})
    deferred = DeferredAnswers(kept, asked={PAID.digest: ["k1"]})
    told = deferred.ask(PAID, builders.short_cases(2))
    assert [told[key].method for key in ("k0", "k1")] == ["model", "failed"]
    with pytest.raises(AnswersPending):
        deferred.ask(PAID, builders.short_cases(3))
    assert deferred.wanted == {PAID.digest: ["k2"]}


class Talker:
    """An answerer that always says the same."""

    def __init__(self, said: Answer) -> None:
        self._said = said

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._said] * len(questions)


class Talkers(Talker):
    """The same, side by side."""

    def answer_each(self, questions: Sequence[Question], *, permit: Callable[[], bool]) -> Iterator[tuple[int, Answer]]:
        for place in range(len(questions)):
            if permit():
                yield place, self._said


TOLD = Answer(
    method="model", text="Write to anna@private.example or call +49 171 5550123.", label="anna@private.example"
)


@pytest.mark.parametrize("talker", [Talker, Talkers])
@pytest.mark.parametrize("name", ["openai/scripted", "yours"])
def test_what_others_answered_is_kept_and_counted_without_personal_data(name: str, talker: type[Talker]) -> None:
    kept, bundle = FakeAnswers(), Bundle(model=ModelChoice(name=name))
    told = AnswerMemory(kept, lambda _: talker(TOLD)).ask(bundle, builders.short_cases(1))
    assert told["k0"].text == "Write to ⟨EMAIL_1⟩ or call ⟨PHONE_1⟩."
    assert told["k0"].label == "⟨EMAIL_1⟩"
    assert kept.answers(bundle.digest, ["k0"]) == told


def test_what_failed_says_no_secret() -> None:
    said = Answer(method="failed", failure="401 for key sk-proj-Qx7Zb2Lm9Rt4Vw8Yc3Nk6Hf1Jd5Gs0Pa")
    told = AnswerMemory(FakeAnswers(), lambda _: Talkers(said)).ask(PAID, builders.short_cases(1))
    assert told["k0"].failure == "401 for key ⟨SECRET_1⟩"


def test_an_answer_counts_placeholders_on_from_its_case() -> None:
    case = builders.case(0, id="k0", question="I am ⟨EMAIL_1⟩", context={"second": "⟨EMAIL_2⟩"})
    told = AnswerMemory(FakeAnswers(), lambda _: Talkers(TOLD)).ask(PAID, [case])
    assert told["k0"].label == "⟨EMAIL_3⟩"


def test_the_companys_own_contacts_stay_in_answers() -> None:
    listed = AnswerMemory(FakeAnswers(), lambda _: Talkers(TOLD), contacts=["private.example"]).ask(
        PAID, builders.short_cases(1)
    )
    assert listed["k0"].text == "Write to anna@private.example or call ⟨PHONE_1⟩."
    bundle = Bundle(
        model=PAID.model, articles=(Article(id="a1", title="Hotline", body="Our hotline is +49 171 5550123."),)
    )
    held = AnswerMemory(FakeAnswers(), lambda _: Talkers(TOLD)).ask(bundle, builders.short_cases(1))
    assert held["k0"].text == "Write to ⟨EMAIL_1⟩ or call +49 171 5550123."


def test_the_built_in_agent_says_what_its_version_holds() -> None:
    told = AnswerMemory(FakeAnswers(), lambda _: Talker(TOLD)).ask(Bundle(), builders.short_cases(1))
    assert told["k0"] == TOLD


def test_what_stands_in_the_right_answer_is_the_answer() -> None:
    case = builders.case(0, id="k0", expected="Write to anna@private.example.")
    told = AnswerMemory(FakeAnswers(), lambda _: Talkers(TOLD)).ask(PAID, [case])
    assert told["k0"].text == "Write to anna@private.example or call ⟨PHONE_1⟩."
    case = builders.case(0, id="k0", expected="By phone.", must_include=("+49 171 5550123",))
    told = AnswerMemory(FakeAnswers(), lambda _: Talkers(TOLD)).ask(PAID, [case])
    assert told["k0"].text == "Write to ⟨EMAIL_1⟩ or call +49 171 5550123."

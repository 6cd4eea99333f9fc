"""Try it on the screen: a question is a row, the page waits and shows what came, and a correction is one press."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from loop import desk, engine, wiring
from loop.desk import facts_in
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Answer, Role
from loop.records.probes import Probe, ProbeAnswer, UsedPart
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words, param, tags
from tests.screens.seed import HOSTILE

Answers = Callable[[str], None]


@pytest.fixture
def answers(parts: Parts) -> Answers:
    """What a worker does with a question."""

    def run(probe_id: str) -> None:
        probe = parts.store.probe(probe_id)
        assert probe is not None
        parts.store.end_probe(engine.answer_probe(parts, probe))

    return run


def ask(app: AppTest, question: str = "Where is my parcel 1?") -> str:
    """Fill the form in and send it; the id of the question."""
    app.text_area(key="try-question").set_value(question)
    button(app, "try-send").click().run()
    return param(app, "t")


def test_a_question_waits_and_then_shows_its_answer_with_what_it_rests_on(
    workspace: AgentStore, opens: Opens, answers: Answers
) -> None:
    app = opens("try")
    probe_id = ask(app)
    assert "Being answered" in page_words(app)
    answers(probe_id)
    page = page_words(opens("try", t=probe_id))
    assert "track_parcel" in page
    assert "It rests on 1 part" in page
    assert "Examples: track_parcel: Where is my parcel 1?" in page
    assert "dana asked" in page


def test_two_versions_stand_side_by_side_and_the_words_that_differ_are_marked(
    workspace: AgentStore, opens: Opens
) -> None:
    now = wiring.utc_now()
    said = [
        ProbeAnswer(number=n, answer=Answer(text=text, method="model", uses=("a1",)), note="A model was shown it.",
                    used=(UsedPart(section="articles", id="a1", title="Refunds", words="Refunds take 5 days."),))
        for n, text in ((0, "Refunds take 5 days."), (1, "Refunds take 14 days."))
    ]  # fmt: skip
    probe = Probe(id="probe1", agent="desk", actor="ann", question=HOSTILE, numbers=(0, 1), asked_at=now, ended_at=now,
                  answers=tuple(said))  # fmt: skip
    workspace.keep_probe(probe)
    app = opens("try", t="probe1")
    html = "".join(piece.value for piece in app.html)
    assert '<del><span class="rt-aloud">only here: </span>' in html
    assert '<ins><span class="rt-aloud">only here: </span>' in html
    page = page_words(app)
    assert HOSTILE in page
    assert "Refunds take 5 days." in page
    assert page.count("A model was shown it.") == 2
    assert page.count("It was given the instructions, and shown 1 part") == 2
    assert "rests on" not in page
    assert not set().union(*(tags(piece.value) for piece in app.html)) & {"img", "script", "a"}


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("model", "It was given the instructions, and nothing else of the version."),
        ("yours", "Your agent did not say what it used."),
        ("head", "It rests on no part of the version."),
        ("handover", "It names no part of the version that made it hand over."),
    ],
)
def test_an_answer_that_names_nothing_says_only_what_is_known_of_it(
    workspace: AgentStore, opens: Opens, method: Any, says: str
) -> None:
    now = wiring.utc_now()
    said = (ProbeAnswer(number=0, answer=Answer(text="In 5 days.", method=method)),)
    probe = Probe(id="probe1", agent="desk", actor="ann", question="When?", numbers=(0,), asked_at=now, ended_at=now,
                  answers=said)  # fmt: skip
    workspace.keep_probe(probe)
    page = page_words(opens("try", t="probe1"))
    assert says in page
    assert ("rests on" in page) is (method == "head")


def test_any_version_is_offered_live_first_then_before_then_waiting(workspace: AgentStore, opens: Opens) -> None:
    options = opens("try").selectbox(key="try-v").options
    kinds = [("live" if ", live:" in one else "before" if ", before:" in one else "waits") for one in options]
    assert kinds[0] == "live"
    assert kinds == sorted(kinds, key=["live", "before", "waits"].index)
    assert kinds.count("waits") >= 1


def test_the_address_bar_chooses_the_versions(workspace: AgentStore, opens: Opens) -> None:
    app = opens("try", v="v0", w="v1")
    assert (app.selectbox(key="try-v").value, app.selectbox(key="try-w").value) == ("v0", "v1")


def test_nothing_asked_keeps_nothing_and_says_why(workspace: AgentStore, opens: Opens) -> None:
    app = opens("try")
    button(app, "try-send").click().run()
    assert "There is no question" in app.error[0].value.replace("\\", "")
    assert workspace.probes(limit=5) == []


def test_a_page_run_asks_no_version(workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a page run asks nobody")

    monkeypatch.setattr("loop.evaluate.answers.AnswerMemory.ask", refuse)
    app = opens("try")
    ask(app)
    assert not app.exception
    assert workspace.waiting_probes() == 1


def test_a_question_that_no_worker_takes_says_how_to_start_one(workspace: AgentStore, opens: Opens) -> None:
    asked_at = wiring.utc_now() - timedelta(minutes=1)
    workspace.keep_probe(
        Probe(id="probe1", agent="desk", actor="ann", question="hello", numbers=(0,), asked_at=asked_at)
    )
    assert "No worker has answered yet" in page_words(opens("try", t="probe1"))


def test_a_question_that_failed_says_why_and_offers_no_correction(workspace: AgentStore, opens: Opens) -> None:
    now = wiring.utc_now()
    workspace.keep_probe(
        Probe(id="probe1", agent="desk", actor="ann", question="hello", numbers=(0,), asked_at=now, ended_at=now,
              reason="The ceiling of 10 questions a day is reached.")
    )  # fmt: skip
    app = opens("try", t="probe1")
    assert "The ceiling of 10 questions a day is reached." in page_words(app)
    assert not [one for one in app.button if (one.key or "").startswith("try-save")]


def test_an_unknown_question_of_the_address_bar_is_told(workspace: AgentStore, opens: Opens) -> None:
    assert "This question is not here" in page_words(opens("try", t="no-such"))


def test_a_correction_on_the_spot_is_kept_as_feedback_on_that_answer(
    workspace: AgentStore, opens: Opens, answers: Answers
) -> None:
    app = opens("try")
    probe_id = ask(app)
    answers(probe_id)
    app = opens("try", t=probe_id)
    key = f"{probe_id}-{workspace.head().number}"
    app.session_state[f"text-{key}"] = {"text": {"item": key, "text": "It arrives tomorrow."}}
    app.pills(key=f"reasons-{key}").set_value(["Incomplete"])
    before = {item.feedback.id for item in workspace.feedback()}
    button(app, "try-save").click().run()
    (made,) = [item.feedback for item in workspace.feedback() if item.feedback.id not in before]
    assert (made.author, made.text, made.source) == ("dana", "It arrives tomorrow.", "dashboard")
    assert (made.reason, made.teaches) == ("Incomplete", True)
    assert workspace.interactions([made.interaction_id])[made.interaction_id].source == "probe"
    assert "It teaches once 3 people say the same" in app.toast[0].value


def test_a_tried_answer_may_be_corrected_as_an_exception_and_only_its_own_words_count(
    workspace: AgentStore, opens: Opens, answers: Answers
) -> None:
    probe_id = ask(opens("try"))
    answers(probe_id)
    app = opens("try", t=probe_id)
    key = f"{probe_id}-{workspace.head().number}"
    app.session_state[f"text-{key}"] = {"text": {"item": "another", "text": "Typed for another question."}}
    button(app, "try-save").click().run()
    assert "typed for another item" in app.error[0].value
    app.session_state[f"text-{key}"] = {"text": {"item": key, "text": "It arrives tomorrow."}}
    app.checkbox(key=f"exception-{key}").set_value(True)
    button(app, "try-save").click().run()
    assert not next(one for one in workspace.feedback() if one.feedback.text == "It arrives tomorrow.").feedback.teaches


def test_who_may_only_read_sees_what_was_tried_and_gets_no_form(
    workspace: AgentStore, opens: Opens, answers: Answers, monkeypatch: pytest.MonkeyPatch, parts: Parts
) -> None:
    operator = Actor(name="olga", role=Role.ADMIN)
    probe = desk.ask_versions(parts, actor=operator, question="Where is my parcel 1?", numbers=(0,))
    answers(probe.id)
    monkeypatch.setattr(session, "current_user", lambda: Actor(name="vic", role=Role.VIEWER))
    app = opens("try", t=probe.id)
    page = page_words(app)
    assert "track_parcel" in page
    assert "Ask somebody with the role corrector or above" in page
    assert not [one for one in app.button if (one.key or "").startswith(("try-send", "try-save"))]


def test_j_and_k_walk_what_was_asked_before(workspace: AgentStore, opens: Opens, parts: Parts) -> None:
    operator = Actor(name="olga", role=Role.ADMIN)
    made = [desk.ask_versions(parts, actor=operator, question=f"Question {n}", numbers=(0,)).id for n in range(3)]
    app = opens("try", t=made[2])
    button(app, "try-next").click().run()
    assert param(app, "t") == made[1]
    button(app, "try-back").click().run()
    assert param(app, "t") == made[2]


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        ("", {}),
        ("plan: pro, order_value: 103.41", {"plan": "pro", "order_value": 103.41}),
        ("is_new: true , days: -3", {"is_new": True, "days": -3.0}),
        ("link: http://x.example", {"link": "http://x.example"}),
        ("version: 1.2.3", {"version": "1.2.3"}),
    ],
)
def test_facts_are_read_with_their_type(told: str, facts: dict[str, object]) -> None:
    assert facts_in(told) == facts


@pytest.mark.parametrize("told", ["plan", "plan:", ": pro", "a: 1, b"])
def test_a_fact_without_name_or_value_is_refused(told: str) -> None:
    with pytest.raises(InvalidInput, match="name, colon, value"):
        facts_in(told)

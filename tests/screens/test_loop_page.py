"""Loop: every setting in a group with what it changes before it is saved, the brake, and another model as a change."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from loop import desk
from loop.jobs.fleet import Fleet
from loop.jobs.transact import make_engine
from loop.ports import Parts
from loop.records import Actor, Role, SetModel
from storage.database import Database
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words


def field(app: AppTest, key: str):  # type: ignore[no-untyped-def]
    """The one field of a setting."""
    kinds = (app.text_input, app.text_area, app.radio, app.multiselect)
    found = [one for kind in kinds for one in kind if (one.key or "").startswith(f"set-{key}-")]
    assert len(found) == 1
    return found[0]


def foresee(app: AppTest, group: str) -> AppTest:
    return button(app, f"foresee-{group}-").click().run()


def test_every_setting_stands_in_exactly_one_group_with_a_name(workspace: AgentStore) -> None:
    grouped = [key for group in desk.SETTING_GROUPS for key in group.keys]
    explained = {one.key for one in desk.explained_settings(workspace.agent)}
    assert sorted(grouped) == sorted(explained - {"is_paused"}), "the brake has a button of its own"
    assert set(desk.SETTING_TEXTS) == explained


@pytest.mark.parametrize("group", desk.SETTING_GROUPS, ids=lambda group: group.name)
def test_every_group_shows_its_settings_with_meaning(
    workspace: AgentStore, opens: Opens, group: desk.SettingGroup
) -> None:
    app = opens("loop", part=group.name)
    assert not app.exception
    page = page_words(app)
    for key in group.keys:
        assert field(app, key)
        assert desk.SETTING_TEXTS[key].meaning in page


def test_what_a_setting_changes_is_shown_before_it_is_saved_and_saved_by_one_press(
    workspace: AgentStore, opens: Opens
) -> None:
    app = opens("loop", part="Autonomy")
    field(app, "undo_seconds").set_value("120")
    foresee(app, "Autonomy")
    page = page_words(app)
    assert "Not saved yet" in page
    assert "can be taken back for 120 s" in page
    assert workspace.agent.limits.undo_seconds == 60
    button(app, "save-Autonomy").click().run()
    assert workspace.agent.limits.undo_seconds == 120
    assert "Not saved yet" not in page_words(app)
    assert workspace.journal()[-1].actor == "dana"


def test_leaving_it_as_it_is_saves_nothing(workspace: AgentStore, opens: Opens) -> None:
    app = opens("loop", part="Autonomy")
    field(app, "mode").set_value("simple")
    foresee(app, "Autonomy")
    assert "go live without a person" in page_words(app)
    button(app, "leave-Autonomy").click().run()
    assert "Not saved yet" not in page_words(app)
    assert workspace.agent.mode.value == "manual"


def test_what_is_so_already_changes_nothing(workspace: AgentStore, opens: Opens) -> None:
    app = opens("loop", part="Proof")
    entries = len(workspace.journal())
    foresee(app, "Proof")
    assert "Not saved yet" not in page_words(app)
    assert len(workspace.journal()) == entries


@pytest.mark.parametrize(
    ("part", "key", "told", "expected"),
    [
        ("Examiners", "trusted_authors", "ann\nbob", ("ann", "bob")),
        ("Stakes and facts", "facts", "Refunds take 5 days, always.\nWe are open on Sundays.",
         ("Refunds take 5 days, always.", "We are open on Sundays.")),
        ("Stakes and facts", "stakes_words", "refund*\n\n  waiv* ", ("refund*", "waiv*")),
        ("Stakes and facts", "own_contacts", "+49 30 123456", ("+49 30 123456",)),
    ],
)  # fmt: skip
def test_a_list_is_written_one_on_each_line(
    workspace: AgentStore, opens: Opens, part: str, key: str, told: str, expected: tuple[str, ...]
) -> None:
    app = opens("loop", part=part)
    field(app, key).set_value(told)
    foresee(app, part)
    button(app, f"save-{part}").click().run()
    assert getattr(workspace.agent, key) == expected
    app = opens("loop", part=part)
    field(app, key).set_value("")
    foresee(app, part)
    button(app, f"save-{part}").click().run()
    assert getattr(workspace.agent, key) == ()


def test_a_check_is_switched_off_and_on(workspace: AgentStore, opens: Opens) -> None:
    app = opens("loop", part="Checks")
    field(app, "detectors_off").set_value(["rate"])
    foresee(app, "Checks")
    assert "Without rate" in page_words(app)
    button(app, "save-Checks").click().run()
    assert workspace.agent.limits.detectors_off == ("rate",)


def test_what_cannot_be_is_refused_with_its_field_and_nothing_is_shown_to_save(
    workspace: AgentStore, opens: Opens
) -> None:
    app = opens("loop", part="Proof")
    field(app, "alpha").set_value("2")
    foresee(app, "Proof")
    assert "alpha cannot be that" in app.error[0].value.replace("\\", "")
    assert "Not saved yet" not in page_words(app)


def test_what_somebody_else_set_meanwhile_is_not_overwritten(
    workspace: AgentStore, opens: Opens, sqlite_database: Database, parts: Parts
) -> None:
    app = opens("loop", part="Proof")
    field(app, "alpha").set_value("0.01")
    foresee(app, "Proof")
    operator = Actor(name="olga", role=Role.ADMIN)
    desk.change_settings(sqlite_database, parts, actor=operator, settings=["alpha=0.02"])
    button(app, "save-Proof").click().run()
    assert "meanwhile" in app.error[0].value
    assert workspace.agent.limits.alpha == 0.02


def test_who_may_not_set_up_reads_and_is_told_who_may(
    workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "current_user", lambda: Actor(name="rita", role=Role.REVIEWER))
    app = opens("loop", part="Proof")
    page = page_words(app)
    assert "Chance of calling a useless change proved" in page
    assert "0.05" in page
    assert "Ask somebody with the role admin" in page
    assert not [one for one in app.button if (one.key or "").startswith(("foresee", "save"))]


# the brake -----------------------------------------------------------------------------------------
def test_the_loop_is_paused_with_a_reason_and_every_page_says_so(workspace: AgentStore, opens: Opens) -> None:
    app = opens("loop")
    button(app, "brake-send").click().run()
    assert "This needs a reason" in app.error[0].value.replace("\\", "")
    app.text_input(key="brake-why-False").set_value("Something is odd.")
    button(app, "brake-send").click().run()
    assert workspace.agent.limits.is_paused
    assert "Paused" in page_words(app)
    assert "Loop: paused" in page_words(opens("releases"))
    app.text_input(key="brake-why-True").set_value("It was nothing.")
    button(app, "brake-send").click().run()
    assert not workspace.agent.limits.is_paused


@pytest.mark.parametrize(("role", "may"), [(Role.REVIEWER, True), (Role.CORRECTOR, False)])
def test_whoever_may_take_a_release_back_may_pause(
    workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch, role: Role, may: bool
) -> None:
    monkeypatch.setattr(session, "current_user", lambda: Actor(name="rita", role=role))
    app = opens("loop")
    assert bool([one for one in app.button if (one.key or "").startswith("brake-send")]) is may


# who answers ---------------------------------------------------------------------------------------
def test_another_model_is_a_change_that_is_tested(workspace: AgentStore, opens: Opens) -> None:
    number = workspace.head().number
    app = opens("loop", part="Model")
    assert "the built-in agent" in page_words(app)
    app.text_input(key=f"model-{number}-name").set_value("openai/gpt-4o-mini")
    app.text_input(key=f"model-why-{number}").set_value("It reads better.")
    button(app, "model-send").click().run()
    made = workspace.proposals()[-1].proposal
    assert made.title == "Answer with openai/gpt-4o-mini"
    (operation,) = made.operations
    assert isinstance(operation, SetModel)
    assert (operation.model.name, made.stakes.level.value) == ("openai/gpt-4o-mini", "high")
    assert workspace.bundle(workspace.head().digest).model.name == "local", "nothing is live yet"


def test_the_loop_is_running_only_while_a_worker_is_heard(
    workspace: AgentStore, sqlite_database: Database, opens: Opens
) -> None:
    told = page_words(opens("loop"))
    assert "Should run; no worker is heard" in told
    assert "releases by itself" not in told
    engine = make_engine(sqlite_database.engine.url.render_as_string())
    Fleet(engine, "worker-a", dead_seconds=10.0).join()
    told = page_words(opens("loop"))
    assert "Running" in told
    assert "It collects, judges, drafts, tests and releases by itself." in told
    engine.dispose()

"""The People page, and every page for somebody who signs in: role read anew, no rights, and signed out."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.components.review import actions
from dashboard.menu import SCREENS, Screen
from loop import desk, wiring
from loop.errors import NotAllowed, SignedOut
from loop.records import ProposalState, Role
from storage.database import Database
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words
from tests.screens.signed_in import come_in
from tests.shell.people_world import OPERATOR


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.title)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.CORRECTOR])
def test_every_page_opens_for_who_may_only_look(
    screen: Screen, role: Role, team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(sqlite_database, monkeypatch, "vera", role)
    app = opens(screen.path)
    assert not app.exception
    assert not app.error
    assert "vera" in page_words(app)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.title)
def test_no_page_shows_anything_to_who_is_not_signed_in(
    screen: Screen, team: None, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "cookie", lambda: "made up")
    app = opens(screen.path)
    assert not app.exception
    assert "You are signed out." in page_words(app)
    assert not app.button
    assert "Northwind" not in page_words(app)


@pytest.mark.parametrize(("role", "decides"), [(Role.VIEWER, False), (Role.CORRECTOR, False), (Role.REVIEWER, True)])
def test_a_change_offers_its_decision_to_whose_role_decides(
    role: Role,
    decides: bool,
    team: None,
    sqlite_database: Database,
    opens: Opens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    come_in(sqlite_database, monkeypatch, "vera", role)
    app = opens("review")
    drawn = {str(one.key).partition("-")[0] for one in app.button}
    assert {"approve", "edit", "reject"} & drawn == ({"approve", "edit", "reject"} if decides else set())
    assert ("Ask somebody with the role reviewer or above." in page_words(app)) is not decides


@pytest.mark.parametrize(("role", "drafts"), [(Role.VIEWER, False), (Role.CORRECTOR, True)])
@pytest.mark.parametrize("page", ["", "review"])
def test_writing_is_offered_to_whose_role_writes(
    page: str,
    role: Role,
    drafts: bool,
    team: None,
    sqlite_database: Database,
    opens: Opens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    come_in(sqlite_database, monkeypatch, "vera", role)
    app = opens(page)
    drawn = {str(one.key).partition("-")[0] for one in app.button}
    assert ({"draft", "comment"} & drawn == set()) is not drafts


@pytest.mark.parametrize("form", ["approve", "reject", "edit", "keep"])
def test_a_form_of_deciding_that_was_open_goes_with_the_role(
    form: str, team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(sqlite_database, monkeypatch, "root", Role.ADMIN)
    come_in(sqlite_database, monkeypatch, "ben", Role.APPROVER)
    slug = sqlite_database.agents()[0].slug
    store = sqlite_database.store(slug)
    item = next(one for one in store.proposals() if one.state is ProposalState.WAITING)
    app = opens("review", p=item.proposal.id)
    app.session_state["mode"] = {item.proposal.id: actions.Opened(form, item.evidence_digest)}
    assert button(app.run(), f"{form}-cancel-")
    desk.set_role(sqlite_database.people, "ben", Role.VIEWER, agents=(slug,), actor=OPERATOR, clock=wiring.utc_now)
    app.run()
    assert not [one.key for one in app.button if str(one.key).startswith(form)]
    assert "Ask somebody with the role reviewer or above." in page_words(app)


def test_a_page_that_draws_itself_again_keeps_no_sign_in_from_going_idle(
    team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.digest_of(come_in(sqlite_database, monkeypatch, "vera", Role.REVIEWER))
    app = opens("review")
    later = wiring.utc_now() + timedelta(minutes=5)
    monkeypatch.setattr(session, "now", lambda: later)

    def seen() -> bool:
        found = sqlite_database.people.sign_in(token)
        return found is not None and found.seen_at == later

    app.session_state["drawn_by_itself"] = True  # as `reading.draw_again` leaves it
    app.run()
    assert not seen()
    app.run()
    assert seen(), "somebody pressed something"


def test_what_a_button_makes_later_asks_again_who_presses_it(
    team: None, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The downloads of cases and journal are made when they are pressed, however long ago they were drawn."""

    def keep_asker() -> None:
        import streamlit as st

        from dashboard import session

        st.session_state["asker"] = session.asker()

    come_in(sqlite_database, monkeypatch, "root", Role.ADMIN)
    come_in(sqlite_database, monkeypatch, "vera", Role.APPROVER)
    asker = AppTest.from_function(keep_asker, default_timeout=200).run().session_state["asker"]
    slug = sqlite_database.agents()[0].slug
    assert asker().role is Role.APPROVER
    desk.set_role(sqlite_database.people, "vera", Role.VIEWER, agents=(slug,), actor=OPERATOR, clock=wiring.utc_now)
    assert asker().role is Role.VIEWER
    desk.set_role(sqlite_database.people, "vera", None, agents=(), actor=OPERATOR, clock=wiring.utc_now)
    with pytest.raises(NotAllowed):
        asker()
    desk.end_sign_ins(sqlite_database.people, "vera", actor=OPERATOR, clock=wiring.utc_now)
    with pytest.raises(SignedOut):
        asker()


def test_who_has_no_role_is_told_so(
    team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(sqlite_database, monkeypatch, "ana", Role.ADMIN)
    come_in(sqlite_database, monkeypatch, "vera", Role.VIEWER)
    desk.set_role(sqlite_database.people, "vera", None, agents=(), actor=OPERATOR, clock=wiring.utc_now)
    assert "vera has no role here." in page_words(opens("review"))


def test_an_admin_gives_a_role_and_shuts_out(
    team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(sqlite_database, monkeypatch, "ben", Role.VIEWER)
    come_in(sqlite_database, monkeypatch, "ana", Role.ADMIN)
    app = opens("people", who="ben")
    app.selectbox(key="role-of-ben").select(Role.REVIEWER)
    button(app, "give-").click().run()
    slug = sqlite_database.agents()[0].slug
    assert sqlite_database.people.roles_of("ben") == {slug: Role.REVIEWER}
    button(app, "block-").click().run()
    assert sqlite_database.people.roles_of("ben") == {}
    assert "Shut out" in page_words(app)
    button(app, "give-").click().run()
    assert set(sqlite_database.people.roles_of("ben")) == {slug}


def test_the_last_admin_cannot_shut_themselves_out(
    team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(sqlite_database, monkeypatch, "ana", Role.ADMIN)
    app = opens("people", who="ana")
    button(app, "block-").click().run()
    assert "last admin" in app.error[0].value
    assert sqlite_database.people.roles_of("ana")


def test_a_role_that_was_taken_meanwhile_gives_nothing_away(
    team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(sqlite_database, monkeypatch, "root", Role.ADMIN)
    come_in(sqlite_database, monkeypatch, "ben", Role.VIEWER)
    come_in(sqlite_database, monkeypatch, "ana", Role.ADMIN)
    app = opens("people", who="ben")
    slug = sqlite_database.agents()[0].slug
    desk.set_role(sqlite_database.people, "ana", Role.VIEWER, agents=(slug,), actor=OPERATOR, clock=wiring.utc_now)
    app.selectbox(key="role-of-ben").select(Role.ADMIN)
    button(app, "give-").click().run()
    assert Role.ADMIN not in sqlite_database.people.roles_of("ben").values()
    assert "may not" in app.error[0].value


def test_nobody_signs_in_where_one_person_runs_everything(workspace: AgentStore, opens: Opens) -> None:
    app = opens("people")
    assert "Nobody signs in here" in page_words(app)
    assert not [one for one in app.button if one.label.startswith(("Invite", "Shut"))]

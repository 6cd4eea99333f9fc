"""Who may sign in and what they may do: invite, give a role, sign out, shut out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.markup import Markup, show
from dashboard.components.elements.paging import page_of
from loop import desk, roles, wiring
from loop.records import Member, Role

PAGE = 50
ROLES: dict[Role, str] = {
    Role.VIEWER: "Viewer: reads everything",
    Role.CORRECTOR: "Corrector: also writes corrections and drafts",
    Role.REVIEWER: "Reviewer: also decides, judges feedback and rolls back",
    Role.APPROVER: "Approver: also approves what has high stakes, and looks after the cases",
    Role.ADMIN: "Admin: also sets up, imports, and says who may do what",
}
"""Each role with what it adds to the one before."""


@dataclass(frozen=True)
class _Made:
    """A set-up link, shown once."""

    name: str
    link: str


def draw() -> None:
    """The page."""
    cards.title("People")
    session.tell()
    if not session.settings().sign_in:
        _alone()
        return
    if not roles.may(session.current_user(), "people"):
        cards.note("Who may do what is up to an admin; your role is shown beside your name.", "unknown")
        return
    found = session.database().people.members(session.agent().slug, now=session.now())
    _show_link()
    _invite()
    if not found:
        cards.empty("Nobody can sign in yet", "Invite the first person.")
        return
    _table(page_of(found, size=PAGE, key="people-page", bind="query-params"))
    _one(found)


def _alone() -> None:
    me = session.current_user().name
    cards.empty("Nobody signs in here", f"{me} runs everything, on this machine alone, and every decision says so.")
    cards.quiet(
        "To work together, start Ratchet with RATCHET_SIGN_IN=accounts (names and passwords kept here) or oidc (your "
        "organisation's sign-in), and invite the first admin:"
    )
    st.code("ratchet people invite NAME --role admin", language=None)


def _table(found: Sequence[Member]) -> None:
    rows = [[one.person.name, _role(one), _sign_ins(one), one.person.email or "—"] for one in found]
    show(cards.table(["Name", "Role", "Signed in", "E-mail"], rows, label="People who may sign in"))


def _role(member: Member) -> Markup:
    if member.person.disabled_at is not None:
        return cards.chip("Shut out", "bad")
    if member.role is None:
        return cards.chip("No role", "unknown")
    return cards.chip(member.role.value.title(), "neutral", hint=ROLES[member.role])


def _sign_ins(member: Member) -> str:
    if member.waits_for_set_up:
        return "Invited, not set up yet"
    if member.last_seen_at is None:
        return "Never"
    now = f"{member.open_sign_ins} open, " if member.open_sign_ins else ""
    return f"{now}last seen {words.ago(member.last_seen_at, session.now())}"


# Invite ---------------------------------------------------------------------------------------------
def _invite() -> None:
    if not st.session_state.get("inviting"):
        keys.show_button(
            "Invite somebody", key="invite", shortcut="N", opens=True, icon=":material/person_add:", on_click=_open
        )
        return
    with keys.open_form("invite-form", takes_focus=True):
        st.text_input("Name", key="invite-name", max_chars=100, help="It stands in decisions and in the journal.")
        st.selectbox("Role", list(ROLES), format_func=lambda one: ROLES[one], key="invite-role", index=2)
        keys.show_ends("Invite", verb="invite", of="somebody", send=_send_invitation, leave=_close)


def _open() -> None:
    st.session_state["inviting"] = True


def _close() -> None:
    st.session_state["inviting"] = False


def _send_invitation() -> None:
    def verb() -> session.Notice:
        order = desk.Invitation(
            name=st.session_state.get("invite-name") or "",
            role=st.session_state["invite-role"],
            agents=_agents(),
            has_link=_has_passwords(),
        )
        made = desk.invite(
            session.database().people,
            order,
            actor=session.current_user(),
            clock=wiring.utc_now,
            token=wiring.new_token,
        )
        st.query_params["who"] = made.person.name
        if made.link:
            st.session_state["set-up-link"] = _Made(made.person.name, made.link)
        return session.Notice(f"{made.person.name} is invited as {order.role.value}.")

    if session.act(verb):
        _close()


def _show_link() -> None:
    made: _Made | None = st.session_state.get("set-up-link")
    if made is None:
        return
    cards.note(f"Send this link to {made.name} and to nobody else. It works once, for three days.", "hopeful")
    st.code(f"{_address()}/set-up?link={made.link}", language=None, wrap_lines=True)
    st.button("I have it, put it away", key="put-link-away", icon=":material/visibility_off:", on_click=_put_away)


def _put_away() -> None:
    st.session_state["set-up-link"] = None


# One person -----------------------------------------------------------------------------------------
def _one(found: Sequence[Member]) -> None:
    known = {one.person.name: one for one in found}
    asked = st.query_params.get("who", "")
    if asked and asked not in known:
        cards.note("There is nobody of the name in the address.", "unknown")
    name = asked if asked in known else next(iter(known))
    st.session_state["who"] = name
    cards.heading("One person")
    st.selectbox("Whom?", list(known), key="who", on_change=_choose, width=420)
    member = known[name]
    is_out = member.person.disabled_at is not None
    with keys.open_form(f"role-{name}"):
        options: list[Role] = list(ROLES)
        st.selectbox(
            "Role",
            options,
            format_func=lambda one: ROLES[one],
            key=f"role-of-{name}",
            index=options.index(member.role) if member.role in options else 0,
        )
        label = "Let in again with this role" if is_out else "Give this role"
        keys.show_send(label, key=f"give-{name}", send=_send_role, who=name, is_out=is_out)
    if is_out:
        return
    with st.container(horizontal=True, gap="small"):
        _button("Sign out everywhere", "S", "logout", _ending, name)
        if _has_passwords():
            _button("New set-up link", "L", "link", _linking, name)
        _button("Shut out", "X", "block", _shutting, name)
    cards.quiet("All of it holds at once, in every open browser, and is written into the journal.")


_Act = Callable[[str], Callable[[], session.Notice]]


def _button(label: str, shortcut: str, icon: str, verb: _Act, name: str) -> None:
    keys.show_button(
        label,
        key=f"{icon}-{name}",
        shortcut=shortcut,
        icon=f":material/{icon}:",
        on_click=lambda: session.act(verb(name)),
    )


def _send_role(who: str, is_out: bool) -> None:
    role: Role = st.session_state[f"role-of-{who}"]

    def verb() -> session.Notice:
        people, actor = session.database().people, session.current_user()
        give = desk.enable if is_out else desk.set_role
        give(people, who, role, agents=_agents(), actor=actor, clock=wiring.utc_now)
        return session.Notice(f"{who} is {role.value} now.")

    session.act(verb)


def _ending(name: str) -> Callable[[], session.Notice]:
    def verb() -> session.Notice:
        desk.end_sign_ins(session.database().people, name, actor=session.current_user(), clock=wiring.utc_now)
        return session.Notice(f"{name} is signed out everywhere.")

    return verb


def _linking(name: str) -> Callable[[], session.Notice]:
    def verb() -> session.Notice:
        actor = session.current_user()
        link = desk.new_link(session.database().people, name, actor=actor, clock=wiring.utc_now, token=wiring.new_token)
        st.session_state["set-up-link"] = _Made(name, link)
        return session.Notice(f"The link for {name} is above.")

    return verb


def _shutting(name: str) -> Callable[[], session.Notice]:
    def verb() -> session.Notice:
        desk.disable(session.database().people, name, actor=session.current_user(), clock=wiring.utc_now)
        return session.Notice(f"{name} is shut out, and may be let in again.")

    return verb


def _choose() -> None:
    st.query_params["who"] = st.session_state["who"]


def _agents() -> list[str]:
    return [one.slug for one in session.database().agents()]


def _has_passwords() -> bool:
    return session.settings().sign_in == "accounts"


def _address() -> str:
    return session.settings().address(int(st.get_option("server.port")))

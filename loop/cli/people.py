"""`ratchet people`: who may sign in, in which role, from where; invited, given a role, signed out and shut out."""

import json

import click

from dashboard.door.dangers import refuse, unsigned
from loop import desk, wiring
from loop.cli.opening import Opened, opened
from loop.errors import InvalidInput
from loop.records import Member, Role

_ROLE = click.Choice([role.value for role in desk.GIVEN])


@click.group("people")
def people_group() -> None:
    """Invite people, give them roles, sign them out."""


@people_group.command("invite")
@click.argument("name")
@click.option("--role", type=_ROLE, required=True, help="What they may do, at every agent.")
@click.option("--email", default="", help="Address by which a provider knows them; NAME when it is one.")
def invite_command(name: str, role: str, email: str) -> None:
    """Let NAME in. With local accounts this prints a link with which they set their password, once."""
    with opened() as session:
        has_link = _mode(session) == "accounts"
        order = desk.Invitation(name=name, role=Role(role), agents=_agents(session), email=email, has_link=has_link)
        made = desk.invite(
            session.database.people,
            order,
            actor=wiring.operator(session.settings),
            clock=wiring.utc_now,
            token=wiring.new_token,
        )
        click.echo(_set_up(session, made.link) if has_link else f"{made.person.name} may sign in as {role}.")
    if has_link:
        click.echo("The link works once, for three days. Whoever opens it is this person.", err=True)


@people_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_command(as_json: bool) -> None:
    """List everybody with their role and where they are signed in."""
    with opened() as session:
        agents = _agents(session)
        found = session.database.people.members(agents[0] if agents else "", now=wiring.utc_now())
    if as_json:
        click.echo(json.dumps([_told(one) for one in found], indent=2))
        return
    click.echo("\n".join(_line(one) for one in found) or "Nobody yet: ratchet people invite NAME --role admin")


@people_group.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([*(role.value for role in desk.GIVEN), "none"]))
def role_command(name: str, role: str) -> None:
    """Give NAME another ROLE at every agent, or none. It holds at once, in every browser."""
    with opened() as session:
        desk.set_role(
            session.database.people,
            name,
            None if role == "none" else Role(role),
            agents=_agents(session),
            actor=wiring.operator(session.settings),
            clock=wiring.utc_now,
        )
    click.echo(f"{name} has no role now." if role == "none" else f"{name} is {role} now.")


@people_group.command("sign-out")
@click.argument("name")
def sign_out_command(name: str) -> None:
    """Sign NAME out of every browser, at once."""
    with opened() as session:
        actor = wiring.operator(session.settings)
        desk.end_sign_ins(session.database.people, name, actor=actor, clock=wiring.utc_now)
    click.echo(f"{name} is signed out everywhere.")


@people_group.command("shut-out")
@click.argument("name")
def shut_out_command(name: str) -> None:
    """Sign NAME out, take every role and let them in no more; what they did stays on record."""
    with opened() as session:
        actor = wiring.operator(session.settings)
        desk.disable(session.database.people, name, actor=actor, clock=wiring.utc_now)
    click.echo(f"{name} is shut out.")


@people_group.command("let-in")
@click.argument("name")
@click.option("--role", type=_ROLE, required=True, help="What they may do, at every agent.")
def let_in_command(name: str, role: str) -> None:
    """Let NAME in again after they were shut out."""
    with opened() as session:
        actor, agents = wiring.operator(session.settings), _agents(session)
        desk.enable(session.database.people, name, Role(role), agents=agents, actor=actor, clock=wiring.utc_now)
    click.echo(f"{name} may sign in as {role}.")


@people_group.command("link")
@click.argument("name")
def link_command(name: str) -> None:
    """Print another link with which NAME sets a password, once; the old password works until then."""
    with opened() as session:
        if _mode(session) != "accounts":
            raise InvalidInput("There are no passwords here.", field="RATCHET_SIGN_IN", remedy="It has to be accounts.")
        actor = wiring.operator(session.settings)
        token = desk.new_link(session.database.people, name, actor=actor, clock=wiring.utc_now, token=wiring.new_token)
        click.echo(_set_up(session, token))


def _mode(session: Opened) -> str:
    mode = session.settings.sign_in
    if not mode:
        raise InvalidInput(
            "Nobody signs in here: one person runs everything.",
            field="RATCHET_SIGN_IN",
            remedy="Set it to accounts or oidc first.",
        )
    refuse(unsigned(session.settings))
    return mode


def _agents(session: Opened) -> list[str]:
    return [one.slug for one in session.database.agents()]


def _set_up(session: Opened, token: str) -> str:
    return f"{session.settings.address()}/set-up?link={token}"


def _told(member: Member) -> dict[str, object]:
    return {
        "name": member.person.name,
        "email": member.person.email,
        "role": member.role.value if member.role else None,
        "shut_out": member.person.disabled_at is not None,
        "signed_in": member.open_sign_ins,
        "last_seen_at": member.last_seen_at.isoformat() if member.last_seen_at else None,
    }


def _line(member: Member) -> str:
    if member.person.disabled_at is not None:
        return f"{member.person.name}  shut out"
    role = member.role.value if member.role else "no role"
    seen = f"last seen {member.last_seen_at:%Y-%m-%d %H:%M} UTC" if member.last_seen_at else "never seen"
    waits = ", has set no password" if member.waits_for_set_up else ""
    return f"{member.person.name}  {role}  signed in {member.open_sign_ins}×, {seen}{waits}"

"""`ratchet keys`: API keys for programs, shown once, listed and revoked."""

import json
from collections.abc import Sequence
from datetime import datetime

import click

from loop import desk, wiring
from loop.cli.opening import opened
from loop.records import VERBS, ApiKey, Verb


@click.group("keys")
def keys_group() -> None:
    """Make, list and revoke the API keys of programs."""


@keys_group.command("create")
@click.argument("client")
@click.option("--agent", "agents", multiple=True, required=True, help="Agent it is for. Repeatable.")
@click.option("--verb", "verbs", multiple=True, type=click.Choice(VERBS), help="What it may do; all when left out.")
@click.option("--days", type=click.IntRange(1, desk.DAYS_MAX), default=90, show_default=True, help="It lives so long.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def create_command(client: str, agents: tuple[str, ...], verbs: tuple[Verb, ...], days: int, as_json: bool) -> None:
    """Make a key for the program CLIENT and print it: the only time it is shown.

    To replace a key without a gap, make a second one under the same CLIENT, change the program over, revoke the first.
    """
    order = desk.KeyOrder(client=client, agents=agents, verbs=verbs or VERBS, days=days)
    with opened() as session:
        made = desk.create_key(
            session.database,
            order,
            actor=wiring.operator(session.settings),
            clock=wiring.utc_now,
            chance=wiring.key_chance(),
        )
    if as_json:
        click.echo(json.dumps({"key": made.text, "id": made.keys[0].id, "expires_at": _iso(made.keys[0].expires_at)}))
        return
    click.echo(made.text)
    click.echo(f"It is not shown again. It expires on {made.keys[0].expires_at:%Y-%m-%d}.", err=True)


@keys_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_command(as_json: bool) -> None:
    """List all keys with what they may do, until when, and their last use; never the secret."""
    with opened() as session:
        found = session.database.api_keys()
    if as_json:
        told = [
            one.model_dump(mode="json", exclude={"secret_digest"}) | {"last_used_at": _iso(used)} for one, used in found
        ]
        click.echo(json.dumps(told, indent=2))
        return
    now = wiring.utc_now()
    click.echo("\n".join(_line(one, used, now=now) for one, used in found) or "There is no key.")


@keys_group.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke_command(key_id: str) -> None:
    """Revoke the key ID at every agent, for good; what it sent stays."""
    with opened() as session:
        open_ = desk.revoke_key(session.database, key_id, actor=wiring.operator(session.settings), clock=wiring.utc_now)
    click.echo(f"Revoked at {', '.join(one.agent for one in open_)}." if open_ else "It was revoked before.")


def _line(key: ApiKey, used: datetime | None, *, now: datetime) -> str:
    ends = f"expires {key.expires_at:%Y-%m-%d}" if key.is_live(now) else "revoked" if key.revoked_at else "expired"
    last = f"last used {used:%Y-%m-%d %H:%M} UTC" if used else "never used"
    return f"{key.id}  {key.agent}  {key.client}  {_verbs(key.verbs)}  {ends}, {last}"


def _verbs(verbs: Sequence[Verb]) -> str:
    return "everything" if set(verbs) == set(VERBS) else " ".join(verbs)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()

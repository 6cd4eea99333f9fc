"""`ratchet connect`: the lines that connect an agent, and its first event as it arrives; `connect check`: what came."""

import json
import sys
import time
from collections.abc import Mapping
from urllib.error import URLError
from urllib.request import urlopen

import click

from loop import desk, wiring
from loop.cli.opening import Opened, opened
from loop.ports.deliveries import Capture
from loop.settings import Settings
from storage.queries import Scope, arrived

NOTHING_CAME = 3
"""Exit code: nothing has come yet."""
NEEDS_LOOK = 4
"""Exit code: something comes and is lost, refused, or has stopped."""
_LOOK_SECONDS = 1.0

_agent_option = click.option("--agent", "slug", required=True, help="Agent to connect.")


@click.group("connect", invoke_without_command=True)
@click.option("--agent", "slug", help="Agent to connect.")
@click.option(
    "--how",
    type=click.Choice([one.how for one in desk.RECIPES]),
    default="openai",
    show_default=True,
    help="How the agent is built.",
)
@click.option("--new-key", "client", metavar="CLIENT", help="Make a key for the program CLIENT and put it in.")
@click.option("--key", help="A key you have, to put into the lines.")
@click.option("--url", help="Where programs reach Ratchet; this machine's `ratchet up` or `ratchet api` when left out.")
@click.option("--wait", type=click.IntRange(0), default=300, show_default=True, help="Seconds to wait for an event.")
@click.pass_context
def connect_group(
    context: click.Context,
    slug: str | None,
    how: str,
    client: str | None,
    key: str | None,
    url: str | None,
    wait: int,
) -> None:
    """Show the lines that connect an agent, then wait for its first event and say what arrived.

    Exit code 3 when nothing came, 4 when something came and nothing of it was kept.
    """
    if context.invoked_subcommand is not None:
        return
    if slug is None:
        raise click.UsageError("Missing option '--agent'.")
    recipe = desk.recipe_named(how)
    with opened() as session:
        store = session.parts(slug).store  # fails here, with a sentence, where there is no such agent
        address = url or _address(session.settings)
        made = _new_key(session, slug, client, recipe) if client and recipe.takes_key else key or ""
        before = {one.door: one for one in session.database.store(slug).captures()}
        click.echo(f"# {store.agent.name}: {recipe.title}. {recipe.says}\n")
        for _, text in recipe.filled(address=address, agent=slug, key=made):
            click.echo(f"{text}\n")
        click.echo(f"# {recipe.then}")
        if not recipe.takes_key:
            return
        if made and client:
            click.echo("The key is not shown again.", err=True)
        elif not made:
            click.echo(f"Put a key where {desk.KEY_HERE} stands; --new-key NAME makes one.", err=True)
        if not is_listening(address):
            click.echo(f"Nothing listens at {address} yet: start it with `ratchet up` or `ratchet api`.", err=True)
        if wait:
            sys.exit(_wait(session, slug, before=before, seconds=wait))


@connect_group.command("check")
@_agent_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def check_command(slug: str, as_json: bool) -> None:
    """Say what came through each door and what became of it.

    Exit code 3 when nothing has come yet, 4 when a door loses, keeps nothing, or fell silent.
    """
    with opened() as session:
        session.parts(slug)
        doors = desk.capture_health(session.database.store(slug).captures(), now=wiring.utc_now())
    if as_json:
        click.echo(json.dumps([_told(one) for one in doors], indent=2))
    elif not doors:
        click.echo(f"Nothing has come yet. Connect it: ratchet connect --agent {slug}")
    else:
        click.echo("\n\n".join(_lines(one) for one in doors))
    if not doors:
        sys.exit(NOTHING_CAME)
    if any(one.needs_look for one in doors):
        sys.exit(NEEDS_LOOK)


def is_listening(address: str) -> bool:
    """Whether something answers there."""
    if not address.startswith(("http://", "https://")):
        return False
    try:
        with urlopen(f"{address.rstrip('/')}/healthz", timeout=2) as reply:  # noqa: S310 - http(s), checked above
            return bool(reply.status == 200)
    except (URLError, OSError, ValueError):
        return False


def _address(settings: Settings) -> str:
    """Where `ratchet up` listens, or `ratchet api` where only that does."""
    screens, api = (f"http://{settings.host}:{port}" for port in (settings.port, settings.api_port))
    return api if not is_listening(screens) and is_listening(api) else screens


def _new_key(session: Opened, slug: str, client: str, recipe: desk.Recipe) -> str:
    order = desk.KeyOrder(client=client, agents=[slug], verbs=recipe.verbs)
    actor = wiring.operator(session.settings)
    return desk.create_key(session.database, order, actor=actor, clock=wiring.utc_now, chance=wiring.key_chance()).text


def _wait(session: Opened, slug: str, *, before: Mapping[str, Capture], seconds: int) -> int:
    """Look again and again; the exit code."""
    name = "next" if before else "first"
    click.echo(f"\nWaiting for the {name} event, up to {seconds} s (stop with Ctrl+C) …", err=True)
    store = session.database.store(slug)
    end = time.monotonic() + seconds
    try:
        while not (came := desk.came_since(before, store.captures())):
            if time.monotonic() > end:
                click.echo("Nothing came. See what did before: ratchet connect check --agent " + slug, err=True)
                return NOTHING_CAME
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        return NOTHING_CAME
    for one in came:
        click.echo("\n".join(_came(session, slug, one)))
    return 0 if any(one.kept for one in came) else NEEDS_LOOK


def _came(session: Opened, slug: str, came: desk.Came) -> list[str]:
    said = [f"{came.says}, through {came.name}."]
    scope = Scope(engine=session.database.engine, agent=slug)
    last = arrived.last_interaction(scope, came.door) if came.calls and came.kept else None
    if last is not None:
        (interaction,) = session.database.store(slug).interactions([last]).values()
        said += [f"  Asked: {interaction.question[:160]!r}", f"  Answered: {interaction.answer[:160]!r}"]
        said += [f"  {one}" for one in desk.understood(interaction)]
        if came.lacks_outcome:
            said.append("  What is missing: an outcome. Nothing says yet whether this answer helped.")
    if came.kept and came.feedback:
        said.append(f"  {came.feedback:,} feedback.")
    said += [f"  {n:,} refused: {why}" for n, why in came.refused]
    return said


def _lines(one: desk.DoorHealth) -> str:
    held = one.capture
    last = f"{held.last_at:%Y-%m-%d %H:%M} UTC" if held.last_at else "never"
    told = [
        f"{one.name}: {one.condition}. {one.says}".rstrip(),
        f"  last event {last}; seen {held.calls:,} calls and {held.feedback:,} feedback; kept {held.stored:,}",
        f"  with an outcome {held.with_outcome:,}; waiting for their interaction {held.orphans:,}; "
        f"rejected {sum(held.rejected.values()):,}; dropped {held.dropped:,}",
        *(f"  {n:,} refused: {why}" for n, why in one.rejected),
        *(f"  {said}" for said in one.missing),
    ]
    return "\n".join(told)


def _told(one: desk.DoorHealth) -> dict[str, object]:
    held = one.capture
    return {
        "door": held.door,
        "condition": one.condition,
        "calls": held.calls,
        "feedback": held.feedback,
        "stored": held.stored,
        "with_outcome": held.with_outcome,
        "orphans": held.orphans,
        "rejected": [{"n": n, "why": why} for n, why in one.rejected],
        "dropped": held.dropped,
        "last_at": held.last_at.isoformat() if held.last_at else None,
        "missing": list(one.missing),
    }

"""`ratchet taint` and `ratchet unlearn`: what something influenced, and taking its influence back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from loop import desk, engine, wiring
from loop.cli.opening import opened
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Taint, TaintScope
from loop.text.invisible import reveal

_OPTIONS = (
    click.argument("items", nargs=-1, metavar="[ITEM]..."),
    click.option("--agent", "slug", required=True, help="Slug of the agent."),
    click.option("--author", default="", help="Everything this person said."),
    click.option("--door", default="", help="Everything through this door: dashboard, api, import, import:FILE …"),
    click.option("--import", "import_id", default="", metavar="ID", help="Everything one import brought."),
    click.option("--since", type=click.DateTime(), help="Received at or after this time, UTC."),
    click.option("--until", type=click.DateTime(), help="Received before this time, UTC."),
)


def _scoped(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("taint")
@_scoped
@click.option("--json", "as_json", is_flag=True, help="Print the whole list as JSON.")
def taint_command(slug: str, as_json: bool, **named: Any) -> None:
    """Follow everything that feedback influenced: by ITEM (feedback or interaction), person, door, import or time."""
    with opened() as session:
        found = desk.trace(session.parts(slug), _scope(**named))
    click.echo(found.model_dump_json(indent=2) if as_json else "\n".join(_lines(found)))


@click.command("unlearn")
@_scoped
@click.option("--reason", default="", help="Why; it goes into the record.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask after the list.")
@click.option("--later", "is_later", is_flag=True, help="Leave the next turn to the worker.")
@click.option("--list", "is_list", is_flag=True, help="List what was unlearned, and stop.")
@click.option("--undo", "undo_id", default="", metavar="ID", help="Undo one, while nothing was taken back.")
def unlearn_command(
    slug: str, reason: str, is_sure: bool, is_later: bool, is_list: bool, undo_id: str, **named: Any
) -> None:
    """Exclude what a scope brought, retire its cases, and propose to take back what no longer stands.

    Shows what it influenced first. What is live stays until a person approves the change that takes it back.
    """
    if is_list:
        _list(slug)
    elif undo_id:
        _undo(slug, undo_id, is_later=is_later)
    else:
        unlearn_scope(slug, _scope(**named), reason=reason, is_sure=is_sure, is_later=is_later)


def unlearn_scope(slug: str, scope: TaintScope, *, reason: str, is_sure: bool, is_later: bool) -> None:
    """List, ask, unlearn what was listed, and run the turn that recomputes and proposes."""
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        found = desk.trace(parts, scope)
        click.echo("\n".join(_lines(found)))
        if not is_sure:
            click.confirm("Unlearn all of this?", abort=True)
        made = desk.unlearn(parts, scope, actor=actor, reason=reason, seen=desk.seen_digest(found))
        click.echo(f"{made.id}: {desk.unlearned_words(made)}")
        if found.clean is not None:
            click.echo(f"Go back at once: ratchet rollback --agent {slug} --to {found.clean} --reason WHY")
        if not is_later:
            _turn(parts)
        click.echo(f"Undo it while nothing was taken back: ratchet unlearn --agent {slug} --undo {made.id}")


def _undo(slug: str, undo_id: str, *, is_later: bool) -> None:
    with opened() as session:
        parts = session.parts(slug)
        made = desk.undo_unlearning(parts, undo_id, actor=wiring.operator(session.settings))
        click.echo(f"{made.id} is undone: the firewall looks at its {len(made.moved)} items again.")
        if not is_later:
            _turn(parts)


def _turn(parts: Parts) -> None:
    report = engine.turn(parts)
    for stage in report.stages:
        for words in stage.words:
            click.echo(f"  {stage.stage}: {reveal(words)}")
    drafted = sum(stage.counts.get("drafted", 0) for stage in report.stages)
    if drafted:
        click.echo(f"The turn drafted {drafted} {'change' if drafted == 1 else 'changes'}; see ratchet review.")


def _list(slug: str) -> None:
    with opened() as session:
        known = session.parts(slug).store.unlearnings()
    for one in known:
        undone = f"  undone by {reveal(one.undone_by)}" if one.undone_at else ""
        click.echo(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M} UTC  {reveal(one.scope.words)}  by {reveal(one.actor)}: "
            f"{len(one.moved)} items, {len(one.retired)} cases{undone}"
        )
    if not known:
        click.echo("Nothing was unlearned.")


def _scope(
    *,
    items: tuple[str, ...],
    author: str,
    door: str,
    import_id: str,
    since: datetime | None,
    until: datetime | None,
) -> TaintScope:
    narrowed = bool(author or door or since or until)
    if bool(items) + bool(import_id) + narrowed > 1:
        raise InvalidInput(
            "Items, an import, and a person, door or time are named apart.", field="scope", remedy="Name one of them."
        )
    return TaintScope(
        items=items,
        author=author,
        door=door,
        import_id=import_id,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
    )


def _lines(found: Taint) -> list[str]:
    lines = [f"{reveal(found.scope.words)}:"]
    for head, more in desk.taint_paragraphs(found):
        lines += [f"  {reveal(head)}", *(f"    {reveal(line)}" for line in more)]
    return lines

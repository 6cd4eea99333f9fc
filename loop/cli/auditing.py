"""`ratchet audit`: whether what is stored is what was decided, and what to do where it is not."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import sqlalchemy as sa

from loop import engine, roles, wiring
from loop.cli.opening import opened, read_settings
from loop.errors import Conflict, InvalidInput, NotFound, RatchetError
from loop.records import JournalAction, Note, derived_id, digest
from loop.settings import Settings
from storage.anchors import Anchor, read_anchors
from storage.connecting import explain_errors, place_of
from storage.database import Database
from storage.inspection import REBUILD, Fault, Inspection, damage, inspect, open_copy, strays
from storage.keys import name_lost
from storage.tables import AgentRow

_SHOWN = 20
"""Faults of one agent that are printed before the rest is only counted."""
_AT_ONCE = 20_000
"""Feedback items up to which the firewall is made again without being asked for: some 20 seconds, all in memory."""

_REPAIRED = ("live version", "firewall")
"""What has a repair of its own is not accepted."""


@click.command("audit")
@click.option("--agent", "slug", help="Slug of the agent; all of them when left out.")
@click.option("--database", "place", help="URL or SQLite file to read, such as a backup; nothing is written to it.")
@click.option(
    "--anchors", "files", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
    help="File of anchors to compare with; the one beside the database when left out. Repeatable.",
)  # fmt: skip
@click.option("--firewall", "is_whole", is_flag=True, help="Make the firewall again from the log, however long it is.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--accept", "reason", help="Take what stands for what was written, and say why; needs --agent.")
@click.option("--lost-key", help="Name of a key that signed the journal and is lost for good.")
def audit_command(
    slug: str | None,
    place: str | None,
    files: tuple[Path, ...],
    is_whole: bool,
    as_json: bool,
    reason: str | None,
    lost_key: str | None,
) -> None:
    """Follow every version back to who decided it on what, and every stored row to the journal; exit code 1 when
    something does not follow."""
    settings = read_settings()
    if lost_key:
        name_lost(wiring.journal_key_file(), lost_key)
    if reason is not None:
        _accept(settings, slug, reason=reason, files=files)
    damaged, found = _inspected(settings, slug, place=place, files=files, at_once=None if is_whole else _AT_ONCE)
    if as_json:
        told = [one.model_dump(mode="json") | {"is_sound": one.is_sound} for one in found]
        click.echo(json.dumps({"damage": damaged, "agents": told}, indent=2))
    else:
        click.echo("\n".join([*damaged, *(line for one in found for line in _lines(one))]) or "There are no agents.")
    if damaged or not all(one.is_sound for one in found):
        sys.exit(1)


def _inspected(
    settings: Settings, slug: str | None, *, place: str | None, files: Sequence[Path], at_once: int | None = _AT_ONCE
) -> tuple[list[str], list[Inspection]]:
    where = place or settings.database_url
    copy = open_copy(where, keys=wiring.journal_keys(settings))
    anchors = _anchors(where, files)
    try:
        with explain_errors(place_of(copy)), copy.connect() as connection:
            damaged = damage(connection)
            try:
                slugs = connection.execute(sa.select(AgentRow.core().c.slug).order_by("slug")).scalars().all()
            except sa.exc.DBAPIError:
                if damaged:
                    return [*damaged, "Restore a backup."], []
                raise
            if slug is not None and slug not in slugs:
                raise NotFound("There is no such agent.", remedy=f"Known are: {', '.join(slugs)}.")
            damaged += strays(connection)
            wanted = [slug] if slug else slugs
            found = [inspect(connection, one, anchors=anchors) for one in wanted]
            database = Database(copy)
            found = [_with_firewall(one, settings=settings, database=database, at_once=at_once) for one in found]
            return ([*damaged, "Restore a backup."] if damaged else []), found
    finally:
        copy.dispose()


def _with_firewall(found: Inspection, *, settings: Settings, database: Database, at_once: int | None) -> Inspection:
    """Also what the firewall keeps, made again from the log: who has earned belief decides who teaches and examines.

    `at_once`: items up to which it is done; None: however many.
    """
    slug = found.agent
    try:
        parts = wiring.parts_for(settings, database, slug)
        items = sum(parts.store.feedback_counts().values())
        if at_once is not None and items > at_once:
            why = f"What the firewall keeps of {items:,} items was not made again; it is with --firewall."
            return found.model_copy(update={"notes": (*found.notes, why)})
        told = engine.recheck(parts)
    except Conflict:
        why = "What the firewall keeps was not made again: feedback waits to be judged. Run ratchet turn first."
        return found.model_copy(update={"notes": (*found.notes, why)})
    except (RatchetError, ValueError, TypeError, KeyError) as error:
        told = (f"It cannot be made again from the log ({type(error).__name__}).",)
    repair = REBUILD.format(agent=slug)
    faults = [
        Fault(id=derived_id("fault", "firewall", one), subject="firewall", what=one, repair=repair) for one in told
    ]
    return found.model_copy(update={"faults": (*found.faults, *faults)})


def _anchors(where: str, files: Sequence[Path]) -> list[Anchor]:
    for file in files:
        if not file.is_file():
            raise InvalidInput(f"There is no file {file.name}.", field="--anchors", remedy="Check the path.")
    beside = wiring.anchor_file(where if "://" in where else f"sqlite:///{Path(where).absolute()}")
    return [anchor for file in (files or (beside,)) for anchor in read_anchors(file)]


def _accept(settings: Settings, slug: str | None, *, reason: str, files: Sequence[Path]) -> None:
    """An act of the operator, in the journal under their name, with every fault it covers."""
    if slug is None or not reason.strip():
        raise InvalidInput(
            "Accepting needs the agent and a reason.", field="--accept", remedy="Add --agent and say why."
        )
    actor = wiring.operator(settings)
    roles.check(actor, "set_up")
    _, found = _inspected(settings, slug, place=None, files=files)
    faults = [fault for one in found for fault in (*one.faults, *one.accepted) if fault.subject not in _REPAIRED]
    told = {"reason": digest(reason.strip())} | {f"accepted {fault.id}": digest(fault) for fault in faults}
    with opened(settings) as session:
        note = Note(
            actor=actor.name, action=JournalAction.ACCEPT_RECORD, subject=slug, at=wiring.utc_now(), digests=told
        )
        session.database.store(slug).accept_record(note)


def _lines(one: Inspection) -> list[str]:
    counted = f"{one.entries} entries of the journal ({one.signed} signed), {one.rows} rows, {one.anchors} anchors"
    if one.is_sound:
        lines = [f"{one.agent}: everything follows. {counted}."]
    else:
        lines = [f"{one.agent}: {len(one.faults)} things do not follow. {counted}."]
    for fault in one.faults[:_SHOWN]:
        lines += [f"  {fault.subject}: {fault.what}", f"    {fault.repair}"]
    if len(one.faults) > _SHOWN:
        lines.append(f"  … and {len(one.faults) - _SHOWN} more (see them all with --json)")
    lines += [f"  accepted: {fault.subject}: {fault.what}" for fault in one.accepted[:_SHOWN]]
    return [*lines, *(f"  note: {note}" for note in one.notes)]

"""`ratchet import`: a file into the loop, with progress, counts, and a reason for every row that was refused."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from loop import collect, desk, wiring
from loop.change.stakes import ORDERS
from loop.cli.opening import opened
from loop.cli.tainting import unlearn_scope
from loop.errors import InvalidInput
from loop.ports import Parts, Store
from loop.records import Actor, Article, Import, TaintScope, derived_id, digest, door_of
from loop.text.invisible import reveal

_DEFAULT = "file"
_SHOWN = 20
"""Refused rows printed before the rest is only counted."""


class _ImportGroup(click.Group):
    """Group with a default command: `ratchet import FILE` beside `ratchet import list` and `ratchet import undo`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Whatever is no command here is a file; one that is called like a command is written ./list."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else [_DEFAULT, *args])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The default command has no name of its own in help and errors."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == _DEFAULT else name), command, rest


@click.group("import", cls=_ImportGroup)
def import_group() -> None:
    """Import a file; list what was imported; take an import back whole."""


@import_group.command(
    _DEFAULT,
    hidden=True,
    epilog="What was imported: ratchet import list. Take one back whole: ratchet import undo ID.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--as", "preset", required=True, help=f"What the file holds: {', '.join(sorted(collect.PRESETS))}.")
@click.option("--map", "mappings", multiple=True, metavar="OURS=THEIRS", help="Our field = their column. Repeatable.")
@click.option("--author", default="", help="Who gave feedback that names no author; counts as one person.")
@click.option(
    "--vouch",
    "vouched",
    multiple=True,
    metavar="NAME",
    help="This author in the file is who it says. Without it a file's rows by people you trust examine nothing.",
)
@click.option("--low", type=float, default=0.0, show_default=True, help="Worst rating on the file's scale.")
@click.option("--high", type=float, default=1.0, show_default=True, help="Best rating on the file's scale.")
@click.option("--keep-personal-data", is_flag=True, help="Do not mask secrets and personal data: a verbatim copy.")
@click.option(
    "--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Write refused lines and reasons here."
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def import_command(
    file: Path,
    slug: str,
    preset: str,
    mappings: tuple[str, ...],
    author: str,
    vouched: tuple[str, ...],
    low: float,
    high: float,
    keep_personal_data: bool,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Import FILE (CSV, JSON Lines, JSON or Parquet). Importing it again changes nothing."""
    options = collect.Options(default_at=_modified(file), author=author, low=low, high=high, vouched=frozenset(vouched))
    redaction = collect.Redaction.OFF if keep_personal_data else collect.Redaction.ALL
    rows: list[dict[str, object]] = []
    unproved: set[str] = set()
    with opened() as session, file.open("rb") as stream:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        about = {"name": digest(file.name)} | ({"vouched for": ", ".join(sorted(set(vouched)))} if vouched else {})
        own, at = desk.own_contacts(parts), parts.clock()
        into = Import(
            id=derived_id("import", slug, file.name, at), agent=slug, name=file.name[-120:], actor=actor.name, at=at
        )
        door = collect.Door(actor=actor, action="import", journal="import file", at=at, into=into, about=about, own=own)
        batches = collect.read(
            stream,
            name=file.name,
            preset=preset,
            agent=slug,
            now=door.at,
            mapping=mapping_of(mappings),
            options=options,
        )
        size = max(1, file.stat().st_size)
        with click.progressbar(length=size, label=f"Importing {file.name}", file=sys.stderr) as bar:

            def on_batch(batch: collect.Batch, refused: Sequence[collect.RowError]) -> None:
                trusted = parts.store.agent.trusted_authors
                unproved.update(one.author for one in batch.feedback if door_of(one.source) and one.author in trusted)
                rows.extend({"line": row.line, "reason": row.reason} for row in refused)
                bar.update(max(0, batch.bytes_read - bar.pos))

            try:
                done = collect.receive_file(parts.store, batches, door=door, redaction=redaction, on_batch=on_batch)
            finally:
                _write_rejects(rejects, rows)
        drafted = _draft_articles(parts, done.articles, into=into, actor=actor)
    written = done.written.model_dump(include={"new", "updated", "duplicate"})
    counts = {**written, "rejected": len(rows), "articles": len(done.articles)}
    told = [*_summary(counts, rows), *drafted, *_unproved(unproved), *_noticed(done.ordering, own.learned, slug=slug)]
    click.echo(json.dumps(counts | {"rows_rejected": rows}) if as_json else "\n".join(told))


@import_group.command("list")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_command(slug: str, as_json: bool) -> None:
    """List what was imported, newest first; of imports before this was kept only the door is known."""
    with opened() as session:
        store = session.parts(slug).store
        made, undone = store.imports(), taken_back(store)
    if as_json:
        told = [one.model_dump(mode="json") | {"taken_back_by": undone.get(one.id)} for one in made]
        click.echo(json.dumps(told, indent=2))
        return
    for one in made:
        counted = f"{one.new} new, {one.updated} updated, {one.known} known" + (", articles" if one.proposal_id else "")
        back = f"  taken back ({undone[one.id]})" if one.id in undone else ""
        click.echo(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M} UTC  {reveal(one.name)}  by {reveal(one.actor)}: {counted}{back}"
        )
    if not made:
        click.echo("Nothing was imported.")


@import_group.command("undo")
@click.argument("import_id", metavar="ID")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--reason", required=True, help="Why; it goes into the record.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask after the list.")
@click.option("--later", "is_later", is_flag=True, help="Leave the next turn to the worker.")
def undo_command(import_id: str, slug: str, reason: str, is_sure: bool, is_later: bool) -> None:
    """Take an import back whole: what it brought, without what was there before, and what it led to."""
    unlearn_scope(slug, TaintScope(import_id=import_id), reason=reason, is_sure=is_sure, is_later=is_later)


def taken_back(store: Store) -> dict[str, str]:
    """By the id of each import that was taken back, the unlearning that did."""
    return {one.scope.import_id: one.id for one in store.unlearnings() if one.scope.import_id and not one.undone_at}


def _unproved(names: set[str]) -> list[str]:
    return [
        f"Rows by {name} count as anybody's: a file does not prove who wrote it. If it is so: --vouch {name}"
        for name in sorted(names)
    ]


def _noticed(ordering: int, contacts: Sequence[str], *, slug: str) -> list[str]:
    """What the operator should know of the file's texts."""
    told = []
    if ordering:
        told.append(
            f"{ordering} interactions hold text that gives orders to the system. They are kept and marked; what is"
            " learned from them waits for a person."
        )
    told += [
        f"{one} stands in many staff answers and was not masked. If it is yours: ratchet agent set {slug}"
        f' "own_contacts+={one}"'
        for one in contacts
    ]
    return told


def _write_rejects(path: Path | None, rows: list[dict[str, object]]) -> None:
    if path:
        path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


def _draft_articles(parts: Parts, articles: Sequence[Article], *, into: Import, actor: Actor) -> list[str]:
    """Articles change what the agent says, so they take the road of every change: drafted, tested, decided."""
    if not articles:
        return []
    try:
        proposal = desk.draft_articles(parts, actor=actor, articles=articles, source=into.name, into=into)
    except InvalidInput as error:
        return [error.message]
    if proposal is None:
        return ["The live version holds these articles already."]
    orders = [f"  {reason}" for reason in proposal.stakes.reasons if reason.startswith(ORDERS)]
    return [f"Drafted {proposal.id} with {len(proposal.operations)} articles; the next turn tests it.", *orders]


def mapping_of(mappings: tuple[str, ...]) -> dict[str, str]:
    """Our fields by their columns. Raises InvalidInput."""
    found: dict[str, str] = {}
    for one in mappings:
        ours, sign, theirs = one.partition("=")
        if not (sign and ours.strip() and theirs.strip()):
            raise InvalidInput(
                "A mapping is written OURS=THEIRS.", field="--map", remedy="Such as --map question=text."
            )
        found[ours.strip()] = theirs.strip()
    return found


def _modified(file: Path) -> datetime:
    """When the file was last changed: the date of rows without one, the same at every import of the same file."""
    try:
        if file.is_dir():
            raise InvalidInput(f"{file.name} is a folder.", field="FILE", remedy="Name a file.")
        with file.open("rb") as stream:  # fails here, with a sentence, when it may not be read
            return datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {file.name}.", field="FILE", remedy="Check the path.") from None
    except OSError:
        raise InvalidInput(f"{file.name} cannot be read.", field="FILE", remedy="Check its permissions.") from None


def _summary(counts: Mapping[str, int], rows: Sequence[Mapping[str, object]]) -> list[str]:
    lines = [
        "Records: {new} new, {updated} updated, {duplicate} duplicate. Rows rejected: {rejected}.".format(**counts),
        *(f"  line {row['line']}: {row['reason']}" for row in rows[:_SHOWN]),
    ]
    if len(rows) > _SHOWN:
        lines.append(f"  … and {len(rows) - _SHOWN} more (see them all with --rejects FILE)")
    return lines

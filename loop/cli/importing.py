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
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Article, digest, door_of

_SHOWN = 20
"""Refused rows printed before the rest is only counted."""


@click.command("import")
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
        own = desk.own_contacts(parts)
        door = collect.Door(actor=actor, action="import", journal="import file", at=parts.clock(), about=about, own=own)
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
        drafted = _draft_articles(parts, done.articles, file=file, actor=actor)
    written = done.written.model_dump(include={"new", "updated", "duplicate"})
    counts = {**written, "rejected": len(rows), "articles": len(done.articles)}
    told = [*_summary(counts, rows), *drafted, *_unproved(unproved), *_noticed(done.ordering, own.learned, slug=slug)]
    click.echo(json.dumps(counts | {"rows_rejected": rows}) if as_json else "\n".join(told))


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


def _draft_articles(parts: Parts, articles: Sequence[Article], *, file: Path, actor: Actor) -> list[str]:
    """Articles change what the agent says, so they take the road of every change: drafted, tested, decided."""
    if not articles:
        return []
    try:
        proposal = desk.draft_articles(parts, actor=actor, articles=articles, source=file.name)
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

"""`ratchet import`: a file into the loop: a look first, then progress, counts, and a reason for every refused row."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click

from loop import collect, desk, wiring
from loop.change.stakes import ORDERS
from loop.cli import import_options
from loop.cli.import_options import mapping_of
from loop.cli.import_preview import preview_json, preview_lines
from loop.cli.imports import taken_back
from loop.cli.opening import Opened, opened
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Article, Import, JournalAction, derived_id, digest, door_of

_SHOWN = 20
"""Refused rows printed before the rest is only counted."""
SOME_REFUSED = 3
"""Exit code: some rows were refused, the others came in."""
NOT_WRITTEN = 4
"""Exit code: nothing was written; something has to be settled, or nobody said yes."""


@dataclass
class _Refused:
    """Refused rows: written to the file as they come, kept in memory only as far as they are shown."""

    path: Path | None
    count: int = 0

    def __post_init__(self) -> None:
        self.first: list[dict[str, object]] = []
        self._file: TextIO | None = None

    def __enter__(self) -> "_Refused":
        if self.path:
            self._file = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, rows: Sequence[collect.RowError]) -> None:
        """Take in rows with their reasons."""
        for row in rows:
            told: dict[str, object] = {"line": row.line, "reason": row.reason}
            self.count += 1
            if len(self.first) < import_options.KEPT:
                self.first.append(told)
            if self._file:
                self._file.write(f"{json.dumps(told, ensure_ascii=False)}\n")


@import_options.command
def import_command(file: Path, slug: str, **said: Any) -> None:
    """Import FILE (CSV, TSV, JSON Lines, JSON or Parquet); importing it again changes nothing.

    Without --as it looks first: how the file is written, which column is which, the rating scale, the dates. It shows
    five rows as they would arrive and what it is unsure of, and writes nothing before you say yes.
    """
    at = _modified(file)
    with opened() as session, file.open("rb") as stream, _Refused(said["rejects"]) as refused:
        parts = session.parts(slug)
        choice = import_options.file_choice(said, session.settings, at=at)
        hints = choice.hints
        seen = collect.look(stream, name=file.name, importers=choice.importers, now=parts.clock(), hints=hints)
        is_quiet = said["as_json"] or (hints.importer is not None and not seen.stops and not said["look_only"])
        if not is_quiet:
            click.echo("\n".join(preview_lines(seen, name=file.name, hints=hints)))
        elif not said["as_json"]:
            click.echo("\n".join(f"Unsure: {one.says}" for one in seen.doubts), err=True, nl=bool(seen.doubts))
        if said["save"]:
            _save(said["save"], seen, hints)
        if not _is_confirmed(seen, said, hints):
            _refuse_all(stream, seen, file=file, hints=hints, refused=refused)
            if said["as_json"]:
                click.echo(json.dumps({"written": False, **preview_json(seen)}, ensure_ascii=False))
            _stop(seen, said)
        counts, notes = _import(session, parts, stream, file=file, slug=slug, seen=seen, said=said, refused=refused)
    if said["as_json"]:
        click.echo(json.dumps({**counts, "rows_rejected": refused.first}))
    else:
        click.echo("\n".join([*_summary(counts, refused.first), *notes]))
    if refused.count:
        came_in = any(counts[name] for name in ("new", "updated", "duplicate", "articles", "passed_over"))
        sys.exit(SOME_REFUSED if came_in else 1)


def _is_confirmed(seen: collect.Look, said: Mapping[str, Any], hints: collect.FileHints) -> bool:
    """Whether somebody said to write: by --yes, by naming the importer, or by answering a question."""
    if seen.stops or said["look_only"]:
        return False
    if said["is_sure"] or hints.importer is not None:
        return True
    return not said["as_json"] and _is_terminal() and click.confirm("Import it so?")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _stop(seen: collect.Look, said: Mapping[str, Any]) -> None:
    """Says why nothing was written, and ends."""
    open_questions = [one for one in seen.doubts if one.stops]
    if said["look_only"] and not open_questions:
        sys.exit(0)
    if not open_questions:
        click.echo("Nothing was written. To import it so: --yes. To correct a guess: --map OURS=THEIRS.", err=True)
        sys.exit(NOT_WRITTEN)
    unusable = next((one for one in open_questions if one.field == "file"), None)
    if unusable is not None:
        raise InvalidInput(f"Not one row of the file could be used. {unusable.says}")
    first = open_questions[0]
    click.echo(f"Nothing was written. {first.says} {first.remedy}".rstrip(), err=True)
    sys.exit(NOT_WRITTEN)


def _refuse_all(
    stream: BinaryIO, seen: collect.Look, *, file: Path, hints: collect.FileHints, refused: _Refused
) -> None:
    """Where no row can be used, the reasons are written out all the same: the file is read, and nothing kept."""
    if not any(one.stops and one.field == "file" for one in seen.doubts):
        return
    importer = seen.importer if seen.found.refused < seen.found.rows else None
    try:
        for batch in _batches(stream, seen, importer, file=file, slug="rejects", mapping=hints.mapping):
            refused.add(batch.rejected)
    except InvalidInput:
        return  # says that no row could be used, which is why this was read


def _batches(
    stream: BinaryIO,
    seen: collect.Look,
    importer: collect.Importer | None,
    *,
    file: Path,
    slug: str,
    mapping: Mapping[str, str],
) -> Iterator[collect.Batch]:
    return collect.read_batches(
        stream,
        name=file.name,
        importer=importer,
        agent=slug,
        now=datetime.now(UTC),
        mapping=mapping,
        options=seen.options,
        layout=seen.layout,
    )


def _import(
    session: Opened,
    parts: Parts,
    stream: BinaryIO,
    *,
    file: Path,
    slug: str,
    seen: collect.Look,
    said: Mapping[str, Any],
    refused: _Refused,
) -> tuple[dict[str, int], list[str]]:
    """Store the file, and what there is to say of it."""
    actor, vouched = wiring.operator(session.settings), seen.options.vouched
    redaction = collect.Redaction.OFF if said["keep_personal_data"] else collect.Redaction.ALL
    unproved: set[str] = set()
    passed_over = 0
    about = {"name": digest(file.name)} | ({"vouched for": ", ".join(sorted(vouched))} if vouched else {})
    own, at = desk.own_contacts(parts), parts.clock()
    into = Import(
        id=derived_id("import", slug, file.name, at), agent=slug, name=file.name[-120:], actor=actor.name, at=at
    )
    door = collect.Door(
        actor=actor,
        action="import",
        journal=JournalAction.IMPORT_FILE,
        at=at,
        into=into,
        about=about,
        own=own,
        keeps_raw=parts.store.agent.limits.raw_days > 0,
    )
    batches = _batches(stream, seen, seen.importer, file=file, slug=slug, mapping=mapping_of(said["mappings"]))
    size = max(1, file.stat().st_size)
    with click.progressbar(length=size, label=f"Importing {file.name}", file=sys.stderr) as bar:

        def on_batch(batch: collect.Batch, rejected: Sequence[collect.RowError]) -> None:
            nonlocal passed_over
            trusted = parts.store.agent.trusted_authors
            unproved.update(one.author for one in batch.feedback if door_of(one.source) and one.author in trusted)
            refused.add(rejected)
            passed_over += batch.passed_over
            bar.update(max(0, batch.bytes_read - bar.pos))

        done = collect.receive_file(parts.store, batches, door=door, redaction=redaction, on_batch=on_batch)
    drafted = _draft_articles(parts, done.articles, into=into, actor=actor)
    written = done.written.model_dump(include={"new", "updated", "duplicate"})
    counts = {**written, "rejected": refused.count, "passed_over": passed_over, "articles": len(done.articles)}
    notes = [*drafted, *_unproved(unproved), *_noticed(done.ordering, own.learned, slug=slug)]
    if written["new"] + written["updated"] or done.articles:
        notes.append(f"Take it back whole: ratchet import undo {into.id} --agent {slug} --reason WHY")
    elif any(one.name == into.name and one.id in taken_back(parts.store) for one in parts.store.imports()):
        notes.append("All of it came before and was taken back: ratchet unlearn --undo gives it back.")
    return counts, notes


def _save(path: Path, seen: collect.Look, hints: collect.FileHints) -> None:
    path.write_text(collect.importer_toml(seen.importer, mapping=hints.mapping, options=seen.options), encoding="utf-8")
    click.echo(f"Saved as {path.name}: the next export of this kind is read with --with {path}", err=True)


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
    passed = f" Passed over: {counts['passed_over']}." if counts["passed_over"] else ""
    lines = [
        "Records: {new} new, {updated} updated, {duplicate} duplicate. Rows rejected: {rejected}.".format(**counts)
        + passed,
        *(f"  line {row['line']}: {row['reason']}" for row in rows[:_SHOWN]),
    ]
    if counts["rejected"] > _SHOWN:
        lines.append(f"  … and {counts['rejected'] - _SHOWN:,} more (see them all with --rejects FILE)")
    return lines

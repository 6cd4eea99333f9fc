"""`ratchet import`: a file into the loop, with progress, counts, and a reason for every row that was refused."""

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import BaseModel, Field

from loop import collect, desk, wiring
from loop.cli.opening import opened
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Article, Changes, Note, UpsertArticle, digest

_SHOWN = 20
"""Refused rows printed before the rest is only counted."""


class ImportReport(BaseModel):
    """What one import did, in rows."""

    new: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    articles: int = 0
    rows_rejected: list[dict[str, object]] = Field(default_factory=list)
    """Line and reason of each; the row itself is never repeated."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--as", "preset", required=True, help=f"What the file holds: {', '.join(sorted(collect.PRESETS))}.")
@click.option("--map", "mappings", multiple=True, metavar="OURS=THEIRS", help="Our field = their column. Repeatable.")
@click.option("--author", default="", help="Who gave feedback that names no author; counts as one person.")
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
    low: float,
    high: float,
    keep_personal_data: bool,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Import FILE (CSV, JSON Lines, JSON or Parquet). Importing it again changes nothing."""
    mapping = _mapping(mappings)
    options = collect.Options(default_at=_modified(file), author=author, low=low, high=high)
    redaction = collect.Redaction.OFF if keep_personal_data else collect.Redaction.ALL
    with opened() as session:
        parts = session.parts(slug)
        with file.open("rb") as stream:
            batches = collect.read(
                stream,
                name=file.name,
                preset=preset,
                agent=slug,
                now=wiring.utc_now(),
                mapping=mapping,
                redaction=redaction,
                options=options,
            )
            articles: list[Article] = []
            report = _write(parts, batches, file=file, articles=articles)
        report.articles = len(articles)
        _journal(parts, report, file=file, actor=wiring.operator(session.settings))
        drafted = _draft_articles(parts, articles, file=file, actor=wiring.operator(session.settings))
    if rejects:
        rejects.write_text(
            "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in report.rows_rejected), encoding="utf-8"
        )
    click.echo(report.model_dump_json() if as_json else "\n".join([_told(report), *drafted]))


def _write(parts: Parts, batches: Iterable[collect.Parsed], *, file: Path, articles: list[Article]) -> ImportReport:
    report = ImportReport()
    size = max(1, file.stat().st_size)
    seen = 0
    with click.progressbar(length=size, label=f"Importing {file.name}", file=sys.stderr) as bar:
        for batch in batches:
            written = parts.store.commit(Changes(interactions=batch.interactions, feedback=batch.feedback))
            report.new += written.new
            report.updated += written.updated
            report.duplicate += written.duplicate
            articles += batch.articles
            report.rejected += len(batch.rejected)
            report.rows_rejected += [{"line": row.line, "reason": row.reason} for row in batch.rejected]
            bar.update(max(0, batch.bytes_read - seen))
            seen = batch.bytes_read
    return report


def _journal(parts: Parts, report: ImportReport, *, file: Path, actor: Actor) -> None:
    if report.new or report.updated:
        counts = {"new": str(report.new), "updated": str(report.updated), "rejected": str(report.rejected)}
        note = Note(
            actor=actor.name,
            action="import file",
            subject=parts.store.agent.slug,
            digests=counts | {"name": digest(file.name)},
            at=parts.clock(),
        )
        parts.store.commit(Changes(notes=(note,)))


def _draft_articles(parts: Parts, articles: list[Article], *, file: Path, actor: Actor) -> list[str]:
    """Articles change what the agent says, so they take the road of every change: drafted, tested, decided."""
    head = parts.store.bundle(parts.store.head().digest)
    known = {article.id: article for article in head.articles}
    fresh = [article for article in articles if known.get(article.id) != article]
    if not fresh:
        return ["The live version holds these articles already."] if articles else []
    try:
        proposal = desk.draft(
            parts,
            actor=actor,
            operations=tuple(UpsertArticle(article=article) for article in fresh),
            title=f"Add {len(fresh)} articles from {file.name}",
            rationale=f"Imported from {file.name}.",
        )
    except InvalidInput as error:
        return [error.message]
    return [f"Drafted {proposal.id} with {len(fresh)} articles; the next turn tests it."]


def _mapping(mappings: tuple[str, ...]) -> dict[str, str]:
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


def _told(report: ImportReport) -> str:
    lines = [
        f"Records: {report.new} new, {report.updated} updated, {report.duplicate} duplicate. "
        f"Rows rejected: {report.rejected}."
    ]
    lines += [f"  line {row['line']}: {row['reason']}" for row in report.rows_rejected[:_SHOWN]]
    if report.rejected > _SHOWN:
        lines.append(f"  … and {report.rejected - _SHOWN} more (see them all with --rejects FILE)")
    return "\n".join(lines)

"""`ratchet version …`: what versions hold, how they differ, and taking them out and in."""

import difflib
import re
from pathlib import Path

import click

from loop import desk, wiring
from loop.change.diff import changes
from loop.cli.bundle_files import read_bundle
from loop.cli.opening import Opened, opened
from loop.errors import InvalidInput
from loop.outbound import live_text
from loop.records import Bundle, Version
from loop.text.invisible import reveal

_LIVE = "live"


@click.group("version")
def version_group() -> None:
    """Look at versions, compare them, take them out and bring one in as a change."""


@version_group.command("show")
@click.argument("slug")
@click.argument("which", default=_LIVE, metavar="[NUMBER]")
@click.option("--json", "as_json", is_flag=True, help="Print it whole, as JSON.")
def show_command(slug: str, which: str, as_json: bool) -> None:
    """Show what a version holds and who answers for it; the live one when no NUMBER is given."""
    with opened() as session:
        version, bundle = _found(session, slug, which)
        live = session.database.store(slug).head().number
    if as_json:
        click.echo(live_text(version, bundle), nl=False)
        return
    state = "live" if version.number == live else "was live" if version.released_at else "a candidate, never live"
    click.echo(f"{slug}, version {version.number} ({state}), answered by {bundle.model.answered_by}")
    click.echo(f"  digest  {version.digest}")
    counted = {
        "rules": bundle.rules,
        "examples": bundle.examples,
        "articles": bundle.articles,
        "approaches": bundle.approaches,
        "weighed words": bundle.search.words,
    }
    click.echo(f"  holds   {', '.join(f'{len(some):,} {name}' for name, some in counted.items())}")
    if version.summary:
        click.echo(f"  summary {reveal(version.summary)}")
    for line in bundle.instructions.splitlines():
        click.echo(f"  | {reveal(line)}")


@version_group.command("diff")
@click.argument("slug")
@click.argument("before")
@click.argument("after", default=_LIVE, metavar="[AFTER]")
def diff_command(slug: str, before: str, after: str) -> None:
    """Show what is different in version AFTER (the live one when left out), element by element."""
    with opened() as session:
        old, was = _found(session, slug, before)
        new, now = _found(session, slug, after)
    found = changes(was, now)
    click.echo(f"--- version {old.number}\n+++ version {new.number}")
    for change in found:
        click.echo(f"@@ {change.section}: {reveal(change.title)}")
        lines = difflib.unified_diff(change.before.splitlines(), change.after.splitlines(), lineterm="", n=1)
        for line in list(lines)[2:]:
            if not line.startswith("@@"):
                click.echo(reveal(line))
    if not found:
        click.echo("They are the same.")


@version_group.command("export")
@click.argument("slug")
@click.option(
    "--version", "which", default=_LIVE, help="Number of the version, or its digest; the live one if left out."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; printed when left out.")
def export_command(slug: str, which: str, out: Path | None) -> None:
    """Print a version whole as JSON, as the API, files and git folders give it out."""
    with opened() as session:
        session.database.store(slug).check_head()
        text = live_text(*_found(session, slug, which))
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    click.echo(f"Written to {out}.")


@version_group.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def import_command(slug: str, file: Path) -> None:
    """Propose the version in FILE as one change of the agent SLUG: tested, then decided, like any other."""
    bundle = read_bundle(file)
    with opened() as session:
        parts = session.parts(slug)
        made = desk.draft_version(parts, actor=wiring.operator(session.settings), bundle=bundle, source=file.name)
    if made is None:
        click.echo("This is what is live already; nothing was proposed.")
        return
    click.echo(f"Proposed as {made.id}: {len(made.changes)} differences, stakes {made.stakes.level.value}.")
    click.echo(f"Next: ratchet turn --agent {slug}, then decide under Review.")


def _found(session: Opened, slug: str, which: str) -> tuple[Version, Bundle]:
    """By number, by digest or the beginning of one, or the live one. Raises InvalidInput."""
    store = session.database.store(slug)
    known = [*store.candidates(), *store.versions()]
    if which == _LIVE:
        version = store.head()
    else:
        is_digest = re.fullmatch(r"[0-9a-f]{8,64}", which) is not None
        matching = [one for one in known if str(one.number) == which or (is_digest and one.digest.startswith(which))]
        if not matching:
            raise InvalidInput(
                f"{slug} has no version {which}.", field="NUMBER", remedy="See them: ratchet agent show " + slug
            )
        version = matching[-1]
    return version, store.bundle(version.digest)

"""`ratchet import list`, `undo`, `kinds` and `show`: what was imported, taking it back, and the importers there are."""

import json

import click

from loop import collect
from loop.cli.import_options import known_importers
from loop.cli.opening import opened, read_settings
from loop.cli.tainting import unlearn_scope
from loop.ports import Store
from loop.records import TaintScope
from loop.text.invisible import reveal


@click.command("list")
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


@click.command("undo")
@click.argument("import_id", metavar="ID")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--reason", required=True, help="Why; it goes into the record.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask after the list.")
@click.option("--later", "is_later", is_flag=True, help="Leave the next turn to the worker.")
def undo_command(import_id: str, slug: str, reason: str, is_sure: bool, is_later: bool) -> None:
    """Take an import back whole: what it brought, without what was there before, and what it led to."""
    unlearn_scope(slug, TaintScope(import_id=import_id), reason=reason, is_sure=is_sure, is_later=is_later)


@click.command("kinds")
def kinds_command() -> None:
    """List the importers there are: shipped ones, and your own of the folder RATCHET_IMPORTERS."""
    for name, one in known_importers(read_settings()).items():
        mark = "" if name in collect.shipped_importers() else "  (your own)"
        click.echo(f"{name:<24} {reveal(one.says)}{mark}")


@click.command("show")
@click.argument("name")
def show_command(name: str) -> None:
    """Print the shipped importer NAME, to write your own after it."""
    click.echo(collect.importer_text(name), nl=False)


def taken_back(store: Store) -> dict[str, str]:
    """By the id of each import that was taken back, the unlearning that did."""
    return {one.scope.import_id: one.id for one in store.unlearnings() if one.scope.import_id and not one.undone_at}

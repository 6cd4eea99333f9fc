"""`ratchet raw show`: what somebody wrote before it was masked; the journal says who looked."""

import json

import click

from loop import desk, wiring
from loop.cli.opening import opened
from loop.text.invisible import reveal


@click.group("raw")
def raw_group() -> None:
    """Look at raw text, where an agent keeps it: `ratchet agent set SLUG raw_days=30`."""


@raw_group.command("show")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show_command(ids: tuple[str, ...], slug: str, as_json: bool) -> None:
    """Print interactions or feedback ID as they were written, without secrets. That you looked goes to the journal."""
    with opened() as session:
        found = desk.show_raw(session.parts(slug), ids, actor=wiring.operator(session.settings))
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(f"{one.kind} {reveal(one.id)}, kept since {one.kept_at:%Y-%m-%d %H:%M} UTC")
        for name, said in one.said.items():
            text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
            click.echo(f"  {name}: {reveal(text)}")

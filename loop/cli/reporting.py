"""`ratchet report`: how the agent is doing, as four sentences, a printable page or numbers."""

from pathlib import Path

import click

from loop import desk
from loop.cli.opening import opened
from loop.text.invisible import reveal


@click.command("report")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option(
    "--format", "how", type=click.Choice(["text", *desk.REPORTS]), default="text", show_default=True,
    help="text: the four sentences. html: one page to print. csv, jsonl: the numbers.",
)  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of printing.")
def report_command(slug: str, how: str, out: Path | None) -> None:
    """Say whether the agent gets better, why, at what cost, and what to do next; as of the last turn."""
    with opened() as session:
        parts = session.parts(slug)
        told = desk.improvement_page(parts)
        if how == "text":
            made = "\n".join(
                "\n".join([f"{one.question} {one.answer}", f"  {one.text}", *(f"    {note}" for note in one.notes)])
                for one in told.sentences
            )
            made = f"{reveal(made, keep=chr(10))}\n\nAs of {told.at:%Y-%m-%d %H:%M} UTC.\n"
        else:
            made = desk.improvement_report(told, agent=parts.store.agent, how=how)
    if out is None:
        click.echo(made, nl=False)
        return
    out.write_text(made, encoding="utf-8", newline="")
    click.echo(f"Written to {out}.")

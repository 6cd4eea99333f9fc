"""`ratchet held`: corrections that wait because of what they say, and the decisions that free them."""

import json

import click

from loop import desk, wiring
from loop.cli.opening import opened
from loop.records import FeedbackState

SHOWN = 20
"""Decisions listed."""


@click.command("held")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--release", "feedback_id", help="Let this correction pass, and with it all that wait for the same.")
@click.option("--reason", default="", help="Why; it is kept with the item. Needed to release.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def held_command(slug: str, feedback_id: str | None, reason: str, as_json: bool) -> None:
    """List corrections held for a claim that rests on nothing, those first whose release frees most others."""
    with opened() as session:
        parts = session.parts(slug)
        if feedback_id is not None:
            actor = wiring.operator(session.settings)
            moved = desk.judge(parts, [feedback_id], actor=actor, to=FeedbackState.RELEASED, reason=reason)
            click.echo(
                "Released: the next turn frees what waits for the same." if moved else "Nothing to release there."
            )
            return
        found = desk.waiting_claims(parts)
        people = desk.support_of(parts, [one.feedback_id for one in found[:SHOWN]], with_people=True)
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No correction waits because of what it says.")
    for one in found[:SHOWN]:
        also = f"  frees {len(one.frees)} more" if one.frees else ""
        click.echo(f"{one.feedback_id}{also}")
        click.echo(f"    {one.reason}")
        for claim in people[one.feedback_id].open_claims if one.feedback_id in people else ():
            click.echo("".join(f"    said by {sayer.words}\n" for sayer in claim.sayers), nl=False)
    if len(found) > SHOWN:
        click.echo(f"And {len(found) - SHOWN} more: --json lists them all.")

"""`ratchet turn` and `ratchet rollback`: run the loop once, take a release back."""

import gc
import sys

import click

from loop import desk, engine, wiring
from loop.cli.opening import opened
from loop.records import TurnReport


@click.command("turn")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def turn_command(slug: str, as_json: bool) -> None:
    """Run the five stages once and say what each did. Running it again changes nothing more."""
    with opened() as session:
        parts = session.parts(slug)
        gc.freeze()  # what is loaded by now stays: looking through it again takes a fifth of a second each time
        report = engine.turn(parts)
        is_paused = parts.store.agent.limits.is_paused
        found = desk.examination(parts)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
        return
    if is_paused:
        click.echo(f"The loop of {slug} is paused. Resume it: ratchet agent set {slug} is_paused=false")
        return
    click.echo(_told(report))
    for words in desk.examiner_words(found, slug=slug):
        click.echo(f"          {words}")


@click.command("recheck")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--rebuild", is_flag=True, help="Drop everything derived and judge all feedback again.")
def recheck_command(slug: str, rebuild: bool) -> None:
    """Make everything the firewall keeps again from the log and name each difference; exit code 1 when there is one."""
    with opened() as session:
        parts = session.parts(slug)
        if rebuild:
            parts.store.rebuild()
            engine.turn(parts)
        found = engine.recheck(parts)
    for sentence in found:
        click.echo(sentence)
    if found:
        sys.exit(1)
    click.echo("What is kept follows from the log: no difference.")


@click.command("rollback")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--to", "to_number", type=int, help="Number of the version whose content comes back.")
@click.option("--only", type=int, help="Number of the version to take back, and nothing that came after it.")
@click.option("--reason", required=True, help="Why; it goes into the record.")
def rollback_command(slug: str, to_number: int | None, only: int | None, reason: str) -> None:
    """Make an earlier version's content live again, as a new version. Needs no approval.

    With --only, exactly what one version brought is taken back: at once while it is live; once others went live on top
    of it, as a change that is tested and decided.
    """
    if (to_number is None) == (only is None):
        raise click.UsageError("Name one of --to and --only.")
    with opened() as session:
        if only is not None:
            back = desk.take_back(session.parts(slug), only, actor=wiring.operator(session.settings), reason=reason)
            if back.release is not None:
                click.echo(f"Version {back.release.number} is live, without what version {only} brought.")
            elif back.proposal is not None:
                click.echo(f"Others went live on top of it. Proposed as {back.proposal.id}, to be tested and decided.")
            return
        assert to_number is not None
        release = desk.roll_back(
            session.parts(slug), actor=wiring.operator(session.settings), to_number=to_number, reason=reason
        )
    click.echo(f"Version {release.number} is live, with the content of version {to_number}.")


def _told(report: TurnReport) -> str:
    lines = []
    for stage in report.stages:
        counted = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in stage.counts.items() if count)
        lines.append(f"{stage.stage:<9} {counted or 'nothing new'}  ({stage.seconds:.2f} s)")
        lines.extend(f"          {words}" for words in (*stage.words, *stage.why))
    return "\n".join(lines)

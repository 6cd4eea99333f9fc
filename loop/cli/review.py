"""`ratchet review`: the desk in a terminal. The same verbs, the same digest, the same refusals."""

import difflib
from datetime import timedelta
from itertools import islice

import click
from pydantic import TypeAdapter, ValidationError

from loop import desk, wiring
from loop.cli.opening import opened
from loop.cli.validation import first_problem
from loop.errors import Conflict, DigestMismatch, InvalidInput, NotAllowed
from loop.evaluate import about_budget, budget_left
from loop.policy import recommend
from loop.ports import Parts
from loop.records import Actor, Change, Operation, ProposalItem, ProposalState, Report
from loop.text.invisible import reveal

_OPERATIONS: TypeAdapter[tuple[Operation, ...]] = TypeAdapter(tuple[Operation, ...])
_TOLD = timedelta(days=7)
"""For how long a person hears of an approval that did not go live."""
_SHOWN = 8
"""Elements, and cases of a kind, printed before the rest is only counted."""


@click.command("review")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--list", "only_list", is_flag=True, help="List what waits, and stop.")
def review_command(slug: str, only_list: bool) -> None:
    """Decide what waits: approve, edit, reject or skip, one change after the other."""
    with opened() as session:
        parts = session.parts(slug)
        actor = wiring.operator(session.settings)
        _tell_lapsed(parts, actor=actor)
        waiting = parts.store.proposals([ProposalState.WAITING])
        click.echo(_budget(parts))
        if not waiting:
            click.echo("Nothing waits for you.")
        for place, item in enumerate(waiting, start=1):
            if only_list:
                verdict = item.report.verdict.value if item.report else "untested"
                facts = f"{item.proposal.stakes.level.value:<6} {verdict:<16}"
                click.echo(f"{item.proposal.id}  {facts} {reveal(item.proposal.title)}")
                continue
            click.echo(f"\n{'─' * 80}\n{place} of {len(waiting)}")
            _show(item)
            if not _decide(parts, item, actor=actor):
                return


def _budget(parts: Parts) -> str:
    """What it takes to be proved next, and what refills the budget."""
    ledger = parts.store.ledger()
    left = budget_left(ledger, limits=parts.store.agent.limits)
    return about_budget(left, look=len(ledger.looks) + 1)


def _tell_lapsed(parts: Parts, *, actor: Actor) -> None:
    """What this person approved and did not go live, because something else did first."""
    stale = {item.proposal.id: item for item in parts.store.proposals([ProposalState.STALE])}
    since = parts.clock() - _TOLD
    for made in parts.store.decisions() if stale else ():
        item = stale.get(made.proposal_id)
        if item is not None and made.verb == "approve" and made.actor.name == actor.name and made.at >= since:
            click.echo(f"You approved “{reveal(item.proposal.title)}”; it did not go live. {reveal(item.stale_reason)}")


def _decide(parts: Parts, item: ProposalItem, *, actor: Actor) -> bool:
    """Ask until this item is settled; False to stop reviewing."""
    while True:
        choice = click.prompt(
            "[a]pprove  [e]dit  [r]eject  [s]kip  [q]uit",
            type=click.Choice(["a", "e", "r", "s", "q"]),
            show_choices=False,
        )
        try:
            if choice in ("a", "e", "r"):
                desk.check_seen(parts.store.proposal(item.proposal.id), seen_digest=item.evidence_digest)
            match choice:
                case "a":
                    _approve(parts, item, actor=actor)
                case "e":
                    if not _edit(parts, item, actor=actor):
                        continue
                case "r":
                    categories = click.prompt(
                        f"Why ({', '.join(desk.REJECTION_CATEGORIES)})", default="other", show_default=True
                    )
                    reason = click.prompt("In words", default="", show_default=False)
                    desk.reject(
                        parts,
                        item.proposal.id,
                        actor=actor,
                        seen_digest=item.evidence_digest,
                        categories=[one.strip() for one in categories.split(",") if one.strip()],
                        reason=reason,
                    )
                    click.echo("Rejected. The reason goes back to the proposers.")
                case "q":
                    return False
        except DigestMismatch as error:
            click.echo(str(error))
            item = parts.store.proposal(item.proposal.id)
            if item.state is not ProposalState.WAITING:
                return True
            _show(item)
            continue
        except (Conflict, NotAllowed) as error:
            click.echo(str(error))
        except InvalidInput as error:
            click.echo(str(error))
            continue
        return True


def _approve(parts: Parts, item: ProposalItem, *, actor: Actor) -> None:
    why = desk.needs_reason(item)
    reason = click.prompt(f"{why} Your reason") if why else ""
    decision = desk.approve(parts, item.proposal.id, actor=actor, seen_digest=item.evidence_digest, reason=reason)
    wait = (decision.effective_at - decision.at).total_seconds()
    click.echo(f"Approved. It goes live with the next turn{f' after {wait:.0f} seconds' if wait else ''}.")


def _edit(parts: Parts, item: ProposalItem, *, actor: Actor) -> bool:
    shown = _OPERATIONS.dump_json(item.proposal.operations, indent=2).decode()
    edited = click.edit(shown, extension=".json")
    if edited is None or edited == shown:
        click.echo("Nothing was edited.")
        return False
    try:
        operations = _OPERATIONS.validate_json(edited)
    except ValidationError as error:
        problem = first_problem(error)
        raise InvalidInput(
            f"The edited change cannot be used: {problem.where}: {problem.why}.",
            field=problem.where,
            remedy="Edit it again.",
        ) from None
    successor = desk.edit(parts, item.proposal.id, actor=actor, seen_digest=item.evidence_digest, operations=operations)
    click.echo(f"Drafted {successor.id}; the next turn tests it.")
    return True


def _show(item: ProposalItem) -> None:
    proposal = item.proposal
    click.echo(click.style(reveal(proposal.title), bold=True))
    level = proposal.stakes.level.value
    click.echo(f"{proposal.id} · on version {proposal.base_number} · by {proposal.proposer} · stakes {level}")
    for reason in proposal.stakes.reasons:
        click.echo(f"  stakes: {reveal(reason)}")
    click.echo(f"  why: {reveal(proposal.rationale)}")
    if item.report is None:
        click.echo("  not tested yet")
    else:
        _show_report(item.report)
        advice = recommend(item.report, stakes=proposal.stakes)
        click.echo(f"  recommended: {advice.verb}. {reveal(advice.reason)}")
    for change in proposal.changes[:_SHOWN]:
        click.echo(f"\n  {change.section} · {reveal(change.title)}")
        for line in changed_lines(change):
            click.echo(f"    {reveal(line)}")
    if len(proposal.changes) > _SHOWN:
        click.echo(f"\n  … and {len(proposal.changes) - _SHOWN} more elements")


def changed_lines(change: Change) -> list[str]:
    """Lines taken out (−), put in (+) and one around them. Every changed line, whatever it begins with.

    The two header lines go by their place: a changed line that begins with dashes looks just like them.
    """
    told = difflib.unified_diff(change.before.splitlines(), change.after.splitlines(), lineterm="", n=1)
    return [line for line in islice(told, 2, None) if not line.startswith("@@")]


def _show_report(report: Report) -> None:
    click.echo(f"  verdict: {report.verdict.value.replace('_', ' ')}")
    for reason in report.words:
        click.echo(f"    {reveal(reason)}")
    broken = [outcome for outcome in report.outcomes if outcome.movement == "broken"]
    for outcome in broken[:_SHOWN]:
        click.echo(f"  breaks: {reveal(outcome.question)}")
        click.echo(f"    live:     {reveal(outcome.base.text or outcome.base.label or '')}")
        click.echo(f"    proposed: {reveal(outcome.candidate.text or outcome.candidate.label or '')}")

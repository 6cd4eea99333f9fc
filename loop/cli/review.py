"""`ratchet review`: the desk in a terminal. The same verbs, the same digest, the same refusals."""

import difflib
from datetime import timedelta
from itertools import islice

import click
from pydantic import TypeAdapter, ValidationError

from loop import desk, wiring
from loop.change.blocks import blocks
from loop.cli.opening import opened
from loop.cli.validation import first_problem
from loop.errors import Conflict, DigestMismatch, InvalidInput, NotAllowed
from loop.evaluate import about_budget, budget_left
from loop.policy import is_withheld, recommend
from loop.ports import Parts
from loop.records import Actor, Change, Decision, Operation, ProposalItem, ProposalState, Report
from loop.records.practice import PracticeAnswer
from loop.text.invisible import reveal

_OPERATIONS: TypeAdapter[tuple[Operation, ...]] = TypeAdapter(tuple[Operation, ...])
_TOLD = timedelta(days=7)
"""For how long a person hears of an approval that did not go live."""
_SHOWN = 8
"""Elements, and cases of a kind, printed before the rest is only counted."""


@click.command("review")
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
@click.option("--list", "only_list", is_flag=True, help="List what waits, and stop.")
@click.option("--people", "only_people", is_flag=True, help="Say how people reviewed in the last four weeks, and stop.")
def review_command(slug: str, only_list: bool, only_people: bool) -> None:
    """Decide what waits: approve, keep some of it, edit, reject, comment or skip, one change after the other."""
    with opened() as session:
        parts = session.parts(slug)
        actor = wiring.operator(session.settings)
        if only_people:
            _tell_people(parts, actor=actor)
            return
        if session.settings.sign_in and not only_list:
            # Whoever has this shell could be any number of people here.
            raise NotAllowed(
                "People sign in here: decide on the desk, as who you are.",
                remedy=f"See what waits: ratchet review --agent {slug} --list",
            )
        _tell_lapsed(parts, actor=actor)
        waiting = parts.store.proposals([ProposalState.WAITING])
        click.echo(_budget(parts))
        if not waiting:
            click.echo("Nothing waits for you.")
        for place, item in enumerate(waiting, start=1):
            if only_list:
                verdict = item.report.verdict.value if item.report else "untested"
                verdict = "withheld" if is_withheld(parts.store, item) else verdict
                facts = f"{item.proposal.stakes.level.value:<6} {verdict:<16}"
                click.echo(f"{item.proposal.id}  {facts} {reveal(item.proposal.title)}")
                continue
            click.echo(f"\n{'─' * 80}\n{place} of {len(waiting)}")
            there = desk.view(parts, item.proposal.id, actor=actor)
            if not there.is_mine:
                click.echo(f"{reveal(there.holder)} is reading this now.")
            _show(item, is_withheld=is_withheld(parts.store, item))
            if words := desk.approvals(parts, item).words:
                click.echo(f"  approvals: {words}")
            goes_on = _decide(parts, item, actor=actor)
            desk.leave(parts, item.proposal.id, actor=actor)
            if not goes_on:
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
            "[a]pprove  [k]eep some  [e]dit  [r]eject  [c]omment  [s]kip  [q]uit",
            type=click.Choice(["a", "k", "e", "r", "c", "s", "q"]),
            show_choices=False,
        )
        try:
            if choice in ("a", "k", "e", "r"):
                desk.check_seen(parts.store.proposal(item.proposal.id), seen_digest=item.evidence_digest)
            match choice:
                case "a":
                    _approve(parts, item, actor=actor)
                case "k":
                    _keep(parts, item, actor=actor)
                case "e":
                    if not _edit(parts, item, actor=actor):
                        continue
                case "c":
                    desk.remark(parts, item.proposal.id, actor=actor, text=click.prompt("Your comment"))
                    click.echo("Kept beside the change.")
                    continue
                case "r":
                    categories = click.prompt(
                        f"Why ({', '.join(desk.REJECTION_CATEGORIES)})", default="other", show_default=True
                    )
                    reason = click.prompt("In words", default="", show_default=False)
                    made = desk.reject(
                        parts,
                        item.proposal.id,
                        actor=actor,
                        seen_digest=item.evidence_digest,
                        categories=[one.strip() for one in categories.split(",") if one.strip()],
                        reason=reason,
                    )
                    _tell(parts, made, "Rejected. The reason goes back to the proposers.")
                case "q":
                    return False
        except DigestMismatch as error:
            click.echo(str(error))
            item = parts.store.proposal(item.proposal.id)
            if item.state is not ProposalState.WAITING:
                return True
            _show(item, is_withheld=is_withheld(parts.store, item))
            continue
        except (Conflict, NotAllowed) as error:
            click.echo(str(error))
        except InvalidInput as error:
            click.echo(str(error))
            continue
        return True


def _approve(parts: Parts, item: ProposalItem, *, actor: Actor) -> None:
    why = desk.needs_reason(parts.store, item)
    reason = click.prompt(f"{why} Your reason") if why else ""
    decision = desk.approve(parts, item.proposal.id, actor=actor, seen_digest=item.evidence_digest, reason=reason)
    told = "Approved as the first of two; somebody else has to approve it too."
    if isinstance(decision, Decision) and decision.verb == "approve":
        wait = (decision.effective_at - decision.at).total_seconds()
        told = f"Approved. It goes live with the next turn{f' after {wait:.0f} seconds' if wait else ''}."
    _tell(parts, decision, told)


def _tell(parts: Parts, made: Decision | PracticeAnswer, told: str) -> None:
    """What became of it; of a practice case only that, and with it what was withheld."""
    if isinstance(made, PracticeAnswer):
        click.echo(desk.practice_words(made))
    else:
        click.echo(f"{told} {desk.withheld_verdict(parts, made)}".strip())


def _keep(parts: Parts, item: ProposalItem, *, actor: Actor) -> None:
    """Ask of each block whether it is kept."""
    there = blocks(item.proposal.changes)
    kept = []
    for place, block in enumerate(there, start=1):
        many = f", the same in {block.count} places" if block.count > 1 else ""
        click.echo(f"\n  {place} of {len(there)}: {block.section} · {reveal(block.title)}{many}")
        for sign, text in (("-", block.before), ("+", block.after)):
            click.echo("\n".join(f"    {sign}{reveal(line)}" for line in text.splitlines()))
        if click.confirm("  Keep it?", default=True):
            kept.append(block.id)
    made = desk.keep(parts, item.proposal.id, actor=actor, seen_digest=item.evidence_digest, kept=kept)
    click.echo(f"Drafted {made.id} of {len(kept)} of {len(there)}; the next turn tests it.")


def _tell_people(parts: Parts, *, actor: Actor) -> None:
    """Figures of everybody the actor may see."""
    found = desk.reviewers(parts, actor=actor)
    for one in found:
        middle = "-" if one.median_seconds is None else f"{one.median_seconds:.0f} s"
        click.echo(f"{reveal(one.person):<24} decided {one.decided:>4}  approved {one.approved:>4}  median {middle:>6}")
        if one.words:
            click.echo(f"  {one.words}")
    if not found:
        click.echo("Nobody reviewed anything in the last four weeks.")


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


def _show(item: ProposalItem, *, is_withheld: bool) -> None:
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
        _show_card(item.report)
        if is_withheld:
            click.echo("  verdict: told when you have decided; judge by the answers")
        else:
            _show_verdict(item.report)
            advice = recommend(item.report, stakes=proposal.stakes)
            click.echo(f"  recommended: {advice.verb}. {reveal(advice.reason)}")
        _show_broken(item.report)
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


def _show_card(report: Report) -> None:
    if (card := report.card) is not None:
        click.echo(f"  {reveal(card.sentence)}")
        for alarm in card.alarms:
            click.echo(f"  alarm: {reveal(alarm.words)}")
        for clash in card.clashes:
            place = "" if clash.section == "instructions" else f" {clash.element_id}"
            click.echo(f"  clash: live {clash.section}{place} still say “{reveal(clash.says)}”")
            click.echo(f"         and this says “{reveal(clash.against)}” ({clash.difference})")


def _show_verdict(report: Report) -> None:
    click.echo(f"  verdict: {report.verdict.value.replace('_', ' ')}")
    for reason in report.words:
        click.echo(f"    {reveal(reason)}")


def _show_broken(report: Report) -> None:
    broken = [outcome for outcome in report.outcomes if outcome.movement == "broken"]
    for outcome in broken[:_SHOWN]:
        click.echo(f"  breaks: {reveal(outcome.question)}")
        if outcome.facts:
            told = ", ".join(f"{one.name} {'not known' if one.value is None else one.value}" for one in outcome.facts)
            click.echo(f"    facts:    {reveal(told)}")
        click.echo(f"    live:     {reveal(outcome.base.text or outcome.base.label or '')}")
        click.echo(f"    proposed: {reveal(outcome.candidate.text or outcome.candidate.label or '')}")

"""`ratchet firewall …`: how good each detector is, blind audits of them, and the switch of each."""

import json

import click

from loop import desk, wiring
from loop.cli.opening import opened
from loop.ports import Parts
from loop.records import Actor, AuditFigures, FirewallPanel, Says
from loop.text.invisible import reveal

_AGENT = click.option("--agent", "slug", required=True, help="Slug of the agent.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
_KEYS: dict[str, Says] = {"b": "sound", "h": "bad", "u": "unsure"}


@click.group("firewall")
def firewall_group() -> None:
    """Look at how good the firewall is, audit it blind, switch detectors on and off."""


@firewall_group.command("panel")
@_AGENT
@click.option("--now", "is_fresh", is_flag=True, help="Count again now instead of once a day.")
@_JSON
def panel_command(slug: str, is_fresh: bool, as_json: bool) -> None:
    """Say what each detector holds, how often rightly, and what would have happened without it."""
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        panel = desk.recount_firewall(parts, actor=actor) if is_fresh else desk.firewall_panel(parts)
    if as_json:
        click.echo(json.dumps(None if panel is None else panel.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    if panel is None:
        click.echo(f"Nothing was counted yet; the next turn does. Now: ratchet firewall panel --agent {slug} --now")
        return
    _print_panel(panel, slug=slug)


@firewall_group.command("audit")
@_AGENT
@click.option("--items", type=click.IntRange(min=1, max=2_000), default=desk.AUDITED, show_default=True)
def audit_command(slug: str, items: int) -> None:
    """Judge feedback drawn at random, without seeing what the detectors said of it."""
    with opened() as session:
        parts, actor = session.parts(slug), wiring.operator(session.settings)
        audit = desk.draw_firewall_audit(parts, actor=actor, n=items)
        click.echo(f"{len(audit.order)} items were drawn, some held and some not. Two people judge each.")
        click.echo("Enter alone leaves the audit open; it goes on where you left.")
        is_done = _ask(parts, actor=actor)
        panel = desk.firewall_panel(parts)
    if is_done:
        click.echo("Nothing more waits for your word.")
    if panel is not None and panel.audit is not None:
        click.echo(_audit_words(panel.audit))


@firewall_group.command("switch")
@click.argument("detector")
@click.argument("state", type=click.Choice(["on", "off"]))
@_AGENT
def switch_command(detector: str, state: str, slug: str) -> None:
    """Switch DETECTOR on or off: a setting of the agent, in the journal like any other."""
    with opened() as session:
        actor = wiring.operator(session.settings)
        is_changed = desk.switch_detector(
            session.database, session.parts(slug), detector, actor=actor, is_on=state == "on"
        )
    told = "All feedback is judged again at the next turn." if is_changed else "It was so already."
    click.echo(f"{detector} is {state}. {told}")


# steps -------------------------------------------------------------------------------------------------------------
def _ask(parts: Parts, *, actor: Actor) -> bool:
    """Ask until nothing waits; False when the person left."""
    while (one := desk.next_firewall_question(parts, actor=actor)) is not None:
        click.echo(f"\n{one.place} of {one.of}   {reveal(one.question)}")
        for name, value in sorted(one.context.items()):
            click.echo(f"    {reveal(name)}: {reveal(str(value))}")
        click.echo(f"    the agent: {reveal(one.answer) or '–'}")
        rated = "" if one.value is None else f"{one.value:g} "
        click.echo(f"    {one.kind.value}:  {rated}{reveal(one.said)}")
        if one.reason:
            click.echo(f"    because:   {reveal(one.reason)}")
        said = click.prompt(
            "[b]elieve it, [h]old it back, [u]nsure", default="", show_default=False,
            type=click.Choice(["", *_KEYS]), show_choices=False,
        )  # fmt: skip
        if not said:
            click.echo("Left open.")
            return False
        desk.judge_blind(parts, one.audit_id, one.feedback_id, actor=actor, says=_KEYS[said])
    return True


def _print_panel(panel: FirewallPanel, *, slug: str) -> None:
    since = f" since {panel.since:%Y-%m-%d}" if panel.since else ""
    click.echo(
        f"{panel.held:,} of {panel.looked_at:,} items are held back{since}; counted {panel.counted_at:%Y-%m-%d}."
    )
    if panel.audit is None:
        click.echo(f"How rightly is unknown: nobody has audited it. Do: ratchet firewall audit --agent {slug}")
    else:
        click.echo(_audit_words(panel.audit))
    click.echo("\ndetector      state flags  alone  precision          recall             marginal")
    for one in panel.detectors:
        shares = "".join(f"{desk.estimate_words(share):<19}" for share in (one.precision, one.recall, one.marginal))
        state = "on" if one.is_on else "OFF"
        click.echo(f"{one.name:<13} {state:<5} {one.flagged:>5} {one.alone:>6}  {shares}".rstrip())
    for one in panel.detectors:
        if one.alone:
            click.echo(f"\nWithout {one.name}: {desk.without_words(one, needed=panel.min_sources)}")
            for reached in one.reach:
                click.echo(f"    {reveal(reached.says)}: {reached.people} → {reached.would_be} people")


def _audit_words(audit: AuditFigures) -> str:
    told = f"Audit: {audit.settled} of {audit.drawn} items settled, {audit.open} open, {audit.unclear} unclear."
    if audit.alone:
        told += f" {audit.alone} rest on one person's word."
    if audit.compared:
        beyond = "" if audit.kappa is None else f" (kappa {audit.kappa:.2f})"
        told += f" Two people agreed on {audit.agreed} of {audit.compared}{beyond}."
    for name, share in (("Of what is held", audit.precision), ("Of what is bad", audit.recall)):
        if share is not None:
            told += f" {name}, {desk.estimate_words(share)} is {'bad' if share is audit.precision else 'held'}."
    if audit.missed is not None:
        told += (
            f" Bad and not held: about {audit.missed.value:,.0f} ({audit.missed.low:,.0f}–{audit.missed.high:,.0f})."
        )
    return told

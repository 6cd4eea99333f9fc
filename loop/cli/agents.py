"""`ratchet agent …`: make agents, look at them, take their bundle out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from loop import desk, wiring
from loop.cli.bundle_files import read_bundle, read_text
from loop.cli.opening import opened
from loop.cli.outbound import endpoint_command, keep_endpoint
from loop.cli.validation import first_problem
from loop.errors import InvalidInput
from loop.evaluate import confirmation_words
from loop.llm import checked_endpoint, checked_name
from loop.outbound.destinations import place_of
from loop.records import Agent, AuditEntry, Bundle, Comparison, Grading, Limits, Mode, Release, Split

_RELEASES = 5
"""The newest, of those that were made."""


@click.group("agent")
def agent_group() -> None:
    """Make agents and look at them."""


@agent_group.command("create")
@click.argument("slug")
@click.option("--name", help="Name people read; the slug when left out.")
@click.option("--task", default="", help="What it is for, in a sentence.")
@click.option("--grading", type=click.Choice([one.value for one in Grading]), default="text", show_default=True)
@click.option("--mode", type=click.Choice([one.value for one in Mode]), default="manual", show_default=True)
@click.option("--trusted", multiple=True, help="Who examines the agent: AUTHOR or DOOR:AUTHOR. Repeatable.")
@click.option(
    "--min-sources",
    type=click.IntRange(min=1),
    default=Limits().min_sources,
    show_default=True,
    help="Distinct people who must say the same before a machine proposes it.",
)
@click.option("--model", help="A language model answers: its LiteLLM name, such as openai/gpt-4o-mini.")
@click.option("--endpoint", help="Your own agent answers: the address it is asked at.")
@click.option("--instructions", type=click.Path(dir_okay=False, path_type=Path), help="Text file to start from.")
@click.option("--bundle", type=click.Path(dir_okay=False, path_type=Path), help="Bundle (JSON) to start from.")
def create_command(
    slug: str,
    name: str | None,
    task: str,
    grading: str,
    mode: str,
    trusted: tuple[str, ...],
    min_sources: int,
    model: str | None,
    endpoint: str | None,
    instructions: Path | None,
    bundle: Path | None,
) -> None:
    """Create the agent SLUG with version 0."""
    start = read_bundle(bundle) if bundle else Bundle()
    if instructions:
        start = start.model_copy(update={"instructions": read_text(instructions)})
    start = _answered_by(start, model=model, endpoint=endpoint)
    now = wiring.utc_now()
    try:
        agent = Agent(
            slug=slug,
            name=name or slug,
            task=task,
            mode=Mode(mode),
            grading=Grading(grading),
            trusted_authors=trusted,
            limits=Limits(min_sources=min_sources),
            created_at=now,
        )
    except ValidationError as error:
        problem = first_problem(error)
        raise InvalidInput(
            f"The agent's {problem.where} cannot be used: {problem.why}.",
            field=problem.where,
            remedy="A slug has 2 to 40 lower-case letters, digits and hyphens.",
        ) from None
    with opened() as session:
        actor = wiring.operator(session.settings)
        desk.create_agent(session.database, agent, bundle=start, actor=actor, now=now)
        if endpoint is not None:
            keep_endpoint(wiring.destinations(session.settings), slug, endpoint)
    click.echo(f"Created {slug}, answered by {start.model.answered_by}.")
    click.echo(f"Next: ratchet import FILE --agent {slug}")


agent_group.add_command(endpoint_command)


@agent_group.command("list")
def list_command() -> None:
    """List the agents."""
    with opened() as session:
        agents = session.database.agents()
        if not agents:
            click.echo("No agents yet. Make one: ratchet agent create SLUG, or look at the demo: ratchet demo")
        for agent in agents:
            head = session.database.store(agent.slug).head()
            label = "  (demo data)" if agent.is_demo else ""
            kind = session.database.store(agent.slug).bundle(head.digest).model.kind.value
            click.echo(
                f"{agent.slug:<24} version {head.number:<4} {agent.mode.value:<12} {kind:<9} {agent.name}{label}"
            )


@agent_group.command("show")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show_command(slug: str, as_json: bool) -> None:
    """Show what the agent SLUG is, every setting of it, and what is live."""
    with opened() as session:
        parts = session.parts(slug)
        store = parts.store
        agent, head, in_force = store.agent, store.head(), desk.limits_in_force(parts)
        answering = desk.answerer_kind(parts)
        cases = {split.value: store.count_cases(split) for split in Split}
        releases = [_released(one, compared=store.comparisons()) for one in store.releases()]
    if as_json:
        told = agent.model_dump(mode="json") | {
            "version": head.number,
            "kind": answering.kind.value,
            "answered_by": answering.words,
            "cases": cases,
            "in_force": in_force,
            "releases": releases,
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    counted = ", ".join(f"{n:,} {split}" for split, n in cases.items())
    click.echo(f"{agent.slug}, made {agent.created_at:%Y-%m-%d}{', demo data' if agent.is_demo else ''}")
    click.echo(f"  version {head.number} is live; cases: {counted}")
    click.echo(f"  answers come from {answering.words}")
    for one in releases[-_RELEASES:]:
        click.echo(f"  {one['kind']:<8} version {one['version']}{': ' if one['said'] else ''}{one['said']}")
    for setting in desk.explained_settings(agent):
        if follows := in_force.get(setting.key, ""):
            click.echo(f"  {setting.key:<18} {follows}")
            continue
        other = "" if setting.value == setting.default or setting.key == "name" else f"  (default {setting.default})"
        click.echo(f"  {setting.key:<18} {setting.value or '–'}{other if setting.default else ''}")


def _answered_by(start: Bundle, *, model: str | None, endpoint: str | None) -> Bundle:
    """The bundle with who answers for it, where that was named. Raises InvalidInput."""
    if model is not None and endpoint is not None:
        raise InvalidInput("A model or your own agent answers, not both.", field="--model")
    name = checked_name(model) if model is not None else "yours" if endpoint is not None else start.model.name
    if endpoint is not None:
        checked_endpoint(endpoint, place=place_of("the agent", "endpoint"))
    return start.model_copy(update={"model": start.model.model_copy(update={"name": name})})


def _released(release: Release, *, compared: Sequence[Comparison]) -> dict[str, Any]:
    """A release, with what was found of it on cases sealed after its decision and since the first version."""
    found = {one.kind: one for one in compared if one.number == release.number}
    confirmation = found.get("confirmation")
    return {
        "version": release.number,
        "kind": release.kind,
        "at": release.at.isoformat(),
        "proposal": release.proposal_id,
        "said": confirmation_words(confirmation) if confirmation else "",
        "comparisons": {kind: one.model_dump(mode="json") for kind, one in found.items()},
    }


@agent_group.command("set")
@click.argument("slug")
@click.argument("settings", nargs=-1, metavar="KEY=VALUE …")
@click.option("--explain", is_flag=True, help="List every setting with its meaning and default; set nothing.")
def set_command(slug: str, settings: tuple[str, ...], explain: bool) -> None:
    """Set what KEY=VALUE says of the agent SLUG: any setting or limit. Lists also take KEY+=ONE and KEY-=ONE."""
    with opened() as session:
        parts = session.parts(slug)
        if explain or not settings:
            for setting in desk.explained_settings(parts.store.agent):
                click.echo(f"{setting.key} = {setting.value or '–'}   (default {setting.default or '–'})")
                click.echo("".join(f"    {line}\n" for line in (setting.meaning, setting.allowed) if line), nl=False)
            return
        actor = wiring.operator(session.settings)
        changed = desk.change_settings(session.database, parts, actor=actor, settings=settings)
    for key, (old, new) in changed.items():
        click.echo(f"{key}: {old or '–'} → {new or '–'}")
    click.echo("\n".join(desk.consequences(changed)) if changed else "Nothing changed: it was so already.")


@agent_group.command("delete")
@click.argument("slug")
@click.option("--reason", required=True, help="Why; it is the last line of the journal.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the journal goes; SLUG-journal.jsonl here when left out. A file that is there is not written over.",
)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def delete_command(slug: str, reason: str, journal: Path | None, is_sure: bool) -> None:
    """Delete the agent SLUG with everything it was told and taught; its signed journal is kept as a file."""
    place = journal or Path(f"{slug}-journal.jsonl")
    with opened() as session:
        parts = session.parts(slug)
        if place.exists():
            raise InvalidInput(f"There is a file {place} already.", field="--journal", remedy="Name another one.")
        if not is_sure:
            click.confirm(
                f"Delete {slug} with all its feedback, cases and versions? This cannot be undone.", abort=True
            )

        def keep(entries: Sequence[AuditEntry]) -> None:
            with place.open("x", encoding="utf-8") as file:
                file.writelines(f"{entry.model_dump_json()}\n" for entry in entries)

        actor = wiring.operator(session.settings)
        try:
            desk.delete_agent(session.database, parts, actor=actor, reason=reason, keep=keep)
        except OSError:
            raise InvalidInput(
                f"The journal cannot be written to {place}; nothing was deleted.", field="--journal"
            ) from None
    click.echo(f"Deleted {slug}. Its journal is in {place}.")

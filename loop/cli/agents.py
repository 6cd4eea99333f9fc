"""`ratchet agent …`: make agents, look at them, take their bundle out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from loop import desk, wiring
from loop.cli.opening import opened
from loop.cli.validation import first_problem
from loop.errors import InvalidInput
from loop.evaluate import confirmation_words
from loop.records import Agent, Bundle, Comparison, Grading, Limits, Mode, Release, Split

_RELEASES = 5
"""The newest, of those that were made."""
_BUNDLE_BYTES_MAX = 64 * 1024 * 1024


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
    instructions: Path | None,
    bundle: Path | None,
) -> None:
    """Create the agent SLUG with version 0."""
    start = _read_bundle(bundle) if bundle else Bundle()
    if instructions:
        start = start.model_copy(update={"instructions": _read_text(instructions)})
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
    click.echo(f"Created {slug}. Next: ratchet import FILE --agent {slug} --as PRESET")


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
            click.echo(f"{agent.slug:<24} version {head.number:<4} {agent.mode.value:<12} {agent.name}{label}")


@agent_group.command("export")
@click.argument("slug")
@click.option("--version", "number", type=int, help="Number of the version; the live one when left out.")
def export_command(slug: str, number: int | None) -> None:
    """Print a version's bundle as JSON."""
    with opened() as session:
        store = session.database.store(slug)
        store.check_head()
        wanted = store.head().number if number is None else number
        found = next((version for version in store.versions() if version.number == wanted), None)
        if found is None:
            raise InvalidInput(f"{slug} has no version {wanted}.", field="--version", remedy="See them under Releases.")
        bundle = store.bundle(found.digest)
    click.echo(json.dumps(bundle.model_dump(mode="json"), ensure_ascii=False, indent=2))


@agent_group.command("show")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show_command(slug: str, as_json: bool) -> None:
    """Show what the agent SLUG is, every setting of it, and what is live."""
    with opened() as session:
        parts = session.parts(slug)
        store = parts.store
        agent, head, in_force = store.agent, store.head(), desk.limits_in_force(parts)
        cases = {split.value: store.count_cases(split) for split in Split}
        releases = [_released(one, compared=store.comparisons()) for one in store.releases()]
    if as_json:
        told = agent.model_dump(mode="json") | {
            "version": head.number,
            "cases": cases,
            "in_force": in_force,
            "releases": releases,
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    counted = ", ".join(f"{n:,} {split}" for split, n in cases.items())
    click.echo(f"{agent.slug}, made {agent.created_at:%Y-%m-%d}{', demo data' if agent.is_demo else ''}")
    click.echo(f"  version {head.number} is live; cases: {counted}")
    for one in releases[-_RELEASES:]:
        click.echo(f"  {one['kind']:<8} version {one['version']}{': ' if one['said'] else ''}{one['said']}")
    for setting in desk.explained_settings(agent):
        if follows := in_force.get(setting.key, ""):
            click.echo(f"  {setting.key:<18} {follows}")
            continue
        other = "" if setting.value == setting.default or setting.key == "name" else f"  (default {setting.default})"
        click.echo(f"  {setting.key:<18} {setting.value or '–'}{other if setting.default else ''}")


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


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path.name}.", field="FILE", remedy="Check the path.") from None
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"{path.name} cannot be read as UTF-8 text.", field="FILE", remedy="Save it as UTF-8."
        ) from None


def _read_bundle(path: Path) -> Bundle:
    text = _read_text(path)
    if len(text) > _BUNDLE_BYTES_MAX:
        raise InvalidInput(f"{path.name} is larger than 64 MB.", field="--bundle", remedy="Start from a smaller one.")
    try:
        return Bundle.model_validate_json(text)
    except ValidationError as error:
        problem = first_problem(error)
        raise InvalidInput(
            f"{path.name} is not a bundle: {problem.where or 'file'}: {problem.why}.",
            field="--bundle",
            remedy="See one with: ratchet agent export SLUG",
        ) from None

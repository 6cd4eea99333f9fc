"""`ratchet source …` and `ratchet pull NAME`: other tools that keep an agent's traces, and what is new in them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

import click
from pydantic import SecretStr, ValidationError

from loop import roles, wiring
from loop.cli.imports import taken_back
from loop.cli.opening import opened, read_settings
from loop.cli.validation import first_problem
from loop.errors import InvalidInput, NotFound
from loop.llm import checked_endpoint
from loop.outbound import SourceTarget
from loop.outbound.destinations import Tool, check_name, place_of


@click.group("source")
def source_group() -> None:
    """Name the tools that keep your agents' traces: Phoenix, MLflow, Langfuse, LangSmith."""


@source_group.command("add")
@click.argument("name")
@click.argument("kind", type=click.Choice(get_args(Tool)))
@click.argument("url")
@click.option("--project", default="", help="Project or experiment. Langfuse: an environment, or leave it out.")
@click.option("--key", "has_key", is_flag=True, help="Ask for its key (NAME:PASSWORD for a pair), or for env:NAME.")
@click.option("--agent", default="", help="Have the worker pull for this agent.")
@click.option("--minutes", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Between two rounds.")
@click.option("--timeout", type=click.FloatRange(min=0.1, max=3600), default=60.0, help="Seconds a request may take.")
def add_command(name: str, kind: str, has_key: bool, agent: str, **given: object) -> None:
    """Read from the tool at URL under NAME; the same NAME again replaces it."""
    check_name(name)
    if kind != "langfuse" and not given["project"]:
        raise InvalidInput("A project is missing.", field="--project", remedy="Name the project or experiment.")
    key = SecretStr(click.prompt("Key (or env:NAME)", hide_input=True, err=True)) if has_key else SecretStr("")
    try:
        target = SourceTarget.model_validate({"kind": kind, "key": key, "agent": agent, **given})
    except ValidationError as error:
        problem = first_problem(error)
        raise InvalidInput(f"The source cannot be used: {problem.why}.", field=problem.where) from None
    checked_endpoint(target.url, place=place_of("the source", name))
    if agent:
        with opened() as session:
            session.parts(agent)
    where = wiring.destinations(read_settings())
    known = where.read()
    where.write(known.model_copy(update={"sources": known.sources | {name: target}}))
    click.echo(
        f"The worker pulls {name} for {agent} every {target.minutes:g} minutes."
        if agent
        else f"Pull it with: ratchet pull {name} --agent SLUG"
    )


@source_group.command("list")
def list_command() -> None:
    """List the tools that are read from."""
    where = wiring.destinations(read_settings())
    for name, one in where.read().sources.items():
        whose = f"{one.agent}, every {one.minutes:g} minutes" if one.agent else "when a person pulls"
        click.echo(f"{name:<20} {one.kind:<10} {one.url}  {one.project or 'all'}  {whose}")
    click.echo(f"({where.path})", err=True)


@source_group.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Read from NAME no more. What was pulled stays."""
    where = wiring.destinations(read_settings())
    known = where.read()
    _known(known.sources, name)
    left = {key: one for key, one in known.sources.items() if key != name}
    where.write(known.model_copy(update={"sources": left}))
    click.echo(f"{name} is read no more.")


@click.command("pull")
@click.argument("name")
@click.option("--agent", "slug", required=True, help="Slug of the agent whose traces these are.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Begin there again, whatever was pulled. First: 30 days."
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def pull_command(name: str, slug: str, since: datetime | None, as_json: bool) -> None:
    """Bring what is new at the source NAME: its traces and what was said of them.

    Pulling again brings only what came since, and a pull that broke goes on where it was, so it may stand in a cron
    table: exit code 0 when everything was read, 1 with one sentence otherwise.
    """
    from loop.outbound.pulling import together

    settings = read_settings()
    target = _known(wiring.destinations(settings).read().sources, name)
    begin = since.replace(tzinfo=UTC) if since else None
    with opened(settings) as session:
        actor = wiring.operator(settings)
        roles.check(actor, "import")
        puller = wiring.puller(settings, session.database)
        done = together(puller.pull(name, target, agent=slug, since=begin, actor=actor.name))
        back = taken_back(session.parts(slug).store)
    counts = done.written.model_dump(include={"new", "updated", "duplicate"})
    if as_json:
        click.echo(json.dumps({**counts, "rejected": dict(done.rejected), "import": done.into}))
        return
    n = sum(done.rejected.values())
    click.echo("Records: {new} new, {updated} updated, {duplicate} known. Rejected: {n}.".format(**counts, n=n))
    for reason, count in sorted(done.rejected.items(), key=lambda one: -one[1]):
        click.echo(f"  {count} × {reason}")
    if done.into:
        click.echo(f"Take it back whole: ratchet import undo {done.into} --agent {slug} --reason WHY")
    elif done.written.duplicate and back:
        click.echo("What was taken back stays away: ratchet unlearn --undo gives it back.")


def _known(sources: Mapping[str, SourceTarget], name: str) -> SourceTarget:
    if name not in sources:
        raise NotFound(f"There is no source {name}.", remedy="See them: ratchet source list")
    return sources[name]

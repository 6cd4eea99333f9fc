"""`ratchet agent endpoint` and `ratchet deliver …`: where your own agent is, and who is told what went live."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import click
from pydantic import SecretStr, ValidationError

from loop import wiring
from loop.agent import EndpointAgent
from loop.cli.opening import opened, read_settings
from loop.cli.validation import first_problem
from loop.errors import InvalidInput
from loop.llm import checked_endpoint
from loop.outbound import (
    Destinations,
    EndpointTarget,
    FileTarget,
    GitTarget,
    HttpEndpoint,
    WebhookTarget,
    new_secret,
)
from loop.outbound.destinations import check_name, place_of
from loop.records import Question

T = TypeVar("T")


@click.command("endpoint")
@click.argument("slug")
@click.argument("url", required=False)
@click.option("--key", "has_key", is_flag=True, help="Ask for the key it takes, or for env:NAME to read it from there.")
@click.option("--timeout", type=click.FloatRange(min=0.1, max=3600), help="Seconds one call may take.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Calls at a time.")
@click.option(
    "--bundle",
    type=click.Choice(["always", "on_request"]),
    help="Send the whole version with each question, or only its digest until the agent answers 409.",
)
@click.option("--try", "question", help="Put one question to it with the live version, and show what it says.")
@click.option("--off", is_flag=True, help="Forget the endpoint.")
def endpoint_command(
    slug: str, url: str | None, question: str | None, off: bool, has_key: bool, **given: object
) -> None:
    """Say where your own agent SLUG answers (URL), show it, or try it: exit code 1 when it gives no answer."""
    where = wiring.destinations(read_settings())
    known = where.read()
    if off:
        where.write(known.model_copy(update={"endpoints": _without(known.endpoints, slug)}))
        click.echo(f"{slug} has no endpoint any more.")
        return
    target = known.endpoints.get(slug)
    options = {name: value for name, value in given.items() if value is not None}
    if has_key:
        options["key"] = SecretStr(click.prompt("Key (or env:NAME)", hide_input=True, err=True))
    if url is not None or options:
        if url is None and target is None:
            raise InvalidInput(f"{slug} has no endpoint yet.", field="URL", remedy="Give its address.")
        before = target.model_dump() if target else {}
        target = _checked(before | options | ({"url": url} if url else {}))
        checked_endpoint(target.url, place=place_of("the agent", slug))
        with opened() as session:
            kind = session.parts(slug).store.live_bundle().model.kind
        where.write(known.model_copy(update={"endpoints": known.endpoints | {slug: target}}))
        click.echo(f"{slug} answers at {target.url}; held-out questions are put to it {target.concurrency} at a time.")
        if kind.value != "yours":
            click.echo(f"Its live version is answered by another kind of agent ({kind.value}).")
    elif target is None:
        click.echo(f"{slug} has no endpoint.")
    elif question is None:
        key = "with a key" if target.key.get_secret_value() else "without a key"
        click.echo(f"{target.url}, {key}, {target.timeout:g} s, {target.concurrency} at a time, bundle {target.bundle}")
    if question is not None and target is not None:
        with opened() as session:
            bundle = session.parts(slug).store.live_bundle()
        answer = EndpointAgent(bundle, HttpEndpoint(slug, target)).answer([Question(text=question)])[0]
        click.echo(answer.failure or answer.model_dump_json(indent=2, exclude_defaults=True))
        if answer.failure:
            sys.exit(1)


@click.group("deliver")
def deliver_group() -> None:
    """Have others told, or files written, when a version goes live."""


@deliver_group.command("webhook")
@click.argument("name")
@click.argument("url")
@click.option("--agent", "slugs", multiple=True, help="Only of this agent. Repeatable; every agent when left out.")
@click.option("--private", "may_lead_inside", is_flag=True, help="The name may lead into your own network.")
def webhook_command(name: str, url: str, slugs: tuple[str, ...], may_lead_inside: bool) -> None:
    """Tell URL when a version goes live, in signed messages (Standard Webhooks); the secret is shown once."""
    check_name(name)
    checked_endpoint(url, place=place_of("the webhook", name))
    secret = new_secret()
    target = WebhookTarget(url=url, secret=SecretStr(secret), agents=_known(slugs), may_lead_inside=may_lead_inside)
    _keep("webhooks", name, target)
    click.echo(f"{name} is told from now on. Give the receiver this secret; it is not shown again:\n{secret}")


@deliver_group.command("file")
@click.argument("name")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--agent", "slug", required=True, help="Slug of the agent.")
def file_command(name: str, path: Path, slug: str) -> None:
    """Have the worker keep the live version in the file PATH."""
    check_name(name)
    (slug,) = _known((slug,))
    _keep("files", name, FileTarget(path=path.absolute(), agent=slug))
    click.echo(f"The worker keeps the live version of {slug} in {path.absolute()}.")


@deliver_group.command("git")
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--agent", "slugs", multiple=True, help="Only of this agent. Repeatable; every agent when left out.")
@click.option("--push", "is_pushed", is_flag=True, help="Push each commit to where the branch usually goes.")
def git_command(name: str, folder: Path, slugs: tuple[str, ...], is_pushed: bool) -> None:
    """Have the worker commit the live versions to FOLDER of a git repository, one file for each agent."""
    check_name(name)
    _keep("folders", name, GitTarget(folder=folder.absolute(), agents=_known(slugs), is_pushed=is_pushed))
    click.echo(f"The worker commits live versions to {folder.absolute()}.")


@deliver_group.command("list")
def list_command() -> None:
    """List the destinations."""
    where = wiring.destinations(read_settings())
    known = where.read()
    lines = [f"webhook  {name:<20} {one.url}  {_of(one.agents)}" for name, one in known.webhooks.items()]
    lines += [f"file     {name:<20} {one.path}  {one.agent}" for name, one in known.files.items()]
    lines += [
        f"git      {name:<20} {one.folder}  {_of(one.agents)}{', pushed' if one.is_pushed else ''}"
        for name, one in known.folders.items()
    ]
    lines += [f"endpoint {slug:<20} {one.url}" for slug, one in known.endpoints.items()]
    click.echo("\n".join(lines) or "Nobody is told. See: ratchet deliver --help")
    click.echo(f"({where.path})", err=True)


@deliver_group.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Tell the destination NAME nothing more."""
    where = wiring.destinations(read_settings())
    known = where.read()
    kinds = {kind: getattr(known, kind) for kind in ("webhooks", "files", "folders")}
    if not any(name in some for some in kinds.values()):
        raise InvalidInput(f"There is no destination {name}.", field="NAME", remedy="See them: ratchet deliver list")
    where.write(known.model_copy(update={kind: _without(some, name) for kind, some in kinds.items()}))
    click.echo(f"{name} is told nothing more.")


@deliver_group.command("now")
def now_command() -> None:
    """Deliver what is due once, as the worker does all the time."""
    with opened() as session:
        n = wiring.courier(session.settings, session.database, report=click.echo).deliver()
    click.echo(f"{n} delivered.")


def keep_endpoint(where: Destinations, slug: str, url: str) -> None:
    """Keep the address of a new agent of the operator's own. Raises InvalidInput."""
    known = where.read()
    endpoints = known.endpoints | {slug: _checked({"url": url})}
    where.write(known.model_copy(update={"endpoints": endpoints}))


def _keep(kind: str, name: str, target: object) -> None:
    where = wiring.destinations(read_settings())
    known = where.read()
    taken = {one for other in ("webhooks", "files", "folders") if other != kind for one in getattr(known, other)}
    if name in taken:
        raise InvalidInput(f"The name {name} is taken.", field="NAME", remedy="Choose another, or remove it first.")
    where.write(known.model_copy(update={kind: getattr(known, kind) | {name: target}}))


def _known(slugs: tuple[str, ...]) -> tuple[str, ...]:
    """Raises NotFound."""
    with opened() as session:
        return tuple(session.database.store(slug).agent.slug for slug in slugs)


def _checked(fields: dict[str, object]) -> EndpointTarget:
    try:
        return EndpointTarget.model_validate(fields)
    except ValidationError as error:
        problem = first_problem(error)
        raise InvalidInput(f"The endpoint cannot be used: {problem.why}.", field=problem.where) from None


def _without(some: Mapping[str, T], name: str) -> dict[str, T]:
    return {key: one for key, one in some.items() if key != name}


def _of(slugs: tuple[str, ...]) -> str:
    return ", ".join(slugs) or "every agent"

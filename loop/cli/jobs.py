"""`ratchet jobs`: what runs, waits and failed, and trying again what was set aside."""

import json
from contextlib import AbstractContextManager

import click

from loop import wiring
from loop.cli.opening import Opened, opened
from loop.ports import Jobs
from loop.records import Job


@click.group("jobs", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def jobs_group(context: click.Context, as_json: bool) -> None:
    """List what runs, waits and failed, what needs a person first."""
    if context.invoked_subcommand is not None:
        return
    with opened() as session, _jobs(session) as jobs:
        found = jobs.jobs()
    if as_json:
        click.echo(json.dumps([job.model_dump(mode="json") for job in found], indent=2))
    else:
        click.echo("\n".join(_line(job) for job in found) or "Nothing runs, waits or failed.")


@jobs_group.command("retry")
@click.argument("job_id")
def retry_command(job_id: str) -> None:
    """Try what failed or was set aside again; the next look of a worker begins it."""
    with opened() as session, _jobs(session) as jobs:
        jobs.retry(job_id)
    click.echo(f"{job_id} is tried again by the next look of a worker.")


def _jobs(session: Opened) -> AbstractContextManager[Jobs]:
    from loop.jobs import open_jobs

    return open_jobs(
        session.settings.database_url,
        agents=session.database,
        store=session.database.store,
        clock=wiring.utc_now,
    )


def _line(job: Job) -> str:
    when = {"runs": "since", "waits": "from", "failed": "again at", "set aside": ""}[job.state]
    at = f"{when} {job.at:%Y-%m-%d %H:%M:%S} UTC" if job.at and when else ""
    tried = f"{job.tries} tries" if job.tries else ""
    told = ", ".join(part for part in (at, tried) if part)
    head = f"{job.state:<9}  {job.id}" + (f"  ({told})" if told else "")
    return f"{head}\n           {job.reason}" if job.reason else head

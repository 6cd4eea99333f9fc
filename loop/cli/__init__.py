"""The command `ratchet`: one group, and the only place where errors become exit codes."""

import sys

import click

from loop.cli.agents import agent_group
from loop.cli.api import api_command
from loop.cli.auditing import audit_command
from loop.cli.cases import cases_group
from loop.cli.connect import connect_group
from loop.cli.erasing import erase_command
from loop.cli.firewall import firewall_group
from loop.cli.held import held_command
from loop.cli.import_group import import_group
from loop.cli.jobs import jobs_group
from loop.cli.keys import keys_group
from loop.cli.looping import recheck_command, rollback_command, turn_command
from loop.cli.outbound import deliver_group
from loop.cli.pulling import pull_command, source_group
from loop.cli.raw import raw_group
from loop.cli.review import review_command
from loop.cli.serving import demo_command, up_command, worker_command
from loop.cli.tainting import taint_command, unlearn_command
from loop.cli.versions import version_group
from loop.errors import RatchetError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ratchet-loop", prog_name="ratchet")
def group() -> None:
    """The review desk for agents that learn from feedback.

    collect → validate → update → test → (a person decides) → deploy or roll back
    """


for _command in (
    demo_command,
    up_command,
    agent_group,
    version_group,
    deliver_group,
    import_group,
    source_group,
    pull_command,
    turn_command,
    held_command,
    review_command,
    cases_group,
    firewall_group,
    rollback_command,
    taint_command,
    unlearn_command,
    erase_command,
    raw_group,
    audit_command,
    recheck_command,
    worker_command,
    api_command,
    keys_group,
    connect_group,
    jobs_group,
):
    group.add_command(_command)


def main() -> None:
    """Entry point: our errors are one sentence on stderr and exit code 1; a wrong call is exit code 2."""
    try:
        group(standalone_mode=True)
    except RatchetError as error:
        click.echo(f"ratchet: {error}", err=True)
        sys.exit(1)

"""The command `ratchet`: one group, and the only place where errors become exit codes."""

import sys

import click

from loop.cli.deferred import DeferredGroup, Place
from loop.errors import RatchetError

COMMANDS = {
    "agent": Place("agents", "agent_group", "Make agents and look at them."),
    "api": Place("api", "api_command", "Take what programs send, without screens."),
    "audit": Place("auditing", "audit_command", "Check that what is stored is what was decided."),
    "cases": Place("cases", "cases_group", "Look at what examines an agent; audit it blind."),
    "connect": Place("connect", "connect_group", "Connect an agent; wait for what it sends."),
    "deliver": Place("outbound", "deliver_group", "Have others told when a version goes live."),
    "demo": Place("serving", "demo_command", "Build a demo and open the screens on it."),
    "erase": Place("erasing", "erase_command", "Take a person or conversation out of all rows."),
    "firewall": Place("firewall", "firewall_group", "See how good the firewall is; audit it blind."),
    "held": Place("held", "held_command", "List corrections held for want of a source."),
    "import": Place("import_group", "import_group", "Import a file; list imports; take one back."),
    "jobs": Place("jobs", "jobs_group", "List what runs, waits and failed."),
    "keys": Place("keys", "keys_group", "Make, list and revoke keys of programs."),
    "open": Place("serving", "open_command", "Make a one-time link to screens that run."),
    "people": Place("people", "people_group", "Invite people; give roles; sign them out."),
    "pull": Place("pulling", "pull_command", "Bring what is new in another tool."),
    "raw": Place("raw", "raw_group", "Look at raw text, where it is kept."),
    "recheck": Place("looping", "recheck_command", "Make all the firewall keeps again; compare."),
    "report": Place("reporting", "report_command", "Write how the agent improved, to print."),
    "review": Place("review", "review_command", "Decide what waits, one change at a time."),
    "rollback": Place("looping", "rollback_command", "Make an earlier version live again."),
    "source": Place("pulling", "source_group", "Name tools that keep your agents' traces."),
    "taint": Place("tainting", "taint_command", "Follow all that some feedback influenced."),
    "turn": Place("looping", "turn_command", "Run the loop's five stages once."),
    "unlearn": Place("tainting", "unlearn_command", "Take back what some feedback taught."),
    "up": Place("serving", "up_command", "Start screens and worker; open the browser."),
    "version": Place("versions", "version_group", "Look at versions; compare; export; import."),
    "worker": Place("serving", "worker_command", "Do the loop's work until stopped."),
}
"""By name. The words fit one line of a narrow terminal."""


@click.group(
    cls=DeferredGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ratchet-loop", prog_name="ratchet")
def group() -> None:
    """The review desk for agents that learn from feedback.

    collect → validate → update → test → (a person decides) → deploy or roll back
    """


def main() -> None:
    """Entry point: our errors are one sentence on stderr and exit code 1; a wrong call is exit code 2."""
    try:
        group(standalone_mode=True)
    except RatchetError as error:
        click.echo(f"ratchet: {error}", err=True)
        sys.exit(1)

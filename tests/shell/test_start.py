"""A command imports what it needs and no more: lists of modules, no stopwatch."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from alembic.script import ScriptDirectory

import storage
from loop.cli import COMMANDS, group
from storage.schema import newest_revision

HEAVY = ("scipy", "numpy", "sqlalchemy", "sqlmodel", "alembic", "pydantic", "streamlit", "pandas", "litellm", "dbos")
"""What takes long to import: none of it to be told which commands there are."""
PIECES = ("loop.agent", "loop.engine", "loop.validate", "loop.update", "loop.evaluate", "loop.desk", "loop.jobs")
LISTED = """
import json, sys
from loop.cli import group
try:
    group(sys.argv[1:], standalone_mode=False)
finally:
    print("\\n" + json.dumps(sorted(sys.modules)))
"""


def imported(folder: Path, *command: str) -> set[str]:
    """Every module that `ratchet COMMAND` imports, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LISTED, *command],
        cwd=folder,
        env={"PATH": "", "RATCHET_DATABASE_URL": f"sqlite:///{folder / 'ratchet.db'}", "XDG_DATA_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.stdout, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("command", [("--help",), ("--version",)], ids=" ".join)
def test_to_name_the_commands_none_of_them_is_imported(tmp_path: Path, command: tuple[str, ...]) -> None:
    modules = imported(tmp_path, *command)
    assert modules & {*HEAVY, *PIECES, "loop.wiring", "loop.settings", "storage"} == set()


@pytest.mark.parametrize(
    "command", [("agent", "list"), ("jobs", "list"), ("keys", "list"), ("turn", "--help"), ("review", "--help")]
)
def test_a_cheap_command_imports_no_statistics_no_migrations_and_no_model(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    imported(tmp_path, "agent", "list")  # makes the database, which takes migrations
    modules = imported(tmp_path, *command)
    assert "storage.database" in modules
    assert modules & {"scipy", "alembic", "mako", "streamlit", "pandas", "plotly", "litellm", "starlette"} == set()


@pytest.mark.parametrize("command", ["up", "worker", "api"])
def test_what_only_starts_processes_imports_no_stage_of_the_loop(tmp_path: Path, command: str) -> None:
    assert imported(tmp_path, command, "--help") & {*PIECES, "scipy", "numpy", "alembic", "streamlit"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_list_is_there_under_its_name(name: str) -> None:
    with click.Context(group) as context:
        command = group.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_the_list_of_commands_is_clipped_nowhere() -> None:
    with click.Context(group, terminal_width=80) as context:
        told = group.get_help(context)
    lines = [line.split() for line in told.splitlines()]
    assert [name for name, place in COMMANDS.items() if [name, *place.about.split()] not in lines] == []


def test_the_newest_revision_is_told_without_alembic_and_is_the_one_alembic_finds() -> None:
    scripts = ScriptDirectory(str(Path(storage.__file__).parent / "migrations"))
    assert newest_revision() == scripts.get_current_head()

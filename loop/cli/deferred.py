"""Deferred import of commands: `ratchet --help` names them all and imports none, a command imports what it needs."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import click


class Place(NamedTuple):
    """Where a command is."""

    module: str
    """Within `loop.cli`."""
    name: str
    """Of the command in its module."""
    about: str
    """What it does, in the words of the list of commands."""


class DeferredGroup(click.Group):
    """A group whose commands are imported when one of them is called."""

    def __init__(self, *args: Any, places: Mapping[str, Place], **kwargs: Any) -> None:
        """`places` by the command's name."""
        super().__init__(*args, **kwargs)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every name, in the order of the alphabet."""
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; None when there is none of this name."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        with _uncollected():
            command = getattr(import_module(f"loop.cli.{place.module}"), place.name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.places[name].about) for name in self.list_commands(ctx)])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Imports make many objects and no garbage: looking for it among them is a sixth of the time they take."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()

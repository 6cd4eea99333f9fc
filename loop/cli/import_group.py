"""`ratchet import …` as one group: FILE without a word before it, and the words `list`, `undo`, `kinds` and `show`."""

import click

from loop.cli.importing import import_command
from loop.cli.imports import kinds_command, list_command, show_command, undo_command

_DEFAULT = "file"


class _ImportGroup(click.Group):
    """Group with a default command: `ratchet import FILE` beside `ratchet import list` and `ratchet import undo`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Whatever is no command here is a file; one that is called like a command is written ./list."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else [_DEFAULT, *args])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The default command has no name of its own in help and errors."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == _DEFAULT else name), command, rest


@click.group("import", cls=_ImportGroup)
def import_group() -> None:
    """Import a file; list what was imported; take an import back whole."""


import_group.add_command(import_command, _DEFAULT)
for _command in (list_command, undo_command, kinds_command, show_command):
    import_group.add_command(_command)

"""What `ratchet import` is told: its options, the list of fields in its help, and what they mean for reading."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from loop import collect
from loop.errors import InvalidInput
from loop.settings import Settings

KEPT = 1000
"""Refused rows that are listed by --json; --rejects has them all."""
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_LARGEST = 256 * 1024


def _fields() -> str:
    """Every shape with its fields, for the help."""
    lines = []
    for name, shape in collect.SHAPES.items():
        names = [f"{field.name}{'*' if field.is_needed else ''}" for field in shape.fields]
        if "context" in {field.name for field in shape.fields}:
            names.append("context.NAME")
        lines += [f"{name}: {shape.says}", *_wrapped(names), ""]
        if name == "exchanges":
            lines[-1:] = [*(f"      {field.name:<16} {field.says}" for field in shape.fields), ""]
    return "\n".join(lines)


def _wrapped(names: list[str]) -> list[str]:
    lines, line = [], "   "
    for name in names:
        if len(line) + len(name) > 92:
            lines.append(line)
            line = "   "
        line += f" {name}"
    return [*lines, line]


_HELP = """\b
Fields, by what a row becomes (* has to be there):

\b
{fields}
\b
What each field means: ratchet import show NAME prints an importer, README "Imports" explains.
A draft beside a sent answer is an edit; an answer without a draft is a takeover.

\b
Exit codes:
  0  every row came in
  1  nothing came in: the file, the agent or the database cannot be used
  2  the command was not written correctly
  3  some rows were refused, the others came in; --rejects FILE has the reasons
  4  nothing was written: something has to be settled first, or nobody said yes

\b
What was imported: ratchet import list. Take one back whole: ratchet import undo ID.
Kinds of file that are known: ratchet import kinds.
"""

_OPTIONS = (
    click.argument("file", type=click.Path(path_type=Path)),
    click.option("--agent", "slug", required=True, help="Slug of the agent."),
    click.option("--as", "kind", default="", help="What the file holds, by name: see ratchet import kinds."),
    click.option("--with", "own", type=click.Path(path_type=Path), help="An importer of your own (TOML)."),
    click.option(
        "--map",
        "mappings",
        multiple=True,
        metavar="OURS=THEIRS",
        help="Our field = their column or path; OURS:=WORD is the same in every row. Repeatable.",
    ),
    click.option("--yes", "is_sure", is_flag=True, help="Import it as it was guessed; open questions still stop it."),
    click.option("--look", "look_only", is_flag=True, help="Only look; write nothing."),
    click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Keep how it is read as an importer."),
    click.option("--encoding", type=click.Choice(collect.ENCODINGS), help="Of the file, where it was guessed wrong."),
    click.option("--separator", type=click.Choice(list(_SEPARATORS)), help="Between cells."),
    click.option("--dates", "order", type=click.Choice(["day", "month"]), help="What 03/04/2026 begins with."),
    click.option("--zone", default="", metavar="AREA/CITY", help="Of times that name none; UTC when left out."),
    click.option("--decimal", type=click.Choice(["point", "comma"]), help="What stands before the fraction."),
    click.option("--low", type=float, help="Worst rating on the file's scale; found out when left out."),
    click.option("--high", type=float, help="Best rating on the file's scale; 1 with --low 6 where 1 is best."),
    click.option("--unrated", multiple=True, metavar="WORD", help="What stands where nobody rated, such as 0."),
    click.option("--author", default="", help="Who gave feedback that names no author; counts as one person."),
    click.option(
        "--vouch",
        "vouched",
        multiple=True,
        metavar="NAME",
        help="This author in the file is who it says. Without it a file's rows by people you trust examine nothing.",
    ),
    click.option("--keep-personal-data", is_flag=True, help="Do not mask secrets and personal data: a verbatim copy."),
    click.option(
        "--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Write refused lines and reasons here."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the counts, or the look, as JSON."),
)


def command(function: Callable[..., None]) -> click.Command:
    """The command with its options and its help."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return click.command(hidden=True, epilog=_HELP.format(fields=_fields()))(function)


class FileChoice(NamedTuple):
    """What the options come to."""

    hints: collect.FileHints
    """What the user says of the file."""
    importers: Mapping[str, collect.Importer]
    """Those that are known, by name."""


def file_choice(said: Mapping[str, Any], settings: Settings, *, at: datetime) -> FileChoice:
    """What the user says of a file, and the importers that are known. Raises InvalidInput."""
    known = known_importers(settings)
    chosen = None
    if said["own"]:
        chosen = _read(said["own"])
    elif said["kind"]:
        chosen = known.get(said["kind"])
        if chosen is None:
            raise InvalidInput(
                "There is no importer of that name.", field="--as", remedy=f"Importers: {', '.join(known)}."
            )
    options = collect.Options(
        default_at=at,
        author=said["author"],
        low=said["low"],
        high=said["high"],
        unrated=frozenset(word.strip().casefold() for word in said["unrated"]),
        order=said["order"] or "",
        zone=_zone(said["zone"]),
        decimal="," if said["decimal"] == "comma" else ".",
        constants=constants_of(said["mappings"]),
        vouched=frozenset(said["vouched"]),
    )
    return FileChoice(
        collect.FileHints(
            importer=chosen,
            mapping=mapping_of(said["mappings"]),
            options=options,
            encoding=said["encoding"],
            delimiter=_SEPARATORS.get(said["separator"] or "", ""),
        ),
        known,
    )


def known_importers(settings: Settings) -> dict[str, collect.Importer]:
    """Shipped importers and those of the user's folder, which come first where names are the same."""
    known = dict(collect.shipped_importers())
    folder = Path(settings.importers) if settings.importers else None
    if folder is not None:
        if not folder.is_dir():
            raise InvalidInput(
                f"There is no folder {folder}.", field="RATCHET_IMPORTERS", remedy="Make it, or unset it."
            )
        known |= {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    return known


def _read(path: Path) -> collect.Importer:
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST + 1).decode("utf-8-sig")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path.name}.", field="--with", remedy="Check the path.") from None
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"{path.name} cannot be read as UTF-8 text.", field="--with", remedy="Save it as UTF-8."
        ) from None
    return collect.importer_from_toml(text, name=path.stem)


def mapping_of(mappings: tuple[str, ...]) -> dict[str, str]:
    """Our fields by their columns, constants left out. Raises InvalidInput."""
    return {ours: theirs for ours, is_constant, theirs in map(_parted, mappings) if not is_constant}


def constants_of(mappings: tuple[str, ...]) -> dict[str, Any]:
    """Our fields by what every row says. Raises InvalidInput."""
    return {ours: word for ours, is_constant, word in map(_parted, mappings) if is_constant}


def _parted(one: str) -> tuple[str, bool, str]:
    found = re.fullmatch(r"\s*([^=:\s]+)\s*(:?)=\s*(.*?)\s*", one, re.DOTALL)
    if found is None or not found[3]:
        raise InvalidInput(
            "A mapping is written OURS=THEIRS, or OURS:=WORD.",
            field="--map",
            remedy="Such as --map question=text or --map kind:=edit.",
        )
    return found[1], bool(found[2]), found[3]


def _zone(name: str) -> Any:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InvalidInput("There is no such time zone.", field="--zone", remedy="Such as Europe/Berlin.") from None

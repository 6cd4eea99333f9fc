"""Chooses where each field of a file lies: what the user maps first, then what the importer looks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from loop.collect.files.fields import CONTEXT, WITHIN, Field, column_list
from loop.collect.files.paths import steps_of
from loop.errors import InvalidInput


def choose_columns(
    fields: Sequence[Field],
    columns: Sequence[str],
    mapping: Mapping[str, str],
    *,
    looked_for: Mapping[str, tuple[str, ...]],
    constants: Mapping[str, Any],
    is_certain: bool = True,
) -> dict[str, tuple[str, ...]]:
    """Columns and paths by our name, for every field that has one and is no constant.

    `looked_for`: by our name, where it may lie, in this order. `is_certain`: the columns are all the file has and
    every row is read so; else a field that lies nowhere is for the rows to say.
    Raises InvalidInput when `mapping` uses a name that is not read, names a column the file does not have, or a
    needed field lies nowhere; it lists what there is and says the remedy.
    """
    chosen: dict[str, tuple[str, ...]] = {}
    for name, column in mapping.items():
        check_name(name, fields)
        if column not in columns and not _may_lie(column, columns, is_certain=is_certain):
            raise InvalidInput(
                f"The file has no column {column_list([column])}, which is mapped to {name}.",
                field=name,
                remedy=f"Its columns: {column_list(columns)}.",
            )
        chosen[name] = (column,)
    taken = {path for paths in chosen.values() for path in paths}
    for name in dict.fromkeys([*(field.name for field in fields), *looked_for]):
        if name in chosen or name in constants:
            continue
        found = _found(looked_for.get(name, (name,)), columns, taken=taken, name=name, is_certain=is_certain)
        if found:
            chosen[name] = found
            taken.update(path for path in found if not name.startswith(WITHIN))
    for field in fields if is_certain else ():
        if field.is_needed and not (chosen.keys() | constants.keys()) & {field.name, field.or_else}:
            tried = (*looked_for.get(field.name, (field.name,)), *filter(None, [field.or_else]))
            raise InvalidInput(
                f"The file has no column {' or '.join(tried)} ({field.says}).",
                field=field.name,
                remedy=f"Its columns: {column_list(columns)}. Map one: --map {field.name}=COLUMN. "
                f'Or say the same of every row: --map "{field.name}:=TEXT".',
            )
    return chosen


def check_name(name: str, fields: Sequence[Field]) -> None:
    """Raises InvalidInput when no field of the shape is called so."""
    known = {field.name for field in fields}
    takes_context = "context" in known
    if name in known or (takes_context and name.startswith(CONTEXT) and len(name) > len(CONTEXT)):
        return
    raise InvalidInput(
        f"There is no field {column_list([name])} to map.",
        field=name,
        remedy=f"Fields: {', '.join(sorted(known))}{', context.NAME' if takes_context else ''}.",
    )


def _found(
    paths: tuple[str, ...], columns: Sequence[str], *, taken: set[str], name: str, is_certain: bool
) -> tuple[str, ...]:
    """Where it may lie in this file: the first plain column there is, and every path before it."""
    if name.startswith(WITHIN):
        return paths
    found: list[str] = []
    for path in paths:
        if is_certain and path in taken and path in columns:
            continue
        if path in columns:
            found.append(path)
            if is_certain:
                break
        elif _may_lie(path, columns, is_certain=is_certain):
            found.append(path)
    return tuple(found)


def _may_lie(path: str, columns: Sequence[str], *, is_certain: bool) -> bool:
    """Whether a path may lead somewhere in this file; what is no path is the name of a column that is not there."""
    try:
        steps = steps_of(path)
    except ValueError:
        return False
    return not is_certain or (len(steps) > 1 and steps[0].name in columns)

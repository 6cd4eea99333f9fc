"""Writes an importer as the TOML file it can be read from again: a guess that was right is kept for the next export."""

import json
from collections.abc import Mapping
from typing import Any

from loop.collect.files.importers import Importer, RowRule
from loop.collect.files.reading import Options
from loop.collect.files.shapes import NOTHING, SHAPES


def importer_toml(importer: Importer, *, mapping: Mapping[str, str], options: Options) -> str:
    """The importer with what the user mapped and with the conventions that were found, as TOML."""
    lines = [f"says = {_value(importer.says)}"]
    if importer.recognise:
        lines.append(f"recognise = {_value(importer.recognise)}")
    if author := options.author or importer.author:
        lines.append(f"author = {_value(author)}")
    if order := options.order or importer.dates:
        lines.append(f"dates = {_value(order)}")
    for rule in importer.rows:
        lines += ["", "[[rows]]", *_rule(rule, mapping=mapping, options=options)]
    return "\n".join(lines) + "\n"


def _rule(rule: RowRule, *, mapping: Mapping[str, str], options: Options) -> list[str]:
    lines = [f"when = {_table(rule.when)}"] if rule.when else []
    lines.append(f"becomes = {_value(rule.becomes)}")
    if rule.becomes == NOTHING:
        return lines
    known = {field.name for field in SHAPES[rule.becomes].fields}
    mine = {name: path for name, path in mapping.items() if name in known or name.startswith("context.")}
    constants = {**rule.constants, **{name: one for name, one in options.constants.items() if name in known}}
    constants = {name: one for name, one in constants.items() if name not in mine}
    if constants:
        lines.append(f"constants = {_table(constants)}")
    low = rule.low if options.low is None else options.low
    high = rule.high if options.high is None else options.high
    lines += [f"{name} = {value}" for name, value in (("low", low), ("high", high)) if value is not None]
    columns: dict[str, tuple[str, ...]] = {**rule.columns, **{name: (path,) for name, path in mine.items()}}
    columns = {name: paths for name, paths in sorted(columns.items()) if name not in constants}
    if columns:
        lines += ["[rows.columns]", *(f"{_value(name)} = {_value(paths)}" for name, paths in columns.items())]
    for name, words in rule.words.items():
        lines += [f"[rows.words.{_value(name)}]", *(f"{_value(word)} = {_value(one)}" for word, one in words.items())]
    return lines


def _table(values: Mapping[str, Any]) -> str:
    return f"{{ {', '.join(f'{_value(name)} = {_value(value)}' for name, value in values.items())} }}"


def _value(value: Any) -> str:
    """A TOML value; a basic string is written as JSON writes it."""
    match value:
        case tuple() | list():
            return f"[{', '.join(map(_value, value))}]"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")

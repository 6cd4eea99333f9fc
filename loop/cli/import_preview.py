"""What `ratchet import` shows before it writes: how the file is read, five rows as they would arrive, and doubts."""

from collections.abc import Iterator
from typing import Any

from loop import collect
from loop.records import Feedback, Interaction
from loop.text.invisible import reveal

_WIDE = 88


def preview_lines(seen: collect.Look, *, name: str, hints: collect.FileHints) -> list[str]:
    """A look in words."""
    refused = f", {seen.found.refused:,} of them cannot be read" if seen.found.refused else ""
    lines = [f"{reveal(name)}: {seen.found.rows:,} rows{refused}. {seen.layout.said}."]
    if seen.found.refused < seen.found.rows:
        lines += _where(seen, dict(hints.mapping), hints.options.constants)
    lines += _conventions(seen)
    if seen.arriving:
        lines.append(f"{len(seen.arriving)} rows as they would arrive:")
        is_rated = not any(one.stops and one.field == "rating" for one in seen.doubts)
        for line, records in seen.arriving:
            lines += _row(line, records, is_rated=is_rated)
    if seen.refused:
        lines.append("Of the first rows these would be refused:")
        lines += [f"  line {row.line}: {row.reason}" for row in seen.refused]
    asked = [doubt for doubt in seen.doubts if doubt.stops]
    unsure = [doubt for doubt in seen.doubts if not doubt.stops]
    for title, doubts in (("Unsure:", unsure), ("To be settled before anything is written:", asked)):
        if doubts:
            lines.append(title)
            lines += [f"  {reveal(one.says)}{f'  → {reveal(one.remedy)}' if one.remedy else ''}" for one in doubts]
    return lines


def preview_json(seen: collect.Look) -> dict[str, Any]:
    """The same for a program."""
    return {
        "rows": seen.found.rows,
        "layout": seen.layout.model_dump(),
        "importer": seen.importer.model_dump(mode="json"),
        "scale": [seen.options.low, seen.options.high],
        "dates": seen.options.order,
        "decimal": seen.options.decimal,
        "arriving": [
            {
                "line": line,
                "interactions": [one.model_dump(mode="json", exclude_defaults=True) for one in made.interactions],
                "feedback": [one.model_dump(mode="json", exclude_defaults=True) for one in made.feedback],
                "articles": [one.model_dump(mode="json", exclude_defaults=True) for one in made.articles],
            }
            for line, made in seen.arriving
        ],
        "refused": [{"line": row.line, "reason": row.reason} for row in seen.refused],
        "doubts": [one._asdict() for one in seen.doubts],
    }


def _where(seen: collect.Look, mapping: dict[str, str], constants: dict[str, Any]) -> Iterator[str]:
    yield f"Read as {seen.importer.name}: {seen.importer.says}."
    rules = [rule for rule in seen.importer.rows if rule.becomes != "nothing"]
    if len(rules) != 1:
        return
    columns = {name: paths for name, paths in rules[0].columns.items() if paths}
    read = {**{name: " or ".join(paths[:3]) for name, paths in columns.items()}, **mapping}
    held = {path for paths in columns.values() for path in paths} | set(mapping.values())
    read = {name: path for name, path in sorted(read.items()) if name not in constants}
    if seen.importer.name != collect.GUESSED:
        read = mapping
    for name, path in read.items():
        yield f"  {name:<14} ← {reveal(path)}"
    for name, value in sorted({**rules[0].constants, **constants}.items()):
        yield f"  {name:<14} is {reveal(str(value))} in every row"
    rest = [
        column for column in seen.columns if not any(path.split(".")[0] == column or path == column for path in held)
    ]
    if rest and read:
        yield f"  kept beside: {reveal(', '.join(rest[:12]))}{' …' if len(rest) > 12 else ''}"


def _conventions(seen: collect.Look) -> Iterator[str]:
    told = []
    if seen.found.ratings and seen.options.low is not None and seen.options.high is not None:
        told.append(f"Ratings run from {seen.options.low:g} (worst) to {seen.options.high:g} (best)")
    if seen.options.unrated:
        told.append(f"{', '.join(sorted(seen.options.unrated))} is no rating")
    if seen.found.dates.dates and seen.options.order:
        told.append(f"dates begin with the {seen.options.order}")
    if seen.options.decimal == ",":
        told.append("numbers have a decimal comma")
    if told:
        yield f"{told[0][0].upper()}{told[0][1:]}{''.join(f'; {one}' for one in told[1:])}."


def _row(line: int, records: collect.RowRecords, *, is_rated: bool) -> Iterator[str]:
    about: dict[str, Interaction] = {one.id: one for one in records.interactions}
    for at, one in enumerate(records.interactions):
        if 1 <= at < len(about) - 1:  # of a long run, how it begins and how it ends
            if at == 1:
                yield f"      … {len(about) - 2} more"
            continue
        who = f"  {one.customer}" if one.customer else ""
        yield _line(f"  line {line}  {one.at:%Y-%m-%d %H:%M}{reveal(who[:30])}  asks: ", one.question)
        if one.answer or one.label:
            yield _line("      the agent: ", one.label or one.answer)
        for step in one.steps[:2]:
            yield _line("      ", f"{step.kind} {step.name} {step.input}")
    for item in records.feedback:
        where = "" if item.interaction_id in about else f" on {item.interaction_id}"
        yield _line("      → ", f"{_said(item, is_rated=is_rated)}{where}")
    for article in records.articles:
        yield _line(f"  line {line}  article ", f"{article.title}: {article.body}")


def _said(item: Feedback, *, is_rated: bool) -> str:
    """What it says; no number as long as nobody knows what the numbers mean."""
    value = "" if item.value is None else f" {item.value:.2f}" if is_rated else " ?"
    words = item.label or item.article_id or item.text
    return f"{item.kind.value}{value} by {item.author}{f': {words}' if words else ''}"


def _line(begin: str, text: str) -> str:
    whole = begin + reveal(" ".join(text[:500].split()))
    return whole if len(whole) <= _WIDE else f"{whole[: _WIDE - 1]}…"

"""From a text as it was to a text as it was rewritten: exact quotes and what replaces them (a patch by quotation)."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from loop.change.sections.instructions import replace_quote
from loop.errors import OperationRefused
from loop.records import EditInstructions


def edits_between(before: str, after: str) -> tuple[EditInstructions, ...]:
    """Edits that make `after` of `before`, each quoting as few lines as tell its place; empty when they are the same.

    Small quotes keep standing when another line changes meanwhile. Where they cannot express it, the whole is quoted.
    """
    if before == after:
        return ()
    whole = (EditInstructions(old=before, new=after),)
    edits = tuple(_edits(before, after))
    try:
        made = before
        for one in edits:
            made = replace_quote(made, old=one.old, new=one.new)
    except OperationRefused:
        return whole
    return edits if made == after else whole


def _edits(before: str, after: str) -> Iterator[EditInstructions]:
    was, now = before.split("\n"), after.split("\n")
    steps = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    for tag, i1, i2, j1, j2 in steps:
        if tag == "equal":
            continue
        if i1 == len(was) and before:
            yield EditInstructions(new="\n".join(now[j1:j2]))
            continue
        # A quote must be there once: take lines before it along until it is. What only comes or goes needs one anyway.
        start = i1 - (1 if i1 and (tag == "insert" or j1 == j2) else 0)
        end = i2 + (1 if not i1 and i2 < len(was) and (tag == "insert" or j1 == j2) else 0)
        while start and before.count("\n".join(was[start:end])) > 1:
            start -= 1
        old = "\n".join(was[start:end])
        yield EditInstructions(old=old, new="\n".join([*was[start:i1], *now[j1:j2], *was[i2:end]]))

"""Makes an importer for a file that none knows: what a row is, and which column is which of its fields."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from loop.collect.files.fields import CONTEXT
from loop.collect.files.guessing.columns import fields_in
from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.guessing.lacking import held_in_vain
from loop.collect.files.guessing.lexicon import header_score
from loop.collect.files.guessing.profiles import Profile, profiles_of
from loop.collect.files.guessing.threads import Thread, thread_in
from loop.collect.files.importers import Importer, RowRule
from loop.collect.files.shapes import SHAPES
from loop.records import FeedbackKind

GUESSED = "guessed"
"""Name of an importer that was made for one file."""

_EXCHANGES = (
    "question", "answer", "sent", "rating", "comment", "author", "rater", "customer", "at", "rated_at", "id",
    "episode_id", "label", "given_label", "topic", "taken_over", "reason", "kind",
)  # fmt: skip
_FEEDBACK = ("interaction_id", "rating", "comment", "author", "at", "label", "reason", "kind", "question", "answer")
_ARTICLES = ("title", "body", "id")
_TICKETS = ("rating", "comment", "customer", "at", "id", "topic")


class Guess(NamedTuple):
    """An importer for one file, and what is unsure of it."""

    importer: Importer
    doubts: tuple[Doubt, ...]
    is_whole: bool = True
    """Whether every field that is needed was found."""


def importer_for(
    fields: Sequence[Mapping[str, Any]], *, mapping: Mapping[str, str], constants: Mapping[str, Any]
) -> Guess:
    """An importer made for one file. `mapping` and `constants`: what the user says of it."""
    profiles = profiles_of(fields)
    told = {**mapping, **dict.fromkeys(constants, "")}
    thread = None if {"answer", "sent", "question"} & told.keys() else thread_in(profiles)
    if thread is not None and thread.is_chat:
        return Guess(_importer("trajectories", {"messages": thread.path, **_outcome(profiles)}), ())
    if thread is not None:
        return _tickets(thread, profiles, fields, told=told)
    shape, names = _shape_of(profiles, told)
    found = fields_in(profiles, names, taken=told, rows=fields)
    columns = {_RENAMED.get((shape, name), name): path for name, path in found.columns.items()}
    if shape == "exchanges":
        columns = _as_said(_label_or_topic(columns, told), constants, told)
    known = {*columns, *told}
    used = {*columns.values(), *mapping.values()}
    vain = held_in_vain(profiles, used=used, known=known) if shape == "exchanges" else []
    doubts = (*found.doubts, *_missing(shape, known, profiles), *vain)
    return Guess(_importer(shape, columns), doubts, is_whole=shape != "exchanges" or "question" in known)


_RENAMED = {("feedback", "rating"): "value", ("feedback", "comment"): "text"}


def _shape_of(profiles: Mapping[str, Profile], told: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """What a row is: articles, feedback on something named, or an exchange."""
    for shape, names in (("exchanges", _EXCHANGES), ("feedback", _FEEDBACK), ("articles", _ARTICLES)):
        known = {field.name for field in SHAPES[shape].fields}
        if (
            told
            and set(told) - {"id", "at", "author", "context"}
            and all(name in known or name.startswith(CONTEXT) for name in told)
        ):
            return shape, names
    whole = {name: set(fields_in(profiles, names, taken=told, rows=[]).columns) for name, names in _SHAPES.items()}
    asked = max((header_score("question", path) for path in profiles), default=0.0)
    if {"title", "body"} <= whole["articles"] and asked < 0.7 and not {"answer", "sent", "rating"} & whole["exchanges"]:
        return "articles", _ARTICLES
    if "interaction_id" in whole["feedback"] and not {"answer", "sent"} & whole["exchanges"]:
        texts = [path for path, one in profiles.items() if one.is_text]
        if len(texts) <= 1:
            return "feedback", _FEEDBACK
    return "exchanges", _EXCHANGES


_SHAPES = {"exchanges": _EXCHANGES, "feedback": _FEEDBACK, "articles": _ARTICLES}


def _label_or_topic(columns: dict[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """A category beside answers is what the question is about; alone it is the right label."""
    known = {*columns, *told}
    if {"answer", "sent", "rating"} & known and "label" in columns and "label" not in told:
        label = columns.pop("label")
        if "topic" not in known:
            columns["topic"] = label
    elif "label" not in known and "topic" in columns and not {"answer", "sent", "rating"} & known:
        columns["label"] = columns.pop("topic")
    return columns


def _as_said(columns: dict[str, str], constants: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, str]:
    """Where every row is a takeover or an edit, the one answer there is was sent by a person."""
    is_sent = constants.get("kind") in (FeedbackKind.TAKEOVER.value, FeedbackKind.EDIT.value)
    if is_sent and not {"answer", "sent"} & told.keys() and "answer" in columns and "sent" not in columns:
        columns["sent"] = columns.pop("answer")
    return columns


def _missing(shape: str, known: set[str], profiles: Mapping[str, Profile]) -> list[Doubt]:
    """What has to be asked for, or should be said."""
    if shape != "exchanges":
        return []
    if "question" not in known:
        names = ", ".join(list(profiles)[:12])
        says = f"No column looks like what was asked. Columns: {names}."
        return [Doubt("question", says, "--map question=COLUMN", stops=True)]
    doubts: list[Doubt] = []
    if "answer" in known and "sent" not in known:
        says = "The answers are taken as the agent's own; if a person wrote them, say so."
        doubts.append(Doubt("answer", says, "--map sent=COLUMN"))
    if not {"sent", "rating", "comment", "label", "article_id"} & known:
        doubts.append(Doubt("rating", "Nothing says whether an answer was right: the rows alone teach nothing."))
    if "sent" in known and "author" not in known:
        says = "Nothing says who sent an answer: all count as one person."
        doubts.append(Doubt("author", says, "--map author=COLUMN, or --author NAME"))
    return doubts


def _tickets(
    thread: Thread, profiles: Mapping[str, Profile], fields: Sequence[Mapping[str, Any]], *, told: Mapping[str, str]
) -> Guess:
    outer = {path: one for path, one in profiles.items() if path != thread.path}
    found = fields_in(outer, _TICKETS, taken=told, rows=fields)
    columns = {"messages": thread.path, **found.columns, **thread.columns}
    return Guess(_importer("tickets", columns, words=thread.words), (*thread.doubts, *found.doubts))


def _outcome(profiles: Mapping[str, Profile]) -> dict[str, str]:
    """The column that says how a run ended."""
    found = fields_in(profiles, ("rating", "id", "customer", "at"), taken={}, rows=[]).columns
    renamed = {"reward" if name == "rating" else name: path for name, path in found.items()}
    for path in ("reward", "success", "score", "passed", "resolved", "is_correct", "info.reward", "reward_info.reward"):
        if path in profiles and profiles[path].is_rating and "reward" not in renamed:
            renamed["reward"] = path
    return renamed


def _importer(shape: str, columns: Mapping[str, str], words: Mapping[str, dict[str, str]] | None = None) -> Importer:
    known = {field.name for field in SHAPES[shape].fields}
    silent: dict[str, tuple[str, ...]] = {name: () for name in known if name not in columns}
    rule = RowRule(
        becomes=shape,
        columns={**silent, **{name: (path,) for name, path in columns.items() if name in known}},
        words={name: dict(one) for name, one in (words or {}).items()},
    )
    return Importer(name=GUESSED, says=SHAPES[shape].says, rows=(rule,))

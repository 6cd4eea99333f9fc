"""Idempotent ingest, the one way in for every door: check the role, sanitize, append with a note in the journal.

A delivery may come again, whole or in pieces, in any order and by another door: what is known already
is counted as a duplicate and leaves no trace. The only effect is `Arrivals.append`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from loop import roles
from loop.change.sections import SECTIONS
from loop.collect.files.intake import Batch
from loop.collect.files.rows import RowError
from loop.collect.orders import orders_in
from loop.collect.sanitize import RefusedRecord, redacted_article, sanitize
from loop.errors import InvalidInput, OperationRefused
from loop.ports import Arrivals
from loop.records import Actor, Article, Feedback, Import, Interaction, JournalAction, Note, RowCounts, digest
from loop.records.raw import RawText
from loop.text.contacts import OwnContacts
from loop.text.redaction import Redaction


@dataclass(frozen=True, slots=True)
class Door:
    """A way in, and who stands in it."""

    actor: Actor
    """Who brings the records; the journal names them."""
    action: roles.Action
    """What the actor has to be allowed to do: `import`, or `correct` for a correction of their own."""
    journal: JournalAction
    """What the journal calls it."""
    at: datetime
    """When, for the journal; aware, UTC."""
    into: Import | None = None
    """The import that everything through this door is a part of; None: it is none."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What else the journal shall say, such as the digest of a file's name. No personal data."""
    own: OwnContacts | None = None
    """The company's own contact data, which are not masked; a file teaches it what many staff answers share."""
    keeps_raw: bool = False
    """What is masked is kept as it was written too, apart: the agent's retention of raw text is switched on."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery."""

    written: RowCounts
    """How many records were kept (`new`), replaced what was known (`updated`) or were known (`duplicate`)."""
    refused: tuple[RefusedRecord, ...]
    """Records that cannot be stored, each with its reason."""
    interactions: tuple[Interaction, ...]
    """As they were handed to the store."""
    feedback: tuple[Feedback, ...]
    """As it was handed to the store."""


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """What became of a file."""

    written: RowCounts
    """In records."""
    articles: tuple[Article, ...]
    """Redacted. They change what the agent says, so they are drafted (`desk.draft_articles`), never stored here."""
    ordering: int = 0
    """Interactions that hold text which gives orders to the system; they say so themselves."""


def receive(
    arrivals: Arrivals,
    *,
    door: Door,
    interactions: Iterable[Interaction] = (),
    feedback: Iterable[Feedback] = (),
    context: Iterable[Interaction] = (),
    redaction: Redaction = Redaction.ALL,
) -> Receipt:
    """Store what came through a door; idempotent.

    `context`: interactions known already that the feedback is about, for shared placeholders. A record that
    cannot be stored is refused with its reason and the rest goes on.
    Raises NotAllowed; StoreUnavailable, and then nothing, or the first part of a delivery, was kept: hand it in again.
    """
    roles.check(door.actor, door.action)
    raw_at = door.at if door.keeps_raw else None
    fit = sanitize(interactions, feedback, context=context, redaction=redaction, own=door.own, raw_at=raw_at)
    written, refused = _append(arrivals, (*fit.interactions, *fit.feedback), door=door, raw=fit.raw)
    lost = {id(one.record) for one in refused}
    return Receipt(
        written=written,
        refused=(*fit.refused, *refused),
        interactions=tuple(one for one in fit.interactions if id(one) not in lost),
        feedback=tuple(one for one in fit.feedback if id(one) not in lost),
    )


def receive_file(
    arrivals: Arrivals,
    batches: Iterable[Batch],
    *,
    door: Door,
    redaction: Redaction = Redaction.ALL,
    on_batch: Callable[[Batch, Sequence[RowError]], None],
) -> FileReceipt:
    """Store a file that is being read, batch by batch, each with its own note in the journal; idempotent.

    `on_batch` hears of every batch when it is kept, with all its rows that were not. A process that dies
    loses only batches it was not told of, and the next import of the file brings them.
    Raises like `receive`, and what reading the file raises.
    """
    written, shelf, ordering = RowCounts(), _Shelf(redaction), 0
    for batch in batches:
        about = {"lines read": str(batch.lines_read), "rows rejected": str(len(batch.rejected))}
        if door.own is not None:
            _learn_contacts(door.own, batch)
        receipt = receive(
            arrivals,
            door=replace(door, about={**door.about, **about}),
            interactions=batch.interactions,
            feedback=batch.feedback,
            context=batch.described,
            redaction=redaction,
        )
        written += receipt.written
        ordering += sum(bool(orders_in(one)) for one in receipt.interactions)
        unfit = [RowError(batch.lines[one.record.id], "field", one.reason) for one in receipt.refused]
        unfit += (refused for one in batch.articles if (refused := shelf.refuse(one, line=batch.lines[one.id])))
        on_batch(batch, sorted([*batch.rejected, *unfit], key=lambda row: row.line))
    return FileReceipt(written, tuple(shelf.kept.values()), ordering)


class _Shelf:
    """Articles of a file that may enter a version; one that may not is refused alone."""

    def __init__(self, redaction: Redaction) -> None:
        self.kept: dict[str, Article] = {}
        self._redaction = redaction

    def refuse(self, article: Article, *, line: int) -> RowError | None:
        """Take the article in, redacted, or say why not."""
        masked = redacted_article(article, self._redaction)
        try:
            SECTIONS["articles"].check(masked)
        except OperationRefused as refused:
            return RowError(line, "field", str(refused))
        if self.kept.setdefault(masked.id, masked) != masked:
            return RowError(line, "field", "Another article of the file has the same id. Keep one of them.")
        return None


def _learn_contacts(own: OwnContacts, batch: Batch) -> None:
    """What staff wrote in this batch, before it is masked: answers, and better answers by people."""
    asked = {one.id: one for one in (*batch.described, *batch.interactions)}
    for interaction in batch.interactions:
        whose = interaction.customer or interaction.episode_id or interaction.id
        own.learn(interaction.answer, conversation=whose, asked=interaction.question)
    for item in batch.feedback:
        about = asked.get(item.interaction_id)
        if item.kind.traits.is_rewrite:
            whose = (about.customer or about.episode_id) if about is not None else item.interaction_id
            own.learn(item.text, conversation=whose, asked=about.question if about is not None else "")


_Records = tuple[Interaction | Feedback, ...]


def _append(
    arrivals: Arrivals, records: _Records, *, door: Door, raw: Sequence[RawText] = ()
) -> tuple[RowCounts, tuple[RefusedRecord, ...]]:
    """Append in one transaction; halve what the store refuses until the record that it cannot keep stands alone."""
    if not records:
        return RowCounts(), ()
    interactions = tuple(one for one in records if isinstance(one, Interaction))
    feedback = tuple(one for one in records if isinstance(one, Feedback))
    try:
        note = _note(door, interactions, feedback)
        told = arrivals.append(interactions=interactions, feedback=feedback, notes=(note,), into=door.into, raw=raw)
    except InvalidInput as error:
        if len(records) == 1:
            return RowCounts(), (RefusedRecord(records[0], error.message),)
    else:
        return told, ()
    half = len(records) // 2
    first, refused = _append(arrivals, records[:half], door=door, raw=raw)
    second, refused_too = _append(arrivals, records[half:], door=door, raw=raw)
    return first + second, (*refused, *refused_too)


def _note(door: Door, interactions: Sequence[Interaction], feedback: Sequence[Feedback]) -> Note:
    """One record is named by its id and digest, several are counted."""
    records: list[Interaction | Feedback] = [*interactions, *feedback]
    if len(records) == 1:
        subject, what = records[0].id, {type(records[0]).__name__.lower(): digest(records[0])}
    else:
        counts = {"interactions": str(len(interactions)), "feedback": str(len(feedback))}
        subject, what = records[0].agent, counts
    return Note(actor=door.actor.name, action=door.journal, subject=subject, at=door.at, digests={**what, **door.about})

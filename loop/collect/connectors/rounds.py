"""Incremental pulls: rounds over a window of time, page by page, each page with the cursor that goes on after it.

A round reads what began between the last round's end and now, then what was judged in that time, whatever it is about;
both lists are read from a little before (an overlap), because traces end and reach their tool after they began. Ids are
those of the tool, so what is read twice is kept once. A round that breaks goes on at the page where it was.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

from loop.collect.connectors.trees import Trace
from loop.collect.connectors.wire import Listing, Window
from loop.collect.otlp.assembly import assemble
from loop.collect.otlp.judgements import Unclear, check_of, feedback_of, is_feedback
from loop.ports.cursors import Cursor
from loop.records import Feedback, Interaction

OVERLAP = timedelta(hours=1)
"""How long a trace may take from its beginning until its tool shows it whole."""

_SECOND = 1_000_000_000
"""Nanoseconds."""

Stream = Literal["started", "judged"]
"""The lists of a round, in their order."""
UNANSWERED = "A trace tells no question and no answer."


class Connector(Protocol):
    """One tool: which traces there are, and each of them whole."""

    def started(self, window: Window, token: str) -> Listing:
        """Traces that began in the window. `token`: the page, as the page before named it; empty: the first."""
        ...

    def judged(self, window: Window, token: str) -> Listing:
        """Traces that somebody judged in the window, whenever they began."""
        ...

    def traces(self, ids: Sequence[str]) -> list[Trace]:
        """These traces, whole, with everything said of them; those that have not ended are left out."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Whose traces these are, as the operator said."""

    agent: str
    door: str
    """The `source` of the records, such as `pull:phoenix`."""
    author: str
    """For judgements that name nobody; all of them are one person's."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page came to."""

    interactions: tuple[Interaction, ...]
    feedback: tuple[Feedback, ...]
    rejected: Mapping[str, int]
    """By reason, in words that quote nothing."""
    cursor: Cursor
    """Where to go on once this page is kept."""


def pages(connector: Connector, *, source: Source, cursor: Cursor, now: datetime) -> Iterator[Page]:
    """What is left of the round that `cursor` stands in, or the next one up to `now`, page by page.

    Raises Unreadable, and what asking raises; what was given out before is whole.
    """
    end = cursor.until or now
    window = Window(cursor.since if cursor.is_first else cursor.since - OVERLAP, end)
    streams: tuple[Stream, ...] = get_args(Stream)
    token, known = cursor.token, set[str]()
    for number, stream in enumerate(streams):
        if cursor.stream and streams.index(cursor.stream) > number:
            continue
        while True:
            listing = (connector.started if stream == "started" else connector.judged)(window, token)
            wanted = [one for one in dict.fromkeys(listing.traces) if one and one not in known]
            known.update(wanted)
            told = connector.traces(wanted) if wanted else []
            told += [Trace(one.trace, (), [one]) for one in listing.judgements]
            token = listing.next
            if token:
                after = cursor.model_copy(update={"until": end, "stream": stream, "token": token})
            elif number + 1 < len(streams):
                after = cursor.model_copy(update={"until": end, "stream": streams[number + 1], "token": ""})
            else:
                after = Cursor(since=end, is_first=False)
            yield _page(told, listing.refused, source=source, now=now, cursor=after)
            if not token:
                break


def _page(told: Sequence[Trace], refused: Sequence[str], *, source: Source, now: datetime, cursor: Cursor) -> Page:
    interactions: list[Interaction] = []
    feedback: list[Feedback] = []
    rejected = Counter(refused)
    for trace in told:
        rejected.update(trace.refused)
        checks = []
        over = max((part.ended for part in trace.parts), default=0)
        for judgement in trace.judgements:
            if not is_feedback(judgement):
                is_cut = judgement.at < over < judgement.at + _SECOND  # tools cut the times of judgements to seconds
                checks.append(check_of(judgement.model_copy(update={"at": over}) if is_cut else judgement))
                continue
            try:
                feedback.append(
                    feedback_of(
                        judgement,
                        agent=source.agent,
                        interaction=trace.id,
                        author=source.author,
                        source=source.door,
                        received_at=now,
                    )
                )
            except Unclear as unclear:
                rejected[str(unclear)] += 1
        made = assemble([*trace.parts, *checks], agent=source.agent, source=source.door) if trace.parts else None
        if made is not None:
            interactions.append(made)
        elif trace.parts or not trace.judgements:
            rejected[UNANSWERED] += 1
    return Page(tuple(interactions), tuple(feedback), dict(rejected), cursor)

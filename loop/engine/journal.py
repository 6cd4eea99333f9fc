"""What the engine says: to the journal, and of each stage."""

from dataclasses import dataclass, field

from loop.ports import Parts
from loop.records import JournalAction, Note
from loop.records.access import ENGINE as ENGINE


@dataclass
class StageTally:
    """What a stage counted, while it runs."""

    counts: dict[str, int] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def note(
    parts: Parts,
    action: JournalAction,
    *,
    subject: str,
    digests: dict[str, str] | None = None,
    counts: dict[str, int] | None = None,
) -> Note:
    told = {name: str(count) for name, count in (counts or {}).items() if count}
    return Note(actor=ENGINE, action=action, subject=subject, digests=(digests or {}) | told, at=parts.clock())

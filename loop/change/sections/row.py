"""The row every section of a bundle fills in: what its elements are, so that every operation on them follows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from loop.change.footprint import Footprint
from loop.records import Operation, SectionName, StakesLevel
from loop.text.counting import count

Element = TypeVar("Element")

TITLE_MAX = 80
"""Characters of a title before it is cut."""


@dataclass(frozen=True)
class Step(Generic[Element]):
    """One element before and after one operation."""

    old: Element | None
    """None: it was not there."""
    new: Element | None
    """None: it goes."""


class Reason(NamedTuple):
    """Why a wrong decision would cost at least this much."""

    level: StakesLevel
    words: str


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field of an element that a person may word."""

    name: str
    """Attribute of the element."""
    label: str
    kind: Literal["line", "name", "text", "long", "lines", "flag", "number", "conditions"]
    """`name`: a line that may be missing. `lines`: a tuple of texts, one on each line. `conditions`: of a rule."""
    low: float = 0
    high: float | None = None
    """Range of a number; None: no upper end."""


@dataclass(frozen=True, kw_only=True)
class Section(Generic[Element]):
    """One section of a bundle. A field without a default cannot be forgotten."""

    name: SectionName
    """The field of the bundle."""
    label: str
    """What a screen calls an element of it."""
    noun: str
    """What a sentence calls an element of it."""
    words: Callable[[Element], str]
    """The complete text a reviewer reads; equal exactly when the elements are."""
    title: Callable[[Element], str]
    """At most TITLE_MAX characters."""
    check: Callable[[Element], None]
    """Whether it may enter a version. Raises OperationRefused."""
    summary: Callable[[Sequence[Step[Element]]], str]
    """What an operation changes, as the title of a proposal."""
    says: Callable[[Step[Element]], Iterable[str]]
    """New texts the agent may say or follow; a question it is asked is neither."""
    stakes: Callable[[Sequence[Step[Element]]], Iterable[Reason]]
    """What an operation costs at least, whatever it says."""
    footprint: Callable[[Element], Footprint]
    """What an element teaches."""
    fields: tuple[FormField, ...]
    """What a person may word, in the order of the form; empty for a plain text."""
    draft: Callable[[str], Operation] | None
    """By a fresh id: the operation a person fills in to add an element; None: not drafted by hand."""
    tells_place: bool = False
    """Whether the order decides, so that a reviewer must see the place."""


def shorten(text: str, most: int = TITLE_MAX) -> str:
    """One line of at most so many characters, cut between words; a word that is most of it is cut itself."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    whole = cut if line[most - 1] == " " else cut.rpartition(" ")[0]
    return (whole if len(whole) > most // 2 else cut).rstrip(" ,;:") + "…"


def summary_of_many(steps: Sequence[Step[Any]], *, noun: str, many: str = "") -> str:
    """What an operation on several elements changes: how many come or change, how many go."""
    put = sum(step.new is not None for step in steps)
    gone = len(steps) - put
    if not gone:
        return f"Set {count(put, noun, many)}"
    return f"Set {put} and retire {gone} {many or noun + 's'}" if put else f"Retire {count(gone, noun, many)}"

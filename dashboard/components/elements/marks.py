"""Word marks: what came and what went between two texts, as HTML that is also heard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.components.elements.diff import Piece, compare
from dashboard.components.elements.markup import Markup, join, tag

ALIKE = 0.3
"""Share of two texts that must be the same before words are marked: below it every word would be."""

EDITED = {"gone": " deleted: ", "new": " inserted: "}
"""How marks are heard where one text became the other; with a space, since a word keeps its own to itself."""
VERSUS = {"gone": "only here: ", "new": "only here: "}
"""How they are heard where two stand against each other."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Two texts side by side, with the words that differ marked."""

    before: Markup
    after: Markup
    signature: tuple[tuple[str, str], ...]
    """What was marked, in order: the same words changed in the same way give the same one. Empty: nothing is marked."""


def marked(pieces: Iterable[Piece], *, spoken: Mapping[str, str] = EDITED) -> Markup:
    """The pieces of one line; spaces alone are made visible where they are what changed."""
    return join(_piece(piece, spoken) for piece in pieces)


def woven(before: str, after: str) -> Markup:
    """The second text with what went and what came marked in place."""
    lines = [
        marked(row.right if row.left == row.right else _in_one(row.left, row.right))
        for row in compare(before, after).rows
    ]
    return tag("div", join(lines, "\n"), css="rt-text")


def sides(before: str, after: str, *, spoken: Mapping[str, str] = EDITED) -> Sides:
    """Both texts with their differing words marked; without marks where they have next to nothing in common."""
    rows = compare(before, after).rows
    left = [row.left for row in rows if row.left_number is not None]
    right = [row.right for row in rows if row.right_number is not None]
    pieces = [piece for line in (*left, *right) for piece in line]
    same = sum(len(piece.text) for piece in pieces if piece.mark == "same")
    if same < ALIKE * sum(len(piece.text) for piece in pieces):
        return Sides(before=_plain(before), after=_plain(after), signature=())
    return Sides(
        before=join((marked(line, spoken=spoken) for line in left), "\n"),
        after=join((marked(line, spoken=spoken) for line in right), "\n"),
        signature=tuple((piece.mark, piece.text.strip()) for piece in pieces if piece.mark != "same"),
    )


def _plain(text: str) -> Markup:
    return join([text])


def _in_one(left: Sequence[Piece], right: Sequence[Piece]) -> list[Piece]:
    """Both sides of one line: what went before what came, what stayed once."""
    woven: list[Piece] = []
    gone, come = list(left), list(right)
    while gone or come:
        if gone and gone[0].mark == "gone":
            woven.append(gone.pop(0))
        elif come and come[0].mark == "new":
            woven.append(come.pop(0))
        else:
            woven += come[:1]
            gone, come = gone[1:], come[1:]
    return woven


def _piece(piece: Piece, spoken: Mapping[str, str]) -> Markup | str:
    if piece.mark == "same":
        return piece.text
    name = "del" if piece.mark == "gone" else "ins"
    shown = piece.text.replace(" ", "·").replace("\t", "→") if not piece.text.strip() else piece.text
    return tag(name, tag("span", spoken[piece.mark], css="rt-aloud"), shown)

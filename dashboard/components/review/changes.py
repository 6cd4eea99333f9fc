"""The diff view of a proposal: every changed character is seen, side by side, inline or plain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import streamlit as st

from dashboard import page_run
from dashboard.components.elements import words
from dashboard.components.elements.diff import Fold, Piece, Row, compare, fold
from dashboard.components.elements.marks import marked
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.paging import page_of
from dashboard.components.review.remarks import beside
from loop.change.blocks import blocks
from loop.change.sections import SECTIONS
from loop.records import Change
from loop.records.remarks import Remark

Layout: TypeAlias = Literal["Side by side", "Inline", "Plain"]
LAYOUTS: tuple[Layout, ...] = ("Side by side", "Inline", "Plain")

PER_PAGE = 20
"""Elements on one page of a large bundle."""

_SIGNS = {"gone": "−", "new": "+", "same": ""}


def choose_layout(*, key: str) -> Layout:
    """The reader's layout, remembered for the session."""
    return st.segmented_control(
        "How to show the change",
        LAYOUTS,
        default=LAYOUTS[0],
        required=True,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )


@dataclass(frozen=True)
class Folded:
    """One changed element, and those that get the very same edit."""

    change: Change
    alike: tuple[Change, ...] = ()


def folded(changes: Sequence[Change]) -> list[Folded]:
    """Elements edited by the same words as one, examples with the same answer too, in the order of the first."""
    by_place = {(one.section, one.element_id): one for one in changes}
    members: dict[tuple[str, str], tuple[Change, ...]] = {}
    for block in page_run.once(blocks)(tuple(changes)):
        some = [by_place[block.section, key] for key in block.members if (block.section, key) in by_place]
        for place, one in enumerate(some):
            members[one.section, one.element_id] = tuple(some[1:]) if place == 0 else (one,)
    found = []
    for one in changes:
        alike = members.get((one.section, one.element_id), ())
        if alike != (one,):
            found.append(Folded(one, alike))
    return found


def show_changes(
    changes: Sequence[Change],
    *,
    layout: Layout,
    key: str,
    left: str = "Live now",
    right: str = "Proposed",
    is_decided_as_one: bool = False,
    remarks: Sequence[Remark] = (),
) -> None:
    """All changed elements, `PER_PAGE` at a time, the same edit of many as one. Only unchanged lines are folded.

    `is_decided_as_one`: say that a decision covers every page. `remarks`: comments, shown beside their lines.
    """
    if not changes:
        show(tag("p", "Nothing differs.", css="rt-quiet"))
        return
    elements = folded(changes)
    shown: Sequence[Folded] = elements
    if len(changes) > PER_PAGE:
        st.caption(_covered(changes, shown=len(elements), is_decided_as_one=is_decided_as_one))
    if len(elements) > PER_PAGE:
        shown = page_of(elements, size=PER_PAGE, key=f"{key}-page")
    if layout == "Plain":
        st.code(plain([one for each in shown for one in (each.change, *each.alike)]), language="diff", wrap_lines=True)
    else:
        show(render(shown, layout=layout, left=left, right=right, remarks=remarks))


def render(
    elements: Sequence[Folded], *, layout: Layout, left: str, right: str, remarks: Sequence[Remark] = ()
) -> Markup:
    """The elements as one table. An element that only comes or only goes needs one column, whatever the layout."""
    diffs = [(one, compare(one.change.before, one.change.after)) for one in elements]
    total = sum(diff.changes for _, diff in diffs)
    one_sided = layout == "Inline" or all(not one.change.before or not one.change.after for one in elements)
    body: list[Markup] = []
    passed = 0
    width = 4 if one_sided else 6
    for one, diff in diffs:
        change, said = one.change, beside(remarks, one.change)
        body.append(_element_head(one, width=width))
        last = 0
        for row in fold(diff):
            if isinstance(row, Fold):
                body.append(_fold(row, width=width))
                continue
            place = _place(passed + row.change, total) if row.change > last else None
            last = max(last, row.change)
            if one_sided:
                body.extend(_inline(row, place=place))
            elif not change.before or not change.after:
                body.append(_wide(row, place=place))
            else:
                body.append(_beside(row, place=place))
            body.extend(_said(row, said, width=width))
        body.extend(_alike(one, width=width))
        passed += diff.changes
    added = sum(diff.words_added for _, diff in diffs)
    removed = sum(diff.words_removed for _, diff in diffs)
    label = f"{words.count(added, 'word')} added, {removed:,} removed, {words.count(total, 'change')}"
    head = _head(one_sided=one_sided, left=left, right=right)
    table = tag("table", head, tag("tbody", body), css="rt-diff")
    return tag(
        "div",
        tag("div", label, css="rt-diff-sum"),
        table,
        css="rt-diff-box",
        role="region",
        tabindex="0",
        aria_label=label,
    )


def plain(changes: Sequence[Change]) -> str:
    """The same difference as plain lines to copy; hidden characters are kept as they are."""
    lines: list[str] = []
    for change in changes:
        lines.append(f"@@ {SECTIONS[change.section].label}: {change.title}")
        for row in compare(change.before, change.after).rows:
            left, right = _joined(row.left), _joined(row.right)
            if not row.change:
                lines.append(f"  {left}")
                continue
            lines += [f"- {left}"] if row.left_number is not None else []
            lines += [f"+ {right}"] if row.right_number is not None else []
    return "\n".join(lines)


def _covered(changes: Sequence[Change], *, shown: int, is_decided_as_one: bool) -> str:
    """How many there are, how many of them are drawn, and what a decision covers."""
    told = [_summary(changes)]
    if shown < len(changes):
        told.append(f"Those that say the same are shown once: {words.count(shown, 'piece')}.")
    if shown > PER_PAGE:
        told.append(f"Shown {PER_PAGE} at a time on {-(-shown // PER_PAGE)} pages.")
    if is_decided_as_one:
        told.append(f"A decision covers all {len(changes)}.")
    return " ".join(told)


def _summary(changes: Sequence[Change]) -> str:
    came = sum(1 for change in changes if not change.before)
    went = sum(1 for change in changes if not change.after)
    told = [(came, "added"), (went, "removed"), (len(changes) - came - went, "changed")]
    return ", ".join(f"{number} {verb}" for number, verb in told if number) + "."


def _head(*, one_sided: bool, left: str, right: str) -> Markup:
    if one_sided:
        cells = [("line", "rt-no"), ("line", "rt-no"), ("change", "rt-sign"), (f"{left} and {right.lower()}", "")]
    else:
        narrow = [("line", "rt-no"), ("change", "rt-sign")]
        cells = [*narrow, (left, ""), *narrow, (right, "")]
    # The narrow columns need no heading to be seen, but one to be heard.
    heads = [tag("span", name, css="rt-aloud") if css else name for name, css in cells]
    return tag(
        "thead", tag("tr", [tag("th", head, css=css, scope="col") for head, (_, css) in zip(heads, cells, strict=True)])
    )


def _element_head(one: Folded, *, width: int) -> Markup:
    change, noun = one.change, SECTIONS[one.change.section].noun
    is_edit = bool(change.before and change.after)
    same = f"the same edit in {words.count(len(one.alike) + 1, noun)}"
    many = "" if not one.alike else same if is_edit else f"one answer to {len(one.alike) + 1} questions"
    what = "new" if not change.before else "goes" if not change.after else "changed"
    return tag(
        "tr",
        tag(
            "td",
            tag("span", SECTIONS[change.section].label, css="rt-chip"),
            tag("b", change.title) if _is_told_by_title(change) else None,
            tag("b", many) if many else None,
            tag("span", what, css=f"rt-what rt-what-{what}"),
            colspan=str(width),
        ),
        css="rt-element",
    )


def _is_told_by_title(change: Change) -> bool:
    """Whether the title says more than the section and the lines below it do."""
    return change.title != SECTIONS[change.section].label and change.section not in ("examples", "rules")


def _fold(fold: Fold, *, width: int) -> Markup:
    hidden = tag("div", [tag("div", _joined(row.left) or " ") for row in fold.rows], css="rt-folded")
    summary = tag("summary", f"{len(fold.rows)} unchanged lines")
    return tag("tr", tag("td", tag("details", summary, hidden), colspan=str(width)), css="rt-fold")


def _alike(one: Folded, *, width: int) -> list[Markup]:
    """The others that get this edit: of each the lines that are its own; what changes in them is shown above."""
    if not one.alike:
        return []
    shown = {*one.change.before.split("\n"), *one.change.after.split("\n")}
    texts = [(other.after or other.before).split("\n") for other in one.alike]
    own = [
        [line for line in lines if line not in shown] or [other.title]
        for other, lines in zip(one.alike, texts, strict=True)
    ]
    listed = [tag("div", "\n".join(lines)) for lines in own]
    is_edit = bool(one.change.before and one.change.after)
    told = "The same words change in {} more" if is_edit else "The same answer to {} more"
    summary = tag("summary", told.format(len(one.alike)))
    return [
        tag(
            "tr",
            tag("td", tag("details", summary, tag("div", listed, css="rt-folded")), colspan=str(width)),
            css="rt-fold",
        )
    ]


def _said(row: Row, said: dict[tuple[str, int], list[Markup]], *, width: int) -> list[Markup]:
    """Comments on the lines of this row."""
    places = (("before", row.left_number), ("after", row.right_number))
    some = [one for side, number in places if number is not None for one in said.get((side, number), [])]
    return [tag("tr", tag("td", some, colspan=str(width)), css="rt-beside")] if some else []


def _wide(row: Row, *, place: Markup | None) -> Markup:
    """A row of an element that only comes or only goes: across both columns."""
    is_new = row.left_number is None
    css = "rt-new" if is_new else "rt-gone"
    return tag(
        "tr",
        _number(row.right_number if is_new else row.left_number, css=css),
        _sign("new" if is_new else "gone", css=css),
        tag("td", place, marked(row.right if is_new else row.left), css=f"rt-line rt-whole {css}", colspan="4"),
    )


def _beside(row: Row, *, place: Markup | None) -> Markup:
    whole = _whole(row)
    left, right = (
        ("rt-gone" if row.left else "rt-none", "rt-new" if row.right else "rt-none") if row.change else ("", "")
    )
    return tag(
        "tr",
        _number(row.left_number, css=left),
        _sign("gone" if row.change and row.left_number is not None else "same", css=left),
        tag("td", marked(row.left), css=f"rt-line {left}{whole}"),
        _number(row.right_number, css=right),
        _sign("new" if row.change and row.right_number is not None else "same", css=right),
        tag("td", place, marked(row.right), css=f"rt-line {right}{whole}"),
        css="rt-two" if row.change else "rt-two rt-same",
    )


def _inline(row: Row, *, place: Markup | None) -> list[Markup]:
    if not row.change:
        cells = (_number(row.left_number), _number(row.right_number), _sign("same"))
        return [tag("tr", cells, tag("td", marked(row.right), css="rt-line"))]
    rows = []
    whole = _whole(row)
    if row.left_number is not None:
        cells = (_number(row.left_number, css="rt-gone"), _number(None, css="rt-gone"), _sign("gone", css="rt-gone"))
        rows.append(tag("tr", cells, tag("td", place, marked(row.left), css=f"rt-line rt-gone{whole}")))
        place = None
    if row.right_number is not None:
        cells = (_number(None, css="rt-new"), _number(row.right_number, css="rt-new"), _sign("new", css="rt-new"))
        rows.append(tag("tr", cells, tag("td", place, marked(row.right), css=f"rt-line rt-new{whole}")))
    return rows


def _whole(row: Row) -> str:
    """A line without a counterpart is marked as a whole, not word by word."""
    return " rt-whole" if None in (row.left_number, row.right_number) else ""


def _place(number: int, total: int) -> Markup:
    return tag("span", f"change {number} of {total}", css="rt-place")


def _number(number: int | None, *, css: str = "") -> Markup:
    return tag("td", "" if number is None else str(number), css=f"rt-no {css}".strip())


def _sign(mark: Literal["same", "gone", "new"], *, css: str = "") -> Markup:
    return tag("td", _SIGNS[mark], css=f"rt-sign {css}".strip())


def _joined(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)

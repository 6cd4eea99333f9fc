"""A text editor with a live word diff: what one types is compared with another text in the browser, key by key.

It stands inside a form and sends its text with it. What it sends names the item it was drawn for: a text typed for
one item never lands in another (`read_text` refuses it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from loop.errors import Conflict

_SCRIPT = Path(__file__).with_suffix(".js")


@dataclass(frozen=True)
class Offer:
    """A text that one press puts into the box; Ctrl+Z takes it out again."""

    says: str
    """On the button."""
    text: str


def show_editor(
    label: str,
    *,
    key: str,
    item: str,
    value: str,
    before: str | None = None,
    offers: Sequence[Offer] = (),
    look: Mapping[str, Any] | None = None,
) -> None:
    """The box, filled with `value`, and below it how its text differs from `before` (else from `value`).

    `key` must name the item too, so that another item is another box. `look`: `rows`, `placeholder`, `lang`,
    `isReadOnly`, `unchanged` (the words under a text nobody changed yet).
    """
    drawn = {"rows": 4, "placeholder": "", "lang": "", "isReadOnly": False, "unchanged": "Nothing changed yet"}
    _component()(
        key=key,
        data={
            **drawn,
            **(look or {}),
            "label": label,
            "item": item,
            "value": value,
            "before": value if before is None else before,
            "offers": [asdict(one) for one in offers],
        },
    )


def read_text(key: str, *, item: str, value: str) -> str:
    """What stands in the box; `value` while nobody typed. Raises Conflict when the text is another item's."""
    state = st.session_state.get(key)
    sent = state.get("text") if isinstance(state, Mapping) else None
    if sent is None:
        return value
    if not isinstance(sent, Mapping) or sent.get("item") != item or not isinstance(sent.get("text"), str):
        raise Conflict(
            "The text was typed for another item, so nothing was kept.", remedy="Look at what is shown, and type again."
        )
    return str(sent["text"])


@cache
def _component() -> Any:
    return st.components.v2.component("editor", js=_SCRIPT.read_text(encoding="utf-8"), isolate_styles=False)

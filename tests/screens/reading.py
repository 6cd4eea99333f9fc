"""What a person would read on a page that was run without a browser."""

import json
from html.parser import HTMLParser
from typing import Any

from streamlit.testing.v1 import AppTest


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(html: str) -> str:
    """The text of a piece of HTML, as a browser would show it."""
    parser = _Words()
    parser.feed(html)
    return "".join(parser.words)


def tags(html: str) -> set[str]:
    """The tags a browser would make of a piece of HTML."""
    parser = _Words()
    parser.feed(html)
    return set(parser.tags)


def page_words(app: AppTest) -> str:
    """All text of the page that our own HTML and our lists show."""
    shown = [words(piece.value) for piece in app.html if "<style>" not in piece.value]
    return "\n".join((*shown, *(text for row in list_rows(app) for text in row_words(row))))


def list_rows(app: AppTest) -> list[dict[str, Any]]:
    """Every row of the lists that are walked by keyboard, as the browser is told of it."""
    lists = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "listbox"]
    return [row for one in lists for row in json.loads(one.json)["rows"]]


def row_words(row: dict[str, Any]) -> list[str]:
    """What a row says."""
    return [piece["text"] for piece in (*row["chips"], *row["lines"])]


def button(app: AppTest, prefix: str):  # type: ignore[no-untyped-def]  # Streamlit does not export the type
    """The one button whose key begins so."""
    found = [one for one in app.button if (one.key or "").startswith(prefix)]
    assert len(found) == 1, [one.key for one in app.button]
    return found[0]


def shortcuts(app: AppTest) -> list[str]:
    """Every key that would fire on this page."""
    return [one.proto.shortcut for one in app.button if one.proto.shortcut and not one.proto.disabled]


def param(app: AppTest, name: str) -> str:
    """What the address bar says; given by a test it is a list, set by the page a text."""
    told = app.query_params[name]
    return told if isinstance(told, str) else str(told[0])

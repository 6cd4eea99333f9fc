"""Lists: where an item stands among the others, and one page of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True)
class QueuePosition:
    """Where an item stands in a list."""

    next_id: str | None
    previous_id: str | None


def position_in(ids: Sequence[str], shown: str) -> QueuePosition:
    """What comes before and after the one that is shown; of one that is not in the list the first comes next."""
    at = ids.index(shown) if shown in ids else -1
    return QueuePosition(
        next_id=ids[at + 1] if at + 1 < len(ids) else None, previous_id=ids[at - 1] if at > 0 else None
    )


def choose_page(n: int, *, size: int, key: str, bind: Literal["query-params"] | None = None) -> int:
    """The page that is looked at, from 1; where one holds all `n`, nothing to choose is shown."""
    pages = -(-n // size)
    return min(max(st.pagination(pages, key=key, bind=bind), 1), pages) if pages > 1 else 1


def page_of(items: Sequence[T], *, size: int, key: str, bind: Literal["query-params"] | None = None) -> Sequence[T]:
    """The items of the page that is looked at."""
    page = choose_page(len(items), size=size, key=key, bind=bind)
    return items[(page - 1) * size : page * size]

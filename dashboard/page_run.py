"""Memoization for one page run: what it asks more than once is read once, and read anew by the next run.

A fragment that runs by itself is a run of its own. Whatever writes (`afresh`) remembers nothing, and neither does a
callback. So what is shown is at most one run old; a write looks again itself (`storage.guard`).
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import streamlit as st

P = ParamSpec("P")
T = TypeVar("T")

_checks: list[Callable[[], None]] = []
_read: ContextVar[dict[Hashable, object] | None] = ContextVar("page_run", default=None)


@contextmanager
def begin() -> Iterator[None]:
    """From here on what was read is remembered; inside of a run that goes on, it goes on."""
    if _read.get() is not None:
        yield
        return
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


@contextmanager
def afresh() -> Iterator[None]:
    """Around whatever may write: nothing that was remembered is used in it, or after it."""
    before = _read.get()
    token = _read.set(None)
    try:
        yield
    finally:
        _read.reset(token)
        if before is not None:
            before.clear()


def is_on() -> bool:
    """Whether what is read now is remembered."""
    return _read.get() is not None


def once(read: Callable[P, T]) -> Callable[P, T]:
    """`read`, at most once per page run for the same arguments, which must be hashable."""

    @wraps(read)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
        held = _read.get()
        if held is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in held:
            held[key] = read(*args, **kwargs)
        return cast("T", held[key])

    return remembered


def before_fragments(check: Callable[[], None]) -> None:
    """`check` is done whenever a fragment runs by itself, before it: the page around it is not drawn then."""
    _checks[:] = [check]


def fragment(*, run_every: str | None = None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Streamlit's fragment, whose runs by themselves are page runs of their own."""

    def wrap(draw: Callable[P, None]) -> Callable[P, None]:
        @wraps(draw)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            is_of_its_own = not is_on()
            with begin():
                for check in _checks if is_of_its_own else ():
                    check()
                draw(*args, **kwargs)

        return st.fragment(run, run_every=run_every)

    return wrap

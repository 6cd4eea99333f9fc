"""Retry with exponential backoff, and failures in our words: a provider's own may quote the prompt or the key."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from loop.errors import InvalidInput, ModelFailed

RETRIES = 2
"""Further tries after a failure that may pass: timeouts, lost connections, 408, 409, 429 and 5xx."""
FIRST_PAUSE = 0.5
"""Seconds before the second try; four times as long before the third."""
LONGEST_PAUSE = 20.0
"""Seconds a server's Retry-After is honoured for, at most."""

_NAME = re.compile(r"[A-Za-z0-9][\w.@:+-]*(/[\w.@:+-]+)*", re.ASCII)
_PASSING = frozenset({408, 409, 425, 429})
T = TypeVar("T")


class CallFailed(Exception):
    """One try that failed."""

    def __init__(
        self,
        what: str,
        *,
        status: int | None = None,
        is_late: bool = False,
        is_lost: bool = False,
        retry_after: str = "",
    ) -> None:
        """`what`: the kind of error. `is_late`: no answer in time. `is_lost`: no connection."""
        super().__init__(what)
        self.status = status
        self.is_late = is_late
        self.is_lost = is_lost
        self.retry_after = retry_after

    @property
    def may_pass(self) -> bool:
        """Whether the same call may work a little later."""
        passing = self.status is not None and (self.status in _PASSING or 500 <= self.status < 600)
        return self.is_late or self.is_lost or passing


@dataclass(frozen=True)
class Remedies:
    """What the reader can do about each kind of failure."""

    late: str = "Raise RATCHET_MODEL_TIMEOUT or try again later."
    refused: str = "Check RATCHET_MODEL_API_KEY."
    unknown: str = "Check RATCHET_MODEL."
    busy: str = "Lower RATCHET_MODEL_CONCURRENCY or try again later."
    other: str = "Check the endpoint and the model's name."


OF_MODELS = Remedies()


@dataclass(frozen=True)
class Patience:
    """How often a call is tried again, and how long is waited between."""

    retries: int = RETRIES
    first: float = FIRST_PAUSE
    """Seconds before the second try, where the server says nothing."""
    growth: float = 4.0
    """How many times longer each further pause is."""
    shortest: float = 0.0
    longest: float = LONGEST_PAUSE
    """Seconds a server's Retry-After is honoured for, at least and at most."""

    def pause(self, failed: CallFailed, tries_done: int) -> float:
        """Seconds to wait before the next try."""
        if re.fullmatch(r"\d{1,5}(\.\d+)?", failed.retry_after):
            return min(max(float(failed.retry_after), self.shortest), self.longest)
        return self.first * self.growth**tries_done


OF_CALLS = Patience()


def with_retries(
    call: Callable[[], T], *, name: str, pause: Callable[[float], None], remedies: Remedies = OF_MODELS
) -> T:
    """The call's reply, after at most three tries. Raises ModelFailed."""
    return patiently(call, pause=pause, patience=OF_CALLS, in_words=lambda failed: _in_words(failed, name, remedies))


def patiently(
    call: Callable[[], T],
    *,
    pause: Callable[[float], object],
    patience: Patience,
    in_words: Callable[[CallFailed], Exception],
) -> T:
    """What a call gives, tried again while its failure may pass. Raises the last failure `in_words`."""
    for tries_done in range(patience.retries + 1):
        try:
            return call()
        except CallFailed as failed:
            if tries_done == patience.retries or not failed.may_pass:
                raise in_words(failed) from None
            wait = patience.pause(failed, tries_done)
        pause(wait)
    raise AssertionError("the last try returns or raises")


def text_of(reply: Mapping[str, object]) -> str:
    """The text of a completion. Raises ModelFailed for an empty or a cut reply, or one that is none."""
    text: object = None
    reason: object = None
    match reply:
        case {"choices": [{"message": {"content": text}, **rest}, *_]}:
            reason = rest.get("finish_reason")
    if reason == "length":
        raise ModelFailed("The model's reply was cut off.", remedy="Allow more tokens for a reply.")
    if not isinstance(text, str) or not text.strip():
        raise ModelFailed("The model gave an empty reply.")
    return text


def checked_name(name: str) -> str:
    """A model's name as LiteLLM writes it. Raises InvalidInput."""
    if len(name) > 200 or not _NAME.fullmatch(name):
        raise InvalidInput(
            "The model's name is not one.", field="model", remedy="Write it as LiteLLM does: openai/gpt-4o-mini."
        )
    return name


def _in_words(failed: CallFailed, name: str, remedies: Remedies) -> ModelFailed:
    if failed.is_late:
        return ModelFailed(f"{name} did not answer in time.", remedy=remedies.late)
    if failed.is_lost:
        return ModelFailed(f"{name} cannot be reached.", remedy="Check the address and the network.")
    match failed.status:
        case 401 | 403:
            return ModelFailed(f"{name} refused the key.", remedy=remedies.refused)
        case 404:
            return ModelFailed(f"{name} is not known at its endpoint.", remedy=remedies.unknown)
        case 429:
            return ModelFailed(f"{name} is busy (429).", remedy=remedies.busy)
    said = f"status {failed.status}" if failed.status is not None else str(failed)
    return ModelFailed(f"{name} failed ({said}).", remedy=remedies.other)

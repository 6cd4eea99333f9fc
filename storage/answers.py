"""Message authentication of kept answers: verdicts rest on them; one that was written from outside is asked again."""

from collections.abc import Mapping
from typing import Any

from loop.records import digest as digest_of
from storage.keys import JournalKeys

SIGNATURE = "signature"
"""Beside the fields of the answer, with the journal's key; missing where there is none."""


def signed_body(body: Mapping[str, Any], *, agent: str, digest: str, case_id: str, keys: JournalKeys) -> dict[str, Any]:
    """The body as it is kept: an answer of this bundle to this case."""
    made = keys.sign(digest_of([agent, digest, case_id, dict(body)]))
    return {**body, SIGNATURE: made} if made else dict(body)


def is_kept_by_us(body: Mapping[str, Any], *, agent: str, digest: str, case_id: str, keys: JournalKeys) -> bool:
    """Whether a stored body is as it was kept. Without a key at hand nothing can be told, and it is."""
    told = {name: value for name, value in body.items() if name != SIGNATURE}
    state = keys.check(digest_of([agent, digest, case_id, told]), body.get(SIGNATURE, ""))
    return state in ("good", "lost") or (state == "none" and not keys.keys)

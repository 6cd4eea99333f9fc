"""Content digests of arrivals: equal for two deliveries of the same thing, whatever fields the records get later."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from loop.records import Feedback, Interaction

SILENT: dict[str, dict[str, Any]] = {
    "Interaction": {
        "customer": "",
        "position": 0,
        "context": {},
        "answer": "",
        "label": None,
        "article_id": None,
        "method": "",
        "confidence": None,
        "uses": [],
        "version": None,
        "bundle_digest": None,
        "experiment_id": None,
        "arm": None,
        "probability": None,
        "topic": "",
        "steps": [],
        "source": "",
        "attributes": {},
    },
    "Step": {"name": "", "input": "", "output": "", "is_error": False, "milliseconds": None, "attributes": {}},
    "Feedback": {
        "value": None,
        "text": "",
        "label": None,
        "article_id": None,
        "reason": "",
        "teaches": True,
        "seconds_to_answer": None,
        "attributes": {},
    },
}
"""What each field that may be left out holds when it says nothing; then it is not part of the content.

A new field joins with its first default. A value never changes here, even when the record's default does:
the digests of everything stored rest on it.
"""

_NOT_CONTENT = frozenset({"received_at", "supersedes"})
"""Differ between two deliveries of the same feedback."""

_spell = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True).encode


def content_digest(record: Interaction | Feedback, payload: Mapping[str, Any]) -> str:
    """SHA-256 of what the record says. `payload` is the whole record as JSON values."""
    return digest_of(content_text(record, payload))


def digest_of(text: str) -> str:
    """SHA-256 of a content's text. Raises ValueError for half of a surrogate pair."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_text(record: Interaction | Feedback, payload: Mapping[str, Any]) -> str:
    """What the record says as JSON, in the one spelling that counts. Raises ValueError, TypeError."""
    content = _telling(payload, SILENT[type(record).__name__])
    if content.get("steps"):
        content["steps"] = [_telling(step, SILENT["Step"]) for step in content["steps"]]
    content["at"] = record.at.astimezone(UTC).isoformat()
    return _spell(content)


def _telling(payload: Mapping[str, Any], silent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in payload.items()
        if name not in _NOT_CONTENT and not (name in silent and value == silent[name])
    }

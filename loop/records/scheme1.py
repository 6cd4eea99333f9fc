"""Identity scheme 1, frozen: bundles that were named before digests covered all fields keep their names.

It left out every field that had its default, so the defaults of that time are part of it and stand here as data.
Nothing here may follow a change of the records.
"""

from collections.abc import Mapping
from typing import Any

from loop.records.identity import digest

_ELEMENTS: dict[str, dict[str, object]] = {
    "rules": {"answer": "", "label": None, "article_id": None, "hand_over": False},
    "examples": {"answer": "", "label": None, "feedback_id": None},
    "articles": {"questions": []},
    "approaches": {"is_enabled": False},
}
"""Sections of a bundle, with the defaults their elements had."""

_MODEL: dict[str, object] = {"name": "local", "temperature": 0.0, "max_tokens": 512, "examples_per_question": 4}


def bundle_digest(body: Mapping[str, Any]) -> str:
    """The digest under scheme 1 of a bundle's JSON body."""
    told: dict[str, object] = {
        name: value for name, value in body.items() if name not in _ELEMENTS and name not in ("instructions", "model")
    }
    if body.get("instructions"):
        told["instructions"] = body["instructions"]
    for section, defaults in _ELEMENTS.items():
        if body.get(section):
            told[section] = [_without(element, defaults) for element in body[section]]
    if model := _without(body.get("model", {}), _MODEL):
        told["model"] = model
    return digest(told)


def _without(element: Mapping[str, Any], defaults: Mapping[str, object]) -> dict[str, object]:
    missing = object()
    return {name: value for name, value in element.items() if value != defaults.get(name, missing)}

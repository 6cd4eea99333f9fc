"""Bodies nobody should send: broken JSON, numbers that are none, texts no database keeps, every field with every wrong
type. Each holds CANARY wherever it can, and no refusal may quote it."""

import json
from collections.abc import Iterator
from typing import Any

CANARY = "hush-canary-4711"

_FEEDBACK: dict[str, Any] = {"interaction_id": "i1", "kind": "comment", "text": CANARY, "author": "ann"}
_INTERACTION: dict[str, Any] = {"question": CANARY, "answer": CANARY}
_OUTCOME: dict[str, Any] = {"value": 1.0, "author": "ann", "reason": CANARY}
_TAKEOVER: dict[str, Any] = {"text": CANARY, "author": "ann"}

FEEDBACK_FIELDS = (
    *("id", "interaction_id", "episode_id", "kind", "value", "text", "label", "article_id", "reason", "teaches"),
    *("author", "at", "seconds_to_answer", "attributes", CANARY),
)
INTERACTION_FIELDS = (
    *("id", "episode_id", "customer", "position", "at", "question", "context", "answer", "label", "article_id"),
    *("method", "confidence", "version", "bundle_digest", "topic", "steps", "attributes", CANARY),
)
_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a negative number": -1,
    "a large number": 2**62,
    "a float": 1.5,
    "the largest float": 1.7e308,
    "an empty text": "",
    "blanks": " \t ",
    "a text": CANARY,
    "a long text": CANARY * 4_000,
    "a list": [CANARY],
    "an object": {CANARY: CANARY},
    "a list of lists": [[[CANARY]]],
    "an object of objects": {"a": {"b": {CANARY: [CANARY, None, 1.5]}}},
}
_RAW: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n ",
    "null": b"null",
    "a number": b"17",
    "a text": b'"' + CANARY.encode() + b'"',
    "a list": b"[]",
    "a list of objects": b'[{"kind": "thumbs"}]',
    "half an object": b'{"kind": "thumbs", "author": "' + CANARY.encode(),
    "two objects": b"{} {}",
    "a comma too many": b'{"kind": "thumbs",}',
    "single quotes": b"{'kind': 'thumbs'}",
    "a comment": b'{"kind": "thumbs" /* x */}',
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(_FEEDBACK).encode(),
    "UTF-16": json.dumps(_FEEDBACK).encode("utf-16"),
    "latin-1": json.dumps(_FEEDBACK | {"author": "Jürgen"}, ensure_ascii=False).encode("latin-1"),
    "overlong UTF-8": b'{"kind": "\xc0\xaf"}',
    "raw surrogate bytes": b'{"kind": "\xed\xa0\x80"}',
    "gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 40,
    "XML": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    "a form": b"kind=thumbs&author=ann",
    "pickled": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00.",
    "ten thousand lists": b"[" * 10_000,
    "a hundred thousand lists": b"[" * 100_000 + b"]" * 100_000,
    "fifty thousand objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "only colons": b":" * 100_000,
    "a raw control character": b'{"kind": "\x01"}',
    "a raw NUL": b'{"kind": "\x00"}',
    "NUL bytes": b"\x00" * 1_000,
}
_TEXTS: dict[str, str] = {
    "a lone high surrogate": r"\ud83d",
    "a lone low surrogate": r"\udc00x",
    "surrogates the wrong way round": r"\udc00\ud83d",
    "an escaped NUL": r"a\u0000b",
    "only an escaped NUL": r"\u0000",
    "noncharacters": r"\uffff\ufffe",
    "bidirectional controls": r"\u202e\u2066x\u2069",
    "tag characters": r"\udb40\udc41",
    "a thousand combining marks": r"e" + r"\u0301" * 1_000,
    "zero width": r"\u200b\u200d\ufeff",
}
"""As they stand between the quotes of a JSON text."""
_NUMBERS = (
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "-0.0", "0x10", "1_000", "01", "+1", ".5", "1."),
    *("9" * 400, "9" * 5_000, "-" + "9" * 5_000, str(2**63), str(-(2**63) - 1), str(2**64), "1" + "0" * 400 + ".0"),
)
_TIMES = (
    *("yesterday", "2026-06-01", "2026-06-01T12:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    *("2026-13-01T00:00:00Z", "2026-06-01T25:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "1780000000"),
    *("2026-06-01T12:00:00+99:99", "2026-W23-1T00:00:00Z", "٢٠٢٦-٠٦-٠١T00:00:00Z", "2026-06-01T12:00:00.9999999999Z"),
)


def hostile_bodies() -> Iterator[tuple[str, str, bytes]]:
    """What it is, the endpoint below the agent, and the body."""
    for name, raw in _RAW.items():
        for path in ("feedback", "interactions/batch"):
            yield f"{path}: {name}", path, raw
    for path, fields, good in (
        ("feedback", FEEDBACK_FIELDS, _FEEDBACK),
        ("interactions", INTERACTION_FIELDS, _INTERACTION),
    ):
        for field in fields:
            for name, value in _VALUES.items():
                yield f"{path}: {field} is {name}", path, json.dumps(good | {field: value}).encode()
    for name, text in _TEXTS.items():
        for path, field in (("feedback", "text"), ("feedback", "author"), ("interactions", "question")):
            yield f"{path}: {field} is {name}", path, _with(path, f'"{field}": "{text}"')
        yield f"attributes hold {name}", "feedback", _with("feedback", f'"attributes": {{"{text}": ["{text}"]}}')
    for digits in _NUMBERS:
        yield f"value is {digits[:12]}", "feedback", _with("feedback", f'"value": {digits}')
        yield f"version is {digits[:12]}", "interactions", _with("interactions", f'"version": {digits}')
        yield f"attributes hold {digits[:12]}", "feedback", _with("feedback", f'"attributes": {{"n": [{digits}]}}')
    for at in _TIMES:
        yield f"at is {at}", "feedback", json.dumps(_FEEDBACK | {"at": at}).encode()
    yield from _shapes()


def _shapes() -> Iterator[tuple[str, str, bytes]]:
    twice = _with("feedback", '"author": "bo"')
    yield "a name twice", "feedback", twice
    yield "a name twice within", "feedback", _with("feedback", '"attributes": {"a": 1, "a": 2}')
    yield "a name twice in a batch", "feedback/batch", b'{"feedback": [' + twice + b"]}"
    for depth in (10, 62, 63, 64, 65, 66, 500):
        nested = "[" * depth + "]" * depth
        yield f"attributes {depth} deep", "feedback", _with("feedback", f'"attributes": {{"a": {nested}}}')
    yield (
        "ten thousand attributes",
        "feedback",
        json.dumps(_FEEDBACK | {"attributes": {f"a{n}": n for n in range(10_000)}}).encode(),
    )
    yield "a body too large", "feedback", json.dumps(_FEEDBACK | {"text": "x" * 300_000}).encode()
    for path, name, good in (
        ("feedback/batch", "feedback", _FEEDBACK),
        ("interactions/batch", "interactions", _INTERACTION),
    ):
        for told, items in {
            "nothing": [],
            "no list": CANARY,
            "texts": [CANARY] * 3,
            "lists": [[good]],
            "nulls": [None, None],
            "one bad of two": [good, {CANARY: CANARY}],
            "too many": [good] * 1_001,
            "strange": [good | {"attributes": {CANARY: 2**70}}],
        }.items():
            yield f"{path} of {told}", path, json.dumps({name: items}).encode()
        yield f"{path} with more", path, json.dumps({name: [good], CANARY: 1}).encode()
        yield f"{path} without", path, b"{}"
    for path, good in (("episodes/e1/outcome", _OUTCOME), ("episodes/e1/takeover", _TAKEOVER)):
        for field in (*good, "at", CANARY):
            for name in ("null", "true", "a large number", "a list", "an object", "blanks"):
                yield f"{path}: {field} is {name}", path, json.dumps(good | {field: _VALUES[name]}).encode()


def _with(path: str, more: str) -> bytes:
    """A good body with one more field, spelled as it is."""
    good = _FEEDBACK if path == "feedback" else _INTERACTION
    name = more.split(":", 1)[0].strip('"')
    rest = {key: value for key, value in good.items() if key != name or more == '"author": "bo"'}
    return (json.dumps(rest)[:-1] + ", " + more + "}").encode()

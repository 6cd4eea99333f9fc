"""The texts that the detector of instructions learns from and is measured on, each with the source it comes from.

Cross-validated by source, never by row: texts of one source share words, authors and tricks. What stands in two
sources, word for word, counts for the first only.
"""

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from loop.text.spelling import normalise
from tests.bench.firewall_text.attacks import attacks
from tests.bench.firewall_text.benign import benign
from tests.bench.printing import data_folder

PUBLIC = ("deepset_train", "cyberseceval", "piguard_valid", "NotInject")
"""Attacks and look-alikes that others collected."""
SERVICE = ("banking77", "feedbackqa", "airline", "retailer")
"""Legitimate customer-service texts: questions, comments, articles, chats, tool outputs, policies."""
PER_KIND = {"banking77": 700, "feedbackqa": 400, "airline": 300, "retailer": 300}
"""Texts of a kind, drawn by seed: enough to see a false alarm in 300."""


class Text(NamedTuple):
    """One text with what it is."""

    source: str
    is_attack: bool
    text: str
    kind: str


def texts(*, seed: int = 0) -> list[Text]:
    """All texts, each once."""
    seen: set[str] = set()
    found = []
    for one in (*_public(), *_own(seed), *_service(seed)):
        key = normalise(one.text) or one.text
        if key not in seen:
            seen.add(key)
            found.append(one)
    return found


def _public() -> Iterator[Text]:
    for row in _lines(data_folder("prompt_injection") / "public.jsonl"):
        is_look_alike = "NotInject" in f"{row['source']} {row['note']}"
        source = "NotInject" if is_look_alike else str(row["source"])
        yield Text(source, bool(row["label"]), str(row["text"]), str(row["note"]))


def _own(seed: int) -> Iterator[Text]:
    yield from (Text("own", True, text, kind) for kind, text in attacks(seed=seed))
    yield from (Text("own", False, text, kind) for kind, text in benign())


def _service(seed: int) -> Iterator[Text]:
    draws = random.Random(seed)

    def some(source: str, kind: str, found: list[str]) -> Iterator[Text]:
        found = sorted({one.strip() for one in found if one.strip()})
        chosen = draws.sample(found, min(PER_KIND[source], len(found)))
        yield from (Text(source, False, one, kind) for one in chosen)

    with (data_folder("banking77") / "train.csv").open(encoding="utf-8", newline="") as file:
        yield from some("banking77", "question", [row["text"] for row in csv.DictReader(file)])
    folder = data_folder("feedbackqa_uk")
    yield from some("feedbackqa", "question", [str(row["question"]) for row in _lines(folder / "UK_questions.jsonl")])
    passages = [str(row["section_content"]) for row in _lines(folder / "UK_passages.jsonl")]
    yield from some("feedbackqa", "article", passages)
    comments = [str(one) for row in _lines(folder / "UK_feedback.jsonl") for one in row["comments"]]  # type: ignore[attr-defined]
    yield from some("feedbackqa", "comment", comments)
    said: dict[str, list[str]] = {"user": [], "assistant": [], "tool": []}
    for row in _lines(data_folder("tau_airline") / "trajectories.jsonl"):
        for message in row["messages"]:  # type: ignore[attr-defined]
            if message.get("content") and message["role"] in said:
                said[message["role"]].append(str(message["content"]))
    for role, found in said.items():
        yield from some("airline", role, found)
    guide = json.loads((data_folder("abcd_policies") / "guidelines.json").read_text(encoding="utf-8"))
    yield from some("retailer", "policy", list(_strings(guide)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str) and len(value.split()) > 3:
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)

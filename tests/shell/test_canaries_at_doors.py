"""Fifteen kinds of secrets and personal data through every door: none in any table, in what is answered, or in logs."""

import csv
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loop import collect, desk
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Article, EditInstructions, FeedbackState, Role
from tests import builders
from tests.otlp_bodies import genai, span, traces
from tests.serving import Client
from tests.shell import real_desk
from tests.shell.canaries import SECRETS, leaked, planted, quoted
from tests.shell.gateway_site import GatewaySite, run
from tests.shell.provider import Said, serve

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)


@pytest.fixture
def site(database_url: str) -> Iterator[GatewaySite]:
    """A server with all its doors, and a provider that says back what it was asked."""
    with (
        serve(lambda call: Said(json.loads(call.body)["messages"][0]["content"])) as provider,
        run(database_url, provider) as running,
    ):
        yield running


@pytest.fixture
def parts(site: GatewaySite) -> Parts:
    return real_desk.parts_after(site.database)


def test_every_canary_is_masked_by_itself() -> None:
    assert len(planted()) == 15


def test_the_api_keeps_none_and_says_none_back(site: GatewaySite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client(int(site.url.rpartition(":")[2]), site.key)
    for number, one in enumerate(planted()):
        body: dict[str, Any] = {
            "id": f"i{number}",
            "episode_id": f"e{number}",
            "question": one.text,
            "answer": one.text,
        }
        more = {"context": {"note": one.text}, "attributes": {"raw": {"deep": [one.text]}}, "customer": one.text}
        asked = client.interaction(body | more | {"at": builders.NOON.isoformat()})
        told = {"interaction_id": f"i{number}", "kind": "edit", "text": one.text, "reason": one.text, "author": "rita"}
        said = client.feedback(told | {"attributes": {"note": one.text}})
        wrong = client.feedback(told | {"kind": one.text})
        assert (asked.status, said.status, wrong.status) == (201, 201, 422)
        assert quoted((asked.body + said.body + wrong.body).decode()) == []
    assert len(site.all()) == 15
    assert leaked(site.database) == set()
    assert quoted(caplog.text) == []


def test_traces_keep_none(site: GatewaySite) -> None:
    client = Client(int(site.url.rpartition(":")[2]), site.key)
    for number, one in enumerate(planted(), start=1):
        told = json.dumps([{"role": "user", "parts": [{"type": "text", "content": one.text}]}])
        gave = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": one.text}]}])
        said = genai(**{"gen_ai.input.messages": told, "gen_ai.output.messages": gave, "note": one.text})
        reply = client.post("/v1/traces", traces([span(1, said, trace=f"{number:032x}")]))
        assert reply.status == 200
    assert leaked(site.database) == set()


def test_the_gateway_keeps_none_and_passes_all(site: GatewaySite) -> None:
    client = Client(int(site.url.rpartition(":")[2]), site.key)
    for number, one in enumerate(planted()):
        body = {"model": "m", "messages": [{"role": "user", "content": one.text}]}
        reply = client.post(f"/k/{site.key}/e/talk{number}/v1/chat/completions", body)
        assert json.loads(reply.body)["choices"][0]["message"]["content"] == one.text
    assert len(site.kept(15)) == 15
    assert leaked(site.database) == set()


def test_the_desk_keeps_none(site: GatewaySite, parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(1)])
    for number, one in enumerate(planted()):
        fix = desk.Correction(text=f"Say {one.text}", reason=one.text)
        said = desk.correct(parts, actor=OLGA, interaction_id="i1", correction=fix, door="dashboard")
        desk.judge(parts, [said.id], actor=OLGA, to=FeedbackState.EXCLUDED, reason=one.text)
        edit = EditInstructions(new=f"Be brief, {number}.")
        desk.draft(parts, actor=OLGA, operations=[edit], title=one.text, rationale=one.text)
    assert leaked(site.database) == set()


def test_articles_keep_no_secret(site: GatewaySite, parts: Parts) -> None:
    secrets = [one for one in planted() if one.name in SECRETS]
    for number, one in enumerate(secrets):
        raw = Article(id=f"a{number}", title=f"On {number}", body=one.text, questions=(one.text,))
        with pytest.raises(InvalidInput):
            desk.draft_articles(parts, actor=OLGA, articles=[raw], source="file")
    assert leaked(site.database) == set()


def test_files_keep_none(site: GatewaySite, parts: Parts, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["question", "answer", "label", "author"])
        writer.writerows([one.text, one.text, "parcel", f"rater {number}"] for number, one in enumerate(planted()))
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=builders.NOON)
    with path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    asked = [
        builders.interaction(number, question=row["question"], answer=row["answer"], source=f"import:{path.name}")
        for number, row in enumerate(rows)
    ]
    receipt = collect.receive(parts.store, door=door, interactions=asked)
    assert receipt.written.new == 15
    assert leaked(site.database) == set()

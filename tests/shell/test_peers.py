"""Phoenix and MLflow themselves, started from their packages: what they keep of a traced agent is pulled, once.

They are programs on the path, each in an environment of its own: what they ask for does not fit what our own tests ask
for. Without them these tests are skipped and say so; in CI they fail.
"""

import json
import os
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from loop import wiring
from loop.outbound import SourceTarget
from loop.outbound.pulling import Puller, together
from loop.records import FeedbackKind, FeedbackState, Interaction
from loop.settings import Settings
from storage.connecting import reading
from storage.database import Database
from storage.store import AgentStore
from storage.tables import InteractionRow
from tests.reaching import free_port, is_up, post_json

STARTS = 480
"""Seconds a server may take to start on a machine that is busy."""
pytestmark = pytest.mark.timeout(1_500)


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Phoenix, by its address."""
    folder, port, other = tmp_path_factory.mktemp("phoenix"), free_port(), free_port()
    more = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(other),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with _running([_program("phoenix"), "serve"], folder, more, f"http://127.0.0.1:{port}/healthz"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running MLflow, by its address."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [_program("mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder)]
    with _running(command, folder, {"MLFLOW_DISABLE_TELEMETRY": "true"}, f"http://127.0.0.1:{port}/health"):
        yield f"http://127.0.0.1:{port}"


def test_what_a_real_phoenix_keeps_is_pulled_once_and_what_is_said_later_with_the_next_pull(
    phoenix: str, sqlite_database: Database, sqlite_store: AgentStore
) -> None:
    send = _agent(f"{phoenix}/v1/traces", {"openinference.project.name": "support"}, headers={})
    trace, span = send("Where is my order?", "It arrives on Friday.")
    target = SourceTarget(kind="phoenix", url=phoenix, project="support")
    _until(lambda: _get(f"{phoenix}/v1/projects/support/traces")["data"])
    rating = {"span_id": span, "name": "thumbs", "annotator_kind": "HUMAN", "metadata": {"author": "anna"}}
    judge = {"trace_id": trace, "name": "correctness", "annotator_kind": "LLM", "result": {"score": 0.4}}
    about = {"session_id": "s-1", "name": "overall", "annotator_kind": "HUMAN", "metadata": {"author": "u-7"}}
    post_json(f"{phoenix}/v1/span_annotations?sync=true", {"data": [rating | {"result": {"score": 0}}]})
    post_json(f"{phoenix}/v1/trace_annotations?sync=true", {"data": [judge]})
    post_json(f"{phoenix}/v1/session_annotations?sync=true", {"data": [about | {"result": {"label": "good"}}]})
    pull = _puller(sqlite_database)
    assert pull(target) == (3, {})
    made = _interactions(sqlite_database, sqlite_store)[trace]
    assert (made.question, made.answer, made.source) == ("Where is my order?", "It arrives on Friday.", "pull:tool")
    assert [step.kind for step in made.steps] == ["tool", "model", "check"]
    assert pull(target) == (0, {})
    post_json(f"{phoenix}/v1/span_annotations?sync=true", {"data": [rating | {"result": {"score": 1}}]})
    assert pull(target) == (0, {})  # the same person's later word: it replaces the earlier one
    assert _said(sqlite_store) == {
        (trace, FeedbackKind.THUMBS, 1.0, "", "anna", "new"),
        (trace, FeedbackKind.THUMBS, 0.0, "", "anna", "superseded"),
        (trace, FeedbackKind.THUMBS, 1.0, "", "u-7", "new"),
    }


def test_what_a_real_mlflow_keeps_is_pulled_once_and_what_is_said_later_with_the_next_pull(
    mlflow: str, sqlite_database: Database, sqlite_store: AgentStore
) -> None:
    experiment = post_json(f"{mlflow}/api/2.0/mlflow/experiments/create", {"name": "support"})["experiment_id"]
    send = _agent(f"{mlflow}/v1/traces", {}, headers={"x-mlflow-experiment-id": experiment})
    trace, _ = send("Where is my order?", "It arrives on Friday.")
    name = f"tr-{trace}"
    place = f"{mlflow}/api/3.0/mlflow/traces/{name}"
    _until(lambda: _get(place).get("trace"))
    assess = f"{place}/assessments"
    target = SourceTarget(kind="mlflow", url=mlflow, project="support")
    pull = _puller(sqlite_database)
    assert pull(target) == (1, {})
    made = _interactions(sqlite_database, sqlite_store)[name]
    assert (made.question, made.answer) == ("Where is my order?", "It arrives on Friday.")
    assert [step.kind for step in made.steps] == ["tool", "model"]
    person = {"trace_id": name, "source": {"source_type": "HUMAN", "source_id": "anna"}}
    judge = {"trace_id": name, "source": {"source_type": "LLM_JUDGE", "source_id": "judge"}}
    post_json(assess, {"assessment": person | {"assessment_name": "thumbs", "feedback": {"value": False}}})
    better = {"assessment_name": "expected_response", "expectation": {"value": "It arrives on Monday."}}
    post_json(assess, {"assessment": person | better})
    post_json(assess, {"assessment": judge | {"assessment_name": "correctness", "feedback": {"value": 0.4}}})
    assert pull(target) == (2, {})
    assert pull(target) == (0, {})
    assert _said(sqlite_store) == {
        (name, FeedbackKind.THUMBS, 0.0, "", "anna", "new"),
        (name, FeedbackKind.EDIT, None, "It arrives on Monday.", "anna", "new"),
    }
    assert [step.kind for step in _interactions(sqlite_database, sqlite_store)[name].steps] == [
        "tool",
        "model",
        "check",
    ]


def _puller(database: Database) -> Callable[[SourceTarget], tuple[int, Mapping[str, int]]]:
    puller = Puller(
        database.cursors,
        parts=wiring.desks(Settings(), database),
        deliveries=database.store,
        clock=lambda: datetime.now(UTC) + timedelta(seconds=2),  # what was written in this very second is older
        pause=lambda seconds: None,
    )

    def pull(target: SourceTarget) -> tuple[int, Mapping[str, int]]:
        done = together(puller.pull("tool", target, agent="desk"))
        return done.written.new, done.rejected

    return pull


def _interactions(database: Database, store: AgentStore) -> dict[str, Interaction]:
    with reading(database.engine) as connection:
        ids = connection.execute(sa.select(InteractionRow.core().c.id)).scalars().all()
    return store.interactions(ids)


def _said(store: AgentStore) -> set[tuple[str, FeedbackKind, float | None, str, str, str]]:
    return {
        (one.feedback.interaction_id, one.feedback.kind, one.feedback.value, one.feedback.text, one.feedback.author,
         one.state.value)
        for one in store.feedback(list(FeedbackState))
    }  # fmt: skip


def _agent(url: str, resource: Mapping[str, Any], *, headers: dict[str, str]) -> Callable[[str, str], tuple[str, str]]:
    """Sends the trace of one answer, as the real OpenTelemetry SDK does; its ids."""
    provider = TracerProvider(resource=Resource(dict(resource)))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(url, headers=headers)))
    tracer = provider.get_tracer("agent")

    def send(question: str, answer: str) -> tuple[str, str]:
        of_both = {"session.id": "s-1", "user.id": "u-7"}
        talk = {"input.value": question, "output.value": answer}
        model = {f"llm.input_messages.0.message.{name}": text for name, text in _message("user", question)}
        model |= {f"llm.output_messages.0.message.{name}": text for name, text in _message("assistant", answer)}
        tool = {"tool.name": "lookup", "input.value": '{"order": 1}', "output.value": "shipped"}
        with tracer.start_as_current_span("agent", attributes=_as("AGENT", talk | of_both)) as root:
            with tracer.start_as_current_span("lookup", attributes=_as("TOOL", tool)):
                pass
            with tracer.start_as_current_span("chat", attributes=_as("LLM", model)):
                pass
        context = root.get_span_context()
        provider.force_flush()
        return f"{context.trace_id:032x}", f"{context.span_id:016x}"

    return send


def _message(role: str, text: str) -> list[tuple[str, str]]:
    return [("role", role), ("content", text)]


def _as(kind: str, attributes: Mapping[str, str]) -> dict[str, str]:
    return {"openinference.span.kind": kind, **attributes}


PACKAGES = {"phoenix": "arize-phoenix>=20,<21", "mlflow": "mlflow>=3.6,<4"}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        remedy = f"uv tool install '{PACKAGES[name]}'"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not there, and CI must not skip it: {remedy}")
        pytest.skip(f"NO {name.upper()}: {remedy}")
    return found


@contextmanager
def _running(command: list[str], folder: Path, more: Mapping[str, str], health: str) -> Iterator[None]:
    """A server in a process of its own, which ends with the test."""
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | more, stdout=log, stderr=log)
        try:
            _until(lambda: server.poll() is not None or is_up(health))
            assert server.poll() is None, (folder / "log").read_text(errors="replace")[-2_000:]
            yield
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(30)


def _until(is_so: Callable[[], object]) -> None:
    for _ in range(STARTS * 2):
        if is_so():
            return
        threading.Event().wait(0.5)
    raise AssertionError("it did not come to pass")


def _get(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=60) as reply:
            found: dict[str, Any] = json.load(reply)
            return found
    except urllib.error.HTTPError:
        return {"data": []}

"""Phoenix and MLflow, started from their packages: their own endpoints for feedback under the same load generator.

They are programs on the path (`uv tool install arize-phoenix mlflow`), with the settings they have when installed. Each
takes the same ratings, one by one, about traces that were sent to it before, and answers when it has kept them.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.bench.ingest import load, site
from tests.bench.printing import say
from tests.reaching import free_port, is_up, post_json

TRACES = 200
"""That the feedback is about."""
_STARTS = 240
"""Seconds a peer may take to start."""
_TRACED = 60
"""Seconds until its traces can be seen."""


class Target(NamedTuple):
    """A peer that is running."""

    port: int
    make: Callable[[], bytes]
    """The next request."""


@contextmanager
def phoenix(folder: Path, seed: int) -> Iterator[Target]:
    """Phoenix; a span annotation a request, kept before it is answered (`sync=true`)."""
    port, other = free_port(), free_port()
    more = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(other),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with _running(["phoenix", "serve"], folder, more, f"http://127.0.0.1:{port}/healthz"):
        spans = _traced(f"http://127.0.0.1:{port}/v1/traces", {"openinference.project.name": "bench"}, {})
        names = [f"{span:016x}" for _, span in spans]
        place = f"/v1/span_annotations?include_annotation_names=thumbs&limit=1000&span_ids={names[-1]}"
        _until(lambda: is_up(f"http://127.0.0.1:{port}/v1/projects/bench{place[3:]}"), seconds=_TRACED)
        stream = load.feedback_stream(seed, interactions=TRACES)

        def make() -> bytes:
            one = next(stream)
            rating = {"span_id": names[int(one["interaction_id"][1:])], "name": one["kind"], "annotator_kind": "HUMAN"}
            told = {"score": one["value"], "explanation": one.get("reason") or one.get("text")}
            more = {"identifier": one["author"], "metadata": one["attributes"], "result": told}
            return load.post("/v1/span_annotations?sync=true", {"data": [rating | more]})

        yield Target(port, make)


@contextmanager
def mlflow(folder: Path, seed: int) -> Iterator[Target]:
    """MLflow on SQLite; an assessment a request."""
    port = free_port()
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder)]
    base = f"http://127.0.0.1:{port}"
    with _running(command, folder, {"MLFLOW_DISABLE_TELEMETRY": "true"}, f"{base}/health"):
        experiment = post_json(f"{base}/api/2.0/mlflow/experiments/create", {"name": "bench"})["experiment_id"]
        spans = _traced(f"{base}/v1/traces", {}, {"x-mlflow-experiment-id": experiment})
        names = [f"tr-{trace:032x}" for trace, _ in spans]
        _until(lambda: is_up(f"{base}/api/3.0/mlflow/traces/{names[-1]}"), seconds=_TRACED)
        stream = load.feedback_stream(seed, interactions=TRACES)

        def make() -> bytes:
            one = next(stream)
            name = names[int(one["interaction_id"][1:])]
            person = {"source_type": "HUMAN", "source_id": one["author"]}
            told = {"value": one.get("text") or one["value"]}
            about = {"trace_id": name, "source": person, "assessment_name": one["kind"], "feedback": told}
            more = {"rationale": one.get("reason", ""), "metadata": one["attributes"]}
            return load.post(f"/api/3.0/mlflow/traces/{name}/assessments", {"assessment": about | more})

        yield Target(port, make)


PEERS = {"mlflow": mlflow, "phoenix": phoenix}


def is_there(name: str) -> bool:
    """Whether the program is on the path; says how to get it."""
    if shutil.which(name) is not None:
        return True
    say(f"NO {name.upper()}: uv tool install {'arize-phoenix' if name == 'phoenix' else name}")
    return False


def _traced(url: str, resource: Mapping[str, str], headers: dict[str, str]) -> list[tuple[int, int]]:
    """Send TRACES answers of an agent as traces; trace and span of each."""
    provider = TracerProvider(resource=Resource(dict(resource)))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url, headers=headers, timeout=60)))
    tracer = provider.get_tracer("agent")
    made: list[tuple[int, int]] = []
    for number in range(TRACES):
        said = {"input.value": f"Where is my order {number}?", "output.value": "It arrives on Friday."}
        with tracer.start_as_current_span("agent", attributes={"openinference.span.kind": "AGENT", **said}) as span:
            context = span.get_span_context()
        made.append((context.trace_id, context.span_id))
    provider.force_flush(60_000)
    provider.shutdown()
    return made


@contextmanager
def _running(command: Sequence[str], folder: Path, more: Mapping[str, str], health: str) -> Iterator[None]:
    """A server in a process group of its own, which ends with the measurement."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | more, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _until(lambda: server.poll() is not None or is_up(health), seconds=_STARTS)
            if server.poll() is not None:
                raise SystemExit(f"{command[0]} ended: {(folder / 'log').read_text(errors='replace')[-500:]}")
            yield
        finally:
            site.end_group(server)


def _until(is_so: Callable[[], bool], *, seconds: int) -> None:
    for _ in range(seconds * 2):
        if is_so():
            return
        threading.Event().wait(0.5)
    raise SystemExit("A peer did not come up.")

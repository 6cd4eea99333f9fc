"""Somebody's agent as a service: users and Ratchet ask it over HTTP, and it answers by the version it is to use.

    python endpoint_agent.py     # prints its port

Where Ratchet tries a version, that version comes with the question, and nothing is recorded or done in the world.
Users are answered by the version that is live, and each answer is recorded with plain HTTP.
"""

import json
import os
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

ADDRESS = f"{os.environ['RATCHET_URL']}/api/v1/agents/{os.environ['RATCHET_AGENT']}"
HEADERS = {"Authorization": f"Bearer {os.environ['RATCHET_KEY']}", "Content-Type": "application/json"}


def ratchet(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to Ratchet."""
    request = Request(ADDRESS + path, data=json.dumps(body).encode() if body else None, headers=HEADERS)
    with build_opener(ProxyHandler({})).open(request, timeout=300) as reply:
        told: dict[str, Any] = json.load(reply)
    return told


def sort(question: str, version: dict[str, Any]) -> str:
    """The label of the version's example that shares most words with the question; else what it always said."""
    words = set(question.lower().replace(",", " ").split())
    shared = [
        (len(words & set(one["question"].lower().replace(",", " ").split())), one["label"])
        for one in version["examples"]
    ]
    count, label = max(shared, default=(0, ""))
    return label if count >= 3 else "something else"


class Answers(BaseHTTPRequestHandler):
    """One question a request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer by the version that comes with the question, else by the one that is live."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_trial = asked.get("is_trial", False)
        live = {"digest": asked["version"]["digest"], "bundle": asked["bundle"]} if is_trial else ratchet("/bundle")
        label = sort(asked["question"], live["bundle"])
        if not is_trial:
            told = {"id": uuid.uuid4().hex, "question": asked["question"], "answer": label, "label": label}
            ratchet("/interactions", told | {"bundle_digest": live["digest"]})
        body = json.dumps({"label": label, "answer": label, "version": live["digest"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    print(server.server_address[1], flush=True)
    server.serve_forever()

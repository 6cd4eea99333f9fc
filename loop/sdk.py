"""Client for agents: records what an agent answered and what people said of it, and fetches the version that is live.

One file of the standard library; install the package, or copy this file beside your agent. Three lines:

    from loop.sdk import Ratchet
    ratchet = Ratchet(agent="shop")       # RATCHET_URL and RATCHET_KEY come from the environment
    answer = ratchet.observed(answer)     # every call of your function is an interaction

and `ratchet.feedback(id, "thumbs", author="anna", value=0.0)` wherever somebody says what they think. Nothing here
raises into the agent or waits for the network: a thread sends batches. While the server is away they lie on disk, and
are sent when it is back, each once (idempotency): a record has an id of its own, a batch a key made from its content.
"""

import atexit
import contextvars
import functools
import hashlib
import http.client
import inspect
import json
import logging
import os
import random
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import util as processes
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_log = logging.getLogger("ratchet")
_BATCH_CHARACTERS = 700_000
_TEXT_MAX = 200_000
_DEPTH_MAX = 40
_LATER = frozenset({401, 403, 404, 408, 425, 429})
"""Refusals that may pass: a key that is being changed, an agent that is being made, a server that is busy."""


@dataclass(frozen=True)
class Limits:
    """How much, how often and how long."""

    spool: Path | None = None
    """Folder for what cannot be sent now; None: RATCHET_SPOOL, else one of the user's. Texts lie there as they were."""
    spool_bytes: int = 100_000_000
    records: int = 10_000
    """Records that wait in memory; of more, the oldest are dropped and counted."""
    batch: int = 100
    every: float = 0.5
    """Seconds a record waits for others."""
    timeout: float = 5.0
    """Seconds for one request."""
    pause: float = 0.5
    """Seconds until the first try after a failure; each further one waits twice as long, up to `longest_pause`."""
    longest_pause: float = 60.0
    at_exit: float = 2.0
    """Seconds the end of the program may wait for the last batch; then it goes to disk."""


@dataclass
class Counts:
    """What became of the records of this process."""

    sent: int = 0
    refused: int = 0
    """The server will never take them; the log says why."""
    dropped: int = 0
    """Lost, because neither memory nor disk had room."""
    spooled: int = 0
    """Put on disk, to be sent later."""


@dataclass
class Turn:
    """One request to the agent, while it is being answered. What is set here is sent at the end."""

    question: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    answer: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    """Further fields of an interaction: `episode_id`, `customer`, `context`, `topic`, `attributes` …"""
    steps: list[dict[str, Any]] = field(default_factory=list)
    at: str = field(default_factory=lambda: _now())

    def step(self, kind: str, *, name: str = "", **fields: Any) -> None:
        """What the agent did on the way; `kind`: model, tool, retrieval, check or message; `input` and `output`."""
        with _quietly("a step"):
            texts = {key: _text(fields[key]) for key in ("input", "output") if fields.get(key) is not None}
            self.steps.append({"kind": kind, "name": name[:200], **fields, **texts})


@dataclass(frozen=True)
class _Live:
    """The version at hand, when it was asked for and its tag; nothing in the beginning."""

    at: float = 0.0
    tag: str = ""
    live: dict[str, Any] | None = None


class Ratchet:
    """One agent's connection. Make one for each process and share it between threads."""

    def __init__(self, url: str = "", *, agent: str = "", key: str = "", limits: Limits | None = None) -> None:
        """`url`, `key` and `agent`: RATCHET_URL, RATCHET_KEY and RATCHET_AGENT when left out."""
        self.agent = agent or os.environ.get("RATCHET_AGENT", "")
        self._limits = limits or Limits()
        url = (url or os.environ.get("RATCHET_URL", "") or "http://127.0.0.1:8502").rstrip("/")
        self._http = _Http(url, key or os.environ.get("RATCHET_KEY", ""), timeout=self._limits.timeout)
        self._path = f"/api/v1/agents/{quote(self.agent, safe='')}"
        folder = _folder(self._limits, f"{url} {self.agent}")
        self._sender = _Sender(self._http, self._path, folder=folder, limits=self._limits)
        self._kept = folder / "version" if folder else None
        self._version = _Live()
        self._turn: contextvars.ContextVar[Turn | None] = contextvars.ContextVar("ratchet turn", default=None)

    @property
    def counts(self) -> Counts:
        """What became of what was recorded."""
        return self._sender.counts

    @property
    def current(self) -> Turn | None:
        """The interaction that is being answered here; None outside of one."""
        return self._turn.get()

    @contextmanager
    def interaction(self, question: Any, **fields: Any) -> Iterator[Turn]:
        """An interaction: `with ratchet.interaction(question, episode_id=…) as turn: turn.answer = …`.

        An exception of the agent is recorded as a failure and goes on; `id`: your own, else `turn.id` is new.
        """
        turn = self._begun(question, fields)
        token = self._turn.set(turn)
        try:
            yield turn
        except BaseException as error:
            turn.fields["method"] = "failed"
            turn.fields["attributes"] = {**turn.fields.get("attributes", {}), "failure": type(error).__name__}
            raise
        finally:
            with suppress(ValueError):  # a generator that was closed in another context
                self._turn.reset(token)
            self._send(turn)

    def observed(self, function: Callable[..., Any] | None = None, **fields: Any) -> Any:
        """Decorator: each call is an interaction. The first argument is the question, what is returned the answer.

        For plain, async and streaming (generator) functions; a stream's pieces are put together at its end.
        """
        if function is None:
            return functools.partial(self.observed, **fields)
        return _observed(function, lambda *args, **named: self.interaction(_question(args, named), **fields))

    def record(self, question: Any, answer: Any, **fields: Any) -> str:
        """An interaction that has happened; its id."""
        turn = self._begun(question, fields)
        turn.answer = _text(answer)
        self._send(turn)
        return turn.id

    def step(self, kind: str, **fields: Any) -> None:
        """A step of the interaction that is being answered here; nothing outside of one."""
        if (turn := self._turn.get()) is not None:
            turn.step(kind, **fields)

    def feedback(self, interaction_id: str, kind: str, *, author: str, **fields: Any) -> str:
        """What somebody said: `kind` is edit, thumbs, csat, outcome, takeover, comment or label; `value` from 0 to 1.

        It may come before its interaction. Later feedback of one author and kind replaces the earlier one.
        """
        return self._say({"interaction_id": interaction_id, "kind": kind, "author": author, **fields})

    def outcome(self, episode_id: str, value: float, *, author: str, **fields: Any) -> str:
        """How a conversation or task ended: 0 failed, 1 solved."""
        return self._say({"episode_id": episode_id, "kind": "outcome", "value": value, "author": author, **fields})

    def takeover(self, episode_id: str, text: str, *, author: str, **fields: Any) -> str:
        """A person answered in the agent's place; `text` is what they said."""
        return self._say({"episode_id": episode_id, "kind": "takeover", "text": text, "author": author, **fields})

    def version(self, *, max_age: float = 5.0) -> dict[str, Any] | None:
        """The live version: `number`, `digest` and `bundle` (instructions, rules, examples …).

        Asked for when the one at hand is older than `max_age` seconds, and only loaded when it changed (ETag). While
        the server is away it is the last one there was, after a restart too; None when there never was one.
        What is recorded after this says which version it was answered with.
        """
        if self._version.at and time.monotonic() - self._version.at < max_age:
            return self._version.live
        with _quietly("the live version"):
            tag, live = self._version.tag, self._version.live
            if live is None and self._kept is not None:
                tag, live = _stored_version(self._kept)
            self._version = _Live(time.monotonic(), tag, live)
            reply = self._http.send("GET", f"{self._path}/bundle", headers={"If-None-Match": tag} if tag else {})
            if reply.status == 200:
                tag, live = reply.headers.get("etag", ""), _checked(json.loads(reply.body))
                self._version = _Live(time.monotonic(), tag, live)
                if self._kept is not None:
                    _write(self._kept, json.dumps({"tag": tag, "live": live}))
        return self._version.live

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until everything is sent or on disk; whether it is."""
        return self._sender.flush(seconds)

    def close(self) -> None:
        """Send what waits, or put it on disk, and end. Happens by itself at the end of the program."""
        self._sender.close()

    def _begun(self, question: Any, fields: dict[str, Any]) -> Turn:
        live = self._version.live
        told = {"version": live["number"], "bundle_digest": live["digest"]} if live else {}
        turn = Turn(_text(question), fields={**told, **fields})
        turn.id, turn.at = str(fields.get("id") or turn.id), fields.get("at") or turn.at
        turn.steps = list(fields.get("steps") or ())
        return turn

    def _send(self, turn: Turn) -> None:
        with _quietly("an interaction"):
            body = {"id": turn.id, "at": turn.at, "question": turn.question, "answer": _text(turn.answer)}
            told = {name: value for name, value in turn.fields.items() if value is not None}
            self._sender.put("interactions", {**told, **body, "steps": turn.steps})

    def _say(self, body: dict[str, Any]) -> str:
        made = {"id": uuid.uuid4().hex, "at": _now(), **body}
        with _quietly("feedback"):
            self._sender.put("feedback", {name: value for name, value in made.items() if value is not None})
        return str(made["id"])


def _observed(function: Callable[..., Any], turn: Callable[..., AbstractContextManager[Turn]]) -> Callable[..., Any]:
    """The same function, each call inside of a turn."""

    @functools.wraps(function)
    def plain(*args: Any, **named: Any) -> Any:
        with turn(*args, **named) as told:
            given = function(*args, **named)
            told.answer = _text(given)
            return given

    @functools.wraps(function)
    async def asynchronous(*args: Any, **named: Any) -> Any:
        with turn(*args, **named) as told:
            given = await function(*args, **named)
            told.answer = _text(given)
            return given

    @functools.wraps(function)
    def streaming(*args: Any, **named: Any) -> Iterator[Any]:
        with turn(*args, **named) as told:
            for piece in function(*args, **named):
                told.answer += _text(piece)
                yield piece

    @functools.wraps(function)
    async def streaming_later(*args: Any, **named: Any) -> AsyncIterator[Any]:
        with turn(*args, **named) as told:
            async for piece in function(*args, **named):
                told.answer += _text(piece)
                yield piece

    if inspect.isasyncgenfunction(function):
        return streaming_later
    if inspect.isgeneratorfunction(function):
        return streaming
    return asynchronous if inspect.iscoroutinefunction(function) else plain


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class _Http:
    """Requests to one server, and to no other: a redirection is not followed, since the key would go along."""

    def __init__(self, url: str, key: str, *, timeout: float) -> None:
        self._parts, self._key, self._timeout = urlsplit(url), key, timeout

    def send(self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str]) -> _Reply:
        """One request. Raises OSError, HTTPException."""
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "127.0.0.1", self._parts.port, timeout=self._timeout)
        with closing(connection):
            known = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            connection.request(method, self._parts.path + path, body=body, headers={**known, **headers})
            reply = connection.getresponse()
            return _Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())


_Batch = tuple[str, list[str]]
"""`interactions` or `feedback`, and the records as JSON."""


class _Sender:
    """A bounded queue, a thread that sends it, and a folder for what cannot be sent now."""

    def __init__(self, http: _Http, path: str, *, folder: Path | None, limits: Limits) -> None:
        self._http, self._path, self._folder, self._limits = http, path, folder, limits
        self.counts = Counts()
        self._reset()
        _senders.add(self)
        processes.register_after_fork(self, _Sender._in_child)
        atexit.register(_close, weakref.ref(self))

    def _reset(self) -> None:
        """As new; after a fork the child starts empty, since the parent sends what was waiting."""
        self._lock = threading.Condition()
        self._queue: deque[tuple[str, str]] = deque()
        self._sending: _Batch | None = None
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._wanted = 0.0  # until then nobody waits for more records to come
        self._again_at = 0.0
        self._failures = 0
        self._is_held = False  # neither the server nor the disk takes anything: memory waits

    def _in_child(self) -> None:
        self._reset()
        processes.Finalize(self, _close, args=(weakref.ref(self),), exitpriority=10)  # children skip atexit

    def put(self, kind: str, record: dict[str, Any]) -> None:
        text = json.dumps(_plain(record, 0), ensure_ascii=False)
        with self._lock:
            if len(self._queue) >= self._limits.records:
                self._queue.popleft()
                self._lost(1)
            self._queue.append((kind, text))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ratchet", daemon=True)
                self._thread.start()
            self._lock.notify_all()

    def flush(self, seconds: float) -> bool:
        with self._lock:
            self._wanted = time.monotonic() + seconds
            self._lock.notify_all()
            return self._lock.wait_for(lambda: not self._queue and self._sending is None, seconds)

    def close(self) -> None:
        with self._lock:
            self._is_closing = True
            self._lock.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(self._limits.at_exit)
        with self._lock:  # the thread is done, or held up: what it is sending may go to disk too, it is kept once
            held, self._sending = self._sending, None
            while held is not None:
                if not self._to_disk(held):
                    self._lost(len(held[1]))
                held = self._next()
            self._is_closing = False

    def _run(self) -> None:
        while True:
            with self._lock:
                self._sending = None
                self._lock.notify_all()
                self._wait()
                batch = self._sending = self._next()
                if batch is None and self._is_closing:
                    return
            with _quietly("sending"):
                if batch is not None and not self._deliver(*batch):
                    self._keep(batch)
                if time.monotonic() >= self._again_at and not self._is_closing:
                    self._drain()

    def _wait(self) -> None:
        """Until a batch is full, has waited long enough, or the spool may be tried again."""
        while self._is_held and not self._is_closing and (rest := self._again_at - time.monotonic()) > 0:
            self._lock.wait(rest)
        self._is_held = False
        began = time.monotonic()
        while not self._is_closing and len(self._queue) < self._limits.batch:
            now = time.monotonic()
            if self._queue and (now >= began + self._limits.every or now < self._wanted):
                return
            if not self._queue and self._failures and now >= self._again_at:
                return
            if not self._queue:
                began = now
            left = self._limits.every if self._queue else self._again_at - now if self._failures else None
            self._lock.wait(left if left is None else max(left, 0.01))

    def _next(self) -> _Batch | None:
        """Records of one kind from the front."""
        kind, size, taken = (self._queue[0][0] if self._queue else ""), 0, list[str]()
        while (
            self._queue and self._queue[0][0] == kind and len(taken) < self._limits.batch and size < _BATCH_CHARACTERS
        ):
            taken.append(self._queue.popleft()[1])
            size += len(taken[-1])
        return (kind, taken) if taken else None

    def _deliver(self, kind: str, records: list[str]) -> bool:
        """Send a batch; False: later."""
        if time.monotonic() < self._again_at:
            return False
        body = f'{{"{kind}":[{",".join(records)}]}}'.encode()
        headers = {"Idempotency-Key": hashlib.sha256(body).hexdigest()}
        try:
            reply = self._http.send("POST", f"{self._path}/{kind}/batch", body=body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            return self._failed(type(error).__name__)
        if reply.status in _LATER or reply.status >= 500 or 300 <= reply.status < 400:
            return self._failed(f"status {reply.status}", pause=reply.headers.get("retry-after", ""))
        self._failures, self._again_at = 0, 0.0
        if reply.status == 413 and len(records) > 1:
            half = len(records) // 2
            for some in (records[:half], records[half:]):
                if not self._deliver(kind, some):
                    self._keep((kind, some))
            return True
        self._told(reply, len(records))
        return True

    def _told(self, reply: _Reply, count: int) -> None:
        """Count what the server took and what it refused for good."""
        told: Any = None
        with suppress(ValueError):
            told = json.loads(reply.body)
        is_told = isinstance(told, dict) and isinstance(told.get("refused"), list)
        refused = len(told["refused"]) if is_told else 0 if reply.status < 300 else count
        self.counts.sent += count - refused
        self.counts.refused += refused
        if refused:
            _log.warning("Ratchet refused %d of %d records: %s", refused, count, str(told)[:500])

    def _failed(self, why: str, *, pause: str = "") -> bool:
        """Exponential backoff with jitter, or the pause the server asks for."""
        if not self._failures:
            _log.warning("Ratchet cannot be reached (%s); what is recorded waits on disk.", why)
        self._failures += 1
        seconds = min(self._limits.pause * 2 ** min(self._failures - 1, 20), self._limits.longest_pause)
        seconds *= random.uniform(0.5, 1.5)  # noqa: S311 - spreads agents, guards nothing
        asked = min(float(pause), 3600.0) if pause.isdigit() else 0.0
        self._again_at = time.monotonic() + max(seconds, asked)
        return False

    def _keep(self, batch: _Batch) -> None:
        """Put a batch on disk, else back in memory as far as there is room, until the server can be tried again."""
        if not self._to_disk(batch):
            kind, records = batch
            with self._lock:
                room = 0 if self._is_closing else max(self._limits.records - len(self._queue), 0)
                self._lost(len(records[room:]))
                self._queue.extendleft((kind, record) for record in reversed(records[:room]))
                self._is_held = True

    def _to_disk(self, batch: _Batch) -> bool:
        folder = self._folder
        try:
            if folder is None or sum(one.stat().st_size for one in folder.glob("*.json")) > self._limits.spool_bytes:
                return False
            name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.json"
            _write(folder / name, json.dumps({"kind": batch[0], "records": batch[1]}))
        except OSError as error:
            _log.warning("Ratchet cannot write to %s (%s).", folder, type(error).__name__)
            return False
        self.counts.spooled += len(batch[1])
        return True

    def _drain(self) -> None:
        """Send what lies on disk, oldest first. Another process may do the same: each batch is kept once."""
        held_back = sorted(self._folder.glob("*.json")) if self._folder is not None else []
        if not held_back:
            self._failures = 0  # nothing to try again with: another process sent it
        for path in held_back:
            try:
                held = json.loads(path.read_text("utf-8"))
                batch = str(held["kind"]), [str(one) for one in held["records"]]
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError):
                path.replace(path.with_suffix(".broken"))
                continue
            if not self._deliver(*batch):
                return
            path.unlink(missing_ok=True)

    def _lost(self, count: int) -> None:
        if count and not self.counts.dropped:
            _log.warning("Ratchet drops records: memory and disk are full. `counts.dropped` says how many.")
        self.counts.dropped += count


_senders: "weakref.WeakSet[_Sender]" = weakref.WeakSet()


def _forked() -> None:
    for sender in list(_senders):
        sender._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _close(sender: "weakref.ref[_Sender]") -> None:
    if (found := sender()) is not None:
        with _quietly("the end"):
            found.close()


@contextmanager
def _quietly(what: str) -> Iterator[None]:
    """The agent goes on whatever happens here; the log says it."""
    try:
        yield
    except Exception:
        _log.warning("Ratchet lost %s.", what, exc_info=True)


def _stored_version(path: Path) -> tuple[str, dict[str, Any] | None]:
    """The version kept on disk with its tag; none where the file is spoilt or is not there."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        return str(stored["tag"]), _checked(stored["live"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", None


def _folder(limits: Limits, whose: str) -> Path | None:
    """A folder of one server and agent, for this user alone; None where there is no place for it."""
    named = os.environ.get("RATCHET_SPOOL", "")
    cache = Path(os.environ.get("XDG_CACHE_HOME", "") or Path("~/.cache").expanduser()) / "ratchet"
    folder = (limits.spool or Path(named or cache)) / hashlib.sha256(whose.encode("utf-8", "replace")).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError) as error:
        _log.warning("Ratchet has no place on disk (%s); what cannot be sent waits in memory.", type(error).__name__)
        return None
    return folder


def _write(path: Path, text: str) -> None:
    """All of it or nothing, and it survives a crash; readable for this user alone."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _checked(live: Any) -> dict[str, Any]:
    """A version as the server gives it. Raises KeyError, TypeError, ValueError: a proxy's page is none."""
    return {**live, "number": int(live["number"]), "digest": str(live["digest"]), "bundle": dict(live["bundle"])}


def _question(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """What was asked: the argument called `question`, else the first that is text, else the first."""
    given = [*args, *named.values()]
    return named.get("question", next((one for one in given if isinstance(one, str)), given[0] if given else ""))


def _text(value: Any) -> str:
    """Text that JSON and databases can hold, cut where it is longer than anybody reads."""
    if not isinstance(value, str):
        if value is None:
            return ""
        try:
            value = json.dumps(value, ensure_ascii=False, default=str)
        except Exception:
            value = f"<{type(value).__name__}>"  # a knot, or something whose own words fail
    return str(value[:_TEXT_MAX].replace("\0", "").encode("utf-8", "replace").decode())


def _plain(value: Any, depth: int) -> Any:
    """A JSON value of whatever it is."""
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) < 2**63 else str(value)
        case float():
            return value if abs(value) < 1e308 else None
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict() if depth < _DEPTH_MAX:
            return {_text(str(name))[:200]: _plain(one, depth + 1) for name, one in value.items()}
        case list() | tuple() | set() | frozenset() if depth < _DEPTH_MAX:
            return [_plain(one, depth + 1) for one in value]
        case _:
            return _text(value)


def _now() -> str:
    return datetime.now(UTC).isoformat()

"""Anchors: where the journal stood, kept outside of the database, so that a cut or rewritten journal shows.

A chain alone does not tell that its end is missing or that all of it was written anew. After each release and every
hundred entries the last entry's number and hash go to a file beside the database, and where the operator wants it to
an https address or a git repository. Best effort: nothing waits for an anchor, and none ever stops a decision.
"""

import logging
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from loop.errors import InvalidInput
from loop.records import AuditEntry, Record, digest
from storage.keys import JournalKeys

EVERY = 100
"""Entries after which an anchor is written even without a release."""
_SECONDS = 15
_log = logging.getLogger("ratchet.anchors")


class Anchor(Record):
    """Where one journal stood at one moment."""

    agent: str
    chain: str
    """Hash of its first entry: tells a journal from another that an agent of the same name had."""
    seq: int
    hash: str
    number: int
    """The live version."""
    at: str
    """When, as the entry says it; ISO 8601."""
    is_last: bool = False
    """The agent was deleted (a demo): what was anchored of it before is no longer looked for."""
    signature: str = ""
    """With the journal's key, over all the rest."""

    def signed(self, keys: JournalKeys) -> "Anchor":
        """The same with its signature."""
        return self.model_copy(update={"signature": keys.sign(self.content)})

    @property
    def content(self) -> str:
        """Digest of what it says."""
        return digest(self.model_dump(exclude={"signature"}))


class Place(Protocol):
    """Somewhere outside of the database."""

    def put(self, anchor: Anchor) -> None:
        """Add it. May raise anything: the caller goes on."""
        ...


class FilePlace:
    """A file of JSON lines that is only added to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, anchor: Anchor) -> None:
        """One line, in one write."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{anchor.model_dump_json()}\n")


class GitPlace:
    """A git repository: the file in it gets a line and a commit."""

    NAME = "ratchet-anchors.jsonl"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, anchor: Anchor) -> None:
        """Commits that file only, whatever else is staged there."""
        FilePlace(self.folder / self.NAME).put(anchor)
        said = f"Anchor {anchor.agent} at entry {anchor.seq}, version {anchor.number}"
        for command in (["add", "--", self.NAME], ["commit", "-q", "-m", said, "--", self.NAME]):
            subprocess.run(  # noqa: S603 - our own arguments, no shell
                ["git", "-C", str(self.folder), *command],  # noqa: S607 - the operator's git
                check=True, capture_output=True, timeout=_SECONDS,
            )  # fmt: skip


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class WebPlace:
    """An https address that takes each anchor as JSON."""

    def __init__(self, url: str) -> None:
        self.url = url

    def put(self, anchor: Anchor) -> None:
        """POST; redirects are not followed."""
        body = anchor.model_dump_json().encode()
        request = Request(self.url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - https only
        build_opener(_NoRedirect).open(request, timeout=_SECONDS).close()


class Anchors:
    """The places of one database. The file is written at once, the others by a thread that a process waits for at its
    end, a few seconds at most."""

    def __init__(self, places: Sequence[Place] = (), *, keys: JournalKeys | None = None) -> None:
        self.places = tuple(places)
        self._keys = keys or JournalKeys()

    def put(self, anchor: Anchor) -> None:
        """Never raises; what fails is in the log."""
        signed = anchor.signed(self._keys)
        near = [place for place in self.places if isinstance(place, FilePlace)]
        far = [place for place in self.places if not isinstance(place, FilePlace)]
        _put_all(near, signed)
        if far:
            threading.Thread(target=_put_all, args=(far, signed), name="anchors").start()


def _put_all(places: Iterable[Place], anchor: Anchor) -> None:
    for place in places:
        try:
            place.put(anchor)
        except Exception:
            _log.warning("An anchor of %s could not be written to a %s.", anchor.agent, type(place).__name__)


def places_of(setting: str, *, beside: Path) -> list[Place]:
    """The places a setting names, by comma: `file`, `file:PATH`, `git:FOLDER`, `https://…`; `off` for none.

    `beside`: the file when none is named. Raises InvalidInput.
    """
    found: list[Place] = []
    for one in (part.strip() for part in setting.split(",")):
        kind, _, rest = one.partition(":")
        if one == "file":
            found.append(FilePlace(beside))
        elif kind == "file" and rest:
            found.append(FilePlace(Path(rest)))
        elif kind == "git" and rest:
            found.append(GitPlace(Path(rest)))
        elif kind == "https" and urlsplit(one).hostname:
            found.append(WebPlace(one))
        elif one not in ("", "off"):
            raise InvalidInput(
                "An anchor's place cannot be used.", field="RATCHET_ANCHORS",
                remedy="Write file, file:PATH, git:FOLDER or an https address.",
            )  # fmt: skip
    return found


def read_anchors(path: Path) -> list[Anchor]:
    """Of a file of JSON lines, in order; none when there is no file. Raises InvalidInput for a line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{path.name} cannot be read.", field="--anchors", remedy="Check the path.") from None
    found: list[Anchor] = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(Anchor.model_validate_json(line))
        except ValueError:
            raise InvalidInput(
                f"Line {number} of {path.name} is not an anchor.", field="--anchors", remedy="Look at that line."
            ) from None
    return found


class Differences(NamedTuple):
    """What anchors say of a journal."""

    faults: list[tuple[str, str]]
    """(subject, what), in words."""
    notes: list[str]
    compared: int


def differences(
    anchors: Sequence[Anchor], agent: str, entries: Sequence[AuditEntry], *, keys: JournalKeys
) -> Differences:
    """Compare a journal with what was anchored of it."""
    mine = [one for one in anchors if one.agent == agent]
    good: list[Anchor] = []
    states: Counter[str] = Counter()
    faults: list[tuple[str, str]] = []
    for one in mine:
        state = keys.check(one.content, one.signature)
        states[state] += 1
        if state == "bad":
            faults.append((f"anchor {one.seq}", "Its signature is not of what it says."))
        elif one.is_last:
            good = []  # that journal was deleted with its agent
        else:
            good.append(one)
    by_seq = {entry.seq: entry for entry in entries}
    first = entries[0].hash if entries else ""
    for one in good:
        entry = by_seq.get(one.seq)
        if entry is None:
            faults.append(
                (f"entry {one.seq}", f"It was anchored on {one.at[:10]} and is missing: the journal was cut.")
            )
        elif (entry.hash, first) != (one.hash, one.chain):
            faults.append(
                (
                    f"entry {one.seq}",
                    f"It is not the one that was anchored on {one.at[:10]}: the journal was rewritten.",
                )
            )
    notes = [] if good else ["No anchor of this journal was compared: a cut end would not show by itself."]
    if states["none"] and keys.keys:
        notes.append(f"{states['none']} anchors are not signed.")
    return Differences(faults, notes, len(good))


def deletion(agent: str, *, at: datetime | None = None) -> Anchor:
    """Says that an agent was deleted with its journal."""
    now = (at or datetime.now(UTC)).isoformat()
    return Anchor(agent=agent, chain="", seq=0, hash="", number=0, at=now, is_last=True)

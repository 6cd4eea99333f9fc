"""Where Ratchet may call or write, as the operator said: one JSON file that only the operator's own account reads.

It is no part of the database: whoever can write rows there cannot send questions, keys or versions anywhere.
"""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_serializer

from loop.errors import InvalidInput, NotFound
from loop.llm.address import Place, checked_endpoint

_FROM_ENVIRONMENT = "env:"

Tool = Literal["langfuse", "langsmith", "mlflow", "phoenix"]
"""Kinds of tools that are read from."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class _Target(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointTarget(_Target):
    """The operator's own agent."""

    url: str
    """Where questions are put, by POST: https, or http to this machine."""
    key: SecretStr = SecretStr("")
    """Sent as a bearer token; `env:NAME` is read from the environment; empty: none."""
    timeout: float = Field(default=60.0, gt=0, le=3600)
    """Seconds one call may take."""
    concurrency: int = Field(default=8, ge=1, le=256)
    """Calls at a time."""
    bundle: Literal["always", "on_request"] = "always"
    """Whether each question brings the whole version, or only its digest until the agent answers 409 to be sent it."""

    @field_serializer("key")
    def _spell_key(self, key: SecretStr) -> str:
        return key.get_secret_value()


class WebhookTarget(_Target):
    """An address that is told when a version goes live."""

    url: str
    secret: SecretStr
    """What messages are signed with: `whsec_` and base64, or `env:NAME`."""
    agents: tuple[str, ...] = ()
    """Slugs; empty: every agent."""
    may_lead_inside: bool = False
    """Whether the name may lead to an address of a private network."""

    @field_serializer("secret")
    def _spell_secret(self, secret: SecretStr) -> str:
        return secret.get_secret_value()


class FileTarget(_Target):
    """A file that always holds the live version of one agent."""

    path: Path
    agent: str


class GitTarget(_Target):
    """A folder of a git repository that always holds the live versions, a file for each agent."""

    folder: Path
    agents: tuple[str, ...] = ()
    """Slugs; empty: every agent."""
    is_pushed: bool = False
    """Whether each commit is pushed to where the branch usually goes."""


class SourceTarget(_Target):
    """Another tool that keeps an agent's traces, to be read from."""

    kind: Tool
    url: str
    """Of the tool, without the path of its API: https, or http to this machine."""
    project: str = Field(default="", max_length=255)
    """The project's or experiment's name; for Langfuse, whose keys belong to one project, an environment or empty."""
    key: SecretStr = SecretStr("")
    """Its API key, or `NAME:PASSWORD` where it takes a pair; `env:NAME` is read from the environment; empty: none."""
    timeout: float = Field(default=60.0, gt=0, le=3600)
    """Seconds one request may take."""
    agent: str = ""
    """Slug of the agent whose traces the worker pulls; empty: only a person pulls."""
    minutes: float = Field(default=10.0, gt=0)
    """Between two rounds of the worker."""

    @field_serializer("key")
    def _spell_key(self, key: SecretStr) -> str:
        return key.get_secret_value()


class Outbound(BaseModel):
    """Everything the operator named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoints: dict[str, EndpointTarget] = Field(default_factory=dict)
    """By agent."""
    webhooks: dict[str, WebhookTarget] = Field(default_factory=dict)
    files: dict[str, FileTarget] = Field(default_factory=dict)
    folders: dict[str, GitTarget] = Field(default_factory=dict)
    sources: dict[str, SourceTarget] = Field(default_factory=dict)


class Destinations:
    """The operator's file: read again when it changed, written as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._read = Outbound()

    def read(self) -> Outbound:
        """What the file says now; nothing without a file. Raises InvalidInput, naming what cannot be used."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return Outbound()
        seen = (stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._read = _checked(self.path)
            self._seen = seen
        return self._read

    def write(self, outbound: Outbound) -> None:
        """Replace the file in one step; only its owner may read it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(outbound.model_dump(mode="json"), ensure_ascii=False, indent=2)
        handle, made = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(self.path)


def check_name(name: str) -> None:
    """Raises InvalidInput for what names no destination and no source."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "A name has 1 to 40 lower-case letters, digits and hyphens.", field="NAME", remedy="Choose another name."
        )


def place_of(kind: str, name: str) -> Place:
    """How a refused address is named."""
    return Place(f"The address of {kind} {name}", field="url", remedy="Use https://…, or http:// to this machine.")


def secret_of(given: SecretStr, *, what: str) -> str:
    """The secret itself, from the environment where it is kept there. Raises NotFound when it is not."""
    text = given.get_secret_value()
    if not text.startswith(_FROM_ENVIRONMENT):
        return text
    name = text.removeprefix(_FROM_ENVIRONMENT)
    found = os.environ.get(name, "")
    if not found:
        raise NotFound(f"The environment holds no {name}, which {what} needs.", remedy="Set it where the worker runs.")
    return found


def _checked(path: Path) -> Outbound:
    try:
        read = Outbound.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise InvalidInput(
            f"{path.name} cannot be used: {where}: {first['msg']}.", field=where, remedy="Correct it, or remove it."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{path.name} cannot be read.", field="RATCHET_OUTBOUND") from None
    for name, endpoint in read.endpoints.items():
        checked_endpoint(endpoint.url, place=place_of("the agent", name))
    for name, webhook in read.webhooks.items():
        checked_endpoint(webhook.url, place=place_of("the webhook", name))
    for name, source in read.sources.items():
        checked_endpoint(source.url, place=place_of("the source", name))
    return read

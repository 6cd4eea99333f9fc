"""A gateway that runs: a database with agents and a key, the provider that stands in, and both reached over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loop import desk, wiring
from loop.records import VERBS, Actor, Agent, Bundle, Interaction, Role
from loop.serve.app import make_app
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from storage.tables import InteractionRow
from tests import builders
from tests.shell.provider import Provider, listen

_SCRIPT = Path(__file__).with_name("unmodified_agent.py")

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)


@dataclass
class GatewaySite:
    """What a test talks to."""

    url: str
    """Of the server, without a path."""
    database: Database
    provider: Provider
    agent: str = ""
    key: str = ""
    """For the agent alone."""

    def base(self, *segments: str) -> str:
        """A base URL with the key, without `/v1`."""
        return "/".join([self.url, "k", self.key, *segments])

    @property
    def store(self) -> AgentStore:
        """Of the agent."""
        return self.database.store(self.agent)

    def kept(self, count: int) -> list[Interaction]:
        """The agent's interactions, by time, once so many are kept."""
        found: list[Interaction] = until(lambda: self.all() if len(self.all()) >= count else None)
        return found

    def all(self) -> list[Interaction]:
        """What is kept now."""
        table = InteractionRow.core()
        with self.database.engine.connect() as connection:
            ids = list(connection.execute(sa.select(table.c.id).where(table.c.agent == self.agent)).scalars())
        return sorted(self.store.interactions(ids).values(), key=lambda one: (one.at, one.id))

    def with_agent(self, agent: Agent, *, bundle: Bundle | None = None) -> "GatewaySite":
        """The same server with an agent more, and a key for it."""
        self.database.create_agent(agent, bundle or builders.bundle(), now=builders.NOON, actor="rita")
        order = desk.KeyOrder(client="shop", agents=[agent.slug], verbs=VERBS)
        made = desk.create_key(self.database, order, actor=OLGA, clock=wiring.utc_now, chance=wiring.key_chance())
        return replace(self, agent=agent.slug, key=made.text)


def ask(base: str, question: str) -> str:
    """Run somebody's script as its owner does, with another base URL in its environment and nothing else."""
    environment = os.environ | {"OPENAI_BASE_URL": f"{base}/v1", "OPENAI_API_KEY": "sk-own"}
    command = [sys.executable, str(_SCRIPT), question]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=True)
    return said.stdout.strip()


def until(look: Callable[[], Any], *, seconds: float = 60.0) -> Any:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@contextmanager
def run(
    url: str, provider: Provider, *, bundle: Bundle | None = None, agent: Agent | None = None, **settings: Any
) -> Iterator[GatewaySite]:
    """A server on `url` with an agent, in front of the provider."""
    database = Database.open(url)
    try:
        given = {
            "database_url": url,
            "upstreams": f"openai={provider.base_url}/v1,anthropic={provider.base_url}",
            "journal_key": "off",
        }
        chosen = Settings(**given | settings)
        with listen(make_app(lambda: chosen)) as port:
            site = GatewaySite(f"http://127.0.0.1:{port}", database, provider)
            yield site.with_agent(agent or builders.agent(), bundle=bundle)
    finally:
        database.close()

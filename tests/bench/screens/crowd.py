"""Reviewers who decide at the same time on one queue, and what became of each press.

Each is a person of their own who signed in, as only then a change that one reads is not handed to another. Each presses
Approve on what it is shown, a little after it was shown, twice in a row as a nervous hand does. Every
press that the desk confirmed must be one decision on record, and every proposal must have at most one.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.door.hosts import cookie_name
from loop import desk, wiring
from loop.records import Actor, Article, ProposalState, Role, UpsertArticle
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests.bench.screens.session import Viewer, opened
from tests.desk_process import Desk
from tests.screens import seed as screens_seed

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
SEEDED = "rita"
"""Who decides in the seeded agent."""
SIGN_IN = {"RATCHET_SIGN_IN": "accounts"}
"""What the screens are started with."""
_LOOKS_SECONDS = (0.7, 1.5)
"""How long a reviewer looks before a press: longer than the quiet time after one."""


@dataclass(frozen=True)
class Outcome:
    """What the presses came to."""

    reviewers: int
    proposals: int
    presses: int
    confirmed: int
    """Presses that were told to be decisions."""
    lost: int
    """Confirmed presses without a decision on record."""
    doubled: int
    """Decisions beyond the first on one proposal."""
    press_median_ms: float
    press_p95_ms: float


def fill(database: Database, *, proposals: int) -> AgentStore:
    """An agent with a queue of low-stakes changes that wait."""
    agents = [one.slug for one in database.agents()]
    slug = f"crowd-{len(agents)}"  # a kept database has those of earlier runs, and their people: whoever decides is one
    if all(one.person.name != SEEDED for one in database.people.members(agents[0], now=wiring.utc_now())):
        _invite(database, SEEDED, agents=agents)
    store = screens_seed.fill(database, slug=slug, rows=60)
    parts = wiring.parts_for(Settings(), database, slug)
    decider = Actor(name=SEEDED, role=Role.APPROVER)
    for item in store.proposals([ProposalState.WAITING]):  # those that ask for more than a press
        desk.reject(
            parts, item.proposal.id, actor=decider, seen_digest=item.evidence_digest, reason="Not measured here."
        )
    for number in range(proposals):
        article = Article(id=f"a{number}", title=f"Matter {number}", body=f"Matter {number} takes {number + 2} days.")
        screens_seed.propose(
            store, (UpsertArticle(article=article),), title=f"Explain matter {number}", at=datetime.now(UTC)
        )
    return store


def let_in(database: Database, store: AgentStore, running: Desk, *, reviewers: int) -> list[tuple[str, str]]:
    """A signed-in approver for each reviewer: name and value of their cookies."""
    how = desk.Opening(clock=wiring.utc_now, token=wiring.new_token)
    cookies = []
    for number in range(reviewers):
        name = f"{store.agent.slug}-{number}"
        _invite(database, name, agents=[store.agent.slug])
        cookies.append((cookie_name(running.port), desk.opened(database.people, name, how=how).token))
    return cookies


def _invite(database: Database, name: str, *, agents: list[str]) -> None:
    order = desk.Invitation(name=name, role=Role.APPROVER, agents=tuple(agents))
    desk.invite(database.people, order, actor=OLGA, clock=wiring.utc_now, token=wiring.new_token)


async def decide(running: Desk, store: AgentStore, cookies: list[tuple[str, str]], *, rounds: int) -> Outcome:
    """Let the reviewers work, then compare what they were told with what is on record."""
    waiting = {one.proposal.id for one in store.proposals() if "Explain matter" in one.proposal.title}
    before = {one.id for one in store.decisions()}
    told: Counter[str] = Counter()
    times: list[float] = []

    async def review(number: int, cookie: tuple[str, str]) -> None:
        draw = random.Random(number)
        async with opened(running, "review", cookie=cookie, agent=store.agent.slug) as viewer:
            for _ in range(rounds):
                await asyncio.sleep(draw.uniform(*_LOOKS_SECONDS))
                await _press(viewer, told, times)

    await asyncio.gather(*(review(number, cookie) for number, cookie in enumerate(cookies)))
    made = [one for one in store.decisions() if one.id not in before and one.verb == "approve"]
    on_record = Counter(one.proposal_id for one in made)
    taken = sorted(times)
    return Outcome(
        reviewers=len(cookies),
        proposals=len(waiting),
        presses=len(times),
        confirmed=sum(told.values()),
        lost=sum((told - on_record).values()),
        doubled=sum(n - 1 for n in on_record.values()),
        press_median_ms=taken[len(taken) // 2],
        press_p95_ms=taken[int(len(taken) * 0.95)],
    )


async def _press(viewer: Viewer, told: Counter[str], times: list[float]) -> None:
    if "Approve" not in viewer.buttons:  # somebody was faster: on to the next
        await viewer.rerun(press="Later" if "Later" in viewer.buttons else "")
        return
    for _ in range(2):  # the second press is a nervous hand's, on whatever it is shown by then
        if "Approve" not in viewer.buttons:
            return
        shown = viewer.query.get("p", "")
        run = await viewer.rerun(press="Approve")
        times.append(run.milliseconds)
        if any(toast.startswith("Approved") for toast in viewer.toasts):
            told[shown] += 1

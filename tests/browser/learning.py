"""The whole loop as people walk it: an agent's answer is corrected in the browser, a change is proved, a person
approves it in the browser, and the same agent answers differently. The same steps however the agent is connected."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from loop import desk, engine, wiring
from loop.ports import Parts
from loop.records import VERBS, Bundle, Interaction, ModelChoice, ProposalItem, ProposalState, Verdict
from loop.settings import Settings
from tests.browser.conftest import PATIENCE, Served, Visits, settled
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.gateway_site import OLGA, GatewaySite, until

QUESTION = "please refund my lamp, ref 17"
RIGHT = "refund"


@dataclass(frozen=True)
class Connected:
    """An agent that has just been made, and what it takes to reach it."""

    served: Served
    slug: str
    key: str
    """An API key for it alone."""
    folder: Path
    """For what belongs to the test: pictures of each step, destinations."""

    @property
    def site(self) -> GatewaySite:
        """The server as programs reach it."""
        return GatewaySite(self.served.address, self.served.database, self.served.provider, self.slug, self.key)

    @property
    def environment(self) -> dict[str, str]:
        """What the agent's own program is told."""
        return {"RATCHET_URL": self.served.address, "RATCHET_KEY": self.key, "RATCHET_AGENT": self.slug} | {
            "RATCHET_SPOOL": str(self.folder / "spool"),
            "no_proxy": "127.0.0.1",
        }

    @property
    def destinations(self) -> Path:
        """The file that says where the operator's own agent is."""
        return self.folder / "outbound.json"


def connected(served: Served, slug: str, *, folder: Path, model: str = "local") -> Connected:
    """Make an agent that knows nothing, and a key for it."""
    agent = desk_world.agent().model_copy(update={"slug": slug, "name": slug.capitalize()})
    served.database.create_agent(agent, Bundle(model=ModelChoice(name=model)), now=NOON, actor="olga")
    order = desk.KeyOrder(client=slug, agents=[slug], verbs=VERBS)
    made = desk.create_key(served.database, order, actor=OLGA, clock=wiring.utc_now, chance=wiring.key_chance())
    return Connected(served, slug, made.text, folder)


def learns(agent: Connected, visits: Visits, ask: Callable[[str], str], *, before: str) -> Interaction:
    """Walk the loop. `ask`: puts a question to the agent as its users do. What was recorded of the last answer."""
    assert ask(QUESTION) == before
    (asked,) = agent.site.kept(1)
    assert (asked.question, asked.answer) == (QUESTION, before)
    correct(visits(f"/corrections?agent={agent.slug}&c={asked.id}"), folder=agent.folder)
    parts = _parts(agent)
    item = proved(parts)
    assert ask(QUESTION) == before, "what is only proposed changes nothing"
    approve(visits(f"/review?agent={agent.slug}&p={item.proposal.id}"), folder=agent.folder)
    engine.apply_due(parts)
    live = parts.store.head()
    assert live.number == 1
    until(lambda: ask(QUESTION) == RIGHT, seconds=PATIENCE)
    found: Interaction = until(
        lambda: next((one for one in agent.site.all() if one.answer == RIGHT), None), seconds=PATIENCE
    )
    assert found.bundle_digest == live.digest
    return found


def correct(page: Page, *, folder: Path) -> None:
    """Say what the answer should have been."""
    expect(page.get_by_text(QUESTION).first).to_be_visible()
    page.get_by_role("combobox", name="The right label").fill(RIGHT)
    page.keyboard.press("Enter")
    page.get_by_label("What it should have said").click()
    page.screenshot(path=folder / "1 corrected.png")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Correction saved.")).to_be_visible()


def proved(parts: Parts) -> ProposalItem:
    """Other people's questions and labels come in, and the loop turns once: the change it has proved."""
    desk_world.arrive(parts, slug=parts.store.agent.slug, start=wiring.utc_now() - timedelta(days=2))
    engine.turn(parts)
    found = [one for one in parts.store.proposals([ProposalState.WAITING]) if one.report is not None]
    return next(one for one in found if one.report is not None and one.report.verdict is Verdict.PROVED)


def approve(page: Page, *, folder: Path) -> None:
    """Approve what the page shows, with a reason where the stakes ask for one."""
    page.screenshot(path=folder / "2 proposed.png")
    page.get_by_role("button", name=re.compile("Approve")).first.click()
    reason = page.get_by_label("Reason", exact=True)
    expect(page.get_by_text("Approved.").or_(reason)).to_be_visible()
    if reason.is_visible():
        reason.click()
        page.keyboard.type("I read what it fixes and what it breaks.")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Approved.")).to_be_visible()
    settled(page)
    page.screenshot(path=folder / "3 approved.png")


def _parts(agent: Connected) -> Parts:
    url = agent.served.database.engine.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, outbound=agent.destinations)
    return wiring.parts_for(settings, agent.served.database, agent.slug)

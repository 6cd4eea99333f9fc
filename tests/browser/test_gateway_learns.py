"""An unmodified script behind the gateway: its answer is corrected and the change approved in the browser, and the
same script answers differently."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from loop import desk, engine, wiring
from loop.records import VERBS, Bundle, ProposalState, Verdict
from loop.settings import Settings
from tests.browser.conftest import PATIENCE, Served, Visits, settled
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.gateway_site import OLGA, GatewaySite, ask, until
from tests.shell.provider import NO_IDEA

pytestmark = pytest.mark.browser

QUESTION = "please refund my lamp, ref 17"


def test_a_script_is_corrected_and_approved_in_the_browser_and_answers_differently(
    served: Served, visits: Visits
) -> None:
    agent = desk_world.agent().model_copy(update={"slug": "shop", "name": "Shop"})
    served.database.create_agent(agent, Bundle(), now=NOON, actor="olga")
    order = desk.KeyOrder(client="script", agents=["shop"], verbs=VERBS)
    key = desk.create_key(served.database, order, actor=OLGA, clock=wiring.utc_now, chance=wiring.key_chance()).text
    site = GatewaySite(served.address, served.database, served.provider, agent="shop", key=key)
    assert ask(site.base(), QUESTION) == NO_IDEA
    (asked,) = site.kept(1)

    page = visits(f"/corrections?agent=shop&c={asked.id}")
    page.get_by_role("combobox", name="The right label").fill("refund")
    page.keyboard.press("Enter")
    page.get_by_label("What it should have said").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Correction saved.")).to_be_visible()

    parts = wiring.parts_for(Settings(database_url=str(served.database.engine.url)), served.database, "shop")
    desk_world.arrive(parts, slug="shop", start=wiring.utc_now() - timedelta(days=2))
    engine.turn(parts)
    item = next(
        one
        for one in parts.store.proposals([ProposalState.WAITING])
        if one.report is not None and one.report.verdict is Verdict.PROVED
    )
    page = visits(f"/review?agent=shop&p={item.proposal.id}")
    page.get_by_role("button", name=re.compile("Approve")).first.click()
    reason = page.get_by_label("Reason", exact=True)
    expect(page.get_by_text("Approved.").or_(reason)).to_be_visible()
    if reason.is_visible():  # high stakes take a reason
        reason.click()
        page.keyboard.type("I read what it fixes and what it breaks.")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Approved.")).to_be_visible()
    settled(page)
    engine.apply_due(parts)
    until(lambda: ask(site.base(), QUESTION) == "refund", seconds=PATIENCE)

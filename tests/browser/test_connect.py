"""An agent is connected in the browser, its first event is seen, and what is corrected and approved reaches it."""

import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loop import engine, wiring
from loop.ports import Parts
from loop.records import Bundle, ModelChoice, ProposalState, Verdict
from loop.settings import Settings
from tests.browser.conftest import Served, Visits, settled
from tests.shell import desk_world

pytestmark = pytest.mark.browser

SCRIPT = """
import sys
from openai import OpenAI

reply = OpenAI().chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": sys.argv[1]}]
)
print(reply.choices[0].message.content)
"""
"""An agent as somebody wrote it who never heard of Ratchet."""
QUESTION = "please refund my lamp, ref 17"


def connected(page: Page) -> dict[str, str]:
    """Make a key on the page; the environment its lines set."""
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    settled(page)
    blocks = page.get_by_test_id("stCode").all_inner_texts()
    exported = [line.removeprefix("export ") for block in blocks for line in block.splitlines() if "export " in line]
    assert exported
    return dict(one.split("=", 1) for one in exported)


def code(page: Page) -> str:
    """The lines for the agent's own program."""
    blocks: list[str] = page.get_by_test_id("stCode").all_inner_texts()
    return next(block for block in blocks if block.lstrip().startswith("from loop.sdk"))


def run(script: str, *arguments: str, **environment: str) -> str:
    """Run a program of the operator's; what it prints."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def new_agent(served: Served, slug: str, bundle: Bundle) -> Parts:
    """An agent of four intents, and what acts for it on the database of the server."""
    agent = desk_world.agent().model_copy(update={"slug": slug, "name": slug.title()})
    served.database.create_agent(agent, bundle, now=wiring.utc_now(), actor="olga")
    settings = Settings(model_base_url=f"{served.provider.base_url}/v1", model_api_key="none", model_concurrency=4)
    return wiring.parts_for(settings, served.database, slug)


def test_the_lines_of_the_page_bring_the_first_event_and_the_page_sees_it(served: Served, visits: Visits) -> None:
    new_agent(served, "firsthand", Bundle())
    page = visits("/connect?agent=firsthand&how=sdk")
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    environment = connected(page)
    assert environment["RATCHET_URL"] == served.address
    run(f"def answer(question): return 'On its way.'\n{code(page)}\nanswer('Where is my parcel?')", **environment)
    expect(page.get_by_text("It arrived")).to_be_visible()
    expect(page.get_by_text("Where is my parcel?")).to_be_visible()
    expect(page.get_by_text("What is missing: an outcome.")).to_be_visible()
    expect(page.get_by_text("Speaking")).to_be_visible()


def test_an_unmodified_script_is_corrected_in_the_browser_approved_and_answers_differently(
    served: Served, visits: Visits
) -> None:
    bundle = Bundle(instructions="Sort what people write.", model=ModelChoice(name="openai/gpt-4o-mini"))
    parts = new_agent(served, "script", bundle)
    desk_world.arrive(parts, slug="script", start=wiring.utc_now() - timedelta(hours=8))

    page = visits("/connect?agent=script&how=openai")
    environment = connected(page) | {"OPENAI_API_KEY": "sk-own"}
    assert run(SCRIPT, QUESTION, **environment) == "something else"
    expect(page.get_by_text("It arrived")).to_be_visible()

    page.get_by_role("link", name="Say what it should have answered").click()
    settled(page)
    expect(page.get_by_text(QUESTION).first).to_be_visible()
    page.get_by_label("The right label").click()
    page.keyboard.type("refund")
    page.keyboard.press("Enter")
    settled(page)
    page.get_by_role("button", name="Save correction").click()
    expect(page.get_by_text("Correction saved.")).to_be_visible()

    engine.turn(parts)
    proved = [
        item
        for item in parts.store.proposals([ProposalState.WAITING])
        if item.report is not None and item.report.verdict is Verdict.PROVED
    ]
    assert proved
    assert run(SCRIPT, QUESTION, **environment) == "something else"  # tested is not live

    page = visits(f"/review?agent=script&p={proved[0].proposal.id}")
    page.get_by_role("button", name=re.compile("Approve")).first.click()
    settled(page)
    if page.get_by_label("Reason", exact=True).count():
        page.get_by_label("Reason", exact=True).fill("The answers side by side are right.")
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Approved.")).to_be_visible()
    settled(page)
    assert [one.actor.name for one in parts.store.decisions(proved[0].proposal.id)] == ["dana"]
    engine.apply_due(parts)

    assert run(SCRIPT, QUESTION, **environment) == "refund"
    assert served.provider.calls[-1].json["messages"][-1]["content"] == QUESTION  # the script says what it always said

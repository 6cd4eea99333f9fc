"""An agent is connected in the browser with the lines of the page, and its first event is seen as it arrives."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from loop import wiring
from loop.records import Bundle
from tests import builders
from tests.browser.conftest import Served, Visits, settled
from tests.shell.provider import NO_IDEA

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


def new_agent(served: Served, slug: str) -> None:
    """An agent to which nothing has happened."""
    agent = builders.agent(slug)
    served.database.create_agent(agent, Bundle(), now=wiring.utc_now(), actor="olga")


def test_the_lines_of_the_page_bring_the_first_event_and_the_page_sees_it(served: Served, visits: Visits) -> None:
    new_agent(served, "firsthand")
    page = visits("/connect?agent=firsthand&how=sdk")
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    environment = connected(page)
    assert environment["RATCHET_URL"] == served.address
    asks = "answer('Where is my parcel?')\nratchet.flush(200)"
    run(f"def answer(question): return 'On its way.'\n{code(page)}\n{asks}", **environment)
    expect(page.get_by_text("It arrived")).to_be_visible()
    expect(page.get_by_text("Where is my parcel?")).to_be_visible()
    expect(page.get_by_text("What is missing: an outcome.")).to_be_visible()
    expect(page.get_by_text("Speaking")).to_be_visible()


def test_the_line_of_the_page_leads_an_unmodified_script_to_its_provider_and_to_the_desk(
    served: Served, visits: Visits
) -> None:
    new_agent(served, "script")
    page = visits("/connect?agent=script&how=openai")
    environment = connected(page) | {"OPENAI_API_KEY": "sk-own"}
    assert run(SCRIPT, QUESTION, **environment) == NO_IDEA
    assert served.provider.calls[-1].headers["authorization"] == "Bearer sk-own"
    expect(page.get_by_text("It arrived")).to_be_visible()
    page.get_by_role("link", name="Say what it should have answered").click()
    settled(page)
    assert "/corrections" in page.url
    expect(page.get_by_text(QUESTION).first).to_be_visible()

"""Pressing keys in a real browser: requests counted, the router awaited, a key pressed once, twice or held."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.conftest import settled

QUIET = 700
"""Milliseconds after which another press counts again."""
FORM = "[data-testid=stForm]"
FIRST_BOX = f"{FORM} textarea, {FORM} input[type=text]"


@dataclass
class Sent:
    """Requests this page sent to the server: each makes it run the page again."""

    frames: list[int] = field(default_factory=list)

    def since(self, act: Callable[[], None], page: Page) -> int:
        """How many the act caused, once the page has settled."""
        before = len(self.frames)
        act()
        page.wait_for_timeout(300)
        settled(page)
        return len(self.frames) - before


def counted(page: Page) -> Sent:
    """Open the page again with its requests counted."""
    sent = Sent()

    def note(data: str | bytes) -> None:
        asked = BackMsg()
        asked.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if asked.HasField("rerun_script") and not asked.rerun_script.is_auto_rerun:  # a timer of the page is no press
            sent.frames.append(len(data))

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", note)

    page.on("websocket", watch)
    page.reload()
    settled(page)
    return sent


def ready(page: Page) -> None:
    """The keys of this picture are the router's, and it is not locked."""
    page.wait_for_function(
        "() => document.documentElement.dataset.ratchetDrawn && !document.documentElement.dataset.ratchetLocked"
    )


def bound(page: Page) -> dict[str, list[str]]:
    """Keys that would press something now, with what each would press."""
    return dict(json.loads(page.evaluate("JSON.stringify(window.__ratchetRouter.pressable())")))


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)


def twice(page: Page, key: str) -> None:
    page.keyboard.press(key)
    page.keyboard.press(key)


def held(page: Page, key: str) -> None:
    modifier, _, name = key.partition("+")
    page.keyboard.down(modifier)
    for _ in range(30):
        page.keyboard.down(name)  # a second `down` without `up` is what a keyboard's repeat sends
        page.wait_for_timeout(30)
    page.keyboard.up(name)
    page.keyboard.up(modifier)


WAYS = {"once": press, "twice at once": twice, "held": held}

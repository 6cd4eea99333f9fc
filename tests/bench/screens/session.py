"""One viewer without a browser: Streamlit's own websocket, spoken by a script.

It sends what the front end sends (the address, the state of the widgets, one press) and waits for the end of the run,
so that what it measures is the server: from the request to the last frame of the answer.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.desk_process import Desk

_PATIENCE = 300
"""Seconds one run may take before the benchmark gives up."""


@dataclass(frozen=True)
class Run:
    """What one page run cost."""

    milliseconds: float
    """From the request to the end of the run."""
    size: int
    """Bytes of all frames."""
    frames: int


@dataclass
class Viewer:
    """A session on one page: what it shows, and what may be pressed."""

    socket: aiohttp.ClientWebSocketResponse
    address: str
    page: str
    """Last part of the address; empty: the first page."""
    query: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    """Ids of the buttons of the last run that can be pressed, by label."""
    texts: dict[str, str] = field(default_factory=dict)
    """Ids of the text boxes of the last run, by label."""
    state: dict[str, WidgetState] = field(default_factory=dict)
    html: list[str] = field(default_factory=list)
    """What the last run showed through its own markup."""
    toasts: list[str] = field(default_factory=list)
    """What the last run told in passing."""
    failures: list[str] = field(default_factory=list)
    """Exceptions that the last run showed."""
    first: Run | None = None
    """The run that opened the page."""
    _hash: str = ""

    async def rerun(self, *, press: str = "", typed: Mapping[str, str] | None = None) -> Run:
        """Run the page, with one button pressed (by label) and text in boxes (by label)."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = urlencode(self.query)
        state.page_script_hash, state.page_name = self._hash, "" if self._hash else self.page
        state.context_info.timezone = "Europe/Berlin"
        state.context_info.url = f"{self.address}/{self.page}"
        for label, text in (typed or {}).items():
            self.state[label] = WidgetState(id=self.texts[label], string_value=text)
        state.widget_states.widgets.extend(self.state.values())
        if press:
            state.widget_states.widgets.append(WidgetState(id=self.buttons[press], trigger_value=True))
        began = time.perf_counter()
        await self.socket.send_bytes(message.SerializeToString())
        return await self._until_end(began)

    async def _until_end(self, began: float) -> Run:
        size = frames = 0
        self._clear()
        while True:
            packet = await self.socket.receive(timeout=_PATIENCE)
            if packet.type is not aiohttp.WSMsgType.BINARY:
                raise SystemExit(f"The server closed the session: {packet.type.name} {packet.data!r}")
            size, frames = size + len(packet.data), frames + 1
            message = ForwardMsg.FromString(packet.data)
            match message.WhichOneof("type"):
                case "new_session":
                    self._clear()
                case "navigation":
                    self._hash = message.navigation.page_script_hash
                case "page_info_changed":
                    pairs = message.page_info_changed.query_string.removeprefix("?").split("&")
                    self.query = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
                case "delta":
                    self._note(message)
                case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return Run((time.perf_counter() - began) * 1000, size, frames)

    def _clear(self) -> None:
        self.buttons, self.texts, self.html, self.toasts, self.failures = {}, {}, [], [], []

    def _note(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        match element.WhichOneof("type"):
            case "button" if not element.button.disabled:
                self.buttons[element.button.label] = element.button.id
            case "text_area":
                self.texts[element.text_area.label] = element.text_area.id
            case "html":
                self.html.append(element.html.body)
            case "toast":
                self.toasts.append(element.toast.body)
            case "exception":
                self.failures.append(element.exception.type)


@asynccontextmanager
async def opened(
    desk: Desk, page: str, *, cookie: tuple[str, str] | None = None, **query: str
) -> AsyncIterator[Viewer]:
    """A session on a page, after its first run; `cookie`: whose browser it is, else the operator's."""
    address = desk.address
    headers = {"Origin": address, "Cookie": "=".join(cookie or desk.cookie())}
    async with aiohttp.ClientSession(headers=headers) as client:
        socket = await client.ws_connect(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream", protocols=("streamlit",), max_msg_size=0
        )
        async with socket:
            viewer = Viewer(socket, address=address, page=page, query=dict(query))
            viewer.first = await viewer.rerun()
            yield viewer

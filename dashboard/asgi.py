"""The screens as one ASGI application: Streamlit, the API beside it, and headers that keep strangers' text harmless."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.door.dangers import dangers, refuse
from dashboard.door.middleware import Door
from dashboard.door.provider import secrets_of
from dashboard.door.unknown import Unknown
from loop.serve.app import Server
from loop.serve.orphan import follow_named
from loop.settings import Settings

SCRIPT = Path(__file__).with_name("app.py")

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'{sockets}; worker-src 'self' blob:; "
    "frame-src 'none'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'; object-src 'none'"
)


class SecurityHeaders:
    """Tells the browser: load nothing from elsewhere, run nothing inline, let nobody frame this page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the headers to every HTTP response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy(host)
                headers["X-Frame-Options"] = "DENY"
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
            await send(message)

        await self.app(scope, receive, answer)


def policy(host: str) -> str:
    """The content security policy of a page served under this host; an odd host gets no extra permission."""
    is_plain = bool(host) and all(one.isalnum() or one in ".-:[]" for one in host)
    sockets = f" ws://{host} wss://{host}" if is_plain else ""
    return _POLICY.format(sockets=sockets, scripts="".join(f" {one}" for one in _own_scripts()))


@cache
def _own_scripts() -> tuple[str, ...]:
    """Hashes of the scripts that Streamlit's own page holds inline: exactly these may run, no other."""
    page = Path(st.__file__).with_name("static") / "index.html"
    found = _INLINE.findall(page.read_text(encoding="utf-8")) if page.is_file() else []
    return tuple(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in found)


@asynccontextmanager
async def _guarded(app: st.App) -> AsyncIterator[None]:
    """Refuse to start with settings that would make a decision mean nothing."""
    del app
    refuse(dangers(st.get_option, Settings()))
    follow_named()
    async with _server.running():
        yield


@cache
def _pages() -> frozenset[str]:
    """What may stand in an address."""
    from dashboard.menu import SCREENS  # with every view: not before somebody asks for a page

    return frozenset(screen.path for screen in SCREENS)


_server = Server()

# `streamlit run` finds the application by reading this very assignment; it cannot be made in a function.
app = st.App(
    SCRIPT,
    secrets=secrets_of(Settings(), port=int(st.get_option("server.port"))),
    lifespan=_guarded,
    routes=_server.routes,
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(Door, site=_server.site),
        Middleware(_server.lane),
        Middleware(Unknown, pages=_pages),
    ],
)

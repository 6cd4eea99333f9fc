"""The screens as one ASGI application: Streamlit, the API beside it, and headers that keep strangers' text harmless."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loop.errors import InvalidInput
from loop.serve.app import Server

SCRIPT = Path(__file__).with_name("app.py")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

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


def dangers(option: Callable[[str], object]) -> list[str]:
    """Streamlit options that would let a program or a stranger press Approve; empty when all is well."""
    refused = {
        "server.enableAgentApi": (bool(option("server.enableAgentApi")), "it lets a program press every button"),
        "server.enableCORS": (not option("server.enableCORS"), "other web pages could then talk to this one"),
        "server.enableXsrfProtection": (
            not option("server.enableXsrfProtection"),
            "other web pages could then send files here",
        ),
        "server.trustedUserHeaders": (
            bool(option("server.trustedUserHeaders")),
            "anybody could then claim to be anybody",
        ),
        "server.address": (
            option("server.address") not in LOOPBACK,
            f"sign-in does not exist yet, so it must be one of {', '.join(LOOPBACK)}",
        ),
    }
    return [f"{name}: {why}" for name, (is_refused, why) in refused.items() if is_refused]


@asynccontextmanager
async def _guarded(app: st.App) -> AsyncIterator[None]:
    """Refuse to start with settings that would make a decision mean nothing."""
    del app
    found = dangers(st.get_option)
    if found:
        raise InvalidInput(f"The screens do not start with this Streamlit setting: {found[0]}.", field=found[0])
    async with _server.running():
        yield


_server = Server()

# `streamlit run` finds the application by reading this very assignment; it cannot be made in a function.
app = st.App(
    SCRIPT,
    lifespan=_guarded,
    routes=_server.routes,
    middleware=[Middleware(SecurityHeaders), Middleware(_server.lane)],
)

"""Sign-in by a provider (OpenID Connect): Streamlit's own login, with what it would leave in the browser held back.

`st.login` sends the browser to `/auth/login`, which goes on to the provider, which comes back to `/oauth2callback`;
there the ID token is checked, and a cookie is made that nobody can end for 30 days. The door goes the same way without
a page run, so that the screens stay shut to strangers; it takes the claims out of that cookie, keeps the cookie back,
and makes a sign-in of ours instead.
"""

import json
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope
from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from loop.settings import Settings

USER = "_streamlit_user"
"""Cookies of Streamlit's login begin with it."""
CALLBACK, LOGIN = "/oauth2callback", "/auth/login"


def secrets_of(settings: Settings, *, port: int) -> dict[str, Any]:
    """What `st.login` reads, of our settings."""
    if settings.sign_in != "oidc":
        return {}
    public = settings.address(port)
    return {
        "auth": {
            "redirect_uri": f"{public}{CALLBACK}",
            "cookie_secret": settings.cookie_secret.get_secret_value(),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url,
            "client_kwargs": {"scope": "openid email profile", "code_challenge_method": "S256"},
        }
    }


def start() -> str:
    """Where the browser goes first, as `st.login` would send it; good for two minutes."""
    return f"{LOGIN}?provider={encode_provider_token('default')}"


class Heard:
    """What an application answered, held back so that it can be looked at."""

    def __init__(self) -> None:
        self.status = 500
        self.headers = Headers()
        self._body: list[bytes] = []

    async def hear(self, app: ASGIApp, scope: Scope, receive: Receive) -> "Heard":
        """Let it answer."""

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = Headers(raw=message.get("headers", []))

        await app(scope, receive, send)
        return self

    @property
    def claims(self) -> Mapping[str, object] | None:
        """Of the ID token that Streamlit checked; None: nobody was signed in."""
        told: SimpleCookie = SimpleCookie()
        for one in self.headers.getlist("set-cookie"):
            told.load(one)

        def decoded(name: str) -> bytes | None:
            value = told[name].value if name in told else ""
            return decode_signed_value(get_cookie_secret(), name, value) if value else None

        found = get_cookie_with_chunks(decoded, USER)
        claims = json.loads(found) if found else None
        return claims if isinstance(claims, dict) and claims.get("is_logged_in") is True else None

    @property
    def other_cookies(self) -> list[str]:
        """`Set-Cookie` headers that are not of the login: the state of the way there and back."""
        return [one for one in self.headers.getlist("set-cookie") if not one.startswith(USER)]

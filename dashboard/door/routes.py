"""The door's own addresses: the one-time link, signing in and out, and setting a password."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from dashboard.door import pages, provider
from dashboard.door.hosts import Hosts, known_name
from dashboard.door.passwords import passwords, turn
from loop import desk, wiring
from loop.errors import InvalidInput, NotAllowed, RatchetError
from loop.ports.people import People
from loop.serve.calls import Site, read_body
from loop.serve.refusal import Refusal

NEXT = "ratchet-next"
"""Cookie with the page that was asked for before somebody signed in."""
_NEXT_SECONDS = 600
_KNOWN_SECONDS = 30 * 24 * 3600
_FORM_MAX = 8 * 1024

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Desk:
    """What the door's addresses are answered with."""

    site: Site
    hosts: Hosts
    port: int

    @property
    def people(self) -> People:
        """Who may come in. Reads the database: never on the event loop."""
        return self.site.database.people

    @property
    def mode(self) -> str:
        """How people sign in; empty: nobody does, but one person runs everything."""
        return self.site.settings.sign_in

    @property
    def opening(self) -> desk.Opening:
        """With what a sign-in is made."""
        settings = self.site.settings
        stay = desk.Stay(timedelta(hours=settings.session_hours), timedelta(minutes=settings.idle_minutes))
        return desk.Opening(self.now, wiring.new_token, stay)

    def now(self) -> datetime:
        """The present moment."""
        return self.site.clock()


class Routes:
    """The addresses, and who answers them."""

    def __init__(self, desk_: Desk, *, app: ASGIApp) -> None:
        self._desk = desk_
        self._app = app
        """What is behind the door: Streamlit's login is asked there."""

    def of(self, path: str) -> Handler | None:
        """None: it is not one of the door's own."""
        known: Mapping[str, Handler] = {"/sign-out": self._sign_out}
        match self._desk.mode:
            case "":
                known = {**known, "/open": self._open}
            case "accounts":
                known = {**known, "/sign-in": self._sign_in, "/set-up": self._set_up}
            case "oidc":
                known = {**known, "/sign-in": self._go, provider.LOGIN: self._leave, provider.CALLBACK: self._back}
        return known.get(path)

    def welcome(self, request: Request) -> Response:
        """What somebody gets who is not signed in; the page they asked for is kept for afterwards."""
        if self._desk.mode == "accounts":
            answer: Response = _sign_in_page(status=401)
        elif self._desk.mode == "oidc":
            answer = self._provider_page(status=401)
        else:
            answer = pages.page(
                "This desk is locked",
                pages.says("Open the link that Ratchet printed when it started. It works once; for another:"),
                pages.says("", command="ratchet open"),
                status=401,
            )
        return self.keeping_next(answer, request)

    async def _open(self, request: Request) -> Response:
        """The operator's one-time link."""
        if request.method != "GET":
            return pages.plain(405, "This link is opened, nothing else.")
        link = request.query_params.get("link", "")
        try:
            made = await asyncio.to_thread(
                desk.open_for_operator, self._desk.people, link, clock=self._desk.now, token=wiring.new_token
            )
        except RatchetError as error:
            return pages.page("This desk is locked", pages.note(str(error)), status=_status(error))
        return self.let_in(made, request)

    async def _sign_in(self, request: Request) -> Response:
        """Name and password."""
        if request.method != "POST":
            return _sign_in_page()
        try:
            form = await _form(request)
            name, password = form.get("name", ""), form.get("password", "")
            async with turn():
                made = await asyncio.to_thread(
                    desk.sign_in,
                    self._desk.people,
                    name,
                    password,
                    passwords=passwords(),
                    how=self._desk.opening,
                    caller=self._caller(request),
                )
        except (RatchetError, Refusal) as error:
            return _sign_in_page(_words(error), status=_status(error))
        return self.let_in(made, request)

    def _caller(self, request: Request) -> desk.Caller:
        """By the address that connected: a header that says another counts from a proxy we trust alone."""
        address = "" if request.client is None else request.client.host
        return desk.Caller(address, browser=request.cookies.get(known_name(self._desk.port), ""))

    async def _set_up(self, request: Request) -> Response:
        """A new password, by a one-time link."""
        link, problem, status = request.query_params.get("link", ""), "", 200
        try:
            if request.method == "POST":
                form = await _form(request)
                link = form.get("link", "")
                async with turn():
                    made = await asyncio.to_thread(
                        desk.set_password,
                        self._desk.people,
                        link,
                        _twice(form),
                        passwords=passwords(),
                        how=self._desk.opening,
                    )
                return self.let_in(made, request)
        except InvalidInput as error:
            problem, status = _words(error), 422
        except (RatchetError, Refusal) as error:
            return pages.page("This link is over", pages.note(_words(error)), status=_status(error))
        try:
            name = await asyncio.to_thread(desk.person_of_link, self._desk.people, link, clock=self._desk.now)
        except RatchetError as error:
            return pages.page("This link is over", pages.note(_words(error)), status=_status(error))
        return _set_up_page(name, link, problem, status=status)

    def _provider_page(self, problem: str = "", *, status: int) -> Response:
        name = escape(self._desk.site.settings.oidc_name)
        go = f'<p><a class="go" href="/sign-in">Sign in with {name}</a></p>'
        return pages.page("Sign in", pages.note(problem), go, status=status)

    async def _go(self, request: Request) -> Response:
        """Off to the provider."""
        if request.method != "GET":
            return pages.plain(405, "This page is opened, nothing else.")
        return RedirectResponse(provider.start(), status_code=303, headers={"Cache-Control": "no-store"})

    async def _leave(self, request: Request) -> Response:
        """The way Streamlit's login goes to the provider."""
        heard = await provider.Heard().hear(self._app, request.scope, request.receive)
        target = heard.headers.get("location", "")
        if heard.status not in (302, 303, 307) or not target.startswith(("https://", "http://")):
            return self._provider_page("The provider cannot be reached now. Try again in a moment.", status=503)
        answer = RedirectResponse(target, status_code=303)
        _carry(answer, heard)
        return answer

    async def _back(self, request: Request) -> Response:
        """The provider's word, looked at by Streamlit's login, becomes a sign-in of ours."""
        heard = await provider.Heard().hear(self._app, request.scope, request.receive)
        try:
            if heard.claims is None:
                return self._provider_page("You were not signed in. Try again.", status=401)
            rules = await asyncio.to_thread(self._rules)
            made = await asyncio.to_thread(
                desk.sign_in_by_provider, self._desk.people, heard.claims, rules=rules, how=self._desk.opening
            )
        except RatchetError as error:
            return self._provider_page(_words(error), status=_status(error))
        answer = self.let_in(made, request)
        _carry(answer, heard)
        return answer

    def _rules(self) -> desk.ClaimRules:
        settings = self._desk.site.settings
        return desk.ClaimRules(
            claim=settings.oidc_claim,
            roles=desk.read_roles(settings.oidc_roles),
            agents=[one.slug for one in self._desk.site.database.agents()],
            follows_token=settings.oidc_follows_token,
        )

    async def _sign_out(self, request: Request) -> Response:
        """Asked for by a form, so that no other page signs anybody out."""
        if request.method != "POST":
            form = '<form method="post" action="/sign-out"><button>Sign out</button></form>'
            return pages.page("Sign out", form)
        token = request.cookies.get(self.cookie(request), "")
        try:
            await asyncio.to_thread(self._desk.people.close, desk.digest_of(token), at=self._desk.now())
        except RatchetError as error:
            return pages.page("You are still signed in", pages.note(_words(error)), status=503)
        answer = pages.page("You are signed out", '<p><a class="go" href="/">Sign in again</a></p>')
        answer.delete_cookie(
            self.cookie(request), path="/", httponly=True, samesite="strict", secure=self.is_secure(request)
        )
        return answer

    def let_in(self, made: desk.Opened, request: Request) -> Response:
        """On to the page that was asked for, with the cookie."""
        answer = pages.hop(pages.inside(request.cookies.get(NEXT, "/")))
        answer.set_cookie(
            self.cookie(request),
            made.token,
            max_age=int((made.sign_in.expires_at - made.sign_in.created_at).total_seconds()),
            path="/",
            httponly=True,
            samesite="strict",
            secure=self.is_secure(request),
        )
        answer.delete_cookie(NEXT, path="/", httponly=True, samesite="lax")
        if self._desk.mode == "accounts":
            answer.set_cookie(
                known_name(self._desk.port), made.sign_in.digest, max_age=_KNOWN_SECONDS, path="/sign-in",
                httponly=True, samesite="strict", secure=self.is_secure(request),
            )  # fmt: skip
        return answer

    def keeping_next(self, answer: Response, request: Request) -> Response:
        """The answer, with the page that was asked for in a cookie."""
        wanted = pages.address_of(request)
        if wanted != "/":
            answer.set_cookie(
                NEXT, wanted, max_age=_NEXT_SECONDS, path="/", httponly=True, samesite="lax",
                secure=self.is_secure(request),
            )  # fmt: skip
        return answer

    def is_secure(self, request: Request) -> bool:
        """Whether people reach this address by HTTPS, whatever the proxy in front of it speaks to us."""
        return self._desk.hosts.is_secure(_host(request))

    def cookie(self, request: Request) -> str:
        """Name of the cookie of a sign-in."""
        return self._desk.hosts.cookie(_host(request), port=self._desk.port)


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower()


def _carry(answer: Response, heard: provider.Heard) -> None:
    for one in heard.other_cookies:
        answer.headers.append("set-cookie", one)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, each once. Raises Refusal."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refusal(415, "form", "This takes a form.")
    text = (await read_body(request, limit=_FORM_MAX)).decode("utf-8", "replace")
    return {name: some[0] for name, some in parse_qs(text, keep_blank_values=True, max_num_fields=10).items()}


def _twice(form: Mapping[str, str]) -> str:
    """A new password. Raises InvalidInput when it was not typed the same twice."""
    if form.get("password", "") != form.get("again", ""):
        raise InvalidInput("The two are not the same.", field="again")
    return form.get("password", "")


def _words(error: Exception) -> str:
    return error.message if isinstance(error, Refusal) else str(error)


def _status(error: Exception) -> int:
    match error:
        case Refusal():
            return error.status
        case NotAllowed():
            return 401
        case InvalidInput():
            return 422
        case _:
            return 503


def _sign_in_page(problem: str = "", *, status: int = 200) -> Response:
    return pages.page(
        "Sign in",
        pages.note(problem),
        '<form method="post" action="/sign-in">',
        '<label for="name">Name</label><input id="name" name="name" autocomplete="username" autofocus required>',
        '<label for="password">Password</label>',
        '<input id="password" name="password" type="password" autocomplete="current-password" required>',
        "<button>Sign in</button></form>",
        status=status,
    )


def _set_up_page(name: str, link: str, problem: str, *, status: int) -> Response:
    secret = f'type="password" autocomplete="new-password" minlength="{desk.PASSWORD_LEAST}" required'
    return pages.page(
        "Choose a password",
        pages.note(problem),
        pages.says(f"You sign in as {name}. Your password has {desk.PASSWORD_LEAST} characters or more."),
        '<form method="post" action="/set-up">',
        f'<input type="hidden" name="link" value="{escape(link, quote=True)}">',
        f'<input type="hidden" name="username" autocomplete="username" value="{escape(name, quote=True)}">',
        f'<label for="password">Password</label><input id="password" name="password" {secret} autofocus>',
        f'<label for="again">The same again</label><input id="again" name="again" {secret}>',
        "<button>Sign in</button></form>",
        status=status,
    )

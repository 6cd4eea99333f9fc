"""Nobody gets past the door but who was let in: neither a page on another port, nor a program, nor another name."""

import base64
import http.client
import http.server
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from loop import desk, wiring
from loop.records import Actor, Role
from loop.settings import Settings
from storage.tables import SignInRow
from tests.browser.conftest import Served, Visits, settled

pytestmark = pytest.mark.browser

OPERATOR = Actor(name="dana", role=Role.ADMIN, is_single_operator=True)


def port_of(served: Served) -> int:
    return int(served.address.rpartition(":")[2])


def cookie(served: Served) -> str:
    made = served.cookie()
    return f"{made['name']}={made['value']}"


def link(served: Served) -> str:
    """A link as `ratchet up` prints it."""
    database = wiring.open_database(Settings(database_url=served.database.engine.url.render_as_string()))
    try:
        token = desk.operator_link(database.people, actor=OPERATOR, clock=wiring.utc_now, token=wiring.new_token)
    finally:
        database.close()
    return f"{served.address}/open?link={token}"


def ask(served: Served, method: str = "GET", path: str = "/", **headers: str) -> int:
    """Status of one request by a program."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=60)
    try:
        connection.putrequest(method, path, skip_host="Host" in named)
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def shake_hands(served: Served, *headers: str) -> int:
    """Status of a websocket's opening handshake with exactly these headers besides what every one has."""
    key = base64.b64encode(os.urandom(16)).decode()
    usual = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    lines = "\r\n".join(["GET /_stcore/stream HTTP/1.1", *usual, *headers])
    with socket.create_connection(("127.0.0.1", port_of(served)), timeout=60) as stream:
        stream.sendall(f"{lines}\r\n\r\n".encode())
        return int(stream.recv(64).split()[1])


def test_a_program_opens_a_socket_only_as_a_signed_in_page_does(served: Served) -> None:
    here, mine = f"127.0.0.1:{port_of(served)}", f"Cookie: {cookie(served)}"
    assert shake_hands(served, f"Host: {here}", f"Origin: http://{here}", mine) == 101
    for wrong in (
        [f"Host: {here}", mine],
        [f"Host: {here}", "Origin: null", mine],
        [f"Host: {here}", "Origin: http://127.0.0.1:1", mine],
        [f"Host: {here}", f"Origin: http://localhost:{port_of(served)}", mine],
        [f"Host: {here}", f"Origin: https://{here}", mine],
        [f"Host: {here}", f"Origin: http://{here}.evil.example", mine],
        [f"Host: {here}", f"Origin: http://{here}", f"Origin: http://{here}", mine],
        [f"Host: evil.example:{port_of(served)}", f"Origin: http://evil.example:{port_of(served)}", mine],
        [f"Host: {here}", f"Host: {here}", f"Origin: http://{here}", mine],
        [f"Host: {here}", f"Origin: http://{here}"],
        [f"Host: {here}", f"Origin: http://{here}", f"{mine}x"],
        [f"Host: {here}", f"Origin: http://{here}", "Cookie: ratchet=x"],
    ):
        assert shake_hands(served, *wrong) in (400, 403), wrong


def test_a_program_gets_nothing_of_the_screens_without_the_cookie(served: Served) -> None:
    assert ask(served, path="/healthz") == 200
    assert ask(served, Cookie=cookie(served)) == 200
    for path in ("/", "/review?p=1", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/static/x.html",
                 "/media/x", "//", "/%2e%2e/", "/healthz/", "/Healthz", "/api"):  # fmt: skip
        assert ask(served, path=path) == 401, path
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert ask(served, method, "/_stcore/upload_file/a/b") in (401, 403), method
    assert ask(served, path="/api/v1/agents/desk/feedback", method="POST") == 401, "asks for a key by itself"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0", "desk.localhost", ""])
def test_another_name_for_the_same_machine_is_refused(served: Served, host: str) -> None:
    for path in ("/", "/api/v1/agents/desk/head", "/v1/models", "/open?link=x"):
        assert ask(served, path=path, Host=host, Cookie=cookie(served)) in (400, 421)


def test_a_request_that_acts_says_which_page_it_comes_from(served: Served) -> None:
    for origin in ({}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://evil.example"}):
        assert ask(served, "POST", "/", Cookie=cookie(served), **origin) == 403
    assert ask(served, Cookie=cookie(served), Origin="http://127.0.0.1:1") == 403
    assert ask(served, Cookie=cookie(served), Sec_Fetch_Site="same-site", Sec_Fetch_Mode="no-cors") == 403
    assert ask(served, Cookie=cookie(served), Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate",
               Sec_Fetch_Dest="iframe") == 403  # fmt: skip


def test_the_link_works_once_and_the_cookie_for_good(served: Served, browser: Browser) -> None:
    once = link(served)
    first, second = browser.new_context(), browser.new_context()
    try:
        page = first.new_page()
        page.goto(once)
        page.wait_for_url(f"{served.address}/**")
        settled(page)
        assert "link=" not in page.url
        (kept,) = [one for one in first.cookies() if one["name"].startswith("ratchet-")]
        assert kept["httpOnly"] is True
        assert kept["sameSite"] == "Strict"
        page.reload()
        settled(page)
        assert ask(served, "HEAD", f"/open?{link(served).partition('?')[2]}") == 405
        other = second.new_page()
        answer = other.goto(once)
        assert answer is not None
        assert answer.status == 401
        assert "ratchet open" in other.inner_text("main")
        assert second.cookies() == []
    finally:
        first.close()
        second.close()


def test_a_link_to_an_item_survives_being_let_in(served: Served, browser: Browser) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{served.address}/feedback?agent=desk&view=all")
        expect(page.locator("h1")).to_have_text("This desk is locked")
        page.goto(link(served))
        page.wait_for_url("**/feedback?**")
        assert "view=all" in page.url
        settled(page)
    finally:
        context.close()


def test_a_sign_in_that_was_ended_opens_nothing_more(served: Served, visits: Visits) -> None:
    made = served.cookie()
    here = f"127.0.0.1:{port_of(served)}"
    headers = [f"Host: {here}", f"Origin: http://{here}", f"Cookie: {made['name']}={made['value']}"]
    assert shake_hands(served, *headers) == 101
    served.database.people.close(desk.digest_of(str(made["value"])), at=wiring.utc_now())
    assert shake_hands(served, *headers) == 403
    core = SignInRow.core()
    with served.database.engine.connect() as connection:
        stored = connection.execute(core.select()).mappings().all()
    assert not any(made["value"] in str(row) for row in stored), "the database holds no cookie"


@contextmanager
def another_port(body: str) -> Iterator[tuple[str, list[str]]]:
    """A page on another loopback port, and the cookies it was sent."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Cookie", ""))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)


ATTACK = """async (desk) => {
  const said = {};
  const socket = new Promise((done) => {
    const one = new WebSocket(desk.replace('http', 'ws') + '/_stcore/stream');
    one.onopen = () => done('open'); one.onerror = () => done('refused'); });
  said.socket = await socket;
  const tried = async (name, path, how) => {
    try { const got = await fetch(desk + path, {credentials: 'include', ...how}); said[name] = got.type + got.status; }
    catch { said[name] = 'refused'; } };
  await tried('read', '/', {});
  await tried('blind', '/', {mode: 'no-cors'});
  await tried('post', '/_stcore/upload_file/a/b', {method: 'POST', body: 'x', mode: 'no-cors'});
  await tried('upload', '/_stcore/upload_file/a/b', {method: 'PUT', body: 'x'});
  return said; }"""


def test_a_page_on_another_port_of_this_machine_reaches_nothing(served: Served, visits: Visits) -> None:
    """Cookies ignore ports, and one machine is one site to a browser: only the door tells the pages apart."""
    page = visits("/")
    with another_port("<!doctype html><title>another</title><iframe></iframe>") as (address, _):
        foreign = page.context.new_page()
        foreign.goto(address)
        said = foreign.evaluate(ATTACK, served.address)
        assert said["socket"] == "refused"
        assert said["read"] == "refused"
        assert said["upload"] == "refused"
        assert said["blind"] in ("opaque0", "refused"), "it sees nothing of the answer, which is a refusal"
        assert said["post"] in ("opaque0", "refused")
        foreign.evaluate("address => { document.querySelector('iframe').src = address }", served.address)
        foreign.wait_for_timeout(1_000)
        assert not any("rt-frame" in one.content() for one in foreign.frames)
        # A plain link from there is what a mail does, and opens the desk.
        foreign.evaluate("address => { location.href = address }", f"{served.address}/review?agent=desk")
        foreign.wait_for_url("**/review?agent=desk")
        settled(foreign)


def _is_desk(page: Page) -> bool:
    return page.locator(".rt-frame").count() > 0


def test_a_link_in_a_foreign_page_opens_the_desk_for_who_is_signed_in_only(served: Served, browser: Browser) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        # Another site altogether, answered here: the browser then keeps a strict cookie back.
        context.route("http://mail.example/", lambda route: route.fulfill(
            body=f'<a href="{served.address}/review?agent=desk">Open</a>', content_type="text/html"))  # fmt: skip
        page.goto("http://mail.example/")
        page.click("a")
        expect(page.locator("h1")).to_have_text("This desk is locked")
        context.add_cookies([served.cookie()])
        page.goto("http://mail.example/")
        page.click("a")
        page.wait_for_url("**/review?agent=desk")
        settled(page)
        assert _is_desk(page)
    finally:
        context.close()

"""An address that no page has is answered 404, with a page that says so and quotes nothing as markup."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.door.unknown import Unknown
from dashboard.menu import SCREENS

SHELL = "<!doctype html><title>shell</title>"


@pytest.fixture(scope="module")
def client() -> TestClient:
    """A server that answers every address with its shell, as Streamlit does."""

    async def shell(request: Request) -> Response:
        return HTMLResponse(SHELL)

    async def data(request: Request) -> Response:
        return JSONResponse({})

    async def report(request: Request) -> Response:
        return HTMLResponse("<p>printed", headers={"Content-Disposition": 'attachment; filename="report.html"'})

    routes = [Route("/data/{rest:path}", data), Route("/media/{rest:path}", report)]
    app = Starlette(routes=[*routes, Route("/{rest:path}", shell, methods=["GET", "POST"])])
    return TestClient(Unknown(app, pages=lambda: frozenset(screen.path for screen in SCREENS)))


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.title)
def test_the_address_of_a_page_opens_it(client: TestClient, screen) -> None:  # type: ignore[no-untyped-def]
    for slash in ("", "/"):
        reply = client.get(f"/{screen.path}{slash if screen.path else ''}", params={"agent": "desk"})
        assert (reply.status_code, reply.text) == (200, SHELL)


@pytest.mark.parametrize("path", ["/nope", "/review/nope", "/Review", "/today", "/review%2Fx", "/.env"])
def test_another_address_says_that_there_is_no_such_page(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert "There is no such page" in reply.text
    assert 'href="/"' in reply.text
    assert SHELL not in reply.text


def test_a_strangers_address_is_no_markup_and_is_cut(client: TestClient) -> None:
    reply = client.get("/<script>alert(1)</script>")
    assert reply.status_code == 404
    assert "<script" not in reply.text
    assert "x" * 100 not in client.get(f"/{'x' * 1_000}").text


def test_what_is_no_page_passes(client: TestClient) -> None:
    assert client.get("/data/anything").json() == {}
    assert client.post("/nope").text == SHELL


def test_a_file_to_be_kept_passes_though_it_is_a_page_of_its_own(client: TestClient) -> None:
    assert client.get("/media/report.html").text == "<p>printed"

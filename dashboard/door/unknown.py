"""Unknown addresses (ASGI middleware): 404 and a page that says so, where Streamlit would show the first page as if."""

from collections.abc import Callable, Collection

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.door import pages

_SHOWN = 80
"""Characters of an address that are said again."""


class Unknown:
    """Lets every answer through but a whole page under an address that no page has."""

    def __init__(self, app: ASGIApp, *, pages: Callable[[], Collection[str]]) -> None:
        """`pages`: the last parts of their addresses; the first page's is empty."""
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it, or pass on what was answered."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def answer(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and _is_page(message):
                is_replaced = scope["path"].strip("/") not in self._pages()
                if is_replaced:
                    await _nothing_here(Request(scope), scope, receive, send)
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, answer)


def _is_page(message: Message) -> bool:
    """Whether a whole page of Streamlit's begins: it answers every address it does not know with one.

    A file to be kept is none, though it may be HTML, as the printed report is.
    """
    headers = {name.lower(): value for name, value in message["headers"]}
    is_file = headers.get(b"content-disposition", b"").startswith(b"attachment")
    return message["status"] == 200 and not is_file and headers.get(b"content-type", b"").startswith(b"text/html")


async def _nothing_here(request: Request, scope: Scope, receive: Receive, send: Send) -> None:
    path = request.url.path
    shown = path if len(path) <= _SHOWN else f"{path[:_SHOWN]} …"
    told = pages.page(
        "There is no such page",
        pages.says("This desk has no page at", command=shown),
        pages.says("The address may be mistyped, or come from another version of Ratchet."),
        '<p><a class="go" href="/">Open Today</a></p>',
        status=404,
    )
    await told(scope, receive, send)

"""What the door itself shows: a few plain pages that need nothing else, in the reader's colours, without any script."""

from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;
color:CanvasText}
main{width:min(26rem,calc(100vw - 3rem));padding:1.5rem 0}
h1{font-size:1.375rem;margin:0 0 1rem}
label{display:block;margin:.75rem 0 .25rem;font-weight:600}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem .625rem;border:1px solid #7f8a94;border-radius:.5rem;
background:Field;color:FieldText}
button,a.go{font:inherit;font-weight:600;display:inline-block;margin-top:1.25rem;padding:.5rem 1rem;border:0;
border-radius:.5rem;background:#0064b4;color:#fff;text-decoration:none;cursor:pointer}
:focus-visible{outline:3px solid #56b4e9;outline-offset:2px}
.bad{border-left:4px solid #d55e00;padding:.25rem .75rem;margin:0 0 1rem}
code{font:.875rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
"""
_FRESH = {"Cache-Control": "no-store"}


def plain(status: int, text: str) -> Response:
    """A refusal in one sentence."""
    return PlainTextResponse(f"{text}\n", status_code=status, headers=_FRESH)


def page(title: str, *body: str, status: int = 200, head: str = "") -> HTMLResponse:
    """A whole page; `body` and `head` are made here or escaped already."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Ratchet</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{head}<style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>"
    )
    return HTMLResponse(text, status_code=status, headers=_FRESH)


def note(text: str) -> str:
    """What went wrong."""
    return f'<p class="bad" role="alert">{escape(text)}</p>' if text else ""


def says(text: str, *, command: str = "") -> str:
    """A paragraph, with a command to type where there is one."""
    typed = f" <code>{escape(command)}</code>" if command else ""
    return f"<p>{escape(text)}{typed}</p>"


def hop(address: str) -> HTMLResponse:
    """A page of ours that goes on by itself: from it the browser sends our cookie, from another's page it does not."""
    to = escape(address, quote=True)
    return page(
        "One moment",
        f'<p><a class="go" href="{to}">Go on</a></p>',
        head=f'<meta http-equiv="refresh" content="0; url={to}">',
    )


def address_of(request: Request) -> str:
    """Path and query of a request, spelled so that it can stand in a page or a cookie."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = quote(request.url.path, safe="/-._~")
    return inside(f"{path}?{quote(query, safe='=&-._~%+')}" if query else path)


def inside(address: str) -> str:
    """The address when it leads to a page of this desk, else the first page."""
    is_ours = address.startswith("/") and not address.startswith("//") and len(address) <= 2_000
    is_plain = all(33 <= ord(one) < 127 and one not in '\\"<>;,' for one in address)
    return address if is_ours and is_plain else "/"

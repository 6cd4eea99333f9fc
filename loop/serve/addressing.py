"""What a call to the gateway says beside its body: who calls, for which agent and episode, and what goes on from here.

    /k/KEY      the key of Ratchet, where the client's own key is its provider's
    /a/AGENT    where the key is for several agents
    /u/NAME     a provider of the operator's settings, by its name
    /e/EPISODE  one task or conversation

In any order, each followed by the path that is the provider's: `/k/rk_…/e/ticket-17/v1/chat/completions`. The same can
be said by headers: `x-ratchet-key`, `x-ratchet-agent`, `x-ratchet-upstream`, `x-ratchet-episode`, `x-ratchet-customer`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from loop.serve.refusal import Refusal

PREFIXES = ("k", "a", "u", "e")
NAME_MAX = 200
"""Characters of an episode or a customer."""
KEY_MARK = "rk_"
"""What a key of Ratchet's begins with: it never goes on to a provider."""

_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
_OURS = frozenset(
    {"host", "content-length", "expect", "cookie", "accept-encoding", "x-episode", "forwarded", "x-real-ip"}
    | {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"}
)
_KEYS = ("authorization", "x-api-key", "api-key")
_NOT_BACK = _HOP | {"date", "set-cookie", "alt-svc", "strict-transport-security"}
_READABLE = frozenset({"gzip", "deflate", "identity"})
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """What the path and the headers say."""

    path: str
    """The provider's part, as it was sent."""
    key: str = ""
    agent: str = ""
    upstream: str = ""
    episode: str = ""
    customer: str = ""
    trace: str = ""


def read_address(raw_path: bytes, headers: Mapping[str, str]) -> Address:
    """Path before headers (names in small letters). Raises Refusal for what names nothing or leads elsewhere."""
    rest, said = raw_path.decode("latin-1"), dict[str, str]()
    while (parts := rest.split("/", 3)) and len(parts) == 4 and parts[1] in PREFIXES and parts[1] not in said:
        said[parts[1]] = unquote(parts[2])
        rest = "/" + parts[3]
    if _DOTS.search(rest) or "\\" in rest:
        raise Refusal(400, "path", "The path leads elsewhere.")
    trace = _TRACE.fullmatch(headers.get("traceparent", ""))
    return Address(
        path=rest,
        key=said.get("k", ""),
        agent=said.get("a") or headers.get("x-ratchet-agent", ""),
        upstream=said.get("u") or headers.get("x-ratchet-upstream", ""),
        episode=_named(said.get("e") or headers.get("x-ratchet-episode") or headers.get("x-episode", "")),
        customer=_named(headers.get("x-ratchet-customer", "")),
        trace=trace[1] if trace else "",
    )


def onward(headers: Iterable[tuple[bytes, bytes]], *, is_changed: bool) -> list[tuple[str, str]]:
    """The client's headers as they go on: without ours, and without those that belong to this connection alone.

    A key of Ratchet's stays here. Of the packings a client takes, those are asked for that can be read.
    """
    given = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
    hop = _hop(value for name, value in given if name == "connection")
    dropped = hop | _OURS | ({"content-encoding"} if is_changed else frozenset())
    kept = [
        (name, value)
        for name, value in given
        if name not in dropped and not name.startswith("x-ratchet-") and not (name in _KEYS and _is_ours(value))
    ]
    taken = ",".join(value for name, value in given if name == "accept-encoding")
    offers = [one.strip() for one in taken.split(",") if one.partition(";")[0].strip().lower() in _READABLE]
    return [*kept, ("accept-encoding", ", ".join(offers) or "identity")]


def has_key(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether the client brings a key of the provider's."""
    return any(name in _KEYS and value for name, value in headers)


def carrier_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The header in which the client carries a key of Ratchet's in place of its provider's; empty: in none."""
    given = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return next((name for name, value in given if name in _KEYS and _is_ours(value)), "")


def backward(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The provider's headers as they go back."""
    given = [(name.lower(), value) for name, value in headers]
    hop = _hop(value.decode("latin-1") for name, value in given if name == b"connection")
    dropped = {one.encode() for one in hop | _NOT_BACK}
    return [(name, value) for name, value in given if name not in dropped]


def _is_ours(value: str) -> bool:
    return value.rpartition(" ")[2].startswith(KEY_MARK)


def _hop(connection: Iterable[str]) -> frozenset[str]:
    return _HOP | {one.strip().lower() for value in connection for one in value.split(",")}


def _named(text: str) -> str:
    if len(text) > NAME_MAX or not text.isprintable():
        raise Refusal(400, "name", f"An episode or a customer is a name of at most {NAME_MAX} characters.")
    return text.strip()

"""Kept connections to one address (a connection pool): ask and read, within bounds, and to nowhere else.

No redirect is followed and no proxy stands between us and this machine. A name is resolved once for each connection,
and the connection goes to the address that was checked: a name that turns to this machine or to where cloud machines
keep their credentials is refused (DNS rebinding).
"""

import http.client
import ipaddress
import socket
import ssl
import time
import urllib.request
from collections import deque
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from loop.llm.address import OF_MODEL, Place, checked_endpoint, is_address, is_this_machine
from loop.llm.retrying import CallFailed

MOST_BYTES = 16 * 1024 * 1024
"""Of one reply; a longer one is refused."""
_PIECE = 65_536


class Reply(NamedTuple):
    """What the other side said."""

    status: int
    retry_after: str
    """Seconds, as the server wrote them; empty when it did not."""
    body: bytes


class Connections:
    """Connections to one base address, kept from call to call. Safe to use from many threads."""

    def __init__(self, base_url: str, *, timeout: float, place: Place = OF_MODEL, may_lead_inside: bool = True) -> None:
        """`timeout`: seconds one call may take in all. `place`: where the address was given. `may_lead_inside`: a name
        may lead to an address of a private network; one that is written as a number may always.

        Raises InvalidInput for an address that is not allowed.
        """
        self._base_url = checked_endpoint(base_url, place=place)
        parts = urlsplit(self._base_url)
        self.path = parts.path
        """Of the base address, without a slash at its end."""
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._timeout = timeout
        self._may_lead_inside = may_lead_inside
        self._idle: deque[http.client.HTTPConnection] = deque()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One POST. Kept connections that the server closed meanwhile are dropped, each in turn.

        Raises CallFailed when there is no reply in time, none at all, or one that is too long.
        """
        return self._within_bounds("POST", path, body, headers)

    def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """One GET, like `post`."""
        return self._within_bounds("GET", path, None, headers)

    def close(self) -> None:
        """Let go of open connections. More calls may follow."""
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        """Who forgets an address forgets its connections."""
        if hasattr(self, "_idle"):  # an address that was refused has none
            self.close()

    def _within_bounds(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        try:
            return self._send(method, path, body, headers)
        except TimeoutError:
            raise CallFailed("timeout", is_late=True) from None
        except (OSError, http.client.HTTPException):
            raise CallFailed("no connection", is_lost=True) from None

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        ends_at = time.monotonic() + self._timeout
        while True:
            try:
                connection, is_kept = self._idle.pop(), True
            except IndexError:
                connection, is_kept = self._connect(), False
            try:
                connection.request(method, path, body, dict(headers))
                response = connection.getresponse()
                said = _read(response, connection, ends_at=ends_at)
            except (TimeoutError, CallFailed):
                connection.close()
                raise
            except (OSError, http.client.HTTPException):
                connection.close()
                if not is_kept:
                    raise
                continue
            if response.will_close:
                connection.close()
            else:
                if connection.sock is not None:
                    connection.sock.settimeout(self._timeout)
                self._idle.append(connection)
            return Reply(response.status, response.headers.get("retry-after", ""), said)

    def _connect(self) -> http.client.HTTPConnection:
        """Straight to a checked address, or through the operator's proxy when it is not this machine."""
        proxy = None
        if not is_this_machine(self._host) and not urllib.request.proxy_bypass(self._host):
            proxy = urllib.request.getproxies().get(self._scheme)
        if not proxy:
            made: http.client.HTTPConnection = _Straight(
                self._host,
                self._port,
                timeout=self._timeout,
                is_tls=self._scheme == "https",
                may_lead_inside=self._may_lead_inside,
            )
            return made
        through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        to, to_port = through.hostname or "", through.port or 80
        if self._scheme == "https":
            made = http.client.HTTPSConnection(to, to_port, timeout=self._timeout, context=_trust())
        else:
            made = http.client.HTTPConnection(to, to_port, timeout=self._timeout)
        made.set_tunnel(self._host, self._port)
        return made


class _Straight(http.client.HTTPConnection):
    """A connection to the address that the host's name was resolved to and that was checked."""

    def __init__(self, host: str, port: int, *, timeout: float, is_tls: bool, may_lead_inside: bool) -> None:
        super().__init__(host, port, timeout=timeout)
        self._is_tls = is_tls
        self._may_lead_inside = may_lead_inside
        self._seconds = timeout
        self._unsent: list[bytes] = []

    def connect(self) -> None:
        """Resolve, check, connect; with TLS the certificate must be the name's."""
        where = resolve_address(self.host, self.port, may_lead_inside=self._may_lead_inside)
        made = socket.create_connection(where, timeout=self._seconds)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = _trust().wrap_socket(made, server_hostname=self.host) if self._is_tls else made

    def send(self, data: Any) -> None:
        """Collect: head and body go out together, in one packet where they fit."""
        self._unsent.append(data)

    def getresponse(self) -> http.client.HTTPResponse:
        """Send what was collected, then read the head of the reply."""
        whole, self._unsent = b"".join(self._unsent), []
        super().send(whole)
        return super().getresponse()


def resolve_address(host: str, port: int, *, may_lead_inside: bool = True) -> tuple[str, int]:
    """The first address of a host, checked. Raises CallFailed for one that is never where it should lead."""
    for *_, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        found = str(where[0])
        address = ipaddress.ip_address(found.partition("%")[0])
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        plain = mapped or address
        is_elsewhere = plain.is_link_local or plain.is_multicast or plain.is_unspecified
        if is_elsewhere or (plain.is_loopback and not is_this_machine(host)):
            raise CallFailed("a name that leads to a forbidden address")
        if not (may_lead_inside or plain.is_global or is_this_machine(host) or is_address(host)):
            raise CallFailed("a name that leads into a private network, which nobody allowed: --private")
        return found, port
    raise OSError("no address")


def _read(response: http.client.HTTPResponse, connection: http.client.HTTPConnection, *, ends_at: float) -> bytes:
    """The body, within bytes and time: a server that sends a little now and then is given up like any other."""
    pieces: list[bytes] = []
    n = 0
    while True:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = response.read1(_PIECE)
        if not piece:
            if response.length:  # the connection ended before the body did
                raise http.client.IncompleteRead(b"".join(pieces), response.length)
            response.close()  # the connection may take the next request
            return b"".join(pieces)
        n += len(piece)
        if n > MOST_BYTES:
            raise CallFailed("a reply that is too long")
        pieces.append(piece)


@cache
def _trust() -> ssl.SSLContext:
    """Made once: reading the machine's certificates takes longer than a call."""
    return ssl.create_default_context()

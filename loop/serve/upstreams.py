"""Where the gateway may call (SSRF guard): providers of the operator's settings, and connections to nowhere else.

An address is checked when it is set (`loop.llm.checked_endpoint`) and again when its name is looked up, and the
connection is made to the very address that was looked at. No redirect is followed and no cookie is kept.
"""

import ipaddress
import socket
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from loop.errors import InvalidInput
from loop.llm import checked_endpoint
from loop.llm.address import is_this_machine
from loop.settings import Settings

ANTHROPIC = "anthropic"
CONNECT_SECONDS = 10.0
"""To connect to a provider."""
SILENT_SECONDS = 600.0
"""Between two pieces of an answer: as long as the clients themselves wait."""
IDLE_SECONDS = 15.0
"""An unused connection is kept this long."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One provider."""

    name: str
    base: str
    """As a client's base URL, without a slash at the end."""
    key: str = field(default="", repr=False)
    """The operator's; empty: clients bring their own."""
    proxy: str | None = None
    """The operator's way out, from the environment; never for this machine."""

    def url(self, path: str) -> str:
        """Where a path such as `/v1/chat/completions` is. A base that ends in `/v1` already holds that part."""
        if self.base.endswith("/v1") and (path == "/v1" or path.startswith(("/v1/", "/v1?"))):
            return self.base + path[3:]
        return self.base + path

    def own_key(self, header: str) -> Mapping[str, str]:
        """The operator's key in the header that this API, or this client of it, carries keys in."""
        if not self.key:
            return {}
        return {header: f"Bearer {self.key}" if header == "authorization" else self.key}


def upstreams_of(settings: Settings) -> Mapping[str, Upstream]:
    """By name, in the order of the settings. Raises InvalidInput, naming the setting and never the key."""
    keys = dict(_pairs(settings.upstream_keys.get_secret_value(), setting="RATCHET_UPSTREAM_KEYS"))
    found = {}
    for name, address in addresses_of(settings):
        try:
            base = checked_endpoint(address)
        except InvalidInput as error:
            raise InvalidInput(
                f"The address of the provider {name} cannot be used. {error.message}",
                field="RATCHET_UPSTREAMS",
                remedy="Write NAME=https://HOST/v1, or http:// for this machine; several by comma.",
            ) from None
        found[name] = Upstream(name, base, key=keys.pop(name, ""), proxy=_proxy(base))
    if keys:
        raise InvalidInput(
            "There is a key for a provider that is not set.",
            field="RATCHET_UPSTREAM_KEYS",
            remedy=f"Known are: {', '.join(found) or 'none'}.",
        )
    return found


def addresses_of(settings: Settings) -> Sequence[tuple[str, str]]:
    """Names of providers with their addresses, as the operator wrote them. Raises InvalidInput, naming the setting."""
    return _pairs(settings.upstreams, setting="RATCHET_UPSTREAMS")


def choose_upstream(upstreams: Mapping[str, Upstream], *, named: str, is_anthropic: bool) -> Upstream | None:
    """The one that was named, else the one that speaks the API, else the first. None: there is no such one."""
    if named:
        return upstreams.get(named)
    if is_anthropic and ANTHROPIC in upstreams:
        return upstreams[ANTHROPIC]
    return next(iter(upstreams.values()), None)


def open_session(settings: Settings, upstreams: Mapping[str, Upstream]) -> aiohttp.ClientSession:
    """Connections to providers, kept between calls. Within a running event loop."""
    hosts = {urlsplit(one.base).hostname or "" for one in upstreams.values()}
    connector = aiohttp.TCPConnector(
        limit=0,
        resolver=_Guarded(hosts, allows_private=settings.upstream_private),
        keepalive_timeout=IDLE_SECONDS,
        ttl_dns_cache=30,
    )
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        trust_env=False,
    )


class BlockedAddress(OSError):
    """A provider's name leads to an address that is never called."""


class _Guarded(AbstractResolver):
    """Looks names up and lets through what a provider may be. The connection goes to exactly what it returns."""

    def __init__(self, hosts: set[str], *, allows_private: bool) -> None:
        self._hosts = hosts
        self._allows_private = allows_private
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises Refused when nothing is left."""
        found = await self._resolver.resolve(host, port, family)
        if host not in self._hosts or host == "localhost":  # the operator's proxy, or this machine by name
            return found
        fit = [one for one in found if is_callable(one["host"], allows_private=self._allows_private)]
        if not fit:
            raise BlockedAddress("The provider's name leads to an address that is never called.")
        return fit

    async def close(self) -> None:
        """Nothing is held."""
        await self._resolver.close()


def is_callable(address: str, *, allows_private: bool) -> bool:
    """Whether a provider's name may lead there: public addresses, and private ones where the operator says so."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified:
        return False
    return found.is_global or (allows_private and found.is_private)


def _pairs(text: str, *, setting: str) -> Sequence[tuple[str, str]]:
    made = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (part.strip() for part in one.partition("="))
        if not sign or not value or not name.replace("-", "").isalnum():
            raise InvalidInput("An entry is not NAME=VALUE.", field=setting, remedy="Write NAME=VALUE, by comma.")
        made.append((name, value))
    return made


def _proxy(base: str) -> str | None:
    parts = urlsplit(base)
    host = parts.hostname or ""
    if is_this_machine(host) or urllib.request.proxy_bypass(host):
        return None
    given = urllib.request.getproxies().get(parts.scheme)
    return given if given is None or "://" in given else f"http://{given}"

"""Which addresses may be called: where keys, prompts and questions may be sent (SSRF guard)."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from loop.errors import InvalidInput


@dataclass(frozen=True)
class Place:
    """Where an address was given, so that a refusal names it."""

    name: str
    """As a sentence begins with it."""
    field: str
    remedy: str

    def refused(self, why: str) -> InvalidInput:
        """What to raise; the address itself is not repeated."""
        return InvalidInput(f"{self.name} {why}.", field=self.field, remedy=self.remedy)


OF_MODEL = Place(
    "The model's address",
    field="model_base_url",
    remedy="Set RATCHET_MODEL_BASE_URL to something like https://host/v1 or http://127.0.0.1:11434/v1.",
)


def checked_endpoint(url: str, *, place: Place = OF_MODEL) -> str:
    """The address, when keys may be sent there: https, or http to this machine. Raises InvalidInput.

    Refused: other schemes, addresses with a user name, query or fragment, numbers that are not written
    as a plain IP address, and link-local addresses, behind which cloud machines keep their credentials.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise place.refused("is not a web address") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise place.refused("may not carry a user name, a query or a fragment")
    if not host or any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in url):
        raise place.refused("is not a web address")
    address = _address(host)
    if address is None and re.fullmatch(r"[0-9.]+|0[xX].*|.*\.(0[xX][0-9a-fA-F]*|[0-9]+)", host):
        raise place.refused("writes an IP address in an unusual way")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if address and (mapped or address.is_link_local or address.is_multicast or address.is_unspecified):
        raise place.refused("is an address that is nobody's to be called")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(host)):
        raise place.refused("must begin with https://, or with http:// for this machine")
    return url.rstrip("/")


def is_this_machine(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_address(host: str) -> bool:
    """Whether it is written as an IP address: whoever wrote it knows where it leads."""
    return _address(host) is not None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

"""Which addresses a model may have: where keys and prompts may be sent."""

import ipaddress
import re
from urllib.parse import urlsplit

from loop.errors import InvalidInput


def checked_endpoint(url: str) -> str:
    """The address, when keys may be sent there: https, or http to this machine. Raises InvalidInput.

    Refused: other schemes, addresses with a user name, query or fragment, numbers that are not written
    as a plain IP address, and link-local addresses, behind which cloud machines keep their credentials.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("is not a web address") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _refused("may not carry a user name, a query or a fragment")
    if not host or any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in url):
        raise _refused("is not a web address")
    address = _address(host)
    if address is None and re.fullmatch(r"[0-9.]+|0[xX].*|.*\.(0[xX][0-9a-fA-F]*|[0-9]+)", host):
        raise _refused("writes an IP address in an unusual way")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if address and (mapped or address.is_link_local or address.is_multicast or address.is_unspecified):
        raise _refused("is an address that is never a model")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(host)):
        raise _refused("must begin with https://, or with http:// for this machine")
    return url.rstrip("/")


def is_this_machine(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"The model's address {why}.",
        field="model_base_url",
        remedy="Set RATCHET_MODEL_BASE_URL to something like https://host/v1 or http://127.0.0.1:11434/v1.",
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

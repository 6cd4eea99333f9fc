"""Guessed passwords are slowed down (throttling): by the name tried, by the address that tries, by browser where known.

Counted by name alone, anybody locks anybody out from afar, and one address tries a few passwords on every name. So an
address has a number of tries whatever the names, and a browser in which the person signed in before has its own count:
what strangers try elsewhere does not keep its owner out.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from loop.ports.people import People, TryCount

FREE_TRIES = 5
"""Wrong passwords for one name in a row before one has to wait."""
ADDRESS_TRIES = 20
"""Wrong passwords from one address, whatever the names, before it has to wait."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
_ADDRESS_PAUSE, _ADDRESS_REST = timedelta(minutes=1), timedelta(minutes=15)
_NAME_REST = timedelta(days=1)
_NETWORK_BITS = 64
"""Of an IPv6 address: what one customer is given, who may take any address in it."""


class Caller(NamedTuple):
    """Where a sign-in is asked for."""

    address: str = ""
    """Of the network, as it was connected from; empty: not known, and all of those are one."""
    browser: str = ""
    """What this browser keeps of an earlier sign-in: its digest; empty: nothing."""


def counts_of(people: People, name: str, caller: Caller) -> tuple[TryCount, ...]:
    """What a try is counted under."""
    if caller.browser:
        earlier = people.sign_in(caller.browser)
        if earlier is not None and earlier.person == name:
            return (TryCount(f"browser {caller.browser}", pause=pause_after, rest=_NAME_REST),)
    address = TryCount(f"address {network_of(caller.address)}", pause=address_pause, rest=_ADDRESS_REST, is_shared=True)
    return (name_count(name), address)


def name_count(name: str) -> TryCount:
    """Of one name, whether or not there is such a person."""
    return TryCount(f"name {name.casefold()}", pause=pause_after, rest=_NAME_REST)


def pause_after(failures: int) -> timedelta:
    """How long one waits after so many wrong passwords in a row."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - FREE_TRIES, 20))


def address_pause(failures: int) -> timedelta:
    """How long an address waits: never long, since a whole office may stand behind one."""
    return timedelta(0) if failures < ADDRESS_TRIES else _ADDRESS_PAUSE


def network_of(address: str) -> str:
    """What is counted as one: an IPv4 address, or the network of an IPv6 one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        inside = found.ipv4_mapped
        return str(inside or IPv6Address(int(found) >> _NETWORK_BITS << _NETWORK_BITS))
    return str(found)

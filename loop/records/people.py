"""Who somebody is: the author as the door authenticated them, never a bare name.

A name in a file says who wrote, and proves nothing: whoever can write a file can write a name. So one name through
two doors is two people, unless both doors know who comes through them. Trusted people are named as `author`, which
means as the desk or an API key knows them, or as `door:author` for a door of one's own. An import is such a door for
nobody; the operator vouches for people in one file when they bring it (`ratchet import --vouch NAME`).
"""

from loop.records.agents import Agent
from loop.records.events import Feedback

SIGNED_IN = frozenset({"dashboard", "terminal", "api"})
"""Doors whose author is whoever was signed in, or whom the key belongs to."""
VOUCHED = "vouched:"
"""What the source of an imported row begins with where the operator vouched for its author."""
IMPORTED = "import:"
PULLED = "pull:"
"""What the source of a row begins with that a connector pulled."""
_DESK = " (desk)"
_NOBODY = ", unidentified)"
_NO_DOOR = "unknown"


def vouched_source(source: str) -> str:
    """The source of a row of a file whose author the operator vouches for."""
    return VOUCHED + source.removeprefix(IMPORTED)


def door_of(source: str) -> str:
    """The door as far as it tells people apart; empty for one that authenticates, `import` for every file."""
    if source in SIGNED_IN or source.startswith(VOUCHED):
        return ""
    return IMPORTED.rstrip(":") if source.startswith(IMPORTED) else source or _NO_DOOR


def person_of(feedback: Feedback) -> str:
    """The one who gave it: the author where the door authenticated them, else the author and the door.

    Where the author only says at which place of a row somebody stood (`author_is`), it is nobody's name.
    """
    if feedback.attributes.get("author_is"):
        return f"{feedback.author} ({door_of(feedback.source) or _NO_DOOR}{_NOBODY}"
    return person(feedback.author, source=feedback.source)


def is_person(name: str) -> bool:
    """Whether a name of `person_of` is one person's, so that there is a record to judge.

    Places in a row are not: those of one row are different people, and the same place of two rows may be anybody.
    """
    return not name.endswith(_NOBODY)


def person(author: str, *, source: str) -> str:
    """The same from an author and a source. No two people share it, whatever an author calls themselves."""
    door = door_of(source)
    if door:
        return f"{author} ({door})"
    return author + _DESK if author.endswith(")") else author


def named_people(agent: Agent) -> frozenset[str]:
    """Everybody the operator trusts, as `person_of` tells them apart."""
    named: set[str] = set()
    for written in agent.trusted_authors:
        named.add(person(written, source="dashboard"))
        door, _, author = written.rpartition(":")
        if author and door and door_of(door) == door and not f"{door}:".startswith(IMPORTED):
            named.add(person(author, source=door))
    return frozenset(named)

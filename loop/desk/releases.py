"""Take a release back."""

from loop import deploy, roles
from loop.desk.wording import checked_words
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Release


def roll_back(parts: Parts, *, actor: Actor, to_number: int, reason: str) -> Release:
    """Make an earlier version's content live again, as a new version. Needs no approval.

    Raises NotAllowed, InvalidInput (unknown version, the live one, or no reason), StaleBase.
    """
    roles.check(actor, "roll_back")
    if not reason.strip():
        raise InvalidInput("A rollback needs a reason.", field="reason", remedy="Say why in a sentence.")
    store = parts.store
    head = store.head()
    target = next((version for version in store.versions() if version.number == to_number), None)
    if target is None:
        raise InvalidInput("This version does not exist.", field="to_number", remedy="Choose one from Releases.")
    back = deploy.rollback(head, target=target, actor=actor, reason=checked_words(reason), now=parts.clock())
    parts.checkpoint("rollback:before")
    release = store.roll_back(version=back.version, release=back.release, undone=back.undone)
    parts.checkpoint("rollback:after")
    return release

"""Take a release back: the whole version, or exactly what one release brought."""

from collections.abc import Mapping
from typing import NamedTuple

from loop import deploy, roles
from loop.change.inverse import inverse
from loop.desk.drafts import draft
from loop.desk.foureyes import approvals, check_may
from loop.desk.wording import checked_words
from loop.errors import Conflict, InvalidInput, NotAllowed
from loop.ports import Parts
from loop.records import Actor, Proposal, Release, Version


def roll_back(parts: Parts, *, actor: Actor, to_number: int, reason: str) -> Release:
    """Make an earlier version's content live again, as a new version. Needs no approval.

    Back to what was taken back is no way back: it takes who may approve that version's change, alone.
    Raises NotAllowed, InvalidInput (unknown version, the live one, or no reason), StaleBase.
    """
    roles.check(actor, "roll_back")
    if not reason.strip():
        raise InvalidInput("A rollback needs a reason.", field="reason", remedy="Say why in a sentence.")
    store = parts.store
    head, versions = store.head(), {version.number: version for version in store.versions()}
    target = versions.get(to_number)
    if target is None:
        raise InvalidInput("This version does not exist.", field="to_number", remedy="Choose one from Releases.")
    meant = target
    while meant.restores is not None and meant.restores in versions:
        meant = versions[meant.restores]
    if meant.number not in _rests_on(head, versions):
        _check_forward(parts, meant, actor=actor)
    back = deploy.rollback(head, target=target, actor=actor, reason=checked_words(reason), now=parts.clock())
    parts.checkpoint("rollback:before")
    release = store.roll_back(version=back.version, release=back.release, undone=back.undone)
    parts.checkpoint("rollback:after")
    return release


def _rests_on(head: Version, versions: Mapping[int, Version]) -> set[int]:
    """Numbers of what the live content came from, step by step: what was taken back is not among them."""
    found: set[int] = set()
    number: int | None = head.number
    while number is not None and number not in found:
        found.add(number)
        one = versions.get(number)
        number = None if one is None else one.parent if one.restores is None else one.restores
    return found


def _check_forward(parts: Parts, target: Version, *, actor: Actor) -> None:
    """Raises NotAllowed, unless the actor alone could approve what was taken back."""
    if target.proposal_id is None or actor.is_single_operator:
        return
    item = parts.store.proposal(target.proposal_id)
    check_may(parts, item, actor=actor, verb="approve")
    if approvals(parts, item).needed > 1:
        raise NotAllowed(
            f"Version {target.number} was taken back, and it takes two people to bring it back.",
            remedy="Draft its change again: it is tested and decided anew.",
        )


class TakenBack(NamedTuple):
    """What came of taking exactly one release back."""

    release: Release | None
    """The rollback; None where something went live on top of it."""
    proposal: Proposal | None
    """Then: the change that takes back what still stands of it, to be tested and decided like any other."""


def take_back(parts: Parts, number: int, *, actor: Actor, reason: str = "") -> TakenBack:
    """Take exactly one release back. While it is what is live, at once; once others went live on top of it, as a
    change that takes back what still stands of it and leaves them alone.

    `number`: of the version it made live. Raises NotAllowed, InvalidInput (no such release), Conflict (it is taken
    back already, or nothing of it stands), StaleBase.
    """
    roles.check(actor, "roll_back")
    store = parts.store
    made = next((one for one in store.releases() if one.number == number and one.kind == "deploy"), None)
    if made is None or made.from_number is None:
        raise InvalidInput("No such release can be taken back.", field="number", remedy="Choose one from Releases.")
    why = reason.strip() or f"Version {number} was taken back."
    if store.head().number == number:
        return TakenBack(roll_back(parts, actor=actor, to_number=made.from_number, reason=why), None)
    proposal = store.proposal(made.proposal_id or "").proposal
    before, live = store.bundle(proposal.base_digest), store.bundle(store.head().digest)
    back = inverse(proposal.operations, before=before, live=live)
    if not back:
        raise Conflict(f"Nothing of version {number} is live any more.")
    drafted = draft(parts, actor=actor, operations=back, title=f"Take back: {proposal.title}", rationale=why)
    return TakenBack(None, drafted)

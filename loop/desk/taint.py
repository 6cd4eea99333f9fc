"""Taint tracing: from some feedback, everything it influenced, over stored links alone. Reads, never writes."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from loop.change.edits import steps_of
from loop.change.operations import edit_of
from loop.change.sections import SECTIONS
from loop.change.truth_maintenance import cited_by, leaves_something, rest_of, undo_operations
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Bundle, ChangeExamples, Proposal, ProposalState, Proposer, Taint, TaintScope, Version, person
from loop.records.lineage import TracedElement, TracedIssue, TracedItem, TracedProposal, TracedVersion

SHOWN = 5_000
"""Items that are followed for a page."""
MOST = 200_000
"""Items that are followed at once, at most."""
COUNTED = 10_000
"""Answers of a version that are counted; past it there are more."""


def trace(parts: Parts, scope: TaintScope, *, limit: int = MOST) -> Taint:
    """Everything the scope influenced. Its cost is that of the scope and of what it led to, not that of history.

    Raises InvalidInput when the scope names nothing; NotFound for an unknown import.
    """
    if scope.is_empty:
        raise InvalidInput(
            "Nothing is named.", field="scope", remedy="Name an item, a person, a door, an import or a time."
        )
    store = parts.store
    found = store.traced_items(scope, limit=limit + 1)
    items = found[:limit]
    ids = [one.id for one in items]
    people = people_of(scope, items)
    asked = scope.items if scope.items else ()
    cases = store.traced_cases(ids, interaction_ids=asked, people=people)
    changes = _changes(parts, scope, items, people=people)
    made = store.versions_of(proposal_ids=[one.id for one in changes.told])
    versions = _carrying(parts, made)
    touched = [one.number for one in versions if one.is_released]
    measured = store.versions_of(digests=sorted(store.digests_asked([one.id for one in cases])))
    about = {one.proposal_id for one in measured if one.proposal_id} | {one.id for one in changes.told}
    answers = store.count_answered(touched, limit=COUNTED + 1)
    return Taint(
        agent=store.agent.slug,
        scope=scope,
        items=tuple(ids),
        is_cut=len(found) > limit,
        states=dict(Counter(one.state.value for one in items)),
        people=len({one.person for one in items}),
        superseding=_superseding(parts, scope, ids),
        issues=tuple(_issues(parts, ids)),
        proposals=tuple(changes.told),
        cases=tuple(cases),
        versions=tuple(versions),
        live=tuple(changes.live),
        releases=tuple(store.release_ids(touched)),
        reports=tuple(store.report_ids(sorted(about))),
        measured=tuple(one.number for one in measured),
        answers=min(answers, COUNTED),
        are_answers_cut=answers > COUNTED,
        clean=_clean(parts, versions),
    )


def people_of(scope: TaintScope, items: Sequence[TracedItem]) -> list[str]:
    """Whose own word is in question, beside their feedback: the person of a scope that names one for all time."""
    if not scope.author or scope.since or scope.until:
        return []
    if scope.door:
        return [person(scope.author, source=scope.door)]
    return sorted({scope.author, person(scope.author, source="dashboard"), *(one.person for one in items)})


class _Changes(NamedTuple):
    """What rests on the items."""

    told: list[TracedProposal]
    live: list[TracedElement]


def _changes(parts: Parts, scope: TaintScope, items: Sequence[TracedItem], *, people: Sequence[str]) -> _Changes:
    store = parts.store
    by_item = store.proposals_from("feedback", [one.id for one in items])
    whole = set(store.proposals_from("author", people)) if people else set()
    if scope.import_id and (brought := store.import_of(scope.import_id).proposal_id):
        whole.add(brought)
    found = store.proposals_by_id(sorted({*by_item, *whole}))
    told = store.told_by(cited_by(item.proposal for item in found))
    without = frozenset(one.id for one in items)
    bundle = store.bundle(store.head().digest)
    needed = store.agent.limits.min_sources
    traced: list[TracedProposal] = []
    live: dict[tuple[str, str], TracedElement] = {}
    for item in found:
        made, is_whole = item.proposal, item.proposal.id in whole
        rest = rest_of(made, told, needed=needed, without=without)
        keeps = rest.stands and not is_whole and not _teaches(made, without)
        traced.append(
            TracedProposal(
                id=made.id,
                title=made.title,
                state=item.state,
                number=item.number,
                cited=len(by_item.get(made.id, ())),
                people_left=rest.people_left,
                stands=keeps or made.proposer is Proposer.UNLEARNING,
                is_whole=is_whole,
            )
        )
        if item.state is ProposalState.LIVE and made.proposer is not Proposer.UNLEARNING:
            for one in _standing(parts, made, bundle=bundle, stands=rest.stands and not is_whole, is_whole=is_whole):
                live[one.section, one.element_id] = one
    for example in bundle.examples:
        if example.feedback_id in without:
            live["examples", example.id] = TracedElement(
                section="examples",
                element_id=example.id,
                title=SECTIONS["examples"].title(example),
                proposal_id=live[key].proposal_id if (key := ("examples", example.id)) in live else "",
                stands=False,
            )
    return _Changes(traced, list(live.values()))


def _teaches(made: Proposal, without: frozenset[str]) -> bool:
    """Whether it would teach an example that was learned from one of these."""
    bundles = [one for one in made.operations if isinstance(one, ChangeExamples)]
    return any(example.feedback_id in without for one in bundles for example in one.add)


def _standing(parts: Parts, made: Proposal, *, bundle: Bundle, stands: bool, is_whole: bool) -> list[TracedElement]:
    """What is live as this change put it there: the elements that taking it back would touch."""
    if not leaves_something(made, bundle, is_whole=is_whole):
        return []
    back = undo_operations(made, before=parts.store.bundle(made.base_digest), live=bundle, is_whole=is_whole)
    found = []
    for operation in back:
        edit = edit_of(operation)
        section = SECTIONS[edit.section]
        for step in steps_of(edit, bundle):
            element = step.old if step.old is not None else step.new
            found.append(
                TracedElement(
                    section=edit.section,
                    element_id=getattr(element, "id", edit.section),
                    title=section.title(element),
                    proposal_id=made.id,
                    stands=stands,
                )
            )
    return found


def _issues(parts: Parts, ids: Sequence[str]) -> list[TracedIssue]:
    """Of a choice, the issue it speaks in; of words, those among its topic's that cite it."""
    store, wanted = parts.store, frozenset(ids)
    rows = store.rows("feedback_id", ids) if ids else []
    chosen = {row.theme for row in rows if row.theme}
    worded = {row.matter for row in rows if row.matter} - chosen
    kept = store.kept("theme", sorted(chosen | worded)) if chosen or worded else {}
    sure = {one for key in chosen if key in kept for one in kept[key]["issues"]}
    maybe = {one for key in worded if key in kept for one in kept[key]["issues"]}
    return [
        TracedIssue(id=issue.id, title=issue.title, support=issue.support)
        for issue in store.issues_by_id(sorted(sure | maybe))
        if issue.id in sure or any(not wanted.isdisjoint(side.feedback_ids) for side in issue.sides)
    ]


def _carrying(parts: Parts, made: Sequence[Version]) -> list[TracedVersion]:
    """Versions these changes made, and those that were built on one that was live; a rollback has what it restores."""
    head = parts.store.head().number
    mine = {one.number: one for one in made}
    released = sorted(number for number, one in mine.items() if one.released_at is not None)
    found = {number: TracedVersion(number=number, is_made=True, is_released=one.released_at is not None,
                                   is_live=number == head) for number, one in mine.items()}  # fmt: skip
    if released:
        carries = set(released)
        for one in parts.store.released_since(released[0]):
            before = one.parent if one.restores is None else one.restores
            if one.number not in carries and before in carries:
                carries.add(one.number)
                found.setdefault(
                    one.number,
                    TracedVersion(number=one.number, is_made=False, is_released=True, is_live=one.number == head),
                )
    return [found[number] for number in sorted(found)]


def _clean(parts: Parts, versions: Sequence[TracedVersion]) -> int | None:
    """Where to go back to at once: the newest version before the first that was live with any of it."""
    if not any(one.is_live for one in versions):
        return None
    first = min(one.number for one in versions if one.is_released)
    before = parts.store.released_before(first)
    return None if before is None else before.number


def _superseding(parts: Parts, scope: TaintScope, ids: Sequence[str]) -> int:
    """Only where it is told: of an import, whose people may have said something else before."""
    if not scope.import_id:
        return 0
    return sum(item.feedback.supersedes is not None for item in parts.store.feedback_items(ids).values())

"""Level text: whether each claim of a correction rests on something; a correction with one that does not waits.

What is held quotes the claim, says what comes nearest and how it differs, so that one look decides it. Deciding frees
everything alike, because what a person lets pass is support from then on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from loop.records import SUPPORTING, Basis, Feedback, Finding, Interaction, Judged, Saying
from loop.text.claims import Claim, claims_of
from loop.text.claims.standing import Passage, contradicts, difference
from loop.text.spelling import quote
from loop.validate.keys import CLAIM
from loop.validate.sayings import claims_told, draft_scope, hash_of, scope_of
from loop.validate.support import Entry, passages_near, source_of, standing_in
from loop.validate.work import Findings, Work

QUOTED = 140
"""Characters of a claim in a reason."""


class Rest(NamedTuple):
    """One claim of a correction, and what it rests on."""

    claim: Claim
    key: str
    """Under its scope; see `loop.records.Saying.claim`."""
    basis: Basis
    source: str = ""
    """Who or what that is, as a person would name it."""


def judge_texts(work: Work) -> Findings:
    """Each claim's basis, and the finding of a correction that has a claim without one."""
    known, found = work.known, Findings()
    rows = {row.feedback_id: row for row in known.rows("feedback_id", work.keys)}
    items = known.feedback_items(work.keys)
    asked = known.interactions({row.interaction_id for row in rows.values()})
    sayings: dict[str, dict[str, Saying]] = {key: {} for key in work.keys}
    for one in known.sayings("feedback_id", work.keys):
        sayings[one.feedback_id][one.claim] = one
    support = known.kept("support", sorted({one.scope for some in sayings.values() for one in some.values()}))
    for key, row in rows.items():
        finding = None
        if sayings[key] and key in items and row.interaction_id in asked:
            scope = next(iter(sayings[key].values())).scope
            entries: Mapping[str, Entry] = support.get(scope, {"claims": {}})["claims"]
            feedback, interaction = items[key].feedback, asked[row.interaction_id]
            rests = rests_of(work, feedback, interaction, entries=entries, is_own=row.author in work.named)
            finding = _judge(work, found, row, rests=rests, said=sayings[key], entries=entries)
        findings = row.findings_with([finding] if finding is not None else [], by=CLAIM)
        if findings != row.findings:
            found.rows[key] = row._replace(findings=findings)
            found.give("row", [key])
    return found


def rests_of(
    work: Work, feedback: Feedback, asked: Interaction, *, entries: Mapping[str, Entry], is_own: bool
) -> tuple[Rest, ...]:
    """What each claim of a correction rests on.

    `entries`: the claims of its scope; `is_own`: its author is vouched for.
    """
    scope = scope_of(feedback, asked)
    drafted = {one.key for one in claims_of(asked.answer)} if scope == draft_scope(asked) else frozenset()
    found = []
    for claim in claims_told(feedback):
        key = hash_of(claim, scope=scope)
        if is_own:
            found.append(Rest(claim, key, "own word", f"{feedback.author}, who is vouched for"))
        elif claim.key in drafted:
            found.append(Rest(claim, key, "draft", "the agent's own draft"))
        else:
            found.append(_rest(work, claim, key, scope=scope, entries=entries))
    return tuple(found)


def _judge(
    work: Work,
    found: Findings,
    row: Judged,
    *,
    rests: Sequence[Rest],
    said: Mapping[str, Saying],
    entries: Mapping[str, Entry],
) -> Finding | None:
    for one in rests:
        if (saying := said.get(one.key)) is not None and saying.is_open is bool(one.basis):
            found.sayings[row.feedback_id, one.key] = saying._replace(is_open=not one.basis)
    open_claims = [one.claim for one in rests if not one.basis]
    if not open_claims:
        return None
    scope = next(iter(said.values())).scope
    return Finding(CLAIM, _reason(work, open_claims, scope=scope, entries=entries))


def _rest(work: Work, claim: Claim, key: str, *, scope: str, entries: Mapping[str, Entry]) -> Rest:
    """What the claim rests on; the cheapest question first."""
    entry = entries.get(key)
    if entry is not None and entry["basis"] in SUPPORTING:
        return Rest(claim, key, entry["basis"], source_of(entry))
    ground = work.ground
    if claim.key in ground.keys_of(scope):
        return Rest(claim, key, "article", "an example the operator wrote")
    near = passages_near(claim, scope=scope, entries=entries, ground=ground)
    passage = standing_in(claim, near)
    if passage is None:
        return Rest(claim, key, "")
    return Rest(claim, key, "article" if claim.key in ground.keys else "near", passage.source)


def _reason(work: Work, open_claims: list[Claim], *, scope: str, entries: Mapping[str, Entry]) -> str:
    """In words: the claim, why nothing carries it, what comes nearest, and the difference."""
    claim = open_claims[0]
    told = f"It says {quote(claim.text, limit=QUOTED)}"
    entry = entries.get(hash_of(claim, scope=scope))
    near = _nearest(claim, passages_near(claim, scope=scope, entries=entries, ground=work.ground))
    if entry is not None and entry["why"]:
        told += f", as others do, but {entry['why']}."
    else:
        needed = work.agent.limits.min_sources
        told += (
            f", and that rests on nothing: no article, nobody vouched for, and not yet {needed} people with a record"
            f"{f' under {quote(scope, limit=40)}' if scope else ''}."
        )
        if near is not None:
            verb = "It contradicts" if contradicts(claim, near) else "Nearest is"
            what = difference(claim, near) or "the words stand elsewhere in it"
            told += f" {verb} {near.source}, {quote(near.text, limit=QUOTED)}: {what}."
    more = len(open_claims) - 1
    return told + (f" {more} more {'claim rests' if more == 1 else 'claims rest'} on nothing." if more else "")


def _nearest(claim: Claim, passages: Collection[Passage]) -> Passage | None:
    """By the share of all their words that both have, so that neither a title nor half a page looks near."""

    def shared(one: Passage) -> float:
        return len(claim.words & one.words) / max(len(claim.words | one.words), 1)

    best = max(passages, key=lambda one: (round(shared(one), 6), not one.is_pair), default=None)
    return best if best is not None and shared(best) > 0 else None

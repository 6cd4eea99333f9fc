"""Level text: whether each claim of a correction rests on something; a correction with one that does not waits.

What is held quotes the claim, says what comes nearest and how it differs, so that one look decides it. Deciding frees
everything alike, because what a person lets pass is support from then on.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from loop.records import SUPPORTING, Basis, FeedbackItem, Finding, Interaction, Judged, Saying
from loop.text.claims import Claim, claims_of
from loop.text.claims.standing import Passage, contradicts, difference
from loop.text.spelling import quote
from loop.validate.keys import CLAIM
from loop.validate.sayings import claims_told, draft_scope, hash_of, scope_of
from loop.validate.support import Entry, passages_near, standing_in, words_of
from loop.validate.work import Findings, Work

QUOTED = 140
"""Characters of a claim in a reason."""


class _Rest(NamedTuple):
    """What one claim rests on."""

    basis: Basis
    source: str = ""


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
            finding = _judge(
                work, found, row, item=items[key], asked=asked[row.interaction_id], said=sayings[key], entries=entries
            )
        findings = row.findings_with([finding] if finding is not None else [], by=CLAIM)
        if findings != row.findings:
            found.rows[key] = row._replace(findings=findings)
            found.give("row", [key])
    return found


def _judge(
    work: Work,
    found: Findings,
    row: Judged,
    *,
    item: FeedbackItem,
    asked: Interaction,
    said: Mapping[str, Saying],
    entries: Mapping[str, Entry],
) -> Finding | None:
    feedback = item.feedback
    scope = scope_of(feedback, asked)
    is_own = row.author in work.named
    drafted = {one.key for one in claims_of(asked.answer)} if scope == draft_scope(asked) else frozenset()
    open_claims: list[Claim] = []
    for claim in claims_told(feedback):
        key = hash_of(claim, scope=scope)
        rest = _Rest("own word", row.author) if is_own else _rest(work, claim, key, scope, drafted, entries)
        if not rest.basis:
            open_claims.append(claim)
        if (one := said.get(key)) is not None and one.is_open is bool(rest.basis):
            found.sayings[row.feedback_id, key] = one._replace(is_open=not rest.basis)
    if not open_claims:
        return None
    return Finding(CLAIM, _reason(work, open_claims, scope=scope, entries=entries))


def _rest(
    work: Work, claim: Claim, key: str, scope: str, drafted: Collection[str], entries: Mapping[str, Entry]
) -> _Rest:
    """What the claim rests on; the cheapest question first."""
    if claim.key in drafted:
        return _Rest("draft", "the agent's own draft")
    entry = entries.get(key)
    if entry is not None and entry["basis"] in SUPPORTING:
        return _Rest(entry["basis"], ", ".join(entry["who"][:3]))
    ground = work.ground
    if claim.key in ground.keys_of(scope):
        return _Rest("article", "an example the operator wrote")
    near = passages_near(claim, scope=scope, entries=entries, ground=ground)
    words = words_of(entries) | ground.words_of(scope)
    passage = standing_in(claim, near, words=words)
    if passage is None:
        return _Rest("")
    return _Rest("article" if claim.key in ground.keys else "near", passage.source)


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

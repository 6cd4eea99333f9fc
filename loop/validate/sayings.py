"""Levels saying and teller: what each correction says, claim by claim, and whose word on texts counts for something.

Trust is earned for what is done with it: who sorts questions well has said nothing yet about what an answer may say.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from loop.records import (
    IMPORTED,
    SEPARATOR,
    SUPPORTING,
    AuthorStanding,
    Feedback,
    FeedbackState,
    Interaction,
    Judged,
    Saying,
    Sums,
)
from loop.records.people import SIGNED_IN, VOUCHED
from loop.text.claims import Claim, claims_of
from loop.text.spelling import says_hand_over
from loop.validate.facts import is_worded
from loop.validate.keys import CLAIM, key_of
from loop.validate.work import Findings, Work

SEASONED_DAYS = 14
"""Days between somebody's first and last correction before they are more than a newcomer."""
SEASONED_TEXTS = 5
"""Corrections all of whose claims somebody else made too, before that."""
BACKLOG = 86_400.0
"""Seconds before it reached us that something may have been said: whoever writes a row writes its date too."""
READ = 200
"""First claims of a person that their record is made from."""


def gather_sayings(work: Work) -> Findings:
    """Take the texts of new and changed corrections apart. Idempotent: what is said already keeps what it rests on."""
    known, found = work.known, Findings()
    rows = {row.feedback_id: row for row in known.rows("feedback_id", work.keys)}
    items = known.feedback_items(work.keys)
    asked = known.interactions({row.interaction_id for row in rows.values()})
    before: defaultdict[str, dict[str, Saying]] = defaultdict(dict)
    for old in known.sayings("feedback_id", work.keys):
        before[old.feedback_id][old.claim] = old
    added: list[Saying] = []
    gone: list[Saying] = []
    public: dict[str, None] = {}
    for key in work.keys:
        row, interaction = rows.get(key), asked.get(rows[key].interaction_id) if key in rows else None
        fresh: list[Saying] = []
        if row is not None and interaction is not None and key in items:
            feedback = items[key].feedback
            if row.is_standing and row.may_teach and is_worded(row):
                fresh = _sayings(row, feedback, interaction, named=work.named)
            if feedback.author == interaction.customer and feedback.author:
                public[feedback.source] = None
        for one in fresh:
            stored = before[key].pop(one.claim, one)
            now = one._replace(is_open=stored.is_open)
            if stored is one or now != stored:
                found.sayings[key, one.claim] = now
                added.append(now)
                gone += [stored] if stored is not one else []  # its person or its weight changed
        for left in before[key].values():
            found.unsaid[key, left.claim] = None
            gone.append(left)
        found.give("text", [key])
    _spread(work, found, added=added, gone=gone)
    _open_doors(work, found, public)
    return found


def judge_tellers(work: Work) -> Findings:
    """What each person's word on texts counts for: `trusted`, `seasoned`, `new` or `unreliable`."""
    known, found = work.known, Findings()
    stored = known.kept("teller", work.keys)
    spans = known.spans(work.keys)
    standings = known.standings(work.keys)
    for person in work.keys:
        own = [one for one in known.sayings("person", [person], first=READ) if one.counts]
        others = known.sayers({one.claim for one in own})
        texts: defaultdict[str, list[bool]] = defaultdict(list)
        for one in own:
            texts[one.feedback_id].append(any(who != person for who in others.get(one.claim, ())))
        agreed = sum(all(some) for some in texts.values())
        first, last = spans.get(person, (0.0, 0.0))
        told = {
            "class": _class(work, person, agreed=agreed, seconds=last - first, standings=standings),
            "texts": len(texts),
            "agreed": agreed,
            "first_at": first,
            "last_at": last,
        }
        body = told if own else {}
        old = dict(stored.get(person, {}))
        if old == body:
            continue
        found.keep("teller", person, body)
        if old.get("class", "new") != body.get("class", "new"):
            found.give("claim", {claim_key(one) for one in known.sayings("person", [person])})
    return found


def claims_told(feedback: Feedback) -> tuple[Claim, ...]:
    """What a correction says that a customer could rely on; to hand over to a person says nothing."""
    if says_hand_over(feedback.text):
        return ()
    return tuple(one for one in claims_of(feedback.text) if one.key and not one.is_small_talk)


def scope_of(feedback: Feedback, interaction: Interaction) -> str:
    """The label a text rides on: the one the person names, else the one that was answered, else the topic."""
    return feedback.label or feedback.article_id or draft_scope(interaction)


def draft_scope(interaction: Interaction) -> str:
    """The label under which the agent's own draft was given."""
    return interaction.label or interaction.topic or ""


def hash_of(claim: Claim, *, scope: str) -> str:
    """The key of a claim under a scope."""
    return key_of(f"{scope}\n{claim.key}")


def claim_key(one: Saying) -> str:
    """The key of level claim: the scope goes with it, for nobody may be left who says it."""
    return f"{one.scope}{SEPARATOR}{one.claim}"


def is_staff(door: str, *, public: Collection[str]) -> bool:
    """Whether people of this door are not the customers: nobody ever spoke through it about their own question.

    A file is no such door: the names in it are whatever somebody wrote, unless the operator vouches for them.
    """
    if door in SIGNED_IN or door.startswith(VOUCHED):
        return True
    return not door.startswith(IMPORTED) and door not in public


def believed_time(feedback: Feedback) -> float:
    """When something was said, as far as that is believed: not after it reached us, nor long before."""
    got = feedback.received_at.timestamp()
    return min(max(feedback.at.timestamp(), got - BACKLOG), got)


def _sayings(row: Judged, feedback: Feedback, interaction: Interaction, *, named: Collection[str]) -> list[Saying]:
    scope = scope_of(feedback, interaction)
    is_same = scope == draft_scope(interaction)
    drafted = {one.key for one in claims_of(interaction.answer)} if is_same else frozenset()
    is_clean = all(one.detector == CLAIM for one in row.findings)
    found: dict[str, Saying] = {}
    for claim in claims_told(feedback):
        key = hash_of(claim, scope=scope)
        found[key] = Saying(
            feedback_id=row.feedback_id,
            claim=key,
            scope=scope,
            person=row.author,
            door=feedback.source,
            conversation=row.group or row.interaction_id,
            at=believed_time(feedback),
            seq=row.seq,
            is_vouched=row.author in named,
            is_released=row.state is FeedbackState.RELEASED,
            counts=is_clean and (row.author in named or claim.key not in drafted),
        )
    return list(found.values())


def _class(
    work: Work, person: str, *, agreed: int, seconds: float, standings: Mapping[str, tuple[AuthorStanding, Sums]]
) -> str:
    if person in work.named:
        return "trusted"
    if person in standings and standings[person][0].standing == "unreliable":
        return "unreliable"
    return "seasoned" if agreed >= SEASONED_TEXTS and seconds >= SEASONED_DAYS * 86_400 else "new"


def _spread(work: Work, found: Findings, *, added: Sequence[Saying], gone: Sequence[Saying]) -> None:
    """Give work to the people and claims concerned. What is supported is not weighed again because one more says it."""
    lost = {one.claim for one in gone}
    found.give("teller", {one.person for one in (*added, *gone)})
    for claim, people in work.known.sayers(sorted({one.claim for one in (*added, *gone)})).items():
        if len(people) == 1 or claim in lost:
            found.give("teller", people)
    supported = work.known.kept("support", sorted({one.scope for one in added}))
    for one in (*gone, *added):
        basis = supported.get(one.scope, {"claims": {}})["claims"].get(one.claim, {"basis": ""})["basis"]
        if one.claim in lost or basis not in SUPPORTING or one.is_vouched or one.is_released:
            found.give("claim", [claim_key(one)])


def _open_doors(work: Work, found: Findings, public: Mapping[str, None]) -> None:
    """Doors customers came through for the first time: what was said through them counts as a customer's word."""
    known = work.known.kept("door", sorted(public))
    for door in public:
        if door not in known:
            found.keep("door", door, {"is_public": True})
            found.give("claim", {claim_key(one) for one in work.known.sayings("door", [door])})
            found.give("claim", {claim_key(one) for one in found.sayings.values() if one.door == door})

"""Level facts: from an item of the log to the row the firewall judges it by, and whom it concerns."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from loop.heldout import GROUP_DRAW, group_of, sealed_at_most
from loop.records import (
    SEPARATOR,
    Feedback,
    FeedbackItem,
    FeedbackKind,
    Interaction,
    Judged,
    Level,
    is_person,
    person_of,
)
from loop.records.days import day_of
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.validate.anatomy import KIND as ANATOMY
from loop.validate.anatomy import anatomy_of, teaches
from loop.validate.crowds import DAY
from loop.validate.detectors.instruction import NAME, find_instruction
from loop.validate.keys import key_of
from loop.validate.leaning import forget
from loop.validate.panels import PANEL
from loop.validate.questions import Registry, register
from loop.validate.work import Findings, Work

VOTES_PER_CHOICE = 3
"""Rows of one author and choice that teach the out-of-author model: nobody drowns out the others."""
HOUR = 3_600.0
_LONG_ENOUGH = 5
"""Words below which two texts are the same by chance."""
_LOW = 0.5
"""A rating below this is a complaint when it comes with words, and an outcome of 0 is one by itself."""


def gather_facts(work: Work) -> Findings:
    """Rows of new items, and of items that a person, a newer word or a changed interaction touched.

    Idempotent: a row that is there already keeps what views said of it as long as its facts are the same.
    """
    known, found = work.known, Findings()
    items = sorted(known.feedback_items(work.keys).values(), key=lambda item: (item.seq, item.feedback.id))
    asked = known.interactions({item.feedback.interaction_id for item in items})
    old = {row.feedback_id: row for row in known.rows("feedback_id", [item.feedback.id for item in items])}
    spellings: dict[str, str] = {}
    rows = []
    for item in items:
        interaction = asked.get(item.feedback.interaction_id)
        question = normalise(interaction.question[:COMPARED_CHARACTERS]) if interaction is not None else ""
        row = row_of(work, item, interaction, question=question)
        if question:
            spellings[row.question] = question
        rows.append(row)
        anatomy = anatomy_of(item.feedback, interaction) if interaction is not None else None
        if anatomy is not None:
            found.keep(ANATOMY, row.feedback_id, anatomy.model_dump(mode="json"))
    registry = register(
        known,
        {row.question: spellings[row.question] for row in rows if row.choice and row.question},
        others=sorted({row.question for row in rows if row.question and not row.choice}),
        seed=work.seed,
    )
    votes = known.count_first_votes({row.author for row in rows if row.choice})
    counted = Counter(votes)
    for row in rows:
        before = old.get(row.feedback_id)
        placed = row._replace(near=registry.near_of(row.question), nth=_nth(row, before, counted))
        found.rows[row.feedback_id] = _with_views(placed, before)
    forget(work, [row for row in old.values() if row.choice != found.rows[row.feedback_id].choice], found)
    _regroup(work, registry, found)
    for row in (*found.rows.values(), *old.values()):
        found.give("day", [row.day])
        for level, key in affected_keys(row):
            found.give(level, [key])
    _touch_mates(work, found)
    _begin(work, found)
    return found


def _begin(work: Work, found: Findings) -> None:
    """When the log begins: before that, nothing can be said of what is usual."""
    stored = work.known.kept("begun", ["log"]).get("log", {"at": None})["at"]
    times = [row.at for row in found.rows.values()]
    first = min([*times, stored] if stored is not None else times, default=stored)
    if first != stored:
        found.keep("begun", "log", {"at": first})
        found.give("theme", work.known.kept("theme"))


def row_of(work: Work, item: FeedbackItem, interaction: Interaction | None, *, question: str) -> Judged:
    """The facts of one item. `question`: as spelled, at most COMPARED_CHARACTERS of it."""
    feedback = item.feedback
    choice = choice_of(feedback) or ""
    pair = correction_pair(feedback, interaction) if interaction is not None else None
    family = _family(feedback)
    text = normalise(feedback.text[:COMPARED_CHARACTERS])
    moment = interaction.at if interaction is not None else feedback.at
    group = group_of(interaction) if interaction is not None else ""
    topic = topic_of(interaction)
    return Judged(
        feedback_id=feedback.id,
        seq=item.seq,
        interaction_id=feedback.interaction_id,
        author=person_of(feedback),
        door=f"{feedback.source}{SEPARATOR}{family}",
        family=family,
        kind=feedback.kind.value,
        at=feedback.at.timestamp(),
        day=day_of(moment),
        version=interaction.version if interaction is not None else None,
        value=feedback.value,
        is_wordy=bool(text),
        group=group,
        topic=topic,
        question=key_of(question),
        near=0,
        choice=choice if question else "",
        pair=SEPARATOR.join(pair) if pair is not None and question else "",
        confirms=_confirms(feedback, interaction, choice=choice, is_corrected=pair is not None),
        nth=0,
        said=_said(family, question=question, choice=choice, text=text),
        is_long=family == "correction" and len(question.split()) >= _LONG_ENOUGH,
        words=len(interaction.question.split()) + len(interaction.answer.split()) if interaction is not None else 0,
        seconds=feedback.seconds_to_answer if interaction is not None else None,
        may_teach=teaches(item, interaction),
        is_drawn_sealed=bool(group) and work.known.draw(GROUP_DRAW, group) < sealed_at_most(work.agent),
        state=item.state,
        matter=_matter(feedback, family=family, choice=choice, text=text, topic=topic),
        findings=find_instruction(feedback, interaction, choice=choice if question else ""),
    )


def choice_of(feedback: Feedback) -> str | None:
    """The label or article id a feedback says is right; None when it says none."""
    return feedback.label if feedback.label is not None else feedback.article_id


def correction_pair(feedback: Feedback, interaction: Interaction) -> tuple[str, str, str] | None:
    """(`label` or `article`, what is right, what the agent chose); None when nothing is chosen or nothing is wrong."""
    choice = choice_of(feedback)
    kind, answered = ("label", interaction.label) if feedback.label is not None else ("article", interaction.article_id)
    return None if not choice or choice == answered else (kind, choice, answered or "")


def topic_of(interaction: Interaction | None) -> str:
    """What an interaction is about, as far as anybody said."""
    return "" if interaction is None else interaction.topic or interaction.label or interaction.article_id or ""


def burst_key(row: Judged) -> str:
    """The day on which near-identical questions were answered alike."""
    return f"{row.near}{SEPARATOR}{int(row.at // DAY)}"


def affected_keys(row: Judged) -> Iterator[tuple[Level, str]]:
    """The keys, by level, whose findings a row has a part in. Somebody unidentified has no record and no pace."""
    if is_person(row.author):
        yield "author", row.author
        yield "stream", f"{row.door}{SEPARATOR}{row.author}{SEPARATOR}{int(row.at // HOUR)}"
        yield "said", row.said
    yield "row", row.feedback_id
    yield "case", row.interaction_id
    if row.choice:
        yield "view", row.feedback_id
    if row.choice and row.near:
        yield "near", str(row.near)
        yield "burst", burst_key(row)
    yield "pair", row.pair
    if is_worded(row):
        yield "saying", row.feedback_id


def is_worded(row: Judged) -> bool:
    """Whether it is a better answer in words, which are taught."""
    return row.is_wordy and FeedbackKind(row.kind).traits.is_worded


def _nth(row: Judged, before: Judged | None, counted: Counter[tuple[str, str]]) -> int:
    if before is not None and before.nth and (before.author, before.choice) == (row.author, row.choice):
        return before.nth
    key = (row.author, row.choice)
    if not row.choice or not is_person(row.author) or counted[key] >= VOTES_PER_CHOICE:
        return 0
    counted[key] += 1
    return counted[key]


def _with_views(row: Judged, before: Judged | None) -> Judged:
    if before is None or (before.question, before.choice, before.author) != (row.question, row.choice, row.author):
        return row
    return row._replace(
        agree=before.agree,
        basis=before.basis,
        top=before.top,
        top_chance=before.top_chance,
        given_chance=before.given_chance,
        rank=before.rank,
        has_voice=before.has_voice,
        theme=before.theme,
        findings=before.findings_with(row.findings, by=NAME),
    )


def _regroup(work: Work, registry: Registry, found: Findings) -> None:
    """Keep new questions; rows of groups that became one, and ratings of questions now corrected, follow."""
    found.questions.update(registry.changed)
    found.buckets.update(registry.buckets)
    moved = work.known.rows("near", sorted(registry.merged), any_state=True) if registry.merged else []
    fresh = [question.key for question in registry.changed.values() if question.key in registry.fresh]
    for row in (*moved, *work.known.rows("question", fresh, any_state=True)):
        if row.feedback_id in found.rows:
            continue
        near = registry.near_of(row.question)
        if near == row.near:
            continue
        found.rows[row.feedback_id] = row._replace(near=near)
        if row.choice and row.near:
            found.give("near", [str(row.near)])
            found.give("burst", [burst_key(row)])
            found.give("pair", [f"@{row.near}"])
    found.give("near", (str(near) for near in sorted(registry.merged)))
    found.give("pair", (f"@{near}" for near in sorted(registry.merged)))
    for near in {row.near for row in found.rows.values() if row.near}:
        found.give("pair", [f"@{near}"])


def _touch_mates(work: Work, found: Findings) -> None:
    """Rows of the same interaction share a panel; what a vouched author says concerns rows of the same question.

    Nothing but a panel says anything of a rating: ratings that too few people ever gave with it have no view.
    """
    asked = sorted({row.interaction_id for row in found.rows.values()})
    stored = {row.feedback_id: row for row in work.known.rows("interaction_id", asked, any_state=True)}
    mates = (stored | found.rows).values()
    raters: defaultdict[str, set[str]] = defaultdict(set)
    for row in mates:
        if row.family == "rating" and is_person(row.author):
            raters[row.interaction_id].add(row.author)
    for row in mates:
        is_rated = row.family == "rating" and len(raters[row.interaction_id]) >= PANEL
        if row.is_standing and (row.choice or is_rated):
            found.give("view", [row.feedback_id])
            found.give("row", [row.feedback_id] if row.choice else ())
    vouched = sorted({row.question for row in found.rows.values() if row.choice and row.author in work.named})
    same = work.known.rows("question", vouched) if vouched else []
    for level in ("view", "row"):
        found.give(level, (row.feedback_id for row in same if row.choice))


def _family(feedback: Feedback) -> str:
    if feedback.kind.traits.corrects:
        return "correction"
    return "rating" if feedback.value is not None else "comment"


def _said(family: str, *, question: str, choice: str, text: str) -> str:
    """What a row wants, hashed; empty when it is too short to be told from chance."""
    if family == "correction":
        return key_of(f"{question}\n{choice}\n{text}") if question and (choice or text) else ""
    return key_of(text) if len(text.split()) >= _LONG_ENOUGH else ""


def _confirms(feedback: Feedback, interaction: Interaction | None, *, choice: str, is_corrected: bool) -> bool:
    if interaction is None or is_corrected:
        return False
    if feedback.kind.traits.is_rewrite:
        return bool(normalise(feedback.text)) and normalise(feedback.text) == normalise(interaction.answer)
    return bool(choice) and feedback.kind.traits.needs == "choice"


def _matter(feedback: Feedback, *, family: str, choice: str, text: str, topic: str) -> str:
    """What its words or its rating speak to: a kind of issue and a topic, by line."""
    if feedback.kind.traits.is_rewrite:
        return f"answer{SEPARATOR}{topic}" if text else ""
    if feedback.kind.traits.shows_gap:
        return f"knowledge{SEPARATOR}" if text else ""
    if feedback.value is None or choice or family == "correction":
        return ""
    if feedback.value >= _LOW:
        return f"content{SEPARATOR}{topic}"
    is_failed = feedback.kind.traits.fails_alone and feedback.value == 0
    return f"complaint{SEPARATOR}{topic}" if text or feedback.reason or is_failed else ""

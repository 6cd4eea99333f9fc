"""Emerging topics: many people without a record saying the same within a day, far more than usual (a Poisson test).

An outage looks like an attack: dozens of strangers, one message. Nobody is held for it. It is shown with how many
people, since when and in which words, and it teaches once somebody named, or with a record, says the same.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from loop.records import Feedback, Interaction, Judged, is_person
from loop.text.spelling import quote
from loop.validate.crowds import CROWD, DAY, TOPIC, episodes, is_crowd, kind_of
from loop.validate.work import Findings, Work

CHANCE = 1e-6
"""Poisson tail from which a day is far more than usual."""
LEAST_USUAL = 0.5
"""People a day, where fewer are usual or nobody can say: eight strangers on a new topic make it."""


def emerging_topic(
    rows: Sequence[Judged], *, seasoned: Collection[str], begun: float, is_whole: bool
) -> dict[str, Any] | None:
    """The busiest day of what these rows say, where that is far more than usual; None when it is not.

    `rows`: what people say on one side of one theme, the newest. `begun`: when the log began: what is all there is
    cannot stand out, except word-for-word the same. `is_whole`: no older rows were left out.
    """
    from scipy.special import pdtrc

    ordered = sorted((row for row in rows if is_person(row.author)), key=lambda row: (row.at, row.seq))
    strangers = [row for row in ordered if row.author not in seasoned]
    start = _busiest(strangers)
    if start is None:
        return None
    first = strangers[start].at
    within = [row for row in strangers if first <= row.at <= first + DAY]
    people = len({row.author for row in within})
    alike = len({row.author for row in within if is_crowd(row)})
    before = [row for row in strangers if row.at < first]
    since = begun if is_whole or not ordered else max(begun, ordered[0].at)
    days = (first - since) / DAY
    usual = len({(row.author, int(row.at // DAY)) for row in before}) / days if days > 0 else 0.0
    is_surge = days >= 1 and float(pdtrc(people - 1, max(usual, LEAST_USUAL))) <= CHANCE
    if people < CROWD or not (is_surge or alike >= CROWD):
        return None
    told = [row for row in strangers if row.at >= first]
    return {
        "people": len({row.author for row in told}),
        "items": len(told),
        "since": first,
        "last": told[-1].at,
        "is_known": any(row.author in seasoned and row.at >= first for row in ordered),
        "example": _typical(within).feedback_id,
    }


def tell_crowds(work: Work, rows: Sequence[Judged], found: Findings, *, strangers: Collection[str]) -> None:
    """Comments, takeovers and rewritten answers in word-for-word the same words: those words are the topic.

    No theme gathers comments; and what strangers would have the agent say waits, so no theme has heard of it yet.
    `rows`: all with those words.
    """
    said: defaultdict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if is_said_alike(row) and is_person(row.author):
            said[row.said].append(row)
    bodies: dict[str, dict[str, Any]] = {}
    for key, some in said.items():
        crowds = episodes([row for row in some if row.author in strangers])
        latest = [episode for episode in crowds if kind_of(episode) == TOPIC][-1:]
        for episode in latest:
            bodies[f"said:{key}"] = {
                "people": len({row.author for row in episode}),
                "items": len(episode),
                "since": episode[0].at,
                "last": episode[-1].at,
                "is_known": any(row.author not in strangers and row.at >= episode[0].at for row in some),
                "example": episode[0].feedback_id,
                "choice": "",
            }
    keep_topics(work, bodies, found)
    for gone in work.known.kept("topic", sorted(f"said:{key}" for key in said if f"said:{key}" not in bodies)):
        found.keep("topic", gone, {})


def is_said_alike(row: Judged) -> bool:
    """Whether a crowd of it is told by its words; a choice is told by its theme, among questions like it."""
    return row.family == "comment" or (row.family == "correction" and not row.choice)


def keep_topics(work: Work, bodies: Mapping[str, dict[str, Any]], found: Findings) -> None:
    """Emerging topics with their example's words; those that are new are told."""
    stored = work.known.kept("topic", sorted(bodies)) if bodies else {}
    items = work.known.feedback_items(sorted({body["example"] for body in bodies.values()}))
    asked = work.known.interactions({item.feedback.interaction_id for item in items.values()})
    for key, body in bodies.items():
        said = items[body["example"]].feedback
        body["words"] = words_of(said, asked.get(said.interaction_id))
        if dict(stored.get(key, {})) != body:
            found.keep("topic", key, body)
        if not stored.get(key):
            found.topics.append(in_words(body))


def in_words(body: Mapping[str, Any]) -> str:
    """A topic as one sentence, for a turn and a screen."""
    since = datetime.fromtimestamp(body["since"], UTC)
    told = f"{body['people']} people since {since:%d %b %H:%M} UTC: {quote(body['words'], limit=90)}"
    if body["choice"]:
        told += f"; they say it should be {quote(body['choice'], limit=40)}"
    if body["is_known"]:
        return f"{told}. Somebody with a record says so too, so it may teach."
    return f"{told}. It teaches nothing until somebody named, or with a record, says the same."


def words_of(feedback: Feedback, interaction: Interaction | None) -> str:
    """What somebody said about it: their own words, else the question."""
    own = feedback.text.strip()
    return own if len(own.split()) >= 3 or interaction is None else interaction.question


def _busiest(rows: Sequence[Judged]) -> int | None:
    """Where the day with the most people begins, the latest of equals."""
    best, most = None, 0
    end = 0
    inside: Counter[str] = Counter()
    for start, row in enumerate(rows):
        while end < len(rows) and rows[end].at <= row.at + DAY:
            inside[rows[end].author] += 1
            end += 1
        if len(inside) >= most:
            best, most = start, len(inside)
        inside[row.author] -= 1
        if not inside[row.author]:
            del inside[row.author]
    return best


def _typical(rows: Sequence[Judged]) -> Judged:
    """One of those that say what most say; the first."""
    said = Counter(row.said or row.question for row in rows)
    return max(rows, key=lambda row: (said[row.said or row.question], -row.at, row.feedback_id))

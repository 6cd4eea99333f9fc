"""Level theme: from valid feedback to issues, what several people say is wrong, with every side counted.

Votes count whoever gives them, but only feedback outside dev and sealed groups is cited: proposers learn from what an
issue cites, and must not learn from what they will be measured on. An issue with nothing to cite is left out. Items
that are held only because sides contradict each other count on their side, so the contradiction is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from loop.heldout import HIDDEN_SPLITS, waiting_groups
from loop.records import SEPARATOR, TEACHING_STATES, Interaction, Issue, IssueSide, Judged, Voice, derived_id
from loop.text.spelling import quote
from loop.validate.backing import voters_of
from loop.validate.crowds import is_crowd
from loop.validate.themes import VoicedRow, edit_themes, takeover_themes
from loop.validate.topics import emerging_topic, is_said_alike, keep_topics
from loop.validate.votes import Electorate, carries, is_contested
from loop.validate.work import Findings, Work

CITED = 400
"""Newest rows an issue cites of its lead, at most; everybody's vote counts all the same."""
RIVALS_CITED = 100
EDITS_COMPARED = 500
"""Newest edits of a topic that are compared sentence by sentence."""
TAKEOVERS_COMPARED = 1_500

Kind = Literal["label", "article", "answer", "knowledge", "complaint"]


@dataclass
class Side:
    """What some people say."""

    people: set[str] = field(default_factory=set)
    teaching: set[str] = field(default_factory=set)
    """Of these, people whose word may teach."""
    rows: list[Judged] = field(default_factory=list)
    """What may be cited of them."""


@dataclass
class Theme:
    """People who say the same thing, while they are gathered."""

    kind: Kind
    key: tuple[str, ...]
    """What the issue's id is derived from."""
    sides: dict[str, Side] = field(default_factory=lambda: defaultdict(Side))
    """Correction to who makes it; the first is what the issue is about."""
    against: frozenset[str] = frozenset()
    """Authors who say the answer was right as it was."""
    sentence: str = ""
    """For edits: the sentence they all put in or take out."""
    first_at: float = 0.0
    last_at: float = 0.0


def make_issues(work: Work) -> Findings:
    """Issues of the themes in which a voice changed; those nobody stands behind any more go."""
    known, found = work.known, Findings()
    stored = known.kept("theme", work.keys)
    voters = voters_of(work)
    begun = float(known.kept("begun", ["log"]).get("log", {"at": 0.0})["at"])
    themes: dict[str, list[Theme]] = {}
    choices = [key for key in work.keys if key.split(SEPARATOR)[0] in ("label", "article")]
    themes |= _choice_themes(work, choices)
    for key in work.keys:
        match key.split(SEPARATOR):
            case ["answer", topic]:
                themes[key] = _answer_themes(work, key, topic=topic, seasoned=voters.seasoned)
            case ["knowledge", _]:
                themes[key] = _knowledge_themes(work, key, seasoned=voters.seasoned)
            case ["complaint", topic]:
                themes[key] = _complaint_themes(work, key, topic=topic)
            case _:
                pass
    hidden = _hidden(work, themes)
    wanted = {row.interaction_id for some in themes.values() for one in some for row in _first_rows(one, hidden)}
    asked = known.interactions(wanted)
    topics = {
        issue_id(work, theme): body | {"choice": next(iter(theme.sides))}
        for some in themes.values()
        for theme in some
        if (body := _emerging(theme, voters=voters, begun=begun)) is not None
    }
    keep_topics(work, topics, found)
    for key in work.keys:
        made = [
            issue
            for theme in themes.get(key, [])
            if (
                issue := _issue(
                    work, theme, voters=voters, hidden=hidden, asked=asked, is_emerging=issue_id(work, theme) in topics
                )
            )
            is not None
        ]
        ids = sorted(issue.id for issue in made)
        emerging_ids = sorted(one for theme in themes.get(key, []) if (one := issue_id(work, theme)) in topics)
        last = stored.get(key, {"issues": [], "topics": []})
        before = list(last["issues"])
        for gone in set(last["topics"]) - set(emerging_ids):
            found.keep("topic", gone, {})
        found.issues += made
        found.new_issues += sum(one not in before for one in ids)
        found.dropped += [one for one in before if one not in ids]
        if (ids, emerging_ids) != (before, list(last["topics"])):
            found.keep("theme", key, {"issues": ids, "topics": emerging_ids})
    return found


def issue_id(work: Work, theme: Theme) -> str:
    """The same theme is the same issue, whoever speaks to it."""
    return derived_id("issue", work.agent.slug, *theme.key)


def _emerging(theme: Theme, *, voters: Electorate, begun: float) -> dict[str, Any] | None:
    lead = next(iter(theme.sides.values())).rows
    # A crowd's words are a topic by themselves.
    own = [row for row in lead if not (is_crowd(row) and is_said_alike(row))]
    return emerging_topic(own, seasoned=voters.seasoned, begun=begun, is_whole=len(lead) < CITED)


def _choice_themes(work: Work, keys: Sequence[str]) -> dict[str, list[Theme]]:
    """Questions like these should be answered X, with who says otherwise of the same questions."""
    people: defaultdict[str, list[Voice]] = defaultdict(list)
    for voice in work.known.voices("theme", keys):
        people[voice.theme].append(voice)
    crossed = {theme: list(body["nears"]) for theme, body in work.known.kept("crossed", keys).items()}
    themes: dict[str, list[Theme]] = {}
    for key in keys:
        if not people[key]:
            continue
        parts = key.split(SEPARATOR)
        nears = crossed.get(key, [])
        theme = Theme(
            "label" if parts[0] == "label" else "article",
            tuple(parts),
            against=work.known.content(nears) if nears else frozenset(),
        )
        rivals = work.known.rivals(key, nears) if nears else []
        _count(theme, people[key], rivals)
        theme.sides[parts[1]].rows = work.known.voiced("theme", key, newest=CITED)
        for row in work.known.rival_rows(key, nears, newest=RIVALS_CITED) if rivals else ():
            theme.sides[row.choice].rows.append(row)
        themes[key] = [theme]
    return themes


def _count(theme: Theme, people: Iterable[Voice], rivals: Iterable[Voice] = ()) -> None:
    everybody = [*people, *rivals]
    for voice in everybody:
        side = theme.sides[voice.side]
        side.people.add(voice.author)
        if voice.n_teaching:
            side.teaching.add(voice.author)
    theme.first_at = min(voice.first_at for voice in everybody)
    theme.last_at = max(voice.last_at for voice in everybody)


def _answer_themes(work: Work, key: str, *, topic: str, seasoned: Collection[str]) -> list[Theme]:
    found = []
    for edits in edit_themes(_spoken(work, key, newest=EDITS_COMPARED), topic=topic):
        theme = Theme("answer", ("answer", *edits.key), sentence=edits.sentence)
        people = {side: len({one.row.author for one in some}) for side, some in edits.sides.items()}
        for side in sorted(edits.sides, key=lambda side: (-people[side], side)):
            _take(theme, side, edits.sides[side], seasoned=seasoned)
        found.append(theme)
    return found


def _knowledge_themes(work: Work, key: str, *, seasoned: Collection[str]) -> list[Theme]:
    found = []
    for members in takeover_themes(_spoken(work, key, newest=TAKEOVERS_COMPARED)):
        theme = Theme("knowledge", ("knowledge", members[0].feedback.interaction_id))
        _take(theme, members[0].feedback.text.strip(), members, seasoned=seasoned)
        found.append(theme)
    return found


def _complaint_themes(work: Work, key: str, *, topic: str) -> list[Theme]:
    """Low ratings with words, and failed outcomes, by topic; who is content with the topic dissents."""
    people = work.known.voices("matter", [key])
    if not people:
        return []
    theme = Theme("complaint", ("complaint", topic))
    _count(theme, people)
    theme.sides[""].rows = work.known.voiced("matter", key, newest=CITED)
    content = work.known.voices("matter", [f"content{SEPARATOR}{topic}"])
    theme.against = frozenset(voice.author for voice in content)
    return [theme]


def _spoken(work: Work, key: str, *, newest: int) -> list[VoicedRow]:
    rows = work.known.voiced("matter", key, newest=newest)
    items = work.known.feedback_items([row.feedback_id for row in rows])
    asked = work.known.interactions({row.interaction_id for row in rows})
    return [
        VoicedRow(row, items[row.feedback_id].feedback, asked[row.interaction_id])
        for row in rows
        if row.feedback_id in items and row.interaction_id in asked
    ]


def _take(theme: Theme, correction: str, some: Sequence[VoicedRow], *, seasoned: Collection[str]) -> None:
    side = theme.sides[correction]
    side.rows = [one.row for one in some]
    side.people = {one.row.author for one in some}
    side.teaching = {
        one.row.author
        for one in some
        if one.row.state in TEACHING_STATES and (one.row.author in seasoned or not is_crowd(one.row))
    }
    times = [one.row.at for one in some]
    theme.first_at = min(times) if not theme.first_at else min(theme.first_at, *times)
    theme.last_at = max(theme.last_at, *times)


def _hidden(work: Work, themes: Mapping[str, Sequence[Theme]]) -> frozenset[str]:
    """Groups of these rows that examine the agent, or wait to."""
    groups = {
        row.group for some in themes.values() for theme in some for side in theme.sides.values() for row in side.rows
    }
    settled = work.known.splits(sorted(groups))
    waiting = waiting_groups(groups, agent=work.agent, settled=settled, draw=work.known.draw)
    return waiting | {group for group, split in settled.items() if split in HIDDEN_SPLITS}


def _first_rows(theme: Theme, hidden: frozenset[str]) -> list[Judged]:
    """The oldest row of the lead that may be cited, if any: its question names the issue."""
    lead = next(iter(theme.sides.values()))
    rows = sorted((row for row in lead.rows if row.group not in hidden), key=_age)
    return rows[:1]


def _issue(
    work: Work,
    theme: Theme,
    *,
    voters: Electorate,
    hidden: frozenset[str],
    asked: Mapping[str, Interaction],
    is_emerging: bool,
) -> Issue | None:
    main = next(iter(theme.sides))
    first = _first_rows(theme, hidden)
    if not first:
        return None
    cited = {
        correction: sorted((row for row in side.rows if row.group not in hidden), key=_age)
        for correction, side in theme.sides.items()
    }
    sides = [
        IssueSide(
            correction=correction,
            sources=len(side.people),
            feedback_ids=tuple(row.feedback_id for row in cited[correction]),
        )
        for correction, side in theme.sides.items()
    ]
    sides = [sides[0], *sorted(sides[1:], key=lambda side: (-side.sources, side.correction))]
    lead = theme.sides[main]
    dissent = set(theme.against).union(*(theme.sides[side.correction].people for side in sides[1:])) - lead.people
    votes, against = voters.votes(lead.people), voters.votes(dissent)
    strong_other = max((voters.votes(theme.sides[side.correction].people) for side in sides[1:]), default=0)
    conflict = ""
    if is_contested(votes, against=strong_other):
        conflict = ", ".join(f"{side.sources} say {quote(side.correction)}" for side in sides if side.sources >= 2)
    needed = work.agent.limits.min_sources
    is_alone = is_emerging or (theme.kind in ("label", "article") and len(theme.key) > 2)
    is_supported = (
        carries(votes, of=votes + against, needed=needed)
        and voters.votes(lead.teaching) >= needed
        and not conflict
        and not (is_alone and voters.seasoned.isdisjoint(lead.teaching))
    )
    everything = sorted((row for some in cited.values() for row in some), key=_age)
    return Issue(
        id=issue_id(work, theme),
        agent=work.agent.slug,
        kind=theme.kind,
        title=_title(theme, main, first[0], asked.get(first[0].interaction_id)),
        topic=Counter(row.topic for row in sorted(lead.rows, key=_age)).most_common(1)[0][0],
        sides=tuple(sides),
        support=votes,
        is_supported=is_supported,
        conflict=conflict,
        interaction_ids=tuple(dict.fromkeys(row.interaction_id for row in everything)),
        first_at=datetime.fromtimestamp(theme.first_at, UTC),
        last_at=datetime.fromtimestamp(theme.last_at, UTC),
    )


def _title(theme: Theme, main: str, row: Judged, interaction: Interaction | None) -> str:
    asked = quote(interaction.question) if interaction is not None else ""
    match theme.kind:
        case "label":
            return f"Questions like {asked} should be {quote(main, limit=40)}"
        case "article":
            return f"Questions like {asked} should be answered from {quote(main, limit=40)}"
        case "answer" if not main:
            return f"Answers to questions like {asked} should not say {quote(theme.sentence, limit=90)}"
        case "answer":
            return f"Answers to questions like {asked} should say {quote(main, limit=90)}"
        case "knowledge":
            return f"People had to take over questions like {asked}"
        case "complaint":
            topic = row.topic
            return f"Low ratings with a reason about {quote(topic, limit=40)}" if topic else "Low ratings with a reason"


def _age(row: Judged) -> tuple[float, str]:
    """Oldest first; the id decides between two of the same moment, never the order of arrival."""
    return (row.at, row.feedback_id)

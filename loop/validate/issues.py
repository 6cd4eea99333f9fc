"""From valid feedback to issues: what several people say is wrong, with every side counted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from loop.heldout import group_of
from loop.records import TEACHING_STATES, FeedbackState, Interaction, Issue, IssueSide, derived_id
from loop.text.spelling import quote
from loop.validate.cases import CaseChanges
from loop.validate.context import Docket
from loop.validate.firewall import Judgement
from loop.validate.table import Ledger, correction_pair
from loop.validate.themes import edit_themes, takeover_themes
from loop.validate.votes import Electorate, carries, electorate, is_contested

MAX_ISSUES = 2_000
"""Issues kept, best supported first; what nobody shares stays in the feedback list."""
_LOW = 0.5
"""A rating below this is a complaint when it comes with words, and an outcome of 0 is one by itself."""

Kind = Literal["label", "article", "answer", "knowledge", "complaint"]


@dataclass
class Theme:
    """Rows that say the same thing, while they are gathered."""

    kind: Kind
    key: tuple[str, ...]
    """What the issue's id is derived from."""
    sides: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Correction to the rows that make it; the first is what the issue is about."""
    against: set[str] = field(default_factory=set)
    """Authors who say the answer was right as it was."""
    sentence: str = ""
    """For edits: the sentence they all put in or take out."""


def make_issues(docket: Docket, judgement: Judgement, cases: CaseChanges) -> tuple[Issue, ...]:
    """All open issues, best supported first, the same for the same feedback in any order of arrival.

    Votes count whoever gives them, but only feedback outside dev and sealed groups is cited: proposers learn
    from what an issue cites, and must not learn from what they will be measured on. An issue with nothing to
    cite is left out. Items that are held only because sides contradict each other count on their side, so the
    contradiction is shown.
    """
    voices = [row for row in range(len(docket.ledger.items)) if _has_voice(docket, judgement, row)]
    voters = electorate(docket.authors, needed=docket.agent.limits.min_sources)
    themes = [
        *_choice_themes(docket, voices, voters),
        *_answer_themes(docket, voices),
        *_knowledge_themes(docket, voices),
        *_complaint_themes(docket, voices),
    ]
    made = [issue for theme in themes if (issue := _issue(docket, judgement, cases, voters, theme)) is not None]
    made.sort(key=lambda issue: (not issue.is_supported, -issue.support, issue.id))
    return tuple(made[:MAX_ISSUES])


def _has_voice(docket: Docket, judgement: Judgement, row: int) -> bool:
    feedback = docket.ledger.feedback(row)
    if docket.ledger.interactions[row] is None or not feedback.teaches:
        return False
    state = judgement.states[feedback.id]
    if state is FeedbackState.HELD:
        return {flag.detector for flag in judgement.flags[feedback.id]} == {"conflict"}
    return state in TEACHING_STATES


def _choice_themes(docket: Docket, voices: Iterable[int], voters: Electorate) -> list[Theme]:
    """Questions like these should be answered X: one theme per X, with who says otherwise of the same questions.

    Once there are enough seasoned authors, newcomers do not ride on what these say about other questions: where
    the agent answered A and only newcomers say it should be X, that is a theme of its own.
    """
    ledger = docket.ledger
    themes: dict[tuple[str, ...], Theme] = {}
    first_choice: dict[int, str] = {}
    contested: defaultdict[int, list[int]] = defaultdict(list)
    content: defaultdict[int, set[str]] = defaultdict(set)
    touched: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    backers: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    corrections: list[tuple[int, tuple[str, str, str]]] = []
    for row in voices:
        feedback, interaction, choice = ledger.feedback(row), ledger.interactions[row], ledger.choice[row]
        near = int(ledger.near_of[row])
        if interaction is None or near < 0:
            continue
        if choice is None:
            if ledger.family[row] == "rating" and feedback.value == 1:
                content[near].add(feedback.author)
            continue
        key = correction_pair(feedback, interaction)
        if key is None:
            content[near].add(feedback.author)
            continue
        if first_choice.setdefault(near, choice) != choice:
            contested[near] = []
        corrections.append((row, key))
        if feedback.author in voters.seasoned:
            backers[key].add(feedback.author)
    for row, _ in corrections:
        if (near := int(ledger.near_of[row])) in contested:
            contested[near].append(row)
    for row, key in corrections:
        is_backed = ledger.feedback(row).author in voters.seasoned or voters.are_backed(len(backers[key]))
        name: tuple[str, ...] = key[:2] if is_backed else key
        theme = themes.setdefault(name, Theme("label" if key[0] == "label" else "article", name))
        theme.sides[key[1]].append(row)
        touched[name].add(int(ledger.near_of[row]))
    for name, groups in touched.items():
        theme = themes[name]
        for near in sorted(groups):
            theme.against |= content.get(near, frozenset())
            for row in contested.get(near, ()):
                other = ledger.choice[row]
                if other is not None and other != name[1]:
                    theme.sides[other].append(row)
    return [themes[key] for key in sorted(themes)]


def _answer_themes(docket: Docket, voices: list[int]) -> list[Theme]:
    ledger = docket.ledger
    rows = [row for row in voices if ledger.feedback(row).kind.traits.is_rewrite and ledger.text[row]]
    found = []
    for edits in edit_themes(ledger, rows, topic_of=lambda row: _topic(ledger.interactions[row])):
        theme = Theme("answer", ("answer", *edits.key), sentence=edits.sentence)
        people = {side: len({ledger.feedback(row).author for row in some}) for side, some in edits.sides.items()}
        for side in sorted(edits.sides, key=lambda side: (-people[side], side)):
            theme.sides[side] = edits.sides[side]
        found.append(theme)
    return found


def _knowledge_themes(docket: Docket, voices: list[int]) -> list[Theme]:
    ledger = docket.ledger
    rows = [row for row in voices if ledger.feedback(row).kind.traits.shows_gap and ledger.text[row]]
    found = []
    for first, members in takeover_themes(ledger, rows):
        feedback = ledger.feedback(first)
        theme = Theme("knowledge", ("knowledge", feedback.interaction_id))
        theme.sides[feedback.text.strip()] = members
        found.append(theme)
    return found


def _complaint_themes(docket: Docket, voices: list[int]) -> list[Theme]:
    """Low ratings with words, and failed outcomes, by topic; who is content with the topic dissents."""
    ledger = docket.ledger
    themes: dict[str, Theme] = {}
    content: defaultdict[str, set[str]] = defaultdict(set)
    for row in voices:
        feedback, topic = ledger.feedback(row), _topic(ledger.interactions[row])
        if feedback.value is None or ledger.choice[row] is not None or ledger.family[row] == "correction":
            continue
        if feedback.value >= _LOW:
            content[topic].add(feedback.author)
        elif ledger.text[row] or feedback.reason or (feedback.kind.traits.fails_alone and feedback.value == 0):
            theme = themes.setdefault(topic, Theme("complaint", ("complaint", topic)))
            theme.sides[""].append(row)
    for topic, theme in themes.items():
        theme.against = content[topic]
    return [themes[topic] for topic in sorted(themes)]


def _issue(docket: Docket, judgement: Judgement, cases: CaseChanges, voters: Electorate, theme: Theme) -> Issue | None:
    ledger = docket.ledger
    people = {side: {ledger.feedback(row).author for row in rows} for side, rows in theme.sides.items()}
    main = next(iter(theme.sides))
    rows = sorted({row for some in theme.sides.values() for row in some}, key=_age(ledger))
    cited = [row for row in rows if _group(ledger.interactions[row]) not in cases.hidden_groups]
    may_cite = set(cited)
    if may_cite.isdisjoint(theme.sides[main]):
        return None
    sides = [
        IssueSide(
            correction=side,
            sources=len(people[side]),
            feedback_ids=tuple(ledger.feedback(row).id for row in sorted(some, key=_age(ledger)) if row in may_cite),
        )
        for side, some in theme.sides.items()
    ]
    sides = [sides[0], *sorted(sides[1:], key=lambda side: (-side.sources, side.correction))]
    lead = sides[0]
    dissent = set().union(theme.against, *(people[side.correction] for side in sides[1:])) - people[lead.correction]
    votes, against = voters.votes(people[lead.correction]), voters.votes(dissent)
    strong_other = max((voters.votes(people[side.correction]) for side in sides[1:]), default=0)
    teaching = {
        ledger.feedback(row).author
        for row in theme.sides[lead.correction]
        if judgement.states[ledger.feedback(row).id] in TEACHING_STATES
    }
    conflict = ""
    if is_contested(votes, against=strong_other):
        conflict = ", ".join(f"{side.sources} say {quote(side.correction)}" for side in sides if side.sources >= 2)
    needed = docket.agent.limits.min_sources
    is_supported = (
        carries(votes, of=votes + against, needed=needed) and voters.votes(teaching) >= needed and not conflict
    )
    return Issue(
        id=derived_id("issue", docket.agent.slug, *theme.key),
        agent=docket.agent.slug,
        kind=theme.kind,
        title=_title(docket, theme, lead, cited),
        topic=Counter(_topic(ledger.interactions[row]) for row in theme.sides[lead.correction]).most_common(1)[0][0],
        sides=tuple(sides),
        support=votes,
        is_supported=is_supported,
        conflict=conflict,
        interaction_ids=tuple(dict.fromkeys(ledger.feedback(row).interaction_id for row in cited)),
        first_at=min(ledger.feedback(row).at for row in rows),
        last_at=max(ledger.feedback(row).at for row in rows),
    )


def _title(docket: Docket, theme: Theme, lead: IssueSide, cited: list[int]) -> str:
    ledger = docket.ledger
    own = set(theme.sides[lead.correction])
    first = next((row for row in cited if row in own), cited[0])
    interaction = ledger.interactions[first]
    asked = quote(interaction.question) if interaction is not None else ""
    match theme.kind:
        case "label":
            return f"Questions like {asked} should be {quote(lead.correction, limit=40)}"
        case "article":
            return f"Questions like {asked} should be answered from {quote(lead.correction, limit=40)}"
        case "answer" if not lead.correction:
            return f"Answers to questions like {asked} should not say {quote(theme.sentence, limit=90)}"
        case "answer":
            return f"Answers to questions like {asked} should say {quote(lead.correction, limit=90)}"
        case "knowledge":
            return f"People had to take over questions like {asked}"
        case "complaint":
            topic = _topic(interaction)
            return f"Low ratings with a reason about {quote(topic, limit=40)}" if topic else "Low ratings with a reason"


def _age(ledger: Ledger) -> Callable[[int], tuple[float, str]]:
    """Oldest first; the id decides between two of the same moment, never the order of arrival."""
    return lambda row: (float(ledger.at[row]), ledger.feedback(row).id)


def _topic(interaction: Interaction | None) -> str:
    return "" if interaction is None else interaction.topic or interaction.label or interaction.article_id or ""


def _group(interaction: Interaction | None) -> str:
    return "" if interaction is None else group_of(interaction)

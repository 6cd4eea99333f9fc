"""A turn costs what is new, and ends where one turn over everything ends: however the log is cut, whoever decides."""

import random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from loop.records import Agent, FeedbackItem, FeedbackKind, FeedbackState, Interaction
from loop.validate import MemoryKnowledge, differences, from_nothing, settle
from tests.builders import agent, at, feedback, interaction

LABELS = ("refund", "delay", "parcel")
WORDS = ("card", "order", "late", "broken", "again", "please", "today", "account", "kettle", "not", "money", "address")


def world(seed: int, *, n: int, people: int = 9) -> list[tuple[FeedbackItem, Interaction]]:
    """Corrections, confirmations, ratings, edits and takeovers by good and bad people, some on the same questions."""
    draw = random.Random(seed)
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(4, 8))) for _ in range(max(4, n // 4))]
    made = []
    for number in range(1, n + 1):
        question = draw.choice(texts) + draw.choice(("", "", " now"))
        truth = LABELS[len(question) % 3]
        author = f"p{draw.randrange(people)}"
        given = truth if author != "p0" and draw.random() < 0.85 else draw.choice(LABELS)
        kind = draw.choice([FeedbackKind.LABEL] * 4 + [FeedbackKind.THUMBS, FeedbackKind.EDIT, FeedbackKind.TAKEOVER])
        said: dict[str, Any] = {"kind": kind, "label": None, "author": author, "at": at(draw.randrange(6_000))}
        match kind:
            case FeedbackKind.LABEL:
                said |= {"label": given, "seconds_to_answer": draw.choice([0.2, 8.0, 9.0, 11.0])}
            case FeedbackKind.THUMBS:
                said |= {
                    "value": draw.choice([0.0, 1.0, 1.0]),
                    "text": draw.choice(["", "this did not help me at all"]),
                }
            case _:
                said |= {"text": f"We are sorry. {draw.choice(WORDS)} comes in {draw.randint(2, 4)} days."}
        target = draw.randint(max(1, number - 12), number)
        asked = interaction(target, question=texts[target % len(texts)] if target != number else question,
                            label=draw.choice(LABELS), topic=truth, customer=f"c{target % 17}")  # fmt: skip
        item = feedback(number, interaction_id=asked.id, **said)
        made.append((FeedbackItem(feedback=item, state=FeedbackState.NEW, seq=number), asked))
    first: dict[str, Interaction] = {}
    return [(item, first.setdefault(asked.id, asked)) for item, asked in made]


def play(
    made: list[tuple[FeedbackItem, Interaction]],
    cuts: list[int],
    *,
    of: Agent,
    decisions: dict[int, tuple[str, FeedbackState]] | None = None,
) -> MemoryKnowledge:
    """Arrivals cut into turns; after the turn that ends at a cut, a person decides about an item."""
    known = MemoryKnowledge()
    start = 0
    for end in [*sorted(cuts), len(made)]:
        for item, asked in made[start:end]:
            known.items[item.feedback.id] = item
            known.asked[asked.id] = asked
            known.list_of["facts"][item.feedback.id] = 1
        settle(known, of, now=at(9_999), seed=0)
        if decisions and end in decisions:
            key, state = decisions[end]
            if key in known.items:
                known.items[key] = known.items[key].model_copy(update={"state": state})
                known.list_of["facts"][key] = 1
                settle(known, of, now=at(9_999), seed=0)
        start = end
    return known


def rechecked(known: MemoryKnowledge, of: Agent) -> tuple[str, ...]:
    """What `ratchet recheck` would name."""
    derived = known.dump()
    made = from_nothing(
        of,
        items=known.items.values(),
        interactions=known.asked,
        cases=known.cases.values(),
        retired=known.retired,
        given=derived,
        drawn=known.draw,
        now=at(9_999),
        seed=0,
    )
    return differences(
        made=made,
        items=known.items,
        derived=derived,
        issues=known.issues,
        cases=[key for key in known.cases if key not in known.retired],
    )


def verdicts(known: MemoryKnowledge) -> dict[str, Any]:
    """Everything that must not depend on when a turn happened to run."""
    derived = known.dump()
    return {
        "states": {key: item.state for key, item in known.items.items()},
        "flags": {
            key: [(one.detector, one.reason, one.related) for one in item.flags] for key, item in known.items.items()
        },
        "rows": derived.rows,
        "questions": derived.questions,
        "standings": derived.standings,
        "kept": [one for one in derived.kept if one.kind != "theme" and any(one.body.values())],
    }


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 79), max_size=4, unique=True), st.booleans())
@example(173, [5], False).via("somebody of a panel votes again in a later turn")
def test_many_turns_end_where_one_turn_ends(seed: int, cuts: list[int], is_named: bool) -> None:
    of = agent(trusted_authors=("p1", "p2") if is_named else ())
    made = world(seed, n=80)
    many, one = verdicts(play(made, cuts, of=of)), verdicts(play(made, [], of=of))
    for name in many:
        assert many[name] == one[name], name


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 399), max_size=5, unique=True))
def test_models_are_fitted_on_generations_of_the_log_and_not_of_turns(seed: int, cuts: list[int]) -> None:
    of = agent(trusted_authors=("p1", "p2", "p3"))
    made = world(seed, n=400, people=7)
    known = play(made, cuts, of=of)
    many, one = verdicts(known), verdicts(play(made, [], of=of))
    for name in many:
        assert many[name] == one[name], name
    assert rechecked(known, of) == ()


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 79), max_size=3, unique=True),
    st.lists(
        st.tuples(st.integers(1, 80), st.sampled_from(["excluded", "superseded", "released", "quarantined"])),
        max_size=3,
    ),
)
def test_a_recheck_finds_no_difference_after_arrivals_and_decisions(
    seed: int, cuts: list[int], decided: list[tuple[int, str]]
) -> None:
    of = agent(trusted_authors=("p1",))
    made = world(seed, n=80)
    ends = [*sorted(cuts), len(made)]
    decisions = {end: (f"f{which}", FeedbackState(state)) for end, (which, state) in zip(ends, decided, strict=False)}
    known = play(made, cuts, of=of, decisions=decisions)
    assert rechecked(known, of) == ()


def test_a_recheck_names_what_was_changed_by_hand() -> None:
    of = agent(trusted_authors=("p1",))
    known = play(world(3, n=80), [50], of=of)
    key = next(key for key, item in known.items.items() if item.state is FeedbackState.VALID)
    known.items[key] = known.items[key].model_copy(update={"state": FeedbackState.HELD})
    assert rechecked(known, of) == (f"Feedback {key} stands as held; the log says valid.",)

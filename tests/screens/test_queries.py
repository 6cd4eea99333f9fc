"""Read models for screens: what a list shows is what there is, newest first, and never another agent's."""

import itertools
from datetime import UTC, datetime

import pytest

from loop.records import (
    AuthorStanding,
    Changes,
    Derived,
    FeedbackItem,
    FeedbackKind,
    FeedbackState,
    Flag,
    ProposalState,
    StakesLevel,
    Sums,
    Verdict,
)
from loop.records.probes import PROBE_SOURCE
from storage.database import Database
from storage.queries import Scope, alike, corrections, feedback, progress, review
from storage.queries.feedback import FeedbackFilter
from storage.store import AgentStore
from tests.screens import seed

FILTERS = [
    FeedbackFilter(states=states, kind=kind, topic=topic, detector=detector, author=author, text=text)
    for states, kind, topic, detector, author, text in itertools.product(
        ((), (FeedbackState.HELD, FeedbackState.QUARANTINED)),
        (None, FeedbackKind.COMMENT),
        ("", "refunds"),
        ("", "too_fast"),
        ("", "agent-3"),
        ("", "HOTLINE"),
    )
]


@pytest.fixture
def store(database: Database) -> AgentStore:
    seed.fill(database, slug="other", rows=40)
    return seed.fill(database, slug="desk", rows=120)


@pytest.fixture
def scope(database: Database, store: AgentStore) -> Scope:
    return Scope(engine=database.engine, agent="desk")


def expected(store: AgentStore, wanted: FeedbackFilter) -> list[str]:
    """The same list, worked out one by one."""
    items = store.feedback(wanted.states or None)
    asked = store.interactions(item.feedback.interaction_id for item in items)

    def fits(item: FeedbackItem) -> bool:
        one, interaction = item.feedback, asked[item.feedback.interaction_id]
        words = f"{one.text}\n{one.label or ''}\n{interaction.question}".lower()
        return (
            (wanted.kind is None or one.kind is wanted.kind)
            and (not wanted.topic or interaction.topic == wanted.topic)
            and (not wanted.detector or any(flag.detector == wanted.detector for flag in item.flags))
            and (not wanted.author or one.author == wanted.author)
            and wanted.text.lower() in words
        )

    found = [item.feedback for item in items if fits(item)]
    return [one.id for one in sorted(found, key=lambda one: one.received_at, reverse=True)]


def test_every_combination_of_filters_finds_what_there_is(store: AgentStore, scope: Scope) -> None:
    for wanted in FILTERS:
        found = feedback.find_matches(scope, wanted)
        assert list(found.ids) == expected(store, wanted), wanted
        assert not found.is_more


def test_common_filters_find_the_same_as_rare_ones(
    store: AgentStore, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "RARE", 1)
    for wanted in FILTERS:
        assert list(feedback.find_matches(scope, wanted).ids) == expected(store, wanted), wanted


def test_a_list_that_was_cut_says_so(store: AgentStore, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "LISTED", 7)
    found = feedback.find_matches(scope, FeedbackFilter())
    assert list(found.ids) == expected(store, FeedbackFilter())[:7]
    assert found.is_more


def test_a_search_that_did_not_look_at_everything_says_so(
    store: AgentStore, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "SEARCHED", 5)
    found = feedback.find_matches(scope, FeedbackFilter(states=(FeedbackState.VALID,), text="hotline"))
    everything = expected(store, FeedbackFilter(states=(FeedbackState.VALID,), text="hotline"))
    assert found.is_more
    assert list(found.ids) == everything[: len(found.ids)]


def test_wildcards_of_the_database_are_ordinary_characters(scope: Scope) -> None:
    assert feedback.find_matches(scope, FeedbackFilter(text="%")).ids == ()
    assert feedback.find_matches(scope, FeedbackFilter(text="hot_ine")).ids == ()


def test_lines_come_in_the_order_asked_for_with_the_reason_of_every_flag(scope: Scope) -> None:
    first, second = feedback.lines(scope, ["f7", "f13"])
    assert (first.id, second.id) == ("f7", "f13")
    assert first.detectors == ("instructions", "duplicate")
    assert "instruction" in first.reasons[0]
    assert first.question == seed.HOSTILE


def test_a_conversation_is_whole_and_in_order(scope: Scope) -> None:
    assert feedback.episode(scope, "i9") == ["i8", "i9"]
    assert feedback.episode(scope, "nobody") == []


def test_nothing_of_another_agent_is_read(database: Database, store: AgentStore) -> None:
    nobody = Scope(engine=database.engine, agent="nobody")
    assert feedback.find_matches(nobody, FeedbackFilter()).ids == ()
    assert feedback.lines(nobody, ["f7"]) == []
    assert feedback.on_interactions(nobody, ["i7"]) == []
    assert feedback.episode(nobody, "i7") == []
    assert feedback.topics(nobody) == []
    assert feedback.detectors(nobody) == []
    assert corrections.queue(nobody) == []
    assert corrections.labels(nobody) == []
    assert review.list_proposals(nobody, list(ProposalState)) == []
    assert review.undoable(nobody) == []
    assert review.lapsed_approvals(nobody, since=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert progress.releases(nobody) == []
    assert progress.daily(nobody) == []
    assert progress.waits(nobody).to_review == 0


def test_topics_and_detectors_are_each_named_once(scope: Scope) -> None:
    assert feedback.topics(scope) == sorted(seed.TOPICS)
    assert feedback.detectors(scope) == ["duplicate", "instructions", "too_fast"]


def test_high_stakes_come_first_and_sure_verdicts_before_unsure_ones(scope: Scope) -> None:
    lines = review.list_proposals(scope, [ProposalState.WAITING])
    assert lines[0].level is StakesLevel.HIGH
    verdicts = [line.verdict for line in lines if line.level is StakesLevel.LOW and line.verdict]
    assert verdicts == sorted(verdicts, key=list(Verdict).index)
    assert len(set(verdicts)) > 2


def test_what_was_corrected_is_not_asked_again(store: AgentStore, scope: Scope) -> None:
    queue = corrections.queue(scope, limit=200)
    corrected = {
        item.feedback.interaction_id
        for item in store.feedback()
        if item.feedback.kind in (FeedbackKind.EDIT, FeedbackKind.LABEL, FeedbackKind.TAKEOVER)
    }
    assert queue
    assert not {one.interaction_id for one in queue} & corrected
    reasons = [one.why for one in queue]
    assert reasons == sorted(reasons, key=lambda why: why != "rated low")


def test_similar_questions_are_of_the_same_topic_and_not_the_question_itself(scope: Scope) -> None:
    found = alike.similar(scope, interaction_id="i8", question="I have a question about refunds", topic="refunds")
    assert found
    assert "i8" not in {one.interaction_id for one in found}
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


def test_what_a_colleague_tried_is_told_from_what_customers_asked(store: AgentStore, scope: Scope) -> None:
    asked = store.interactions(["i8"])["i8"]
    newest = max(one.at for one in store.interactions(f"i{n}" for n in range(120)).values())
    tried = asked.model_copy(update={"id": "tried-1", "episode_id": "tried-1", "at": newest, "source": PROBE_SOURCE})
    store.append(interactions=(tried,))
    found = alike.similar(scope, interaction_id="i8", question=asked.question, topic=asked.topic)
    assert {one.interaction_id for one in found if one.is_tried} == {"tried-1"}
    assert len(found) > 1


def test_releases_carry_their_newest_measurement_and_the_live_one_leads(scope: Scope) -> None:
    lines = progress.releases(scope)
    assert [line.number for line in lines] == [3, 2, 1, 0]
    assert [line.is_live for line in lines] == [True, False, False, False]
    assert (lines[0].restores, lines[1].proposal_state) == (1, ProposalState.UNDONE)
    assert (lines[3].right, lines[3].n) == (1480, 1840)


def test_a_flag_of_an_unreliable_author_shows_the_figures_of_their_record_as_they_are_now(
    store: AgentStore, scope: Scope
) -> None:
    item = store.feedback([FeedbackState.VALID])[0]
    flag = Flag(feedback_id=item.feedback.id, detector="rater", reason="Their record says why.", at=item.feedback.at)
    standing = AuthorStanding(
        name=item.feedback.author, given=40, judged=40, agreement=0.2, low=0.1, high=0.3, standing="unreliable",
        reason="Agrees with the trusted reference on 8 of 40 (20%).",
    )  # fmt: skip
    store.commit(Changes(flags={item.feedback.id: (flag,)}, derived=Derived(standings=((standing, Sums(given=40)),))))
    (line,) = feedback.lines(scope, [item.feedback.id])
    assert line.reasons == ("The author is unreliable. Agrees with the trusted reference on 8 of 40 (20%).",)

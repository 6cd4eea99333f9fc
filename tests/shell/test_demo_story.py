"""The demo's story comes out as told, by honest means, in a real database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from loop import engine, wiring
from loop.demo import story
from loop.demo.company import SLUG
from loop.demo.people import cast
from loop.demo.script import CAUTION, DELIVERY_RULE, FREE_OF_CHARGE, Sketch
from loop.demo.world import World
from loop.records import FeedbackState, ProposalItem, ProposalState, StakesLevel, Verdict, digest
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Built:
    settings: Settings
    database: Database
    summary: story.DemoSummary

    @property
    def store(self) -> AgentStore:
        return self.database.store(SLUG)

    def proposal(self, sketch: Sketch, state: ProposalState) -> ProposalItem:
        return next(item for item in self.store.proposals([state]) if item.proposal.title == sketch.title)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    settings = Settings(database_url=f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")
    database = wiring.open_database(settings)
    yield Built(settings, database, story.build(settings, database, seed=0, fresh=True, now=NOW))
    database.close()


def test_the_desk_learns_over_several_releases_and_takes_one_back(built: Built) -> None:
    summary = built.summary
    assert summary.releases >= 3
    assert summary.rollbacks == 1
    assert summary.sealed_cases >= 250
    assert summary.accuracy_first is not None
    assert summary.accuracy_live is not None
    assert summary.accuracy_live >= summary.accuracy_first + 0.05


def test_what_the_firewall_kept_over_three_months_is_what_it_makes_of_it_at_once(built: Built) -> None:
    assert engine.recheck(wiring.parts_for(built.settings, built.database, SLUG, clock=lambda: NOW)) == ()


def test_the_release_against_the_evidence_was_harmful_and_is_undone(built: Built) -> None:
    item = built.proposal(CAUTION, ProposalState.UNDONE)
    assert item.report is not None
    assert item.report.verdict is Verdict.HARMFUL
    approval = next(one for one in built.store.decisions(item.proposal.id) if one.verb == "approve")
    assert approval.reason


def test_a_proved_high_stakes_edit_and_a_harmful_rule_wait_for_the_visitor(built: Built) -> None:
    good, bad = (built.proposal(one, ProposalState.WAITING) for one in (FREE_OF_CHARGE, DELIVERY_RULE))
    assert good.report is not None
    assert bad.report is not None
    assert (good.report.verdict, good.proposal.stakes.level) == (Verdict.PROVED, StakesLevel.HIGH)
    assert bad.report.verdict is Verdict.HARMFUL


def test_several_kinds_of_change_wait_and_not_all_of_them_are_ready(built: Built) -> None:
    waiting = built.store.proposals([ProposalState.WAITING])
    kinds = {operation.kind for item in waiting for operation in item.proposal.operations}
    assert {"edit_instructions", "set_rule", "upsert_article"} <= kinds
    verdicts = {item.report.verdict for item in waiting if item.report}
    assert verdicts & {Verdict.PROMISING, Verdict.NOT_ENOUGH_DATA}


def test_the_brigade_is_quarantined_and_no_injection_teaches(built: Built) -> None:
    states = {item.feedback.id: item.state for item in built.store.feedback()}
    said = [item.feedback for item in built.store.feedback()]
    brigade = [states[one.id] for one in said if one.author in cast().brigade.accounts]
    planted = [states[one.id] for one in said if one.text in cast().injection.texts]
    assert len(brigade) > 30
    assert set(brigade) == {FeedbackState.QUARANTINED}
    assert len(planted) == len(cast().injection.texts)
    assert set(planted) <= {FeedbackState.HELD, FeedbackState.QUARANTINED}


def test_nothing_the_brigade_or_an_injection_said_is_in_any_version(built: Built) -> None:
    for version in built.store.versions():
        said = built.store.bundle(version.digest).model_dump_json()
        assert not any(text in said for text in (*cast().brigade.claims, *cast().injection.texts))


def test_every_answer_names_the_content_it_was_made_with(built: Built) -> None:
    digests = {version.number: version.digest for version in built.store.versions()}
    told = built.store.interactions({item.feedback.interaction_id for item in built.store.feedback()})
    named = [(one.version, one.bundle_digest) for one in told.values() if one.version is not None]
    assert len(named) > 100
    assert all(digests[version] == digest for version, digest in named)


def test_two_leads_who_disagree_show_as_a_conflict(built: Built) -> None:
    assert any("plan_payment" in issue.conflict for issue in built.store.issues())


def test_the_journal_is_whole_and_the_workspace_is_labelled(built: Built) -> None:
    assert built.store.check_journal().is_intact
    assert built.store.agent.is_demo


def test_building_again_shows_what_is_there(built: Built) -> None:
    again = story.build(built.settings, built.database, seed=0, fresh=False, now=NOW)
    assert again.model_copy(update={"seconds": 0.0}) == built.summary.model_copy(update={"seconds": 0.0})


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    def told(name: str) -> tuple[str, ...]:
        settings = Settings(database_url=f"sqlite:///{tmp_path / name}")
        database = wiring.open_database(settings)
        world = World(5, until=date(2026, 7, 1), days=17)
        start = world.start()
        store = database.create_agent(start.agent, start.bundle, now=start.agent.created_at, actor="demo")
        story.run(wiring.parts_for(settings, database, SLUG), world=world)
        found = (
            digest(store.cases()),
            digest(store.feedback()),
            digest(store.issues()),
            digest([item.evidence_digest for item in store.proposals()]),
            store.head().digest,
        )
        database.close()
        return found

    assert told("one.db") == told("two.db")

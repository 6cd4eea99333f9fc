"""Today says who examines the agent: how many people, how lopsided, how far they were checked; unknown is unknown."""

from loop import desk
from loop.ports import Parts
from loop.records import Actor, Changes, Role, Split
from storage.store import AgentStore
from tests import builders
from tests.screens.conftest import Opens
from tests.screens.reading import page_words
from tests.screens.seed import HOSTILE

OLGA = Actor(name="olga", role=Role.ADMIN)


def examined(store: AgentStore) -> None:
    """Nine cases by ann, one by somebody with a hostile name."""
    slug = store.agent.slug
    cases = [
        builders.case(
            number, agent=slug, author="ann" if number else HOSTILE, split=(Split.DEV, Split.SEALED)[number % 2]
        )
        for number in range(10)
    ]
    store.commit(Changes(cases=tuple(cases)))


def test_an_agent_without_cases_is_said_to_prove_nothing(empty_workspace: AgentStore, opens: Opens) -> None:
    assert "No case examines this agent yet, so nothing can be proved." in page_words(opens())


def test_today_says_who_examines_and_what_is_unknown(workspace: AgentStore, opens: Opens) -> None:
    store = workspace
    before = sum(one.examining for one in store.makers())
    examined(store)
    app = opens()
    today = page_words(app)
    assert f"{before + 10} cases examine" in today
    assert "is unknown: there was no blind audit" in today
    assert "Nobody is named to examine" in today
    assert "ratchet cases audit" not in today, "a page leads to a page"
    ways = {one.proto.label: one.proto.query_string for one in app.get("page_link")}
    assert "section=Blind+audit" in ways["Blind audit"]
    assert "part=Examiners" in ways["Name who examines"]


def test_today_says_what_the_last_audit_found(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    examined(workspace)
    audit = desk.begin_audit(parts, actor=OLGA, n=4)
    while (asked := desk.next_question(parts, audit.id, actor=OLGA)) is not None:
        case = parts.store.cases_by_id([asked.case_id])[asked.case_id]
        desk.answer_question(parts, audit.id, asked.case_id, actor=OLGA, answer=case.expected)
    assert "4 of 4 answers on file agreed: 100%, between 51% and 100%" in page_words(opens())

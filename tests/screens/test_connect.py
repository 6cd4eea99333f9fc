"""Connect: lines made for this agent, a key that is shown once, what came, and what is missing, in every state."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from loop import wiring
from loop.collect import Delivery, prepare
from loop.errors import StoreUnavailable
from loop.ports.deliveries import Capture
from loop.records import Actor, Feedback, Interaction, Role
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words, tags
from tests.screens.seed import HOSTILE


def lines(app: AppTest) -> str:
    return "\n".join(one.value for one in app.code)


def deliver(
    store: AgentStore, *, door: str = "api:shop", interactions: Sequence[Interaction] = (),
    feedback: Sequence[Feedback] = (), **counts: Any,
) -> None:  # fmt: skip
    """As the intake does."""
    now = wiring.utc_now()
    made = prepare(Delivery(agent=store.agent.slug, door=door, interactions=interactions, feedback=feedback), at=now)
    captured = [made.capture] + ([Capture(door, last_at=now, **counts)] if counts else [])
    store.deliver([made.parcel], captured=captured, now=now)


def asked(store: AgentStore, **fields: Any) -> Interaction:
    filled = {"agent": store.agent.slug, "source": "api:shop", "at": wiring.utc_now()}
    return builders.interaction(1, **filled | fields)


def test_the_lines_are_made_for_this_agent_and_say_where_the_key_goes(
    empty_workspace: AgentStore, opens: Opens
) -> None:
    app = opens("connect", how="sdk")
    assert f'Ratchet(agent="{empty_workspace.agent.slug}")' in lines(app)
    assert "RATCHET_KEY=YOUR_KEY" in lines(app)


def test_a_key_is_shown_to_its_maker_until_they_put_it_away_and_to_nobody_else(
    empty_workspace: AgentStore, sqlite_database: Database, opens: Opens
) -> None:
    app = opens("connect", how="openai")
    button(app, "make-").click().run()
    ((key, _),) = sqlite_database.api_keys()
    assert (key.client, set(key.verbs)) == (empty_workspace.agent.slug, {"models:call", "feedback:write"})
    whole = next(one.value for one in app.code if one.value.startswith(f"rk_{key.id}_"))
    assert f"/k/{whole}/v1" in lines(app)
    assert whole not in lines(opens("connect", how="openai"))
    button(app, "put-away").click().run()
    assert whole not in lines(app)
    assert "YOUR_KEY" in lines(app)


def test_who_may_not_set_up_is_told_who_can_and_gets_no_form(
    empty_workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "current_user", lambda: Actor(name="rita", role=Role.REVIEWER))
    app = opens("connect")
    assert "Ask somebody with the role admin" in page_words(app)
    assert not [one for one in app.button if (one.key or "").startswith("make-")]
    assert "YOUR_KEY" in lines(app)


def test_a_name_that_is_none_makes_no_key_and_says_why(
    empty_workspace: AgentStore, sqlite_database: Database, opens: Opens
) -> None:
    app = opens("connect")
    app.text_input(key=f"client-{empty_workspace.agent.slug}").set_value("two words")
    button(app, "make-").click().run()
    assert sqlite_database.api_keys() == []
    assert app.error


def test_the_first_event_is_seen_with_what_was_understood_and_what_is_missing(
    empty_workspace: AgentStore, opens: Opens
) -> None:
    app = opens("connect", how="sdk")
    assert "Waiting for the first event" in page_words(app)
    deliver(empty_workspace, interactions=[asked(empty_workspace, question=f"Where is it? {HOSTILE}")])
    app.run()
    seen = page_words(app)
    assert "It arrived" in seen
    assert "through the API or SDK (shop): 1 call" in seen
    assert "The answer was read." in seen
    assert "What is missing: an outcome." in seen
    assert HOSTILE[:40] in seen
    made = set().union(*(tags(piece.value) for piece in app.html))
    assert not made & {"img", "script", "iframe", "a"}
    assert not app.markdown


def test_feedback_that_came_says_whether_what_it_is_about_is_here(empty_workspace: AgentStore, opens: Opens) -> None:
    app = opens("connect", how="sdk")
    slug = empty_workspace.agent.slug
    said = builders.feedback(1, agent=slug, source="api:shop", received_at=wiring.utc_now())
    deliver(empty_workspace, feedback=[said])
    app.run()
    assert "has not come yet" in page_words(app)
    assert "1 feedback waits for an interaction that never came" in page_words(app)


def test_where_all_is_refused_the_page_says_why_and_not_that_it_arrived(
    empty_workspace: AgentStore, opens: Opens
) -> None:
    app = opens("connect")
    deliver(empty_workspace, door="gateway:shop", calls=2, rejected={"broken_json": 2})
    app.run()
    seen = page_words(app)
    assert "Something came, and nothing of it was kept" in seen
    assert "2 refused: The body was no JSON." in seen
    assert "It arrived" not in seen


def test_a_door_that_spoke_every_day_and_stopped_is_on_the_page(empty_workspace: AgentStore, opens: Opens) -> None:
    for ago in range(12, 2, -1):
        at = wiring.utc_now() - timedelta(days=ago)
        empty_workspace.deliver([], captured=[Capture("gateway:shop", calls=1, last_at=at)], now=at)
    seen = page_words(opens("connect"))
    assert "the gateway (shop) has fallen silent" in seen
    assert "Is the agent still running?" in seen


def test_while_the_database_is_away_the_page_says_so_and_looks_again(
    empty_workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opens("connect")

    def away(_store: AgentStore) -> list[Capture]:
        raise StoreUnavailable("The database could not be read.", remedy="Try again.")

    monkeypatch.setattr(AgentStore, "captures", away)
    app.run()
    assert not app.exception
    assert "This page looks again by itself." in page_words(app)

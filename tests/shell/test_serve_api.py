"""The API over real bytes, on real databases: who may, what is kept, and that the same is never kept twice."""

from collections.abc import Iterator

import pytest

from loop import desk, wiring
from loop.errors import Conflict
from loop.ports.deliveries import Parcel, Ticket
from loop.records import FeedbackKind, FeedbackState
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.serving import OPERATOR, Client, asked, new_key, serving, thumbs


@pytest.fixture
def client(database_url: str, database: Database, store: AgentStore) -> Iterator[Client]:
    """A program whose key is for the agent `desk`."""
    key = new_key(database).text
    with serving(database_url) as port:
        yield Client(port, key)


def kept(store: AgentStore) -> list[tuple[str, str]]:
    """Feedback that stands, by target and author."""
    return sorted((one.feedback.interaction_id, one.feedback.author) for one in store.feedback(list(FeedbackState)))


def test_what_is_acknowledged_is_kept_and_says_by_which_program_it_came(client: Client, store: AgentStore) -> None:
    first = client.interaction(asked())
    said = client.feedback(thumbs(at="2026-06-01T14:05:00+02:00", attributes={"screen": "chat"}))
    assert (first.status, first.json) == (201, {"id": "i1"})
    assert said.status == 201
    (item,) = store.feedback()
    assert (item.feedback.id, item.feedback.source, item.feedback.value) == (said.json["id"], "api:helpdesk", 1.0)
    assert (item.feedback.at, item.feedback.attributes) == (builders.at(5), {"screen": "chat"})
    assert store.interactions(["i1"])["i1"].question == "Where is parcel 1?"


def test_personal_data_and_secrets_are_masked_before_they_are_stored(client: Client, store: AgentStore) -> None:
    client.interaction(asked(question="I am ann@mail.example, where is it?", attributes={"mail": "bo@mail.example"}))
    client.feedback(thumbs(kind="edit", text="Write to ann@mail.example", author="ann@mail.example", value=None))
    assert "mail.example" not in store.interactions(["i1"])["i1"].model_dump_json()
    (item,) = store.feedback()
    assert "mail.example" not in item.model_dump_json()
    assert item.feedback.text.startswith("Write to ⟨EMAIL")


def test_the_same_key_and_body_is_answered_the_same_and_kept_once(client: Client, store: AgentStore) -> None:
    body = {"kind": "thumbs", "interaction_id": "i1", "value": 1.0, "author": "ann"}
    replies = [client.feedback(body, idempotency_key="k1") for _ in range(2)]
    replies.append(client.feedback(dict(reversed(body.items())), idempotency_key="k1"))
    assert [one.status for one in replies] == [201, 200, 200]
    assert len({one.body for one in replies}) == 1
    assert kept(store) == [("i1", "ann")]


def test_the_same_key_with_another_body_is_a_conflict_and_writes_nothing(client: Client, store: AgentStore) -> None:
    client.feedback(thumbs(1), idempotency_key="k1")
    other = client.feedback(thumbs(2), idempotency_key="k1")
    elsewhere = client.post("/api/v1/agents/desk/feedback/batch", {"feedback": [thumbs(1)]}, idempotency_key="k1")
    assert [(one.status, one.code) for one in (other, elsewhere)] == [(409, "idempotency_key")] * 2
    assert kept(store) == [("i1", "a1")]


def test_the_same_key_and_body_about_something_else_is_a_conflict_too(client: Client) -> None:
    said = {"value": 1.0, "author": "crm"}
    replies = [
        client.post(f"/api/v1/agents/desk/episodes/{episode}/outcome", said, idempotency_key="k1").status
        for episode in ("e1", "e2", "e1")
    ]
    assert replies == [201, 409, 200]


def test_a_key_that_comes_twice_before_the_first_is_answered_is_kept_once_too(store: AgentStore) -> None:
    """The client gave up waiting and sent it again: both are in one transaction."""

    def parcel(number: int, content: str) -> Parcel:
        told = builders.feedback(number)
        ticket = Ticket("helpdesk", "k" * 64, content)
        return Parcel(door="api:helpdesk", feedback=(told,), ticket=ticket, receipt={"feedback": [told.id]})

    group = [parcel(1, "a"), parcel(1, "a"), parcel(2, "b")]
    told = store.deliver(group, captured=[], now=builders.NOON)
    assert [(one.outcome, dict(one.receipt)) for one in told] == [
        ("kept", {"feedback": ["f1"]}),
        ("known", {"feedback": ["f1"]}),
        ("conflict", {}),
    ]
    assert kept(store) == [("i1", "a1")]


def test_idempotency_keys_of_two_programs_have_nothing_to_do_with_each_other(
    client: Client, database: Database, store: AgentStore
) -> None:
    other = Client(client.port, new_key(database, client="chat").text)
    assert client.feedback(thumbs(1), idempotency_key="k1").status == 201
    assert other.feedback(thumbs(2), idempotency_key="k1").status == 201
    assert len(kept(store)) == 2


def test_a_key_whose_body_was_refused_may_be_used_again(client: Client, store: AgentStore) -> None:
    assert client.feedback(thumbs(value=None), idempotency_key="k1").status == 422
    assert client.feedback(thumbs(), idempotency_key="k1").status == 201


def test_feedback_that_comes_before_its_interaction_is_attached_when_it_arrives(
    client: Client, store: AgentStore
) -> None:
    client.feedback(thumbs())
    assert store.captures()[0].orphans == 1
    client.interaction(asked())
    (capture,) = store.captures()
    assert (capture.orphans, capture.with_outcome, capture.calls, capture.feedback) == (0, 1, 1, 1)
    assert kept(store) == [("i1", "a1")]


def test_the_outcome_of_an_episode_waits_for_it_and_goes_to_its_last_interaction(
    client: Client, store: AgentStore
) -> None:
    early = client.post("/api/v1/agents/desk/episodes/e9/outcome", {"value": 0.0, "author": "crm"})
    assert early.status == 201
    assert store.feedback() == []
    batch = [asked(1, episode_id="e9", position=0), asked(2, episode_id="e9", position=1)]
    client.post("/api/v1/agents/desk/interactions/batch", {"interactions": batch})
    (item,) = store.feedback()
    assert (item.feedback.interaction_id, item.feedback.kind, item.feedback.id) == (
        "i2",
        FeedbackKind.OUTCOME,
        early.json["id"],
    )
    later = client.post("/api/v1/agents/desk/episodes/e9/takeover", {"text": "It is lost, sorry.", "author": "lea"})
    assert later.status == 201
    taken = next(one.feedback for one in store.feedback() if one.feedback.kind is FeedbackKind.TAKEOVER)
    assert (taken.interaction_id, taken.text) == ("i2", "It is lost, sorry.")
    (capture,) = store.captures()
    assert (capture.orphans, capture.with_outcome) == (0, 1)


def test_feedback_about_an_episode_that_a_file_brings_later_is_attached_too(client: Client, store: AgentStore) -> None:
    client.feedback(thumbs(interaction_id=None, episode_id="e1"))
    store.append(interactions=[builders.interaction(1)])
    assert kept(store) == [("i1", "a1")]
    assert store.captures()[0].orphans == 0


def test_later_words_of_the_same_author_replace_the_earlier_ones_and_the_history_is_kept(
    client: Client, store: AgentStore
) -> None:
    client.feedback(thumbs(value=1.0, at="2026-06-01T12:00:00Z"))
    client.feedback(thumbs(value=0.0, at="2026-06-01T13:00:00Z"))
    (now,) = store.feedback([FeedbackState.NEW])
    (before,) = store.feedback([FeedbackState.SUPERSEDED])
    assert (now.feedback.value, now.feedback.supersedes, before.feedback.value) == (0.0, before.feedback.id, 1.0)


def test_a_batch_keeps_what_is_fit_and_names_the_rest_by_place_and_reason(client: Client, store: AgentStore) -> None:
    items = [thumbs(1), thumbs(2, value=3), thumbs(3, value=None), thumbs(4, at="2199-01-01T00:00:00Z"), thumbs(5)]
    reply = client.post("/api/v1/agents/desk/feedback/batch", {"feedback": items})
    assert reply.status == 201
    assert len(reply.json["ids"]) == 2
    assert [one["place"] for one in reply.json["refused"]] == [1, 2, 3]
    assert reply.json["refused"][0]["reason"].startswith("value: ")
    assert [target for target, _ in kept(store)] == ["i1", "i5"]
    (capture,) = store.captures()
    assert (capture.feedback, capture.stored, sum(capture.rejected.values())) == (5, 2, 3)


def test_a_batch_of_which_nothing_is_fit_is_refused(client: Client, store: AgentStore) -> None:
    reply = client.post("/api/v1/agents/desk/feedback/batch", {"feedback": [{"kind": "thumbs"}]})
    assert (reply.status, reply.json["ids"], reply.json["refused"][0]["place"]) == (422, [], 0)
    assert client.post("/api/v1/agents/desk/feedback/batch", {"feedback": []}).status == 422


def test_the_version_that_is_live_is_told(client: Client, store: AgentStore) -> None:
    told = client.get("/api/v1/agents/desk/version").json
    assert (told["agent"], told["number"], told["digest"]) == ("desk", 0, store.head().digest)


def test_a_key_opens_its_own_agents_only_and_does_what_it_may_only(
    client: Client, database: Database, store: AgentStore
) -> None:
    other = database.create_agent(builders.agent("other"), builders.bundle(), now=builders.NOON, actor="rita")
    reader = Client(client.port, new_key(database, client="reader", verbs=("versions:read",)).text)
    assert client.feedback(thumbs(), agent="other").status == 404
    assert client.feedback(thumbs(), agent="nobody").body == client.feedback(thumbs(), agent="other").body
    assert client.get("/api/v1/agents/other/version").status == 404
    assert (reader.feedback(thumbs()).status, reader.get("/api/v1/agents/desk/version").status) == (403, 200)
    assert kept(store) == kept(other) == []


def test_a_client_has_two_live_keys_for_rotation_and_no_third(client: Client, database: Database) -> None:
    second = new_key(database)
    with pytest.raises(Conflict, match="2 live keys"):
        new_key(database)
    both = [client, Client(client.port, second.text)]
    assert [one.feedback(thumbs()).status for one in both] == [201, 201]
    assert both[0].feedback(thumbs(7), idempotency_key="k").status == 201
    assert both[1].feedback(thumbs(7), idempotency_key="k").status == 200, "the client is the same"
    desk.revoke_key(database, second.keys[0].id, actor=OPERATOR, clock=wiring.utc_now)
    new_key(database)

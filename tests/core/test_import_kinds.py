"""Importers as data: every shipped one reads its tool's export; anybody's own is read, checked and kept."""

import io
import json
from typing import Any

import pytest

from loop import collect
from loop.collect.files.importers import importer_from_toml
from loop.collect.files.writing import importer_toml
from loop.errors import InvalidInput
from tests.builders import NOON


def lines(*rows: Any) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def seen(*rows: Any, **told: Any) -> collect.Look:
    """A look at the rows as JSON lines, with nothing said but `told`."""
    return collect.look(
        io.BytesIO(lines(*rows)),
        name="r.jsonl",
        importers=collect.shipped_importers(),
        now=NOON,
        hints=collect.FileHints(**told),
    )


def take(*rows: Any, importer: collect.Importer | str, mapping: Any = None, **options: Any) -> collect.Batch:
    (batch,) = collect.read_batches(
        io.BytesIO(lines(*rows)),
        name="r.jsonl",
        importer=importer,
        agent="desk",
        now=NOON,
        mapping=mapping or {},
        options=collect.Options(**options),
    )
    return batch


def said(batch: collect.Batch) -> list[tuple[Any, ...]]:
    """Feedback in short."""
    return [(str(one.kind), one.author, one.value, one.text) for one in batch.feedback]


def asked(batch: collect.Batch) -> list[tuple[str, str]]:
    return [(one.question, one.answer) for one in batch.interactions]


# The tools ------------------------------------------------------------------------------------------

TENSORZERO = (
    {"inference_id": "i1", "metric_name": "task_success", "value": True, "tags": {"user": "ann"}},
    {"inference_id": "i1", "metric_name": "comment", "value": "Too slow."},
    {"inference_id": "i2", "metric_name": "demonstration", "value": '[{"type": "text", "text": "Better."}]'},
)


def test_tensorzero_metrics_comments_and_demonstrations_are_outcomes_comments_and_edits() -> None:
    assert seen(*TENSORZERO).importer.name == "tensorzero"
    assert said(take(*TENSORZERO, importer="tensorzero")) == [
        ("outcome", "ann", 1.0, ""),
        ("comment", "anonymous", None, "Too slow."),
        ("edit", "anonymous", None, "Better."),
    ]


def test_langfuse_scores_by_people_are_feedback_and_a_judges_are_passed_over() -> None:
    base = {"traceId": "t1", "timestamp": "2026-03-01T10:00:00Z", "authorUserId": "mia"}
    rows = (
        {**base, "name": "user-feedback", "source": "API", "dataType": "BOOLEAN", "value": 1, "comment": "nice"},
        {**base, "name": "judge", "source": "EVAL", "dataType": "NUMERIC", "value": 0.2},
        {**base, "name": "output", "source": "ANNOTATION", "dataType": "CORRECTION", "stringValue": "Say this."},
    )
    assert seen(*rows).importer.name == "langfuse"
    batch = take(*rows, importer="langfuse")
    assert said(batch) == [("thumbs", "mia", 1.0, "nice"), ("edit", "mia", None, "Say this.")]
    assert batch.passed_over == 1


def test_langfuse_traces_are_interactions_whatever_their_input_looks_like() -> None:
    chat = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where?"}]}
    rows = (
        {"id": "t1", "timestamp": "2026-03-01T10:00:00Z", "name": "chat", "input": chat, "output": "There.",
         "userId": "u", "sessionId": "s"},
        {"id": "t2", "timestamp": "2026-03-01T10:00:00Z", "name": "chat", "input": json.dumps(chat),
         "output": {"role": "assistant", "content": "Here."}, "userId": "u", "sessionId": "s"},
    )  # fmt: skip
    assert seen(*rows).importer.name == "langfuse"
    batch = take(*rows, importer="langfuse")
    assert asked(batch) == [("Where?", "There."), ("Where?", "Here.")]
    assert [one.id for one in batch.interactions] == ["t1", "t2"]


def test_langsmith_runs_and_what_people_said_of_them_meet_by_their_id() -> None:
    run = {"id": "r1", "run_type": "chain", "inputs": {"question": "Where?"}, "outputs": {"answer": "There."}}
    child = {**run, "id": "r2", "parent_run_id": "r1"}
    batch = take(run, child, importer="langsmith")
    assert (asked(batch), batch.passed_over) == ([("Where?", "There.")], 1)
    human = {"run_id": "r1", "key": "correctness", "score": 0, "feedback_source": {"type": "app", "user_id": "mia"}}
    model = {**human, "feedback_source": {"type": "model"}}
    edit = {**human, "score": None, "correction": {"answer": "Over there."}}
    assert seen(human, model, edit).importer.name == "langsmith"
    batch = take(human, model, edit, importer="langsmith")
    assert said(batch) == [("csat", "mia", 0.0, ""), ("edit", "mia", None, "Over there.")]
    assert {one.interaction_id for one in batch.feedback} == {"r1"}


def test_an_openai_preference_is_an_edit_and_a_conversation_an_interaction() -> None:
    user, bad, good = (
        {"role": role, "content": text} for role, text in (("user", "Q?"), ("assistant", "No."), ("assistant", "Yes."))
    )
    preference = {"input": {"messages": [user]}, "non_preferred_output": [bad], "preferred_output": [good]}
    batch = take(preference, importer="openai-chat")
    assert (asked(batch), said(batch)) == ([("Q?", "No.")], [("edit", "anonymous", None, "Yes.")])
    stored = {"id": "c1", "model": "m", "messages": [user], "choices": [{"message": good}], "created": 1767225600}
    assert asked(take(stored, importer="openai-chat")) == [("Q?", "Yes.")]
    assert seen({"messages": [user, good]}).importer.name == "trajectories"


ZENDESK = {
    "id": 7, "subject": "Parcel", "description": "Where is it?", "requester_id": 1,
    "created_at": "2026-03-01T10:00:00Z",
    "satisfaction_rating": {"score": "bad", "comment": "Took days."},
    "comments": [
        {"author_id": 1, "plain_body": "Where is it?", "public": True},
        {"author_id": 99, "plain_body": "On its way.", "public": True},
        {"author_id": 1, "plain_body": "Since Monday!", "public": True},
        {"author_id": 5, "plain_body": "Angry, careful.", "public": False},
        {"author_id": 5, "plain_body": "In the depot.", "public": True},
        {"author_id": 1, "plain_body": "Thanks.", "public": True},
    ],
}  # fmt: skip


def test_a_zendesk_ticket_is_its_turns_up_to_the_takeover_and_its_rating_is_not_of_the_agent() -> None:
    assert seen(ZENDESK).importer.name == "zendesk"
    batch = take(ZENDESK, importer="zendesk", constants={"bot": "99"})
    assert asked(batch) == [("Where is it?", "On its way."), ("Since Monday!", "")]
    assert said(batch) == [("takeover", "5", None, "In the depot."), ("outcome", "1", 0.0, "Took days.")]
    assert {one.episode_id for one in batch.interactions} == {"7"}
    happy = {**ZENDESK, "satisfaction_rating": {"score": "good"}, "comments": ZENDESK["comments"][:2]}
    assert said(take(happy, importer="zendesk", constants={"bot": "99"})) == [("csat", "1", 1.0, "")]
    assert (
        said(take({**happy, "satisfaction_rating": {"score": "offered"}}, importer="zendesk", constants={"bot": "99"}))
        == []
    )


def test_a_freshdesk_ticket_is_read_with_its_own_scale() -> None:
    ticket = {
        "id": 8, "description_text": "How do I cancel?", "requester_id": 4, "responder_id": 5, "subject": "x",
        "satisfaction_rating": {"ratings": {"default_question": -103}, "feedback": "no"},
        "conversations": [
            {"body_text": "Please hurry", "incoming": True, "private": False, "user_id": 4},
            {"body_text": "secret", "incoming": False, "private": True, "user_id": 5},
            {"body_text": "By mail.", "incoming": False, "private": False, "user_id": 5},
        ],
    }  # fmt: skip
    assert seen(ticket).importer.name == "freshdesk"
    batch = take(ticket, importer="freshdesk")
    assert asked(batch) == [("How do I cancel?\nPlease hurry", "")]
    assert said(batch) == [("takeover", "5", None, "By mail."), ("outcome", "4", 0.0, "no")]


def test_a_review_suggestion_is_accepted_or_rejected_and_a_reply_is_a_comment() -> None:
    base = {"diff_hunk": "@@ -1 +1 @@\n-a\n+b", "path": "a.py", "pull_request_review_id": 3}
    rows = (
        {**base, "id": 1, "body": "Use c.", "user": {"login": "bot", "type": "Bot"}, "accepted": True,
         "accepted_by": {"login": "mia"}},
        {**base, "id": 2, "body": "Use d.", "user": {"login": "bot", "type": "Bot"}, "accepted": "rejected",
         "accepted_by": "leo"},
        {**base, "id": 3, "body": "No, d is slow.", "in_reply_to_id": 2, "user": {"login": "leo", "type": "User"}},
        {**base, "id": 4, "body": "A human's own remark.", "user": {"login": "leo", "type": "User"}},
        {**base, "id": 5, "body": "Use e.", "user": {"type": "Bot"}, "reactions": {"+1": 0, "-1": 2}},
    )  # fmt: skip
    assert seen(*rows).importer.name == "github-review"
    batch = take(*rows, importer="github-review")
    assert said(batch) == [
        ("csat", "mia", 1.0, ""), ("csat", "leo", 0.0, ""), ("comment", "leo", None, "No, d is slow."),
        ("thumbs", "customer", 0.0, ""),
    ]  # fmt: skip
    assert (batch.passed_over, batch.interactions[0].context) == (1, {"path": "a.py"})


def test_an_editors_pair_is_an_edit_and_one_published_unchanged_a_thumb_up() -> None:
    rows = (
        {"brief": "Announce the sale", "before": "Buy now!!!", "after": "Our sale begins.", "editor": "ida"},
        {"brief": "Announce the fair", "before": "Come along.", "after": "Come  along.", "editor": "ida"},
    )
    assert seen(*rows).importer.name == "editor-pairs"
    assert said(take(*rows, importer="editor-pairs")) == [
        ("edit", "ida", None, "Our sale begins."),
        ("thumbs", "ida", 1.0, ""),
    ]


CALLS: dict[str, Any] = {
    "arguments as text": {"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"n": 1}'}},
    "arguments as an object": {"id": "c", "function": {"name": "find", "arguments": {"n": 1}}},
    "function as a name": {"id": "c", "function": "find", "arguments": {"n": 1}},
    "args": {"id": "c", "name": "find", "args": {"n": 1}, "type": "tool_call"},
    "kwargs": {"id": "c", "tool_name": "find", "kwargs": {"n": 1}},
    "action": {"id": "c", "action": "find", "action_input": '{"n": 1}'},
}


@pytest.mark.parametrize("what", CALLS)
def test_tool_calls_are_read_in_any_shape_in_use(what: str) -> None:
    run = [
        {"role": "user", "content": "Find it."},
        {"role": "assistant", "content": None, "tool_calls": [CALLS[what]]},
        {"role": "tool", "tool_call_id": "c", "content": "found"},
        {"role": "assistant", "content": "Here."},
    ]
    look = seen({"messages": run, "success": True})
    assert (look.importer.name, look.stops) == ("trajectories", False)
    batch = take({"messages": run, "success": True}, importer="trajectories")
    (made,) = batch.interactions
    assert [(step.kind, step.name, step.input, step.output) for step in made.steps] == [
        ("model", "", "", ""),
        ("tool", "find", '{"n": 1}', "found"),
    ]
    assert (made.answer, said(batch)) == ("Here.", [("outcome", "outcome", 1.0, "")])


def test_calls_of_anthropic_and_messages_of_sharegpt_are_the_same_run() -> None:
    run = [
        {"role": "user", "content": "Find it."},
        {"role": "assistant", "content": [{"type": "text", "text": "I look."},
                                          {"type": "tool_use", "id": "c", "name": "find", "input": {"n": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "found"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Here."}]},
    ]  # fmt: skip
    (made,) = take({"messages": run}, importer="trajectories").interactions
    assert [(step.name, step.input, step.output) for step in made.steps if step.kind == "tool"] == [
        ("find", '{"n": 1}', "found")
    ]
    assert made.answer == "Here."
    talk = [{"from": "human", "value": "Hi?"}, {"from": "gpt", "value": "Hello."}]
    assert asked(take({"conversations": talk}, importer="trajectories")) == [("Hi?", "Hello.")]


def test_runs_without_an_outcome_ask_for_it_by_name() -> None:
    runs = [{"messages": [{"role": "user", "content": "Hi"}], "verdict_7": number % 2} for number in range(4)]
    look = seen(*runs, importer=None)
    assert look.importer.name == "trajectories"
    (doubt,) = look.doubts
    assert (doubt.field, doubt.remedy, doubt.stops) == ("reward", "--map reward=verdict_7", False)
    assert said(take(*runs, importer="trajectories", mapping={"reward": "verdict_7"}))[:2] == [
        ("outcome", "outcome", 0.0, ""),
        ("outcome", "outcome", 1.0, ""),
    ]


# One's own ------------------------------------------------------------------------------------------

OWN = """
says = "our own"
recognise = [["nr", "reply.sent"]]
[[rows]]
when = { channel = "spam" }
becomes = "nothing"
[[rows]]
becomes = "exchanges"
constants = { topic = "all" }
low = 1
high = 5
[rows.columns]
question = "asked"
answer = ["reply.draft"]
sent = "reply.sent"
rating = "mark"
[rows.words.rating]
gut = 5
"""
ROW = {"nr": 1, "channel": "mail", "asked": "Where?", "reply": {"draft": "No.", "sent": "There."}, "mark": 1}


def test_an_own_importer_reads_paths_constants_words_and_its_scale() -> None:
    own = importer_from_toml(OWN, name="own")
    batch = take(ROW, {**ROW, "nr": 2, "channel": "spam"}, {**ROW, "nr": 3, "mark": "gut"}, importer=own)
    assert said(batch)[:2] == [("edit", "anonymous", None, "There."), ("outcome", "customer", 0.0, "")]
    assert (len(batch.interactions), batch.passed_over, batch.interactions[0].topic) == (2, 1, "all")
    assert batch.interactions[0].attributes == {"nr": 1, "channel": "mail", "reply": {}}


def test_a_file_is_known_by_an_own_importer_first_by_how_much_it_knows_of_it() -> None:
    own = importer_from_toml(OWN, name="own")
    look = collect.look(
        io.BytesIO(lines(ROW)),
        name="r.jsonl",
        importers={**collect.shipped_importers(), "own": own},
        now=NOON,
        hints=collect.FileHints(),
    )
    assert look.importer.name == "own"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("becomes =", "not TOML"),
        ("says = 'x'", "rows"),
        ("[[rows]]\nbecomes = 'poems'", "exchanges"),
        ("[[rows]]\nbecomes = 'exchanges'\ncolumns = { colour = 'a' }", "colour"),
        ("[[rows]]\nbecomes = 'exchanges'\nwhat = 1", "what"),
        ("[[rows]]\nbecomes = 'articles'\nconstants = { question = 'a' }", "Fields:"),
        ("x" * 300_000, "256 KB"),
    ],
)
def test_an_importer_that_cannot_be_used_says_what_is_wrong_with_it(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        importer_from_toml(text, name="mine")
    assert told in str(caught.value)


@pytest.mark.parametrize("name", list(collect.shipped_importers()))
def test_an_importer_written_out_is_the_same_importer(name: str) -> None:
    one = collect.importer(name)
    again = importer_from_toml(importer_toml(one, mapping={}, options=collect.Options()), name=name)
    assert again == one
    assert importer_from_toml(collect.importer_text(name), name=name) == one

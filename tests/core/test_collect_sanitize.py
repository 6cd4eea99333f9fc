"""Sanitising: records of any door leave it named, checked and masked."""

from typing import Any

import pytest

from loop.collect import Redaction, sanitize
from loop.collect.files.rows import CELL_MAX
from loop.records import FeedbackKind
from tests.builders import feedback, interaction

ADDRESS = "jane@mail.example"


def test_personal_data_leaves_no_field_of_a_record() -> None:
    collected = sanitize(
        [
            interaction(
                question=f"I am {ADDRESS}",
                answer=f"Hello {ADDRESS}",
                customer=ADDRESS,
                context={"contact": ADDRESS},
                topic=ADDRESS,
                label=ADDRESS,
                attributes={"a": [{ADDRESS: ADDRESS}]},
                episode_id=ADDRESS,
            )
        ],
        [feedback(text=f"no, {ADDRESS}", author=ADDRESS, reason=ADDRESS, attributes={"by": ADDRESS})],
    )
    (made,), (item,) = collected.interactions, collected.feedback
    assert ADDRESS not in made.model_dump_json() + item.model_dump_json()
    assert item.text == "no, ⟨EMAIL_1⟩"  # the number it has in the interaction


def test_feedback_shares_the_placeholders_of_its_interaction_and_of_no_other_feedback() -> None:
    made = interaction(question=f"I am {ADDRESS}, ask joe@mail.example")
    said = [
        feedback(number, interaction_id="i1", text=text)
        for number, text in enumerate(["to ann@x.example", "joe@mail.example, bob@x.example"])
    ]
    assert [item.text for item in sanitize([made], said).feedback] == ["to ⟨EMAIL_3⟩", "⟨EMAIL_2⟩, ⟨EMAIL_3⟩"]


def test_one_person_keeps_one_pseudonym_and_two_people_keep_two() -> None:
    authors = [ADDRESS, ADDRESS.upper(), "john@mail.example", "ann"]
    items = sanitize(feedback=[feedback(number, author=author) for number, author in enumerate(authors)]).feedback
    assert items[0].author == items[1].author
    assert len({item.author for item in items}) == 3
    assert items[3].author == "ann"


def test_doing_it_twice_changes_nothing() -> None:
    once = sanitize([interaction(question=f"{ADDRESS}\u200b")], [feedback(text=ADDRESS, author=ADDRESS)])
    twice = sanitize(once.interactions, once.feedback)
    assert (twice.interactions, twice.feedback) == (once.interactions, once.feedback)
    assert once.interactions[0].attributes["redaction"] == {"EMAIL": 1, "hidden_zero_width": 1}


def test_records_without_an_id_get_one_from_their_content() -> None:
    def make() -> Any:
        return sanitize([interaction(id="", episode_id="")], [feedback(id="")])

    assert make() == make()
    assert make().interactions[0].id
    assert make().feedback[0].id != sanitize(feedback=[feedback(id="", label="other")]).feedback[0].id


def test_off_leaves_records_as_they_are() -> None:
    made, item = interaction(question=ADDRESS), feedback(text=ADDRESS)
    collected = sanitize([made], [item], redaction=Redaction.OFF)
    assert (collected.interactions, collected.feedback) == ((made,), (item,))


_LONG = "x" * (CELL_MAX + 1)


@pytest.mark.parametrize(
    "fields",
    [
        *({name: "a\0b"} for name in ("text", "reason", "label", "article_id", "author", "interaction_id")),
        *({name: "a\ud800b"} for name in ("text", "reason", "label", "author")),
        *({name: _LONG} for name in ("text", "reason")),
        *({"attributes": {"screen": said}} for said in ("\0", "\ud800", _LONG, object(), ["\0"], {"a": "\0"})),
        *({"attributes": {name: "chat"}} for name in ("\0", "\ud800", _LONG)),
    ],
)
def test_feedback_that_no_database_can_hold_is_refused_by_itself(fields: dict[str, Any]) -> None:
    bad = feedback(1).model_copy(update=fields)
    fit = sanitize((), [bad, feedback(2)])
    assert [one.record for one in fit.refused] == [bad]
    assert [one.id for one in fit.feedback] == ["f2"]


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "nul\0"},
        {"question": "\ud800"},
        {"attributes": {"x": float("nan")}},
        {"attributes": {"x": object()}},
        {"question": "x" * 2_000_000},
    ],
)
def test_what_no_database_can_hold_is_refused_and_the_rest_goes_on(fields: dict[str, Any]) -> None:
    collected = sanitize([interaction(1, **fields), interaction(2)])
    assert [made.id for made in collected.interactions] == ["i2"]
    assert [refused.record.id for refused in collected.refused] == ["i1"]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": FeedbackKind.LABEL, "label": None},
        {"kind": FeedbackKind.THUMBS},
        {"kind": FeedbackKind.EDIT, "text": " "},
        {"interaction_id": ""},
        {"author": ""},
    ],
)
def test_feedback_that_says_nothing_is_refused_with_a_reason(fields: dict[str, Any]) -> None:
    collected = sanitize(feedback=[feedback(1, **fields), feedback(2)])
    assert [item.id for item in collected.feedback] == ["f2"]
    assert collected.refused[0].reason

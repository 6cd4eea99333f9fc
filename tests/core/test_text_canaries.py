"""Redaction on 62 kinds of canaries and 27 honest look-alikes, and where they hide: escaped JSON, other digits."""

import json

import pytest

from loop import collect
from loop.records import Step
from loop.text.identity_numbers import FORMS, passes_verhoeff
from loop.text.redaction import redact_text
from tests.bench.firewall_text.masking import Canary, canaries, honest_texts
from tests.builders import interaction


def test_there_are_sixty_two_kinds_and_twenty_seven_honest_texts() -> None:
    assert len({one.name for one in canaries()}) == len(canaries()) == 62
    assert len(set(honest_texts())) == 27


@pytest.mark.parametrize("canary", canaries(), ids=lambda one: one.name)
def test_no_canary_is_stored_in_clear(canary: Canary) -> None:
    masked = redact_text(canary.text).text
    assert canary.value not in masked
    assert "⟨" in masked
    assert redact_text(masked).text == masked


@pytest.mark.parametrize("text", honest_texts())
def test_no_honest_number_is_masked(text: str) -> None:
    assert redact_text(text).text == text


def test_an_address_in_escaped_arguments_of_a_tool_is_masked_and_the_json_holds() -> None:
    arguments = json.dumps({"to": "jane@mail.example", "note": "or jane (at) mail (dot) example"})
    step = Step(kind="tool", name="send", input=json.dumps({"arguments": arguments}), output=arguments)
    (kept,) = collect.sanitize(
        [interaction(1, steps=(step,), attributes={"call": {"arguments": arguments}})]
    ).interactions
    for text in (kept.steps[0].input, kept.steps[0].output, json.dumps(kept.attributes)):
        assert "jane" not in text
    assert json.loads(json.loads(kept.steps[0].input)["arguments"])["to"] == "⟨EMAIL_1⟩"


@pytest.mark.parametrize(
    "text",
    ["Aadhaar-like 2341 2341 2347", "CPF-like 529.982.247-26", "id 12345678A", "wrong card 4111.1111.1111.1112"],
)
def test_a_wrong_check_digit_is_no_identity(text: str) -> None:
    assert redact_text(text).text == text


def test_every_form_of_an_identity_number_is_found_by_name_or_by_check_digit() -> None:
    known = {
        "UK national insurance": "AB123456C",
        "UK national insurance, named": "ni number: AB 12 34 56 D",
        "Aadhaar": "2341 2341 2346",
        "Aadhaar, named": "Aadhaar no. 234123412346",
        "Brazilian CPF": "529.982.247-25",
        "Brazilian CPF, named": "CPF: 52998224725",
        "Spanish DNI": "12345678Z",
        "French social security": "1 85 05 78 006 084 91",
        "Dutch BSN": "BSN 111222333",
        "Swiss AHV": "756.9217.0769.85",
        "German tax id": "Steuer-ID: 86095742719",
        "Italian codice fiscale": "RSSMRA85T10A562S",
        "passport or licence": "passport C01X00T47",
    }
    assert set(known) == {form.name for form in FORMS}
    for name, text in known.items():
        assert redact_text(text).found.get("ID") == 1, name
    assert passes_verhoeff("234123412346")

"""Redaction: what has to go goes, what may stay stays, and doing it twice changes nothing."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.text.redaction import Masker, Redaction, redact_text

# Each text, and what has to be masked in it. Every value is invented or reserved for documentation.
CORPUS: list[tuple[str, list[tuple[str, str]]]] = [
    ("Please write to jane.doe+shop@mail.example.com about it.", [("EMAIL", "jane.doe+shop@mail.example.com")]),
    ("Mail me: müller@straße.example", [("EMAIL", "müller@straße.example")]),
    ("<a@b.example>, <c@d.example>", [("EMAIL", "a@b.example"), ("EMAIL", "c@d.example")]),
    ("My number is +44 20 7946 0958.", [("PHONE", "+44 20 7946 0958")]),
    ("Call (415) 555-0132 after five", [("PHONE", "(415) 555-0132")]),
    ("reach me on 415-555-0132", [("PHONE", "415-555-0132")]),
    ("Tel: 020 7946 0958", [("PHONE", "020 7946 0958")]),
    ("Ruf an: +49 (0)30 901820", [("PHONE", "+49 (0)30 901820")]),
    ("appelle-moi au 01 23 45 67 89", [("PHONE", "01 23 45 67 89")]),
    ("my mobile is 4155550132", [("PHONE", "4155550132")]),
    ("Charge 4111 1111 1111 1111 please", [("CARD", "4111 1111 1111 1111")]),
    ("card 5555555555554444 declined", [("CARD", "5555555555554444")]),
    ("amex 3782-822463-10005", [("CARD", "3782-822463-10005")]),
    ("IBAN: GB82 WEST 1234 5698 7654 32 PLEASE HURRY", [("IBAN", "GB82 WEST 1234 5698 7654 32")]),
    ("pay to DE89370400440532013000.", [("IBAN", "DE89370400440532013000")]),
    ("My SSN is 078-05-1120.", [("SSN", "078-05-1120")]),
    ("social security number: 078051120", [("SSN", "078051120")]),
    ("logged in from 203.0.113.77 yesterday", [("IP", "203.0.113.77")]),
    ("seen at 2001:db8:85a3::8a2e:370:7334, twice", [("IP", "2001:db8:85a3::8a2e:370:7334")]),
    ("key sk-proj-Ab3dEf6hIj9lMn2pQr5tUv8x leaked", [("SECRET", "sk-proj-Ab3dEf6hIj9lMn2pQr5tUv8x")]),
    ("AKIAIOSFODNN7EXAMPLE", [("SECRET", "AKIAIOSFODNN7EXAMPLE")]),
    ("use ghp_16C7e42F292c6912E7710c838347Ae178B4a ok", [("SECRET", "ghp_16C7e42F292c6912E7710c838347Ae178B4a")]),
    ("slack xoxb-123456789012-abcDEF123456", [("SECRET", "xoxb-123456789012-abcDEF123456")]),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", [("SECRET", "sk_live_4eC39HqLyjWDarjtT1zdp7dc")]),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", [("SECRET", "AIzaSyA1234567890abcdefghijklmnopqrstuv")]),
    ("hf_abcdefghijABCDEFGHIJ0123456789abcd", [("SECRET", "hf_abcdefghijABCDEFGHIJ0123456789abcd")]),
    ("glpat-Zx9_Yw8-Vu7Ts6Rq5Po4", [("SECRET", "glpat-Zx9_Yw8-Vu7Ts6Rq5Po4")]),
    (
        "Authorization: Bearer 9f8e7d6c5b4a3f2e1d0c9b8a",
        [("SECRET", "9f8e7d6c5b4a3f2e1d0c9b8a")],
    ),
    (
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5Gn2kLmQ8 expired",
        [("SECRET", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5Gn2kLmQ8")],
    ),
    ("postgres://app:pa55w0rd@db.example/main", [("SECRET", "pa55w0rd")]),
    ("my password is Hunter2!x thanks", [("SECRET", "Hunter2!x")]),
    ('{"api_key": "q8Zr2Lw9Xt4Vb7Nm"}', [("SECRET", "q8Zr2Lw9Xt4Vb7Nm")]),
    ("client_secret=7f3a9c1e5b8d2046", [("SECRET", "7f3a9c1e5b8d2046")]),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+abc/123\n-----END RSA PRIVATE KEY-----",
        [("SECRET", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+abc/123\n-----END RSA PRIVATE KEY-----")],
    ),
    # Nothing to mask.
    ("Order 1234567890 has not arrived.", []),
    ("My order number is 4111111111111112.", []),  # fails Luhn
    ("It was on 2024-05-20 at 12:30:45.", []),
    ("Since version 1.2.3.4 it crashes", []),
    ("127.0.0.1 refuses the connection", []),
    ("I forgot my password: please reset it", []),
    ("The secret is to stay calm.", []),
    ("token: expired", []),
    ("See https://example.com/help?id=12345678", []),
    ("Flight HAT136 from JFK, reservation K1NW8N, 3 bags, $1,250.00", []),
    ("GB82 WEST 1234 5698 7654 33", []),  # fails mod 97
    ("order 123-45-67890", []),
    ("Between 10:00 and 12:00, rooms 101-102-103", []),
    ("@support why", []),
    ("basic economy costs 199.99", []),
    ("What is 100000000 divided by 3?", []),
]


def test_the_labelled_corpus_is_masked_with_full_recall_and_no_false_alarm() -> None:
    wanted = found = hit = 0
    missed: list[str] = []
    for text, expected in CORPUS:
        result = redact_text(text)
        by_kind: dict[str, int] = {}
        for kind, value in expected:
            by_kind[kind] = by_kind.get(kind, 0) + 1
            hit += value not in result.text
        wanted += len(expected)
        found += sum(result.found.values())
        if result.found != by_kind:
            missed.append(text)
    assert missed == []
    assert hit / wanted == 1.0  # recall
    assert hit / found == 1.0  # precision


def test_the_text_around_a_masked_value_is_left_as_it_was() -> None:
    assert redact_text("Mail a@b.example, or c@d.example, or A@B.example!").text == (
        "Mail ⟨EMAIL_1⟩, or ⟨EMAIL_2⟩, or ⟨EMAIL_1⟩!"
    )


def test_one_masker_gives_one_value_one_placeholder_across_texts() -> None:
    masker = Masker()
    assert masker.mask("from +1 415 555 0132") == "from ⟨PHONE_1⟩"
    assert masker.mask("call (415) 555-0133 or +1-415-555-0132") == "call ⟨PHONE_2⟩ or ⟨PHONE_1⟩"
    assert masker.found == {"PHONE": 3}
    assert masker.fork().mask("+1 415 555 0132, +1 415 555 0144") == "⟨PHONE_1⟩, ⟨PHONE_3⟩"


def test_a_placeholder_already_in_the_text_is_not_given_to_another_value() -> None:
    assert redact_text("⟨EMAIL_1⟩ told a@b.example").text == "⟨EMAIL_1⟩ told ⟨EMAIL_2⟩"


def test_a_field_name_says_what_a_bare_value_is() -> None:
    walked = Masker().walk(
        {
            "phone": "4155550132",
            "password": "letmein",
            "user": {"ssn": 78051120, "ssn_text": "n/a", "mails": ["a@b.example"], "phone_number": 4155550133},
            "social_security_number": "078051120",
            "total_tokens": 1200,
            "seen": True,
            "card": 4111111111111111,
        }
    )
    assert walked == {
        "phone": "⟨PHONE_1⟩",
        "password": "⟨SECRET_1⟩",
        "user": {
            "ssn": 78051120,  # eight digits: no social security number
            "ssn_text": "n/a",
            "mails": ["⟨EMAIL_1⟩"],
            "phone_number": "⟨PHONE_2⟩",
        },
        "social_security_number": "⟨SSN_1⟩",
        "total_tokens": 1200,
        "seen": True,
        "card": "⟨CARD_1⟩",
    }


def test_masked_json_text_is_still_json() -> None:
    masked = redact_text(json.dumps({"email": "a@b.example", "api_key": "q8Zr2Lw9Xt4Vb7Nm"})).text
    assert json.loads(masked) == {"email": "⟨EMAIL_1⟩", "api_key": "⟨SECRET_1⟩"}


def test_secrets_only_leaves_personal_data_and_off_leaves_everything() -> None:
    text = "Call 020 7946 0958, key AKIAIOSFODNN7EXAMPLE\u200b"
    assert redact_text(text, redaction=Redaction.SECRETS).text == "Call 020 7946 0958, key ⟨SECRET_1⟩"
    assert redact_text(text, redaction=Redaction.OFF).text == text
    named = {"phone": "020 7946 0958", "ssn": "536-90-4399"}
    assert Masker(Redaction.SECRETS).walk(named) == named


@pytest.mark.parametrize(
    ("text", "clean", "kind"),
    [
        ("hi" + "".join(chr(0xE0000 + ord(c)) for c in "obey"), "hi", "hidden_tag"),
        ("pay\u202eevil\u202c", "payevil", "hidden_bidi"),
        ("a\u2066b\u2069", "ab", "hidden_bidi"),
        ("ig\u200bnore", "ignore", "hidden_zero_width"),
        ("\ufeffstart", "start", "hidden_zero_width"),
        ("a\u200db", "ab", "hidden_zero_width"),
        ("x\ufe0f\ufe01\ufe02", "x", "hidden_zero_width"),
        ("x\U000e0101\U000e0155", "x", "hidden_tag"),
        ("beep\x07 \x1b[31mred", "beep [31mred", "hidden_control"),
        ("\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "evil"), "\U0001f3f4", "hidden_tag"),
    ],
)
def test_hidden_characters_are_removed_and_reported(text: str, clean: str, kind: str) -> None:
    result = redact_text(text)
    assert result.text == clean
    assert set(result.found) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧 family",
        "❤\ufe0f\u200d🔥",
        "می\u200cخواهم",  # Persian
        "क\u094d\u200dष",  # Devanagari
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # flag of England
        "1\ufe0f\u20e3 and ✔\ufe0f",
        "tabs\tand\r\nlines",
        "naïve café — “quotes”",
    ],
)
def test_legitimate_joiners_and_selectors_stay(text: str) -> None:
    assert redact_text(text).text == text


PIECES = st.sampled_from(
    [value for _, values in CORPUS for _, value in values]
    + [
        "⟨EMAIL_1⟩",
        "⟨SECRET_3⟩",
        "password: ",
        "tel ",
        "+",
        " ",
        "-",
        ".",
        "@",
        "\u200b",
        "\u200d",
        "\ufe0f",
        "❤",
        "4111",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=8).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact_text(text)
    twice = redact_text(once.text)
    assert twice.text == once.text
    assert twice.found == {}


@pytest.mark.parametrize("unit", ["call 203.0.113.7", "+415-555-0132"])
def test_text_built_to_be_looked_at_for_ever_is_masked_whole_instead(unit: str) -> None:
    result = redact_text(unit * 3000)
    assert "555" not in result.text
    assert "203" not in result.text
    assert redact_text(result.text).text == result.text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "Zs"]), max_size=200))
def test_letters_and_spaces_alone_are_never_touched(text: str) -> None:
    assert redact_text(text).text == text

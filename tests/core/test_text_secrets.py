"""A secret is a secret at every door: masked before it is stored, refused in a version, by one list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.change import texts
from loop.errors import OperationRefused
from loop.text.redaction import Redaction, redact_text
from loop.text.secrets import find_secrets

# Every value is invented or from public documentation.
SECRETS = {
    "OpenAI": "sk-proj-Ab3dEf6hIj9lMn2pQr5tUv8x",
    "short provider key": "sk-Ab3dEf6hIj9lMn2pQr",
    "Stripe": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "Hugging Face": "hf_abcdefghijABCDEFGHIJ0123456789abcd",
    "SendGrid": "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",
    "AWS id": "AKIAIOSFODNN7EXAMPLE",
    "AWS secret without a name": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "Google": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "DigitalOcean": "dop_v1_" + "0123456789abcdef" * 4,
    "GitHub, 36 characters": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "GitHub, 24 characters": "ghp_16C7e42F292c6912E7710c83",
    "GitHub, fine-grained": "github_pat_11ABCDEFG0123456789abcdef",
    "GitLab": "glpat-Zx9_Yw8-Vu7Ts6Rq5Po4",
    "GitLab, long": "glpat-" + "Zx9_Yw8-Vu7Ts6Rq5Po4" * 8,
    "Slack": "xoxb-123456789012-abcDEF123456",
    "npm": "npm_" + "a1B2c3" * 6,
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5Gn2kLmQ8",
    "encrypted token": "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0cGF5bG9hZA.s5Gn2kLmQ8",
    "bearer": "Authorization: Bearer 9f8e7d6c5b4a3f2e1d0c9b8a",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+abc/123",
    "password in an address": "postgres://me:topsecret@db/x",
    "signed address": "https://a.example/f?sv=2022&sig=mZ7Q1s0aXkq4Lr8TnB2vW6yC%2F9dE",
    "account key": "AccountKey=Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZg==",
    "password": "password: hunter2hunter2",
    "password, short": "pw: Abc123!x",
    "password in German": "Das Passwort lautet Sommer2024!",
    "api key": '{"api_key": "q8Zr2Lw9Xt4Vb7Nm"}',
}
ORDINARY = (
    "I forgot my password, what now?",
    "The secret is patience.",
    "api key: ⟨SECRET_1⟩",
    "task-force-of-the-year",
    "use sk-learn-based-pipelines-for-it",
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "my pin code does not work",
    "Ihr Passwort ist abgelaufen.",
)


def is_refused(text: str) -> bool:
    """As a secret; what was masked is refused too, for another reason."""
    try:
        texts.check(text, field="answer", cap=10_000)
    except OperationRefused as refused:
        return "seems to hold" in str(refused)
    return False


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_masked_when_collected_and_refused_in_a_version(kind: str) -> None:
    text = f"Here it is: {SECRETS[kind]} thanks"
    assert is_refused(text)
    for redaction in (Redaction.ALL, Redaction.SECRETS):
        masked = redact_text(text, redaction=redaction)
        assert masked.found == {"SECRET": 1}
        assert not is_refused(masked.text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_sentences_are_no_secret_at_either_door(text: str) -> None:
    assert redact_text(text).text == text
    assert not is_refused(text)


def test_a_refusal_names_the_kind_and_never_the_secret() -> None:
    for secret in SECRETS.values():
        with pytest.raises(OperationRefused, match=r"seems to hold an? ") as refused:
            texts.check(secret, field="answer", cap=10_000)
        assert secret not in str(refused.value)


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(SECRETS.values())) | st.text(max_size=12), max_size=6).map(" ".join))
def test_what_was_collected_is_never_refused_later(text: str) -> None:
    collected = redact_text(text, redaction=Redaction.SECRETS).text
    assert list(find_secrets(collected)) == []
    assert not is_refused(collected)

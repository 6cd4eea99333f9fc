"""A model behind LiteLLM: real requests to a real server, and nothing that should not travel."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from loop.agent import answerer_for
from loop.errors import InvalidInput, ModelFailed
from loop.llm import LONGEST_PAUSE, DirectModel, LiteLLMModel, checked_endpoint, model_from, model_named
from loop.records import Bundle, Example, ModelChoice, Question
from loop.settings import Settings
from tests.shell.model_server import Cut, ModelServer, Refusal, failing, serve

KEY = "sk-canary-0123456789"
PROMPT = "the customer's canary sentence"
ASK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]


class Pauses(list[float]):
    """Remembers the pauses instead of making them."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


def model_at(server: ModelServer, pauses: Pauses, *, timeout: float = 30.0) -> DirectModel:
    return DirectModel("openai/small", base_url=server.base_url, api_key=SecretStr(KEY), timeout=timeout, pause=pauses)


def ask(model: DirectModel) -> str:
    try:
        return model.complete(ASK, temperature=0.2, max_tokens=64)
    finally:
        model.close()


def test_the_reply_is_what_the_server_said(pauses: Pauses) -> None:
    with serve(lambda request: "refund") as server:
        assert ask(model_at(server, pauses)) == "refund"
    (request,) = server.requests
    assert request["messages"] == ASK
    assert (request["model"], request["temperature"], request["max_tokens"]) == ("small", 0.2, 64)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_failure_that_may_pass_is_tried_again(status: int, pauses: Pauses) -> None:
    with serve(failing(2, Refusal(status), then="third time")) as server:
        assert ask(model_at(server, pauses)) == "third time"
    assert len(server.requests) == 3
    assert pauses == [0.5, 2.0]


def test_a_server_that_says_how_long_to_wait_is_believed_within_reason(pauses: Pauses) -> None:
    with serve(failing(1, Refusal(429, {"Retry-After": "3"}), then="ok")) as server:
        assert ask(model_at(server, pauses)) == "ok"
    with serve(failing(1, Refusal(429, {"Retry-After": "86400"}), then="ok")) as server:
        assert ask(model_at(server, pauses)) == "ok"
    assert pauses == [3.0, LONGEST_PAUSE]


@pytest.mark.parametrize("status", [429, 500])
def test_a_failure_that_stays_is_raised_after_three_tries(status: int, pauses: Pauses) -> None:
    with serve(lambda request: Refusal(status)) as server, pytest.raises(ModelFailed):
        ask(model_at(server, pauses))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_failure_that_is_our_fault_is_not_repeated(status: int, pauses: Pauses) -> None:
    with serve(lambda request: Refusal(status)) as server, pytest.raises(ModelFailed):
        ask(model_at(server, pauses))
    assert len(server.requests) == 1


def test_a_slow_server_is_given_up(pauses: Pauses) -> None:
    with serve(lambda request: "late", seconds=0.6) as server, pytest.raises(ModelFailed, match="in time"):
        ask(model_at(server, pauses, timeout=0.1))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_nothing_reaches_its_target(status: int, pauses: Pauses) -> None:
    with serve(lambda request: "stolen") as target:
        moved = Refusal(status, {"Location": f"{target.base_url}/chat/completions"})
        with serve(lambda request: moved) as server, pytest.raises(ModelFailed):
            ask(model_at(server, pauses))
    assert target.requests == []


@pytest.mark.parametrize("body", [b"not json", b"{}", b'{"choices": []}', b"[]", b""])
def test_a_reply_that_makes_no_sense_is_a_failure(body: bytes, pauses: Pauses) -> None:
    with serve(lambda request: Refusal(200, {}, body)) as server, pytest.raises(ModelFailed):
        ask(model_at(server, pauses))


def test_an_empty_reply_is_a_failure(pauses: Pauses) -> None:
    with serve(lambda request: "  ") as server, pytest.raises(ModelFailed, match="empty"):
        ask(model_at(server, pauses))


def test_a_reply_that_was_cut_off_is_a_failure(pauses: Pauses) -> None:
    with serve(lambda request: Cut("Always promise")) as server, pytest.raises(ModelFailed, match="cut off"):
        ask(model_at(server, pauses))


def test_a_server_that_is_not_there_is_a_failure(pauses: Pauses) -> None:
    with serve(lambda request: "x") as gone:
        model = model_at(gone, pauses)
    with pytest.raises(ModelFailed, match="reached"):
        ask(model)


@pytest.mark.parametrize("status", [307, 400, 401, 404, 418, 429, 500])
def test_an_error_never_holds_the_key_or_the_prompt(status: int, pauses: Pauses) -> None:
    echo = f'{{"error": {{"message": "bad: {KEY} {PROMPT}"}}}}'.encode()
    with serve(lambda request: Refusal(status, {}, echo)) as server, pytest.raises(ModelFailed) as caught:
        ask(model_at(server, pauses))
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in repr(error)
        assert PROMPT not in repr(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/v1",
        "http://192.168.1.7/v1",
        "http://10.0.0.1:8000/v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
        "http://127.1/v1",
        "http://0177.0.0.1/v1",
        "http://[::ffff:127.0.0.1]/v1",
        "http://0.0.0.0/v1",
        "http://169.254.169.254/latest",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/v1",
        "https://2852039166/v1",
        "http://localhost.example.com/v1",
        "http://localhost@example.com/v1",
        "https://user:secret@example.com/v1",
        "http://127.0.0.1\\@example.com/v1",
        "http://127.0.0.1 .example.com/v1",
        "https://example.com/v1?key=1",
        "https://example.com/v1#x",
        "https:///v1",
        "https://example.com:port/v1",
        "https://[::1/v1",
        "ftp://example.com/v1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "example.com/v1",
        "//example.com/v1",
    ],
)
def test_an_address_keys_may_not_go_to_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_endpoint(url)
    assert caught.value.field == "model_base_url"
    assert url not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/v1", "https://10.0.0.1/v1", "http://127.0.0.1:11434/v1", "http://localhost:8000/v1"],
)
def test_https_and_this_machine_are_allowed(url: str) -> None:
    assert checked_endpoint(url + "/") == url


@pytest.mark.parametrize("name", ["", "https://evil.example", "openai//x", "a b", "openai/x\n", "../x", "x" * 201])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        LiteLLMModel(name)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(model="openai/small", model_api_key=SecretStr(KEY))


def test_no_model_is_made_when_none_is_configured(settings: Settings) -> None:
    assert model_from(settings.model_copy(update={"model": ""})) is None


def test_the_configured_model_keeps_its_name(settings: Settings) -> None:
    made = model_from(settings)
    assert made is not None
    assert made.name == "openai/small"


def test_a_version_cannot_carry_the_key_to_another_provider(
    settings: Settings, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEREBRAS_API_KEY", "sk-their-own")
    with serve(lambda request: "ok") as server:
        monkeypatch.setenv("CEREBRAS_API_BASE", server.base_url)
        assert model_named("cerebras/other", settings).complete(ASK, temperature=0, max_tokens=8) == "ok"
    assert server.headers[0]["authorization"] == "Bearer sk-their-own"


def test_a_version_is_answered_through_the_endpoint(pauses: Pauses) -> None:
    known = tuple(Example(id=label, question=f"where is my {label}", label=label) for label in ("parcel", "refund"))
    bundle = Bundle(examples=known, model=ModelChoice(name="openai/small"))
    with serve(lambda request: "refund" if "money" in request["messages"][-1]["content"] else "parcel") as server:
        model = model_at(server, pauses)
        agent = answerer_for(bundle, model=model, concurrency=4, boundary="secret")
        answers = agent.answer([Question(text=text) for text in ("my money", "my box", "money back") * 3])
        model.close()
    assert [answer.label for answer in answers] == ["refund", "parcel", "refund"] * 3
    assert len(server.requests) == 9


def test_nothing_of_litellm_is_loaded_before_the_first_call() -> None:
    code = (
        "import sys; from pydantic import SecretStr; from loop.llm import DirectModel, LiteLLMModel;"
        "LiteLLMModel('openai/x'); DirectModel('openai/x', base_url='https://example.com/v1', api_key=SecretStr('k'));"
        "sys.exit(any(name in sys.modules for name in ('litellm', 'openai')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=400, check=False).returncode == 0

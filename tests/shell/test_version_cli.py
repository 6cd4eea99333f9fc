"""`ratchet version`, `ratchet agent endpoint`, `ratchet deliver`: what a person types, and what it leaves behind."""

import json
import subprocess
from pathlib import Path

import pytest

from loop.records import Bundle
from tests.shell.agent_server import Call, listen
from tests.shell.conftest import Ratchet


@pytest.fixture
def own(ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ratchet:
    """A command line with a file of destinations of its own."""
    monkeypatch.setenv("RATCHET_OUTBOUND", str(tmp_path / "outbound.json"))
    return ratchet


def echo(call: Call) -> tuple[int, object]:
    asked = call.json
    return 200, {"answer": f"Hi, asked {asked['question']}", "version": asked["version"]["digest"]}


def test_an_exported_version_comes_back_as_a_proposal_and_never_live(own: Ratchet, tmp_path: Path) -> None:
    own("agent", "create", "desk")
    file = tmp_path / "desk.json"
    assert own("version", "export", "desk", "--out", str(file)).code == 0
    assert "nothing was proposed" in own("version", "import", "desk", str(file)).out
    told = json.loads(file.read_text("utf-8"))
    told["bundle"]["instructions"] = "Be kind."
    told["bundle"]["examples"] = [{"id": "e1", "question": "Hello?", "answer": "Hi."}]
    file.write_text(json.dumps(told), "utf-8")
    said = own("version", "import", "desk", str(file))
    assert (said.code, "2 differences, stakes high" in said.out) == (0, True)
    assert "version 0 (live)" in own("version", "show", "desk").out
    assert own("version", "show", "desk", "1").out.startswith("desk, version 1 (a candidate, never live)")
    shown = own("version", "diff", "desk", "0", "1").out
    assert "+Be kind." in shown
    assert "@@ examples" in shown
    assert "They are the same." in own("version", "diff", "desk", "0").out
    digest = Bundle.model_validate(told["bundle"]).digest
    assert json.loads(own("version", "export", "desk", "--version", digest[:12]).out)["digest"] == digest


@pytest.mark.parametrize("content", ["{", "[]", '{"bundle": 7}', '{"bundle": {"rules": "x"}}', "[" * 100_000])
def test_what_is_no_version_is_refused_with_a_sentence(own: Ratchet, tmp_path: Path, content: str) -> None:
    own("agent", "create", "desk")
    file = tmp_path / "odd.json"
    file.write_text(content, "utf-8")
    said = own("version", "import", "desk", str(file))
    assert (said.code, "odd.json is not" in said.err) == (1, True)


def test_who_answers_is_chosen_when_an_agent_is_made_and_said_wherever_it_is_listed(
    own: Ratchet, tmp_path: Path
) -> None:
    own("agent", "create", "one")
    own("agent", "create", "two", "--model", "openai/gpt-4o-mini")
    with listen(echo) as server:
        own("agent", "create", "three", "--endpoint", server.url)
        said = own("agent", "endpoint", "three", "--try", "Where?")
        assert (said.code, json.loads(said.out)) == (0, {"text": "Hi, asked Where?", "method": "yours"})
    assert own("agent", "endpoint", "three", "--try", "Where?").code == 1, "it is gone"
    lines = own("agent", "list").out.splitlines()
    assert [next(kind for kind in ("built-in", "model", "yours") if f" {kind} " in line) for line in lines] == [
        "built-in", "yours", "model",
    ]  # fmt: skip
    assert "answers come from the model openai/gpt-4o-mini" in own("agent", "show", "two").out
    assert json.loads(own("agent", "show", "three", "--json").out)["kind"] == "yours"
    stored = json.loads((tmp_path / "outbound.json").read_text("utf-8"))
    assert stored["endpoints"]["three"]["url"] == server.url


@pytest.mark.parametrize(
    "words",
    [
        ("agent", "create", "x1", "--endpoint", "http://10.0.0.7/answer"),
        ("agent", "create", "x1", "--endpoint", "https://169.254.169.254/"),
        ("agent", "create", "x1", "--model", "m", "--endpoint", "https://example.com"),
        ("agent", "create", "x1", "--model", "not a name"),
        ("deliver", "webhook", "ops", "http://example.com/hook"),
        ("deliver", "webhook", "Bad Name", "https://example.com/hook"),
        ("deliver", "file", "prompts", "live.json", "--agent", "nobody"),
        ("deliver", "remove", "nothing"),
    ],
)
def test_what_may_not_be_called_is_refused_and_nothing_is_kept(
    own: Ratchet, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert own(*words).code == 1
    assert not (tmp_path / "outbound.json").exists()
    assert "No agents yet" in own("agent", "list").out


def test_a_file_a_folder_and_a_webhook_are_named_listed_delivered_to_and_removed(own: Ratchet, tmp_path: Path) -> None:
    own("agent", "create", "desk")
    repository, file = tmp_path / "repo", tmp_path / "live.json"
    repository.mkdir()
    for words in (("init", "-q"), ("config", "user.name", "w"), ("config", "user.email", "w@example.com")):
        subprocess.run(["git", "-C", str(repository), *words], check=True)
    own("deliver", "file", "prompts", str(file), "--agent", "desk")
    own("deliver", "git", "repo", str(repository))
    said = own("deliver", "webhook", "ops", "https://hooks.example/ratchet", "--agent", "desk")
    assert "whsec_" in said.out
    assert own("deliver", "file", "ops", str(file), "--agent", "desk").code == 1  # the name is taken
    listed = own("deliver", "list").out
    assert ["whsec_" in listed, *(name in listed for name in ("prompts", "repo", "ops"))] == [False, True, True, True]
    assert "2 delivered" in own("deliver", "now").out
    assert json.loads(file.read_text("utf-8")) == json.loads((repository / "desk.json").read_text("utf-8"))
    own("deliver", "remove", "prompts")
    assert "prompts" not in own("deliver", "list").out

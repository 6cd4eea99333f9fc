"""Where the gateway may call: what the operator named, over connections that lead nowhere else."""

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import ClientConnectorError
from aiohttp.abc import ResolveResult
from pydantic import SecretStr

from loop.errors import InvalidInput
from loop.serve.upstreams import BlockedAddress, Upstream, choose_upstream, is_callable, open_session, upstreams_of
from loop.settings import Settings
from tests.shell.provider import Said, serve


def settings(upstreams: str, *, keys: str = "", **fields: Any) -> Settings:
    return Settings(upstreams=upstreams, upstream_keys=SecretStr(keys), **fields)


REFUSED = [
    "http://api.example/v1", "ftp://api.example", "https://user:pw@api.example", "https://api.example?x=1",
    "https://api.example#x", "http://2130706433/v1", "http://0x7f000001", "http://0177.0.0.1", "http://127.1",
    "http://[::ffff:127.0.0.1]/v1", "https://169.254.169.254/latest", "http://169.254.169.254", "https://[fe80::1]",
    "https://0.0.0.0", "https://[::]", "https://224.0.0.1", "http://10.0.0.1", "http://192.168.1.1/v1", "http://",
    "https://", "//api.example", "javascript:alert(1)", "https://api.example\\@evil", "https://api .example",
    "file:///etc/passwd", "http://0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_no_providers_stops_the_start(address: str) -> None:
    with pytest.raises(InvalidInput, match=r"provider own|NAME=VALUE"):
        upstreams_of(settings(f"own={address}"))


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True), ("2606:2800:220:1::1", True, True), ("10.1.2.3", False, True),
        ("192.168.0.9", False, True), ("fd00::1", False, True), ("127.0.0.1", False, False), ("::1", False, False),
        ("169.254.169.254", False, False), ("fe80::1%2", False, False), ("::ffff:127.0.0.1", False, False),
        ("::ffff:10.0.0.1", False, True), ("0.0.0.0", False, False), ("224.0.0.1", False, False),
        ("100.64.0.1", False, False),
    ],
)  # fmt: skip
def test_a_name_may_lead_to_public_addresses_only(address: str, public: bool, private: bool) -> None:
    assert is_callable(address, allows_private=False) is public
    assert is_callable(address, allows_private=True) is private


def test_a_name_that_flips_to_this_machine_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async def flipped(self: object, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        entry = {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [ResolveResult(**entry)]  # type: ignore[typeddict-item]

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", flipped)

    async def call(port: str) -> None:
        upstreams = {"own": Upstream("own", f"https://api.example:{port}/v1")}
        async with open_session(Settings(), upstreams) as session:
            await session.post(f"http://api.example:{port}/v1/chat/completions")

    with serve(lambda seen: Said("reached")) as listener:
        with pytest.raises(ClientConnectorError) as raised:
            asyncio.run(call(listener.base_url.rpartition(":")[2]))
        assert isinstance(raised.value.os_error, BlockedAddress), "for this reason and no other"
        assert listener.calls == []


def test_providers_are_those_of_the_settings_and_keys_go_to_their_own() -> None:
    found = upstreams_of(settings("openai=https://api.openai.com/v1, own=http://127.0.0.1:1/x/v1", keys="own=sk-a=b"))
    assert {name: one.base for name, one in found.items()} == {
        "openai": "https://api.openai.com/v1", "own": "http://127.0.0.1:1/x/v1",
    }  # fmt: skip
    assert (found["openai"].key, found["own"].key) == ("", "sk-a=b")
    assert "sk-a" not in repr(found)
    with pytest.raises(InvalidInput, match="a provider that is not set") as raised:
        upstreams_of(settings("own=https://api.example", keys="other=sk-secret"))
    assert "sk-secret" not in str(raised.value)


def test_a_base_with_its_version_already_holds_that_part_of_the_path() -> None:
    with_version, without = Upstream("a", "https://h/x/v1"), Upstream("b", "https://h")
    assert with_version.url("/v1/models?x") == "https://h/x/v1/models?x"
    assert with_version.url("/v1beta/models") == "https://h/x/v1/v1beta/models"
    assert without.url("/v1/messages") == "https://h/v1/messages"


def test_the_provider_is_the_one_named_or_the_one_that_speaks_the_api() -> None:
    found = {name: Upstream(name, f"https://{name}.example") for name in ("openai", "anthropic")}
    pick = [("", False), ("", True), ("anthropic", False), ("other", False)]
    taken = [choose_upstream(found, named=named, is_anthropic=is_anthropic) for named, is_anthropic in pick]
    assert [one and one.name for one in taken] == ["openai", "anthropic", "anthropic", None]

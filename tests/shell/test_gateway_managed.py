"""A managed agent's calls: what a version is put into, and what passes as it came whatever goes wrong with that."""

import gzip
import json
from collections.abc import Iterator

import pytest

from loop.records import Example
from tests import builders
from tests.shell.gateway_site import GatewaySite, run
from tests.shell.provider import copy_nearest, serve
from tests.shell.test_gateway import ASKED, CHAT, send


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewaySite]:
    """A gateway with an agent whose version has an example; the calls of `other` are never changed."""
    url = f"sqlite:///{tmp_path_factory.mktemp('managed') / 'ratchet.db'}"
    bundle = builders.bundle(examples=(Example(id="x1", question="Where is my parcel?", answer="On its way."),))
    with (
        serve(copy_nearest) as provider,
        run(url, provider, bundle=bundle, gateway_untouched="nobody, other") as running,
    ):
        yield running


@pytest.fixture
def site(server: GatewaySite) -> GatewaySite:
    server.provider.calls.clear()
    return server


def test_a_packed_body_that_is_changed_goes_on_unpacked_and_says_so(site: GatewaySite) -> None:
    packed = gzip.compress(ASKED)
    assert send(site.base() + CHAT, packed, **{"Content-Encoding": "gzip"})[0] == 200
    (seen,) = site.provider.calls
    assert "content-encoding" not in seen.headers
    assert "On its way." in seen.system
    assert seen.question == json.loads(ASKED)["messages"][0]["content"]


def test_a_version_that_cannot_be_put_in_leaves_the_call_as_it_came(
    site: GatewaySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_named: object) -> object:
        raise RuntimeError("no")

    monkeypatch.setattr("loop.agent.Guide.guide", broken)
    status, headers, _ = send(site.base() + CHAT)
    assert (status, [call.body for call in site.provider.calls]) == (200, [ASKED])
    assert "x-ratchet-version" not in headers


def test_an_agent_the_operator_leaves_alone_passes_byte_for_byte_and_is_recorded(site: GatewaySite) -> None:
    alone = site.with_agent(builders.agent("other"), bundle=site.store.bundle(site.store.head().digest))
    assert send(alone.base() + CHAT)[0] == 200
    assert [call.body for call in site.provider.calls] == [ASKED]
    assert alone.kept(1)[0].version is None

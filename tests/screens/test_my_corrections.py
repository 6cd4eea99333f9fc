"""My corrections: where one leads to opens what it says."""

from datetime import UTC, datetime

import pytest

from dashboard import navigation
from dashboard.components.corrections import fates
from loop import desk
from storage.queries.corrections import CorrectionLine
from storage.store import AgentStore
from tests.screens.conftest import Opens


def test_the_version_a_correction_went_live_in_opens_whole(
    workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: dict[str, dict[str, str]] = {}
    monkeypatch.setattr(navigation, "link", lambda path, _, **params: links.update({path: params}))
    at = datetime.now(UTC)
    one = CorrectionLine(
        feedback_id="f1", interaction_id="i1", at=at, said="In chat.", question="Where?", answer="", topic="refunds"
    )
    fates.show_ways(one, desk.Fate(feedback_id="f1", stage="live", proposal_id="p1", number=1, since=at))
    app = opens("releases", **links["releases"])
    assert not app.exception
    assert app.selectbox(key="whole").value == "v1" != opens("releases").selectbox(key="whole").value

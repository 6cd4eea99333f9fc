"""Write transactions that are noted in an agent's journal, and anchored."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from storage import audit
from storage.anchors import EVERY, Anchors
from storage.connecting import writing


class AgentNoting:
    """What every part of an agent's store that writes into the journal does it with."""

    _engine: sa.Engine
    _slug: str
    _anchors: Anchors

    @contextmanager
    def _noting(self, *, is_release: bool = False) -> Iterator[sa.Connection]:
        """One write transaction; after a release, and every EVERY entries, an anchor says where the journal stands."""
        anchored = None
        with writing(self._engine) as connection:
            before = audit.end_of(connection, self._slug) if self._anchors.places else 0
            yield connection
            if self._anchors.places:
                after = audit.end_of(connection, self._slug)
                if after > before if is_release else after // EVERY > before // EVERY:
                    anchored = audit.anchor_of(connection, self._slug)
        if anchored is not None:
            self._anchors.put(anchored)

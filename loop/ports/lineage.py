"""The port of data lineage: where feedback came from, and what it led to, followed by key."""

from collections.abc import Collection
from typing import Protocol

from loop.records import EvalCase, Import, Issue, ProposalItem, TaintScope, Unlearning, Version
from loop.records.lineage import TracedCase, TracedItem


class Lineage(Protocol):
    """Reads that follow stored links, each through an index; nothing reads all history."""

    def imports(self) -> list[Import]:
        """Newest first."""
        ...

    def import_of(self, import_id: str) -> Import:
        """Raises NotFound."""
        ...

    def traced_items(self, scope: TaintScope, *, limit: int) -> list[TracedItem]:
        """Feedback of a scope, in the order received, at most `limit`; which, when there is more, is not defined."""
        ...

    def told_by(self, feedback_ids: Collection[str]) -> dict[str, TracedItem]:
        """Those that exist, by id."""
        ...

    def issues_by_id(self, ids: Collection[str]) -> list[Issue]:
        """Those that are open, best supported first."""
        ...

    def traced_cases(
        self, feedback_ids: Collection[str], *, interaction_ids: Collection[str] = (), people: Collection[str] = ()
    ) -> list[TracedCase]:
        """Cases made of this feedback or of what was said on these interactions, or by these people's own word.

        In use or not, by id; none that somebody else answers for by now.
        """
        ...

    def retired_by_id(self, ids: Collection[str]) -> list[EvalCase]:
        """Those that exist and are no longer in use."""
        ...

    def proposals_from(self, kind: str, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """Ids of proposals that rest on one of these, with which. `kind`: `feedback`, `issue`, `case` or `author`."""
        ...

    def proposals_by_id(self, ids: Collection[str]) -> list[ProposalItem]:
        """Those that exist, oldest first."""
        ...

    def digests_asked(self, case_ids: Collection[str]) -> frozenset[str]:
        """Digests of the bundles that were asked one of these cases."""
        ...

    def versions_of(self, *, proposal_ids: Collection[str] = (), digests: Collection[str] = ()) -> list[Version]:
        """Those that these proposals made, or that have this content, by number."""
        ...

    def released_since(self, number: int) -> list[Version]:
        """Those that were live once, from this number on."""
        ...

    def released_before(self, number: int) -> Version | None:
        """The last that was live before this number."""
        ...

    def release_ids(self, numbers: Collection[int]) -> list[str]:
        """Releases of these versions, oldest first."""
        ...

    def report_ids(self, proposal_ids: Collection[str]) -> list[str]:
        """Reports on these proposals, by id."""
        ...

    def count_answered(self, numbers: Collection[int], *, limit: int) -> int:
        """Interactions these versions answered; counting ends at `limit`."""
        ...

    def unlearnings(self) -> list[Unlearning]:
        """Newest first, those that were undone too."""
        ...

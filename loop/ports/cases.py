"""The port of the casebook: what people did about cases, beside the cases that feedback makes."""

from collections.abc import Collection
from typing import Protocol

from loop.records import AuditAnswer, CaseAudit, CaseChanges, CaseSet, EvalCase, Maker, Split


class Casebook(Protocol):
    """Reads of what people did about cases, and the one write of it."""

    def change_cases(self, changes: CaseChanges) -> None:
        """One transaction under the agent's lock. Idempotent where ids come from content.

        Raises Conflict when a case that is to be replaced, vouched for or protected is not in use any more, or the
        name of a set is taken; then nothing was written.
        """
        ...

    def stored_case_ids(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that are known, in use or not."""
        ...

    def cases_asking(self, questions: Collection[str]) -> dict[str, EvalCase]:
        """Cases in use that ask one of these normalised questions, by it; of several, what examines comes first.

        Walks all questions: for an import, not for a page.
        """
        ...

    def unaudited(self, splits: Collection[Split], *, not_by: str | None, is_unvouched: bool = False) -> list[str]:
        """Ids, in order, of cases in use that no audit has asked and this person neither made nor answers for.

        `is_unvouched`: of these, those that nobody answers for.
        """
        ...

    def count_audited(self, split: Split) -> int:
        """Cases of a split that an audit has asked, in use or not."""
        ...

    def makers(self) -> list[Maker]:
        """Who made the dev and sealed cases in use, most first."""
        ...

    def labels_on_file(self) -> list[str]:
        """What dev and sealed cases call right, each once, by name."""
        ...

    def shown_cases(self, names: Collection[str]) -> frozenset[str]:
        """Ids of cases whose sealed question one of these people got to read: by audit, export or import."""
        ...

    def case_audits(self) -> list[CaseAudit]:
        """Newest first."""
        ...

    def audit_answers(self, audit_id: str) -> list[AuditAnswer]:
        """Of one audit, by case id."""
        ...

    def case_sets(self) -> list[CaseSet]:
        """Newest first."""
        ...

    def anchors_digest(self) -> str:
        """Of everything somebody handed in or confirmed and the firewall rests on; empty when there is nothing."""
        ...

"""The port of blind audits of the firewall: what they draw from, what was drawn, what people said."""

from typing import Protocol

from loop.records import AuditChanges, FirewallAudit, FirewallVerdict, Population


class FirewallAudits(Protocol):
    """Reads of audits of the firewall, and the one write of them."""

    def audit_population(self, *, limit: int) -> Population:
        """What the firewall has judged of the newest `limit` items that arrived, on answers that are known.

        Detectors are those that object, whatever a person said of the item later: what people released counts
        against whoever flagged it.
        """
        ...

    def firewall_audits(self) -> list[FirewallAudit]:
        """Newest first."""
        ...

    def firewall_verdicts(self, audit_id: str) -> list[FirewallVerdict]:
        """Of one audit, in the order given."""
        ...

    def change_audits(self, changes: AuditChanges) -> None:
        """One transaction under the agent's lock. Raises Conflict when a person judged an item before."""
        ...

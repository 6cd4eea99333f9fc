"""Text that instructs the system, and what must be masked: how much is found, and how much honest text is hit.

The classifier is cross-validated by source, never by row: each source is judged by weights fitted without it. The
rules are hand-written and not refitted; whoever wrote them had read the public sources, so they flatter the pooled
recall, and `classifier_alone_*` is what rests on nothing but the texts of other sources.

    injection_recall          share of the attacks of three public sources found, pooled; `injection_recall_lowest`:
                              of the source with the lowest
    injection_false_alarms    share of benign look-alikes of the same sources flagged
    service_false_alarms      share of customer-service texts flagged (banking77, feedbackqa, airline, retailer)
    redaction_missed          of 62 kinds of values that can be masked by form, those left in clear
    redaction_false           of 27 honest texts, those that come out changed
    naive_*                   the rules and the redaction before; for redaction as measured on commit 256070e
"""

from tests.bench.firewall_text.detecting import detection
from tests.bench.firewall_text.masking import masking

UNITS = {"injection": "share of texts", "service": "share of texts", "redaction": "count of kinds and texts"}
NAIVE_MISSED, NAIVE_FALSE = 28, 5


def figures(*, seed: int = 0) -> dict[str, object]:
    """All figures by key; `firewall` puts the same ones into its own line."""
    naive: dict[str, object] = {"naive_redaction_missed": NAIVE_MISSED, "naive_redaction_false": NAIVE_FALSE}
    return detection(seed=seed) | masking() | naive

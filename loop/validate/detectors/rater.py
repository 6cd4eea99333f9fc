"""Authors who are surely wrong too often, or who answer without looking: all their items are held."""

from collections.abc import Iterator

from loop.records import Flag
from loop.validate.context import Docket


def find_rater(docket: Docket) -> Iterator[Flag]:
    """Every item of an author whose standing is unreliable, with the figures it rests on."""
    ledger = docket.ledger
    for row in range(len(ledger.items)):
        standing = docket.standing(row)
        if standing.standing == "unreliable" and ledger.is_judged[row]:
            yield Flag(
                feedback_id=ledger.feedback(row).id,
                detector="rater",
                reason=f"The author is unreliable. {standing.reason}",
                at=docket.now,
            )

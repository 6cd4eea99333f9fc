"""What a correction says, claim by claim: what waits, who said it, and what one decision frees."""

from dashboard import session
from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import show, tag
from loop import desk
from loop.records import FeedbackState
from storage.queries.feedback import FeedbackLine

DETECTOR = "claim"
"""Key of the flags this explains."""


def show_waiting(line: FeedbackLine) -> None:
    """Of a correction that waits for what it says: its open claims, their people, and what letting it pass frees."""
    if DETECTOR not in line.detectors or line.state not in (FeedbackState.HELD, FeedbackState.QUARANTINED):
        return
    support = desk.support_of(session.parts(), [line.id], with_people=True).get(line.id)
    if support is None or not support.open_claims:
        return
    cards.heading("What waits for support")
    for claim in support.open_claims:
        people = [tag("li", sayer.words) for sayer in claim.sayers]
        show(
            tag(
                "article",
                tag("div", claim.text, css="rt-text"),
                tag("div", f"Said by {words.count(len(claim.sayers), 'person', 'people')}:", css="rt-small"),
                tag("ul", people, css="rt-why") if people else None,
                css="rt-said",
            )
        )
    if support.frees:
        n = words.count(len(support.frees), "other correction")
        cards.quiet(
            f"Release it and {n} that {'waits' if len(support.frees) == 1 else 'wait'} for the same go with it."
        )


def behind(ids: list[str]) -> dict[str, str]:
    """Who stands behind the text of each correction, in a sentence, by feedback id."""
    return {key: one.words for key, one in desk.support_of(session.parts(), ids).items() if one.words}

"""Stage 2, was it true: the feedback firewall, issues with their support, cases with a known good answer."""

from loop.validate.cases import make_cases
from loop.validate.context import open_docket
from loop.validate.firewall import judge
from loop.validate.issues import make_issues
from loop.validate.work import AuthorStanding, ValidationOutcome, ValidationWork

__all__ = ["AuthorStanding", "ValidationOutcome", "ValidationWork", "step"]


def step(work: ValidationWork) -> ValidationOutcome:
    """Judge every item the firewall decides, then read issues and cases off what is left.

    Every turn judges all of NEW, VALID, HELD and QUARANTINED again: what was held for lack of evidence may
    become valid, what was valid may turn out part of a brigade. RELEASED and EXCLUDED are a person's word and
    stay. Time and memory grow linearly with the items.
    """
    docket = open_docket(work)
    judgement = judge(docket)
    cases = make_cases(work, docket, judgement)
    return ValidationOutcome(
        flags=judgement.changed,
        moves=judgement.moves,
        issues=make_issues(docket, judgement, cases),
        cases=cases.new,
        retired_cases=cases.retired,
        authors=docket.authors,
        words=(*judgement.words, docket.reference.words),
    )

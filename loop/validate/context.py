"""Everything a detector may look at, gathered once per turn."""

from dataclasses import dataclass

from loop.records import Agent, Moment
from loop.validate.raters import judge_rows, stand
from loop.validate.reference import Reference, Views, gather, view
from loop.validate.table import Ledger, open_ledger
from loop.validate.work import AuthorStanding, ValidationWork


@dataclass(frozen=True)
class Docket:
    """The turn's feedback with what is known about its questions and its authors."""

    agent: Agent
    now: Moment
    ledger: Ledger
    reference: Reference
    views: Views
    """Of the reference, on `ledger.choosing`."""
    authors: tuple[AuthorStanding, ...]
    """In the order of `ledger.authors`."""

    def standing(self, row: int) -> AuthorStanding:
        """Of the author of a row."""
        return self.authors[int(self.ledger.author[row])]


def open_docket(work: ValidationWork) -> Docket:
    """Columns, reference and standings.

    Standings rest on what the operator vouches for, and on what other authors say. Authors so proven then extend
    the reference that single corrections are held against: its size decides what is caught, and an account has
    to be right about many questions first.
    """
    ledger = open_ledger(work)
    named = frozenset(work.agent.trusted_authors)
    reference = gather(work, ledger, believed=named)
    views = view(ledger, reference)
    authors = stand(ledger, judge_rows(ledger, reference, views))
    proven = frozenset(author.name for author in authors if author.standing == "proven")
    if proven:
        reference = gather(work, ledger, believed=named | proven)
        views = view(ledger, reference)
    return Docket(work.agent, work.now, ledger, reference, views, authors)

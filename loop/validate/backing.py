"""Level pair: who stands behind correcting one choice into another, and so which issue its rows speak to.

Once there are enough seasoned authors, newcomers do not ride on what these say about other questions: where the agent
answered A and only newcomers say it should be X, that is a theme of its own, and makes no case.
"""

from dataclasses import replace

from loop.records import SEPARATOR, Judged
from loop.validate.votes import Electorate, electorate
from loop.validate.work import Findings, Work


def back_pairs(work: Work) -> Findings:
    """Whether each pair is backed; its rows are placed anew only when that changed, and issues around it looked at.

    A key is a pair, or `@` and the number of a group of near-identical questions in which a voice changed.
    """
    found = Findings()
    nears = [int(key[1:]) for key in work.keys if key.startswith("@")]
    pairs = [key for key in work.keys if not key.startswith("@")]
    found.give("theme", sorted(work.known.themes_near(nears)) if nears else ())
    voters = voters_of(work)
    backers = work.known.backers(pairs)
    stored = work.known.kept("pair", pairs)
    moved: dict[str, bool] = {}
    for pair in pairs:
        is_backed = voters.are_backed(len(backers.get(pair, frozenset()) & voters.seasoned))
        was_backed = stored[pair]["is_backed"] if pair in stored else True
        if pair not in stored or is_backed != was_backed:
            found.keep("pair", pair, {"is_backed": is_backed})
        if is_backed != was_backed:
            moved[pair] = is_backed
    for row in work.known.rows("pair", sorted(moved)) if moved else ():
        _place_anew(found, row, is_backed=moved[row.pair], voters=voters)
    return found


def voters_of(work: Work) -> Electorate:
    """Whose vote counts how much, from the standings as they are."""
    return electorate([one for one, _ in work.known.standings().values()], needed=work.agent.limits.min_sources)


def theme_of(row: Judged, *, is_seasoned: bool, is_backed: bool) -> str:
    """The issue a correction of a choice speaks to: what is right, or for newcomers on their own the whole pair."""
    if not row.pair:
        return ""
    return SEPARATOR.join(row.pair.split(SEPARATOR)[:2]) if is_seasoned or is_backed else row.pair


def _place_anew(found: Findings, row: Judged, *, is_backed: bool, voters: Electorate) -> None:
    theme = theme_of(row, is_seasoned=row.author in voters.seasoned, is_backed=is_backed)
    found.give("case", [row.interaction_id])
    if theme != row.theme:
        found.rows[row.feedback_id] = replace(row, theme=theme)
        found.give("theme", [row.theme, theme])

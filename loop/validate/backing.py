"""Level pair: who stands behind correcting one choice into another, and so which issue its rows speak to.

Once there are enough seasoned authors, newcomers do not ride on what these say about other questions: where the agent
answered A and only newcomers say it should be X, that is a theme of its own, and makes no case.
"""

from collections import defaultdict
from collections.abc import Sequence

from loop.records import SEPARATOR, Judged
from loop.validate.crowds import is_crowd
from loop.validate.votes import Electorate, electorate
from loop.validate.work import Findings, Work


def back_pairs(work: Work) -> Findings:
    """Whether each pair is backed; its rows are placed anew only when that changed, and issues around it looked at.

    A key is a pair, or `@` and the number of a group of near-identical questions in which a voice changed.
    """
    found = Findings()
    nears = [int(key[1:]) for key in work.keys if key.startswith("@")]
    pairs = [key for key in work.keys if not key.startswith("@")]
    _cross(work, found, nears)
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
    rows = work.known.rows("pair", sorted(moved)) if moved else []
    around = Surroundings(work, rows)
    for row in rows:
        _place_anew(found, row, is_backed=moved[row.pair], voters=voters, around=around)
    return found


class Surroundings:
    """What is known around some rows: who backs their pairs, and who says the same of questions like theirs."""

    def __init__(self, work: Work, rows: Sequence[Judged]) -> None:
        self._pairs = work.known.kept("pair", sorted({row.pair for row in rows if row.pair}))
        near = sorted({str(row.near) for row in rows if row.near and is_crowd(row)})
        self._nears = work.known.kept("near", near)

    def stands(self, row: Judged, *, is_backed: bool | None = None) -> bool:
        """Whether a newcomer's correction counts with everybody's; a crowd's only once somebody known says the same
        of such a question.
        """
        if is_crowd(row) and row.choice not in self._nears.get(str(row.near), {"known": ()})["known"]:
            return False
        return bool(self._pairs.get(row.pair, {"is_backed": True})["is_backed"]) if is_backed is None else is_backed


def _cross(work: Work, found: Findings, nears: Sequence[int]) -> None:
    """Whether people contradict each other in a group of questions; its themes keep the groups where they do."""
    voiced: defaultdict[int, list[Judged]] = defaultdict(list)
    for row in work.known.rows("near", nears) if nears else ():
        if row.has_voice:
            voiced[row.near].append(row)
    before = work.known.kept("group", [str(near) for near in nears])
    after: dict[int, list[str]] = {}
    for near in nears:
        choices = {row.choice for row in voiced[near] if row.pair}
        is_liked = any(not row.pair and (row.choice or row.value == 1) for row in voiced[near])
        is_crossed = len(choices) > 1 or (bool(choices) and is_liked)
        after[near] = sorted({row.theme for row in voiced[near] if row.theme}) if is_crossed else []
        if after[near] != list(before.get(str(near), {"themes": []})["themes"]):
            found.keep("group", str(near), {"themes": after[near]})
        found.give("theme", {row.theme for row in voiced[near]})
    touched = {theme for some in after.values() for theme in some}
    touched |= {theme for body in before.values() for theme in body["themes"]}
    crossed = {theme: set(body["nears"]) for theme, body in work.known.kept("crossed", sorted(touched)).items()}
    for theme in sorted(touched):
        own = crossed.get(theme, set())
        now = {near for near in own if theme in after.get(near, [theme])}
        now |= {near for near, themes in after.items() if theme in themes}
        if now != own:
            found.keep("crossed", theme, {"nears": sorted(now)})
        found.give("theme", [theme])


def voters_of(work: Work) -> Electorate:
    """Whose vote counts how much, from the standings as they are."""
    return electorate([one for one, _ in work.known.standings().values()], needed=work.agent.limits.min_sources)


def theme_of(row: Judged, *, is_shared: bool) -> str:
    """The issue a correction of a choice speaks to: what is right, or for newcomers on their own the whole pair."""
    if not row.pair:
        return ""
    return SEPARATOR.join(row.pair.split(SEPARATOR)[:2]) if is_shared else row.pair


def _place_anew(found: Findings, row: Judged, *, is_backed: bool, voters: Electorate, around: Surroundings) -> None:
    is_shared = row.author in voters.seasoned or around.stands(row, is_backed=is_backed)
    theme = theme_of(row, is_shared=is_shared)
    found.give("case", [row.interaction_id])
    found.give("pair", [f"@{row.near}"] if row.near else ())
    if theme != row.theme:
        found.rows[row.feedback_id] = row._replace(theme=theme)
        found.give("theme", [row.theme, theme])

"""Level author: whom to believe, each author against the reference, fellow raters, and what everybody else says."""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median

from loop.records import ENOUGH_JUDGED, LAZY_COUNT, SEPARATOR, AuthorStanding, Standing, Sums
from loop.stats.agreement import rate
from loop.stats.funnel import PEERS, below_peers
from loop.validate.examiners import long_records
from loop.validate.facts import burst_key
from loop.validate.votes import electorate
from loop.validate.work import Findings, Work

_AT_LEAST = 0.5
"""Of what is judged, at least; also what is usual while nobody can say."""
ABOVE_CHANCE = 0.25
"""Share of the way from chance to perfect that an honest author must possibly reach."""
SHARE_OF_USUAL = 2 / 3
"""Of the median author's agreement, what an honest author must possibly reach; where answers are easy to check the
median is near 1, where they are not it is lower for everybody."""
SURELY = 0.05
"""Chance of condemning anybody at all where everybody is equally good."""
_LAZY_CHANCE = 1e-6
_MILLION = 1_000_000

_BASES = ("the trusted reference", "fellow raters of the same answers", "what other authors say of similar questions")


def judge_authors(work: Work) -> Findings:
    """Standings of authors whose rows changed, and of all of whom enough is known: they are measured by each other.

    What everybody gives in total is kept as sums, so that an author's own rows are read and nobody else's.
    """
    known, found = work.known, Findings()
    before = known.standings(work.keys) | known.standings()
    fresh = known.sums(work.keys)
    totals = _totals(work, before, fresh)
    found.keep("totals", "given", totals)
    people = {name: sums for name, (_, sums) in before.items()} | fresh
    choices, values = Counter(totals["choices"]), Counter({float(key): n for key, n in totals["values"].items()})
    bars = {name: _bar(sums, choices, values) for name, sums in people.items()}
    judged = sorted(name for name, sums in people.items() if sums.judged >= ENOUGH_JUDGED)
    records = [(people[name].agreed / _MILLION, people[name].judged) for name in judged]
    if len(judged) >= PEERS:
        least = SHARE_OF_USUAL * median(agreed / n for agreed, n in records)
        bars = {name: max(bar, least) for name, bar in bars.items()}
    lucky = dict(zip(judged, below_peers(records, least=_AT_LEAST), strict=True))
    changed: list[str] = []
    for name, sums in people.items():
        standing = _standing(
            name,
            sums,
            bar=bars[name],
            is_below=lucky.get(name, 1.0) <= SURELY,
            is_trusted=name in work.named,
            lazy=_lazy(sums, values),
        )
        old = before.get(name)
        if old is None or old != (standing, sums):
            found.standings.append((standing, sums))
        if (old[0].standing if old else "new") != standing.standing:
            changed.append(name)
    _spread(work, found, changed=changed, before=before)
    return found


def _totals(
    work: Work, before: Mapping[str, tuple[AuthorStanding, Sums]], fresh: Mapping[str, Sums]
) -> dict[str, dict[str, int]]:
    """What everybody gives, by choice and rating: earlier totals, less what these authors gave, plus what they give."""
    stored = work.known.kept("totals", ["given"]).get("given", {"choices": {}, "values": {}})
    choices, values = Counter(stored["choices"]), Counter(stored["values"])
    for name, sums in fresh.items():
        old = before[name][1] if name in before else Sums()
        choices.update(sums.choices)
        choices.subtract(old.choices)
        values.update({repr(value): n for value, n in sums.values.items()})
        values.subtract({repr(value): n for value, n in old.values.items()})
    return {
        "choices": {key: n for key, n in sorted(choices.items()) if n},
        "values": {key: n for key, n in sorted(values.items()) if n},
    }


def _bar(sums: Sums, choices: Counter[str], values: Counter[float]) -> float:
    """What an honest author must exceed: a quarter of the way from chance to perfect, at least one half.

    Chance is what guessing in proportion earns, for choices and for good or bad ratings; both weigh by what was judged.
    """
    if not sums.judged:
        return 0.5
    liked: Counter[str] = Counter()
    for value, n in sums.values.items():
        liked[_liked(value)] += n
    all_liked: Counter[str] = Counter()
    for value, n in values.items():
        all_liked[_liked(value)] += n
    weighed = sums.judged_choices * _above_chance(Counter(sums.choices), choices)
    weighed += sums.judged_ratings * _above_chance(liked, all_liked)
    return weighed / sums.judged


def _above_chance(own: Counter[str], everybody: Counter[str]) -> float:
    given, total = own.total(), everybody.total()
    if not given or not total:
        return 0.5
    chance = sum(n * everybody[key] for key, n in own.items()) / (given * total)
    return max(_AT_LEAST, chance + ABOVE_CHANCE * (1 - chance))


def _liked(value: float) -> str:
    return "good" if value >= 0.5 else "bad"


def _lazy(sums: Sums, values: Counter[float]) -> str:
    """Why ratings that never vary and never say a word are no ratings, where the others' do vary; empty otherwise."""
    given = sum(sums.values.values())
    others = values.total() - given
    if len(sums.values) != 1 or given < LAZY_COUNT or sums.is_wordy or others < LAZY_COUNT:
        return ""
    value = next(iter(sums.values))
    share = (values[value] - given + 1) / (others + 2)
    if share**given >= _LAZY_CHANCE:
        return ""
    return (
        f"Gave the rating {value:g} all {given} times without a word; "
        f"others give it {share:.0%} of the time, so chance would be {share**given:.0e}."
    )


def _standing(name: str, sums: Sums, *, bar: float, is_below: bool, is_trusted: bool, lazy: str) -> AuthorStanding:
    judged, agreed = sums.judged, sums.agreed / _MILLION
    found = rate(agreed, n=judged) if judged else None
    basis = _BASES[max(range(len(_BASES)), key=lambda place: (sums.bases[place], -place))]
    told = (
        f"agrees with {basis} on {agreed:.0f} of {judged} ({agreed / judged:.0%})" if judged else "nothing to compare"
    )
    standing: Standing
    if is_trusted:
        standing, reason = "trusted", f"Named by the operator; {told}."
    elif lazy:
        standing, reason = "unreliable", lazy
    elif found is None or judged < ENOUGH_JUDGED:
        standing, reason = "new", f"Too little to tell: {told}, {ENOUGH_JUDGED} needed."
    elif found.high < bar and is_below:
        standing = "unreliable"
        reason = (
            f"{told[0].upper()}{told[1:]}, at most {found.high:.0%}; {bar:.0%} is the least of an honest author, and "
            "this is surely below the others."
        )
    elif found.low >= bar:
        standing, reason = "proven", f"{told[0].upper()}{told[1:]}, at least {found.low:.0%}."
    else:
        standing, reason = "new", f"Not clear yet: {told}, between {found.low:.0%} and {found.high:.0%}."
    return AuthorStanding(
        name=name,
        given=sums.given,
        judged=judged,
        agreement=found.share if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        standing=standing,
        reason=reason,
    )


def _spread(
    work: Work, found: Findings, *, changed: list[str], before: Mapping[str, tuple[AuthorStanding, Sums]]
) -> None:
    """Give work to everything that an author's standing decides about."""
    found.give("stream", _crowded(work, before, found))
    now = {name: standing for name, (standing, _) in before.items()} | {one.name: one for one, _ in found.standings}
    admitted = _admitted(work, found, now.values())
    if not changed and not admitted:
        return
    for row in work.known.rows("author", sorted(admitted)):
        found.give("case", [row.interaction_id])
    found.give("teller", changed)
    for row in work.known.rows("author", sorted(changed)):
        found.give("row", [row.feedback_id])
        if row.choice and row.near:
            found.give("near", [str(row.near)])
            found.give("burst", [burst_key(row)])
        if row.is_long:
            found.give("said", [row.said])
        if row.pair:
            found.give("pair", [row.pair, f"@{row.near}"])
        if row.choice or row.family != "comment":
            found.give("case", [row.interaction_id])
        if row.matter:
            found.give("theme", [row.matter.replace(f"content{SEPARATOR}", f"complaint{SEPARATOR}", 1)])
    needed = work.agent.limits.min_sources
    was_capped = electorate([one for one, _ in before.values()], needed=needed).newcomer_cap
    if electorate(list(now.values()), needed=needed).newcomer_cap != was_capped:
        found.give("pair", work.known.kept("pair"))
        found.give("theme", work.known.kept("theme"))


def _admitted(work: Work, found: Findings, now: Iterable[AuthorStanding]) -> frozenset[str]:
    """Unnamed people who may examine from now on; what they said before is looked at for cases."""
    names = frozenset() if work.named else long_records(now)
    stored = frozenset(work.known.kept("examiners", ["names"]).get("names", {"names": []})["names"])
    if names != stored:
        found.keep("examiners", "names", {"names": sorted(names)})
    return names - stored


def _crowded(work: Work, before: Mapping[str, tuple[AuthorStanding, Sums]], found: Findings) -> list[str]:
    """Busy streams, when there are twice as many authors as when they were last looked at."""
    newcomers = sum(one.name not in before for one, _ in found.standings)
    size = crowd(work.known.count_standings() + newcomers)
    stored = work.known.kept("crowd", ["authors"]).get("authors", {"size": 1})["size"]
    if size == stored:
        return []
    found.keep("crowd", "authors", {"size": size})
    return [key for key, body in work.known.kept("stream").items() if body["usual"]]


def crowd(authors: int) -> int:
    """The number of authors rounded up to a power of two: what a threshold rests on must not change with everybody."""
    return 1 << max(authors - 1, 0).bit_length()

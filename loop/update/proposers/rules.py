"""Propose decision rules: one or two conditions that mend far more corrected questions than they break.

A rule is worth proposing when it fixes at least three cases, fixes more than it breaks, and at least 0.6
of the questions it covers want its answer (lower end of the Wilson score interval, 95 %, Wilson 1927).
Covered cases that are wrong before and after count against it: a rule would pin them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from loop.change.matching import covers, first_match, holds
from loop.change.proposal import Idea
from loop.records import Condition, EvalCase, Grading, Proposer, Rule, SetRule, derived_id
from loop.stats.proportions import wilson
from loop.text.spelling import normalise
from loop.update.teaching import Correction, ProposerResult, UpdateWork

LEAST_FIXES = 3
LEAST_BOUND = 0.6
CONDITIONS_WEIGHED = 400
"""Single conditions tried in one turn, most frequent among the wrong cases first."""
PHRASES = 16
"""Best phrases, and best values of each field, that are combined by two."""
LIMITS = 8
"""Limits of each number field that are combined by two."""
PHRASE_WORDS = 3
"""Words in a key phrase, at most."""
LEVELS = 48
"""Thresholds tried per number field, evenly over the values seen where the answer is wrong."""
IDEAS = 2


@dataclass(frozen=True)
class _Weighed:
    rule: Rule
    chosen: tuple[int, ...]
    """Places of its conditions among those tried."""
    fixed: frozenset[int]
    broken: frozenset[int]
    covered: int
    """Cases it would decide."""
    wanting: int
    """Of these, cases whose expected answer is the rule's."""
    is_first: bool
    """Stands before the other rules; else it only takes what no rule covers."""

    @property
    def net(self) -> int:
        return len(self.fixed) - len(self.broken)

    @property
    def bound(self) -> float:
        return _lower_bound(self.wanting, n=self.covered)


class RuleProposer:
    """First-match rules over context fields and key phrases, each an idea of its own."""

    def propose(self, work: UpdateWork) -> ProposerResult:
        """At most IDEAS ideas with different answers, most net fixes first."""
        cases = [case for case in work.survey.witnesses if case.grading is not Grading.TEXT]
        right = [work.survey.right[case.id] for case in cases]
        backed = _backed(work)
        targets = [
            target
            for target, n in Counter(
                case.expected for case, ok in zip(cases, right, strict=True) if not ok
            ).most_common()
            if n >= LEAST_FIXES and len({one.author for one in backed[target]}) >= work.agent.limits.min_sources
        ]
        if not targets:
            return ProposerResult()
        # While nothing is right, examples teach phrases better: any phrase would seem to break nothing.
        fields_only = not any(right)
        conditions = [
            one
            for one in _conditions([case for case, ok in zip(cases, right, strict=True) if not ok])
            if one.field != "question" or not fields_only
        ]
        held = {place: _held(condition, cases) for place, condition in enumerate(conditions)}
        ruled = frozenset(
            place
            for place, case in enumerate(cases)
            if first_match(work.bundle.rules, question=case.question, context=case.context) is not None
        )
        wrong = frozenset(place for place, ok in enumerate(right) if not ok)
        best: list[_Weighed] = []
        for target in targets:
            wants = frozenset(place for place, case in enumerate(cases) if case.expected == target)
            found = _best_rule(
                _Ground(
                    target=target,
                    conditions=conditions,
                    held=held,
                    wants=wants,
                    wrong=wrong,
                    ruled=ruled,
                    is_article=any(cases[place].grading is Grading.ARTICLE for place in wants),
                )
            )
            if found:
                best.append(found)
        best.sort(key=lambda one: (-one.net, one.rule.id))
        return ProposerResult(
            ideas=tuple(_idea(one, cases=cases, backed=backed, work=work) for one in best[:IDEAS]),
            looked_at=len(conditions) * len(targets),
        )


def _lower_bound(hits: int, *, n: int) -> float:
    """Lower end of the Wilson interval of hits / n; 0 without trials."""
    interval = wilson(hits, n=n)
    return interval.low if interval else 0.0


def _backed(work: UpdateWork) -> dict[str, list[Correction]]:
    found: dict[str, list[Correction]] = defaultdict(list)
    for one in work.survey.known_good:
        if one.label:
            found[one.label].append(one)
    return found


def _conditions(wrong: Sequence[EvalCase]) -> list[Condition]:
    """Phrases and field values that at least LEAST_FIXES wrong cases share, most frequent first."""
    counts: Counter[tuple[str, str, str | float]] = Counter()
    numbers: dict[str, set[float]] = defaultdict(set)
    for case in wrong:
        words = normalise(case.question).split()
        counts.update(
            {
                ("question", "contains", " ".join(words[start : start + length]))
                for length in range(1, PHRASE_WORDS + 1)
                for start in range(len(words) - length + 1)
            }
        )
        for field, value in case.context.items():
            if isinstance(value, str) and value.strip():
                counts[field, "equals", value] += 1
            elif isinstance(value, int | float) and not isinstance(value, bool):
                numbers[field].add(float(value))
    for field, values in numbers.items():
        for level in _levels(values):
            at_least = sum(_number(case, field) >= level for case in wrong if field in case.context)
            counts[field, "at_least", level] = at_least
            counts[field, "at_most", level] = sum(
                _number(case, field) <= level for case in wrong if field in case.context
            )
    common = sorted(((key, n) for key, n in counts.items() if n >= LEAST_FIXES), key=lambda pair: (-pair[1], str(pair)))
    # Field conditions are few and precise: they never give way to the many phrases.
    kept = [key for key, _ in common if key[0] != "question"][:CONDITIONS_WEIGHED]
    kept += [key for key, _ in common if key[0] == "question"][: CONDITIONS_WEIGHED - len(kept)]
    return [Condition.model_validate({"field": field, "op": op, "value": value}) for field, op, value in kept]


def _levels(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    if len(ordered) <= LEVELS:
        return ordered
    return sorted({ordered[place * len(ordered) // LEVELS] for place in range(LEVELS)})


def _number(case: EvalCase, field: str) -> float:
    value = case.context[field]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")


def _held(condition: Condition, cases: Sequence[EvalCase]) -> frozenset[int]:
    return frozenset(
        place for place, case in enumerate(cases) if holds(condition, question=case.question, context=case.context)
    )


@dataclass(frozen=True)
class _Ground:
    """What rules for one answer are weighed on; sets hold places of cases."""

    target: str
    conditions: Sequence[Condition]
    held: dict[int, frozenset[int]]
    """By condition: the cases it holds for."""
    wants: frozenset[int]
    wrong: frozenset[int]
    ruled: frozenset[int]
    """Cases some rule of the base covers."""
    is_article: bool

    def weigh(self, chosen: tuple[int, ...]) -> _Weighed | None:
        """The better place for a rule of these conditions; None when neither is good enough."""
        covered = frozenset.intersection(*(self.held[one] for one in chosen))
        found = [self._placed(chosen, covered - self.ruled, is_first=False)]
        if covered & self.ruled:
            found.append(self._placed(chosen, covered, is_first=True))
        return max((one for one in found if one), key=_rank, default=None)

    def _placed(self, chosen: tuple[int, ...], reach: frozenset[int], *, is_first: bool) -> _Weighed | None:
        fixed = reach & self.wants & self.wrong
        wanting = len(reach & self.wants)
        if len(fixed) < LEAST_FIXES or _lower_bound(wanting, n=len(reach)) < LEAST_BOUND:
            return None
        when = tuple(self.conditions[one] for one in chosen)
        rule = Rule(
            id=derived_id("r", list(when), self.target),
            when=when,
            label=None if self.is_article else self.target,
            article_id=self.target if self.is_article else None,
        )
        return _Weighed(
            rule=rule,
            chosen=chosen,
            fixed=fixed,
            broken=(reach - self.wants) - self.wrong,
            covered=len(reach),
            wanting=wanting,
            is_first=is_first,
        )


def _best_rule(ground: _Ground) -> _Weighed | None:
    """The best single condition or pair; then each limit of it is moved to where it serves best."""
    mends = {one: len(held & ground.wants & ground.wrong) for one, held in ground.held.items()}
    singles = sorted(
        (one for one, n in mends.items() if n >= LEAST_FIXES),
        key=lambda one: (len((ground.held[one] - ground.wants) - ground.wrong) - mends[one], one),
    )
    tried = [(one,) for one in singles] + list(combinations(_varied(singles, ground.conditions), 2))
    best = max((found for one in tried if (found := ground.weigh(one))), key=_rank, default=None)
    for _ in range(2):
        for place in range(len(best.chosen) if best else 0):
            best = _moved(best, place, ground=ground)
    return best if best and best.net > 0 else None


def _moved(best: _Weighed | None, place: int, *, ground: _Ground) -> _Weighed | None:
    if best is None:
        return None
    old = ground.conditions[best.chosen[place]]
    if old.op in ("contains", "equals"):
        return best
    others = [one for one, new in enumerate(ground.conditions) if (new.field, new.op) == (old.field, old.op)]
    tried = [(*best.chosen[:place], one, *best.chosen[place + 1 :]) for one in others]
    return max((best, *(found for one in tried if (found := ground.weigh(one)))), key=_rank)


def _varied(singles: Sequence[int], conditions: Sequence[Condition]) -> list[int]:
    """Conditions to pair: the best phrases and values, and for each field a few limits spread over its range."""
    by_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in singles:
        by_kind[conditions[one].field, conditions[one].op].append(one)
    kept: list[int] = []
    for (_, op), group in by_kind.items():
        if op in ("at_least", "at_most"):
            ordered = sorted(group, key=lambda one: float(conditions[one].value))
            kept += [ordered[place * len(ordered) // LIMITS] for place in range(min(LIMITS, len(ordered)))]
        else:
            kept += group[:PHRASES]
    return kept


def _rank(one: _Weighed) -> tuple[int, float, int, bool]:
    """Net fixes, then surer, then fewer conditions, then the less intrusive place."""
    return (one.net, one.bound, -len(one.rule.when), not one.is_first)


def _idea(found: _Weighed, *, cases: Sequence[EvalCase], backed: dict[str, list[Correction]], work: UpdateWork) -> Idea:
    target = found.rule.label or found.rule.article_id or ""
    support = [
        one for one in backed[target] if covers(found.rule, question=one.question, context=one.interaction.context)
    ]
    before = work.bundle.rules[0].id if found.is_first and work.bundle.rules else None
    return Idea(
        operations=(SetRule(rule=found.rule, before=before),),
        rationale=(
            f"On the known cases this rule would fix {len(found.fixed)} and break {len(found.broken)}. "
            f"Of the {found.covered} questions it covers, {found.wanting} want this answer. "
            + ("It goes before the other rules." if before else "It takes only what no other rule covers.")
        ),
        evidence=tuple(one.feedback_id for one in support),
        issue_ids=tuple(dict.fromkeys(one.issue_id for one in support if one.issue_id)),
        expected_fixes=tuple(cases[place].id for place in sorted(found.fixed) if cases[place].split == "log"),
        proposer=Proposer.RULES,
    )

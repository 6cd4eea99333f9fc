"""How right each version is on the sealed cases as they are now."""

from collections.abc import Sequence
from typing import NamedTuple

from loop import deploy, evaluate
from loop.engine.asking import RecordedAnswers, ask_of, grades_of
from loop.engine.confirm import confirm
from loop.engine.journal import StageTally
from loop.errors import AnswersPending, ModelFailed
from loop.ports import Parts
from loop.records import Changes, Comparison, EvalCase, Measurement, Split, Version, case_set_digest
from loop.text.containment import stand_alone

_MOSTLY = 0.5
"""Share of the sealed cases with a recorded answer from which all versions are measured on those, so that what an agent
answered elsewhere compares with what it answers now; below it they would leave out too much of today's questions."""
_VERSIONS = 12
"""How many of the newest versions are measured again besides the first and the live one."""
_GROWTH = 1.1
"""Growth of the sealed set from which they are: measuring all of them at every turn would tell little more."""


class _Measured(NamedTuple):
    measurements: list[Measurement]
    comparisons: list[Comparison]
    """Each version that was measured with the first one, on the cases both were asked."""


def measure(parts: Parts, tally: StageTally) -> None:
    """Measure what is due and compare what is live with what was. Writes only what is new.

    The first and the live version are measured whenever the cases change, so that the two always compare.
    """
    store = parts.store
    sealed = store.cases([Split.SEALED])
    found = _measured(parts, tally, sealed=sealed)
    tally.counts["measured"] = len(found.measurements)
    compared = (*found.comparisons, *confirm(parts, tally, sealed=sealed))
    if found.measurements or compared:
        store.commit(Changes(measurements=tuple(found.measurements), comparisons=compared))


def _measured(parts: Parts, tally: StageTally, *, sealed: Sequence[EvalCase]) -> _Measured:
    store = parts.store
    ask, record = ask_of(parts), RecordedAnswers(parts)
    sealed = _comparable(parts, sealed, record=record)
    if not sealed:
        return _Measured([], [])
    case_set = case_set_digest(sealed)
    right: dict[str, dict[str, bool]] = {}
    fresh: list[Measurement] = []
    for version in _due(parts, case_set=case_set, n=len(sealed)):
        if (known := record.answers(store.bundle(version.digest), sealed)) is not None and len(known) < len(sealed):
            continue  # it answered elsewhere, and too little of it is recorded
        if version.digest not in right:
            try:
                answers = ask(store.bundle(version.digest), sealed)
            except AnswersPending:
                continue  # measured when they are there
            except ModelFailed as error:
                tally.words.append(f"Version {version.number} could not be measured. {error}")
                continue
            right[version.digest] = {case.id: evaluate.grade(case, answers[case.id]).is_right for case in sealed}
        fresh.append(
            deploy.measurement(
                version,
                case_set_digest=case_set,
                n=len(sealed),
                right=sum(right[version.digest].values()),
                now=parts.clock(),
            )
        )
    return _Measured(fresh, _since_first(parts, {one.number for one in fresh}, sealed=sealed, right=right))


def _since_first(
    parts: Parts, numbers: set[int], *, sealed: Sequence[EvalCase], right: dict[str, dict[str, bool]]
) -> list[Comparison]:
    """What was measured just now against the first version, pair by pair; the live one also when it never was.

    `right`: by digest and case id, as far as it was measured just now.
    """
    store = parts.store
    versions = store.versions()
    first, live = versions[0], versions[-1]
    known = {one.number for one in store.comparisons() if one.kind == "progress"}
    wanted = [one for one in versions[1:] if one.number in numbers or (one is live and one.number not in known)]
    if not wanted:
        return []

    def grades(digest: str) -> dict[str, bool]:
        if digest not in right:
            right[digest] = grades_of(parts, store.bundle(digest), sealed)
        return right[digest]

    return [
        Comparison(
            agent=store.agent.slug,
            kind="progress",
            number=version.number,
            against=first.number,
            evidence=evaluate.pair_outcomes(grades(first.digest), after=grades(version.digest)),
            there=len(sealed),
            at=parts.clock(),
        )
        for version in wanted
    ]


def _comparable(parts: Parts, sealed: Sequence[EvalCase], *, record: RecordedAnswers) -> tuple[EvalCase, ...]:
    """The sealed cases that say the same of every version: each question once, none that stands in a version.

    Word for word, not nearly: versions hold what is often asked, and near questions are what they are for.
    """
    store = parts.store
    versions = store.versions()
    contents = {one.digest: store.bundle(one.digest) for one in (versions[0], *versions[-_VERSIONS:])}
    recorded = record.answers(contents[versions[0].digest], sealed)
    if recorded is not None and len(recorded) >= _MOSTLY * len(sealed):
        sealed = [case for case in sealed if case.id in recorded]
    texts = [text for bundle in contents.values() for text in evaluate.bundle_texts(bundle)]
    is_taught = stand_alone([case.question for case in sealed], texts)
    free = [case for case, taught in zip(sealed, is_taught, strict=True) if not taught]
    return evaluate.witnesses(free, shown=()).heard


def _due(parts: Parts, *, case_set: str, n: int) -> list[Version]:
    store = parts.store
    versions = store.versions()
    stored = store.measurements()
    newest = {one.number: one for one in stored}
    # Two measurements taken in one tick of the clock have no order, so a version counts as
    # measured when any of its newest ones was on these questions.
    measured = {one.number for one in stored if one.case_set_digest == case_set and one.at == newest[one.number].at}
    due: list[Version] = []
    for version in versions:
        if version.number in measured:
            continue
        last = newest.get(version.number)
        is_end = version in (versions[0], versions[-1])
        if version is not versions[-1] and not store.bundle(version.digest).model.is_local:
            continue  # measuring it again would cost model calls
        has_grown = last is None or n >= _GROWTH * last.n
        if is_end or (version in versions[-_VERSIONS:] and has_grown):
            due.append(version)
    return due

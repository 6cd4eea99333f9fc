"""Level row: from everything known about an item to its flags, its state, and the voice it has.

No flag is valid, one holds, flags of two detectors quarantine; what a person decided stays.
"""

from collections.abc import Mapping

import numpy as np

from loop.records import (
    FEEDBACK_MOVES,
    JUDGED_STATES,
    SEPARATOR,
    TEACHING_STATES,
    FeedbackMove,
    FeedbackState,
    Flag,
    Judged,
)
from loop.validate.backing import Surroundings, theme_of
from loop.validate.detectors import DETECTORS
from loop.validate.detectors.too_fast import paces
from loop.validate.fits import (
    BELIEVED,
    NO_CROWD,
    OTHERS,
    Crowd,
    Reference,
    count_known,
    crowd_of,
    due_fit,
    fold_of,
    reference_of,
    stored_fit,
)
from loop.validate.leaning import forget, lean
from loop.validate.scene import Scene
from loop.validate.views import EVERYTHING, predict, rows_of_keys, vouched_answers, without_themselves
from loop.validate.work import Findings, Work


def judge_rows(work: Work) -> Findings:
    """Flags and states of rows whose surroundings changed. Rows that a person decided about keep what they have."""
    known, found = work.known, Findings()
    believed = work.named | {name for name, (one, _) in known.standings().items() if one.standing == "proven"}
    fit, is_new = due_fit(work, BELIEVED, authors=believed, n=count_known(work, believed), found=found)
    rows = rows_of_keys(work, found, level_scan=is_new, level="row")
    flagged = known.flags([row.feedback_id for row in rows])
    reference = reference_of(work, fit)
    crowd = crowd_of(work, stored_fit(work, OTHERS)) if reference.model is None else NO_CROWD
    viewed = _viewed(work, rows, reference, crowd=crowd)
    standings = {name: one for name, (one, _) in known.standings({row.author for row in rows}).items()}
    seasoned = work.named | {name for name, one in standings.items() if one.standing in ("trusted", "proven")}
    scene = Scene(
        named=work.named,
        standings=standings,
        summaries=known.kept("near", sorted({str(row.near) for row in rows if row.near})),
        paces=paces(work, sorted({row.kind for row in rows if row.seconds is not None}), found),
        reference=reference,
        crowd=crowd,
        leaning=lean(work, viewed, reference=reference, seasoned=seasoned, found=found),
        vouched=vouched_answers(work, [row for row in rows if row.choice])[0],
    )
    around = Surroundings(work, rows)
    for stored, row in zip(rows, viewed, strict=True):
        old = flagged.get(row.feedback_id, ())
        flags = _flags(row, old, scene=scene, work=work)
        theme = theme_of(row, is_shared=row.author in seasoned or around.stands(row))
        if flags != old:
            found.flags[row.feedback_id] = flags
        after = _settle(found, row, flags, theme=theme)
        if after != stored:
            found.rows[row.feedback_id] = after
    seen = {row.feedback_id for row in rows}
    gone = [key for key in work.keys if key not in seen and not key.startswith(EVERYTHING)]
    _forget(work, found, gone)
    return found


def _viewed(work: Work, rows: list[Judged], reference: Reference, *, crowd: Crowd) -> list[Judged]:
    """The rows with what the model of known answers says; one it learned from is judged without itself.

    Where there is none, with what authors of other folds say; such a view has no rank.
    """
    texts = work.known.questions({row.question for row in rows if row.choice})
    some = [row for row in rows if row.choice and row.question in texts]
    if reference.model is None:
        return _seen_by_crowd(rows, some, texts={key: one.text for key, one in texts.items()}, crowd=crowd)
    told = predict(reference.model, [texts[row.question].text for row in some], choices=[row.choice for row in some])
    told = without_themselves(told, some, left_out=reference.left_out, known=reference.known)
    ranks = np.searchsorted(reference.yardstick, told.given_chance, side="right") / max(reference.yardstick.size, 1)
    views = {
        row.feedback_id: (
            (told.top[place], _rounded(told.top_chance[place]), _rounded(told.given_chance[place]), float(ranks[place]))
            if told.top[place]
            else ("", None, None, None)
        )
        for place, row in enumerate(some)
    }
    return [_seen(row, *views.get(row.feedback_id, ("", None, None, None))) for row in rows]


def _seen_by_crowd(rows: list[Judged], some: list[Judged], *, texts: Mapping[str, str], crowd: Crowd) -> list[Judged]:
    views: dict[str, tuple[str, float, float]] = {}
    for number, model in enumerate(crowd.models):
        own = [row for row in some if fold_of(row.author) == number]
        if model is None or not own:
            continue
        told = predict(model, [texts[row.question] for row in own], choices=[row.choice for row in own])
        views |= {
            row.feedback_id: (told.top[place], _rounded(told.top_chance[place]), _rounded(told.given_chance[place]))
            for place, row in enumerate(own)
            if told.top[place]
        }
    found = []
    for row in rows:
        top, top_chance, given_chance = views.get(row.feedback_id, ("", None, None))
        found.append(_seen(row, top, top_chance, given_chance, None))
    return found


def _seen(row: Judged, top: str, top_chance: float | None, given_chance: float | None, rank: float | None) -> Judged:
    if (row.top, row.top_chance, row.given_chance, row.rank) == (top, top_chance, given_chance, rank):
        return row
    return row._replace(top=top, top_chance=top_chance, given_chance=given_chance, rank=rank)


def _rounded(chance: float) -> float:
    """Chances come from 32-bit sums, whose last digits depend on how many rows were viewed at a time."""
    return round(float(chance), 4)


def _flags(row: Judged, old: tuple[Flag, ...], *, scene: Scene, work: Work) -> tuple[Flag, ...]:
    if row.state not in JUDGED_STATES:
        return old
    off = work.agent.limits.detectors_off
    told = [finding for name, find in DETECTORS.items() if name not in off and (finding := find(row, scene))]
    first = {flag.detector: flag.at for flag in old}
    return tuple(
        Flag(
            feedback_id=row.feedback_id,
            detector=one.detector,
            reason=one.reason,
            related=one.related,
            at=first.get(one.detector, work.now),  # a finding that is still true keeps the time it was first made
        )
        for one in told
    )


def _settle(found: Findings, row: Judged, flags: tuple[Flag, ...], *, theme: str) -> Judged:
    """The state that follows from the flags, the voice that follows from the state, and whom both concern."""
    detectors, state = {flag.detector for flag in flags}, row.state
    if state in JUDGED_STATES:
        now = _state(len(detectors))
        if now is not state and now in FEEDBACK_MOVES[state]:
            found.moves.append(FeedbackMove(feedback_id=row.feedback_id, was=state, now=now))
            state = now
    is_only_contradicted = state is FeedbackState.HELD and detectors == {"conflict"}
    has_voice = row.may_teach and (state in TEACHING_STATES or is_only_contradicted)
    after = row._replace(state=state, has_voice=has_voice, theme=theme)
    is_same = (row.state, row.has_voice, row.theme) == (state, has_voice, theme)
    if not is_same or row.state is FeedbackState.NEW:
        found.give("theme", [row.theme])
        concern(found, after)
    return after


def concern(found: Findings, row: Judged) -> None:
    """Give work to what rests on a row's state or voice."""
    found.give("case", [row.interaction_id])
    found.give("pair", [row.pair, f"@{row.near}" if row.near else ""])
    found.give("theme", [row.theme, row.matter.replace(f"content{SEPARATOR}", f"complaint{SEPARATOR}", 1)])
    found.give("day", [row.day])


def _forget(work: Work, found: Findings, ids: list[str]) -> None:
    """Rows that no longer count as said have no voice; what rested on it is looked at again."""
    rows = work.known.rows("feedback_id", ids) if ids else []
    forget(work, [row for row in rows if not row.is_standing], found)
    for row in rows:
        if not row.is_standing:
            found.rows[row.feedback_id] = without_views(row)
            concern(found, row)


def without_views(row: Judged) -> Judged:
    """The facts of a row alone."""
    return row._replace(
        agree=None,
        basis=-1,
        top="",
        top_chance=None,
        given_chance=None,
        rank=None,
        has_voice=False,
        theme="",
        findings=(),
    )


def _state(findings: int) -> FeedbackState:
    match findings:
        case 0:
            return FeedbackState.VALID
        case 1:
            return FeedbackState.HELD
        case _:
            return FeedbackState.QUARANTINED

"""From findings to states: none is valid, one holds, two quarantine; what a person decided stays."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from loop.records import FEEDBACK_MOVES, FeedbackItem, FeedbackMove, FeedbackState, Flag, Mover, may_move
from loop.validate.context import Docket
from loop.validate.detectors import DETECTORS


@dataclass(frozen=True)
class Judgement:
    """Where every item stands after this turn."""

    states: Mapping[str, FeedbackState]
    """By feedback id, of every row of the ledger."""
    flags: Mapping[str, tuple[Flag, ...]]
    """By feedback id, all flags of every judged item."""
    changed: Mapping[str, tuple[Flag, ...]]
    """By feedback id, where the flags differ from the stored ones."""
    moves: tuple[FeedbackMove, ...]
    words: tuple[str, ...]


def judge(docket: Docket) -> Judgement:
    """Run every detector over every item the firewall decides, and read the states off the findings."""
    ledger = docket.ledger
    found: defaultdict[str, list[Flag]] = defaultdict(list)
    words = []
    for name, find in DETECTORS.items():
        flags = list(find(docket))
        for flag in flags:
            found[flag.feedback_id].append(flag)
        words.append(_told(docket, name, flags))
    states: dict[str, FeedbackState] = {}
    all_flags: dict[str, tuple[Flag, ...]] = {}
    changed: dict[str, tuple[Flag, ...]] = {}
    moves: list[FeedbackMove] = []
    for row, item in enumerate(ledger.items):
        name = item.feedback.id
        states[name] = item.state
        if not ledger.is_judged[row]:
            continue
        kept = all_flags[name] = _with_first_times(found.get(name, []), item)
        if kept != item.flags:
            changed[name] = kept
        now = _state(len({flag.detector for flag in kept}))
        if now is not item.state and may_move(FEEDBACK_MOVES, item.state, now, by=Mover.LOOP):
            moves.append(FeedbackMove(feedback_id=name, was=item.state, now=now))
            states[name] = now
    return Judgement(states, all_flags, changed, tuple(moves), tuple(words))


def _state(findings: int) -> FeedbackState:
    match findings:
        case 0:
            return FeedbackState.VALID
        case 1:
            return FeedbackState.HELD
        case _:
            return FeedbackState.QUARANTINED


def _with_first_times(flags: list[Flag], item: FeedbackItem) -> tuple[Flag, ...]:
    """A finding that is still true keeps the time it was first made."""
    first = {flag.detector: flag.at for flag in item.flags}
    return tuple(
        flag.model_copy(update={"at": first[flag.detector]}) if flag.detector in first else flag for flag in flags
    )


def _told(docket: Docket, name: str, flags: list[Flag]) -> str:
    author_of = {item.feedback.id: item.feedback.author for item in docket.ledger.items} if flags else {}
    authors = Counter(author_of[flag.feedback_id] for flag in flags)
    spelled = name.replace("_", " ")
    if not flags:
        return f"{spelled}: nothing found"
    return (
        f"{spelled}: {len(flags):,} {'item' if len(flags) == 1 else 'items'} "
        f"from {len(authors):,} {'author' if len(authors) == 1 else 'authors'}"
    )

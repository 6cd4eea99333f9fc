"""Who examines an agent, in plain words: how many, how lopsided, how far their answers were checked, what it costs."""

from loop.desk.agreement import last_agreement, samples_due
from loop.desk.audits import QUESTIONS
from loop.ports import Parts
from loop.records import Examination, named_people
from loop.text.spelling import quote

GAIN = 5.0
"""The gain, in points, that is used to say what wrong answers on file cost."""
_GUESS = 0.1
"""Share of wrong answers on file that is used as an example while nobody has looked."""


def examination(parts: Parts) -> Examination:
    """Who examines, as far as it is known: a few counts by index."""
    return Examination(
        named=tuple(sorted(named_people(parts.store.agent))),
        makers=tuple(parts.store.makers()),
        last=last_agreement(parts),
        due=samples_due(parts),
    )


def examiner_words(found: Examination, *, slug: str = "") -> tuple[str, ...]:
    """Sentences of ours and names; what is unknown is said to be unknown. `slug`: with the commands, for a terminal."""
    if not found.cases:
        return ("No case examines this agent yet, so nothing can be proved.", *_naming(found, slug=slug))
    return (_who(found), _checked(found), *_cost(found, slug=slug), *_due(found, slug=slug))


def _who(found: Examination) -> str:
    people, largest = len(found.makers), found.largest
    who = "one person" if people == 1 else f"{people} people"
    share = ""
    if largest is not None and people > 1:
        name = quote(largest.name, limit=60) if largest.name else "The largest"
        share = f" {name} made {largest.examining / found.cases:.0%}."
    return f"{found.cases:,} cases examine ({found.sealed:,} sealed), made by {who}.{share}"


def _checked(found: Examination) -> str:
    last = found.last
    if last is None or last.low is None or last.high is None:
        unknown = f"Somebody answers by name for {found.vouched:,} of them."
        return f"{unknown} How many answers on file are right is unknown: there was no blind audit."
    return (
        f"Somebody answers by name for {found.vouched:,} of them. In the last blind audit ({last.started_at:%Y-%m-%d}, "
        f"by {last.lead}) {last.agreed} of {last.compared} answers on file agreed: {last.agreed / last.compared:.0%}, "
        f"between {last.low:.0%} and {last.high:.0%} of the {last.drawn_from:,} cases it was drawn from."
    )


def _cost(found: Examination, *, slug: str) -> tuple[str, ...]:
    """What it costs that nobody is named: wrong answers on file each hide their share of a gain, or twice that.

    A case with a wrong answer on file cannot be fixed by a right one: its share of the gain is lost. Where a change
    goes from the wrong answer to the right one it even counts as broken: lost twice.
    """
    rest = found.cases - found.vouched
    if found.named or not rest:
        return ()
    who = f"Nobody is named to examine: {rest:,} cases come from people who proved reliable by agreeing with others."
    share = found.last.share if found.last is not None else None
    wrong = _GUESS if share is None else 1 - share
    least, most = GAIN * max(0.0, 1 - 2 * wrong), GAIN * (1 - wrong)
    shows = f"a gain of {GAIN:g} points shows as {least:.1f} to {most:.1f}"
    told = f"If one in ten answers is wrong, {shows}." if share is None else f"With {wrong:.0%} wrong, {shows}."
    check = f"Check {min(QUESTIONS, rest)} answers blind{_by(f'ratchet cases audit --agent {slug}', slug)}."
    return (f"{who} {told}", *_naming(found, slug=slug), check)


def _naming(found: Examination, *, slug: str) -> tuple[str, ...]:
    if found.named:
        return ()
    return (f"Name who may examine{_by(f'ratchet agent set {slug} trusted_authors+=NAME', slug)}.",)


def _due(found: Examination, *, slug: str) -> tuple[str, ...]:
    if not found.due:
        return ()
    count = "1 sealed case is" if found.due == 1 else f"{found.due} sealed cases are"
    return (f"{count} due for a blind audit{_by(f'ratchet cases audit --agent {slug} --due', slug)}.",)


def _by(command: str, slug: str) -> str:
    return f": {command}" if slug else ""

"""Search: how much each word of a question counts when an article is looked for, learned once for all articles."""

from collections.abc import Mapping, Sequence

from loop.change import texts
from loop.change.acceptance import LINE_MAX, check_words
from loop.change.footprint import Footprint
from loop.change.sections.row import Reason, Section, Step
from loop.errors import OperationRefused
from loop.records import SearchWeights, StakesLevel, WeightsTrial
from loop.text.counting import count

TERMS_MAX = 1_000
"""Words and runs of characters with a weight of their own: what a person can still look through, and four fifths of
what more of them would gain."""
LARGEST = 10.0
"""Most that is added to a word's weight of 1."""
STRONGEST = 12
"""Words named first, in each direction."""
_PER_LINE = 10


def strongest(weights: SearchWeights, *, most: int = STRONGEST) -> tuple[list[str], list[str]]:
    """Words that count more and words that count less, strongest first, at most so many of each."""
    ranked = sorted(weights.words.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    up = [word for word, change in ranked if change > 0]
    down = [word for word, change in ranked if change < 0]
    return up[:most], down[:most]


def trial_in_words(trial: WeightsTrial) -> str:
    """What the cross-validated trial found, as a sentence."""
    return (
        "Asked of weights learned without them, questions about articles it had learned nothing about: "
        f"{trial.untaught_won} newly found and {trial.untaught_lost} lost; about articles it had learned of from other "
        f"questions: {trial.taught_won} newly found and {trial.taught_lost} lost."
    )


def _words(weights: SearchWeights) -> str:
    if weights.is_empty and not weights.article_ids:
        return "Every word counts as it is."
    up, down = strongest(weights)
    lines = [
        f"Learned from {count(weights.corrections, 'question')} about {count(len(weights.article_ids), 'article')}, "
        f"weights held at 1 with a strength of {weights.strength:.15g}.",
        trial_in_words(weights.trial),
        f"Strongest upwards: {_told(up, weights.words)}.",
        f"Strongest downwards: {_told(down, weights.words)}.",
        "Every word with a weight of its own:",
        *_lines(weights.words),
        "Pieces of words (a dot stands for a space):",
        *_lines(weights.runs),
        "Articles learned from:",
        *_lined(weights.article_ids),
    ]
    return "\n".join(lines)


def _told(names: Sequence[str], of: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {_percent(of[name])}" for name in names) or "none"


def _lines(terms: Mapping[str, float]) -> list[str]:
    return _lined([f"{name.replace(' ', '·')} {_percent(terms[name])}" for name in sorted(terms)])


def _lined(told: Sequence[str]) -> list[str]:
    return [", ".join(told[start : start + _PER_LINE]) for start in range(0, len(told), _PER_LINE)]


def _percent(change: float) -> str:
    return f"{100 * change:+.12g} %"


def _check(weights: SearchWeights) -> None:
    """Refuse more weights than a person can look through, and any outside their range."""
    terms = (*weights.words.items(), *weights.runs.items())
    if len(terms) > TERMS_MAX:
        raise OperationRefused(
            f"{len(terms)} words have a weight of their own; the limit is {TERMS_MAX}.",
            field="weights.words",
            remedy="Keep the strongest.",
        )
    if not terms and weights != SearchWeights():
        raise OperationRefused(
            "No word has a weight, and yet something was learned.", field="weights.words", remedy="Leave all of it out."
        )
    for term, change in terms:
        check_words(term, field="weights.words")
        texts.check(term, field="weights.words", cap=LINE_MAX)
        if not -1 <= change <= LARGEST:
            raise OperationRefused(
                "A weight lies outside its range.",
                field="weights.words",
                remedy=f"Add between −1 (counts for nothing) and {LARGEST:.0f}.",
            )


def _summary(steps: Sequence[Step[SearchWeights]]) -> str:
    new = steps[0].new
    if new is None or new.is_empty:
        return "Let every word count as it is in the search"
    return f"Weigh {count(len(new.words) + len(new.runs), 'word')} anew in the search of articles"


def _footprint(weights: SearchWeights) -> Footprint:
    """The articles learned from; without a word about them, everything may be taught."""
    if weights.is_empty:
        return Footprint()
    return Footprint(article_ids=frozenset(weights.article_ids), is_everything=not weights.article_ids)


SEARCH: Section[SearchWeights] = Section(
    name="search",
    label="Search",
    noun="search weight",
    words=_words,
    title=lambda _: "Search",
    check=_check,
    summary=_summary,
    says=lambda _: (),
    stakes=lambda _: [Reason(StakesLevel.MEDIUM, "Changes how every question finds its article.")],
    footprint=_footprint,
    fields=(),
    draft=None,
)

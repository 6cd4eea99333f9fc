"""What a file seems to lack, or to hold in vain: said before anything is written, so that nothing is lost silently."""

from collections.abc import Collection, Mapping, Sequence

from loop.collect.build import RowRecords
from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.guessing.lexicon import header_score
from loop.collect.files.guessing.profiles import Profile
from loop.collect.files.importers import Importer
from loop.collect.files.moments import moment_of, small_numbers
from loop.collect.files.ratings import number_in
from loop.collect.files.shapes import NOTHING
from loop.records import FeedbackKind
from loop.text.spelling import quote

_CALLED = 0.9
"""Header score from which a column is called like the field, whatever it holds."""
_VALUES = 1 / 3
"""Share of cells of a header that are dates or numbers from which it is no header; one is enough beside a sentence."""
_NAMED = 60
"""Characters a name of a column has at most."""


def without_names(columns: Sequence[str], *, is_told: bool) -> list[Doubt]:
    """A first line that holds values: its row would be lost, and no column would have a name."""
    named = [column for column in columns if column.strip()]
    values = [column for column in named if _is_value(column)]
    has_sentence = any(len(column) > _NAMED or column.rstrip().endswith(("?", "!")) for column in named)
    if is_told or not values or (len(values) < _VALUES * len(named) and not has_sentence):
        return []
    says = f"The first line seems to hold values, not names of columns, such as {quote(values[0], limit=30)}."
    return [Doubt("header", says, "Put a line of names above it, or --map question=COLUMN", stops=True)]


def _is_value(name: str) -> bool:
    is_time = small_numbers(name) is not None or moment_of(name, order="day") is not None
    return is_time or number_in(name) is not None


def held_in_vain(profiles: Mapping[str, Profile], *, used: Collection[str], known: Collection[str]) -> list[Doubt]:
    """Columns that are called like a rating or a time and hold something else."""
    doubts = []
    for name, kind, flag in (
        ("rating", "a rating", "--map rating={}, and --unrated WORD for what is none"),
        ("at", "a time", "Write times such as 2026-03-31 14:05"),
    ):
        if name in known:
            continue
        called = [path for path in profiles if path not in used and header_score(name, path) >= _CALLED]
        for path in called[:1]:
            values = list(profiles[path].values)
            if values:
                shown = ", ".join(quote(value, limit=20) for value in values[:3])
                says = f"{path} is called like {kind}, but too much in it is none: {shown}. It is kept beside."
                doubts.append(Doubt(name, says, flag.format(path)))
    return doubts


def without_judgement(
    importer: Importer, *, n_rated: int, arriving: Sequence[RowRecords], profiles: Mapping[str, Profile]
) -> list[Doubt]:
    """Runs of which nothing says how they ended, and tickets in which nothing is known as the agent's."""
    shapes = {rule.becomes for rule in importer.rows if rule.becomes != NOTHING}
    doubts = []
    if "trajectories" in shapes and not n_rated:
        maybe = [path for path, one in profiles.items() if _may_judge(path, one)]
        hint = f" It may be {' or '.join(maybe[:3])}." if maybe else ""
        says = f"No column says how a run ended: the runs are kept and teach nothing.{hint}"
        doubts.append(Doubt("reward", says, f"--map reward={maybe[0] if len(maybe) == 1 else 'COLUMN'}"))
    if "tickets" in shapes and arriving and not any(one.answer for made in arriving for one in made.interactions):
        said = [item for made in arriving for item in made.feedback if item.kind is FeedbackKind.TAKEOVER]
        if said:
            shown = ", ".join(sorted({item.author for item in said})[:3])
            says = f"No message is known as the agent's: all answers count as people's, here {shown}."
            doubts.append(Doubt("bot", says, "--map bot:=ID"))
    return doubts


def _may_judge(path: str, one: Profile) -> bool:
    """Whether a column may say how a run ended: a rating, or one of a few words; never a number of the run."""
    is_judgement = one.is_rating or (one.is_class and not one.is_id) or (one.is_class and len(one.values) <= 6)
    return is_judgement and header_score("id", path) < 0.6

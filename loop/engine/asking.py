"""How the engine asks versions: through the memory of answers, whole or a batch at a time."""

from collections.abc import Iterable
from typing import NamedTuple

from loop import evaluate
from loop.ports import Ask, Parts


class Wanted(NamedTuple):
    """Cases one version has not answered yet."""

    digest: str
    """Of the version's bundle."""
    case_ids: tuple[str, ...]


class Batch(NamedTuple):
    """What asking a batch came to."""

    answered: int
    """Answers that are kept now, those kept before included."""
    failed: int
    """Questions that failed by themselves."""


def ask_of(parts: Parts) -> Ask:
    """How these parts are asked: what they bring, else the memory over their store."""
    return parts.ask or evaluate.AnswerMemory(parts.store, parts.answerers).ask


def ask_batch(parts: Parts, wanted: Wanted) -> Batch:
    """Have a version answer some cases and keep the answers. Idempotent: what is kept is not asked again.

    Cases that were retired meanwhile are left out. Raises ModelFailed, NotFound.
    """
    cases = list(parts.store.cases_by_id(wanted.case_ids).values())
    answers = ask_of(parts)(parts.store.bundle(wanted.digest), cases)
    failed = sum(answer.method == "failed" for answer in answers.values())
    return Batch(answered=len(answers) - failed, failed=failed)


def missing(parts: Parts, digest: str, case_ids: Iterable[str]) -> Wanted:
    """Those a version has not answered yet, in the order given."""
    ids = list(dict.fromkeys(case_ids))
    known = parts.store.answers(digest, ids)
    return Wanted(digest=digest, case_ids=tuple(key for key in ids if key not in known))

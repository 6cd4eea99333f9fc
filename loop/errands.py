"""What a worker does for people who wait on a page, put together: versions to ask, and the check of the record."""

from collections.abc import Callable

from loop import wiring
from loop.jobs import ErrandRunner
from loop.ports import Clock
from loop.ports.probes import RecordFindings
from loop.records.probes import CheckFault
from loop.settings import Settings
from storage.anchors import read_anchors
from storage.connecting import reading
from storage.database import Database
from storage.inspection import inspect


def make_errands(
    settings: Settings, database: Database, *, report: Callable[[str], None], clock: Clock = wiring.utc_now
) -> Callable[[], None]:
    """One look of a worker for what people wait for on a page: questions to versions, checks of the record."""
    runner = ErrandRunner(
        database.errands,
        parts=wiring.desks(settings, database, clock=clock),
        check=lambda slug: check_record(settings, database, slug),
        report=report,
        clock=clock,
    )
    return runner.look


def check_record(settings: Settings, database: Database, slug: str) -> RecordFindings:
    """What following everything of an agent back to its journal finds: minutes on a million rows. For a worker."""
    with reading(database.engine) as connection:
        found = inspect(connection, slug, anchors=read_anchors(wiring.anchor_file(settings.database_url)))
    faults = [CheckFault(subject=one.subject, what=one.what, repair=one.repair) for one in found.faults]
    return RecordFindings(
        entries=found.entries,
        signed=found.signed,
        rows=found.rows,
        anchors=found.anchors,
        faults=tuple(faults),
        notes=found.notes,
    )

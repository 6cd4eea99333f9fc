"""Errands: what a person waits for on a page, done within seconds by any worker: a question, a check of the record.

Beside the queues of durable work, which a test may fill for minutes. An errand is a row that is taken with a lease,
and what it leads to is kept under its own key: taken twice, it costs nothing twice.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from loop import engine
from loop.errors import RatchetError, StoreUnavailable
from loop.ports import Clock, Parts
from loop.ports.probes import Errand, Errands, RecordFindings
from loop.records.probes import RecordCheck

AT_ONCE = 4
"""Errands of one worker at a time."""
PATIENCE = timedelta(minutes=5)
"""After which another worker takes one: longer than any model is waited for."""
FAULTS_KEPT = 50
"""Faults of a check that are kept one by one."""
_GIVEN_UP = "The worker died while at it, several times in a row."
_log = logging.getLogger("ratchet.jobs")


class ErrandRunner:
    """Takes errands and does them, a few at a time."""

    def __init__(
        self,
        errands: Errands,
        *,
        parts: Callable[[str], Parts],
        check: Callable[[str], RecordFindings],
        report: Callable[[str], None],
        clock: Clock,
    ) -> None:
        """`check`: follows everything of an agent back to its journal. `report`: takes one line for the log."""
        self._errands = errands
        self._parts = parts
        self._check = check
        self._report = report
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="errand")
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def look(self) -> None:
        """Begin what waits, as far as there are hands for it. Raises StoreUnavailable."""
        hands = 0
        while hands < AT_ONCE and self._free.acquire(blocking=False):
            hands += 1
        try:
            taken = self._errands.take(self._clock(), patience=PATIENCE, limit=hands) if hands else []
        except BaseException:
            taken = []
            raise
        finally:
            for _ in range(hands - len(taken)):
                self._free.release()
        for errand in taken:
            self._pool.submit(self._run, errand)

    def close(self) -> None:
        """Wait for what runs."""
        self._pool.shutdown(wait=True)

    def _run(self, errand: Errand) -> None:
        try:
            parts = self._parts(errand.agent)
            if errand.kind == "probe":
                self._answer(parts, errand)
            else:
                self._check_record(parts, errand)
        except Exception as error:  # it is taken again when the patience with this worker ends
            _log.warning("An errand of %s failed and is tried again.", errand.agent, exc_info=error)
        finally:
            self._free.release()

    def _answer(self, parts: Parts, errand: Errand) -> None:
        probe = parts.store.probe(errand.id)
        if probe is None or probe.ended_at is not None:
            return
        reason = _GIVEN_UP
        if not errand.is_given_up:
            try:
                parts.checkpoint("probe:before")
                probe = engine.answer_probe(parts, probe)
                parts.checkpoint("probe:after")
                reason = ""
            except StoreUnavailable:
                raise
            except Exception as error:
                reason = self._in_words(error, f"{errand.agent}: a tried question")
        if reason:
            probe = probe.model_copy(update={"reason": reason, "ended_at": parts.clock()})
        parts.store.end_probe(probe)

    def _check_record(self, parts: Parts, errand: Errand) -> None:
        asked = parts.store.record_check()
        if asked is None or asked.ended_at is not None:
            return
        if errand.is_given_up:
            ended = {"reason": _GIVEN_UP, "ended_at": parts.clock()}
        else:
            try:
                ended = _told(self._check(errand.agent)) | {"reason": ""}
                ended |= {"ended_at": parts.clock(), "found_at": parts.clock()}
            except StoreUnavailable:
                raise
            except Exception as error:
                reason = self._in_words(error, f"{errand.agent}: the check of the record")
                ended = {"reason": reason, "ended_at": parts.clock()}
        check: RecordCheck = asked.model_copy(update=ended)
        parts.store.end_record_check(check)
        self._report(f"{errand.agent}: the record was checked, {check.n_faults} things do not follow.")

    def _in_words(self, error: Exception, what: str) -> str:
        if isinstance(error, RatchetError):
            return str(error)
        _log.error("%s met a defect.", what, exc_info=error)
        return f"It met a defect ({type(error).__name__}); the log says where."


def _told(found: RecordFindings) -> dict[str, object]:
    return found._asdict() | {"faults": found.faults[:FAULTS_KEPT], "n_faults": len(found.faults)}

"""The engine: reads what a stage needs, calls the stage, commits what it made. One file a stage, by its name.

turn      the five stages in order        collect · validate · update · test · deploy    a stage each
rebase    open proposals onto a new head  measure   versions on cases they never learned from
asking    versions, through the memory   journal   what the engine says
probing   a person's question to versions
counting  daily aggregates by increments  improvement  the manager's page, kept
idleness  whether there is anything to do  recheck   everything kept, made again from the log and compared
"""

from loop.engine.asking import Batch, CaseRequest, ask_batch, memory_of, spent_until
from loop.engine.deploy import apply_due
from loop.engine.probing import answer_probe
from loop.engine.recheck import recheck
from loop.engine.test import conclude_test, due_tests
from loop.engine.turn import STAGES, Begun, begin, end, run_stage, turn

__all__ = [
    "STAGES",
    "Batch",
    "Begun",
    "CaseRequest",
    "answer_probe",
    "apply_due",
    "ask_batch",
    "begin",
    "conclude_test",
    "due_tests",
    "end",
    "memory_of",
    "recheck",
    "run_stage",
    "spent_until",
    "turn",
]

"""The engine: reads what a stage needs, calls the stage, commits what it made. One file a stage, by its name.

turn      the five stages in order        collect · validate · update · test · deploy    a stage each
rebase    open proposals onto a new head  measure   versions on cases they never learned from
journal   what the engine says            settled   whether there is anything to do
recheck   everything kept, made again from the log and compared
"""

from loop.engine.deploy import apply_due
from loop.engine.recheck import recheck
from loop.engine.turn import STAGES, run_stage, turn

__all__ = ["STAGES", "apply_due", "recheck", "run_stage", "turn"]

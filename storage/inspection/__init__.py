"""The audit: what is stored against what the journal says was written.

walk   every row that decides, the journal and its anchors    versions   every version's chain
arrivals   what arrived                                        columns    what repeats a body beside it
copies     a backup, opened without writing to it
"""

from storage.inspection.copies import open_copy
from storage.inspection.walk import REBUILD, Fault, Inspection, damage, inspect, strays

__all__ = ["REBUILD", "Fault", "Inspection", "damage", "inspect", "open_copy", "strays"]

"""The audit: what is stored against what the journal says was written.

walk   every row that decides, the journal and its anchors    versions   every version's chain
arrivals   what arrived                                        copies     a backup, opened without writing to it
"""

from storage.inspection.copies import open_copy
from storage.inspection.walk import Fault, Inspection, damage, inspect, strays

__all__ = ["Fault", "Inspection", "damage", "inspect", "open_copy", "strays"]

"""Collect: what happened. Files and other doors become interactions and feedback, fit to store.

read          a file → batches of records           presets.py    the kinds of file we know
step          records of any door → fit to store    formats.py    CSV, JSON Lines, JSON, Parquet
messages_of   an episode → its chat messages        redact.py     secrets, personal data, hidden characters
"""

from loop.collect.fitting import Collected, Refused
from loop.collect.intake import Options, Parsed, read, step
from loop.collect.presets import PRESETS, Preset
from loop.collect.redact import Masker, Redacted, Redaction, redact_text
from loop.collect.rows import Row, RowError
from loop.collect.trajectories import messages_of

__all__ = [
    "PRESETS",
    "Collected",
    "Masker",
    "Options",
    "Parsed",
    "Preset",
    "Redacted",
    "Redaction",
    "Refused",
    "Row",
    "RowError",
    "messages_of",
    "read",
    "redact_text",
    "step",
]

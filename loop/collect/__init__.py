"""Collect: what happened. Files and other doors become interactions and feedback, fit to store.

read          a file → batches of records           presets.py    the kinds of file we know
step          records of any door → fit to store    formats.py    CSV, JSON Lines, JSON, Parquet
messages_of   an episode → its chat messages        redact.py     secrets, personal data, hidden characters
"""

from loop.collect.files.intake import Options, Parsed, read, step
from loop.collect.files.presets import PRESETS, Preset
from loop.collect.files.rows import Row, RowError
from loop.collect.files.trajectories import messages_of
from loop.collect.sanitize import Collected, Refused
from loop.text.redaction import Masker, Redacted, Redaction, redact_text

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

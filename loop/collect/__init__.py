"""Collect: ingest what happened. Every door hands its records to `receive`, which stores each of them once.

receive.py    the one way in: role, sanitising, append, journal     files/intake.py    a stream → batches of records
sanitize.py   validation, naming and redaction of any record        files/presets.py   the kinds of file we know
identity.py   stable ids and pseudonyms                             files/formats.py   CSV, JSON Lines, JSON, Parquet
build.py      a row's cells → interactions and feedback             files/fields.py    which column is which
                                                                      files/cases.py     a row → a case handed in
"""

from loop.collect.deliveries import Delivery, Prepared, added, dropped, prepare
from loop.collect.files.cases import read_cases
from loop.collect.files.intake import Batch, Options, read
from loop.collect.files.presets import PRESETS, Preset
from loop.collect.files.rows import RowError
from loop.collect.orders import orders_in
from loop.collect.receive import Door, FileReceipt, Receipt, receive, receive_file
from loop.collect.sanitize import Refused, Sanitized, sanitize
from loop.text.redaction import Redaction

__all__ = [
    "PRESETS",
    "Batch",
    "Delivery",
    "Door",
    "FileReceipt",
    "Options",
    "Prepared",
    "Preset",
    "Receipt",
    "Redaction",
    "Refused",
    "RowError",
    "Sanitized",
    "added",
    "dropped",
    "orders_in",
    "prepare",
    "read",
    "read_cases",
    "receive",
    "receive_file",
    "sanitize",
]

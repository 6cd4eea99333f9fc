"""Collect: ingest what happened. Every door hands its records to `receive`, which stores each of them once.

receive.py    the one way in: role, sanitising, append, journal     files/intake.py     a stream → batches of records
sanitize.py   validation, naming and redaction of any record        files/importers.py  kinds of file, as data
identity.py   stable ids and pseudonyms                             files/shapes.py     what a row can become
build.py      a row's cells → interactions and feedback             files/formats.py    CSV, JSON Lines, JSON, Parquet
                                                                    files/fields.py     what a cell may hold
                                                                    files/guessing/     the import that guesses
                                                                    files/cases.py      a row → a case handed in
chat/         calls of OpenAI and Anthropic clients, as they travel
connectors/   pages of other tools' REST APIs; imported where they are asked, for the same reason as:
otlp/         traces and log events; imported where they are received, since reading protobuf takes time to load
"""

from loop.collect import api, chat
from loop.collect.build import RowRecords
from loop.collect.deliveries import Delivery, PreparedDelivery, Unfit, add_captures, dropped_capture, prepare
from loop.collect.files.cases import read_cases
from loop.collect.files.guessing.look import FileHints, Look, look
from loop.collect.files.guessing.making import GUESSED
from loop.collect.files.importers import Importer, importer_from_toml
from loop.collect.files.intake import Batch, read_batches
from loop.collect.files.layout import ENCODINGS, Layout
from loop.collect.files.reading import Options
from loop.collect.files.rows import RowError
from loop.collect.files.shapes import SHAPES
from loop.collect.files.shipped import importer, shipped_importers
from loop.collect.files.shipped import text_of as importer_text
from loop.collect.files.writing import importer_toml
from loop.collect.identity import stored_names
from loop.collect.orders import orders_in
from loop.collect.receive import Door, FileReceipt, Receipt, receive, receive_file
from loop.collect.sanitize import RefusedRecord, SanitizedBatch, sanitize
from loop.text.redaction import Redaction

__all__ = [
    "ENCODINGS",
    "GUESSED",
    "SHAPES",
    "Batch",
    "Delivery",
    "Door",
    "FileHints",
    "FileReceipt",
    "Importer",
    "Layout",
    "Look",
    "Options",
    "PreparedDelivery",
    "Receipt",
    "Redaction",
    "RefusedRecord",
    "RowError",
    "RowRecords",
    "SanitizedBatch",
    "Unfit",
    "add_captures",
    "api",
    "chat",
    "connectors",
    "dropped_capture",
    "importer",
    "importer_from_toml",
    "importer_text",
    "importer_toml",
    "look",
    "orders_in",
    "otlp",
    "prepare",
    "read_batches",
    "read_cases",
    "receive",
    "receive_file",
    "sanitize",
    "shipped_importers",
    "stored_names",
]

"""The envelope of OTLP/HTTP: which encoding, packed or not, and what the sender is told.

The answer comes in the encoding of the question. A 200 that names rejected items is never sent again, so it is given
for what can never be read; what may work later is a 429 or 503 with Retry-After.
"""

import json
import zlib
from collections.abc import Sequence
from typing import Literal, TypeAlias

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from loop.errors import InvalidInput

Signal: TypeAlias = Literal["traces", "logs"]
Encoding: TypeAlias = Literal["application/x-protobuf", "application/json"]

PROTOBUF: Encoding = "application/x-protobuf"
JSON: Encoding = "application/json"

INFLATED_MAX = 8 * 1024 * 1024
"""Bytes a body may have once it is unpacked."""


class TooLarge(InvalidInput):
    """The body is more than is read: send smaller batches."""


def encoding_of(content_type: str) -> Encoding:
    """The encoding a Content-Type names; parameters are ignored. Raises InvalidInput for any other."""
    match content_type.partition(";")[0].strip().lower():
        case "application/x-protobuf" | "application/protobuf":
            return PROTOBUF
        case "application/json":
            return JSON
        case _:
            raise InvalidInput(f"OTLP comes as {PROTOBUF} or {JSON}.", field="content-type")


def inflate(body: bytes, content_encoding: str, *, most: int = INFLATED_MAX) -> bytes:
    """The body unpacked, never more than `most` bytes of it. Raises TooLarge, InvalidInput."""
    match content_encoding.strip().lower():
        case "" | "identity":
            plain = body
        case "gzip":
            plain = _gunzip(body, most=most)
        case _:
            raise InvalidInput("OTLP comes plain or packed with gzip.", field="content-encoding")
    if len(plain) > most:
        raise TooLarge(f"The unpacked body has more than {most:,} bytes; send smaller batches.", field="body")
    return plain


def success(*, signal: Signal, encoding: Encoding, rejected: Sequence[str] = (), warning: str = "") -> bytes:
    """The body of a 200: empty when everything was taken, else how many were not and why; then nobody sends again.

    A `warning` beside a count of none is OTLP's way to say what the sender should change.
    """
    count, words = len(rejected), " ".join(dict.fromkeys([*rejected, *([warning] if warning else [])]))[:1000]
    if encoding == JSON:
        name = "rejectedSpans" if signal == "traces" else "rejectedLogRecords"
        said = {"partialSuccess": {name: str(count), "errorMessage": words}} if words else {}
        return json.dumps(said).encode()
    if signal == "traces":
        traces = ExportTraceServiceResponse()
        if words:
            traces.partial_success.rejected_spans = count
            traces.partial_success.error_message = words
        return traces.SerializeToString()
    logs = ExportLogsServiceResponse()
    if words:
        logs.partial_success.rejected_log_records = count
        logs.partial_success.error_message = words
    return logs.SerializeToString()


def failure(message: str, *, encoding: Encoding) -> bytes:
    """The body of a 4xx or 5xx: a `google.rpc.Status` with the message."""
    if encoding == JSON:
        return json.dumps({"message": message}).encode()
    return Status(message=message).SerializeToString()  # field 2, as in google.rpc.Status


def _gunzip(body: bytes, *, most: int) -> bytes:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(body, most + 1)
        if len(plain) <= most and not unpacker.eof:
            raise InvalidInput("The packed body is cut off.", field="body")
    except zlib.error:
        raise InvalidInput("The body is not gzip.", field="body") from None
    return plain

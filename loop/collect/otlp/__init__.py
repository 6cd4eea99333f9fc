"""OTLP: traces and log events of agents → interactions with their steps, and feedback. Pure.

envelope.py    encodings, unpacking, what the sender is told     parts.py       parts and judgements, as they wait
wire.py        a body → spans and events                         reading.py     spans and events → parts, judgements
dialects.py    what a span tells, in three dialects              judgements.py  evaluations and annotations
messages.py    chat messages of any shape                        targets.py     what a judgement is about
values.py      attribute values                                  assembly.py    the parts of a trace → an interaction
"""

from loop.collect.otlp.assembly import assemble
from loop.collect.otlp.envelope import JSON, Encoding, Signal, TooLarge, encoding_of, failure, inflate, success
from loop.collect.otlp.parts import Judgement, Part, mask_part
from loop.collect.otlp.reading import WORDLESS, Reading, RoutedRecord, choose_agent, read_export
from loop.collect.otlp.targets import Sender, TargetOutcome, resolve_targets
from loop.collect.otlp.wire import decode

__all__ = [
    "JSON",
    "WORDLESS",
    "Encoding",
    "Judgement",
    "Part",
    "Reading",
    "RoutedRecord",
    "Sender",
    "Signal",
    "TargetOutcome",
    "TooLarge",
    "assemble",
    "choose_agent",
    "decode",
    "encoding_of",
    "failure",
    "inflate",
    "mask_part",
    "read_export",
    "resolve_targets",
    "success",
]

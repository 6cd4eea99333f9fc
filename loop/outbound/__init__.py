"""What calls out on the operator's order: their own agent at its endpoint, webhooks, files, git folders, other tools.

destinations.py  where to, from the operator's file only      endpoint.py  the operator's own agent, called
webhooks.py      signed messages                              files.py     a file, a git folder
courier.py       who has to be told what, and when again
notifying.py     what people are told, and when     channels.py    chat webhooks, digest mail
notice_words.py  in which words
sources.py       another tool's API, asked                    pulling.py     its traces, pulled (imported where needed)

Addresses come from the operator's own file or command, never from a version, a proposal or a row of the database.
"""

from loop.outbound.courier import Courier
from loop.outbound.destinations import (
    Destinations,
    EndpointTarget,
    FileTarget,
    GitTarget,
    Outbound,
    SourceTarget,
    WebhookTarget,
)
from loop.outbound.endpoint import HttpEndpoint
from loop.outbound.files import live_text
from loop.outbound.webhooks import new_secret, signature

__all__ = [
    "Courier",
    "Destinations",
    "EndpointTarget",
    "FileTarget",
    "GitTarget",
    "HttpEndpoint",
    "Outbound",
    "SourceTarget",
    "WebhookTarget",
    "live_text",
    "new_secret",
    "signature",
]

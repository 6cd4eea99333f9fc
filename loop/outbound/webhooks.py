"""Signed webhooks (Standard Webhooks: HMAC-SHA256 over id, timestamp and body): that a version went live.

The message names the version by number and digest and holds nothing of its content. It may come more than once:
`webhook-id` is the idempotency key, the same at every try.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import datetime

from loop.errors import InvalidInput
from loop.llm.connections import Connections
from loop.llm.retrying import CallFailed
from loop.outbound.destinations import WebhookTarget, place_of, secret_of
from loop.records import Announcement

TIMEOUT = 10.0
"""Seconds a receiver has to answer: it should take the message and work on it later."""
_PREFIX = "whsec_"


def new_secret() -> str:
    """256 bits nobody can guess, as receivers' libraries take it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, *, key: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: version 1, over `key.timestamp.body`. Raises InvalidInput for a bad secret."""
    try:
        raw = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        raise InvalidInput("The webhook's secret is not base64.", field="secret", remedy="Make a new one.") from None
    signed = hmac.new(raw, f"{key}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def message_of(announcement: Announcement) -> bytes:
    """The body: the same at every try."""
    data = announcement.model_dump(mode="json", include={"agent", "number", "digest", "kind", "from_number"})
    told = {"type": "version.live", "timestamp": announcement.at.isoformat(), "data": data}
    return json.dumps(told, separators=(",", ":")).encode()


def send(name: str, target: WebhookTarget, announcement: Announcement, *, now: datetime) -> None:
    """One try. Raises CallFailed unless the receiver answers 2xx; RatchetError when it cannot be tried at all."""
    body, timestamp = message_of(announcement), int(now.timestamp())
    secret = secret_of(target.secret, what=f"the webhook {name}")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": announcement.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, key=announcement.id, timestamp=timestamp, body=body),
    }
    place = place_of("the webhook", name)
    connections = Connections(target.url, timeout=TIMEOUT, place=place, may_lead_inside=target.may_lead_inside)
    try:
        reply = connections.post(connections.path or "/", body, headers)
    finally:
        connections.close()
    if not 200 <= reply.status < 300:
        raise CallFailed("status", status=reply.status)

"""Channels people read: an incoming webhook as Slack, Mattermost and others take it, and plain mail over SMTP."""

import hashlib
import json
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

from loop.errors import InvalidInput
from loop.llm import checked_endpoint
from loop.llm.address import Place, is_this_machine
from loop.llm.connections import Connections
from loop.llm.retrying import CallFailed
from loop.records.notices import NOTICE_KINDS, NoticeKind
from loop.settings import Settings
from loop.text.counting import count

TIMEOUT = 15.0
"""Seconds one message may take."""
_SINGLE = 3
"""Lines up to which a webhook gets a message each; more come in one."""
_LISTED = 20
"""Lines of one message, at most."""
_AT_SLACK = Place(
    "The webhook for notices", field="RATCHET_NOTIFY_WEBHOOK", remedy="Use https://…, or http:// to this machine."
)


@dataclass(frozen=True)
class Line:
    """One notice, ready to be sent."""

    key: str
    """Idempotency key."""
    text: str
    url: str


class Channel(Protocol):
    """Takes lines. A second time with the same lines means the same: whoever reads can tell by the key."""

    name: str
    pause_minutes: float
    """How long lines that are not urgent wait for others to go with them."""

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        """Send them all. Raises CallFailed, InvalidInput."""
        ...


class ChatWebhook:
    """An incoming webhook: `{"text": …}` by POST. Its address is a secret.

    Lines hold words of ours and an address, so nothing in them is escaped: receivers differ in what they take back.
    """

    name = "webhook"
    pause_minutes = 0.0

    def __init__(self, url: str, *, may_lead_inside: bool = False) -> None:
        """Raises InvalidInput for an address that is not allowed."""
        self._url = checked_endpoint(url, place=_AT_SLACK)
        self._may_lead_inside = may_lead_inside

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        """One message a line, or one for many."""
        del now
        groups = [[one] for one in lines] if len(lines) <= _SINGLE else [list(lines)]
        connections = Connections(self._url, timeout=TIMEOUT, place=_AT_SLACK, may_lead_inside=self._may_lead_inside)
        try:
            for group in groups:
                body = json.dumps({"text": "\n".join(_listed(group))}).encode()
                headers = {"Content-Type": "application/json", "Idempotency-Key": _key_of(group)}
                reply = connections.post(connections.path or "/", body, headers)
                if not 200 <= reply.status < 300:
                    raise CallFailed("status", status=reply.status)
        finally:
            connections.close()


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    """`none` only to this machine."""
    user: str
    password: str

    @classmethod
    def read(cls, url: str) -> "MailServer":
        """From `smtps://USER:PASSWORD@HOST`, `smtp+starttls://…` or `smtp://127.0.0.1`. Raises InvalidInput."""
        kinds: dict[str, tuple[Literal["tls", "starttls", "none"], int]] = {
            "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587), "smtp": ("none", 25),
        }  # fmt: skip
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        if parts.scheme not in kinds or not host:
            raise InvalidInput(
                "The mail server cannot be used.",
                field="RATCHET_SMTP",
                remedy="Write smtps://USER:PASSWORD@HOST, or smtp+starttls://…",
            )
        security, usual = kinds[parts.scheme]
        if security == "none" and not is_this_machine(host):
            raise InvalidInput(
                "Mail goes in the clear to this machine only.",
                field="RATCHET_SMTP",
                remedy="Use smtps or smtp+starttls.",
            )
        return cls(host, port or usual, security, unquote(parts.username or ""), unquote(parts.password or ""))


class Mail:
    """Digest mail: plain text, one for everything that is due."""

    name = "mail"

    def __init__(
        self,
        server: MailServer,
        *,
        to: Sequence[str],
        sender: str,
        pause_minutes: float,
        context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`to`, `sender`: addresses. `pause_minutes`: how long lines wait for others. Raises InvalidInput."""
        for one in (*to, sender):
            if parseaddr(one)[1] != one or "@" not in one or any(letter in one for letter in "\r\n,;<> "):
                raise InvalidInput("A mail address cannot be used.", field="RATCHET_NOTIFY_MAIL")
        self.pause_minutes = pause_minutes
        self._server = server
        self._to = tuple(to)
        self._sender = sender
        self._context = context

    def send(self, lines: Sequence[Line], *, now: datetime) -> None:
        """One mail. Its Message-ID is the same at every try with these lines."""
        message = EmailMessage()
        message["Subject"] = (
            f"Ratchet: {lines[0].text}" if len(lines) == 1 else f"Ratchet: {count(len(lines), 'notice')}"
        )
        message["From"], message["To"] = self._sender, ", ".join(self._to)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{_key_of(lines)}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n\n".join(_listed(lines)) + "\n")
        try:
            with self._connect() as smtp:
                if self._server.user:
                    smtp.login(self._server.user, self._server.password)
                smtp.send_message(message)
        except (smtplib.SMTPException, OSError) as error:  # never the server's own words: they may quote the password
            raise CallFailed(type(error).__name__, is_lost=True) from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=self._context())
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        if server.security == "starttls":
            try:
                smtp.starttls(context=self._context())
            except BaseException:
                smtp.close()
                raise
        return smtp


def channels_of(settings: Settings) -> list[Channel]:
    """The channels the operator named; none where none is. Raises InvalidInput."""
    named: list[Channel] = []
    if hook := settings.notify_webhook.get_secret_value():
        named.append(ChatWebhook(hook, may_lead_inside=settings.notify_private))
    if to := _list(settings.notify_mail):
        server, sender = MailServer.read(settings.smtp.get_secret_value()), settings.notify_from.strip()
        named.append(Mail(server, to=to, sender=sender, pause_minutes=settings.notify_minutes))
    return named


def kinds_of(settings: Settings) -> list[NoticeKind]:
    """What the operator wants told; all of it where nothing is said. Raises InvalidInput."""
    wanted = _list(settings.notify_on)
    for one in wanted:
        if one not in NOTICE_KINDS:
            raise InvalidInput(
                f"There is no notice {one}.",
                field="RATCHET_NOTIFY_ON",
                remedy=f"Known are: {', '.join(NOTICE_KINDS)}.",
            )
    return [kind for kind in NOTICE_KINDS if not wanted or kind in wanted]


def _list(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _listed(lines: Sequence[Line]) -> list[str]:
    more = len(lines) - _LISTED
    return [f"{one.text} {one.url}" for one in lines[:_LISTED]] + ([f"And {more} more."] if more > 0 else [])


def _key_of(lines: Sequence[Line]) -> str:
    return hashlib.sha256("\n".join(sorted(one.key for one in lines)).encode()).hexdigest()[:32]

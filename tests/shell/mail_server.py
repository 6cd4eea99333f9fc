"""A real SMTP server on this machine: in the clear, with TLS, or with STARTTLS; it keeps what it gets."""

import base64
import contextlib
import datetime
import email
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Security = Literal["none", "tls", "starttls"]
USER, PASSWORD = "ratchet", "s3cret word"


@dataclass
class MailBox:
    """A running server and what it took."""

    port: int = 0
    authority: Path = Path()
    """Certificate to trust it by."""
    mails: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)
    """Commands that came without TLS."""
    refuses: bool = False
    """Whether mail is turned away for now."""


class _Threaded(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def certificate(folder: Path) -> tuple[Path, Path]:
    """A fresh certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


@contextmanager
def serve(folder: Path, security: Security) -> Iterator[MailBox]:
    """Listen on a free port until the block ends."""
    public, private = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    box = MailBox(authority=public)

    class Handler(socketserver.StreamRequestHandler):
        timeout = 30

        def handle(self) -> None:
            with contextlib.suppress(OSError, ssl.SSLError):
                self._talk()

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()
            self.request.close()

        def _talk(self) -> None:
            self.is_safe = security == "tls"
            if self.is_safe:
                self._wrap()
            self._say("220 here")
            to: list[str] = []
            while line := self.rfile.readline(10_000).decode().strip():
                verb = line.split(" ")[0].upper()
                if not self.is_safe:
                    box.clear.append(verb)
                if verb == "EHLO":
                    offers = ["127.0.0.1", *(["STARTTLS"] if security == "starttls" and not self.is_safe else [])]
                    offers += ["AUTH PLAIN"] if self.is_safe or security == "none" else []
                    for one in offers[:-1]:
                        self._say(f"250-{one}")
                    self._say(f"250 {offers[-1]}")
                elif verb == "STARTTLS":
                    self._say("220 go on")
                    self._wrap()
                    self.is_safe = True
                elif verb == "AUTH":
                    box.logins.append(base64.b64decode(line.split(" ")[2]).decode())
                    self._say("235 hello" if box.logins[-1] == f"\0{USER}\0{PASSWORD}" else f"535 not {PASSWORD}")
                elif verb == "MAIL":
                    self._say("451 later" if box.refuses else "250 fine")
                elif verb == "RCPT":
                    to.append(line.split("<")[1].split(">")[0])
                    self._say("250 fine")
                elif verb == "DATA":
                    self._say("354 go on")
                    lines: list[bytes] = []
                    while (got := self.rfile.readline(100_000)) not in (b".\r\n", b""):
                        lines.append(got.removeprefix(b".") if got.startswith(b"..") else got)
                    made = email.message_from_bytes(b"".join(lines), policy=policy.default)
                    assert isinstance(made, EmailMessage)
                    box.mails.append(made)
                    box.to.append(to)
                    self._say("250 kept")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 fine")

        def _wrap(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            self.rfile = self.request.makefile("rb")
            self.wfile = self.request.makefile("wb", buffering=0)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())
            self.wfile.flush()

    with _Threaded(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()

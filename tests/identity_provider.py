"""A real identity provider (OpenID Connect) on loopback, in a process of its own."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from tests.reaching import free_port, is_up

PATIENCE = 200


@dataclass(frozen=True)
class IdentityProvider:
    """Where it is asked, and what it says of whom."""

    address: str

    @property
    def metadata(self) -> str:
        """Its discovery document."""
        return f"{self.address}/.well-known/openid-configuration"

    def says(self, subject: str, **claims: object) -> None:
        """From now on it says this of somebody."""
        body = json.dumps(claims).encode()
        request = urllib.request.Request(
            f"{self.address}/users/{subject}", body, {"Content-Type": "application/json"}, method="PUT"
        )
        with urllib.request.urlopen(request, timeout=60):
            pass


@contextmanager
def identity_provider(*, seconds: int = 3600) -> Iterator[IdentityProvider]:
    """It runs until the block ends. `seconds`: how long its word holds."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "-p", str(port), "-e", str(seconds), "-n", "true"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(PATIENCE * 5):
            if is_up(f"http://127.0.0.1:{port}/.well-known/openid-configuration"):
                break
            Event().wait(0.2)
        # Another site than the desk, to a browser: `localhost` is not `127.0.0.1`.
        yield IdentityProvider(f"http://localhost:{port}")
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)

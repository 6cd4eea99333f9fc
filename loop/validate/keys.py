"""Keys of the firewall: short hashes of spelled texts."""

import hashlib

CLAIM = "claim"
"""Of the detector of claims that rest on nothing: what its findings and flags carry."""


def key_of(text: str) -> str:
    """A short hash of a spelled text; empty for the empty text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20] if text else ""

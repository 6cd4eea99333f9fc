"""Finds secrets in text: keys by their known prefix, tokens, private keys, and assignments that look random."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from loop.text.spans import Span

_KNOWN = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"sk-(?:proj-|svcacct-|admin-|ant-|or-)?[A-Za-z0-9_\-]{20,300}"  # OpenAI, Anthropic, OpenRouter
    r"|(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}"
    r"|gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_\-]{20,100}"
    r"|xox[abeprs]-[A-Za-z0-9\-]{10,250}|xapp-[A-Za-z0-9\-]{10,250}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{16,100}"
    r"|AIza[A-Za-z0-9_\-]{35}|ya29\.[A-Za-z0-9_\-]{20,300}|GOCSPX-[A-Za-z0-9_\-]{20,60}"
    r"|hf_[A-Za-z0-9]{30,60}|gsk_[A-Za-z0-9]{40,80}|xai-[A-Za-z0-9]{40,120}|r8_[A-Za-z0-9]{30,60}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{50,300}"
    r"|SG\.[A-Za-z0-9_\-]{16,40}\.[A-Za-z0-9_\-]{16,60}|key-[0-9a-f]{32}"
    r"|do[opr]_v1_[0-9a-f]{64}|shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}|dapi[0-9a-f]{32}"
    r"|(?:EAAA|sq0[a-z]{3}-)[A-Za-z0-9_\-]{22,80}"
    r"|[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}"  # Telegram
    r"|hooks\.slack\.com/services/[A-Za-z0-9/]{20,100}"
    r"|eyJ[A-Za-z0-9_\-]{8,4000}\.eyJ[A-Za-z0-9_\-]{8,8000}\.[A-Za-z0-9_\-]{4,2000}"  # JSON Web Token
    r")(?![A-Za-z0-9])"
)
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)[ \t]{1,4}([A-Za-z0-9._~+/\-]{16,4000}={0,2})")
_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r".{0,20000}?(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_IN_URL = re.compile(r"(?<=://)[^\s/:@⟨⟩]{1,100}:([^\s/@⟨⟩]{3,200})(?=@)")
_ASSIGNED = re.compile(
    r"(?i)(?<![a-z])(?P<name>pass(?:word|wd|phrase|code)|pwd|secret|token|api[ _\-]?key"
    r"|(?:access|secret|private|auth)[ _\-]?key|client[ _\-]?secret|credentials?)s?"
    r"(?:[\"'`]{0,2}\s{0,4}(?:[:=]{1,2}>?|\bis\b)\s{0,4}[\"'`]{0,2})"
    r"(?P<value>[^\s\"'`,;⟨⟩<>(){}\[\]]{6,500})"
)
_HINTS = (
    *(
        "sk-",
        "sk_",
        "rk_",
        "pk_",
        "akia",
        "asia",
        "aroa",
        "aida",
        "abia",
        "acca",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
    ),
    *("github_pat", "glpat", "gldt", "glrt", "glptt", "glcbt", "xox", "xapp", "whsec", "aiza", "ya29", "gocspx", "hf_"),
    *(
        "gsk_",
        "xai-",
        "r8_",
        "npm_",
        "pypi-",
        "sg.",
        "key",
        "_v1_",
        "shp",
        "dapi",
        "eaaa",
        "sq0",
        ":aa",
        "hooks.",
    ),
    *("eyj", "bearer", "basic", "private", "://", "pass", "pwd", "secret", "token", "credential"),
)
"""Every pattern contains one of these in lower case: looking for them first is ten times faster."""


def credentials_in(text: str) -> Iterator[Span]:
    """Where secrets are. Only the secret itself, not the word that names it."""
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return
    for match in _BLOCK.finditer(text):
        yield Span(match.start(), match.end(), "SECRET")
    for match in _KNOWN.finditer(text):
        yield Span(match.start(), match.end(), "SECRET")
    for pattern in (_BEARER, _IN_URL):
        for match in pattern.finditer(text):
            if pattern is _IN_URL or _looks_random(match.group(1), bits=3.0):
                yield Span(match.start(1), match.end(1), "SECRET")
    for match in _ASSIGNED.finditer(text):
        value = match.group("value").rstrip(".!?:")
        if _is_secret(match.group("name").lower(), value):
            yield Span(match.start("value"), match.start("value") + len(value), "SECRET")


def _is_secret(name: str, value: str) -> bool:
    """A password mixes kinds of characters; a key or token is also long and random."""
    if len(value) < 6 or "://" in value:
        return False
    if name.startswith(("pass", "pwd")):
        kinds = sum(any(test(letter) for letter in value) for test in (str.islower, str.isupper, str.isdigit))
        return kinds + any(not letter.isalnum() for letter in value.strip("-_.")) >= 2 and not value.isalpha()
    return _looks_random(value, bits=3.0)


def _looks_random(value: str, *, bits: float) -> bool:
    """Twelve characters or more, letters with digits, and at least `bits` of Shannon entropy per character."""
    if len(value) < 12 or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) >= bits

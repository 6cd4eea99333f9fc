"""Secrets in text, in one list: keys by their known prefix, tokens, private keys, and assignments that look random.

What is masked before it is stored and what may not enter a version are the same.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from loop.text.hints import holds_any


class Secret(NamedTuple):
    """A secret's place in its text, never the secret."""

    start: int
    end: int
    kind: str
    """What it seems to be, in words that follow “seems to hold”."""


_KNOWN = (
    (
        "a provider key",
        r"sk-(?=[A-Za-z_\-]*\d)[A-Za-z0-9_\-]{16,300}"  # OpenAI, Anthropic, OpenRouter
        r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{16,100}"
        r"|hf_[A-Za-z0-9]{30,60}|gsk_[A-Za-z0-9]{40,80}|xai-[A-Za-z0-9]{40,120}|r8_[A-Za-z0-9]{30,60}"
        r"|SG\.[A-Za-z0-9_\-]{16,40}\.[A-Za-z0-9_\-]{16,60}|key-[0-9a-f]{32}"
        r"|shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}|(?:EAAA|sq0[a-z]{3}-)[A-Za-z0-9_\-]{22,80}",
    ),
    (
        "a cloud key",
        r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}"
        r"|AIza[A-Za-z0-9_\-]{35}|ya29\.[A-Za-z0-9_\-]{20,300}|GOCSPX-[A-Za-z0-9_\-]{20,60}"
        r"|do[opr]_v1_[0-9a-f]{64}|dapi[0-9a-f]{32}",
    ),
    (
        "an access token",
        r"gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}"
        r"|gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_\-]{18,250}"
        r"|xox[abeprs]-[A-Za-z0-9\-]{10,250}|xapp-[A-Za-z0-9\-]{10,250}"
        r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{50,300}"
        r"|[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}"  # Telegram
        r"|hooks\.slack\.com/services/[A-Za-z0-9/]{20,100}",
    ),
    ("a signed token", r"eyJ[A-Za-z0-9_\-]{8,4000}\.[A-Za-z0-9_\-]{8,8000}\.[A-Za-z0-9_\-]{4,2000}"),  # JSON Web Token
)
_KINDS = tuple(kind for kind, _ in _KNOWN)
_PREFIXED = re.compile("(?<![A-Za-z0-9_])(?:" + "|".join(f"({pattern})" for _, pattern in _KNOWN) + ")(?![A-Za-z0-9])")
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)[ \t]{1,4}([A-Za-z0-9._~+/\-]{16,4000}={0,2})")
_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r".{0,20000}?(?:-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_IN_URL = re.compile(r"(?<=://)[^\s/:@⟨⟩]{1,100}:([^\s/@⟨⟩]{3,200})(?=@)")
_IN_QUERY = re.compile(
    r"(?i)[?&](?:sig|(?:x-(?:amz|goog)-)?signature|access_token|api_?key|token|key)=([^\s&#\"'<>⟨⟩]{16,500})"
)
_UNMARKED = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
"""AWS secrets have no mark of their own: forty characters of base 64. A hash in hexadecimal has no capitals."""
_ASSIGNED = re.compile(
    r"(?i)(?<![a-z])(?P<name>pass(?:word|wd|phrase|code|wort)|pwd?|kennwort|mot de passe|contraseña|secret|token"
    r"|api[ _\-]?key|account[ _\-]?key"
    r"|(?:access|secret|private|auth)[ _\-]?key|client[ _\-]?secret|credentials?)s?"
    r"(?:[\"'`]{0,2}\s{0,4}(?:[:=]{1,2}>?|\b(?:is|ist|lautet|est|es)\b)\s{0,4}[\"'`]{0,2})"
    r"(?P<value>[^\s\"'`,;⟨⟩<>(){}\[\]]{6,500})"
)
_RULE = re.compile(
    r"(?i)(?:^|[\W_])(?:min|max|minimum|maximum|at[\W_]?least|characters?|chars?|letters?|digits?|required|optional|mindestens"
    r"|zeichen|caractères|caracteres|caratteri|tekens)(?:$|[\W_\d])"
)
"""What a password must be like, not what it is."""
_HINTS = (
    "sk-", "sk_", "rk_", "pk_", "akia", "asia", "aroa", "aida", "abia", "acca", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
    "github_pat", "glpat", "gldt", "glrt", "glptt", "glcbt", "xox", "xapp", "whsec", "aiza", "ya29", "gocspx", "hf_",
    "gsk_", "xai-", "r8_", "npm_", "pypi-", "sg.", "key", "_v1_", "shp", "dapi", "eaaa", "sq0", ":aa", "hooks.", "eyj",
    "bearer", "basic", "private", "://", "pass", "pw", "kennwort", "contraseña", "secret", "token", "credential",
    "signature=", "sig=",
)  # fmt: skip
"""Every pattern contains one of these in lower case: looking for them first is ten times faster."""


def find_secrets(text: str) -> Iterator[Secret]:
    """Where secrets are. Only the secret itself, not the word that names it. Places may overlap."""
    if len(text) >= 40 and max(map(len, text.split()), default=0) >= 40:
        for match in _UNMARKED.finditer(text):
            if _kinds(match.group()) == 3 and _looks_random(match.group(), bits=4.2):
                yield Secret(match.start(), match.end(), "a cloud key")
    low = text.lower()
    if not holds_any(low, _HINTS):
        return
    for match in _BLOCK.finditer(text):
        yield Secret(match.start(), match.end(), "a private key")
    for match in _PREFIXED.finditer(text):
        yield Secret(match.start(), match.end(), _KINDS[(match.lastindex or 1) - 1])
    for match in _BEARER.finditer(text):
        if _looks_random(match.group(1), bits=3.0):
            yield Secret(match.start(1), match.end(1), "an access token")
    for match in _IN_URL.finditer(text):
        yield Secret(match.start(1), match.end(1), "a password in an address")
    for match in _IN_QUERY.finditer(text):
        if _looks_random(match.group(1), bits=3.0):
            yield Secret(match.start(1), match.end(1), "a signed address")
    for match in _ASSIGNED.finditer(text):
        value = match.group("value").rstrip(".!?:")
        name = match.group("name").lower()
        if _is_secret(name, value):
            kind = "a password" if _names_password(name) else "a key or token"
            yield Secret(match.start("value"), match.start("value") + len(value), kind)


def _is_secret(name: str, value: str) -> bool:
    """A password mixes kinds of characters and states no rule; a key or token is also long and random."""
    if len(value) < 6 or "://" in value or _RULE.search(value):
        return False
    if _names_password(name):
        return _kinds(value) + any(not letter.isalnum() for letter in value.strip("-_.")) >= 2 and not value.isalpha()
    return _looks_random(value, bits=3.0)


def _kinds(value: str) -> int:
    """How many there are of lower case, upper case and digits."""
    return sum(any(test(letter) for letter in value) for test in (str.islower, str.isupper, str.isdigit))


def _names_password(name: str) -> bool:
    return name.startswith(("pass", "pw", "kenn", "mot", "contra"))


def _looks_random(value: str, *, bits: float) -> bool:
    """Twelve characters or more, letters with digits, and at least `bits` of Shannon entropy per character."""
    if len(value) < 12 or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) >= bits

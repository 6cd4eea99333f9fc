"""Guesses which list of a row holds its messages, and who is who in them: customer, agent, person."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.guessing.lexicon import header_score
from loop.collect.files.guessing.profiles import Profile, profiles_of
from loop.collect.files.paths import word_of
from loop.collect.files.tickets import ROLES

_CHAT_WORDS = "user assistant system tool human ai gpt function developer model observation"
_CHAT = frozenset(_CHAT_WORDS.split())
_MOST = 2000


class Thread(NamedTuple):
    """The list of a row that holds its messages."""

    path: str
    is_chat: bool
    """Whether they are a run of an agent: user and assistant, with tools."""
    columns: dict[str, str]
    """Where in a message text, role, author and time lie, by our field."""
    words: dict[str, dict[str, str]]
    """What words in a message mean, by our field."""
    doubts: tuple[Doubt, ...]


def thread_in(profiles: Mapping[str, Profile]) -> Thread | None:
    """The messages of a row; None where no list looks like it."""
    for path, profile in profiles.items():
        if profile.share(profile.lists) < 0.5 or not profile.filled:
            continue
        messages = [item for value in profile.samples if isinstance(value, list) for item in value][:_MOST]
        found = _thread(path, messages)
        if found is not None:
            return found
    return None


def _thread(path: str, messages: list[dict[str, Any]]) -> Thread | None:
    inner = profiles_of(message for message in messages if isinstance(message, dict))
    text = _best(inner, "message.text", lambda one: one.mean >= 6 and one.share(one.spaced) >= 0.3)
    calls = any("tool_calls" in message or "function_call" in message for message in messages)
    role = _best(inner, "message.role", lambda one: one.filled > 0 and len(one.values) <= 20 and one.mean <= 40)
    roles = {word_of(value) for value in inner[role].values} if role else set()
    if role and roles <= _CHAT and roles & {"user", "human"}:
        return Thread(path, True, {}, {}, ())
    if text is None or calls:
        return None
    columns = {"message.text": text}
    words: dict[str, dict[str, str]] = {}
    incoming = next((name for name in _INCOMING if name in inner), None)
    if role:
        columns["message.role"] = role
    elif incoming:
        columns["message.role"], words = incoming, {"message.role": {"true": "customer", "false": "agent"}}
    for name in ("message.author", "message.at", "message.hidden"):
        free = {inside: one for inside, one in inner.items() if inside not in columns.values()}
        found = _best(free, name, _PLAUSIBLE[name])
        if found:
            columns[name] = found
    doubts = _doubts(inner[role], path=path) if role else () if incoming else (_silent(path),)
    return Thread(path, False, columns, words, doubts)


_INCOMING = ("incoming", "inbound", "is_incoming", "from_customer", "is_customer")
_PLAUSIBLE = {
    "message.author": lambda one: one.is_name and one.filled > 0,
    "message.at": lambda one: one.is_time,
    "message.hidden": lambda one: one.share(one.truths) == 1 and one.filled > 0,
}


def _best(profiles: Mapping[str, Profile], name: str, fits: Any) -> str | None:
    scored = [(header_score(name, path), path) for path, one in profiles.items() if fits(one)]
    best = max(scored, key=lambda one: one[0], default=(0.0, ""))
    return best[1] if best[0] > 0.3 else None


def _silent(path: str) -> Doubt:
    remedy = "--map message.role=FIELD, or --map requester=COLUMN with --map message.author=FIELD"
    return Doubt("messages", f"Nothing in {path} says who wrote a message.", remedy, stops=True)


def _doubts(role: Profile, *, path: str) -> tuple[Doubt, ...]:
    """What is unsure of the words that say who wrote a message."""
    words = list(dict.fromkeys(word_of(value).replace(" ", "_") for value in role.values))
    shown = ", ".join(words[:5])
    if not any(ROLES.get(word) == "customer" for word in words):
        says = f"Who wrote a message of {path} is said as {shown}: none of these is the customer."
        remedy = 'An importer with [rows.words."message.role"]: ratchet import show tickets'
        return (Doubt("messages", says, remedy, stops=True),)
    strange = [word for word in words if word and word not in ROLES]
    doubts = [Doubt("messages", f"Messages by {', '.join(strange[:5])} are taken as a person's.",
                    f"--map bot:={strange[0]}")] if strange else []  # fmt: skip
    if "agent" in words and not any(ROLES.get(word) == "agent" for word in words):
        says = "Messages by agent are taken as a person's, so they are takeovers."
        doubts.append(Doubt("messages", says, "--map bot:=agent"))
    return tuple(doubts)

"""Who may do what: one table, one question. Every write by a person passes `check` first."""

from typing import Literal, TypeAlias

from loop.errors import NotAllowed
from loop.records import Actor, Role, StakesLevel

Action: TypeAlias = Literal[
    "read",
    "correct",
    "judge_feedback",
    "draft",
    "decide",
    "decide_high",
    "examine",
    "roll_back",
    "import",
    "set_up",
    "read_raw",
    "people",
]

_VIEWER: frozenset[Action] = frozenset({"read"})
_CORRECTOR: frozenset[Action] = frozenset({*_VIEWER, "correct", "draft"})
_REVIEWER: frozenset[Action] = frozenset({*_CORRECTOR, "judge_feedback", "decide", "roll_back"})
_APPROVER: frozenset[Action] = frozenset({*_REVIEWER, "decide_high", "examine"})
_ADMIN: frozenset[Action] = frozenset({*_APPROVER, "import", "set_up", "read_raw", "people"})

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.CORRECTOR: _CORRECTOR,
    Role.REVIEWER: _REVIEWER,
    Role.APPROVER: _APPROVER,
    Role.ADMIN: _ADMIN,
    Role.ENGINE: frozenset({"read", "import"}),
}


_IN_WORDS: dict[Action, str] = {
    "decide_high": "approve a change of high stakes",
    "judge_feedback": "judge feedback",
    "read_raw": "read raw text",
    "people": "say who may do what",
}
"""What an action is called where its name is no verb of plain English."""


def may(actor: Actor, action: Action) -> bool:
    """Whether the actor's role allows the action."""
    return action in ALLOWED[actor.role]


def check(actor: Actor, action: Action) -> None:
    """Raises NotAllowed, naming a role that may."""
    if may(actor, action):
        return
    act = _IN_WORDS.get(action, action.replace("_", " "))
    raise NotAllowed(f"{actor.name} ({actor.role.value}) may not {act}.", remedy=who_may(action))


def who_may(action: Action) -> str:
    """Whom to ask for it, in a sentence."""
    least = next(role for role in Role if role is not Role.ENGINE and action in ALLOWED[role])
    return f"Ask somebody with the role {least.value}{'' if least is Role.ADMIN else ' or above'}."


def check_decision(actor: Actor, *, level: StakesLevel, authors: tuple[str, ...], verb: str) -> None:
    """Whether the actor may decide a proposal of these stakes and authors. Raises NotAllowed.

    High stakes need the approver role. Nobody approves what they wrote, except a single operator,
    whose decision record says so.
    """
    check(actor, "decide_high" if level is StakesLevel.HIGH and verb == "approve" else "decide")
    if verb == "approve" and actor.name in authors and not actor.is_single_operator:
        raise NotAllowed(
            f"{actor.name} wrote this change and may not approve it.", remedy="Another reviewer has to decide."
        )

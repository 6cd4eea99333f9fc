"""Settings of an agent: explained, planned, checked and set, one setting or limit after the other."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from loop import limits, roles, validate
from loop.change.acceptance import LINE_MAX
from loop.change.texts import check
from loop.desk.setting_table import SETTING_TEXTS
from loop.errors import Conflict, InvalidInput
from loop.limits import CASES_READ
from loop.ports import Agents, Parts
from loop.records import Actor, Agent, JournalAction, Limits, Note, Record, Split, digest

_OF_AGENT = ("name", "task", "mode", "grading", "trusted_authors", "stakes_words", "own_contacts", "facts")
"""Fields of an agent that may be set later; the limits are all of `Limits`."""
_SENTENCES = frozenset({"facts"})
"""Lists whose entries are sentences: a comma does not part them."""
_SPELLED = frozenset({"mode", "grading"})
"""Written into the journal as they are, like limits; of the others the journal holds a digest."""
_SENTENCE = "sentences, one at a time: += adds one, -= takes one out, = keeps this one only"
_EXPLAINED = "See what each may be: ratchet agent set {} --explain"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "maxLength": "at most {} characters",
}


class Setting(Record):
    """One setting or limit of an agent, explained."""

    key: str
    name: str
    """In plain words."""
    meaning: str
    """In a sentence or two."""
    choices: tuple[str, ...] = ()
    """The values it takes; empty: not only some."""
    is_list: bool = False
    allowed: str
    """What values it takes, in words; empty: any text."""
    default: str
    value: str
    """Of this agent, now."""


def change_settings(
    agents: Agents,
    parts: Parts,
    *,
    actor: Actor,
    settings: Iterable[str],
    shown: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, tuple[str, str]]:
    """Set what `KEY=VALUE` says, all or nothing; of each setting that changed, how it was and how it is.

    A list takes `KEY+=ONE` and `KEY-=ONE` besides. Idempotent: what has its value already changes nothing and is
    not in the journal. What is stored keeps its identity: no version, case, report or digest depends on a setting.
    `shown`: the changes a person was shown before (`plan_settings`); others are not made.
    Raises NotAllowed; InvalidInput naming the key and the remedy; Conflict when somebody else set something meanwhile.
    """
    roles.check(actor, "set_up")
    was, now, changed = plan_settings(parts, settings)
    if shown is not None and changed != dict(shown):
        raise Conflict("Somebody else set something of this agent meanwhile.", remedy="Look again, then set it.")
    if not changed:
        return {}
    told = {
        key: f"{old} → {new}" if key in Limits.model_fields or key in _SPELLED else digest(new)
        for key, (old, new) in changed.items()
    }
    note = Note(actor=actor.name, action=JournalAction.SET_AGENT, subject=was.slug, digests=told, at=parts.clock())
    agents.change_agent(now, was=was, note=note)
    return changed


class SettingsPlan(NamedTuple):
    """What some settings would come to."""

    was: Agent
    now: Agent
    changed: dict[str, tuple[str, str]]
    """By key: how it is, how it would be."""


def plan_settings(parts: Parts, settings: Iterable[str]) -> SettingsPlan:
    """What `KEY=VALUE` would change, checked, and nothing written. Raises InvalidInput, Conflict."""
    was = parts.store.agent
    now = _validated(was, _requested(was, settings))
    _check_detectors(now)
    before, after = _values(was), _values(now)
    changed = {key: (before[key], after[key]) for key in after if before[key] != after[key]}
    if "grading" in changed:
        _check_ungraded(parts, was)
    for fact in now.facts:
        check(fact, field="facts", cap=LINE_MAX)
    return SettingsPlan(was, now, changed)


def explained_settings(agent: Agent) -> tuple[Setting, ...]:
    """Every setting and limit with its meaning, what it may be, its default and its value."""
    values, defaults = _values(agent), _values(Agent(slug=agent.slug, name=agent.slug, created_at=agent.created_at))
    return tuple(
        Setting(
            key=key,
            name=SETTING_TEXTS[key].name,
            meaning=SETTING_TEXTS[key].meaning,
            choices=tuple(map(str, schema.get("enum", ()))),
            is_list=schema.get("type") == "array",
            allowed=_SENTENCE if key in _SENTENCES else _allowed(schema),
            default=defaults[key] if key != "name" else "the slug",
            value=values[key],
        )
        for key, schema in _schemas().items()
    )


def limits_in_force(parts: Parts) -> dict[str, str]:
    """By the name of each limit that nobody set, what follows from the agent's classes and cases now, in words."""
    store = parts.store
    newest = store.newest_cases([Split.LOG], limit=CASES_READ)
    return limits.in_force(
        store.agent.limits,
        is_vouched=bool(store.agent.trusted_authors),
        classes=limits.classes_of(store.bundle(store.head().digest), cases=newest),
        sealed=store.count_cases(Split.SEALED),
    )


def consequences(changed: Iterable[str]) -> tuple[str, ...]:
    """What a change of these settings does to what is stored, a sentence each."""
    keys = set(changed)
    told = []
    if keys & {"trusted_authors", "grading", "min_sources", "dev_share", "sealed_share", "detectors_off"}:
        told.append("All feedback is judged again at the next turn.")
    if keys & {"dev_share", "sealed_share"}:
        told.append("Cases keep the split they have; the new shares hold for whoever is seen from now on.")
    if "own_contacts" in keys:
        told.append("What was masked before stays masked; what comes from now on keeps these.")
    if "facts" in keys:
        told.append("What corrections say is held against the facts at the next turn.")
    if keys - {"name", "task"}:
        told.append("It holds from the next turn on; changes that wait keep the verdict they were tested with.")
    return tuple(told)


# steps -------------------------------------------------------------------------------------------------------------
def _schemas() -> dict[str, dict[str, Any]]:
    """By key, the JSON schema of its field: what a record takes, this follows."""
    of_agent, of_limits = Agent.model_json_schema(), Limits.model_json_schema()
    shared = of_agent.get("$defs", {})
    found = {key: of_agent["properties"][key] for key in _OF_AGENT} | of_limits["properties"]
    return {key: _resolved(schema, shared | of_limits.get("$defs", {})) for key, schema in found.items()}


def _resolved(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    named = schema.get("$ref", "").rpartition("/")[2]
    return {**shared.get(named, {}), **schema}


def _allowed(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return "a list, separated by commas, or none; += adds one, -= takes one out"
    kinds = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}
    alternatives = [schema, *schema.get("anyOf", ())]
    kind = next((kinds[one["type"]] for one in alternatives if one.get("type") in kinds), "")
    told = [words.format(one[name]) for one in alternatives for name, words in _BOUNDS.items() if name in one]
    empty = ["or none"] if any(one.get("type") == "null" for one in alternatives) else []
    return ", ".join(filter(None, [kind, *told, *empty]))


def _values(agent: Agent) -> dict[str, str]:
    """By key, each value as a person would write it."""
    spoken = {key: getattr(agent, key) for key in _OF_AGENT}
    spoken |= {key: getattr(agent.limits, key) for key in Limits.model_fields}
    return {key: _spelled(value, between=" · " if key in _SENTENCES else ",") for key, value in spoken.items()}


def _spelled(value: object, *, between: str) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case tuple():
            return between.join(map(str, value)) or "none"
        case _:
            return str(value)


def _requested(agent: Agent, settings: Iterable[str]) -> dict[str, Any]:
    """By key, the value that is asked for, not yet checked."""
    schemas, requested = _schemas(), dict[str, Any]()
    for setting in settings:
        left, sign, text = setting.partition("=")
        key = left.rstrip("+-").strip().removeprefix("limits.")
        if not sign or key not in schemas:
            raise InvalidInput(
                f"There is no setting {key}." if sign else "A setting is written KEY=VALUE.",
                field=key,
                remedy=f"Known are: {', '.join(schemas)}.",
            )
        verb = left.strip()[-1]
        is_list = schemas[key].get("type") == "array"
        if verb in "+-" and not is_list:
            raise InvalidInput(f"{key} is not a list.", field=key, remedy=f"Write {key}=VALUE.")
        pieces = [text] if key in _SENTENCES else text.split(",")
        some = tuple(part for one in pieces if (part := one.strip()))
        some = () if verb not in "+-" and text.strip().lower() == "none" else some
        if is_list:
            holder = agent.limits if key in Limits.model_fields else agent
            present: tuple[str, ...] = requested.get(key, getattr(holder, key))
            kept = () if verb not in "+-" else tuple(one for one in present if one not in some)
            requested[key] = kept if verb == "-" else tuple(dict.fromkeys((*kept, *some)))
        else:
            may_be_empty = any(one.get("type") == "null" for one in schemas[key].get("anyOf", ()))
            requested[key] = None if may_be_empty and text.strip().lower() == "none" else text.strip()
    return requested


def _validated(agent: Agent, requested: Mapping[str, Any]) -> Agent:
    limited = agent.limits.model_dump() | {key: one for key, one in requested.items() if key in Limits.model_fields}
    rest = {key: one for key, one in requested.items() if key not in Limits.model_fields}
    try:
        return Agent.model_validate(agent.model_dump() | rest | {"limits": limited})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        key = next((str(part) for part in reversed(first["loc"]) if isinstance(part, str)), "")
        raise InvalidInput(
            f"{key} cannot be that: {first['msg'][:1].lower()}{first['msg'][1:]}.",
            field=key,
            remedy=_EXPLAINED.format(agent.slug),
        ) from None


def _check_detectors(agent: Agent) -> None:
    """A detector that does not exist would be off without anybody noticing that the real one is on."""
    for name in agent.limits.detectors_off:
        if name not in validate.DETECTORS:
            raise InvalidInput(
                f"There is no detector {name}.",
                field="detectors_off",
                remedy=f"Known are: {', '.join(validate.DETECTORS)}.",
            )


def _check_ungraded(parts: Parts, agent: Agent) -> None:
    """Cases say what is right in the terms of one grading; under another they would all be wrong."""
    n = sum(parts.store.count_cases(split) for split in Split)
    if n:
        raise Conflict(
            f"{n} cases of {agent.slug} are graded by {agent.grading.value}; under another grading none is right.",
            remedy="Make another agent with that grading, and import into it.",
        )

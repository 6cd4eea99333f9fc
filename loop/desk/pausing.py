"""Pause and resume the loop of one agent: the brake that stops everything that goes by itself. And try again what was
set aside."""

from loop import roles
from loop.desk.cases import note_on
from loop.desk.wording import checked_words
from loop.errors import InvalidInput, NotFound
from loop.ports import Agents, Parts
from loop.records import Actor, Changes, JournalAction, digest


def pause_loop(agents: Agents, parts: Parts, *, actor: Actor, reason: str) -> bool:
    """Stop everything that goes by itself; whoever may take a release back may. Whether it ran until now.

    Raises NotAllowed; InvalidInput without a reason; Conflict when somebody else set something meanwhile.
    """
    roles.check(actor, "roll_back")
    return _set(agents, parts, actor=actor, reason=reason, is_paused=True)


def resume_loop(agents: Agents, parts: Parts, *, actor: Actor, reason: str) -> bool:
    """Let the loop go on; the next turn does what has waited. Whether it stood until now. Raises like `pause_loop`."""
    roles.check(actor, "set_up")
    return _set(agents, parts, actor=actor, reason=reason, is_paused=False)


def retry_job(parts: Parts, job_id: str, *, actor: Actor) -> None:
    """Have work that was set aside tried again, from the start: by the worker that looks next.

    Raises NotAllowed; NotFound when it is not set aside any more.
    """
    roles.check(actor, "roll_back")
    job = next((one for one in parts.store.failed_jobs() if one.id == job_id and one.retry_at is None), None)
    if job is None:
        raise NotFound("This work is not set aside any more.")
    parts.store.keep_failed_job(job.tried_again(parts.clock()))
    parts.store.commit(Changes(notes=(note_on(parts, JournalAction.RETRY_JOB, subject=job.id, actor=actor),)))


def _set(agents: Agents, parts: Parts, *, actor: Actor, reason: str, is_paused: bool) -> bool:
    if not reason.strip():
        raise InvalidInput("This needs a reason.", field="reason", remedy="Say why in a sentence.")
    was = parts.store.agent
    if was.limits.is_paused is is_paused:
        return False
    now = was.model_copy(update={"limits": was.limits.model_copy(update={"is_paused": is_paused})})
    action = JournalAction.PAUSE_LOOP if is_paused else JournalAction.RESUME_LOOP
    note = note_on(parts, action, subject=was.slug, actor=actor, reason=digest(checked_words(reason)))
    agents.change_agent(now, was=was, note=note)
    return True

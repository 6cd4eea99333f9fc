"""How little a judgement rests on while nobody is vouched for: said as it is, in a turn and on the first screen."""

from loop.ports import Knowledge
from loop.records import Agent, Grading
from loop.validate.fits import BELIEVED, ENOUGH, OTHERS, stored_fit
from loop.validate.work import Work

_KNOWN_ENOUGH = 10
"""Known answers per label from which newcomers and slips are told from honest people as well as they will be."""


def thinness(agent: Agent, known: Knowledge) -> str:
    """What judging feedback rests on while nobody is vouched for, as a sentence; empty where that is enough."""
    if agent.trusted_authors or agent.grading is Grading.TEXT:
        return ""
    work = Work(agent=agent, known=known, now=agent.created_at, keys=())
    believed, others = stored_fit(work, BELIEVED), stored_fit(work, OTHERS)
    labels = len(known.kept("totals", ["given"]).get("given", {"choices": {}})["choices"])
    people = sum(one.standing == "proven" for one, _ in known.standings().values())
    n = believed.n if believed is not None else 0
    remedy = f"Trust somebody: ratchet agent set {agent.slug} trusted_authors+=NAME"
    if n >= max(ENOUGH, _KNOWN_ENOUGH * labels):
        return ""
    if n >= ENOUGH:
        return (
            f"Feedback is judged by {n:,} corrections of {people} people with a record, and nobody is vouched for: "
            f"thin for {labels:,} labels, so about half of the slips pass. {remedy}"
        )
    if others is not None and others.n >= ENOUGH:
        return (
            f"Nobody is vouched for and nobody has a record yet: feedback is judged by what {others.n:,} corrections "
            f"of everybody have in common. That is thin. {remedy}"
        )
    return f"Nobody is vouched for, and too little was said yet to judge feedback by. {remedy}"

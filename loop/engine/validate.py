"""The stage validate: the firewall's worklist, level by level, each piece read at one moment and committed once."""

from collections import Counter

from loop import validate
from loop.engine.journal import StageTally, note
from loop.engine.panel import count_firewall
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Parts
from loop.records import LEVELS, Changes, Derived, Due, JournalAction, Kept, Level, digest

PIECE = 1_000
"""Keys of one step, where a level names no smaller number."""
TOPICS_TOLD = 5
"""Emerging topics a turn names, at most; Today lists them."""
MOST_PIECES = 2_000
"""Pieces of one turn: a bound on its work; what is left goes on in the next."""


def judge_feedback(parts: Parts, tally: StageTally) -> None:
    """Work off what is due, lowest level first: the cost is that of what is new and what it touches.

    Every piece is one commit, so a kill loses one piece, and the keys of the piece are still due. A piece may give
    work to higher levels only, and to its own when a model was fitted again.
    """
    _rebuild_where_rules_changed(parts, tally)
    ground = ground_in_force(parts)
    _look_again_where_ground_changed(parts, tally, ground)
    counted: Counter[str] = Counter()
    topics: dict[str, None] = {}
    pieces = 0
    for level in LEVELS:
        while pieces < MOST_PIECES and (due := parts.store.due(level, limit=validate.PIECES.get(level, PIECE))):
            found = _piece(parts, level, due, ground)
            counted.update(_counts(found))
            topics |= dict.fromkeys(found.topics)
            pieces += 1
    tally.words += [f"Emerging topic: {one}" for one in [*topics][:TOPICS_TOLD]]
    if counted and (thin := validate.thinness(parts.store.agent, parts.store)):
        tally.why.append(thin)
    tally.counts.update({name: n for name, n in sorted(counted.items()) if n})
    if pieces >= MOST_PIECES:
        tally.words.append("More feedback waits to be looked at than one turn takes; the next turn goes on.")
    if counted and not parts.store.agent.trusted_authors and not sum(map(parts.store.count_cases, HIDDEN_SPLITS)):
        tally.why.append(
            "Nothing examines this agent, so no change can be proved: nobody is trusted, and nobody has a record long "
            f"enough. Trust somebody: ratchet agent set {parts.store.agent.slug} trusted_authors+=NAME"
        )
    count_firewall(parts)
    if any(counted.values()):
        parts.store.commit(
            Changes(
                notes=(
                    note(parts, JournalAction.VALIDATE_FEEDBACK, subject=parts.store.agent.slug, counts=tally.counts),
                )
            )
        )


def rules_digest(parts: Parts) -> str:
    """Of what decides about all feedback: our rules, the agent's settings, and the cases that people vouched for."""
    agent = parts.store.agent
    limits = agent.limits
    shares = [limits.min_sources, limits.dev_share, limits.sealed_share]
    anchors = [handed_in] if (handed_in := parts.store.anchors_digest()) else []
    off = [["off", *sorted(limits.detectors_off)]] if limits.detectors_off else []
    return digest([validate.RULES, agent.trusted_authors, agent.grading, shares, parts.seed, *anchors, *off])


def _rebuild_where_rules_changed(parts: Parts, tally: StageTally) -> None:
    """Judge everything again where what decides about all feedback changed: the agent's settings, or our own rules."""
    store, rules = parts.store, rules_digest(parts)
    stored = store.kept("rules", ["firewall"]).get("firewall")
    if stored is not None and stored["digest"] == rules:
        return
    if stored is not None:
        store.rebuild()
        tally.words.append("What decides about feedback changed, so all of it is judged again.")
    store.commit(Changes(derived=Derived(kept=(Kept("rules", "firewall", {"digest": rules}),))))


def ground_in_force(parts: Parts) -> validate.Ground:
    """What the agent's own texts say now: those of the live version and the operator's facts."""
    return validate.ground_of(parts.store.agent, parts.store.bundle(parts.store.head().digest))


def _look_again_where_ground_changed(parts: Parts, tally: StageTally, ground: validate.Ground) -> None:
    """Corrected texts are judged again where the texts they are held against changed, as with an article."""
    stored = parts.store.kept("ground", ["texts"]).get("texts")
    if stored is not None and stored["digest"] == ground.digest:
        return
    people = parts.store.kept("teller") if stored is not None else {}
    ids = {one.feedback_id for one in parts.store.sayings("person", people)}
    if ids:
        tally.words.append("The agent's own texts changed, so what corrections say is held against them again.")
    parts.store.commit(
        Changes(
            derived=Derived(
                kept=(Kept("ground", "texts", {"digest": ground.digest}),),
                due=tuple(("saying", key) for key in sorted(ids)),
            )
        )
    )


def _piece(parts: Parts, level: Level, due: list[Due], ground: validate.Ground) -> validate.Findings:
    store = parts.store
    work = validate.Work(
        agent=store.agent,
        known=store,
        now=parts.clock(),
        keys=tuple(one.key for one in due),
        seed=parts.seed,
        ground=ground,
    )
    found = validate.step(level, work)
    parts.checkpoint("validate:commit")
    store.commit(
        Changes(
            flags=found.flags,
            feedback_moves=tuple(found.moves),
            issues=tuple(found.issues),
            cases=tuple(found.cases),
            retired_cases=tuple(found.retired),
            derived=found.derived(level, due),
        )
    )
    return found


def _counts(found: validate.Findings) -> Counter[str]:
    counted = Counter(move.now.value for move in found.moves)
    counted["new_issues"] = found.new_issues
    counted["new_cases"] = len(found.cases)
    counted["retired_cases"] = len(found.retired)
    return counted

"""What a turn of drafting considered and why it proposed nothing, a sentence for each proposer."""

from collections.abc import Iterable, Mapping

from loop.records import Proposer

LOOKED_AT: Mapping[Proposer, str] = {
    Proposer.UNLEARNING: "{n} learned examples whose feedback may no longer teach",
    Proposer.EXAMPLES: "{n} known-good answers for a bundle of examples",
    Proposer.RULES: "{n} conditions for a rule",
    Proposer.KNOWLEDGE: "{n} corrections for articles that are missing, stale, hard to find, to split or to merge",
    Proposer.SEARCH: "{n} questions whose right article is known, for the search",
    Proposer.WORDING: "{n} edits for a habit of wording",
    Proposer.REFLECTION: "{n} corrected answers for an edit of the instructions",
}
"""What each proposer weighs; every machine proposer has its line."""
_NONE: Mapping[Proposer, str] = {
    Proposer.UNLEARNING: "Nothing that was taught rests on feedback that was taken back.",
    Proposer.EXAMPLES: "Too few of them would mend a known case without breaking another.",
    Proposer.RULES: "None surely decides right for what it covers.",
    Proposer.KNOWLEDGE: "Too few people say the same of any one article or gap.",
    Proposer.SEARCH: "Nothing new follows from them.",
    Proposer.WORDING: "No edit was made by enough people.",
    Proposer.REFLECTION: "The model suggested none.",
}
"""Why there is no idea, where the proposer gave no reason of its own."""
_TITLES: Mapping[Proposer, str] = {
    Proposer.UNLEARNING: "Unlearning",
    Proposer.EXAMPLES: "Examples",
    Proposer.RULES: "Rules",
    Proposer.KNOWLEDGE: "Articles",
    Proposer.SEARCH: "Search",
    Proposer.WORDING: "Wording",
    Proposer.REFLECTION: "Instructions",
}


def tell(
    considered: Mapping[Proposer, int], *, with_ideas: Iterable[Proposer], reasons: Iterable[Proposer]
) -> list[str]:
    """What was weighed, in one sentence, then why each proposer that weighed something has no idea.

    `reasons`: proposers that gave one of their own, which is told elsewhere.
    """
    weighed = [LOOKED_AT[name].format(n=f"{n:,}") for name, n in considered.items() if n]
    silent = set(with_ideas) | set(reasons)
    told = [f"Considered: {'; '.join(weighed)}." if weighed else "There was nothing to consider."]
    return told + [because(name, _NONE[name]) for name, n in considered.items() if n and name not in silent]


def because(name: Proposer, reason: str) -> str:
    """A reason under the name of what it is about."""
    return f"{_TITLES.get(name, name.value)}: {reason}"

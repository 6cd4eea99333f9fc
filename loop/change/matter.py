"""The matter of a change in the customer's terms: “refunds take 5 days, not 10 to 14”, never “learn 7 examples”."""

from collections import Counter
from collections.abc import Sequence

from loop.change.clash import new_texts, replaced, rivals, span, told
from loop.change.sections.row import TITLE_MAX, shorten
from loop.records import Bundle, ChangeExamples, EditInstructions, Operation, UpsertArticle
from loop.records.cards import Clash
from loop.text.claims import Claim, claims_of
from loop.text.counting import count

_SHORTEST = 24
"""Characters of a sentence that are quoted in a title, at least."""


def matter_of(operations: Sequence[Operation], *, base: Bundle, candidate: Bundle) -> str:
    """What customers are told from now on, as an order: short enough for a title; empty where another title says more.

    The sentence most of the new texts share comes first, one with facts before others, with how many say it, and what
    it takes the place of as “not …”; what it only stands against stays live (`clashes`).
    """
    if not all(isinstance(one, ChangeExamples | EditInstructions | UpsertArticle) for one in operations):
        return ""
    fresh = new_texts(base, candidate)
    claims: dict[str, Claim] = {}
    counted: Counter[str] = Counter()
    for said in fresh:
        mine = {one.key: one for one in claims_of(said.text) if not one.is_small_talk}
        claims |= mine
        counted.update(mine.keys())
    if not claims:
        return _labels(operations)
    against = {one.against: one for one in reversed(replaced(base, candidate))}
    best = max(
        claims,
        key=lambda key: (claims[key].text in against, counted[key], bool(claims[key].facts), -len(claims[key].text)),
    )
    claim = claims[best]
    clash = against.get(claim.text)
    if clash is None and not all(isinstance(one, ChangeExamples) for one in operations):
        return ""  # an instruction is no sentence to a customer, and an article has a title
    is_gone = clash is not None and not _stays(clash, candidate)
    instead = f", not {_opposite(claim, clash)}" if clash is not None and is_gone else ""
    many = f" (in {counted[best]} of {len(fresh)} texts)" if len(fresh) > 1 else ""
    room = TITLE_MAX - len(f"Say “”{instead}{many}")
    return shorten(f"Say {_plain(claim.text, most=max(room, _SHORTEST))}{instead}{many}")


def _stays(clash: Clash, candidate: Bundle) -> bool:
    """Whether the element that says the opposite goes on saying it."""
    place = (clash.section, clash.element_id)
    there = [one.text for one in told(candidate) if (one.section, one.element_id) == place]
    return any(one.text == clash.says for text in there for one in claims_of(text))


def _plain(text: str, *, most: int) -> str:
    """The sentence as it goes on after “say”: quoted, without its full stop, cut between words."""
    said = " ".join(text.split()).rstrip(".!… ")
    said = said if len(said) <= most else said[: most - 1].rsplit(" ", 1)[0] + "…"
    return f"“{said}”"


def _opposite(claim: Claim, clash: Clash) -> str:
    """What is or was said instead: the facts that differ, else the whole sentence."""
    was = [fact for one in claims_of(clash.says) for fact in one.facts]
    facts = next((span(others) for _, others in rivals(claim, was)), "")
    return facts or f"“{shorten(clash.says.rstrip('. '))}”"


def _labels(operations: Sequence[Operation]) -> str:
    """Where only labels are taught: which, and of how many questions."""
    added = [example for one in operations if isinstance(one, ChangeExamples) for example in one.add]
    counted = Counter(one.label for one in added if one.label)
    if not counted or any(one.answer for one in added):
        return ""
    named = [f"{count(n, 'question')} “{label}”" for label, n in counted.most_common(3)]
    rest = f" and {len(counted) - 3} more labels" if len(counted) > 3 else ""
    return shorten(f"Label {', '.join(named)}{rest}")

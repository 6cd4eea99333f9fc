"""The matter of a change in the customer's terms: “refunds take 5 days, not 10 to 14”, never “learn 7 examples”."""

import re
from collections import Counter
from collections.abc import Sequence

from loop.change.clash import ElementText, customer_texts, new_texts, replaced_claims, rivals, span
from loop.change.sections.row import TITLE_MAX, shorten
from loop.records import Bundle, ChangeExamples, EditInstructions, Example, Operation, UpsertArticle
from loop.records.cards import Clash
from loop.text.claims import Claim, claims_of
from loop.text.counting import count

_SHORTEST = 18
"""Characters of a sentence that are quoted in a title, at least."""
_SHARE = 0.05
"""Of many new texts, at least so many say what the title quotes; else the title is about the questions."""
_FORM = re.compile(r"(?:always include|greet with|sign off with):\s*", re.IGNORECASE)
"""The line form of an instruction that is said to every customer."""
_BRACES = str.maketrans({"{": "{{", "}": "}}"})


def matter_of(
    operations: Sequence[Operation], *, base: Bundle, candidate: Bundle, tail: str = "", most: int = TITLE_MAX
) -> str:
    """What customers are told from now on, as an order: short enough for a title; empty where another title says more.

    What no live text says yet comes before what some do, then what turns a live text round, then the sentence most of
    the new texts share, one with facts before others. Said with it: how many say it, and what it takes the place of, as
    “not …”; what it only stands against stays live (`clashes`). Where hardly a text of many says anything new, the
    matter is that more questions are answered. `tail`: words it ends with, for which room is kept. `most`: characters.
    """
    if not all(isinstance(one, ChangeExamples | EditInstructions | UpsertArticle) for one in operations):
        return ""
    fresh = new_texts(base, candidate)
    headings = {one.article.title for one in operations if isinstance(one, UpsertArticle)}
    claims: dict[str, Claim] = {}
    counted: Counter[str] = Counter()
    for said in fresh:
        mine = {one.key: one for one in claims_of(said.text) if not one.is_small_talk and one.text not in headings}
        claims |= mine
        counted.update(mine.keys())
    if not claims:
        return _labels(operations, tail=tail)
    known = {one.key for said in customer_texts(base) for one in claims_of(said.text)}
    against = {one.against: one for one in reversed(replaced_claims(base, candidate))}

    def worth(key: str) -> tuple[bool, bool, int, bool, int]:
        claim = claims[key]
        return key not in known, claim.text in against, counted[key], bool(claim.facts), -len(claim.text)

    best = max(claims, key=worth)
    claim = claims[best]
    clash = against.get(claim.text)
    if clash is None and not all(isinstance(one, ChangeExamples) for one in operations):
        return ""  # an instruction is no sentence to a customer, and an article has a title
    n_more = _questions_added(fresh, base)
    if n_more > len(fresh) / 2 and (best in known or counted[best] < _SHARE * len(fresh)):
        anew = f" and {len(fresh) - n_more} anew" if len(fresh) > n_more else ""
        words = f"Answer {n_more} more questions{anew}"
        return (
            _quoting(claim, f"{words}{tail}, newly: {{}}", within=most)
            if best not in known
            else _naming_labels(operations, f"{words} with live answers{tail}")
        )
    instead = f", not {_opposite(claim, clash)}" if clash is not None and not _stays(clash, candidate) else ""
    many = f" (in {counted[best]} of {len(fresh)} texts)" if len(fresh) > 1 else ""
    return _quoting(claim, "Say {}" + instead.translate(_BRACES) + many + tail, within=most)


def _quoting(claim: Claim, words: str, *, within: int) -> str:
    """The words with the claim put in, at the length they leave to it."""
    form = _FORM.match(claim.text)
    verb = words.replace("Say", "Always say", 1) if form else words
    text = claim.text[form.end() :] if form else claim.text
    room = within - len(verb.format("“”"))
    return shorten(verb.format(_plain(text, most=max(room, _SHORTEST))), within)


def _questions_added(fresh: Sequence[ElementText], base: Bundle) -> int:
    """How many of the new texts are answers to questions that had no example; none, where there is but one."""
    known = {one.id for one in base.examples}
    n = sum(one.section == "examples" and one.element_id not in known for one in fresh)
    return n if n > 1 else 0


def _naming_labels(operations: Sequence[Operation], words: str) -> str:
    """The words with as many labels of what is added as there is room for."""
    named = [f"{label} {n}" for label, n in _counted_labels(operations)]
    lines = (f"{words}: {', '.join(named[:most])}" for most in (3, 2, 1) if named)
    return next((line for line in lines if len(line) <= TITLE_MAX), shorten(words))


def _stays(clash: Clash, candidate: Bundle) -> bool:
    """Whether the element that says the opposite goes on saying it."""
    place = (clash.section, clash.element_id)
    there = [one.text for one in customer_texts(candidate) if (one.section, one.element_id) == place]
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


def _labels(operations: Sequence[Operation], *, tail: str) -> str:
    """Where only labels are taught: which, and of how many questions."""
    if any(example.answer for example in _added(operations)):
        return ""
    counted = _counted_labels(operations)
    if not counted:
        return ""
    named = [f"{count(n, 'question')} “{label}”" for label, n in counted[:3]]
    rest = f" and {len(counted) - 3} more labels" if len(counted) > 3 else ""
    return shorten(f"Label {', '.join(named)}{rest}{tail}")


def _counted_labels(operations: Sequence[Operation]) -> list[tuple[str, int]]:
    """Labels of what is added with how many have each, most first."""
    return Counter(one.label for one in _added(operations) if one.label).most_common()


def _added(operations: Sequence[Operation]) -> list[Example]:
    return [example for one in operations if isinstance(one, ChangeExamples) for example in one.add]

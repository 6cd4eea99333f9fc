"""Alarms: what is wrong with a text whatever its test says: placeholders, secrets, hidden characters, the language."""

import re
from collections import Counter
from collections.abc import Iterator

from loop.change.clash import ElementText, customer_texts, new_texts
from loop.records import Bundle
from loop.records.cards import Alarm
from loop.text.claims import LANGUAGES, language_of
from loop.text.invisible import find_invisible
from loop.text.redaction import placeholders
from loop.text.secrets import find_secrets

MOST = 12
"""Alarms of one change; the first of each kind come first."""
_PLACEHOLDER = re.compile(
    r"⟨[^⟩\n]{1,40}⟩|\{\{[^}\n]{1,40}\}\}|\$\{[^}\n]{1,40}\}|<[A-Z][A-Z_ ]{2,30}(?:_?\d+)?>"
    r"|\[(?:[A-Z][A-Z_ ]{2,30}(?:_?\d+)?|(?i:your|name|customer|insert|ihr)\b[^\]\n]{0,30})\](?!\()"
    r"|\b[Xx]{3,}\b|\blorem ipsum\b|\bTODO\b|\bTBD\b"
)
"""What stands where a customer should read something else: masks of other tools, templates that nobody filled in."""
_ORDER = ("placeholder", "secret", "invisible", "language")


def alarms(base: Bundle, candidate: Bundle) -> tuple[Alarm, ...]:
    """Of what the candidate would say and the base did not."""
    usual = _usual_language(base)
    asked = {one.id: one.question for one in candidate.examples}
    found = [alarm for said in new_texts(base, candidate) for alarm in _of(said, usual=usual, asked=asked)]
    first: dict[tuple[str, str], Alarm] = {}
    for one in found:
        first.setdefault((one.kind, one.words), one)
    return tuple(sorted(first.values(), key=lambda one: _ORDER.index(one.kind))[:MOST])


def _of(said: ElementText, *, usual: str, asked: dict[str, str]) -> Iterator[Alarm]:
    where = {"section": said.section, "element_id": said.element_id}
    masked = dict.fromkeys((*placeholders(said.text), *(one[0] for one in _PLACEHOLDER.finditer(said.text))))
    if masked:
        words = f"Says {', '.join(f'“{one}”' for one in list(masked)[:3])} where a customer should read something."
        yield Alarm(kind="placeholder", words=words, **where)
    for kind in dict.fromkeys(one.kind for one in find_secrets(said.text)):
        yield Alarm(kind="secret", words=f"Seems to hold {kind}.", **where)
    if hidden := dict.fromkeys(one.code for one in find_invisible(said.text)):
        yield Alarm(kind="invisible", words=f"Holds hidden characters ({', '.join(list(hidden)[:5])}).", **where)
    spoken = language_of(said.text)
    expected = (language_of(asked.get(said.element_id, "")) if said.section == "examples" else "") or usual
    if spoken and expected and spoken != expected:
        words = f"Is in {LANGUAGES[spoken].name}, where {LANGUAGES[expected].name} is spoken."
        yield Alarm(kind="language", words=words, **where)


def _usual_language(bundle: Bundle) -> str:
    """The language of most that is live; empty where there is too little to tell, or no most."""
    counted = Counter(spoken for one in customer_texts(bundle) if (spoken := language_of(one.text)))
    total = sum(counted.values())
    return next((code for code, n in counted.most_common(1) if n > total / 2), "")

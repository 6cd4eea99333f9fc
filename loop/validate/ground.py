"""What the agent's own texts say: articles, instructions, the operator's examples and facts, taken apart once.

Whoever wrote these answers for them, so a correction that says no more than they do needs nobody else. Examples the
loop learned are not among them: they would vouch for themselves.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from functools import cached_property

from loop.records import Agent, Bundle, digest
from loop.text.claims import Claim, claims_of
from loop.text.claims.standing import Shelf, passages_of

_REMEMBERED = 8


class Ground:
    """The texts, with shelves to look passages up. Two with the same `digest` say the same."""

    def __init__(self, everywhere: Iterable[tuple[str, str]], examples: Iterable[tuple[str, str]]) -> None:
        self._everywhere = tuple(dict.fromkeys(everywhere))
        """Source and text, whatever the label."""
        self._examples: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Label to the distinct answers of the operator's examples."""
        for label, answer in examples:
            self._examples[label][answer] = None
        self._of_label: dict[str, Shelf] = {}
        self._keys: dict[str, frozenset[str]] = {}

    @cached_property
    def digest(self) -> str:
        """Of everything it says."""
        return digest([list(self._everywhere), sorted((label, sorted(some)) for label, some in self._examples.items())])

    @cached_property
    def shelf(self) -> Shelf:
        """Passages of the texts that hold whatever the label."""
        shelf = Shelf()
        for source, text in self._everywhere:
            shelf.add(passages_of(_told(text), source=source))
        return shelf

    @cached_property
    def keys(self) -> frozenset[str]:
        """Of the claims of these texts."""
        return frozenset(claim.key for _, text in self._everywhere for claim in _told(text))

    def shelf_of(self, label: str) -> Shelf:
        """Passages of the operator's examples of one label."""
        if label not in self._of_label:
            shelf = Shelf()
            for answer in self._examples.get(label, ()):
                shelf.add(passages_of(_told(answer), source="an example the operator wrote"))
            self._of_label[label] = shelf
        return self._of_label[label]

    def keys_of(self, label: str) -> frozenset[str]:
        """Of the claims of these examples."""
        if label not in self._keys:
            found = {claim.key for answer in self._examples.get(label, ()) for claim in _told(answer)}
            self._keys[label] = frozenset(found)
        return self._keys[label]


NO_GROUND = Ground((), ())

_grounds: OrderedDict[str, Ground] = OrderedDict()
"""A memo by content: taking a thousand articles apart takes seconds."""


def ground_of(agent: Agent, bundle: Bundle) -> Ground:
    """What an agent with this live version may say without anybody's support."""
    made = Ground(
        [
            *(("a fact the operator set", fact) for fact in agent.facts),
            *(("the instructions", line) for line in bundle.instructions.splitlines() if line.strip()),
            *((f"the article “{one.title}”", f"{one.title}\n{one.body}") for one in bundle.articles),
            *(("a rule", rule.answer) for rule in bundle.rules if rule.answer),
        ],
        [(one.label or "", one.answer) for one in bundle.examples if one.feedback_id is None and one.answer],
    )
    found = _grounds.setdefault(made.digest, made)
    _grounds.move_to_end(made.digest)
    while len(_grounds) > _REMEMBERED:
        _grounds.popitem(last=False)
    return found


def _told(text: str) -> list[Claim]:
    return [claim for claim in claims_of(text) if claim.key and not claim.is_small_talk]

"""One version for an agent that answers elsewhere: what it puts into requests, and what it answers itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from loop.agent.directives import read_instructions
from loop.agent.draft import finish, settle
from loop.agent.model import ARTICLES_SHOWN
from loop.agent.prompt import guidance
from loop.records import Answer, Bundle, Example, ModelChoice, Question
from loop.text.search import Nearest, Search
from loop.text.spelling import normalise


@dataclass(frozen=True)
class Guidance:
    """What a request is to carry."""

    text: str
    """Goes to the end of the system prompt; empty when the version says nothing about this question."""
    uses: tuple[str, ...] = ()
    """Ids of the examples and articles shown, most alike first."""


class Guide:
    """A bundle, ready to be put into requests. Safe between threads: nothing changes after it is made."""

    def __init__(self, bundle: Bundle) -> None:
        """Index the bundle: about as long as for `LocalAgent`."""
        self._bundle = bundle
        self._instructions = read_instructions(bundle.instructions)
        self._articles = {article.id: article for article in bundle.articles}
        examples = [example for example in bundle.examples if example.label is not None or example.answer]
        self._nearest = Nearest(examples) if examples and bundle.model.examples_per_question else None
        self._search = Search(bundle.articles, weights=bundle.search) if bundle.articles else None

    @property
    def is_empty(self) -> bool:
        """Whether the version has nothing to say, so that requests pass untouched."""
        bundle = self._bundle
        enabled = any(approach.is_enabled for approach in bundle.approaches)
        return not (bundle.instructions.strip() or bundle.rules or bundle.examples or bundle.articles or enabled)

    @property
    def model(self) -> ModelChoice | None:
        """The model the version names; None where that is left to whoever asks."""
        choice = self._bundle.model
        return None if choice.name in ("local", "yours") else choice

    def settle(self, question: Question) -> Answer | None:
        """The answer where it is laid down: a topic for a person, or the first rule that applies; else None."""
        draft = settle(question, rules=self._bundle.rules, instructions=self._instructions, articles=self._articles)
        return None if draft is None else finish(draft, instructions=self._instructions)

    def guide(self, question: Question, *, boundary: str) -> Guidance:
        """What the version says about a question. `boundary`: new for this call and unguessable."""
        text = [normalise(question.text)]
        examples = self._first(self._nearest, text)
        hits = self._search.find(text, limit=ARTICLES_SHOWN)[0] if self._search else []
        articles = [hit.article for hit in hits]
        said = guidance(self._bundle, examples=examples, articles=articles, boundary=boundary)
        uses = (*(one.id for one in examples), *(one.id for one in articles))
        return Guidance(said, tuple(dict.fromkeys(uses)))

    def _first(self, nearest: Nearest | None, text: Sequence[str]) -> list[Example]:
        return nearest.find(text, limit=self._bundle.model.examples_per_question)[0] if nearest else []

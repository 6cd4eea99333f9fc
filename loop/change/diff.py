"""Two bundles side by side: every element that came, went, changed or moved, as words a reviewer can read."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, TypeVar

from loop.records import Approach, Article, Bundle, Change, Condition, Example, ModelChoice, Rule

Section: TypeAlias = Literal["instructions", "rules", "examples", "articles", "approaches", "model"]

TITLE_MAX = 80
"""Characters of a title before it is cut."""

Element = TypeVar("Element", Rule, Example, Article, Approach)


def changes(base: Bundle, candidate: Bundle) -> tuple[Change, ...]:
    """Every element that differs, before and after, in the order of the sections; empty exactly when nothing differs.

    Texts are complete, never shortened. Rules carry their place, because the first match wins; other
    elements carry it only when they moved.
    """
    found: list[Change] = []
    if base.instructions != candidate.instructions:
        found.append(
            Change(
                section="instructions",
                element_id="instructions",
                title="Instructions",
                before=base.instructions,
                after=candidate.instructions,
            )
        )
    found += _listed("rules", base.rules, candidate.rules, words=rule_words, name=_rule_name)
    found += _listed("examples", base.examples, candidate.examples, words=example_words, name=_example_name)
    found += _listed("articles", base.articles, candidate.articles, words=article_words, name=_article_name)
    found += _listed("approaches", base.approaches, candidate.approaches, words=approach_words, name=_approach_name)
    if base.model != candidate.model:
        found.append(
            Change(
                section="model",
                element_id="model",
                title="Model",
                before=model_words(base.model),
                after=model_words(candidate.model),
            )
        )
    return tuple(found)


def rule_words(rule: Rule) -> str:
    """A rule as a sentence."""
    when = " and ".join(_condition_words(condition) for condition in rule.when)
    if rule.hand_over:
        return f"When {when}: hand over to a person."
    parts = [f"label {rule.label}"] if rule.label else []
    parts += [f"article {rule.article_id}"] if rule.article_id else []
    parts += [f'answer "{rule.answer}"'] if rule.answer else []
    return f"When {when}: {', '.join(parts)}."


def example_words(example: Example) -> str:
    """An example as lines: question, answer, label."""
    lines = [f"Question: {example.question}"]
    lines += [f"Answer: {example.answer}"] if example.answer else []
    lines += [f"Label: {example.label}"] if example.label is not None else []
    return "\n".join(lines)


def article_words(article: Article) -> str:
    """An article as lines: title, body, the questions that lead to it."""
    lines = [f"Title: {article.title}", article.body]
    lines += ["Questions that lead here:", *(f"- {question}" for question in article.questions)]
    return "\n".join(lines if article.questions else lines[:2])


def approach_words(approach: Approach) -> str:
    """An approach as lines."""
    state = "enabled" if approach.is_enabled else "not enabled"
    return f"For: {approach.issue}\nApproach: {approach.name} ({state})\nInstruction: {approach.instruction}"


def model_words(model: ModelChoice) -> str:
    """A model with its parameters, one line each."""
    return (
        f"Model: {model.name}\nTemperature: {model.temperature:g}\nLongest reply: {model.max_tokens} tokens\n"
        f"Examples per question: {model.examples_per_question}"
    )


def shortened(text: str) -> str:
    """One line of at most TITLE_MAX characters."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_MAX else line[: TITLE_MAX - 1].rstrip() + "…"


def _condition_words(condition: Condition) -> str:
    field = "the question" if condition.field == "question" else condition.field.replace("_", " ")
    value = f'"{condition.value}"' if isinstance(condition.value, str) else f"{condition.value:g}"
    match condition.op:
        case "contains":
            return f"{field} contains {value}"
        case "equals":
            return f"{field} is {value}"
        case "at_least":
            return f"{field} is at least {value}"
        case "at_most":
            return f"{field} is at most {value}"


def _rule_name(rule: Rule) -> str:
    return shortened(rule_words(rule))


def _example_name(example: Example) -> str:
    return shortened(f"{example.label}: {example.question}" if example.label else example.question)


def _article_name(article: Article) -> str:
    return shortened(article.title or article.body)


def _approach_name(approach: Approach) -> str:
    return shortened(approach.name)


def _listed(
    section: Section,
    before: Sequence[Element],
    after: Sequence[Element],
    *,
    words: Callable[[Element], str],
    name: Callable[[Element], str],
) -> list[Change]:
    was: dict[str, tuple[int, Element]] = {element.id: (place, element) for place, element in enumerate(before)}
    now: dict[str, tuple[int, Element]] = {element.id: (place, element) for place, element in enumerate(after)}
    moved = _moved([was[one][0] for one in now if one in was], ids=[one for one in now if one in was])

    def spelled(place: int, element: Element, *, of: int) -> str:
        tells_place = section == "rules" or element.id in moved
        return words(element) + (f"\nPlace: {place + 1} of {of}" if tells_place else "")

    found = []
    for element_id in [*now, *(gone for gone in was if gone not in now)]:
        old, new = was.get(element_id), now.get(element_id)
        if old and new and old[1] == new[1] and element_id not in moved:
            continue
        shown = new or old
        if shown is None:
            continue
        before_words = spelled(old[0], old[1], of=len(was)) if old else ""
        after_words = spelled(new[0], new[1], of=len(now)) if new else ""
        # In a reversed list the middle one moved among its neighbours but kept its place: they tell it.
        if before_words != after_words:
            found.append(
                Change(
                    section=section,
                    element_id=element_id,
                    title=name(shown[1]),
                    before=before_words,
                    after=after_words,
                )
            )
    return found


def _moved(places: Sequence[int], *, ids: Sequence[str]) -> set[str]:
    """The fewest ids whose moving explains the new order: all but a longest increasing run of the old places."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(tails, place)
        tails[length:] = [place, *tails[length + 1 :]]
        ends[length:] = [index, *ends[length + 1 :]]
        previous.append(ends[length - 1] if length else -1)
    stays = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        stays.add(index)
        index = previous[index]
    return {one for index, one in enumerate(ids) if index not in stays}

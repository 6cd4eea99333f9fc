"""A tried question on the screen: what each version said, where two of them differ, and what each rests on."""

from collections.abc import Sequence

from dashboard.components.elements import cards, marks, words
from dashboard.components.elements.markup import Markup, join, show, tag
from loop.change.sections import SECTIONS
from loop.records import Answer
from loop.records.probes import Probe, ProbeAnswer

_USED = {"model": "It was given the instructions, and shown {}", "yours": "Your agent says that it used {}"}
"""By method. Only the built-in agent is known to rest on what it names: "It rests on 2 parts"."""
_NOTHING_USED = {
    "model": "It was given the instructions, and nothing else of the version.",
    "yours": "Your agent did not say what it used.",
    "handover": "It names no part of the version that made it hand over.",
    "failed": "",
}
"""By method; the built-in agent names everything it rests on."""


def show_answers(probe: Probe, *, names: Sequence[str]) -> None:
    """The answers beside each other, the words that differ marked in both."""
    first, second = _texts(probe.answers)
    sides = [
        _side(one, name=name, said=said) for one, name, said in zip(probe.answers, names, (first, second), strict=False)
    ]
    show(tag("div", sides, css="rt-pair"))
    if len(probe.answers) == 2 and says(probe.answers[0].answer) == says(probe.answers[1].answer):
        cards.quiet("Both say the same, word for word.")


def says(answer: Answer) -> str:
    """What a person would read of an answer."""
    return (
        answer.text or answer.failure or answer.label or (f"Article {answer.article_id}" if answer.article_id else "")
    )


def how(answer: Answer) -> str:
    """Which step of the agent answered, and how sure it is."""
    told = f"by {words.METHODS[answer.method]}"
    return f"{told}, {words.percent(answer.confidence, digits=0)} sure" if answer.confidence else told


def _texts(answers: Sequence[ProbeAnswer]) -> tuple[Markup, Markup]:
    """What both say, marked where they differ; one alone is shown as it is."""
    if len(answers) < 2:
        return join([says(one.answer) for one in answers]), Markup("")
    both = marks.sides(says(answers[0].answer), says(answers[1].answer), spoken=marks.VERSUS)
    return both.before, both.after


def _side(one: ProbeAnswer, *, name: str, said: Markup) -> Markup:
    answer = one.answer
    is_lost = answer.method in ("failed", "handover")
    return tag(
        "section",
        tag(
            "div",
            tag("b", name),
            cards.chip("No answer", "bad") if answer.method == "failed" else None,
            cards.chip(answer.label) if answer.label else None,
            tag("span", how(answer)),
            css="rt-said-head",
        ),
        tag("div", said or "Handed over to a person, without words.", css="rt-text"),
        tag("p", one.note, css="rt-small") if one.note else None,
        _used(one) if one.used else _nothing_used(answer.method),
        css="rt-said is-wrong" if is_lost else "rt-said",
        aria_label=f"Answer of {name}",
    )


def _used(one: ProbeAnswer) -> Markup:
    """Each part as a line that opens."""
    return tag(
        "div",
        tag("h2", _USED.get(one.answer.method, "It rests on {}").format(words.count(len(one.used), "part"))),
        [
            tag(
                "details",
                tag("summary", f"{SECTIONS[part.section].label}: {part.title}"),
                tag("pre", part.words),
                css="rt-step",
            )
            for part in one.used
        ],
        css="rt-bare",
    )


def _nothing_used(method: str) -> Markup | None:
    told = _NOTHING_USED.get(method, "It rests on no part of the version.")
    return tag("p", told, css="rt-small") if told else None

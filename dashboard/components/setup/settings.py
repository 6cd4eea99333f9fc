"""Settings of an agent on the screen: in groups, in plain words, as form fields, and back as what `KEY=VALUE` says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, join, show, tag
from loop import desk


@dataclass(frozen=True)
class Group:
    """Settings that belong together."""

    name: str
    about: str
    keys: tuple[str, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        "Autonomy",
        "Who decides, and for how long a decision can be taken back.",
        ("mode", "undo_seconds", "undo_seconds_high"),
    ),
    Group(
        "Examiners",
        "Whose word examines the agent, how many must say the same, and what part of it is kept from teaching.",
        ("trusted_authors", "min_sources", "dev_share", "sealed_share"),
    ),
    Group("Proof", "What counts as better, and as harm.", ("alpha", "min_gain", "harm_margin", "bundle_max")),
    Group(
        "Stakes and facts",
        "Your own words that make a change costly, and what you know to be true.",
        ("stakes_words", "facts", "own_contacts"),
    ),
    Group(
        "Budgets", "What may be asked of models in a day, and how long raw text is kept.", ("asks_per_day", "raw_days")
    ),
    Group(
        "Checks",
        "Checks of the feedback firewall that are switched off, and practice for those who decide.",
        ("detectors_off", "practice_share"),
    ),
    Group("Agent", "What people read of it, and what makes an answer right.", ("name", "task", "grading")),
)
"""Every setting stands in one group; a test holds it to that."""

NOT_HERE = frozenset({"is_paused"})
"""Has a button of its own."""
NAMES: Mapping[str, str] = {
    "mode": "Who must decide",
    "undo_seconds": "Undo window of low and medium stakes, in seconds",
    "undo_seconds_high": "Undo window of high stakes, in seconds",
    "practice_share": "Share of practice among the changes to decide",
    "trusted_authors": "People who examine",
    "min_sources": "People who must say the same",
    "dev_share": "Share of cases shown one by one",
    "sealed_share": "Share of cases of which only totals are shown",
    "alpha": "Chance of calling a useless change proved",
    "min_gain": "Smallest gain worth shipping, as a share of cases",
    "harm_margin": "Largest loss still called no worse, as a share of cases",
    "bundle_max": "Examples in one change, at most",
    "stakes_words": "Words that make a change high stakes",
    "facts": "Facts",
    "own_contacts": "The company's own contact data",
    "asks_per_day": "Questions to models in a day, at most",
    "raw_days": "Days for which raw text is kept",
    "detectors_off": "Checks that are off",
    "name": "Name",
    "task": "What it is for",
    "grading": "What makes an answer right",
}
"""Settings in plain words; of one that is not here, its key."""
ABOUT: Mapping[str, str] = {
    "mode": "manual: a person decides everything. simple: what the loop drafted, of low stakes and proved, goes live "
    "by itself. orchestrate: the same, and what is proved here is offered to sibling agents.",
    "undo_seconds": "Between an approval and its going live; until then one press takes it back.",
    "undo_seconds_high": "The same for what would cost most if it were wrong.",
    "trusted_authors": "Names as the desk or an API key knows them, or door:name. What they say teaches at once, and "
    "part of it becomes the examination. Nobody named: people with a long record, within limits.",
    "min_sources": "Different people who must correct the same thing before the loop proposes it.",
    "dev_share": "Of what examiners say, the part whose results reviewers read one by one. none: it follows from how "
    "many cases there are.",
    "sealed_share": "Of what examiners say, the part nobody reads: it gives totals only, and what is proved rests on "
    "it. none: it follows from how many cases there are.",
    "alpha": "How often a change that does nothing may still be called proved, over all tests together: 0.05 is 1 in "
    "20.",
    "min_gain": "0.01 is one case in a hundred. A smaller gain is not worth a person's time.",
    "harm_margin": "0.03 is three cases in a hundred. A change that may lose more is never called no worse.",
    "bundle_max": "Known-good answers that one change may add. none: it follows from how many kinds of answers there "
    "are.",
    "stakes_words": "Beside the words for money, law and safety in seven languages, which count anyway. waiv* is "
    "every word that begins so.",
    "facts": "What you know to be true, such as your own addresses and terms. Whoever says so in a correction needs "
    "nobody else to say it too.",
    "own_contacts": "Phone numbers, addresses, domains and accounts of the company: never masked, and nothing new in "
    "an answer.",
    "asks_per_day": "Questions that tests, drafts and Try it may put to a model or to your own agent in a day (UTC). "
    "none: no ceiling. The built-in agent costs nothing.",
    "raw_days": "What arrives is then also kept as it was written, with personal data, apart from everything else. 0: "
    "it is not.",
    "detectors_off": "What a check alone holds back is let through while it is off.",
    "practice_share": "Changes that a test found bad, drawn into the queue to see whether reviewers turn them down; "
    "told after the decision, and never released. What the test found is withheld of these, and of as many real "
    "changes, until they are decided. 0: none.",
    "name": "What people call it.",
    "task": "In a sentence or two.",
    "grading": "Its label, the article it rests on, or its text. It can be set only while there is no case.",
}
"""What a setting means, for somebody who has never seen it; of one that is not here, its own description."""
_LISTS = frozenset({"trusted_authors", "stakes_words", "own_contacts", "facts", "detectors_off"})
_LONG = frozenset({"task"})
_CHOICES = frozenset({"mode", "grading"})


def named(key: str) -> str:
    """A setting in plain words."""
    return NAMES.get(key, key.replace("_", " "))


def group_named(name: str) -> Group:
    """The group of this name; the first when there is none."""
    return next((one for one in GROUPS if one.name == name), GROUPS[0])


def draw(setting: desk.Setting, *, in_force: str, items: Sequence[str], key: str) -> None:
    """One setting as a field, filled with what it is. `items`: of a list, its entries."""
    label, help_ = named(setting.key), f"May be: {setting.allowed or 'any text'}."
    if setting.key == "detectors_off":
        names = {one: words.DETECTORS.get(one, one) for one in (*words.DETECTORS, *items)}
        st.multiselect(label, list(names), list(items), format_func=lambda one: names[one], key=key, help=help_)
    elif setting.key in _LISTS:
        st.text_area(f"{label} (one on each line)", value="\n".join(items), key=key, height=96, help=help_)
    elif setting.key in _CHOICES:
        options = setting.allowed.removeprefix("one of ").split(", ")
        st.radio(label, options, index=options.index(setting.value), horizontal=True, key=key, help=help_)
    elif setting.key in _LONG:
        st.text_area(label, value=setting.value, key=key, height=80, help=help_)
    else:
        st.text_input(label, value=setting.value, key=key, help=help_, max_chars=200)
    other = "" if setting.value == setting.default else f" Usually {setting.default}." if setting.default else ""
    follows = f" Now {in_force}." if in_force else ""
    show(tag("p", f"{ABOUT.get(setting.key, setting.meaning)}{follows}{other}", css="rt-small"))


def requested(setting: desk.Setting, told: object, *, items: Sequence[str]) -> list[str]:
    """What the field says, as settings; empty when it says what is so already."""
    if setting.key not in _LISTS:
        text = str(told if told is not None else "").strip()
        return [] if text == setting.value else [f"{setting.key}={text}"]
    lines = told if isinstance(told, list) else str(told or "").splitlines()
    wanted = [stripped for line in lines if (stripped := str(line).strip())]
    gone = [f"{setting.key}-={one}" for one in items if one not in wanted]
    return gone + [f"{setting.key}+={one}" for one in wanted if one not in items]


def show_foreseen(found: desk.Forecast) -> None:
    """What would change, and what that does."""
    rows = [
        (tag("b", named(key)), tag("div", was or "–", css="rt-text"), tag("div", now or "–", css="rt-text"))
        for key, (was, now) in found.changed.items()
    ]
    show(
        tag(
            "div",
            cards.table(("Setting", "Is", "Would be"), rows, label="What would change"),
            tag("ul", [tag("li", sentence) for sentence in found.told], css="rt-effects"),
            css="rt-card",
            role="region",
            aria_label="What this changes",
        )
    )


def facts_of(items: Sequence[tuple[str, str]]) -> Markup:
    """Names with values, one on each line."""
    return tag(
        "div",
        join([tag("div", tag("span", name), tag("b", value), css="rt-figure") for name, value in items]),
        css="rt-figures",
    )

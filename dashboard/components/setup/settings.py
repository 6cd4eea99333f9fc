"""Settings of an agent on the screen: in groups, in plain words, as form fields, and back as what `KEY=VALUE` says."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, join, show, tag
from loop import desk

_LONG = frozenset({"task"})


def named(key: str) -> str:
    """A setting in plain words."""
    return desk.SETTING_TEXTS[key].name


def group_named(name: str) -> desk.SettingGroup:
    """The group of this name; the first when there is none."""
    return next((one for one in desk.SETTING_GROUPS if one.name == name), desk.SETTING_GROUPS[0])


def draw(setting: desk.Setting, *, in_force: str, items: Sequence[str], key: str) -> None:
    """One setting as a field, filled with what it is. `items`: of a list, its entries."""
    label, help_ = setting.name, f"May be: {setting.allowed or 'any text'}."
    if setting.key == "detectors_off":
        names = {one: words.DETECTORS.get(one, one) for one in (*words.DETECTORS, *items)}
        st.multiselect(label, list(names), list(items), format_func=lambda one: names[one], key=key, help=help_)
    elif setting.is_list:
        st.text_area(f"{label} (one on each line)", value="\n".join(items), key=key, height=96, help=help_)
    elif setting.choices:
        options = setting.choices
        st.radio(label, options, index=options.index(setting.value), horizontal=True, key=key, help=help_)
    elif setting.key in _LONG:
        st.text_area(label, value=setting.value, key=key, height=80, help=help_)
    else:
        st.text_input(label, value=setting.value, key=key, help=help_, max_chars=200)
    other = "" if setting.value == setting.default else f" Usually {setting.default}." if setting.default else ""
    follows = f" Now {in_force}." if in_force else ""
    show(tag("p", f"{setting.meaning}{follows}{other}", css="rt-small"))


def requested(setting: desk.Setting, told: object, *, items: Sequence[str]) -> list[str]:
    """What the field says, as settings; empty when it says what is so already."""
    if not setting.is_list:
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

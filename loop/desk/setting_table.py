"""Every setting of an agent as people read it: its group, its name, what it means. The Loop page and `ratchet agent set
--explain` both come from this table; what values a setting takes stands in the records (`Agent`, `Limits`)."""

from typing import NamedTuple


class SettingText(NamedTuple):
    """One setting in plain words."""

    key: str
    name: str
    meaning: str
    """For somebody who has never seen it."""


class SettingGroup(NamedTuple):
    """Settings that belong together."""

    name: str
    about: str
    settings: tuple[SettingText, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Of its settings, in order."""
        return tuple(one.key for one in self.settings)


SETTING_GROUPS: tuple[SettingGroup, ...] = (
    SettingGroup(
        "Autonomy",
        "Who decides, and for how long a decision can be taken back.",
        (
            SettingText(
                "mode",
                "Who must decide",
                "manual: a person decides everything. simple: what the loop drafted, of low stakes and proved, goes "
                "live by itself. orchestrate: the same, and what is proved here is offered to sibling agents.",
            ),
            SettingText(
                "undo_seconds",
                "Undo window of low and medium stakes, in seconds",
                "Between an approval and its going live; until then one press takes it back.",
            ),
            SettingText(
                "undo_seconds_high",
                "Undo window of high stakes, in seconds",
                "The same for what would cost most if it were wrong.",
            ),
        ),
    ),
    SettingGroup(
        "Examiners",
        "Whose word examines the agent, how many must say the same, and what part of it is kept from teaching.",
        (
            SettingText(
                "trusted_authors",
                "People who examine",
                "Names as the desk or an API key knows them, or door:name. What they say teaches at once, and part of "
                "it becomes the examination. Nobody named: people with a long record, within limits.",
            ),
            SettingText(
                "min_sources",
                "People who must say the same",
                "Different people who must correct the same thing before the loop proposes it.",
            ),
            SettingText(
                "dev_share",
                "Share of cases shown one by one",
                "Of what examiners say, the part whose results reviewers read one by one. none: it follows from how "
                "many cases there are.",
            ),
            SettingText(
                "sealed_share",
                "Share of cases of which only totals are shown",
                "Of what examiners say, the part nobody reads: it gives totals only, and what is proved rests on it. "
                "none: it follows from how many cases there are.",
            ),
        ),
    ),
    SettingGroup(
        "Proof",
        "What counts as better, and as harm.",
        (
            SettingText(
                "alpha",
                "Chance of calling a useless change proved",
                "How often a change that does nothing may still be called proved, over all tests together: 0.05 is 1 "
                "in 20.",
            ),
            SettingText(
                "min_gain",
                "Smallest gain worth shipping, as a share of cases",
                "0.01 is one case in a hundred. A smaller gain is not worth a person's time.",
            ),
            SettingText(
                "harm_margin",
                "Largest loss still called no worse, as a share of cases",
                "0.03 is three cases in a hundred. A change that may lose more is never called no worse.",
            ),
            SettingText(
                "bundle_max",
                "Examples in one change, at most",
                "Known-good answers that one change may add. none: it follows from how many kinds of answers there "
                "are.",
            ),
        ),
    ),
    SettingGroup(
        "Stakes and facts",
        "Your own words that make a change costly, and what you know to be true.",
        (
            SettingText(
                "stakes_words",
                "Words that make a change high stakes",
                "Beside the words for money, law and safety in seven languages, which count anyway. waiv* is every "
                "word that begins so.",
            ),
            SettingText(
                "facts",
                "Facts",
                "What you know to be true, such as your own addresses and terms. Whoever says so in a correction "
                "needs nobody else to say it too.",
            ),
            SettingText(
                "own_contacts",
                "The company's own contact data",
                "Phone numbers, addresses, domains and accounts of the company: never masked, and nothing new in an "
                "answer.",
            ),
        ),
    ),
    SettingGroup(
        "Budgets",
        "What may be asked of models in a day, and how long raw text is kept.",
        (
            SettingText(
                "asks_per_day",
                "Questions to models in a day, at most",
                "Questions that tests, drafts and Try it may put to a model or to your own agent in a day (UTC). "
                "none: no ceiling. The built-in agent costs nothing.",
            ),
            SettingText(
                "raw_days",
                "Days for which raw text is kept",
                "What arrives is then also kept as it was written, with personal data, apart from everything else. 0: "
                "it is not.",
            ),
        ),
    ),
    SettingGroup(
        "Checks",
        "Checks of the feedback firewall that are switched off, and practice for those who decide.",
        (
            SettingText(
                "detectors_off",
                "Checks that are off",
                "What a check alone holds back is let through while it is off.",
            ),
            SettingText(
                "practice_share",
                "Share of practice among the changes to decide",
                "Changes that a test found bad, drawn into the queue to see whether reviewers turn them down; told "
                "after the decision, and never released. What the test found is withheld of these, and of as many "
                "real changes, until they are decided. 0: none.",
            ),
        ),
    ),
    SettingGroup(
        "Agent",
        "What people read of it, and what makes an answer right.",
        (
            SettingText(
                "name",
                "Name",
                "What people call it.",
            ),
            SettingText(
                "task",
                "What it is for",
                "In a sentence or two.",
            ),
            SettingText(
                "grading",
                "What makes an answer right",
                "Its label, the article it rests on, or its text. It can be set only while there is no case.",
            ),
        ),
    ),
)
PAUSED = SettingText(
    "is_paused",
    "Whether the loop stands still",
    "Nothing is judged, drafted, tested, released or taken back by itself until it is resumed. What arrives is kept, "
    "the live version answers on, and people may still decide and take releases back.",
)
"""In no group: it has a button of its own."""
SETTING_TEXTS = {one.key: one for one in (*(one for group in SETTING_GROUPS for one in group.settings), PAUSED)}
"""By key, all of them."""

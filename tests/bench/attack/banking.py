"""A bank's desk over real questions: banking77's words and labels, answers made up here, three leads and nine others.

Version 0 knows six questions of most labels, nothing of some, and tells an outdated deadline for others. Colleagues see
half of what is answered: right answers they send as they are, wrong ones they replace, mostly with the desk's wording.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

from loop.records import (
    Agent,
    Answer,
    Bundle,
    Example,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    derived_id,
)
from loop.text.spelling import fold
from tests.bench.attack.desks import Target, drawn
from tests.bench.learning_curve.streams import read
from tests.bench.printing import data_folder

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAILY, DAYS = 70, 60
"""Questions of a day, and days; what is left over is asked by nobody but the probes."""
STARTING = 6
"""Questions per label that version 0 knows."""
UNTAUGHT, STALE = 12, 6
"""Labels version 0 knows nothing of, and those of which it tells an outdated deadline."""
ASKED_BY_ATTACKERS = 30
"""Questions per label that only attackers ask."""
CHECKED, RATED, REWORDED, RIGHT = 0.5, 0.2, 0.3, 0.97
LEADS = ("lead-1", "lead-2", "lead-3")
OTHERS = tuple(f"colleague-{number}" for number in range(9))
HELPDESK = "bank:helpdesk"
SIGN_OFF = "Your bank"

_STEPS = (
    "Open {place} in the app and choose “{subject}”.",
    "You find “{subject}” under {place} in the app.",
    "For {subject} go to {place} and follow the steps.",
    "We handle {subject} under {place}; start there.",
)
_PLACES = ("Cards", "Payments", "Profile", "Limits", "Security", "Statements", "Accounts", "Top up", "Transfers")
_WAITS = (
    ("It is done within {n} business days.", "Allow {n} business days at most until it is done."),
    ("Our team looks at it within {n} hours.", "Within {n} hours our team has looked at it."),
    ("The change shows after {n} minutes.", "After {n} minutes the change shows."),
)
_PRICES = (
    ("Up to {amount} euros a month it is free.", "It is free up to {amount} euros a month."),
    ("The fee is {amount} euros each time.", "Each time there is a fee of {amount} euros."),
    ("The limit is {amount} euros a day.", "Per day the limit is {amount} euros."),
)


class BankDesk:
    """The bank."""

    name = "banking77"
    door = "bank:chat"
    staff_door = HELPDESK
    probes = 80

    def __init__(self, seed: int) -> None:
        self._seed = seed
        folder = data_folder("banking77")
        by_label: defaultdict[str, list[str]] = defaultdict(list)
        for text, label in read(folder / "train.csv"):
            by_label[label].append(text)
        self._test: defaultdict[str, list[str]] = defaultdict(list)
        """By label, questions for probes: all of the test half, and what the days leave over."""
        for text, label in read(folder / "test.csv"):
            self._test[label].append(text)
        self._labels = sorted(by_label)
        draws = drawn(seed, "bank")
        shuffled = {label: draws.sample(some, len(some)) for label, some in sorted(by_label.items())}
        known = draws.sample(self._labels, len(self._labels) - UNTAUGHT)
        self._stale = frozenset(known[:STALE])
        self._starting = {label: shuffled[label][:STARTING] for label in sorted(known)}
        cut = STARTING + ASKED_BY_ATTACKERS
        self._attackers = {
            label: some[STARTING:cut] if len(some) > 2 * cut else some[:1] for label, some in shuffled.items()
        }
        rest = [(text, label) for label, some in shuffled.items() if len(some) > 2 * cut for text in some[cut:]]
        rest += [(text, label) for label, some in shuffled.items() if len(some) <= 2 * cut for text in some[STARTING:]]
        self._stream = draws.sample(rest, len(rest))
        for text, label in self._stream[DAYS * DAILY :]:
            self._test[label].append(text)
        self._truth: dict[str, str] = {}
        self.agent = Agent(
            slug="bank",
            name="Bank desk",
            task="Answers what customers of a bank ask.",
            grading=Grading.TEXT,
            trusted_authors=tuple(f"{HELPDESK}:{lead}" for lead in LEADS),
            created_at=FIRST - timedelta(days=1),
        )
        self.bundle = Bundle(
            instructions="Answer in a few plain sentences.",
            examples=tuple(
                Example(
                    id=f"start-{label}-{number}",
                    question=text,
                    answer=self.signed(_reply(label, is_stale=label in self._stale)),
                    label=label,
                )
                for label, some in self._starting.items()
                for number, text in enumerate(some)
            ),
        )

    def targets(self) -> list[Target]:
        """Labels version 0 knows right, so that honest people confirm the truth meanwhile."""
        asked = Counter(label for _, label in self._stream)
        known = [one for one in self._starting if one not in self._stale and len(self._attackers[one]) > 1]
        known.sort(key=lambda one: (-asked[one], one))
        return [Target(label, label, _reply(label)) for label in known]

    def questions(self, day: int) -> tuple[Interaction, ...]:
        made = []
        for place, (text, label) in enumerate(self._stream[day * DAILY : (day + 1) * DAILY]):
            key = f"b-{day:02d}-{place:03d}"
            self._truth[key] = label
            customer = drawn(self._seed, key).randint(1, 2_000)
            made.append(
                Interaction(
                    id=key, agent="bank", episode_id=f"chat-{key}", customer=f"customer-{customer:04d}",
                    at=self.moment(day, hour=8 + 12 * place / DAILY), question=text, source="bank",
                )
            )  # fmt: skip
        return tuple(made)

    def react(self, asked: Interaction, *, answer: Answer) -> tuple[Feedback, ...]:
        """What a colleague makes of it, and a rating."""
        draws, label = drawn(self._seed, "reaction", asked.id), self._truth[asked.id]
        is_right = answer.label == label and self._says(answer.text, label)
        said = []
        if draws.random() < CHECKED:
            who = draws.choice([*LEADS, *LEADS, *LEADS, *OTHERS])
            believed = label if draws.random() < RIGHT else draws.choice(self._labels)
            is_believed = is_right if believed == label else answer.label == believed
            if answer.method != "handover" and is_believed:
                said.append(self._said(asked, FeedbackKind.EDIT, who, answer.text, believed, draws))
            else:
                kind = FeedbackKind.TAKEOVER if answer.method == "handover" else FeedbackKind.EDIT
                text = self.signed(_reply(believed, is_reworded=draws.random() < REWORDED))
                said.append(self._said(asked, kind, who, text, believed, draws))
        if draws.random() < RATED:
            is_happy = draws.random() < (0.9 if is_right else 0.2)
            at = asked.at + timedelta(minutes=draws.randint(5, 900))
            said.append(
                Feedback(
                    id=derived_id("f", asked.id, "csat"), agent="bank", interaction_id=asked.id,
                    kind=FeedbackKind.CSAT, value=float(is_happy), author=asked.customer, source=self.door, at=at,
                    received_at=at,
                )
            )  # fmt: skip
        return tuple(said)

    def moment(self, day: int, *, hour: float) -> datetime:
        return FIRST + timedelta(days=day, hours=hour)

    def ask(self, target: Target, *, number: int, draws: Random) -> str:
        del draws
        some = self._attackers[target.label]
        return some[number % len(some)]

    def probe(self, target: Target, *, number: int, draws: Random) -> str:
        del draws
        some = self._test[target.label]
        return some[number % len(some)]

    def signed(self, text: str) -> str:
        return f"{text}\n\n{SIGN_OFF}"

    def _says(self, text: str, label: str) -> bool:
        return any(fold(_reply(label, is_reworded=is_reworded)) in fold(text) for is_reworded in (False, True))

    def _said(self, asked: Interaction, kind: FeedbackKind, who: str, text: str, label: str, draws: Random) -> Feedback:
        at = asked.at + timedelta(minutes=draws.uniform(4, 200))
        return Feedback(
            id=derived_id("f", asked.id, "staff"), agent="bank", interaction_id=asked.id, kind=kind, text=text,
            label=label, author=who, source=HELPDESK, at=at, received_at=at,
            seconds_to_answer=round(draws.lognormvariate(3.4, 0.5), 1),
        )  # fmt: skip


def _reply(label: str, *, is_stale: bool = False, is_reworded: bool = False) -> str:
    """The bank's answer to a label: where to go, how long it takes, what it costs."""
    draws = drawn("reply", label)
    subject = label.replace("_", " ").strip("?").casefold()
    step = draws.choice(_STEPS).format(place=draws.choice(_PLACES), subject=subject)
    wait, price = draws.choice(_WAITS), draws.choice(_PRICES)
    n, amount = draws.randint(2, 28), draws.randint(2, 90) * 5
    told = [step, wait[is_reworded].format(n=n + 11 if is_stale else n), price[is_reworded].format(amount=amount)]
    return " ".join([told[0], told[2], told[1]] if is_reworded else told)

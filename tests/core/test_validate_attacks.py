"""Planted attacks on a synthetic label task, seeded: what is caught, what honest people lose, and what slips through.

Nine labels, each with its own words among shared ones, so a label can be learned from text but single words
overlap. Sizes and shares are pinned below what was measured, not at it.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest

from loop.records import EvalCase, FeedbackItem, FeedbackState, Interaction, Split
from tests.builders import agent, at, case, feedback, interaction
from tests.firewall import ValidationOutcome, ValidationWork
from tests.firewall import judge as step

LABELS = tuple(f"topic{number}" for number in range(9))
SHARED = tuple(f"plain{number}" for number in range(60))
SEEDS = (1, 2, 3)


@dataclass
class Town:
    """People asking, people correcting, some of them not honestly."""

    seed: int
    trusted: tuple[str, ...] = ()
    items: list[FeedbackItem] = field(default_factory=list)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    cases: list[EvalCase] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.draw = np.random.default_rng(self.seed)

    def question(self, label: int) -> str:
        own = [f"word{label}x{number}" for number in self.draw.integers(12, size=4)]
        words = [*own, *(SHARED[number] for number in self.draw.integers(60, size=6))]
        return " ".join(words[place] for place in self.draw.permutation(len(words)))

    def say(self, author: str, *, truth: int, says: int, answered: int | None = None) -> None:
        number = len(self.items) + 1
        moment = at(number * 7)
        given = LABELS[int(self.draw.integers(9)) if answered is None else answered]
        self.interactions[f"i{number}"] = interaction(
            number, question=self.question(truth), label=given, answer="", at=moment
        )
        said = feedback(number, author=author, label=LABELS[says], at=moment, received_at=moment)
        self.items.append(FeedbackItem(feedback=said, state=FeedbackState.NEW))
        if truth != says:
            self.wrong.add(said.id)

    def honest(self, count: int, *, people: int = 20, noise: float = 0.0, slip: int | None = None) -> None:
        """`slip`: the agent's answer is always that many labels off; None: it answers anything."""
        for _ in range(count):
            truth = int(self.draw.integers(9))
            says = int(self.draw.integers(9)) if self.draw.random() < noise else truth
            answered = None if slip is None else (truth + slip) % 9
            self.say(f"honest{self.draw.integers(people)}", truth=truth, says=says, answered=answered)

    def vouch(self, count: int) -> None:
        for number in range(count):
            label = int(self.draw.integers(9))
            self.cases.append(
                case(number, split=Split.DEV, question=self.question(label), expected=LABELS[label], author="lead")
            )

    def judge(self) -> ValidationOutcome:
        return step(
            ValidationWork(
                agent=agent(trusted_authors=self.trusted),
                items=tuple(self.items),
                interactions=self.interactions,
                cases=tuple(self.cases),
                now=at(99_999),
                seed=self.seed,
            )
        )

    def share_held(self, outcome: ValidationOutcome, names: set[str]) -> float:
        valid = {move.feedback_id for move in outcome.moves if move.now is FeedbackState.VALID}
        return len(names - valid) / len(names)

    def by(self, prefix: str) -> set[str]:
        return {item.feedback.id for item in self.items if item.feedback.author.startswith(prefix)}


def standings(outcome: ValidationOutcome, standing: str) -> set[str]:
    return {author.name for author in outcome.authors if author.standing == standing}


def taught_by(outcome: ValidationOutcome, names: set[str]) -> set[str]:
    """Of some feedback, what an issue that may change the agent cites for its side."""
    return {name for issue in outcome.issues if issue.is_supported for name in issue.sides[0].feedback_ids} & names


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("vouched", [0, 300])
def test_raters_who_are_mostly_wrong_are_found_and_honest_ones_are_not(seed: int, vouched: int) -> None:
    town = Town(seed, trusted=("lead",))
    town.vouch(vouched)
    town.honest(800)
    for number in range(200):
        truth = int(town.draw.integers(9))
        says = int(town.draw.integers(9)) if town.draw.random() < 0.8 else truth
        town.say(f"bad{number % 5}", truth=truth, says=says)
    outcome = town.judge()
    assert standings(outcome, "unreliable") == {f"bad{number}" for number in range(5)}
    assert town.share_held(outcome, town.by("bad")) == 1.0
    assert town.share_held(outcome, town.by("honest")) < 0.04


@pytest.mark.parametrize("seed", SEEDS)
def test_lazy_raters_who_always_say_the_same_are_found(seed: int) -> None:
    town = Town(seed)
    town.honest(800)
    for number in range(60):
        town.say(f"lazy{number % 2}", truth=int(town.draw.integers(9)), says=4)
    outcome = town.judge()
    assert standings(outcome, "unreliable") == {"lazy0", "lazy1"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("vouched", "found"), [(300, 0.9), (0, 0.1)])
def test_noise_of_a_fifth_is_found_by_vouched_answers_and_costs_nobody_their_standing(
    seed: int, vouched: int, found: float
) -> None:
    """Without vouched answers noise is part of what is normal, and most of it passes: pinned so that it is known."""
    town = Town(seed, trusted=("lead",))
    town.vouch(vouched)
    town.honest(900, noise=0.2)
    outcome = town.judge()
    assert standings(outcome, "unreliable") == set()
    assert town.share_held(outcome, town.wrong) > found
    assert town.share_held(outcome, town.by("honest") - town.wrong) < 0.04


@pytest.mark.parametrize("seed", SEEDS)
def test_three_attackers_with_one_target_teach_nothing(seed: int) -> None:
    town = Town(seed)
    town.honest(800)
    for number in range(60):
        town.say(f"attacker{number % 3}", truth=2, says=7, answered=2)
    outcome = town.judge()
    assert standings(outcome, "unreliable") == {"attacker0", "attacker1", "attacker2"}
    assert taught_by(outcome, town.by("attacker")) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_sixty_one_off_accounts_have_no_record_to_judge_and_teach_nothing(seed: int) -> None:
    """Proven authors' answers catch what words tell apart; the cap on newcomers keeps the rest from teaching."""
    town = Town(seed)
    town.honest(800)
    for number in range(60):
        town.say(f"sybil{number}", truth=2, says=7, answered=2)
    outcome = town.judge()
    assert standings(outcome, "unreliable") == set()
    assert town.share_held(outcome, town.by("sybil")) > 0.5
    assert not {made.feedback_id for made in outcome.cases} & town.by("sybil")
    assert taught_by(outcome, town.by("sybil")) == set()


def test_one_off_accounts_do_teach_where_nobody_has_a_record_yet() -> None:
    """The price of starting without trusted authors, pinned so that it is known: identity is the defence."""
    town = Town(1)
    for number in range(10):
        town.say(f"sybil{number}", truth=2, says=7, answered=2)
    assert taught_by(town.judge(), town.by("sybil"))


def test_one_account_shouting_has_one_vote() -> None:
    town = Town(1)
    for _ in range(200):
        town.say("loud", truth=2, says=7, answered=2)
    issue = town.judge().issues[0]
    assert (issue.support, issue.is_supported) == (1, False)


def test_what_the_detectors_cannot_see_is_stopped_by_the_cap_on_newcomers() -> None:
    """Sybils on questions in words nobody else uses, correcting what no seasoned author corrects that way."""
    town = Town(1)
    town.honest(800, slip=1)
    for number in range(60):
        town.say(f"sybil{number}", truth=2, says=7, answered=2)
        asked = town.interactions[f"i{len(town.items)}"]
        hidden = " ".join(f"veiled{number}n{place}" for place in range(8))
        town.interactions[asked.id] = asked.model_copy(update={"question": hidden})
    outcome = town.judge()
    assert town.share_held(outcome, town.by("sybil")) < 0.5
    assert taught_by(outcome, town.by("sybil")) == set()
    assert not {made.feedback_id for made in outcome.cases} & town.by("sybil")


@pytest.mark.parametrize("seed", SEEDS)
def test_word_for_word_brigades_are_held(seed: int) -> None:
    town = Town(seed)
    town.honest(300)
    same = town.question(2)
    for number in range(12):
        town.say(f"brigade{number}", truth=2, says=7, answered=2)
        last = town.items[-1].feedback
        town.items[-1] = town.items[-1].model_copy(
            update={"feedback": last.model_copy(update={"at": at(90_000 + number / 2)})}
        )
        asked = town.interactions[last.interaction_id]
        town.interactions[asked.id] = asked.model_copy(update={"question": same})
    outcome = town.judge()
    assert town.share_held(outcome, town.by("brigade")) == 1.0
    assert taught_by(outcome, town.by("brigade")) == set()


def test_a_panel_finds_its_spammers_without_any_text() -> None:
    """Yes/no labels by ten of thirty raters each, as in crowd work: the questions say nothing."""
    draw = np.random.default_rng(4)
    interactions, items = {}, []
    for number in range(250):
        truth = int(draw.integers(2))
        interactions[f"i{number}"] = interaction(number, question=f"pair {number}", label=None)
        for rater in draw.permutation(30)[:10]:
            is_right = draw.random() < (0.5 if rater < 6 else 0.9)
            says = "yes" if truth == is_right else "no"
            said = feedback(len(items), interaction_id=f"i{number}", author=f"r{rater:02}", label=says)
            items.append(FeedbackItem(feedback=said, state=FeedbackState.NEW))
    outcome = step(
        ValidationWork(agent=agent(), items=tuple(items), interactions=interactions, cases=(), now=at(999), seed=1)
    )
    assert standings(outcome, "unreliable") <= {f"r{number:02}" for number in range(6)}
    assert len(standings(outcome, "unreliable")) >= 4
    assert len(standings(outcome, "proven")) >= 20

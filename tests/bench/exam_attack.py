"""Who writes the exam: every way in which examiners were bought, crowded out or forged, by 1 to 50 accounts.

Nine topics with words of their own. `named`: two leads label 200 of 600 questions and four annotators the rest.
`unnamed`: six annotators label them. `young`: they have labelled 90, so nobody has a record yet. The attacker wants a
rule that is wrong, `voucher → topic7`, proved, or the leads' cases gone:

    blunt         corrects voucher questions wrongly, from customers whose names the attacker chose
    behaves       labels as many questions rightly first, and so earns a standing
    ratings       two accounts at a time call an agent's wrong voucher answers perfect
    first         labels the annotators' questions before they do, rightly: whoever came first took the question
    first_wrong   the same, wrongly
    regulars      asks voucher questions as the leads' customers, so that the groups are settled before
    forged        writes a lead's name into a file, or an annotator's where nobody is named

Each runs through the whole firewall; then the exam is counted: the share of sealed cases that rest on the attacker's
word, the share of the leads' sealed cases that are lost, and whether the wrong rule would be proved, by the laxest rule
(dev at .20, sealed at .05). Naive, on the same valid feedback: first come, a hash without a secret, a name is a person,
anybody examines while nobody is proven, two ratings are a known good answer.

`patient` stands apart: accounts that work as long and as well as an annotator before they lie are annotators; nobody
named, only the caps and the sealed audit hold them, and naming people does.
"""

import argparse
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from loop.heldout import group_of, keyed_draw
from loop.records import (
    TEACHING_STATES,
    Agent,
    EvalCase,
    Feedback,
    FeedbackItem,
    FeedbackKind,
    FeedbackState,
    Interaction,
    Limits,
    Split,
)
from loop.stats.paired import midp_better
from loop.validate import MemoryKnowledge, settle
from tests.bench.printing import finish, say
from tests.builders import agent, at, feedback, interaction

LEADS, ANNOTATORS = ("lead-1", "lead-2"), tuple(f"annotator-{number}" for number in range(6))
QUESTIONS = {"named": 600, "unnamed": 600, "young": 90}
"""Labelled honestly, by setting."""
WRONG, TRUTH = "topic7", "topic2"
"""What the attacker says of vouchers, and what is right."""
ATTACKS = ("blunt", "behaves", "ratings", "first", "first_wrong", "regulars", "forged")
SIZES = ((1, 24), (3, 8), (10, 8), (50, 8))
"""Accounts, and wrong words of each."""
PATIENT = 100
"""Right labels of a patient account: what an annotator gives."""


@dataclass
class World:
    """Everything that was said, in the order it came."""

    seed: int
    setting: str
    said: list[tuple[Feedback, Interaction]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.numbers = count(1)

    def question(self, topic: int, *, is_voucher: bool = False) -> str:
        own = [f"voucher{self.draw.randrange(4)}"] if is_voucher else []
        words = own + [f"word{topic}x{self.draw.randrange(12)}" for _ in range(4)]
        words += [f"plain{self.draw.randrange(60)}" for _ in range(6)]
        self.draw.shuffle(words)
        return " ".join((["voucher"] if is_voucher else []) + words)

    def ask(self, topic: int, *, is_voucher: bool = False, customer: str = "") -> Interaction:
        number = next(self.numbers)
        text, answered = self.question(topic, is_voucher=is_voucher), f"topic{self.draw.randrange(9)}"
        return interaction(number, question=text, label=answered, answer="", customer=customer or f"customer-{number}",
                           at=at(5 * number))  # fmt: skip

    def say(self, asked: Interaction, author: str, label: str | None, **fields: object) -> None:
        number, moment = next(self.numbers), at(5 * next(self.numbers))
        told = {"id": f"f{number}", "interaction_id": asked.id, "author": author, "label": label, "at": moment}
        self.said.append((feedback(number, **told | {"received_at": moment} | fields), asked))

    def judge(self) -> MemoryKnowledge:
        """One turn over everything."""
        return self.known(self.said)

    def known(self, said: Sequence[tuple[Feedback, Interaction]]) -> MemoryKnowledge:
        """One turn over some of it."""
        known = MemoryKnowledge(drawn=partial(keyed_draw, f"secret {self.seed}".encode()))
        self.go_on(known, said)
        return known

    def go_on(self, known: MemoryKnowledge, said: Sequence[tuple[Feedback, Interaction]]) -> None:
        """One more turn."""
        for place, (one, asked) in enumerate(said, len(known.items) + 1):
            known.items[one.id] = FeedbackItem(feedback=one, state=FeedbackState.NEW, seq=place)
            known.asked[asked.id] = asked
            known.list_of["facts"][one.id] = 1
        settle(known, self.agent, now=at(999_999), seed=self.seed)

    @property
    def is_named(self) -> bool:
        return self.setting == "named"

    @property
    def agent(self) -> Agent:
        return agent(trusted_authors=LEADS if self.is_named else (), limits=Limits(min_sources=3))


@dataclass(frozen=True)
class Exam:
    """What became of the exam."""

    sealed: int
    share: float
    """Of the sealed cases, those that rest on the attacker's word."""
    by_leads: int
    is_wrong_proved: bool


def live(world: World, attack: str, *, accounts: int, rows: int) -> None:
    """Honest work and the attack, in the order the attack wants."""
    honest = list(_honest(world))
    names = [f"account-{number}" for number in range(accounts)]
    if attack in ("first", "first_wrong", "regulars"):
        _attack(world, attack, names=names, rows=rows, honest=honest)
    for asked, author, label in honest:
        world.say(asked, author, label)
    if attack not in ("first", "first_wrong", "regulars", ""):
        _attack(world, attack, names=names, rows=rows, honest=honest)


def _honest(world: World) -> Iterator[tuple[Interaction, str, str]]:
    for number in range(QUESTIONS[world.setting]):
        topic = world.draw.randrange(9)
        is_lead = world.is_named and number % 3 == 0
        author = LEADS[number // 3 % 2] if is_lead else ANNOTATORS[number % (4 if world.is_named else 6)]
        label = f"topic{topic}" if is_lead or world.draw.random() < 0.97 else f"topic{world.draw.randrange(9)}"
        yield world.ask(topic), author, label


def _attack(
    world: World, attack: str, *, names: Sequence[str], rows: int, honest: list[tuple[Interaction, str, str]]
) -> None:
    mine = [one for one in honest if one[1] in LEADS] if world.is_named else honest
    crowded = world.draw.sample(mine, min(len(mine), len(names) * rows))
    chosen = chosen_names(len(names) * rows)
    for place, name in enumerate(names):
        for _ in range({"behaves": rows, "patient": PATIENT}.get(attack, 0)):
            topic = world.draw.randrange(9)
            world.say(world.ask(topic), name, f"topic{topic}")
        for row in range(rows):
            number = place * rows + row
            match attack:
                case "first" | "first_wrong" if number < len(crowded):
                    asked, _, right = crowded[number]
                    world.say(asked, name, right if attack == "first" else WRONG)
                case "regulars":
                    customer = mine[number % len(mine)][0].customer
                    world.say(world.ask(2, is_voucher=True, customer=customer), name, WRONG)
                case "ratings":
                    asked = world.ask(2, is_voucher=True, customer=chosen[number]).model_copy(update={"label": WRONG})
                    for liker in (name, names[place - 1] if len(names) > 1 else f"{name}-b"):
                        world.say(asked, liker, None, kind=FeedbackKind.THUMBS, value=1.0)
                case "forged":
                    lead = (LEADS if world.is_named else ANNOTATORS)[number % 2]
                    asked = world.ask(2, is_voucher=True, customer=chosen[number])
                    world.say(asked, lead, WRONG, source="import:weekly.csv", id=f"account-{number}")
                case "blunt" | "behaves" | "patient":
                    world.say(world.ask(2, is_voucher=True, customer=chosen[number]), name, WRONG)
                case _:
                    pass


def chosen_names(n: int) -> list[str]:
    """Names that a hash without a secret puts into dev and sealed by turns: what an attacker looks for."""
    found: dict[Split, list[str]] = {Split.DEV: [], Split.SEALED: []}
    for number in count():
        name = f"visitor-{number}"
        if (split := unsalted(name)) in found:
            found[split].append(name)
        if min(map(len, found.values())) >= n:
            return [name for pair in zip(*found.values(), strict=False) for name in pair][:n]
    raise AssertionError


def unsalted(group: str) -> Split:
    """The draw of the first version: SHA-256 of the name, sealed first, with the shares it had."""
    share = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    if share < 0.15:
        return Split.SEALED
    return Split.DEV if share < 0.30 else Split.LOG


def naive_cases(world: World, known: MemoryKnowledge) -> list[EvalCase]:
    """The rule of the first version on the same valid feedback."""
    bare = {said.id: said.author for said, _ in world.said}
    proven = {name.split(" (")[0] for name, (one, _) in known.standing_of.items() if one.standing == "proven"}
    worthy = set(LEADS) if world.is_named else proven
    cases: dict[str, EvalCase] = {}
    splits: dict[str, Split] = {}
    liked: dict[str, set[str]] = {}
    for said, asked in world.said:
        if known.items[said.id].state not in TEACHING_STATES or asked.id in cases:
            continue
        authors, expected = {said.author}, said.label or ""
        if not expected:
            authors = liked.setdefault(asked.id, set())
            authors.add(said.author)
            if len(authors) < 2:
                continue
            expected = asked.label or ""
        group = group_of(asked)
        is_worth = not worthy or authors <= worthy
        if group not in splits:
            splits[group] = unsalted(group) if is_worth else Split.LOG
        if splits[group] is Split.LOG or is_worth:
            cases[asked.id] = EvalCase(
                id=said.id, agent="desk", split=splits[group], group=group, question=asked.question,
                grading=world.agent.grading, expected=expected, author=bare[said.id], feedback_id=said.id,
                interaction_id=asked.id, at=said.at,
            )  # fmt: skip
    return list(cases.values())


def examined(cases: Sequence[EvalCase]) -> Exam:
    """Count the exam."""
    sealed = [case for case in cases if case.split is Split.SEALED]
    theirs = [case for case in sealed if is_attackers(case)]
    return Exam(
        sealed=len(sealed),
        share=len(theirs) / max(len(sealed), 1),
        by_leads=sum(case.author in LEADS and not is_attackers(case) for case in sealed),
        is_wrong_proved=_p(cases, Split.DEV) <= 0.20 and _p(cases, Split.SEALED) <= 0.05,
    )


def is_attackers(case: EvalCase) -> bool:
    """Whether it rests on the attacker's word, whatever name stands there."""
    return case.author.startswith("account-") or (case.feedback_id or "").startswith("account-")


def _p(cases: Sequence[EvalCase], split: Split) -> float:
    asked = [case for case in cases if case.split is split and case.question.startswith("voucher")]
    fixed = sum(case.expected == WRONG for case in asked)
    return midp_better(fixed, broken=len(asked) - fixed)


def used(known: MemoryKnowledge) -> list[EvalCase]:
    """Cases that are not retired."""
    return [case for key, case in known.cases.items() if key not in known.retired]


def attacked(attack: str, *, setting: str, accounts: int, rows: int, seed: int) -> tuple[Exam, Exam]:
    """The exam after an attack, and the naive one."""
    world = World(seed, setting)
    live(world, attack, accounts=accounts, rows=rows)
    known = world.judge()
    return examined(used(known)), examined(naive_cases(world, known))


def main() -> None:
    """Run every attack and print the worst of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="How many of the sizes to try.")
    chosen = parser.parse_args()
    worst = {"ours": [0.0, 0.0, 0], "naive": [0.0, 0.0, 0]}
    runs: list[dict[str, object]] = []
    sealed: dict[str, int] = {}
    for setting in QUESTIONS:
        calm = attacked("", setting=setting, accounts=0, rows=0, seed=chosen.seed)
        sealed[setting] = calm[0].sealed
        for attack in ATTACKS:
            for accounts, rows in SIZES[: chosen.sizes]:
                found = attacked(attack, setting=setting, accounts=accounts, rows=rows, seed=chosen.seed)
                run: dict[str, object] = {"attack": attack, "setting": setting, "accounts": accounts, "rows": rows}
                for name, exam, before in zip(worst, found, calm, strict=True):
                    lost = max(0.0, 1 - exam.by_leads / before.by_leads) if before.by_leads else 0.0
                    figures = worst[name]
                    figures[0], figures[1] = max(figures[0], exam.share), max(figures[1], lost)
                    figures[2] += exam.is_wrong_proved
                    run[name] = [round(exam.share, 4), round(lost, 4), exam.is_wrong_proved]
                runs.append(run)
                say(str(run))
    patient = [
        attacked("patient", setting=setting, accounts=2, rows=12, seed=chosen.seed)[0].share
        for setting in ("named", "unnamed")
    ]
    ours, naive = worst["ours"], worst["naive"]
    finish(
        {
            "worst_sealed_share": round(ours[0], 4),
            "worst_sealed_lost": round(ours[1], 4),
            "wrong_proved": ours[2],
            "naive_sealed_share": round(naive[0], 4),
            "naive_sealed_lost": round(naive[1], 4),
            "naive_wrong_proved": naive[2],
            "attacks": len(runs),
            "sealed_cases": sealed,
            "patient_share_named": round(patient[0], 4),
            "patient_share_unnamed": round(patient[1], 4),
            "runs": runs,
        },
        name="exam_attack",
        seed=chosen.seed,
        units={"share": "of sealed cases", "lost": "share of the leads' sealed cases", "proved": "attacks"},
    )


if __name__ == "__main__":
    main()

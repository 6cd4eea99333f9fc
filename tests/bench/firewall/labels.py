"""Wrong labels: slips of everybody, an attack on one label, one question over and over."""

import random
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from loop.text import classifier
from loop.text.spelling import normalise
from tests.bench.firewall.worlds import DAY, VOUCHED, World, banking, spare

VICTIM, BENEFICIARY = "card_arrival", "lost_or_stolen_card"
TARGETED = 60
Rows = list[tuple[str, str]]


class Found(NamedTuple):
    """How well wrong rows were found."""

    precision: float
    recall: float
    honest: float
    """Right rows held, as a share."""


def found(world: World, held: set[str]) -> Found:
    """Of the world's wrong rows."""
    right = held & world.wrong
    honest = len(world.known.items) - len(world.wrong)
    return Found(
        len(right) / max(len(held), 1), len(right) / max(len(world.wrong), 1), len(held - world.wrong) / max(honest, 1)
    )


def naive_held(world: World) -> set[str]:
    """Every row whose label is not the likeliest of a leave-one-out classifier of all rows."""
    items = [item for item in world.known.items.values() if item.feedback.label]
    texts = [normalise(world.known.asked[item.feedback.interaction_id].question) for item in items]
    model = classifier.fit(texts, labels=[item.feedback.label or "" for item in items], seed=0)
    assert model is not None
    told = model.left_out
    return {
        item.feedback.id
        for place, item in enumerate(items)
        if told.top[place] != told.given[place] and item.feedback.author not in world.trusted
    }


def slips(rows: Rows, *, n: int, seeds: Sequence[int], noise: float, vouched: int) -> tuple[Found, Found]:
    """The product and naive, means over the seeds."""
    mine, naive = [], []
    for seed in seeds:
        world = banking(rows, seed=seed, n=n, noise=noise, vouched=vouched)
        world.judge(seed=seed)
        mine.append(found(world, world.held()))
        naive.append(found(world, naive_held(world)))
    return Found(*map(fmean, zip(*mine, strict=True))), Found(*map(fmean, zip(*naive, strict=True)))


def targeted(rows: Rows, *, seed: int, n: int, accounts: int) -> World:
    """Some new accounts move one label's questions to a similar label, during the two weeks."""
    left = [row for row in spare(rows, seed=seed, n=n, vouched=VOUCHED) if row[1] == VICTIM]
    draw = random.Random(seed + 1)
    attack = [
        {"author": f"visitor-{place % accounts}", "question": text, "label": BENEFICIARY, "is_wrong": True,
         "at": draw.uniform(0, 14 * DAY)}
        for place, (text, _) in enumerate(left[:TARGETED])
    ]  # fmt: skip
    return banking(rows, seed=seed, n=n, noise=0.0, vouched=VOUCHED, more=attack)


def repeated(rows: Rows, *, seed: int, n: int) -> World:
    """One question with one wrong label, 1,000 times by 500 accounts in 30 days."""
    draw = random.Random(seed + 2)
    text, label = next(row for row in spare(rows, seed=seed, n=n, vouched=VOUCHED) if len(row[0].split()) >= 6)
    wrong = draw.choice(sorted({one for _, one in rows} - {label}))
    attack = [
        {"author": f"one-off-{place % 500}", "question": text, "label": wrong, "is_wrong": True,
         "at": draw.uniform(0, 30 * DAY)}
        for place in range(1_000)
    ]  # fmt: skip
    return banking(rows, seed=seed, n=n, noise=0.0, vouched=VOUCHED, more=attack)


def figures(rows: Rows, *, n: int, seeds: Sequence[int]) -> dict[str, object]:
    """Every figure about labels."""
    random_mine, random_naive = slips(rows, n=n, seeds=seeds, noise=0.1, vouched=VOUCHED)
    cold_mine, cold_naive = slips(rows, n=n, seeds=seeds, noise=0.1, vouched=0)
    clean, _ = slips(rows, n=n, seeds=seeds, noise=0.0, vouched=VOUCHED)
    by_accounts, naive_by_accounts, taught = {}, {}, 0
    for accounts in (3, 20):
        shares, naive_shares = [], []
        for seed in seeds:
            world = targeted(rows, seed=seed, n=n, accounts=accounts)
            world.judge(seed=seed)
            shares.append(found(world, world.held()).recall)
            naive_shares.append(found(world, naive_held(world)).recall)
            taught += len(world.taught() & world.wrong)
        by_accounts[accounts], naive_by_accounts[accounts] = fmean(shares), fmean(naive_shares)
    repeats = []
    for seed in seeds:
        world = repeated(rows, seed=seed, n=n)
        world.judge(seed=seed)
        repeats.append(found(world, world.held()).recall)
        taught += len(world.taught() & world.wrong)
    return {
        "banking_random_precision": round(random_mine.precision, 4),
        "banking_random_precision_naive": round(random_naive.precision, 4),
        "banking_random_recall": round(random_mine.recall, 4),
        "banking_random_recall_naive": round(random_naive.recall, 4),
        "banking_random_honest_held": round(random_mine.honest, 4),
        "banking_random_honest_held_naive": round(random_naive.honest, 4),
        "banking_cold_recall": round(cold_mine.recall, 4),
        "banking_cold_recall_naive": round(cold_naive.recall, 4),
        "banking_cold_precision": round(cold_mine.precision, 4),
        "banking_cold_precision_naive": round(cold_naive.precision, 4),
        "banking_targeted_recall": round(min(by_accounts.values()), 4),
        "banking_targeted_recall_naive": round(min(naive_by_accounts.values()), 4),
        "banking_targeted_by_accounts": {str(key): round(share, 4) for key, share in by_accounts.items()},
        "banking_repeat_recall": round(fmean(repeats), 4),
        "banking_attacks_taught": taught,
        "honest_held": round(clean.honest, 4),
    }

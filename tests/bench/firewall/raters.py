"""Raters: crowd labels with the truth, ratings of real answers, and worlds in which nobody is worse than anybody."""

import csv
import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from loop.records import FeedbackKind, FeedbackState, Grading
from loop.stats.agreement import rate
from loop.validate.votes import carries
from tests.bench.firewall.worlds import World, banking

BAD = 0.6
"""Raters who are right less often are bad ones."""
_RATINGS = {"Excellent": 1.0, "Acceptable": 2 / 3, "Could be Improved": 1 / 3, "Bad": 0.0}
_RATERS = 30


def auc(low: Sequence[float], high: Sequence[float]) -> float:
    """Chance that one of `high` lies above one of `low`, ties half."""
    pairs = sum((one > other) + 0.5 * (one == other) for one in high for other in low)
    return pairs / max(len(low) * len(high), 1)


def words_for(key: str) -> str:
    """Words that no other key has, for items whose text is not known."""
    whole = hashlib.sha256(key.encode()).hexdigest()
    return " ".join(whole[start : start + 6] for start in range(0, 48, 6))


def crowd(folder: Path) -> dict[str, object]:
    """8,000 yes and no by 164 raters."""
    with (folder / "rte_labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    world, truth = World(), {row["item"]: row["gold"] for row in rows}
    for place, row in enumerate(rows):
        world.say(row["worker"], words_for(row["item"]), at=60.0 * place, asked=f"i{row['item']}", label=row["label"])
    known = world.judge()
    near = {row.interaction_id: row.near for row in known.judged.values()}
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        votes[row["item"]][row["label"]] += 1
    right = naive = silenced = 0.0
    for item, gold in truth.items():
        body = known.documents["near", str(near[f"i{item}"])]
        lead = next(iter(body["sides"])) if len(body["sides"]) == 1 else body["leading"]
        right += lead == gold
        best, most = votes[item].most_common(1)[0]
        is_tie = 2 * most == votes[item].total()
        naive += 0.5 if is_tie else best == gold
        is_sure = carries(most, of=votes[item].total(), needed=3)
        silenced += is_sure and len(body["sides"]) > 1 and body["winner"] is None
    told: defaultdict[str, list[bool]] = defaultdict(list)
    for row in rows:
        told[row["worker"]].append(row["label"] == row["gold"])
    skill = {name: fmean(some) for name, some in told.items()}
    standing = {name: one for name, (one, _) in known.standing_of.items()}
    agreement = {name: standing[name].agreement or 0.0 for name in skill}
    plain = {
        name: fmean(votes[row["item"]].most_common(1)[0][0] == row["label"] for row in rows if row["worker"] == name)
        for name in skill
    }
    condemned = [name for name in skill if standing[name].standing == "unreliable"]
    return {
        "rte_consensus": round(right / len(truth), 4),
        "rte_consensus_naive": round(naive / len(truth), 4),
        "rte_majority_silenced": int(silenced),
        "rte_bad_rater_auc": round(_split(agreement, skill), 4),
        "rte_bad_rater_auc_naive": round(_split(plain, skill), 4),
        "rte_condemned": len(condemned),
        "rte_condemned_wrongly": sum(skill[name] >= BAD for name in condemned),
    }


def _split(score: dict[str, float], skill: dict[str, float]) -> float:
    return auc(
        [score[name] for name in skill if skill[name] < BAD], [score[name] for name in skill if skill[name] >= BAD]
    )


def rated(folder: Path, *, seed: int, flipped: float = 0.0, liars: int = 0) -> tuple[World, dict[str, bool]]:
    """Three ratings of each test answer by people out of thirty, and which answers were right."""
    draw = random.Random(seed)
    with (folder / "UK_feedback.jsonl").open(encoding="utf-8") as file:
        answers = [one for line in file if (one := json.loads(line))["split"] == "test"]
    world, right = World(), {}
    for number, one in enumerate(answers):
        key = f"i{number:05}"
        right[key] = one["gold_passage_id"] == one["passage_id"]
        people = draw.sample(range(_RATERS), len(one["ratings"]))
        for person, rating, comment in zip(people, one["ratings"], one["comments"], strict=True):
            value = _RATINGS[rating]
            if person < liars or draw.random() < flipped:
                value = 1 - value
            world.say(
                f"rater-{person:02}", one["question"], at=300.0 * number, asked=key,
                kind=FeedbackKind.CSAT, value=value, text=comment,
            )  # fmt: skip
    return world, right


def ratings(folder: Path, *, seeds: Sequence[int]) -> dict[str, object]:
    """AUC of the mean rating that stands for the right article."""
    told: dict[str, object] = {}
    for name, setting in (("flipped20", {"flipped": 0.2}), ("liars", {"liars": 6})):
        mine, naive, held = [], [], []
        for seed in seeds:
            world, right = rated(folder, seed=seed, **setting)  # type: ignore[arg-type]
            world.judge(grading=Grading.ARTICLE, seed=seed)
            mine.append(_auc_of(world, right, only_valid=True))
            naive.append(_auc_of(world, right, only_valid=False))
            held.append(len(world.held()) / len(world.known.items))
        told |= {
            f"feedbackqa_auc_{name}": round(fmean(mine), 4),
            f"feedbackqa_auc_{name}_naive": round(fmean(naive), 4),
            f"feedbackqa_held_{name}": round(fmean(held), 4),
        }
    return told


def _auc_of(world: World, right: dict[str, bool], *, only_valid: bool) -> float:
    values: defaultdict[str, list[float]] = defaultdict(list)
    for item in world.known.items.values():
        if not only_valid or item.state is FeedbackState.VALID:
            values[item.feedback.interaction_id].append(item.feedback.value or 0.0)
    everything = [value for some in values.values() for value in some]
    mean = {key: fmean(values[key]) if values[key] else fmean(everything) for key in right}
    return auc([mean[key] for key in right if not right[key]], [mean[key] for key in right if right[key]])


def alike(folder: Path, rows: list[tuple[str, str]], *, n: int, seeds: Sequence[int]) -> dict[str, object]:
    """Everybody equally noisy: whoever is condemned is condemned wrongly. Naive: an upper bound below the bar alone, a
    quarter of the way from chance to perfect or two thirds of the median, one person at a time.
    """
    condemned = naive = people = 0
    for seed in seeds:
        worlds = [rated(folder, seed=seed, flipped=share)[0] for share in (0.2, 0.35)]
        worlds += [banking(rows, seed=seed, n=n, noise=noise, vouched=0) for noise in (0.2, 0.4)]
        worlds += [_panels(seed, skill=skill, votes=votes) for skill, votes in ((0.6, 5), (0.7, 10), (0.55, 3))]
        for world in worlds:
            known = world.judge(seed=seed)
            found = [one for one, _ in known.standing_of.values()]
            judged = sorted(one.agreement for one in found if one.judged >= 8 and one.agreement is not None)
            condemned += sum(one.standing == "unreliable" for one in found)
            chance = 0.5 if len(known.documents["totals", "given"]["choices"]) <= 2 else 0.0
            least = max(0.5, chance + 0.25 * (1 - chance), judged[len(judged) // 2] * 2 / 3 if judged else 0.0)
            naive += sum(
                rate((one.agreement or 0.0) * one.judged, n=one.judged).high < least for one in found if one.judged >= 8
            )
            people += len(found)
    return {
        "honest_raters_condemned": condemned,
        "honest_raters_condemned_naive": naive,
        "honest_raters": people,
    }


def _panels(seed: int, *, skill: float, votes: int) -> World:
    """Yes and no by forty raters of one skill, on 200 items without words that tell."""
    draw = random.Random(seed)
    world = World()
    for number in range(200):
        truth = draw.random() < 0.5
        for person in draw.sample(range(40), votes):
            said = truth if draw.random() < skill else not truth
            world.say(
                f"p{person}", words_for(f"{seed}-{number}"), at=600.0 * number, asked=f"i{number}",
                label="yes" if said else "no",
            )  # fmt: skip
    return world

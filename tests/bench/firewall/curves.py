"""The curve behind every threshold of the firewall: what each other value would have found and whom it would have held.

    python -m tests.bench.firewall.curves

Each line names the constant, the value in force, and what values around it come to on real data or in a simulation.
The choice is always the same: honest people first (the column that must stay low), then what is found.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean, median

import numpy as np
from scipy.special import pdtrc

from loop.stats import agreement, mixture
from loop.stats.agreement import Panel, fit_panels, rate
from loop.stats.funnel import below_peers
from loop.text import classifier
from loop.text.classifier import DOUBTS
from loop.text.spelling import normalise
from loop.validate import crowds, fits, leaning, standings, topics
from loop.validate.detectors import conflict, duplicate, reference
from tests.bench.firewall import labels
from tests.bench.firewall.worlds import VOUCHED, World, banking, over_time, said_by_leads, said_by_raters
from tests.bench.learning_curve.streams import LEADS, read
from tests.bench.printing import data_folder, finish, say

SEEDS = (0, 1, 2)
N = 2_000
Row = dict[str, object]
Rows = labels.Rows


def precision(rows: Rows) -> list[Row]:
    """PRECISION of what is held for its words: slips of 0, 5, 10, 20 % found in a cold world; honest held."""
    told: list[Row] = []
    seen = []
    for noise in (0.0, 0.05, 0.1, 0.2):
        for seed in SEEDS:
            world = banking(rows, seed=seed, n=N, noise=noise, vouched=0)
            items = list(world.known.items.values())
            texts = [normalise(world.known.asked[item.feedback.interaction_id].question) for item in items]
            model = classifier.fit(texts, labels=[item.feedback.label or "" for item in items], seed=0)
            assert model is not None
            chances = np.where(model.left_out.top == model.left_out.given, 1.0, model.left_out.given_chance)
            is_wrong = np.array([item.feedback.id in world.wrong for item in items])
            seen.append((noise, chances.astype(np.float64), is_wrong, model))
    for wanted in (0.5, 0.6, 0.7, 0.8, 0.9):
        line: Row = {"value": wanted}
        for noise in (0.0, 0.05, 0.1, 0.2):
            found = []
            for of, chances, is_wrong, model in seen:
                if of == noise:
                    below = mixture.bound(chances, bad=model.mistaken, grid=DOUBTS, precision=wanted).below
                    held = chances < min(below, fits.PART_OF_GUESS / len(model.labels))
                    found.append(
                        (
                            (held & is_wrong).sum() / max(held.sum(), 1),
                            (held & is_wrong).sum() / max(is_wrong.sum(), 1),
                            (held & ~is_wrong).sum() / (~is_wrong).sum(),
                        )
                    )
            means = [round(float(fmean(column)), 3) for column in zip(*found, strict=True)]
            line[f"wrong {noise:.0%}: precision, recall, honest held"] = means
        told.append(line)
    return told


def newcomers(rows: Rows) -> list[Row]:
    """RARE: one newcomer's row alone. Wrong rows of twenty accounts that move one label, honest newcomers' rows."""
    bad, honest = [], []
    for seed in SEEDS:
        world = labels.targeted(rows, seed=seed, n=N, accounts=20)
        known = world.judge(seed=seed)
        bad += [known.judged[key] for key in world.wrong]
        guests = _guests(rows, seed=seed)
        honest += [row for row in guests.judge(seed=seed).judged.values() if row.author.startswith("guest")]

    def share(some: Sequence[object], value: float) -> float:
        return round(
            fmean(
                bool(row.top and row.top != row.choice and row.rank <= value and row.top_chance >= fits.CONFIDENT)  # type: ignore[attr-defined]
                for row in some
            ),
            3,
        )

    return [
        {"value": value, "attack found": share(bad, value), "honest newcomers held": share(honest, value)}
        for value in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
    ]


def together(rows: Rows) -> list[Row]:
    """LEAST, Z, TIMES, MORE: newcomers taken together. Attacks of some size seen, and honest labels said to lean."""
    attacks: defaultdict[int, list[tuple[float, int, float]]] = defaultdict(list)
    honest = []
    for seed in SEEDS:
        world = labels.targeted(rows, seed=seed, n=N, accounts=20)
        known = world.judge(seed=seed)
        usual = _doubted(known, rows, seed=seed)
        seen = [value for _, value in _leaning(known, labels.BENEFICIARY)]
        for size in (12, 20, 30, 60):
            attacks[size] += [(fmean(seen[:size]), size, usual.get(labels.BENEFICIARY, 1.0))]
        guests = _guests(rows, seed=seed, n=2_000).judge(seed=seed)
        for key in {key for kind, key in guests.documents if kind == "lean"}:
            values = [value for _, value in _leaning(guests, key)]
            if len(values) >= leaning.LEAST:
                honest.append((fmean(values), len(values), _doubted(guests, rows, seed=seed).get(key, 1.0)))

    def leans(share: float, n: int, usual: float, *, z: float, more: float) -> bool:
        error = max(usual * (1 - usual), 1e-9) ** 0.5 / n**0.5
        return share >= max(leaning.TIMES * usual, usual + more) and share - usual >= z * error

    told: list[Row] = []
    for z in (3.0, 4.0, 5.0, 6.0):
        for more in (0.1, 0.2, 0.3):
            line: Row = {"value": {"Z": z, "MORE": more}}
            line["attacks seen, by rows"] = {
                size: round(fmean(leans(*one, z=z, more=more) for one in some), 2) for size, some in attacks.items()
            }
            line["honest labels that lean"] = sum(leans(*one, z=z, more=more) for one in honest)
            line["of"] = len(honest)
            told.append(line)
    return told


def _guests(rows: Rows, *, seed: int, n: int = 600) -> World:
    """An ordinary world with as many honest newcomers as rows of theirs allow, three each."""
    draw = random.Random(seed + 9)
    shuffled = random.Random(seed).sample(rows, len(rows))
    world = World(trusted=LEADS)
    told = said_by_raters(world, shuffled[:N], noise=0.0, draw=draw) + said_by_leads(shuffled[N : N + VOUCHED])
    told += [
        {"author": f"guest-{place // 3}", "question": text, "label": label}
        for place, (text, label) in enumerate(shuffled[N + VOUCHED : N + VOUCHED + n])
    ]
    return over_time(world, told, draw=draw)


def _leaning(known: object, choice: str) -> list[tuple[str, int]]:
    body = known.documents.get(("lean", choice), {"rows": {}})  # type: ignore[attr-defined]
    return sorted({str(question): int(value) for question, value in body["rows"].values()}.items())


def _doubted(known: object, rows: Rows, *, seed: int) -> dict[str, float]:
    """Of what is known of each label, the share that looks like another: from the vouched rows of the same world."""
    shuffled = random.Random(seed).sample(rows, len(rows))[: N + VOUCHED]
    model = classifier.fit([normalise(text) for text, _ in shuffled], labels=[label for _, label in shuffled], seed=0)
    assert model is not None
    return fits.doubt_shares(model)


def crowd_size(_rows: Rows) -> list[Row]:
    """CROWD, `CHORUS` and `WINDOW_SECONDS`: the same words from some accounts. An honest outage of 70 people in three
    hours is cut into windows; a brigade of some accounts comes within ten minutes.
    """
    draw = random.Random(0)
    told: list[Row] = []
    for seconds in (120.0, 600.0, 1_800.0):
        for least in (2, 3, 5):
            chance = []
            for _ in range(400):
                times = sorted(draw.uniform(0, 30 * 86_400) for _ in range(60))
                chance.append(
                    any(times[place + least - 1] - times[place] <= seconds for place in range(len(times) - least + 1))
                )
            told.append(
                {
                    "value": {"accounts": least, "seconds": seconds},
                    "a common question asked by 60 strangers in 30 days looks like a chorus": round(fmean(chance), 3),
                }
            )
    for size in (5, 8, 12, 20):
        small = [people for people in (3, 5, 8, 12, 20, 70) if people < size]
        told.append({"value": {"CROWD": size}, "outages still held, by people": small})
    return told


def burst(_rows: Rows) -> list[Row]:
    """`BURST`: near-identical items in a day from at most two sources. Honest: somebody at a queue of like questions,
    a Poisson number of 1 or 2 a day, over 100 authors and a year.
    """
    return [
        {
            "value": least,
            "honest days that look like a burst, in a million": {
                f"{usual:g} a day": round(1e6 * float(pdtrc(least - 1, usual)), 2) for usual in (0.5, 1.0, 2.0)
            },
        }
        for least in (4, 6, 8, 10, 12)
    ]


def topic_chance(_rows: Rows) -> list[Row]:
    """CHANCE of an emerging topic: false topics a year over 100 themes, and people needed to be seen."""
    told: list[Row] = []
    for chance in (1e-4, 1e-5, 1e-6, 1e-8):
        needed = {}
        false = 0.0
        for usual in (0.5, 1.0, 3.0, 10.0):
            people = next(n for n in range(1, 200) if n >= crowds.CROWD and pdtrc(n - 1, usual) <= chance)
            needed[f"{usual:g} a day"] = people
            false = max(false, 365 * 100 * float(pdtrc(people - 1, usual)))
        told.append({"value": chance, "people needed": needed, "false topics a year, at most": round(false, 4)})
    return told


def funnel(_rows: Rows) -> list[Row]:
    """SURELY, `ABOVE_CHANCE` and `SHARE_OF_USUAL`: who is condemned. Twenty good raters and five bad ones against
    twenty-five that are equally noisy; the first column is the bar alone, as before.
    """
    draw = np.random.default_rng(0)
    told: list[Row] = []
    for level in (1.0, 0.2, 0.05, 0.01):
        for part in (0.5, standings.SHARE_OF_USUAL, 0.8):
            noisy = bad = 0
            for _ in range(200):
                alike = [(float(draw.binomial(40, 0.55)), 40) for _ in range(25)]
                mixed = [(float(draw.binomial(40, 0.9 if place < 20 else 0.2)), 40) for place in range(25)]
                noisy += sum(_condemned(alike, level=level, part=part))
                bad += sum(_condemned(mixed, level=level, part=part)[20:])
            told.append(
                {
                    "value": {"SURELY": level, "SHARE_OF_USUAL": round(part, 2)},
                    "equally noisy raters condemned, of 5,000": noisy,
                    "bad raters found, of 1,000": bad,
                }
            )
    return told


def _condemned(records: list[tuple[float, int]], *, level: float, part: float) -> list[bool]:
    least = max(0.5, part * median(agreed / n for agreed, n in records))
    lucky = below_peers(records, least=0.5)
    return [
        rate(agreed, n=n).high < least and chance <= level for (agreed, n), chance in zip(records, lucky, strict=True)
    ]


def _panels() -> tuple[list[Panel], list[str]]:
    with (data_folder("crowd_rte") / "rte_labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    votes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        votes[row["item"]].append((row["label"], row["worker"]))
    truth = {row["item"]: row["gold"] for row in rows}
    return (
        [Panel(tuple(vote for vote, _ in some), tuple(who for _, who in some)) for some in votes.values()],
        [truth[item] for item in votes],
    )


def sure_right(_rows: Rows) -> list[Row]:
    """SURE_RIGHT: contested items that stand, and how many of these are right; 800 items of crowd_rte."""
    panels, truth = _panels()
    model = fit_panels(panels)
    chances = [model.consensus(one.votes, raters=one.raters) for one in panels]
    best = [max(told, key=lambda key: told[key]) for told in chances]
    sure = [max(told.values()) for told in chances]
    return [
        {
            "value": value,
            "items that stand": sum(one >= value for one in sure),
            "right of these": round(
                fmean(said == true for said, true, one in zip(best, truth, sure, strict=True) if one >= value), 4
            ),
        }
        for value in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
    ]


def added_votes(_rows: Rows) -> list[Row]:
    """`_ADDED_VOTES`: smoothing of a rater's record; right items of crowd_rte and the log loss of the truth."""
    panels, truth = _panels()
    before = agreement._ADDED_VOTES
    told: list[Row] = []
    try:
        for value in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0):
            agreement._ADDED_VOTES = value
            model = agreement._fit(panels)
            chances = [model.consensus(one.votes, raters=one.raters) for one in panels]
            right = sum(max(some, key=lambda key: some[key]) == true for some, true in zip(chances, truth, strict=True))
            loss = -fmean(np.log(max(some[true], 1e-9)) for some, true in zip(chances, truth, strict=True))
            told.append({"value": value, "right of 800": right, "log loss": round(float(loss), 3)})
    finally:
        agreement._ADDED_VOTES = before
    return told


def part_of_guess(rows: Rows) -> list[Row]:
    """PART_OF_GUESS: the whole firewall on slips of 10 %, with 732 vouched answers and with none, one seed."""
    before = fits.PART_OF_GUESS
    told: list[Row] = []
    try:
        for value in (0.25, before, 1.0):
            line: Row = {"value": value}
            fits.PART_OF_GUESS = value
            fits.forget_models()
            for vouched in (VOUCHED, 0):
                world = banking(rows, seed=0, n=N, noise=0.1, vouched=vouched)
                world.judge()
                line[f"{vouched} vouched: precision, recall, honest held"] = [
                    round(one, 3) for one in labels.found(world, world.held())
                ]
            told.append(line)
    finally:
        fits.PART_OF_GUESS = before
        fits.forget_models()
    return told


CURVES: dict[str, tuple[Callable[[Rows], list[Row]], object]] = {
    "fits.PRECISION": (precision, fits.PRECISION),
    "fits.PART_OF_GUESS": (part_of_guess, fits.PART_OF_GUESS),
    "reference.RARE, CROWD_RARE": (newcomers, [reference.RARE, reference.CROWD_RARE]),
    "leaning.Z, MORE": (together, [leaning.Z, leaning.MORE]),
    "crowds.CROWD, duplicate chorus": (crowd_size, [crowds.CROWD, duplicate.CHORUS, duplicate.WINDOW_SECONDS]),
    "duplicate.BURST": (burst, duplicate.BURST),
    "topics.CHANCE": (topic_chance, topics.CHANCE),
    "standings.SURELY, SHARE_OF_USUAL": (funnel, [standings.SURELY, standings.SHARE_OF_USUAL]),
    "conflict.SURE_RIGHT": (sure_right, conflict.SURE_RIGHT),
    "agreement._ADDED_VOTES": (added_votes, agreement._ADDED_VOTES),
}


def main() -> None:
    """Print every curve."""
    rows = read(data_folder("banking77") / "train.csv")
    figures: dict[str, object] = {}
    for name, (curve, chosen) in CURVES.items():
        told = curve(rows)
        say(f"{name} = {chosen}")
        for line in told:
            say(f"    {line}")
        figures[name] = {"chosen": chosen, "curve": told, "what": (curve.__doc__ or "").split("\n")[0]}
    finish(figures, name="firewall curves", seed=SEEDS[0], units={"honest": "share of right rows, or of raters"})


if __name__ == "__main__":
    main()

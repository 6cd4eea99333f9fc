"""Run the streams, two at a time, and print the figures."""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from tests.bench.learning_curve.running import Outcome, run_one
from tests.bench.learning_curve.streams import SETTINGS, TEACHING, TRUSTED, read
from tests.bench.printing import data_folder, finish, say

SEEDS = (0, 1, 2, 3, 4)
PROCESSES = 2


def run_all(wanted: Sequence[tuple[int, str]], *, keep: Path | None, processes: int) -> list[Outcome]:
    """Every wanted stream, in the order wanted; what is kept is read and not run."""
    done: dict[tuple[int, str], Outcome] = {}
    for seed, setting in wanted:
        file = _kept(keep, seed, setting)
        if file is not None and file.exists():
            done[seed, setting] = Outcome(**json.loads(file.read_text(encoding="utf-8")))
    with ProcessPoolExecutor(max_workers=processes) as pool:
        going = [pool.submit(run_one, seed, setting) for seed, setting in wanted if (seed, setting) not in done]
        for future in as_completed(going):
            outcome = future.result()
            done[outcome.seed, outcome.setting] = outcome
            say(json.dumps(asdict(outcome) | {"curve": len(outcome.curve)}))
            if (file := _kept(keep, outcome.seed, outcome.setting)) is not None:
                file.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return [done[one] for one in wanted]


def _kept(keep: Path | None, seed: int, setting: str) -> Path | None:
    return keep / f"{setting}-{seed}.json" if keep else None


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Means over the seeds where all of them ran what a mean needs, and every figure of the first seed by name."""
    by = {(one.seed, one.setting): one for one in outcomes}
    seeds = sorted({one.seed for one in outcomes})
    found: dict[str, object] = {"seeds": seeds}
    pairs = {setting: [by.get((seed, setting)) for seed in seeds] for setting in SETTINGS}
    clean = [one for one in pairs["clean"] if one]
    if len(clean) == len(seeds):
        found["clean_minus_naive_mean"] = _points(fmean(one.accuracy - one.naive_accuracy for one in clean))
        noisy = [one for one in pairs["noise20"] if one]
        if len(noisy) == len(seeds):
            costs = [mine.accuracy - other.accuracy for mine, other in zip(clean, noisy, strict=True)]
            naive_costs = [mine.naive_accuracy - other.naive_accuracy for mine, other in zip(clean, noisy, strict=True)]
            found |= {"noise_cost_mean": _points(fmean(costs)), "naive_noise_cost_mean": _points(fmean(naive_costs))}
        attacked = [one for one in pairs["targeted"] if one]
        if len(attacked) == len(seeds):
            drops = [mine.victim_recall - other.victim_recall for mine, other in zip(clean, attacked, strict=True)]
            naive_drops = [
                mine.naive_victim_recall - other.naive_victim_recall
                for mine, other in zip(clean, attacked, strict=True)
            ]
            found |= {"worst_victim_drop": _points(max(drops)), "naive_worst_victim_drop": _points(max(naive_drops))}
            found |= {
                "targeted_victim_recall_drop": round(drops[0], 4),
                "targeted_naive_victim_recall_drop": round(naive_drops[0], 4),
            }
    for setting in SETTINGS:
        if one := by.get((seeds[0], setting)):
            kept = {key: value for key, value in asdict(one).items() if key not in ("seed", "setting", "curve")}
            found |= {f"{setting}_{key}": value for key, value in kept.items()}
    found["by_seed"] = [
        {
            "seed": one.seed,
            "setting": one.setting,
            "accuracy": one.accuracy,
            "naive_accuracy": one.naive_accuracy,
            "victim_recall": one.victim_recall,
            "naive_victim_recall": one.naive_victim_recall,
            "releases": one.releases,
        }
        for one in outcomes
    ]
    found["curve"] = [point for one in outcomes if one.seed == seeds[0] for point in one.curve]
    return found


def _points(share: float) -> float:
    return round(100 * share, 2)


def main() -> None:
    """Run the streams and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--keep", type=Path, help="Folder where every stream that is done is kept, to go on from.")
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    wanted = [(seed, setting) for seed in chosen.seeds for setting in chosen.settings]
    outcomes = run_all(wanted, keep=chosen.keep, processes=chosen.processes)
    n_test = len(read(data_folder("banking77") / "test.csv"))
    finish(
        {"n_test": n_test, "n_teaching": TEACHING, "n_trusted": TRUSTED} | figures_of(outcomes),
        name="learning_curve",
        seed=chosen.seeds[0],
        units={
            "accuracy": "share of test questions",
            "recall": "share of the victim intent's test questions",
            "clean_minus_naive_mean": "points, mean over seeds",
            "noise_cost_mean": "points, clean minus noise20, mean over seeds",
            "worst_victim_drop": "points of recall, clean minus targeted, worst seed",
        },
    )


if __name__ == "__main__":
    main()

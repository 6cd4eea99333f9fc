"""Run every part and print the figures; `--parts` runs some."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import firewall_text
from tests.bench.firewall import labels, outages, raters
from tests.bench.learning_curve.__main__ import run_all
from tests.bench.learning_curve.streams import read
from tests.bench.printing import data_folder, finish, say

SEEDS = (0, 1, 2)
ROWS = 2_000


def noise(*, keep: Path | None) -> dict[str, object]:
    """The whole loop with and without a fifth of the corrections wrong."""
    clean, noisy = run_all([(0, "clean"), (0, "noise20")], keep=keep, processes=2)
    return {
        "noise20_points_lost": round(100 * (clean.accuracy - noisy.accuracy), 2),
        "noise20_points_lost_naive": round(100 * (clean.naive_accuracy - noisy.naive_accuracy), 2),
    }


def main() -> None:
    """Run the parts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="Corrections of a banking world.")
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--keep", type=Path, help="Folder where learning curves that are done are kept.")
    rows = read(data_folder("banking77") / "train.csv")
    crowd, answers = data_folder("crowd_rte"), data_folder("feedbackqa_uk")
    names = ("labels", "crowd", "ratings", "alike", "outages", "text", "noise")
    parser.add_argument("--parts", nargs="*", choices=names, default=list(names))
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    n, seeds = chosen.rows, chosen.seeds
    parts: dict[str, Callable[[], dict[str, object]]] = {
        "labels": lambda: labels.figures(rows, n=n, seeds=seeds),
        "crowd": lambda: raters.crowd(crowd),
        "ratings": lambda: raters.ratings(answers, seeds=seeds),
        "alike": lambda: raters.alike(answers, rows, n=n, seeds=seeds),
        "outages": lambda: outages.figures(rows, n=n, seeds=seeds),
        "text": lambda: firewall_text.figures(seed=seeds[0]),
        "noise": lambda: noise(keep=chosen.keep),
    }
    figures: dict[str, object] = {"n_rows": n, "seeds": seeds}
    for name in chosen.parts:
        began = time.perf_counter()
        told = parts[name]()
        say(f"{name}: {told} ({time.perf_counter() - began:.0f} s)")
        figures |= told
    finish(
        figures,
        name="firewall",
        seed=seeds[0],
        units={
            "precision": "share of the rows held that are wrong",
            "recall": "share of the wrong rows that are held",
            "auc": "chance that a good one scores above a bad one",
            "honest_raters_condemned": "raters, over all worlds and seeds",
            "outage_wrongly_held": "share of 70 reports, worst form, mean of worlds with and without vouched people",
            "outage_edits_waiting": "the same of rewritten answers in the same words, which are meant to wait",
            "noise20_points_lost": "points of accuracy on 3,080 test questions",
        }
        | firewall_text.UNITS,
    )


if __name__ == "__main__":
    main()

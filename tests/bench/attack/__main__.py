"""Whether words can be bought: accounts × kinds of attack through the whole loop, and what honest people pay for it.

The demo's desk lives through 53 days with its own staff and customers; attackers ask and correct among them, six kinds
at once on topics of their own. Three changes that the evidence recommends are approved. Then honest probes are asked of
the live version: how many answers carry the poison. Beside it the naive loop: the same with the firewall judging labels
only. `honest_held_*`: honest corrections in words that wait on day 60, with three vouched leads and with none.
Run: `uv run python -m tests.bench.attack` (half an hour); `--accounts 1 --seeds 1` tries one cell.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from loop.validate import STEPS, Findings, Work
from tests.bench.attack.honest import held
from tests.bench.attack.kinds import ITEMS
from tests.bench.attack.running import run
from tests.bench.printing import finish, say


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="*", choices=sorted(ITEMS), default=sorted(ITEMS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--vouched", type=int, nargs="*", default=[3])
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--honest-seeds", type=int, default=2)
    chosen = parser.parse_args(arguments)
    cells = []
    for accounts in chosen.accounts:
        for vouched in chosen.vouched:
            for seed in range(chosen.seeds):
                cells += _cell(accounts, vouched, seed, is_naive=False)
                if chosen.naive and seed == 0:
                    cells += _cell(accounts, vouched, seed, is_naive=True)
    figures: dict[str, object] = {"cells": cells}
    checked = [float(one["live_poison"]) for one in cells if not one["naive"]]
    naive = [float(one["live_poison"]) for one in cells if one["naive"]]
    figures["worst_live_poison"] = max(checked, default=None)
    figures["naive_worst_live_poison"] = max(naive, default=None)
    for vouched in (3, 0):
        found = [held(seed=seed, vouched=vouched) for seed in range(chosen.honest_seeds)]
        n = sum(one.n for one in found)
        figures[f"honest_held_vouched{vouched}"] = round(sum(one.waiting for one in found) / max(n, 1), 4)
        figures[f"honest_n_vouched{vouched}"] = n
        days = [day for one in found for day in one.days]
        if vouched:
            figures["honest_wait_days"] = median(days) if days else 0.0
        say(f"vouched {vouched}: {figures[f'honest_held_vouched{vouched}']} of {n} honest corrections wait on day 60")
    units = {"worst_live_poison": "share of probes", "honest_held": "share of corrections", "honest_wait_days": "days"}
    finish(figures, name="attack", seed=0, units=units)


def _cell(accounts: int, vouched: int, seed: int, *, is_naive: bool) -> list[dict[str, object]]:
    if is_naive:
        with labels_only():
            found = run(seed=seed, accounts=accounts, vouched=vouched)
    else:
        found = run(seed=seed, accounts=accounts, vouched=vouched)
    name = "naive" if is_naive else "checked"
    say(f"{name}, {accounts} accounts, {vouched} vouched, seed {seed}: {found.releases} releases, {found.poisoned}")
    say(f"    where the poison stands: {found.poison_states}; taught: {found.taught}")
    return [
        {
            "world": "demo",
            "kind": kind,
            "accounts": accounts,
            "items": ITEMS[accounts],
            "vouched": vouched,
            "seed": seed,
            "naive": is_naive,
            "live_poison": round(share, 4),
            "taught": found.taught.get(kind, 0),
            "states": found.poison_states.get(kind, {}),
            "releases": found.releases,
        }
        for kind, share in found.poisoned.items()
    ]


@contextmanager
def labels_only() -> Iterator[None]:
    """The firewall as it was: nobody asks what a text says."""
    kept = STEPS["text"]

    def nothing(_work: Work) -> Findings:
        return Findings()

    STEPS["text"] = nothing  # type: ignore[index]
    try:
        yield
    finally:
        STEPS["text"] = kept  # type: ignore[index]


if __name__ == "__main__":
    main()

"""Whether words can be bought: accounts × kinds of attack through the whole loop, and what honest people pay for it.

Two desks, the demo's and a bank over banking77's questions, live through 53 days with their own staff and customers;
attackers ask and correct among them, six kinds at once on targets of their own. Three changes that the evidence
recommends are approved. Then honest probes are asked of the live version: how many answers carry the poison, less those
that do in the same world without attackers. Beside it the naive loop: the same with the firewall judging labels only.
`honest_held_*`: honest corrections in words that wait on day 60 of the demo, with three vouched leads and with none.
Run: `uv run python -m tests.bench.attack` (about an hour); with `--keep FOLDER` every run that is done is written
there and not run again; `--kinds other` attacks by six more roads. Needs banking77; see CONTRIBUTING.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from statistics import median

from loop.validate import STEPS, Findings, Work
from tests.bench.attack.banking import BankDesk
from tests.bench.attack.desks import AttackedDesk, DemoDesk
from tests.bench.attack.honest import held
from tests.bench.attack.kinds import ITEMS, KINDS, OTHER_KINDS, poisons
from tests.bench.attack.running import Outcome, bought, run
from tests.bench.printing import finish, say

WORLDS: dict[str, Callable[[int], AttackedDesk]] = {"demo": DemoDesk, "banking77": BankDesk}
SETS = {"issue": KINDS, "other": OTHER_KINDS}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", nargs="*", choices=sorted(WORLDS), default=sorted(WORLDS, reverse=True))
    parser.add_argument("--accounts", type=int, nargs="*", choices=sorted(ITEMS), default=sorted(ITEMS))
    parser.add_argument("--kinds", nargs="*", choices=sorted(SETS), default=["issue"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--vouched", type=int, nargs="*", default=[3, 0])
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--honest-seeds", type=int, default=4)
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.keep is not None:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    cells: list[dict[str, object]] = []
    for accounts in chosen.accounts:
        for vouched in chosen.vouched:
            for world in chosen.worlds:
                for kinds in chosen.kinds:
                    for seed in range(chosen.seeds):
                        for is_naive in (False, True) if chosen.naive else (False,):
                            cells += _cells(
                                world, kinds, accounts, vouched=vouched, seed=seed, is_naive=is_naive, keep=chosen.keep
                            )
    figures: dict[str, object] = {"cells": cells}
    figures["worst_live_poison"] = _worst(cells, is_naive=False)
    figures["naive_worst_live_poison"] = _worst(cells, is_naive=True)
    for vouched in (3, 0) if chosen.honest_seeds else ():
        found = [held(seed=seed, vouched=vouched) for seed in range(chosen.honest_seeds)]
        n = sum(one.n for one in found)
        figures[f"honest_held_vouched{vouched}"] = round(sum(one.waiting for one in found) / max(n, 1), 4)
        figures[f"honest_n_vouched{vouched}"] = n
        days = [day for one in found for day in one.days]
        if vouched:
            figures["honest_wait_days"] = median(days) if days else 0.0
            figures["honest_wait_n"] = len(days)
            figures["honest_wait_days_by_seed"] = [one.wait for one in found]
        say(f"vouched {vouched}: {figures[f'honest_held_vouched{vouched}']} of {n} honest corrections wait on day 60")
    units = {"worst_live_poison": "share of probes", "honest_held": "share of corrections", "honest_wait_days": "days"}
    finish(figures, name="attack", seed=0, units=units)


def _share(some: Sequence[bool]) -> float:
    return round(sum(some) / len(some), 4)


def _worst(cells: Sequence[dict[str, object]], *, is_naive: bool) -> float | None:
    return max((float(str(one["live_poison"])) for one in cells if one["naive"] is is_naive), default=None)


def _cells(
    world: str, kinds: str, accounts: int, *, vouched: int, seed: int, is_naive: bool, keep: Path | None
) -> list[dict[str, object]]:
    attacks = poisons(WORLDS[world](seed), seed, kinds=SETS[kinds])

    def lived(accounts: int) -> Outcome:
        name = f"{world}-{kinds}-{accounts}-{vouched}-{seed}-{'naive' if is_naive else 'checked'}.json"
        if keep is not None and (keep / name).exists():
            return Outcome(**json.loads((keep / name).read_text(encoding="utf-8")))
        with labels_only() if is_naive else nullcontext():
            found = run(WORLDS[world](seed), attacks, seed=seed, accounts=accounts, vouched=vouched)
        if keep is not None:
            (keep / name).write_text(json.dumps(asdict(found)), encoding="utf-8")
        return found

    found, control = lived(accounts), lived(0)
    made: list[dict[str, object]] = []
    for kind in SETS[kinds]:
        places = [place for place, one in enumerate(attacks) if one.kind == kind]
        made.append(
            {
                "world": world,
                "kind": kind,
                "accounts": accounts,
                "items": ITEMS[accounts],
                "vouched": vouched,
                "seed": seed,
                "naive": is_naive,
                "live_poison": round(max(bought(kind, place, attacked=found, control=control) for place in places), 4),
                "carried": [_share(found.carried[place]) for place in places],
                "carried_without": [_share(control.carried[place]) for place in places],
                "probes": len(found.carried[places[0]]),
                "taught": found.taught.get(kind, 0),
                "live_texts": found.texts.get(kind, 0),
                "states": found.states.get(kind, {}),
                "releases": found.releases,
            }
        )
    say(f"{world}, {accounts} accounts, {vouched} vouched, seed {seed}{', naive' if is_naive else ''}:")
    for one in made:
        told = f"{one['kind']} {one['live_poison']} ({one['carried']} against {one['carried_without']})"
        say(f"    {told}, {one['live_texts']} live texts, {one['taught']} taught, {one['states']}")
    say(f"    {found.releases} releases, {control.releases} without attackers")
    return made


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

"""Run both halves and print one line: `python -m tests.bench.firewall_text`."""

import argparse

from tests.bench.firewall_text import UNITS, figures
from tests.bench.printing import finish


def main() -> None:
    """Judge every source by weights that never saw it, and mask what must be masked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    finish(figures(seed=seed), name="firewall_text", seed=seed, units=UNITS)


if __name__ == "__main__":
    main()

"""Memory of a search over many trials: what a trial leaves behind.

    python benchmarks/memory.py [--trials 10000] [--sampler NAME] [--json]

Runs one search of that many trials, each mapped in a few evaluations, and prints the memory of the process (resident,
after looking for garbage) as its first tenth ends and as its last generation is written, and the difference a trial.
Exit status 1 when it grew by 20 MB for 10,000 trials, or as much for fewer, or more. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import CoSearch
from cosearch.evaluation.design import Design
from cosearch.problem.budget import Budget
from cosearch.search.observer import SilentObserver

MOST_MB, OVER_TRIALS = 20.0, 10_000
FIRST = 0.1


def resident_mb() -> float:
    """Memory of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Watch(SilentObserver):
    """Looks at the memory when generations are written."""

    def __init__(self, trials: int) -> None:
        self._trials, self._done = trials, 0
        self.seen: dict[int, float] = {}

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """See :class:`~cosearch.search.observer.Observer`."""
        before, self._done = self._done, self._done + len(designs)
        first = max(1, int(FIRST * self._trials))
        if before < first <= self._done or self._done == self._trials:
            self.seen[self._done] = resident_mb()


def measure(trials: int, sampler: str) -> dict[str, Any]:
    """Run one search, and say what its trials took."""
    watch = Watch(trials)
    search = CoSearch(
        networks=("squeezenet1_1",), budget=Budget.parse("area=2mm2"), trials=trials, sampler=sampler, mapper_budget=2,
        last_mapper_budget=4, last_mapper="cmaes", baselines=False,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        search.run(watch, Path(folder) / "run")
    (first, before), (last, after) = sorted(watch.seen.items())[:: len(watch.seen) - 1]
    return {
        "trials": trials,
        "sampler": sampler,
        "mb_after": {str(first): before, str(last): after},
        "kb_a_trial": (after - before) * 1024 / (last - first),
        "most_kb_a_trial": MOST_MB * 1024 / OVER_TRIALS,
    }


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=OVER_TRIALS)
    parser.add_argument("--sampler", default="race", help="as of cosearch search (default: race)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = measure(options.trials, options.sampler)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for trials, mb in found["mb_after"].items():
            print(f"after {int(trials):>6,} trials {mb:8.1f} MB")
        print(f"{found['kb_a_trial']:.2f} KB a trial; {found['most_kb_a_trial']:.2f} KB make {MOST_MB:g} MB of them")
    return 1 if found["kb_a_trial"] >= found["most_kb_a_trial"] else 0


if __name__ == "__main__":
    sys.exit(main())

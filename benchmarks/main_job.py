"""The main job: wall time, memory, and what is found against random search and against published designs.

    python benchmarks/main_job.py [--seeds 5] [--trials N] [--jobs N] [--json]

- *wall time and memory*: ``python run_cosearch.py --budget area=5mm2`` in a process of its own, with an empty Numba
  cache, as on a fresh machine (to reach: 60 s and 1.5 GB on two cores);
- *searched against random*: the same job with ``--sampler random``: as many accelerators, evaluations and longer
  mappings at the end. EDP of random over EDP of searched, for each seed: geometric mean, lowest and highest;
- *searched against published*: EDP of the best preset at the same area over EDP of searched, likewise;
- *help*: ``cosearch --help``, the median of seven (to reach: 0.3 s).

Exit status 1 when a figure to reach is missed, or when a geometric mean is not above 1.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import Budget, CoSearch

ROOT = Path(__file__).resolve().parent.parent
BUDGET = "area=5mm2"
MOST_SECONDS, MOST_GB, MOST_HELP_SECONDS = 60.0, 1.5, 0.3


def fresh_run() -> dict[str, float]:
    """Seconds and peak memory of the README's command with nothing compiled beforehand."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": f"{folder}/cache"}
        command = [
            sys.executable,
            str(ROOT / "run_cosearch.py"),
            "--budget",
            BUDGET,
            "--out",
            f"{folder}/run",
            "--quiet",
        ]
        began = time.perf_counter()
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall_s": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_gb": usage.ru_maxrss / 1e6}


def help_seconds() -> float:
    """Median wall time of ``cosearch --help``."""
    seconds = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "cosearch.cli", "--help"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def compare(seeds: int, trials: int | None, jobs: int) -> dict[str, Any]:
    """Searched against random and published designs, for every seed."""
    given: dict[str, Any] = {} if trials is None else {"trials": trials}
    rows = []
    for seed in range(seeds):
        job = {"budget": Budget.parse(BUDGET), "seed": seed, "jobs": jobs, **given}
        searched = CoSearch(**job).run()
        drawn = CoSearch(**job, sampler="random", baselines=False).run()
        best = min(searched.baselines, key=lambda baseline: baseline.ratio)
        rows.append(
            {
                "seed": seed,
                "edp_js": searched.value,
                "random_edp_js": drawn.value,
                "random_ratio": drawn.value / searched.value,
                "best_preset": best.name,
                "preset_ratio": best.ratio,
                "accelerators": len(searched.designs),
                "wall_s": searched.wall_s,
            }
        )
    return {"seeds": rows} | {key: spread([row[key] for row in rows]) for key in ("random_ratio", "preset_ratio")}


def spread(ratios: Sequence[float]) -> dict[str, float]:
    """Geometric mean, lowest and highest."""
    mean = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
    return {"geometric_mean": mean, "lowest": min(ratios), "highest": max(ratios)}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, help="accelerators of each search (default: the command's own)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = {"fresh": fresh_run(), "help_s": help_seconds(), **compare(options.seeds, options.trials, options.jobs)}
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)
    fresh = found["fresh"]
    reached = fresh["wall_s"] < MOST_SECONDS and fresh["peak_gb"] < MOST_GB and found["help_s"] < MOST_HELP_SECONDS
    better = min(found[key]["geometric_mean"] for key in ("random_ratio", "preset_ratio")) > 1
    return 0 if reached and better else 1


def show(found: dict[str, Any]) -> None:
    """Print the figures for a reader."""
    fresh = found["fresh"]
    print(f"fresh run   {fresh['wall_s']:.1f} s wall ({fresh['cpu_s']:.1f} s CPU), {fresh['peak_gb']:.2f} GB at most")
    print(f"help        {found['help_s']:.3f} s")
    print(f"\n{'seed':<6}{'EDP J s':>12}{'random':>12}{'ratio':>8}{'best preset':>16}{'ratio':>8}{'wall s':>8}")
    for row in found["seeds"]:
        print(
            f"{row['seed']:<6}{row['edp_js']:>12.3e}{row['random_edp_js']:>12.3e}{row['random_ratio']:>8.2f}"
            f"{row['best_preset']:>16}{row['preset_ratio']:>8.2f}{row['wall_s']:>8.1f}"
        )
    for key, title in (("random_ratio", "random / searched"), ("preset_ratio", "best preset / searched")):
        figures = found[key]
        print(
            f"{title:<24}geometric mean {figures['geometric_mean']:.2f}, "
            f"{figures['lowest']:.2f} to {figures['highest']:.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())

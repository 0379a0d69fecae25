"""How well every way to estimate an accuracy ranks architectures, beside training each of them from scratch.

    python benchmarks/estimators.py [--architectures 24] [--steps 150] [--shared-steps 1500] [--jobs 2] [--json]

A space of 1500 small cells on scikit-learn's handwritten digits (nets/accuracy/estimators/cells.py), where training an
architecture alone takes seconds. The truth is the held-out accuracy of networks trained from scratch, a mean over two
seeds. A third seed of the same training stands among the estimators: none can be expected to do better.

For each: Kendall's tau-b and Spearman's rho with the truth (95 % intervals from a bootstrap over architectures), the
mean accuracy it gives, the true accuracy of the architecture that it ranks first, and the processor time for all
architectures together, what they share included. Zero-cost proxies and the counts that they must beat follow; they see
a batch of digits.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from nets.accuracy import list_proxies
from nets.errors import CosearchError, InputError

Floats = NDArray[np.float64]

TRUTH: Final = ("scratch, seed 1", "scratch, seed 2")
JUDGED: Final = ("scratch, seed 0", "net2net", "sharing", "smash")
IMAGES: Final = 32
"""Of the batch of digits that proxies see."""
PROXY_OPTIONS: Final = {"zen-score": {"repeats": 8}}
RESAMPLES: Final = 1000
LEAST_ARCHITECTURES: Final = 8


def main() -> int:
    """Print the table; exit status 2 for options that make none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", type=int, default=24, help="drawn evenly from the space")
    parser.add_argument("--steps", type=int, default=150, help="of an architecture trained alone")
    parser.add_argument("--tuning-steps", type=int, default=30, help="of one with inherited weights")
    parser.add_argument("--shared-steps", type=int, default=1500, help="of shared weights, and of their generator")
    parser.add_argument("--jobs", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        figures = measure_all(
            options.architectures, (options.steps, options.tuning_steps, options.shared_steps), options.jobs
        )
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    figures["seconds"] = round(time.perf_counter() - start)
    print(json.dumps(figures, indent=2) if options.json else as_text(figures))
    return 0


def measure_all(count: int, steps: tuple[int, int, int], jobs: int) -> dict[str, Any]:
    """Every figure of this benchmark."""
    from nets.accuracy.estimators import Plan

    if count < LEAST_ARCHITECTURES:
        raise InputError("--architectures", count, f"must be at least {LEAST_ARCHITECTURES} to be ranked")
    Plan(*steps)  # refuses what is no plan before any work is done
    names = [*JUDGED[1:], JUDGED[0], *TRUTH, *list_proxies()]
    values: dict[str, Floats] = {}
    seconds: dict[str, float] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for name, found in zip(names, pool.map(estimate, names, [count] * len(names), [steps] * len(names))):
            values[name], seconds[name] = found
            print(f"{name}: {seconds[name]:.0f} s of processor time", file=sys.stderr, flush=True)
    truth = np.mean([values[name] for name in TRUTH], axis=0)
    rows = {
        name: compare(values[name], truth)
        | {"mean": None if name in list_proxies() else float(values[name].mean()), "cpu_seconds": seconds[name]}
        for name in (*JUDGED, *list_proxies())
    }
    return {
        "architectures": count,
        "steps": dict(zip(("scratch", "tuning", "shared"), steps)),
        "truth": {"mean": float(truth.mean()), "lowest": float(truth.min()), "highest": float(truth.max())},
        "estimators": rows,
    }


def estimate(name: str, count: int, steps: tuple[int, int, int]) -> tuple[Floats, float]:
    """What one estimator or proxy says of every architecture, and the processor seconds that it took."""
    import torch

    from nets.accuracy import load_proxy
    from nets.accuracy.estimators import ESTIMATORS, CellNet, Plan, digit_cells
    from nets.accuracy.estimators.cells import RESOLUTION
    from nets.supernet import load_images
    from nets.supernet.supernet import initialise

    torch.set_num_threads(1)
    data, space = load_images("digits"), digit_cells()
    configs = [space.sample(rng) for rng in np.random.default_rng(0).spawn(count)]
    start = time.process_time()
    if name not in list_proxies():
        family, _, seed = name.partition(", seed ")
        estimator = ESTIMATORS[family](data, Plan(*steps), seed=int(seed or 0))
        return np.array([estimator.measure(config).top1_percent for config in configs]), time.process_time() - start
    batch = next(data.batches("train", RESOLUTION, images=IMAGES))
    proxy = load_proxy(name, **PROXY_OPTIONS.get(name, {}))
    scores = []
    for config in configs:
        net = CellNet(config)
        initialise(net, 0)
        scores.append(proxy.score(net, (IMAGES, 3, RESOLUTION, RESOLUTION), data=batch))
    return np.array(scores), time.process_time() - start


def compare(values: Floats, truth: Floats) -> dict[str, Any]:
    """Rank correlations with the truth, their intervals, and the truth of what is ranked first."""
    from scipy.stats import kendalltau, spearmanr

    draws = np.random.default_rng(0).integers(len(truth), size=(RESAMPLES, len(truth)))
    taus = [kendalltau(values[rows], truth[rows]).statistic for rows in draws]
    return {
        "kendall_tau": float(kendalltau(values, truth).statistic),
        "kendall_interval": [float(end) for end in np.nanpercentile(taus, [2.5, 97.5])],
        "spearman_rho": float(spearmanr(values, truth).statistic),
        "true_accuracy_of_its_best": float(truth[int(np.argmax(values))]),
    }


def as_text(figures: dict[str, Any]) -> str:
    """The table for a person."""
    truth, steps = figures["truth"], figures["steps"]
    lines = [
        f"{figures['architectures']} cells on held-out digits, trained from scratch for {steps['scratch']} steps "
        f"(mean of two seeds): {truth['lowest']:.1f} to {truth['highest']:.1f} %, mean {truth['mean']:.1f} %",
        f"inherited weights are tuned for {steps['tuning']} steps, shared ones trained for {steps['shared']}",
        f"{'estimator':<17}{'Kendall tau':>12} {'95 %':<16}{'Spearman rho':>12}{'mean %':>8}"
        f"{'its best, %':>13}{'CPU s':>8}",
    ]
    for name, row in figures["estimators"].items():
        low, high = row["kendall_interval"]
        mean = "" if row["mean"] is None else f"{row['mean']:.1f}"
        interval = f"{low:.2f} to {high:.2f}"
        lines.append(
            f"{name:<17}{row['kendall_tau']:>12.3f} {interval:<16}{row['spearman_rho']:>12.3f}{mean:>8}"
            f"{row['true_accuracy_of_its_best']:>13.1f}{row['cpu_seconds']:>8.1f}"
        )
    lines.append(f"{figures['seconds']} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

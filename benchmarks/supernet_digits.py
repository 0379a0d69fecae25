"""What progressive shrinking is worth, on scikit-learn's handwritten digits.

    python benchmarks/supernet_digits.py [--seeds 3] [--steps 900] [--jobs 2] [--json]

Two questions about the supernet of ``ofa-digits``, each answered on images that no training saw, with batch norms
recalibrated:

* Do its subnets, without any training of their own, keep the accuracy that the same subnets reach when trained alone,
  each for as many steps as the supernet?
* Does progressive shrinking beat plain training, which draws a random subnet of the whole space at every step and has
  no teacher, at equal steps? Shrinking draws up to four subnets a step; so "plain x2" draws two a step, as an answer to
  those who would rather count subnets than steps.

Judged by the smallest and the largest subnet and random ones, the same for every method and seed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SPACE = "ofa-digits"
BATCH = 32
PLAIN_RATE = 0.16
"""That of the first phase of shrinking; of 0.08 and 0.16 the better for plain training, too."""
PLAIN = {"plain": 1, "plain x2": 2}
"""Subnets per step."""
ALONE = 3
"""Of the subnets, how many are trained alone: a run each."""
RANDOM_SUBNETS = 14


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="how many runs of everything")
    parser.add_argument("--steps", type=int, default=900, help="of the optimiser, the same for every method")
    parser.add_argument("--jobs", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    start = time.perf_counter()
    methods = ("shrinking", *PLAIN, *(f"alone {index}" for index in range(ALONE)))
    runs = [(method, seed, options.steps) for method in methods for seed in range(options.seeds)]
    results = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for (method, seed, _), top1 in zip(runs, pool.map(train_and_measure, *zip(*runs))):
            results[method, seed] = top1
            print(f"{method}, seed {seed}: {statistics.mean(top1):.2f}", file=sys.stderr, flush=True)
    worked = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = summary(results, options.seeds) | {
        "steps": options.steps,
        "seconds": round(time.perf_counter() - start),
        "cpu_seconds": round(worked.ru_utime + worked.ru_stime),
    }
    print(json.dumps(figures, indent=2) if options.json else as_text(figures))
    return 0


def subnets() -> list[dict[str, Any]]:
    """The smallest, the largest, and random ones by gene."""
    import numpy as np

    from nets.spaces import load_space
    from nets.supernet import plain_phase

    space = load_space(SPACE)
    rng, phase = np.random.default_rng(0), plain_phase(space, steps=1, learning_rate=1.0)
    return [space.min_config(), space.max_config(), *(phase.sample(space, rng) for _ in range(RANDOM_SUBNETS))]


def train_and_measure(method: str, seed: int, steps: int) -> list[float]:
    """Top-1 in percent of the subnets: of all, or of the one that was trained alone."""
    import torch

    from nets.spaces import load_space
    from nets.supernet import (
        Supernet,
        Training,
        TrainingOptions,
        load_images,
        measure_subnet,
        plain_phase,
        short_phases,
    )

    torch.set_num_threads(1)
    space, data = load_space(SPACE), load_images("digits")
    if method.startswith("alone"):
        config = subnets()[int(method.split()[1])]
        return [train_alone(Supernet(space, seed=seed).extract(config), config, data, steps, seed)]
    phases = short_phases(space, steps)
    if method in PLAIN:
        phases = [plain_phase(space, steps=steps, learning_rate=PLAIN_RATE, subnets=PLAIN[method])]
    supernet = Supernet(space, seed=seed)
    Training(supernet, data, phases, TrainingOptions(seed=seed, batch=BATCH)).run()
    return [measure_subnet(supernet, config, data).top1_percent for config in subnets()]


def train_alone(net: Any, config: dict[str, Any], data: Any, steps: int, seed: int) -> float:
    """Train one plain network as long as the supernet, at its own resolution, and measure it."""
    import numpy as np
    import torch

    from nets.supernet import Phase, recalibrate
    from nets.supernet.evaluation import measure
    from nets.supernet.training import learning_rate

    phase = Phase("alone", steps=steps, learning_rate=PLAIN_RATE)
    optimizer = torch.optim.SGD(
        net.parameters(), lr=phase.learning_rate, momentum=0.9, nesterov=True, weight_decay=3e-5
    )
    rng = np.random.default_rng(seed)
    net.train()
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate(phase, step)
        indices = rng.choice(data.size("train"), BATCH, replace=False)
        images, labels = data.batch("train", indices, config["r"], rng)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(images), labels, label_smoothing=0.1).backward()
        optimizer.step()
    recalibrate(net, data.calibration_batches(config["r"]))
    return measure(net, data, config["r"]).top1_percent


def summary(results: dict[tuple[str, int], list[float]], seeds: int) -> dict[str, Any]:
    """Means over all subnets and over the smaller half of them, by seed and over seeds."""
    small = smaller_half()
    by_seed = []
    for seed in range(seeds):
        row = {method: statistics.mean(results[method, seed]) for method in ("shrinking", *PLAIN)}
        for method in ("shrinking", *PLAIN):
            row[f"small, {method}"] = statistics.mean(results[method, seed][index] for index in small)
        row["three, shrinking"] = statistics.mean(results["shrinking", seed][:ALONE])
        row["three, alone"] = statistics.mean(results[f"alone {index}", seed][0] for index in range(ALONE))
        by_seed.append(row)
    mean = {key: statistics.mean(row[key] for row in by_seed) for key in by_seed[0]}
    gains = {kind: [row[f"{kind}shrinking"] - row[f"{kind}plain"] for row in by_seed] for kind in ("", "small, ")}
    return {
        "by_seed": by_seed,
        "mean": mean,
        "gain_over_plain": statistics.mean(gains[""]),
        "gain_standard_error": statistics.stdev(gains[""]) / seeds**0.5 if seeds > 1 else None,
        "gain_over_plain_small": statistics.mean(gains["small, "]),
        "kept_of_alone": mean["three, shrinking"] / mean["three, alone"],
    }


def smaller_half() -> list[int]:
    """Which of the subnets have the fewest MACs."""
    from nets.spaces import load_space

    macs = [load_space(SPACE).macs_params(config)[0] for config in subnets()]
    return sorted(range(len(macs)), key=lambda index: macs[index])[: len(macs) // 2]


def as_text(figures: dict[str, Any]) -> str:
    """The table for a person."""
    columns = list(figures["mean"])
    lines = [
        f"top-1 in percent on held-out digits after {figures['steps']} steps: mean of {RANDOM_SUBNETS + 2} subnets, "
        f"of the smaller half of them, and of the {ALONE} that were also trained alone",
        f"{'seed':<6}" + "".join(f"{column:>{len(column) + 3}}" for column in columns),
    ]
    for seed, row in [*enumerate(figures["by_seed"]), ("mean", figures["mean"])]:
        lines.append(f"{seed:<6}" + "".join(f"{row[column]:>{len(column) + 3}.2f}" for column in columns))
    error = figures["gain_standard_error"]
    lines.append(
        f"progressive shrinking beats plain training by {figures['gain_over_plain']:.2f} points"
        + (f" (standard error over seeds {error:.2f})" if error is not None else "")
        + f", on small subnets by {figures['gain_over_plain_small']:.2f}"
    )
    lines.append(
        f"untrained subnets keep {100 * figures['kept_of_alone']:.1f} % of the accuracy of those trained alone"
    )
    lines.append(f"{figures['seconds']} s, of which the processor ran {figures['cpu_seconds']} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

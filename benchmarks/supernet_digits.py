"""What progressive shrinking is worth, on scikit-learn's handwritten digits.

    python benchmarks/supernet_digits.py [--seeds 3] [--scale 1.0] [--jobs 2] [--json]

Two questions about the supernet of ``ofa-digits``, each answered on images that no training saw, with batch norms
recalibrated:

* Do its subnets, without any training of their own, keep the accuracy that the same subnets reach when trained alone,
  each for as many steps as the supernet?
* Does progressive shrinking beat plain training (every choice open from the first step, no teacher) of the same number
  of optimiser steps, with at least as many subnets passed through in total?

Judged by the smallest and the largest subnet and random ones, the same for every method and seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SPACE = "ofa-digits"
BATCH = 32
STEPS = {"full": 240, "kernel": 100, "depth 1": 40, "depth 2": 100, "expand 1": 40, "expand 2": 120}
RATES = {"full": 0.08, "kernel": 0.02, "depth 1": 0.01, "depth 2": 0.02, "expand 1": 0.01, "expand 2": 0.02}
PLAIN_RATE = 0.08
PLAIN_SUBNETS = 2
ALONE = 4
"""Of the subnets, how many are trained alone: a run each."""
RANDOM_SUBNETS = 14


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="how many runs of everything")
    parser.add_argument("--scale", type=float, default=1.0, help="of all numbers of steps")
    parser.add_argument("--jobs", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    start = time.perf_counter()
    methods = ("shrinking", "plain", *(f"alone {index}" for index in range(ALONE)))
    runs = [(method, seed, options.scale) for method in methods for seed in range(options.seeds)]
    with ProcessPoolExecutor(options.jobs) as pool:
        results = dict(zip([run[:2] for run in runs], pool.map(train_and_measure, *zip(*runs))))
    figures = summary(results, options.seeds) | {"seconds": round(time.perf_counter() - start)}
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


def train_and_measure(method: str, seed: int, scale: float) -> list[float]:
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
        shrinking_phases,
    )

    torch.set_num_threads(1)
    space, data = load_space(SPACE), load_images("digits")
    steps = {name: max(1, round(count * scale)) for name, count in STEPS.items()}
    if method.startswith("alone"):
        config = subnets()[int(method.split()[1])]
        return [train_alone(Supernet(space, seed=seed).extract(config), config, data, sum(steps.values()), seed)]
    phases = shrinking_phases(space, steps, RATES)
    if method == "plain":
        total = sum(phase.steps for phase in phases)
        assert PLAIN_SUBNETS * total >= sum(phase.steps * phase.subnets for phase in phases)
        phases = [plain_phase(space, steps=total, learning_rate=PLAIN_RATE, subnets=PLAIN_SUBNETS)]
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
    optimizer = torch.optim.SGD(net.parameters(), lr=PLAIN_RATE, momentum=0.9, nesterov=True, weight_decay=3e-5)
    rng = np.random.default_rng(seed)
    net.train()
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate(phase, step)
        indices = rng.choice(data.size("train"), BATCH, replace=False)
        images, labels = data.batch("train", indices, config["r"], rng)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(images), labels, label_smoothing=0.1).backward()
        optimizer.step()
    recalibrate(net, (batch for batch, _ in data.batches("train", config["r"])))
    return measure(net, data, config["r"]).top1_percent


def summary(results: dict[tuple[str, int], list[float]], seeds: int) -> dict[str, Any]:
    """Means over subnets, by seed and over seeds."""
    by_seed = []
    for seed in range(seeds):
        shrinking, plain = results["shrinking", seed], results["plain", seed]
        alone = [results[f"alone {index}", seed][0] for index in range(ALONE)]
        by_seed.append(
            {
                "seed": seed,
                "shrinking": statistics.mean(shrinking),
                "plain": statistics.mean(plain),
                "shrinking_worst": min(shrinking),
                "plain_worst": min(plain),
                "alone": statistics.mean(alone),
                "shrinking_of_alone": statistics.mean(shrinking[:ALONE]),
            }
        )
    keys = [key for key in by_seed[0] if key != "seed"]
    mean = {key: statistics.mean(row[key] for row in by_seed) for key in keys}
    gains = [row["shrinking"] - row["plain"] for row in by_seed]
    return {
        "steps": sum(STEPS.values()),
        "by_seed": by_seed,
        "mean": mean,
        "gain_over_plain": statistics.mean(gains),
        "gain_standard_error": statistics.stdev(gains) / seeds**0.5 if seeds > 1 else None,
        "kept_of_alone": mean["shrinking_of_alone"] / mean["alone"],
    }


def as_text(figures: dict[str, Any]) -> str:
    """The table for a person."""
    lines = [
        f"top-1 in percent on held-out digits; {RANDOM_SUBNETS + 2} subnets, {ALONE} of them also trained alone",
        f"{'seed':>6}{'shrinking':>12}{'plain':>9}{'worst: shrinking':>19}{'plain':>9}"
        f"{f'the {ALONE}: shrinking':>19}{'alone':>9}",
    ]
    for row in [*figures["by_seed"], {"seed": "mean"} | figures["mean"]]:
        lines.append(
            f"{row['seed']:>6}{row['shrinking']:>12.2f}{row['plain']:>9.2f}{row['shrinking_worst']:>19.2f}"
            f"{row['plain_worst']:>9.2f}{row['shrinking_of_alone']:>19.2f}{row['alone']:>9.2f}"
        )
    error = figures["gain_standard_error"]
    lines.append(
        f"progressive shrinking beats plain training by {figures['gain_over_plain']:.2f} points"
        + (f" (standard error over seeds {error:.2f})" if error is not None else "")
    )
    lines.append(
        f"untrained subnets keep {100 * figures['kept_of_alone']:.1f} % of the accuracy of those trained alone"
    )
    lines.append(f"{figures['seconds']} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

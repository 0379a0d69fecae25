"""ProxylessNAS, DARTS and ENAS trained on digits, against random architectures trained alone.

    python benchmarks/trained_searches.py [--architectures 50] [--steps 150] [--search-steps 120 600] [--seeds 1]

The space is that of nets/accuracy/estimators/cells.py: 1500 small cells on scikit-learn's handwritten digits. Each
search trains shared weights and its own parameters on the two halves of the training images; the architecture that it
ends with is then trained alone, as long as each of the random ones, from the same seed, and judged on the same held-out
images.

Printed for each: held-out accuracy, processor seconds of the search and of the training after it, and their share of
what all random architectures took. "random, same budget" is random search that may train alone as many architectures
as a search's processor seconds pay for: the mean over draws of the most accurate of them. It is chosen by the images
that it is judged on, as the best of all is, and the searches are not: that favours random.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nets.errors import CosearchError, InputError

DRAWS = 10_000
"""Of sets of random architectures."""


def main() -> int:
    """Print the table; exit status 2 for options that make none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", type=int, default=50, help="random ones, trained alone")
    parser.add_argument("--steps", type=int, default=150, help="of an architecture trained alone")
    parser.add_argument("--search-steps", type=int, nargs="+", default=[120, 600], help="of a search, each in a row")
    parser.add_argument("--seeds", type=int, default=1, help="of every search; of random architectures one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        if options.architectures < 2:
            raise InputError("--architectures", options.architectures, "must be at least 2")
        if options.seeds < 1:
            raise InputError("--seeds", options.seeds, "must be at least 1")
        figures = measured(options.architectures, options.steps, options.search_steps, options.seeds)
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(json.dumps(figures, indent=2) if options.json else as_text(figures))
    return 0


def measured(count: int, steps: int, search_steps: Sequence[int], seeds: int) -> dict[str, Any]:
    """Every figure of this benchmark."""
    import torch

    from cosearch.nas.trained import SEARCHES, Options
    from nets.accuracy.estimators import Plan, Scratch, digit_cells
    from nets.supernet import load_images

    torch.set_num_threads(1)
    data, plan, space = load_images("digits"), Plan(steps=steps), digit_cells()
    alone = Scratch(data, plan, seed=0)
    start = time.process_time()
    random = []
    for number, rng in enumerate(np.random.default_rng(0).spawn(count), start=1):
        random.append(alone.measure(space.sample(rng)).top1_percent)
        print(f"random {number} of {count}: {random[-1]:.1f} %", file=sys.stderr, flush=True)
    spent = time.process_time() - start
    rows = {}
    for name, length in ((name, length) for length in search_steps for name in SEARCHES):
        accuracies, seconds, found = [], [], []
        for seed in range(seeds):
            start = time.process_time()
            config = SEARCHES[name](data, Options(steps=length), seed=seed).run()
            accuracies.append(alone.measure(config).top1_percent)
            seconds.append(time.process_time() - start)
            found.append(config)
            print(f"{name}, {length} steps, seed {seed}: {accuracies[-1]:.1f} %", file=sys.stderr, flush=True)
        paid = max(1, min(count, round(count * float(np.mean(seconds)) / spent)))
        rows[f"{name}, {length} steps"] = {
            "title": SEARCHES[name].title,
            "top1_percent": accuracies,
            "cpu_seconds": float(np.mean(seconds)),
            "share_of_random": float(np.mean(seconds)) / spent,
            "random_same_budget": best_of(random, paid),
            "paid": paid,
            "found": found,
        }
    return {
        "steps": steps,
        "search_steps": list(search_steps),
        "random": {"top1_percent": random, "best": max(random), "mean": float(np.mean(random)), "cpu_seconds": spent},
        "searches": rows,
    }


def best_of(accuracies: list[float], count: int) -> float:
    """Mean over draws of the highest of ``count`` of them."""
    rng = np.random.default_rng(0)
    drawn = np.array([rng.choice(accuracies, count, replace=False) for _ in range(DRAWS)])
    return float(drawn.max(1).mean())


def as_text(figures: dict[str, Any]) -> str:
    """The table for a person."""
    random = figures["random"]
    lines = [
        f"{len(random['top1_percent'])} random cells trained alone for {figures['steps']} steps: "
        f"best {random['best']:.1f} %, mean {random['mean']:.1f} %, {random['cpu_seconds']:.0f} processor seconds",
        f"{'search':<26}{'top-1 %':>9}{'below best':>12}{'CPU s':>8}{'share':>8}   random, same budget",
    ]
    for name, row in figures["searches"].items():
        mean = float(np.mean(row["top1_percent"]))
        lines.append(
            f"{name:<26}{mean:>9.1f}{random['best'] - mean:>12.1f}{row['cpu_seconds']:>8.0f}"
            f"{row['share_of_random']:>8.2f}   {row['random_same_budget']:.1f} (best of {row['paid']})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

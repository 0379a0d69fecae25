"""What it costs to run a subnet inside its supernet, beside the same subnet cut out.

    python benchmarks/elastic_forward.py [--space ID] [--subnets 20] [--batch 16] [--json]

Every subnet is new to the supernet when it is timed, as in training and in a search: slicing the shared weights and
transforming kernels is paid each time. Both run in eval mode on one thread, in turn; the least of several times counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

REPEATS = 5
LIMIT = 1.15


def main() -> int:
    """Print the ratio of each subnet and their median; exit status 1 if that is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="ofa-mbv3-w1.0", help="of the supernet (default: ofa-mbv3-w1.0)")
    parser.add_argument("--subnets", type=int, default=20, help="random ones, each at a random resolution")
    parser.add_argument("--batch", type=int, default=16, help="images")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = measure(options.space, options.subnets, options.batch)
    ratios = [row["ratio"] for row in rows]
    figures = {"median_ratio": statistics.median(ratios), "largest_ratio": max(ratios), "subnets": rows}
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for row in rows:
            print(
                f"r{row['r']:<4} supernet {row['supernet_ms']:8.1f} ms   cut out {row['cut_out_ms']:8.1f} ms   "
                f"{row['ratio']:.3f}"
            )
        print(f"median {figures['median_ratio']:.3f}, largest {figures['largest_ratio']:.3f} (to reach: {LIMIT})")
    return 0 if figures["median_ratio"] <= LIMIT else 1


def measure(space_id: str, subnets: int, batch: int) -> list[dict[str, Any]]:
    """Milliseconds of both forms of each subnet, and their ratio."""
    import numpy as np
    import torch

    from nets.spaces import load_space
    from nets.supernet import Supernet, plain_phase

    torch.set_num_threads(1)
    space = load_space(space_id)
    supernet, phase = Supernet(space).eval(), plain_phase(space, steps=1, learning_rate=1.0)
    rng, rows = np.random.default_rng(0), []
    with torch.no_grad():
        for _ in range(subnets):
            config = phase.sample(space, rng)
            images = torch.randn(batch, 3, config["r"], config["r"])
            subnet = supernet.extract(config)
            subnet(images)  # the first run of a shape also sets up the libraries beneath
            inside, outside = least_ms(lambda: supernet(images, config), lambda: subnet(images))  # noqa: B023
            rows.append({"r": config["r"], "supernet_ms": inside, "cut_out_ms": outside, "ratio": inside / outside})
    return rows


def least_ms(*functions: Callable[[], object]) -> list[float]:
    """The least processor time of each, run in turn."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(REPEATS):
        for kept, function in zip(times, functions):
            start = time.process_time()
            function()
            kept.append(1e3 * (time.process_time() - start))
    return [min(kept) for kept in times]


if __name__ == "__main__":
    sys.exit(main())

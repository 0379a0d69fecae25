"""What it costs to run a subnet inside its supernet, beside the same subnet cut out.

    python benchmarks/elastic_forward.py [--space ID ...] [--subnets 3] [--batch 8] [--json]

Random subnets at random resolutions, in eval mode without gradients on one thread. Three passes are timed in turn: in
the supernet; in the supernet after every weight was written to, so that all parts of tensors and all kernels are made
anew; and cut out. Other work on the machine only ever adds time, so the least processor time of many turns counts.
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

SPACES = ("ofa-digits", "ofa-mbv3-w1.0", "ofa-mbv3-w1.2", "ofa-proxyless-w1.3", "ofa-resnet50")
TURNS = (7, 60)
"""At least, at most; between them, until :data:`SECONDS` have gone by."""
SECONDS = 4.0
LIMIT = 1.15


def main() -> int:
    """Print the ratios of each space; exit status 1 if the median of one is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", nargs="+", default=list(SPACES), help="of supernets (default: all that have one)")
    parser.add_argument("--subnets", type=int, default=3, help="random ones of each space")
    parser.add_argument("--batch", type=int, default=8, help="images")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = [row for space in options.space for row in measure(space, options.subnets, options.batch)]
    figures = {space: summary([row for row in rows if row["space"] == space]) for space in options.space}
    if options.json:
        print(json.dumps({"spaces": figures, "subnets": rows}, indent=2))
    else:
        print(as_text(figures, rows))
    return 0 if all(figure["median_ratio"] <= LIMIT for figure in figures.values()) else 1


def measure(space_id: str, subnets: int, batch: int) -> list[dict[str, Any]]:
    """Milliseconds of each subnet: in the supernet, there after a change of all weights, and cut out."""
    import numpy as np
    import torch

    from nets.spaces import load_space
    from nets.supernet import Supernet, plain_phase

    torch.set_num_threads(1)
    space = load_space(space_id)
    supernet, phase = Supernet(space).eval(), plain_phase(space, steps=1, learning_rate=1.0)
    rng, rows = np.random.default_rng(0), []

    def write() -> None:
        for parameter in supernet.parameters():
            parameter.mul_(1.0)

    with torch.no_grad():
        for _ in range(subnets):
            config = phase.sample(space, rng)
            images = torch.randn(batch, 3, config["r"], config["r"]).contiguous(memory_format=torch.channels_last)
            subnet = supernet.extract(config)
            passes = ((_nothing, lambda: supernet(images, config)), (write, lambda: supernet(images, config)))  # noqa: B023
            inside, changed, outside = least_ms(*passes, (_nothing, lambda: subnet(images)))  # noqa: B023
            rows.append(
                {"space": space_id, "r": config["r"], "supernet_ms": inside, "changed_ms": changed, "cut_ms": outside}
            )
    return rows


def _nothing() -> None:
    """Before a pass that needs no preparation."""


def least_ms(*passes: tuple[Callable[[], None], Callable[[], object]]) -> list[float]:
    """The least processor time of each second function, run in turn after its first one, which is not timed."""
    times: list[list[float]] = [[] for _ in passes]
    began = time.perf_counter()
    for turn in range(1 + TURNS[1]):  # the first also sets up the libraries beneath
        if turn > TURNS[0] and time.perf_counter() - began > SECONDS:
            break
        for kept, (prepare, run) in zip(times, passes):
            prepare()
            start = time.process_time()
            run()
            kept.append(1e3 * (time.process_time() - start))
    return [min(kept) for kept in times]


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Ratios to the subnet cut out."""
    ratios = [row["supernet_ms"] / row["cut_ms"] for row in rows]
    changed = [row["changed_ms"] / row["cut_ms"] for row in rows]
    return {
        "median_ratio": statistics.median(ratios),
        "largest_ratio": max(ratios),
        "median_ratio_changed": statistics.median(changed),
    }


def as_text(figures: dict[str, dict[str, float]], rows: list[dict[str, Any]]) -> str:
    """The table for a person."""
    lines = ["milliseconds of a pass: in the supernet, there after all weights changed, and cut out"]
    lines += [
        f"{row['space']:<20} r{row['r']:<4} {row['supernet_ms']:8.1f} {row['changed_ms']:8.1f} {row['cut_ms']:8.1f}"
        for row in rows
    ]
    lines.append(f"in the supernet, times cut out (to reach: {LIMIT})")
    lines += [
        f"{space:<20} median {figure['median_ratio']:.3f}, largest {figure['largest_ratio']:.3f}, "
        f"after a change of weights {figure['median_ratio_changed']:.3f}"
        for space, figure in figures.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

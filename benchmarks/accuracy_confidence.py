"""Whether a floor of accuracy holds as often as a search with --confidence says.

    python benchmarks/accuracy_confidence.py FILE [--resnet50 PTH] [--searches 400] [--seeds 5] [--json]

FILE holds measured pairs of ofa-mbv3-w1.0 (see nets/accuracy/measurements.py), PTH Once-for-All's released predictor of
ofa-resnet50. Every search run in FILE is predicted by a fit to the other runs, and for each confidence stands there

* all: of the run's subnets, the share measured at least as high as the floor that each is said to reach so surely;
* picked: of drawn searches, the share whose pick is measured at the floor they asked for. A search draws a price for
  every layer shape and a floor between the 5th and the 95th percentile of what is predicted; it picks the cheapest
  subnet of the run that is predicted to reach the floor so surely;
* barely: of the same picks, the share that is measured at the highest floor each is said to reach so surely. Few
  measured subnets lie at a floor, so that a pick exceeds it a little; the 2e19 of the space leave no such reserve.

Below r224 the subnets of a run share the sampling error of one part of the validation set: four draws of it are in
FILE, and a share over four draws is a rough one. The nets of PTH are the eight that Once-for-All published, each
predicted from the seven others; a search of the best subnet at a cost chose every one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from cosearch.strategies.subnets import ShapeTable
from nets.accuracy.confidence import deviations
from nets.accuracy.fit_resnet50 import PUBLISHED, calibrate
from nets.accuracy.held_out import predict_held_out, runs_left
from nets.accuracy.measurements import VALIDATION_IMAGES, Measurements, read_measurements
from nets.errors import CosearchError
from nets.spaces import load_space

Floats = NDArray[np.float64]

SPACE = "ofa-mbv3-w1.0"
CONFIDENCES = (0.5, 0.8, 0.9, 0.95)
TABLES = 20
"""Searches of a seed that share one draw of prices."""


def main() -> int:
    """Print the shares; exit status 2 for a file that is none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV of measured pairs")
    parser.add_argument("--resnet50", metavar="PTH", help="the released predictor of ofa-resnet50")
    parser.add_argument("--searches", type=int, default=400, help="drawn of each run, confidence and seed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        data = read_measurements(options.file, load_space(SPACE))
        figures = measure(data, options.searches, options.seeds)
        if options.resnet50:
            figures["published ResNet-50D"] = published(options.resnet50)
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(json.dumps(figures, indent=2) if options.json else as_text(figures))
    return 0


def measure(data: Measurements, searches: int, seeds: int) -> dict[str, Any]:
    """Shares by group of runs (all, whole validation set, parts of it) and confidence."""
    top1, error = predict_held_out(data)
    degrees = runs_left(data).tolist()
    runs = np.unique(data.run)
    whole = [bool((data.images[data.run == run] == VALIDATION_IMAGES).all()) for run in runs]
    drawn = [_draw(data, searches, seed) for seed in range(seeds)]
    by_run: dict[float, Floats] = {}
    for confidence in CONFIDENCES:
        assured = top1 - np.array([deviations(confidence, freedom) for freedom in degrees]) * error
        by_run[confidence] = np.array(
            [[_shares(data, top1, assured, data.run == run, *draws) for draws in drawn] for run in runs]
        )
    groups = {"every run": np.ones(len(runs), dtype=bool), "whole validation set": np.array(whole)}
    groups["parts of it"] = ~groups["whole validation set"]
    z = (data.top1 - top1) / error
    out: dict[str, Any] = {
        "residuals in standard errors": {
            "deviation at r224" if at else "deviation below": float(z[(data.resolution == 224) == at].std())
            for at in (True, False)
            if ((data.resolution == 224) == at).any()
        }
    }
    for name, chosen in groups.items():
        if chosen.any():
            out[name] = {str(c): _summary(shares[chosen]) for c, shares in by_run.items()}
    return out


def _draw(data: Measurements, searches: int, seed: int) -> tuple[list[Floats], Floats]:
    """(costs of every row, by draw of prices; percentiles of the floors, by draw and search)."""
    rng = np.random.default_rng(seed)
    table = ShapeTable(data.space, np.unique(data.resolution).tolist())
    macs = np.array([max(1.0, float(layer.macs)) for layer in table.layers])
    prices = [macs ** rng.uniform(0.5, 1) * np.exp(rng.normal(0, 0.7, len(macs))) for _ in range(TABLES)]
    costs = table.costs(data.configs, *prices)
    return costs, rng.uniform(0.05, 0.95, (TABLES, max(1, searches // TABLES)))


def _shares(
    data: Measurements, top1: Floats, assured: Floats, rows: NDArray[np.bool_], costs: Sequence[Floats], levels: Floats
) -> tuple[float, float, float]:
    """(all, picked, barely) of the rows of one run, under one seed's draws."""
    measured, said = data.top1[rows], assured[rows]
    floors = np.quantile(top1[rows], levels)
    held, barely = [], []
    for cost, asked in zip(costs, floors):
        for floor, pick in zip(asked, picks(said, cost[rows], asked)):
            if pick is not None:
                held.append(measured[pick] >= floor)
                barely.append(measured[pick] >= said[pick])
    return float((measured >= said).mean()), float(np.mean(held)), float(np.mean(barely))


def picks(assured: Floats, cost: Floats, floors: Floats) -> list[int | None]:
    """The cheapest row that is said to reach each floor; ``None`` where none is."""
    order = np.argsort(cost, kind="stable")
    reached = assured[order][None, :] >= floors[:, None]
    return [int(order[row.argmax()]) if row.any() else None for row in reached]


def _summary(shares: Floats) -> dict[str, float]:
    """Of an array (runs, seeds, kinds): means over runs, their spread over seeds, the lowest run."""
    mean = shares.mean(axis=(0, 1))
    return {
        "all": float(mean[0]),
        "picked": float(mean[1]),
        "picked_spread": float(shares[:, :, 1].mean(axis=0).std()),
        "picked_lowest_run": float(shares[:, :, 1].mean(axis=1).min()),
        "barely": float(mean[2]),
    }


def published(path: str) -> dict[str, dict[str, float]]:
    """Share of the published nets that reach what the other seven say of them, by confidence."""
    made = calibrate(path)
    top1 = np.array([value for _, value in PUBLISHED])
    ahead = []
    for row, value in enumerate(made.best):
        others = np.delete(made.gaps, row)
        ahead.append((top1[row] - (value - others.mean())) / made.standard_error(others))
    return {str(c): {"all": float((np.array(ahead) >= -deviations(c, len(made.best) - 2)).mean())} for c in CONFIDENCES}


def as_text(figures: dict[str, Any]) -> str:
    """A table for a person."""
    lines = []
    for name, table in figures.items():
        if name == "residuals in standard errors":
            lines.append(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in table.items()))
            continue
        lines += [f"{name}", "  confidence  all    picked (seeds)     lowest run  barely"]
        for confidence, row in table.items():
            line = f"  {confidence:10}  {row['all']:.3f}"
            if "picked" in row:
                line += f"  {row['picked']:.3f} ± {row['picked_spread']:.3f}      "
                line += f"{row['picked_lowest_run']:.3f}       {row['barely']:.3f}"
            lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""How well a quadratic of HAT's ten features predicts the latency of transformers on a device.

    python benchmarks/latency_predictor.py DIR [--json]

DIR holds CSV files of measured transformers, one per device, with HAT's columns (see nets/latency/hat.py). Networks
with equal features count as one. Each tenth of them is predicted by a fit to the other nine. To reach, on the same
files: the mean absolute relative error of HAT's own perceptrons (which were fitted to part of these very rows).
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nets.errors import CosearchError, InputError
from nets.latency import HAT_FEATURES, HatLatencies, fit_polynomial, read_hat_latencies, score

FOLDS = 10
HAT_MAPE_PERCENT = {"titanxp": 5.9, "xeon": 4.8, "raspberrypi": 3.8}
"""Of HAT's released perceptrons on all rows of the file whose name holds the word."""


def main() -> int:
    """Print the figures; exit status 1 where HAT's error is not reached, 2 for a folder without such files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path, help="folder of CSV files")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        files = sorted(options.dir.glob("*.csv"))
        if not files:
            raise InputError("DIR", str(options.dir), "has no CSV files")
        figures = {file.stem: held_out(read_hat_latencies(file), file.stem) for file in files}
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, row in figures.items():
            print(
                f"{name}: {row['networks']} networks, mape_percent {row['mape_percent']:.2f}, "
                f"rmse {row['rmse']:.1f} ms, kendall_tau {row['kendall_tau']:.3f}, "
                f"inside_one_sigma {row['inside_one_sigma']:.2f}; "
                f"HAT's perceptron {row['hat_mape_percent']} %"
            )
    return int(any(row["mape_percent"] > (row["hat_mape_percent"] or np.inf) for row in figures.values()))


def held_out(data: HatLatencies, name: str) -> dict[str, Any]:
    """Every network predicted by a fit that has not seen its features."""
    _, network = np.unique(data.features, axis=0, return_inverse=True)
    fold = np.random.default_rng(0).permutation(network.max() + 1)[network.ravel()] % FOLDS
    predicted, sigma = np.zeros(len(fold)), np.zeros(len(fold))
    domain = data.features.min(axis=0), data.features.max(axis=0)
    for held in range(FOLDS):
        features, latency_ms = data.features[fold != held], data.latency_ms[fold != held]
        model = fit_polynomial(features, latency_ms, HAT_FEATURES, domain=domain)
        predicted[fold == held], sigma[fold == held] = model.predict(data.features[fold == held])
    inside = np.abs(predicted - data.latency_ms) <= sigma
    hat = next((value for word, value in HAT_MAPE_PERCENT.items() if word in name), None)
    return {
        "networks": len(fold),
        **asdict(score(predicted, data.latency_ms)),
        "inside_one_sigma": float(inside.mean()),
        "hat_mape_percent": hat,
    }


if __name__ == "__main__":
    sys.exit(main())

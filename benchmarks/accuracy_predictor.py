"""How far the accuracy predictor of ofa-mbv3-w1.0 can be believed.

    python benchmarks/accuracy_predictor.py FILE [--json]

FILE holds measured pairs (columns source, ks, e, d, r, top1; see nets/accuracy/measurements.py). The model is fitted
again for every search run in it, to the other runs alone, and judged on the run left out. Beside it stand what must be
beaten: a plain ridge regression on the same folds, and the order that MACs alone give. The shipped coefficients are
judged on FILE as well: rows that they were fitted to flatter them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from nets.accuracy import Predictor, load_predictor
from nets.accuracy.held_out import Score, kendall_tau, predict_held_out, score
from nets.accuracy.measurements import Measurements, read_measurements
from nets.errors import CosearchError
from nets.spaces import Config, Space, load_space

Floats = NDArray[np.float64]

SPACE = "ofa-mbv3-w1.0"
TOP = 224
MACS_LIMITS = (150, 200, 250, 300, 400, 510)
"""Millions."""


def main() -> int:
    """Print the figures; exit status 2 for a file that is none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV of measured pairs")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        figures = measure(read_measurements(options.file, load_space(SPACE)))
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(json.dumps(figures, indent=2) if options.json else as_text(figures))
    return 0


def measure(data: Measurements) -> dict[str, Any]:
    """Every figure of this benchmark."""
    predictor = load_predictor(SPACE)
    held_out = score(data, *predict_held_out(data))
    ridge = score(data, _leave_runs_out(data, _ridge), np.zeros(len(data)))
    shipped = score(data, *predictor.predict_batch(data.configs))
    macs = np.array([data.space.macs_params(config)[0] / 1e6 for config in data.configs])
    levels = np.unique(data.resolution).tolist()
    return {
        "rows": len(data),
        "runs": len(np.unique(data.run)),
        **_figures(held_out),
        "ridge_on_one_hots": _figures(ridge, sigma=False),
        "macs_alone_kendall_tau": {
            f"r{level}": kendall_tau(macs[data.resolution == level], data.top1[data.resolution == level])
            for level in levels
        },
        "shipped_on_this_file": _figures(shipped),
        "search_at_r224": _optimism(data, predictor, macs),
    }


def _figures(result: Score, *, sigma: bool = True) -> dict[str, float]:
    figures = {"rmse": result.rmse}
    figures |= {f"rmse_r{level}": rmse for level, rmse in result.rmse_by_resolution.items()}
    figures["kendall_tau"] = result.kendall_tau
    return figures | ({"inside_one_sigma": result.inside_one_sigma} if sigma else {})


def _leave_runs_out(data: Measurements, fit_predict: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
    levels = np.unique(data.resolution)
    inputs = np.hstack([data.space.features_batch(data.configs), data.resolution[:, None] == levels[None, :]])
    top1 = np.zeros(len(data))
    for run in np.unique(data.run):
        held = data.run == run
        top1[held] = fit_predict(inputs[~held], data.top1[~held], inputs[held])
    return top1


def _ridge(inputs: Floats, top1: Floats, asked: Floats) -> Floats:
    """Ridge regression with a penalty of 1."""
    centre = inputs.mean(axis=0)
    centred = inputs - centre
    weights = np.linalg.solve(centred.T @ centred + np.eye(inputs.shape[1]), centred.T @ (top1 - top1.mean()))
    predicted: Floats = (asked - centre) @ weights + top1.mean()
    return predicted


def _optimism(data: Measurements, predictor: Predictor, macs: Floats) -> list[dict[str, float]]:
    """Best predicted subnet under each limit against the best measured one: a search goes where a predictor errs."""
    rows = []
    for limit in MACS_LIMITS:
        measured = data.top1[(data.resolution == TOP) & (macs <= limit)]
        if not len(measured):
            continue
        accuracy = predictor.predict(best_under(predictor, limit * 1e6, TOP))
        rows.append(
            {
                "mmacs": limit,
                "best_measured": float(measured.max()),
                "best_predicted": accuracy.top1_percent,
                "standard_error": accuracy.standard_error,
            }
        )
    return rows


def best_under(predictor: Predictor, limit: float, resolution: int) -> Config:
    """The best subnet by worth - price * MACs that fits, at the lowest price at which one fits.

    Worth and MACs both add up over blocks, so for a given price the best block stands at once in every slot.
    """
    space = predictor.space
    low, high = 0.0, 1.0
    best = space.min_config() | {"r": resolution}
    for _ in range(40):
        price = (low + high) / 2
        config = _best_at_price(space, predictor, resolution, price / 1e6)
        if space.macs_params(config)[0] <= limit:
            best, high = config, price
        else:
            low = price
    return best


def _best_at_price(space: Space, predictor: Predictor, resolution: int, price: float) -> Config:
    worth = predictor.worth(resolution)
    config: Config = {"ks": [], "e": [], "d": [], "r": resolution}
    base = space.max_config() | {"r": resolution}
    for stage, depth in enumerate(space.depths):
        gains = []
        for index in range(depth.slots):
            slot = 4 * stage + index
            options = []
            for k, kernel in enumerate(space.block_genes["ks"]):
                for e, expansion in enumerate(space.block_genes["e"]):
                    genes = {"ks": [*base["ks"]], "e": [*base["e"]]}
                    genes["ks"][slot], genes["e"][slot] = kernel, expansion
                    block = space.blocks(base | genes)[1 + slot]
                    gain = worth[3 * slot + k] + worth[60 + 3 * slot + e] - price * block.macs
                    options.append((gain, kernel, expansion))
            gain, kernel, expansion = max(options)
            gains.append(gain)
            config["ks"].append(kernel)
            config["e"].append(expansion)
        totals = [sum(gains[:value]) for value in depth.choices]
        config["d"].append(depth.choices[int(np.argmax(totals))])
    return space.canonical(config)


def as_text(figures: dict[str, Any]) -> str:
    """The figures for a person: every number on a line with its name."""
    lines = [f"{figures['rows']} measured subnets in {figures['runs']} search runs, each run held out in turn"]
    for name, value in figures.items():
        if isinstance(value, float):
            lines.append(f"  {name} {value:.4f}")
        elif isinstance(value, dict):
            lines.append(f"{name}: " + ", ".join(f"{key} {entry:.3f}" for key, entry in value.items()))
    lines.append("best subnet at r224 by limit (M MACs): measured / predicted ± standard error")
    for row in figures["search_at_r224"]:
        lines.append(
            f"  {row['mmacs']}: {row['best_measured']:.2f} / {row['best_predicted']:.2f} ± {row['standard_error']:.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

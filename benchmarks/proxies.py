"""Whether zero-cost proxies rank subnets of Once-for-All MobileNetV3 as their measured ImageNet accuracy does.

    python benchmarks/proxies.py [FILE] [--subnets 200] [--resolution 48] [--seed 0] [--jobs 2] [--json]

FILE holds measured pairs (columns source, ks, e, d, r, top1; see nets/accuracy/measurements.py); subnets are drawn from
its rows at one resolution, 224 pixels by default. Without FILE, random subnets are ranked against the shipped
predictor instead, whose own Kendall tau with measurements is 0.94 on searches held out from its fit: the table says so.

Every proxy scores an untrained subnet: Kendall's tau-b and Spearman's rho with the accuracy, each with a 95 % interval
from a bootstrap over subnets. Parameters and MACs stand beside them as the baselines, and the last column is what a
proxy's tau has over that of MACs, on the same bootstrap. To finish in minutes on two cores the proxies see images of
48 pixels (MACs are counted at the measured resolution), fewer of them and fewer repeats than their authors take:
the table says how many. No image of ImageNet is needed: the images are noise, and GradSign's labels are drawn.
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

from nets.accuracy import list_proxies, load_predictor, load_proxy
from nets.accuracy.measurements import read_measurements
from nets.accuracy.proxies import BASELINES
from nets.errors import CosearchError, InputError
from nets.spaces import Config, load_space

Floats = NDArray[np.float64]

SPACE: Final = "ofa-mbv3-w1.0"
IMAGES: Final = {"zen-score": 16, "gradsign": 8, "naswot": 32}
"""Of the batch that a proxy sees; 1 for the others."""
OPTIONS: Final = {"zen-score": {"repeats": 2}}
RESAMPLES: Final = 1000
LEAST_SUBNETS: Final = 12
LEAST_RESOLUTION: Final = 36
"""Below, the last planes are a single pixel, of which a batch norm that sees one image knows no variance."""


def main() -> int:
    """Print the table; exit status 2 for a file that is none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="CSV of measured pairs; the shipped predictor stands in when omitted")
    parser.add_argument("--subnets", type=int, default=200, help="how many")
    parser.add_argument("--resolution", type=int, default=48, help="of the images that proxies see")
    parser.add_argument("--measured-at", type=int, default=224, help="resolution at which the accuracy was measured")
    parser.add_argument("--seed", type=int, default=0, help="of subnets, weights, images and bootstrap")
    parser.add_argument("--jobs", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        if options.resolution < LEAST_RESOLUTION:
            raise InputError("--resolution", options.resolution, f"must be at least {LEAST_RESOLUTION}")
        configs, top1, truth = subnets(options.file, options.subnets, options.measured_at, options.seed)
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    scores, seconds = score_all(configs, options.resolution, options.seed, options.jobs)
    figures = {
        "subnets": len(configs),
        "truth": truth,
        "top1_range": [float(top1.min()), float(top1.max())],
        "image_resolution": options.resolution,
        "proxies": compare(scores, seconds, top1, options.seed),
        "seconds": round(time.perf_counter() - start),
    }
    print(json.dumps(figures, indent=2) if options.json else as_text(figures))
    return 0


def subnets(file: str | None, count: int, resolution: int, seed: int) -> tuple[list[Config], Floats, str]:
    """(configs, top-1 in percent, what the top-1 is)."""
    if count < LEAST_SUBNETS:
        raise InputError("--subnets", count, f"must be at least {LEAST_SUBNETS} for an interval to mean anything")
    space, rng = load_space(SPACE), np.random.default_rng(seed)
    if file is None:
        configs = [space.mutate(space.max_config(), rng, prob=1.0) | {"r": resolution} for _ in range(count)]
        top1, _ = load_predictor(SPACE).predict_batch(configs)
        return configs, top1, f"predicted (no file of measurements), random genes, r{resolution}"
    data = read_measurements(file, space)
    data = data.select(data.resolution == resolution)
    if len(data) < count:
        raise InputError("--subnets", count, f"are more than the {len(data)} that {file} has at r{resolution}")
    rows = np.sort(rng.choice(len(data), count, replace=False))
    truth = f"measured on {data.images[rows].min():,} images at r{resolution}"
    return [data.configs[row] for row in rows], data.top1[rows], truth


def score_all(
    configs: list[Config], resolution: int, seed: int, jobs: int
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Scores of every proxy in the order of ``configs``, and its mean processor time per subnet in seconds."""
    results = []
    with ProcessPoolExecutor(jobs) as pool:
        tasks = pool.map(score_subnet, configs, [resolution] * len(configs), [seed] * len(configs))
        for number, result in enumerate(tasks, start=1):
            results.append(result)
            if number % 20 == 0:
                print(f"{number} of {len(configs)} subnets", file=sys.stderr, flush=True)
    scores = {name: np.array([result[name][0] for result in results]) for name in list_proxies()}
    return scores, {name: float(np.mean([result[name][1] for result in results])) for name in list_proxies()}


def score_subnet(config: Config, resolution: int, seed: int) -> dict[str, tuple[float, float]]:
    """(score, processor seconds) of every proxy for one untrained subnet."""
    import torch

    from nets.supernet.untrained import untrained_subnet

    torch.set_num_threads(1)
    net = untrained_subnet(load_space(SPACE), config, seed=seed)
    found = {}
    for name in list_proxies():
        size = config["r"] if name in BASELINES else resolution
        start = time.process_time()
        value = load_proxy(name, **OPTIONS.get(name, {})).score(net, (IMAGES.get(name, 1), 3, size, size), seed=seed)
        found[name] = (value, time.process_time() - start)
    return found


def compare(scores: dict[str, Floats], seconds: dict[str, float], top1: Floats, seed: int) -> dict[str, dict[str, Any]]:
    """Rank correlations of every proxy with the accuracy, and their intervals."""
    from scipy.stats import kendalltau, spearmanr

    rng = np.random.default_rng(seed)
    draws = rng.integers(len(top1), size=(RESAMPLES, len(top1)))
    resampled = {
        name: np.array([kendalltau(values[rows], top1[rows]).statistic for rows in draws])
        for name, values in scores.items()
    }
    table = {}
    for name, values in scores.items():
        spearman = [spearmanr(values[rows], top1[rows]).statistic for rows in draws]
        table[name] = {
            "kendall_tau": float(kendalltau(values, top1).statistic),
            "kendall_interval": _interval(resampled[name]),
            "spearman_rho": float(spearmanr(values, top1).statistic),
            "spearman_interval": _interval(np.array(spearman)),
            "tau_over_macs_interval": _interval(resampled[name] - resampled["macs"]),
            "cpu_seconds_per_subnet": seconds[name],
        }
    return table


def _interval(values: Floats) -> list[float]:
    """The central 95 %."""
    return [float(end) for end in np.percentile(values, [2.5, 97.5])]


def as_text(figures: dict[str, Any]) -> str:
    """The table for a person."""
    low, high = figures["top1_range"]
    lines = [
        f"{figures['subnets']} subnets of {SPACE}, top-1 {low:.2f} to {high:.2f} %, {figures['truth']}",
        f"proxies see noise of {figures['image_resolution']} pixels: "
        + ", ".join(f"{name} {count} images" for name, count in IMAGES.items())
        + f", {OPTIONS['zen-score']['repeats']} repeats of the Zen-score",
        f"{'proxy':<11}{'Kendall tau':>12} {'95 %':<16}{'Spearman rho':>12} {'95 %':<16}"
        f"{'tau over MACs, 95 %':<21}{'CPU s':>7}",
    ]
    for name, row in figures["proxies"].items():
        tau, rho, gain = (_brackets(row[f"{key}_interval"]) for key in ("kendall", "spearman", "tau_over_macs"))
        lines.append(
            f"{name:<11}{row['kendall_tau']:>12.3f} {tau:<16}{row['spearman_rho']:>12.3f} {rho:<16}"
            f"{gain if name != 'macs' else '':<21}{row['cpu_seconds_per_subnet']:>7.2f}"
        )
    better = [name for name, row in figures["proxies"].items() if row["tau_over_macs_interval"][0] > 0]
    lines.append("better than MACs beyond chance: " + (", ".join(better) or "none"))
    lines.append(f"{figures['seconds']} s")
    return "\n".join(lines)


def _brackets(interval: list[float]) -> str:
    return f"{interval[0]:.2f} to {interval[1]:.2f}"


if __name__ == "__main__":
    sys.exit(main())

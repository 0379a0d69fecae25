"""Make the shipped accuracy predictor of ``ofa-resnet50`` from Once-for-All's released one and its published table.

    python -m nets.accuracy.fit_resnet50 ofa_resnet50_acc_predictor.pth

The released perceptron turns out to be linear in its one-hot inputs up to a hard cap, so its values are refitted as
exactly that. They estimate accuracy on held-out training images. What turns them into ImageNet top-1 is the gap between
the best value under a cost and the published accuracy at that cost, row by row of the table. It is an indirect
calibration: the configs of the published nets are not known, and they were fine-tuned.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.held_out import kendall_tau
from nets.accuracy.ofa_mlp import load_ofa_mlp
from nets.accuracy.predictor import Floats
from nets.accuracy.shipped import write_predictor
from nets.spaces import Config, Space

TARGET = Path(__file__).parent / "data" / "ofa-resnet50.json"

PUBLISHED: Final = (
    (0.6, 75.0),
    (0.9, 76.3),
    (1.2, 77.1),
    (1.8, 78.3),
    (2.4, 79.0),
    (3.0, 79.3),
    (3.7, 79.7),
    (4.1, 79.8),
)
"""(GMACs, ImageNet top-1 in percent) of OFA-ResNet50D, fine-tuned; README of mit-han-lab/once-for-all."""

_SAMPLES: Final = 20_000
_HELD_OUT: Final = 5_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """The released perceptron as a capped linear model, beside the published table.

    Attributes:
        space: that it is of.
        weights: percent, of the resolutions and then of the genes.
        cap: percent, its highest value.
        error: refitted less released value, in percent, of subnets that the refit did not see.
        kendall_tau: rank correlation of the two on these subnets.
        best: highest value in percent, under the cost of each row of :data:`PUBLISHED`, of any subnet.
    """

    space: Space
    weights: Floats
    cap: float
    error: Floats
    kendall_tau: float
    best: Floats

    @property
    def gaps(self) -> Floats:
        """Percent by which :attr:`best` exceeds the published top-1, row by row."""
        gaps: Floats = self.best - np.array([top1 for _, top1 in PUBLISHED])
        return gaps

    def standard_error(self, gaps: Floats) -> float:
        """Of a top-1 that the mean of ``gaps`` makes of a value: each predicted from the others, as a new net is."""
        left_out = np.array([gaps[row] - np.delete(gaps, row).mean() for row in range(len(gaps))])
        return float(np.hypot(np.sqrt((left_out**2).mean()), self.error.std()))


def calibrate(path: str, seed: int = 0) -> Calibration:
    """Refit the perceptron in ``path`` and find its best subnet at each published cost.

    Raises:
        InputError: the file holds no released predictor.
    """
    released = load_ofa_mlp(path)
    space, rng = released.space, np.random.default_rng(seed)
    configs = [space.sample(rng) for _ in range(_SAMPLES + _HELD_OUT)]
    value = 100 * released.held_out(configs)
    cap = float(100 * released.held_out([space.max_config()])[0])
    design = _design(space, configs)
    below = np.flatnonzero(value[:_SAMPLES] < cap - 1e-6)
    weights = np.asarray(np.linalg.lstsq(design[below], value[below], rcond=None)[0], dtype=np.float64)
    refit = np.minimum(design[_SAMPLES:] @ weights, cap)
    best = np.array([min(cap, _best_under(space, weights, 1e9 * gmacs, rng)) for gmacs, _ in PUBLISHED])
    return Calibration(space, weights, cap, refit - value[_SAMPLES:], kendall_tau(refit, value[_SAMPLES:]), best)


def main(path: str, seed: int = 0) -> None:
    """Refit the perceptron in ``path``, calibrate it, write :data:`TARGET`."""
    made = calibrate(path, seed)
    space, weights, cap, error, gaps = made.space, made.weights, made.cap, made.error, made.gaps
    offset, standard_error = float(gaps.mean()), made.standard_error(gaps)
    levels = weights[: len(space.resolutions)] - offset
    predictor = CappedLinearPredictor(
        "ofa-resnet50/imagenet-top1",
        space,
        estimates="ImageNet-1k validation top-1 of a subnet after fine-tuning, as published for OFA-ResNet50D",
        notes=[
            "Once-for-All's released predictor (MIT), which estimates accuracy on held-out training images, refitted "
            f"as a capped linear model: RMSE {np.sqrt((error**2).mean()):.3f} points and Kendall tau "
            f"{made.kendall_tau:.3f} against it on {_HELD_OUT} other subnets.",
            f"Lowered by {offset:.2f} points: the best value under a cost exceeds the top-1 that Once-for-All "
            f"published at that cost by {gaps.min():.1f} to {gaps.max():.1f} points over {len(gaps)} costs.",
            f"The standard error, {standard_error:.2f} points, is that of this calibration with one published net left "
            "out in turn. It holds for the best subnets at their cost; nothing published tells it for others.",
            f"Saturates at {cap - offset:.2f} %, from about 3 GMACs on: what lies there cannot be ranked, so take the "
            "cheapest.",
        ],
        levels={level: float(value) for level, value in zip(space.resolutions, levels)},
        genes=weights[len(space.resolutions) :],
        cap=round(cap - offset, 4),
        error=round(standard_error, 4),
        freedom=len(PUBLISHED) - 1,
    )
    write_predictor(predictor, TARGET)
    print(predictor.describe())
    for (gmacs, top1), highest in zip(PUBLISHED, made.best):
        print(f"  {gmacs} GMACs: best value {highest:.2f}, published {top1}, gap {highest - top1:.2f}")


def _design(space: Space, configs: list[Config]) -> Floats:
    """Columns of the resolutions, then of the genes."""
    levels = np.array([[float(config["r"] == level) for level in space.resolutions] for config in configs])
    return np.hstack([levels, space.features_batch(configs)])


def _best_under(space: Space, weights: Floats, macs: float, rng: np.random.Generator) -> float:
    """Highest value of a subnet of at most ``macs``, by an evolutionary search (population 100, 100 generations)."""
    population: list[Config] = [space.min_config()]
    for generation in range(100):
        parents = population[:25]
        children = [space.sample(rng) for _ in range(50 if generation == 0 else 0)]
        for _ in range(50):
            a, b = (parents[int(index)] for index in rng.integers(len(parents), size=2))
            children += [space.mutate(a, rng, 0.1), space.crossover(a, b, rng)]
        alive = [child for child in children if space.macs_params(child)[0] <= macs]
        pool = list({space.key(config): config for config in parents + alive}.values())
        order = np.argsort(-(_design(space, pool) @ weights), kind="stable")
        population = [pool[int(index)] for index in order]
    return float((_design(space, population[:1]) @ weights)[0])


if __name__ == "__main__":
    main(sys.argv[1])

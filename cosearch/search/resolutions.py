"""Which resolutions of a space are searched: where none is asked for, those at which accurate subnets are smallest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor
from cosearch.problem.options import CoSearchOptions
from cosearch.strategies.subnets import Evolution, SubnetSearch
from nets.accuracy import Predictor
from nets.errors import InfeasibleError

RESOLUTIONS_KEPT: Final = 1
RESOLUTION_STEP: Final = 16
"""Resolutions looked at when none is asked for: the multiples of this, which Once-for-All was trained around."""


def specify_workload(options: CoSearchOptions, executor: Executor) -> WorkloadSpec:
    """What the accelerators of a search are evaluated with.

    Args:
        options: of the search.
        executor: whose workers look for the resolutions, where none is asked for.

    Raises:
        InputError: no such space, no figures of its accuracy.
        InfeasibleError: no subnet reaches the accuracy.
        ExecutorError: the workers were lost.
    """
    if options.networks:
        return WorkloadSpec(options, None)
    if options.resolution is not None:
        return WorkloadSpec(options, (options.resolution,))
    predictor = options.accuracies()
    begun = {r: executor.submit(_fewest_macs_at, (options, r)) for r in resolutions_of(predictor)}
    fewest = {r: macs.result() for r, macs in begun.items()}
    return WorkloadSpec(options, tuple(cheapest(predictor, options.min_accuracy, fewest, options.confidence)))


def _fewest_macs_at(asked: tuple[CoSearchOptions, int]) -> float:
    options, resolution = asked
    predictor = options.accuracies()
    return fewest_macs(predictor, options.min_accuracy, resolution, options.seed, options.confidence)


def resolutions_of(predictor: Predictor) -> list[int]:
    """The resolutions looked at when none is asked for."""
    trained = [resolution for resolution in predictor.domain if resolution % RESOLUTION_STEP == 0]
    return trained if len(trained) > 1 else list(predictor.domain)


def fewest_macs(
    predictor: Predictor, min_accuracy: float, resolution: int, seed: int, confidence: float | None = None
) -> float:
    """The MACs that a subnet of that accuracy needs at a resolution, as evolution finds; infinite where none has it."""
    try:
        search = SubnetSearch(predictor.space, predictor, min_accuracy, [resolution], confidence)
    except InfeasibleError:
        return math.inf
    macs = np.array([float(layer.macs) for layer in search.layers])
    rng = np.random.default_rng([seed, resolution])
    return search.best(macs, macs, lambda energy, latency: energy, rng, Evolution()).energy_pj


def cheapest(
    predictor: Predictor, min_accuracy: float, fewest: Mapping[int, float], confidence: float | None = None
) -> list[int]:
    """The resolutions at which subnets need the fewest MACs, found without any hardware.

    Every layer shape of every resolution would have to be mapped on every accelerator; few MACs is what all of them
    like.

    Args:
        predictor, min_accuracy, confidence: as :func:`fewest_macs` had them.
        fewest: what it said, by resolution.

    Raises:
        InfeasibleError: no subnet reaches the accuracy; says the highest reachable.
    """
    reached = [resolution for resolution, macs in fewest.items() if math.isfinite(macs)]
    if not reached:
        # raises, with the highest of them all
        SubnetSearch(predictor.space, predictor, min_accuracy, list(fewest), confidence)
    return sorted(sorted(reached, key=lambda resolution: fewest[resolution])[:RESOLUTIONS_KEPT])

"""Accuracies of the subnets that are fast enough on a device, which is not the accelerator that is designed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from nets.accuracy import Predictor
from nets.accuracy.limited import LimitedPredictor
from nets.accuracy.predictor import Floats
from nets.accuracy.small import Limits, accuracies_of_small
from nets.documents import HeldFile
from nets.errors import InputError
from nets.latency.files import read_latency_predictor
from nets.latency.predictor import LatencyPredictor, TableLatency

KEPT: Final = 4


class InTimePredictor(LimitedPredictor):
    """Accuracies of the subnets that are fast enough on a device, see :class:`~nets.accuracy.limited.LimitedPredictor`.

    Args:
        accuracies: of the space's subnets.
        device: whose latencies count.
        limit_ms: that a subnet keeps there.

    Raises:
        InputError: accuracies and latencies are known at no resolution together.
        InfeasibleError: no subnet found keeps the limit; says the least latency found.
    """

    def __init__(self, accuracies: Predictor, device: LatencyPredictor, limit_ms: float) -> None:
        self.device, self.limit_ms = device, limit_ms
        asked = [resolution for resolution in accuracies.domain if resolution in device.resolutions]
        if not asked:
            known = ", ".join(map(str, accuracies.domain))
            raise InputError("latency", device.id, f"knows {device.domain}, and accuracies are known at {known}")
        super().__init__(accuracies, f"{limit_ms:g} ms on {device.id}", asked)

    def excess(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """See :meth:`LimitedPredictor.excess`."""
        ms = np.nan_to_num(self.device.estimate(configs), nan=math.inf)
        return np.asarray((ms - self.limit_ms) / self.limit_ms)

    def describe_taken(self, config: Mapping[str, Any]) -> str:
        """See :meth:`LimitedPredictor.describe_taken`."""
        return f"{self.device.estimate([config])[0]:.4g} ms"


@lru_cache(maxsize=KEPT)
def accuracies_in_time(
    space: str,
    data: str | None,
    predictor: HeldFile | None,
    latency: HeldFile,
    limit_ms: float,
    limits: Limits = (),
) -> InTimePredictor:
    """Accuracies of the subnets that take at most so many milliseconds on the device of a file.

    Args:
        space, data, predictor: as :func:`nets.accuracy.accuracy_of` takes them.
        latency: see :func:`nets.latency.read_latency_predictor`.
        limits: on the subnets by themselves, too (:func:`nets.accuracy.small.accuracies_of_small`).

    Raises:
        InputError: as both; a table that lacks parts of the space.
        InfeasibleError: see :class:`InTimePredictor`, :class:`~nets.accuracy.small.SmallPredictor`.
    """
    accuracies = accuracies_of_small(space, data, predictor, limits)
    device = read_latency_predictor(latency, accuracies.space)
    if isinstance(device, TableLatency):
        device.require_parts([r for r in accuracies.domain if r in device.resolutions])
    return InTimePredictor(accuracies, device, limit_ms)

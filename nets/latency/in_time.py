"""Accuracies of the subnets that are fast enough on a device, which is not the accelerator that is designed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nets.accuracy import Accuracy, Predictor, accuracy_of
from nets.accuracy.confidence import climb
from nets.accuracy.predictor import Floats
from nets.documents import HeldFile
from nets.errors import InfeasibleError, InputError
from nets.latency.files import read_latency_predictor
from nets.latency.predictor import LatencyPredictor, TableLatency
from nets.spaces import Config

KEPT: Final = 4


class InTimePredictor(Predictor):
    """Accuracies of a predictor; subnets that take too long on a device are sure of none at all (minus infinity).

    Whether a subnet is in time is no sum beside its accuracy, so that searches among these try subnets.

    Args:
        accuracies: of the space's subnets.
        device: whose latencies count.
        limit_ms: that a subnet keeps there.

    Raises:
        InputError: accuracies and latencies are known at no resolution together.
        InfeasibleError: no subnet found keeps the limit; says the least latency found.
    """

    def __init__(self, accuracies: Predictor, device: LatencyPredictor, limit_ms: float) -> None:
        super().__init__(
            accuracies.id,
            accuracies.space,
            estimates=accuracies.estimates,
            resolutions=accuracies.resolutions,
            notes=[*accuracies.notes, f"only of subnets that take at most {limit_ms:g} ms on {device.id}"],
        )
        self.accuracies, self.device, self.limit_ms = accuracies, device, limit_ms
        self.saturates_at = accuracies.saturates_at
        asked = [resolution for resolution in accuracies.domain if resolution in device.resolutions]
        if not asked:
            known = ", ".join(map(str, accuracies.domain))
            raise InputError("latency", device.id, f"knows {device.domain}, and accuracies are known at {known}")
        self._fastest = {resolution: self._fastest_at(resolution) for resolution in asked}
        self._domain = tuple(r for r, config in self._fastest.items() if self.in_time([config])[0])
        if not self._domain:
            least = min(self.device.estimate(list(self._fastest.values())))
            raise InfeasibleError(
                f"no subnet of {self.space.id} takes at most {limit_ms:g} ms on {device.id}: the least found is "
                f"{least:.4g} ms"
            )
        self.looked_up = [config for config in accuracies.looked_up if self.in_time([config])[0]]

    @property
    def domain(self) -> tuple[int, ...]:
        """See :attr:`Predictor.domain`: where some subnet is in time."""
        return self._domain

    @property
    def of_others(self) -> Predictor | None:
        """See :attr:`Predictor.of_others`: of those in time that are not looked up, unless nothing is known of them."""
        return None if self.accuracies.of_others is None else self

    def in_time(self, configs: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
        """Whether each subnet keeps the limit, shape (configs,)."""
        kept: NDArray[np.bool_] = self.device.estimate(configs) <= self.limit_ms
        return kept

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`."""
        return self.accuracies.worth(resolution)

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`; of those that are too slow, too."""
        return self.accuracies.predict_batch(configs)

    def predict(self, config: Mapping[str, Any]) -> Accuracy:
        """See :meth:`Predictor.predict`."""
        return self.accuracies.predict(config)

    def assured_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """See :meth:`Predictor.assured_batch`."""
        return self._if_in_time(configs, self.accuracies.assured_batch(configs, confidence))

    def screen_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """See :meth:`Predictor.screen_batch`."""
        return self._if_in_time(configs, self.accuracies.screen_batch(configs, confidence))

    def confirms(self, config: Mapping[str, Any], min_accuracy: float, confidence: float | None = None) -> bool:
        """See :meth:`Predictor.confirms`."""
        return self.accuracies.confirms(config, min_accuracy, confidence)

    def most_accurate(self, resolution: int) -> Config:
        """See :meth:`Predictor.most_accurate`: the best found, not proven."""
        return self.most_assured(resolution, None)

    def most_assured(self, resolution: int, confidence: float | None) -> Config:
        """See :meth:`Predictor.most_assured`: where single changes of genes end, from the best of all and others."""
        best = self.accuracies.most_assured(resolution, confidence)
        if self.in_time([best])[0]:
            return best

        def worth(configs: Sequence[Config]) -> Floats:
            slow = -1e3 - np.nan_to_num(self.device.estimate(configs), nan=math.inf)
            screened = np.nan_to_num(self.screen_batch(configs, confidence), nan=-math.inf)
            return np.where(self.in_time(configs), np.maximum(screened, -1e3), slow)

        known = [config for config in self.looked_up if config["r"] == resolution]
        found = [climb(self.space, start, worth) for start in (best, self._fastest[resolution])] + known
        return found[int(np.argmax(worth(found)))]

    def _if_in_time(self, configs: Sequence[Mapping[str, Any]], assured: Floats) -> Floats:
        return np.where(self.in_time(configs), assured, -math.inf)

    def _fastest_at(self, resolution: int) -> Config:
        """Where single changes of genes end that make the smallest subnet faster."""
        start = self.space.min_config() | {"r": resolution}
        return climb(self.space, start, lambda configs: -np.nan_to_num(self.device.estimate(configs), nan=math.inf))


@lru_cache(maxsize=KEPT)
def accuracies_in_time(
    space: str, data: str | None, predictor: HeldFile | None, latency: HeldFile, limit_ms: float
) -> InTimePredictor:
    """Accuracies of the subnets that take at most so many milliseconds on the device of a file.

    Args:
        space, data, predictor: as :func:`nets.accuracy.accuracy_of` takes them.
        latency: see :func:`nets.latency.read_latency_predictor`.

    Raises:
        InputError: as both; a table that lacks parts of the space.
        InfeasibleError: see :class:`InTimePredictor`.
    """
    accuracies = accuracy_of(space, data, predictor)
    device = read_latency_predictor(latency, accuracies.space)
    if isinstance(device, TableLatency):
        device.require_parts([r for r in accuracies.domain if r in device.resolutions])
    return InTimePredictor(accuracies, device, limit_ms)

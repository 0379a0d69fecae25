"""Proxies as what a search makes large: scores of networks that were not trained, as ZenNAS searches by them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from cosearch.problem.measures import Measure
from nets.accuracy.proxies import BASELINES, list_proxies, load_proxy
from nets.spaces import Config, SearchSpace, Space

IMAGES: Final = 16
"""Of a batch of noise, as in ZenNAS' program."""

SCORES: Final = {
    name: Measure(name, name, "", larger=True, ratio=False) for name in list_proxies() if name not in BASELINES
}
"""Proxies that may be an objective; those that only count are costs already."""


class ProxyScore:
    """A proxy of untrained subnets, at their own resolution, with the proxy's own settings.

    Args:
        space: of the networks; one that has a supernet, whose modules they are made of.
        name: of the proxy.
        seed: of weights and noise; the same for all networks.

    Raises:
        InputError: torch is not installed.
    """

    def __init__(self, space: Space, name: str, *, seed: int = 0) -> None:
        self.measure = SCORES[name]
        self._space, self._proxy, self._seed = space, load_proxy(name), seed
        self._known: dict[tuple[int, ...], float] = {}

    def estimate(self, configs: Sequence[Config]) -> Sequence[float]:
        """See :meth:`~cosearch.nas.estimators.Estimator.estimate`.

        Raises:
            InputError: the space has no supernet, or its networks lack what the proxy looks at.
        """
        return [self._score(config) for config in configs]

    def _score(self, config: Config) -> float:
        from nets.supernet import untrained_subnet

        key = tuple(self._space.encode(config))
        if key not in self._known:
            resolution = self._space.canonical(config)["r"]
            net = untrained_subnet(self._space, config, seed=self._seed)
            self._known[key] = self._proxy.score(net, (IMAGES, 3, resolution, resolution), seed=self._seed)
        return self._known[key]

    def bounds(self, space: SearchSpace) -> tuple[float, float]:
        """See :meth:`~cosearch.nas.estimators.Estimator.bounds`: nothing is known."""
        return -math.inf, math.inf

    def remark(self, config: Config) -> str:
        """See :meth:`~cosearch.nas.estimators.Estimator.remark`."""
        return f"{self._proxy.title} is a score of the network before any training, and no accuracy"

"""CMA-ES over designs that begins around the best of some drawn evenly; the ``cmaes`` library's.

The start is that of warm-started CMA-ES (Nomura et al., AAAI 2021), the first designs being its source task; only
:data:`ALPHA` is larger. With the paper's, draws are those of Optuna's ``CmaEsSampler`` with such source trials, number
for number. It asks the same library, but reads every trial of the study for every point, which takes twenty times as
long.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cosearch.strategies.points import Outcome

if TYPE_CHECKING:
    from cmaes import CMA

STARTUP: Final = 36
"""Designs drawn evenly before the distribution begins."""
ALPHA: Final = 0.3
"""How far around the best of them it looks at first. Around the three best of 36, the paper's 0.1 decides too early
which dims run in parallel."""
LEAST_SIGMA: Final = 1e-10
BELOW_ONE: Final = float(np.nextafter(1.0, 0.0))

Floats = NDArray[np.float64]


class WarmCmaes:
    """See :class:`PointSampler`.

    Args:
        knobs: names of the numbers.
        seed: of every draw.
        population: points of a generation, told together.
    """

    def __init__(self, knobs: Sequence[str], seed: int, population: int) -> None:
        self.knobs, self.population = tuple(knobs), population
        self._sorted = sorted(knobs)
        self._even, self._seeds = np.random.RandomState(seed), np.random.RandomState(seed)
        self._drawn = 0
        self._asked: dict[int, dict[str, float]] = {}
        self._first: list[tuple[Floats, float]] = []
        self._model: CMA | None = None
        self._untouched = b""
        """The distribution before any draw: a draw's decomposition changes the covariance's last bits."""

    def ask(self, misses: int) -> tuple[int, dict[str, float]]:
        """See :meth:`PointSampler.ask`; the misses change nothing."""
        number = self._drawn
        self._drawn += 1
        if self._model is None:
            point = dict(zip(self.knobs, self._even.random_sample(len(self.knobs)).tolist()))
        else:
            if self._model.generation < 2:
                self._seeds.randint(1, 2**31 - 2)  # Optuna makes the distribution anew for each point until then
            self._model.reseed_rng(self._seeds.randint(1, 2**16) + number)
            values = dict(zip(self._sorted, np.minimum(self._model.ask(), BELOW_ONE).tolist()))
            point = {name: values[name] for name in self.knobs}
        self._asked[number] = point
        return number, point

    def reject(self, number: int) -> None:
        """See :meth:`PointSampler.reject`."""
        del self._asked[number]

    def tell(self, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        """See :meth:`PointSampler.tell`; only the merits count."""
        told = []
        for number, outcome in outcomes:
            point = self._asked.pop(number)
            told.append((np.array([point[name] for name in self._sorted]), outcome.merit))
        if self._model is None:
            self._first += told
            if len(self._first) >= STARTUP:
                self._keep(self._started())
        elif len(told) == self.population:  # else the search ends here
            model: CMA = pickle.loads(self._untouched)
            model.tell(told)
            self._keep(model)

    def _started(self) -> CMA:
        from cmaes import CMA, get_warm_start_mgd

        mean, sigma, covariance = get_warm_start_mgd(self._first, alpha=ALPHA)
        size = len(self.knobs)
        bounds = np.column_stack([np.zeros(size), np.ones(size)])
        return CMA(
            mean=mean,
            sigma=max(sigma, LEAST_SIGMA),
            cov=covariance,
            bounds=bounds,
            n_max_resampling=10 * size,
            population_size=self.population,
        )

    def _keep(self, model: CMA) -> None:
        self._model, self._untouched = model, pickle.dumps(model)

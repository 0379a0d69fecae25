"""CMA-ES over designs that begins around the best of some drawn evenly.

The start is that of warm-started CMA-ES (Nomura et al., AAAI 2021), the first designs being its source task; only
:data:`ALPHA` is larger. With the paper's, draws are those of Optuna's ``CmaEsSampler`` with such source trials, but for
rounding. That asks the ``cmaes`` library, whose matrix products round as the processor at hand does, and reads every
trial of the study for every point, which takes twenty times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cosearch.strategies.points import Outcome
from nets.elementary import exp, log

if TYPE_CHECKING:
    from mappings.mappers.cma import Distributions

STARTUP: Final = 36
"""Designs drawn evenly before the distribution begins."""
SOURCES: Final = 0.1
"""Share of them, the best, around which it looks first."""
ALPHA: Final = 0.3
"""How far around the best of them it looks at first. Around the three best of 36, the paper's 0.1 decides too early
which dims run in parallel."""
LEAST_SIGMA: Final = 1e-10
BELOW_ONE: Final = float(np.nextafter(1.0, 0.0))
MOST_DRAWS: Final = 10
"""Draws outside the cube, for each number of a point, before one is clipped."""

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
        self._model: Distributions | None = None

    def ask(self, misses: int) -> tuple[int, dict[str, float]]:
        """See :meth:`PointSampler.ask`; the misses change nothing."""
        number = self._drawn
        self._drawn += 1
        if self._model is None:
            point = dict(zip(self.knobs, self._even.random_sample(len(self.knobs)).tolist()))
        else:
            if self._model.generation[0] < 2:
                self._seeds.randint(1, 2**31 - 2)  # Optuna makes the distribution anew for each point until then
            drawn = _drawn(self._model, self._seeds.randint(1, 2**16) + number)
            values = dict(zip(self._sorted, drawn.tolist()))
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
                self._model = _started(self._first, self.population)
        elif len(told) == self.population:  # else the search ends here
            points, merits = zip(*told)
            self._model.tell(np.array([points]), np.array([merits]))


def _started(first: Sequence[tuple[Floats, float]], population: int) -> Distributions:
    """Around the best: their mean and covariance, widened by :data:`ALPHA`, the step size split off by its volume."""
    from mappings.mappers.cma import Distributions
    from mappings.mappers.eigen_kernel import decompose

    best = np.array([point for point, _ in sorted(first, key=lambda told: told[1])[: int(len(first) * SOURCES)]])
    mean = best.mean(axis=0)
    size = len(mean)
    products = (best[:, :, None] * best[:, None, :]).mean(axis=0)
    covariance = ALPHA * ALPHA * np.eye(size) + products - mean[:, None] * mean
    squares, basis = np.empty((1, size)), np.empty((1, size, size))
    decompose(covariance[None].copy(), squares, basis)
    variance = exp(math.fsum(log(square) for square in squares[0].tolist()) / size)
    return Distributions(
        np.array([size]), np.array([0]), population, mean[None], max(math.sqrt(variance), LEAST_SIGMA), "full",
        covariance[None] / variance,
    )  # fmt: skip


def _drawn(model: Distributions, seed: int) -> Floats:
    """A point of the cube; the last of too many outside is clipped."""
    normals, size = _normals(np.random.RandomState(seed).random_sample), model.mean.shape[1]
    for _ in range(MOST_DRAWS * size + 1):
        x = model.spread(np.fromiter(islice(normals, size), dtype=np.float64))
        if (x >= 0.0).all() and (x <= 1.0).all():
            break
    return np.clip(x, 0.0, BELOW_ONE)


def _normals(uniform: Callable[[], float]) -> Iterator[float]:
    """Standard normal draws by the polar method: those of ``RandomState.randn``, but for the machine's logarithm."""
    while True:
        x, y = 2.0 * uniform() - 1.0, 2.0 * uniform() - 1.0
        square = x * x + y * y
        if 0.0 < square < 1.0:
            factor = math.sqrt(-2.0 * log(square) / square)
            yield factor * y
            yield factor * x

"""How sure a floor of accuracy is: a prediction is a distribution around the figure, as wide as its standard error.

The distribution is the posterior one: what measurements leave open about the coefficients, and how far single subnets
lie from them. It is normal where the error is known well. Where a few independent sets of measurements told the error,
it is Student's t with as many degrees of freedom, whose tails allow for that (Student, Biometrika 6, 1908).

A search sees only means and errors, never what a subnet would be measured at, so that choosing by them does not make
the chosen worse than they say. ``benchmarks/accuracy_confidence.py`` holds that against measured subnets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.elementary import arctan, exp
from nets.errors import InputError
from nets.spaces import Config, Space

Floats = NDArray[np.float64]

_NORMAL_DENSITY: Final = 0.3989422804014327
"""1 / sqrt(2 pi)."""
_NORMAL_END: Final = 9.0
"""Standard errors outside which a normal figure lies with less than the smallest share that can be told from none."""
_FARTHEST: Final = 1e18
"""Standard errors that no probability below 1 needs."""


def check_confidence(confidence: float | None) -> None:
    """Refuse what is no probability strictly between 0 and 1; ``None`` asks for none.

    Raises:
        InputError: it is not.
    """
    if confidence is not None and not 0 < confidence < 1:
        raise InputError(
            "confidence", confidence, "must be a probability between 0 and 1, both left out", "write e.g. 0.9"
        )


@cache
def deviations(confidence: float | None, freedom: int | None = None) -> float:
    """By how many standard errors a mean must exceed a floor for it to hold with that probability; 0 for ``None``.

    Negative below 0.5.

    Args:
        freedom: degrees of freedom of the error; ``None`` for a normal distribution.

    Raises:
        InputError: see :func:`check_confidence`.
    """
    check_confidence(confidence)
    if confidence is None or confidence == 0.5:
        return 0.0
    if confidence < 0.5:
        return -deviations(1 - confidence, freedom)
    low, high = 0.0, 1.0
    while _within(high, freedom) < confidence:
        low, high = high, 2 * high
        if high > _FARTHEST:
            return math.inf
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return high


def probability(mean: float, error: float, floor: float, freedom: int | None = None) -> float:
    """That a figure with this error is at least ``floor``; not a number where the error is unknown."""
    if math.isnan(error):
        return math.nan
    if error == 0:
        return float(mean >= floor)
    return _within((mean - floor) / error, freedom)


def _within(t: float, freedom: int | None) -> float:
    return normal_cdf(t) if freedom is None else student_cdf(t, freedom)


def normal_cdf(t: float) -> float:
    """The normal distribution function, by its series around 0.

    Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11 (2004).
    """
    if abs(t) > _NORMAL_END:
        return float(t > 0)
    term = total = t
    before, k = math.nan, 1
    while total != before:
        k += 2
        term *= t * t / k
        before, total = total, total + term
    return 0.5 + total * exp(-t * t / 2) * _NORMAL_DENSITY


def student_cdf(t: float, freedom: int) -> float:
    """Student's distribution function, by its finite series for whole degrees of freedom.

    Abramowitz, Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    tangent = min(max(t, -_FARTHEST), _FARTHEST) / math.sqrt(freedom)
    cosine = 1 / math.sqrt(1 + tangent * tangent)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= k / (k + 1) * cosine * cosine
    inside = tangent * cosine * total
    if odd:
        inside = 2 / math.pi * (arctan(tangent) + inside)
    return 0.5 + inside / 2


def climb(space: Space, start: Config, worth: Callable[[Sequence[Config]], Floats]) -> Config:
    """The subnet at which single changes of genes, the best first, end: none of them is worth more.

    Args:
        space: of the subnets; the resolution stays that of ``start``.
        start: where to begin.
        worth: of each of some canonical configs; made large.
    """
    best = space.canonical(start)
    value = float(worth([best])[0])
    while True:
        neighbours = _neighbours(space, best)
        values = worth(neighbours)
        index = int(np.argmax(values))
        if values[index] <= value:
            return best
        best, value = neighbours[index], float(values[index])


def _neighbours(space: Space, config: Config) -> list[Config]:
    """All canonical configs that one gene tells from ``config``; blocks that a deeper stage adds are the largest."""
    largest = space.max_config()
    active = {
        gene: [own if own in values else other for own, other in zip(config[gene], largest[gene], strict=True)]
        for gene, values in space.block_genes.items()
    }
    whole = {**config, **active}
    choices = {gene: [values] * len(whole[gene]) for gene, values in space.block_genes.items()}
    choices |= {gene: [values] * length for gene, (length, values) in space.free_genes.items()}
    choices["d"] = [depth.choices for depth in space.depths]
    changed = [
        {**whole, gene: [*whole[gene][:place], value, *whole[gene][place + 1 :]]}
        for gene, places in choices.items()
        for place, values in enumerate(places)
        for value in values
        if value != whole[gene][place]
    ]
    own = space.key(config)
    return list({space.key(other): space.canonical(other) for other in changed if space.key(other) != own}.values())

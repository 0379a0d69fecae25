"""How sure a floor of accuracy is: a prediction is a normal distribution around the figure, as wide as its error.

The distribution is the posterior one: what measurements leave open about the coefficients, and how far single subnets
lie from them. A search sees only means and errors, never what a subnet would be measured at, so that choosing by them
does not make the chosen worse than they say. ``benchmarks/accuracy_confidence.py`` holds that against measured subnets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError
from nets.spaces import Config, Space

Floats = NDArray[np.float64]

_STANDARD = NormalDist()


def check_confidence(confidence: float | None) -> None:
    """Refuse what is no probability strictly between 0 and 1; ``None`` asks for none.

    Raises:
        InputError: it is not.
    """
    if confidence is not None and not 0 < confidence < 1:
        raise InputError(
            "confidence", confidence, "must be a probability between 0 and 1, both left out", "write e.g. 0.9"
        )


def deviations(confidence: float | None) -> float:
    """By how many standard errors a mean must exceed a floor for it to hold with that probability; 0 for ``None``.

    Negative below 0.5.

    Raises:
        InputError: see :func:`check_confidence`.
    """
    check_confidence(confidence)
    return 0.0 if confidence is None else _STANDARD.inv_cdf(confidence)


def probability(mean: float, error: float, floor: float) -> float:
    """That a normal figure with this error is at least ``floor``; not a number where the error is unknown."""
    if math.isnan(error):
        return math.nan
    if error == 0:
        return float(mean >= floor)
    return _STANDARD.cdf((mean - floor) / error)


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

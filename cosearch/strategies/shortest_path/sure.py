"""The best subnet that has an accuracy with a probability: by shortest paths for mean accuracies that rise.

Means rise with a sum, so a mean is what a shortest path reaches. A probability also asks for a spare mean, by the error
of each subnet, which is no sum. The mean that the least error asks for is one that no subnet may be below: it bounds
the best, and its shortest path is the answer where that is sure enough, as it always is where all errors are the same.
Else the mean is raised to what the subnet found would need by its own error, until one is sure enough, and the last
step halved as long as that pays. Nothing proves the answer, but its distance from the bound is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from cosearch.strategies.shortest_path.chain import PricedChain
from cosearch.strategies.subnets import Subnet
from nets.spaces import Config

MOST_MEANS: Final = 20
"""Searches of one resolution; five to ten are usual."""
LEAST_STEP: Final = 1e-3
"""Percent between a mean that is too low and one that is high enough, from which on steps are not halved."""

Solve = Callable[[Sequence[PricedChain]], tuple[Subnet | None, float]]
"""The best subnet of some chains, and what none is below."""
Asked = Callable[[Config], tuple[float, float]]
"""The mean that a subnet has and the one it should have, in percent; the former is no less where it is sure enough."""


def best_sure(
    chains: Sequence[PricedChain], known: Sequence[Subnet], asked: Asked, solve: Solve, value: Callable[[Subnet], float]
) -> tuple[Subnet | None, float]:
    """The best subnet found that is sure enough, and what none is below.

    Args:
        chains: with the mean that no subnet may be below.
        known: subnets that are sure enough.
        asked: what decides whether others are.
        solve: of means.
        value: what is made small; infinite for a subnet that keeps the limits no more than it should.
    """
    found, bound = solve(chains)
    if found is None or _is_sure(found, asked):
        return found, bound
    best = min((subnet for subnet in known if math.isfinite(value(subnet))), key=value, default=None)
    relaxed = [(chain, *solve([chain])) for chain in chains]
    for chain, first, below in sorted(relaxed, key=lambda row: row[2]):
        if first is not None and (best is None or below < value(best)):
            best = _raised(chain, first, best, asked, solve, value)
    return best, bound


def _is_sure(subnet: Subnet, asked: Asked) -> bool:
    mean, needed = asked(subnet.config)
    return mean >= needed


def _raised(
    chain: PricedChain,
    found: Subnet | None,
    best: Subnet | None,
    asked: Asked,
    solve: Solve,
    value: Callable[[Subnet], float],
) -> Subnet | None:
    """The best of ``best`` and what rising means of a chain lead to, of which ``found`` is the first."""
    floor = low = chain.chain.floor
    high = math.inf
    for _ in range(MOST_MEANS):
        if found is None or (best is not None and value(found) >= value(best)):
            high = floor
        else:
            mean, needed = asked(found.config)
            if mean >= needed:
                best, high = found, floor
            else:
                low = mean
        if not high - low > LEAST_STEP:
            break
        floor = needed if math.isinf(high) else (low + high) / 2
        found, _ = solve([chain.demanding(floor)])
    return best

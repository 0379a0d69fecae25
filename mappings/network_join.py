"""Which mapping of every layer gives the best network: the exact join of Pareto fronts, and what no choice can beat.

Layers run one after the other, so the EDP of a network is the product of two sums, E = sum of energies and
T = sum of latencies; the mappings of least EDP for each layer by itself do not minimise it. All of this module rests
on one line, for any energy, latency and weight w > 0:

    E T  <=  (E + w T)^2 / (4 w),   with equality at w = E / T                                             (1)

**The join is exact.** Let x be the choice of least E T and w = E(x) / T(x). By (1) a choice y with
E(y) + w T(y) < E(x) + w T(x) had E(y) T(y) <= (E(y) + w T(y))^2 / (4 w) < (E(x) + w T(x))^2 / (4 w) = E(x) T(x),
which cannot be. So x minimises E + w T for some w; that sum has one term for each layer, and every layer minimises
its own. The minimiser of E_i + w T_i is a vertex of the lower left convex hull of the layer's front, and moves along
the hull as w grows. Where w makes two vertices equal, on any number of layers at once, the choices that tie lie on one
line in the plane of E and T, on which the product, being concave, is least at an end: all before the move or all after
it. So one sweep over all hull edges in the order of their slopes meets the optimum: O(n log n) for n hull points in
all, and c equal layers need not differ.

**The bound.** Turned round, (1) says that the least EDP is the minimum over w of (sum of least E_i + w T_i)^2 / (4 w),
and it is not raised by putting less for each sum. What is known of a layer is that E_i >= e, T_i >= t and
E_i T_i >= d. Of points in that region the least E_i + w T_i is 2 sqrt(w d) where the hyperbola touches, from
w = e^2 / d to w = d / t^2, before that the corner (e, d / e) and after it the corner (d / t, t). Between two of these
weights the sum over layers is A + w B + 2 D sqrt(w), and the minimum of its square over 4 w stands at w = A / B or at
an end: a closed form (:func:`network_bound`). No better bound exists for who knows these three figures only, because
the points that attain it satisfy them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from mappings.pareto import Front
from nets.errors import InputError, unknown

Aggregate = Literal["network", "layers"]
AGGREGATES: Final = get_args(Aggregate)
"""What is minimised: the EDP of the network (sum of energies x sum of latencies), or the sum of the layers' EDPs."""


@dataclass(frozen=True, slots=True)
class LayerBound:
    """What no mapping of a layer can beat: energy in pJ, cycles, and their product; 0 where nothing is known."""

    energy_pj: float = 0.0
    cycles: float = 0.0
    edp: float = 0.0


@dataclass(frozen=True, slots=True)
class NetworkChoice:
    """One point of every layer's front, and what they make together.

    Attributes:
        points: which point of each front.
        energy_pj, cycles: sums over all layers, each as often as it occurs.
        edp: what was minimised, in pJ x cycles: the product of both sums, or the sum of the layers' products.
        counts: how often each layer runs.
        lower_bound: a proven bound on that of any mappings.
    """

    points: tuple[int, ...]
    energy_pj: float
    cycles: float
    edp: float
    counts: tuple[float, ...]
    lower_bound: float = 0.0

    @property
    def gap(self) -> float:
        """How far the choice may be from the best possible: edp / lower bound - 1."""
        return max(self.edp / self.lower_bound - 1, 0.0) if self.lower_bound > 0 else math.inf


class Networks(Protocol):
    """What is made of some layers: one network, or the best of several that share them."""

    def least(self, values: NDArray[np.float64]) -> float:
        """What the sum of a value (layers,) over the layers of no network is below."""

    def join(self, fronts: Sequence[Front], bounds: Sequence[LayerBound], aggregate: Aggregate) -> NetworkChoice:
        """The best network by one point of each layer's front, and what none is below.

        Layers that do not run in it have a point all the same: where a search of them may go on.
        """


@dataclass(frozen=True, slots=True)
class OneNetwork:
    """One network.

    Attributes:
        counts: how often each layer runs.
    """

    counts: tuple[float, ...]

    def least(self, values: NDArray[np.float64]) -> float:
        """See :class:`Networks`."""
        return float((np.array(self.counts) * values).sum())

    def join(self, fronts: Sequence[Front], bounds: Sequence[LayerBound], aggregate: Aggregate) -> NetworkChoice:
        """See :class:`Networks`."""
        return join_network(fronts, self.counts, bounds=bounds, aggregate=aggregate)


def join_network(
    fronts: Sequence[Front],
    counts: Sequence[float] | None = None,
    *,
    bounds: Sequence[LayerBound] | None = None,
    aggregate: Aggregate = "network",
) -> NetworkChoice:
    """The best choice of one point from every front.

    Args:
        fronts: one for each layer.
        counts: how often each layer runs; once by default.
        bounds: of each layer; without them ``lower_bound`` is 0.
        aggregate: a word of :data:`AGGREGATES`.

    Raises:
        InputError: no layer, an empty front, lengths that differ, a count that is not above 0, or an unknown aggregate.
    """
    if aggregate not in AGGREGATES:
        raise unknown("aggregate", aggregate, AGGREGATES)
    times = _checked(fronts, counts, bounds)
    least = 0.0
    if aggregate == "layers":
        points = [int((front.energy_pj * front.cycles).argmin()) for front in fronts]
        if bounds is not None:
            least = math.fsum(n * max(b.edp, b.energy_pj * b.cycles) for n, b in zip(times, bounds))
    else:
        points = _sweep(fronts, times)
        if bounds is not None:
            least = network_bound(bounds, times)
    energies = [float(front.energy_pj[i]) for front, i in zip(fronts, points)]
    cycles = [float(front.cycles[i]) for front, i in zip(fronts, points)]
    energy_pj = math.fsum(n * e for n, e in zip(times, energies))
    latency = math.fsum(n * t for n, t in zip(times, cycles))
    edp = energy_pj * latency
    if aggregate == "layers":
        edp = math.fsum(n * e * t for n, e, t in zip(times, energies, cycles))
    return NetworkChoice(tuple(points), energy_pj, latency, edp, tuple(times), least)


def network_bound(bounds: Sequence[LayerBound], counts: Sequence[float] | None = None) -> float:
    """What the EDP of a network cannot be less than, in pJ x cycles, whatever its layers' mappings."""
    times = np.array(counts if counts is not None else [1] * len(bounds), dtype=np.float64)
    e = np.array([bound.energy_pj for bound in bounds])
    t = np.array([bound.cycles for bound in bounds])
    d = np.maximum([bound.edp for bound in bounds], e * t)
    round_ = d > 0  # the others have the one corner (e, t)
    with np.errstate(divide="ignore", invalid="ignore"):
        begin, end = np.where(round_, e**2 / d, math.inf), np.where(round_, d / t**2, math.inf)
        before = np.where(round_ & (e > 0), d / e, t)
        after = np.where(t > 0, d / t, math.inf)
    edges = sorted({0.0, math.inf, *begin.tolist(), *end.tolist()})
    best = math.inf
    for low, high in pairwise(edges):
        left, right = high <= begin, low >= end
        touching = ~left & ~right
        A = float((times * e)[left].sum() + (times * after)[right].sum())
        B = float((times * before)[left].sum() + (times * t)[right].sum())
        D = float((times * np.sqrt(d))[touching].sum())
        best = min(best, least_product(A, B, D, low, high)[0])
    return best


def least_product(A: float, B: float, D: float, low: float, high: float) -> tuple[float, float]:
    """The minimum over weights w in [low, high] of (A + w B + 2 D sqrt(w))^2 / (4 w), and the w where it stands.

    It is (A / s + B s + 2 D)^2 / 4 with s = sqrt(w), and A / s + B s falls down to s = sqrt(A / B) and rises after it.
    """
    if A <= 0:
        weight = low
    elif B <= 0:
        weight = high
    else:
        weight = min(max(A / B, low), high)
    if weight in (0.0, math.inf):  # one of the terms is 0 all along, the other fades
        return D * D, weight
    return max(A + weight * B + 2 * D * math.sqrt(weight), 0.0) ** 2 / (4 * weight), weight


def chord_bound(known: Mapping[float, float], least_cycles: float) -> tuple[float, float]:
    """A bound on the EDP of a network from what its least E + w T is at some weights, and the weight where it stands.

    The least sum is concave in w: it lies above the chord between two weights, and rises by the least latency at least
    after the last.

    Args:
        known: weight w in pJ a cycle to a bound on E + w T in pJ.
        least_cycles: a bound on T.
    """
    weights = sorted(known)
    rows = []
    for low, high in pairwise(weights):
        rise = (known[high] - known[low]) / (high - low)
        rows.append(least_product(known[low] - low * rise, rise, 0.0, low, high))
    last = weights[-1]
    rows.append(least_product(known[last] - last * least_cycles, least_cycles, 0.0, last, math.inf))
    return min(rows)


def _sweep(fronts: Sequence[Front], counts: Sequence[float]) -> list[int]:
    """Begin with the least energies, and go on by hull edges in the order of energy paid for a cycle saved."""
    hulls: list[NDArray[np.int64]] = [front.hull for front in fronts]
    paid, saved, layer_of = [], [], []
    for i, (front, hull) in enumerate(zip(fronts, hulls)):
        paid.append(np.diff(front.energy_pj[hull]))
        saved.append(-np.diff(front.cycles[hull]))
        layer_of.append(np.full(len(hull) - 1, i))
    energy, time, owner = np.concatenate(paid), np.concatenate(saved), np.concatenate(layer_of)
    order = np.argsort(energy / time, kind="stable")
    times = np.array(counts, dtype=np.float64)
    first_energy = float(sum(n * front.energy_pj[hull[0]] for n, front, hull in zip(counts, fronts, hulls)))
    first_time = float(sum(n * front.cycles[hull[0]] for n, front, hull in zip(counts, fronts, hulls)))
    E = first_energy + np.concatenate([[0.0], np.cumsum((times[owner] * energy)[order])])
    T = first_time - np.concatenate([[0.0], np.cumsum((times[owner] * time)[order])])
    moved = np.bincount(owner[order][: int((E * T).argmin())], minlength=len(fronts))
    return [int(hull[moved[i]]) for i, hull in enumerate(hulls)]


def _checked(
    fronts: Sequence[Front], counts: Sequence[float] | None, bounds: Sequence[LayerBound] | None
) -> Sequence[float]:
    if not fronts:
        raise InputError("network", 0, "must have a layer")
    times: Sequence[float] = [1] * len(fronts) if counts is None else counts
    if len(times) != len(fronts) or (bounds is not None and len(bounds) != len(fronts)):
        raise InputError("network", (len(fronts), len(times)), "must have one front, count and bound for each layer")
    for i, (front, count) in enumerate(zip(fronts, times)):
        if not len(front):
            raise InputError(f"network: layer {i}", 0, "must have a point: no mapping of it is known")
        if not count > 0:
            raise InputError(f"network: layer {i}: count", count, "must be greater than 0")
    return times

"""Best-first search over boxes of designs: each box is cut in two, or its bound raised by searching its layers.

A *node* is a box with what no design in it is below. Two things raise a bound: halves of the box, whose best corners
are less good, and searches of the layers' tilings on the corner, ever longer ones. Which of the two is done follows
from what each has gained; only counts decide, never a clock, so the same nodes come out on every machine.
"""

from __future__ import annotations

import copy
import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from accel_models.description import Sized
from cosearch.bounds.layers import CUTS
from cosearch.bounds.workload import WorkloadBound
from cosearch.evaluation.region import Direction

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SLACKS: Final = (0.3, 0.2, 0.1)
"""How much a box's corner may promise over its halves for its layers to be searched by each level; else it is cut."""
FRESH: Final = 0.5
"""Layers are searched again on a box that promises this share of what that one did where they were searched last."""
SETTLED: Final = 0.01
"""What a box promises over its halves that is too little to search layers again."""
COMPARED: Final = 0.6
"""Of a network's cost, whose layers are looked at where pairs of halves are compared."""
WIDTH_SHARE: Final = 0.05
"""What a box is taken to promise at least, over the logarithm of how much its designs differ in size."""
MOST_PROMISE: Final = 0.3
"""That one half adds to what a box promises."""
LEAST_SHARE: Final = 1e-3
"""Of its bound, that a half of a box is taken to gain at least where pairs of halves are compared."""
SPLIT_WORK: Final = 5
"""Units of work, about a millisecond each, of cutting a box."""
CUTS_OF_WORK: Final = 150
"""Boxes of tilings that are cut in a unit of work, at least one unit for each layer."""
SEARCHES_AT_ONCE: Final = 8


class Boxes(Protocol):
    """Designs by ranges of their sizes.

    Attributes:
        sizes: k, how many each design has.
    """

    sizes: int

    def roots(self) -> Ints:
        """Boxes (n, k, 2) that hold all designs together."""

    def halves(self, box: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Both halves (m, 2, k, 2) of a box by each size that can be cut, and which of them (m, 2) hold any design.

        None of them holds what the budget leaves no room for, as far as that is known.
        """

    def width(self, box: Ints) -> float:
        """Logarithm of how many times more of everything the largest designs of a box have than the smallest."""

    def machine(self, box: Ints) -> Sized | None:
        """The design of a box that cannot be cut; ``None`` where it breaks a limit."""

    def point(self, machine: Any) -> Ints:
        """The smallest box that holds a design."""

    def holds(self, boxes: Ints) -> bool:
        """Whether all of some boxes (n, k, 2) are ranges of sizes that there are."""

    def proven_share(self, left: Sequence[Ints]) -> float:
        """The share of designs, or of what they mainly differ in, that lies in none of some boxes."""


class BoundsOfLayers(Protocol):
    """What no mapping of each layer of a workload costs less than on any design of a box.

    Attributes:
        direction: (p, q) of the cost p E + q T that searches are for; p is 1, or 0 with q = 1.
        mac: which of the layers run on the MAC array.
        searches: whether layers can be searched; else :meth:`searched` says no more than :meth:`roots`.
    """

    searches: bool
    direction: Direction
    mac: NDArray[np.bool_]

    def towards(self, weight: float) -> BoundsOfLayers:
        """The same for the cost E + weight T."""

    def crude(self, boxes: Ints) -> tuple[Floats, Floats]:
        """Energy in pJ and latency in s, each (n, layers), on boxes (n, k, 2)."""

    def weighted(self, energy_pj: Floats, latency_s: Floats) -> Floats:
        """Both in the direction searched for."""

    def roots(self, boxes: Ints, chosen: Ints) -> Floats:
        """The cost (n, chosen) in the direction of layers for the MAC array, by column, without a search."""

    def alone(self, box: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """Energy in pJ and latency in s of such layers on one box, each alone, without a search."""

    def searched(self, box: Ints, chosen: Ints, cuts: int) -> Floats:
        """The cost in the direction of such layers on one box, by searches of so many steps at most."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerCosts:
    """Bounds on the layers of a box, (layers,) each; which of the MAC array's have none yet but the crude ones."""

    box: Ints
    energy: Floats
    latency: Floats
    weighted: Floats
    fresh: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A box of designs and what is known of it.

    Attributes:
        box: (k, 2), the least and the most of each of k sizes.
        bound: on the objective of every design in it, in its unit.
        weighted: (layers,) bounds on each layer's cost in the direction that is searched.
        level: int8 (layers,), how many of :data:`CUTS` each was searched by, on this box or one around it.
        next: the level that was not searched yet.
        slack: what the box promised over its halves when it, or one around it, was searched last.
        finished: whether nothing can raise its bound any more.
        costs: of the layers, while a box is worked on.
    """

    box: Ints
    bound: float
    weighted: Floats
    level: NDArray[np.int8]
    next: int = 0
    slack: float = math.inf
    finished: bool = False
    costs: LayerCosts | None = None


class BoxSearch:
    """What can be done with one box.

    Args:
        boxes: of the designs.
        layers: bounds on layers. workload: on what they make up.
    """

    def __init__(self, boxes: Boxes, layers: BoundsOfLayers, workload: WorkloadBound) -> None:
        self.boxes, self.layers, self.workload = boxes, layers, workload

    def towards(self, weight: float) -> BoxSearch:
        """The same for another weight of latency (pJ for a second) in what is searched."""
        other = copy.copy(self)
        other.layers = self.layers.towards(weight)
        return other

    # ---- what there is to begin with ----

    def roots(self) -> list[Node]:
        """Nodes that hold all designs together."""
        return [replace(self.of_box(box), costs=None) for box in self.boxes.roots()]

    def of_box(self, box: Ints) -> Node:
        """The node of a box by itself."""
        none = np.zeros(len(self.workload.layers))
        return self._node(box, none, none.astype(np.int8))

    def _node(
        self, box: Ints, weighted: Floats, level: NDArray[np.int8], bound: float = 0.0, next: int = 0,
        slack: float = math.inf,
    ) -> Node:  # fmt: skip
        """A node with the bounds that its corner has without a search, of all layers of its cheapest network."""
        costs = self._costs(box, weighted)
        found = self._least(costs)
        return Node(box, max(bound, found), costs.weighted, level, next, slack, costs=costs)

    def _costs(self, box: Ints, weighted: Floats) -> LayerCosts:
        """Bounds on the layers of a box, given some on their weighted cost."""
        energy, latency = (figure[0] for figure in self.layers.crude(box[None]))
        weighted = np.maximum(weighted, self.layers.weighted(energy, latency))
        costs = LayerCosts(box, energy, latency, weighted, self.layers.mac.copy())
        self._complete(costs)
        return costs

    def _complete(self, costs: LayerCosts) -> Floats:
        """Bound without a search what a cheapest network has of layers; how often each runs in it."""
        while True:
            counts = self.workload.typical(costs.weighted)
            chosen = np.flatnonzero(costs.fresh & (counts > 0))
            if not len(chosen):
                return counts
            costs.fresh[chosen] = False
            own = self.layers.roots(costs.box[None], chosen)[0], *self.layers.alone(costs.box, chosen)
            for figure, roots in zip((costs.weighted, costs.energy, costs.latency), own):
                figure[chosen] = np.maximum(figure[chosen], roots)

    def _least(self, costs: LayerCosts) -> float:
        """What no network is below."""
        energy, latency, weighted = (figure[None] for figure in (costs.energy, costs.latency, costs.weighted))
        return float(self.workload.least(energy, latency, weighted, self.layers.direction)[0])

    # ---- one box ----

    def work(self, node: Node, beat: float, ceiling: float, most: int, levels: int = len(CUTS)) -> list[Node]:
        """What is left of a box after some work on it, best first inside it.

        Args:
            node: the box.
            beat: objective of a known design: boxes that are not below it are dropped.
            ceiling: the work ends when all that is left is above this.
            most: units of work at most, see :data:`SPLIT_WORK`.
            levels: of :data:`CUTS` that layers are searched by at most; none for cuts of the box alone.

        Returns:
            Nodes below ``beat``; those whose box can be cut no further and was searched longest are among them.
        """
        heap = [(node.bound, 0, node)] if math.isfinite(node.bound) else []
        finished: list[Node] = []
        number = done = 0
        while heap and done < most and heap[0][0] <= ceiling:
            at = heapq.heappop(heap)[2]
            steps, work = self._step(at, beat, min(beat, ceiling), levels)
            done += work
            if not work:
                finished.append(replace(at, finished=True))
            for child in steps if work else ():
                if child.bound < beat:
                    number += 1
                    heapq.heappush(heap, (child.bound, number, child))
        left = finished + [entry[2] for entry in sorted(heap, key=lambda entry: entry[:2])]
        return [replace(at, costs=None) for at in left]

    def _step(self, node: Node, beat: float, enough: float, levels: int) -> tuple[list[Node], int]:
        """The nodes that take a node's place and the work that was done; none when nothing can be done."""
        costs = self._costs(node.box, node.weighted) if node.costs is None else node.costs
        counts = self.workload.typical(costs.weighted)
        halves, slack = self._best_cut(node, counts, costs.weighted, beat)
        allowed = sum(slack <= most for most in SLACKS[:levels]) if self.layers.searches else 0
        level = node.next if node.next < allowed else allowed - 1
        again = slack < node.slack * FRESH and (node.slack > SETTLED or halves is None)
        if level >= 0 and (node.next < allowed or again):
            return self._searched(node, level, slack, costs, counts, enough)
        return ([], 0) if halves is None else (self._children(node, halves, costs.weighted), SPLIT_WORK)

    def _best_cut(self, node: Node, counts: Floats, weighted: Floats, beat: float) -> tuple[Ints | None, float]:
        """The halves (at most 2, k, 2) that gain most, and what all of them promise; ``None`` for a point."""
        halves, holds = self.boxes.halves(node.box)
        if not len(halves):
            return None, 0.0
        values = np.full(holds.shape, np.inf)
        if holds.any():
            values[holds] = self._estimate(halves[holds], counts, weighted)
        before = self._estimate(node.box[None], counts, weighted)[0]
        most = max(beat / before - 1, 2 * LEAST_SHARE)
        rises = np.full(values.shape, np.inf)
        np.divide(values, before, out=rises, where=np.isfinite(values))
        gains = np.clip(rises - 1, LEAST_SHARE, most)
        best = int((gains[:, 0] * gains[:, 1]).argmax())
        chosen: Ints = halves[best][holds[best]]
        promise = float(np.minimum(gains - LEAST_SHARE, MOST_PROMISE).sum())
        return chosen, max(promise, WIDTH_SHARE * self.boxes.width(node.box))

    def _estimate(self, boxes: Ints, counts: Floats, weighted: Floats) -> Floats:
        """What networks of these counts cost at least on each box."""
        energy, latency = self.layers.crude(boxes)
        sums = np.maximum(weighted, self.layers.weighted(energy, latency))
        chosen = self._costliest(counts, weighted)
        sums[:, chosen] = np.maximum(sums[:, chosen], self.layers.roots(boxes, chosen))
        return self.workload.estimate(counts, energy, latency, sums, self.layers.direction)

    def _costliest(self, counts: Floats, weighted: Floats) -> Ints:
        """The layers for the MAC array that make up :data:`COMPARED` of all their costs in networks of these counts."""
        costs = np.zeros(len(counts))
        np.multiply(counts, weighted, out=costs, where=(counts > 0) & self.layers.mac)
        order = np.argsort(-costs, kind="stable")
        return order[: int(np.searchsorted(costs[order].cumsum(), COMPARED * costs.sum())) + 1]

    def _children(self, node: Node, halves: Ints, weighted: Floats) -> list[Node]:
        return [self._node(box, weighted, node.level, node.bound, node.next, node.slack) for box in halves]

    def _searched(
        self, node: Node, at: int, slack: float, costs: LayerCosts, counts: Floats, enough: float
    ) -> tuple[list[Node], int]:
        """The node after its cheapest network's layers were searched by a level, or until that is enough."""
        weighted = costs.weighted
        level = np.minimum(node.level, at)  # what was searched on a larger box is searched again
        cuts, work, bound = CUTS[at], SPLIT_WORK, node.bound
        while bound < enough:
            left = np.flatnonzero((counts > 0) & (level <= at) & self.layers.mac)
            if not len(left):
                break
            chosen = left[np.argsort(-counts[left] * weighted[left], kind="stable")][:SEARCHES_AT_ONCE]
            weighted[chosen] = np.maximum(weighted[chosen], self.layers.searched(node.box, chosen, cuts))
            level[chosen] = at + 1
            work += len(chosen) * (1 + cuts // CUTS_OF_WORK)
            bound = max(bound, self._least(costs))
            if math.isinf(bound):
                break
            counts = self._complete(costs)
        else:
            # Enough for now: what is left of this level is done when the box is the least again.
            return [Node(node.box, bound, weighted, level.astype(np.int8), node.next, node.slack)], work
        return [Node(node.box, bound, weighted, level.astype(np.int8), at + 1, slack)], work

    def raised(self, node: Node, at: int, enough: float = math.inf) -> Node:
        """A node once all layers of its cheapest network are searched by a level, or its bound is enough."""
        if not math.isfinite(node.bound):
            return node
        costs = self._costs(node.box, node.weighted) if node.costs is None else node.costs
        counts = self.workload.typical(costs.weighted)
        return self._searched(node, at, 0.0, costs, counts, enough)[0][0]

    def promising(self, node: Node) -> Sized | None:
        """A design that a box suggests: half after half, that of the lesser bound.

        Returns:
            ``None`` where the halves end outside the budget.
        """
        while True:
            pairs, holds = self.boxes.halves(node.box)
            if not len(pairs):
                return self.boxes.machine(node.box)
            halves = [self._node(box, node.weighted, node.level) for box in pairs[-1][holds[-1]]]
            if not halves:
                return None
            node = min(halves, key=lambda half: half.bound)

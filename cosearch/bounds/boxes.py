"""Best-first search over boxes of designs: each box is cut in two, or its bound raised by searching its layers.

A *node* is a box with what no design in it is below. Two things raise a bound: halves of the box, whose best corners
are less good, and searches of the layers' tilings on the corner, ever longer ones. Which of the two is done follows
from what each has gained; only counts decide, never a clock, so the same nodes come out on every machine.
"""

from __future__ import annotations

import copy
import heapq
import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.template import Template
from cosearch.bounds.arrays import are_images, are_square, is_first
from cosearch.bounds.grid import HI, L1, L2, LO, NOC, SIZES, DesignGrid, on_stride
from cosearch.bounds.layers import CUTS, LayerBounds
from cosearch.bounds.workload import WorkloadBound

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
        box: (9, 2).
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
        grid: of the designs.
        layers: bounds on layers. workload: on what they make up.
        square: whether rows and columns can change places in every layer, so that one of two mirror images is enough.
    """

    def __init__(self, grid: DesignGrid, layers: LayerBounds, workload: WorkloadBound) -> None:
        self.grid, self.layers, self.workload = grid, layers, workload
        self.square = are_square(workload.layers)

    def towards(self, weight: float) -> BoxSearch:
        """The same for another weight of latency (pJ for a second) in what is searched."""
        other = copy.copy(self)
        other.layers = self.layers.towards(weight)
        return other

    # ---- what there is to begin with ----

    def roots(self) -> list[Node]:
        """Nodes that hold all designs together."""
        wirings = [wiring for wiring in self.grid.wirings() if not self.square or is_first(wiring)]
        boxes = np.array([box for wiring in wirings for box in self.grid.whole(wiring)])
        boxes, holds = self.grid.tighten(boxes.reshape(-1, len(SIZES), 2))
        boxes = boxes[holds]
        return [replace(self.of_box(box), costs=None) for box in boxes]

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
        allowed = sum(slack <= most for most in SLACKS[:levels])
        level = node.next if node.next < allowed else allowed - 1
        again = slack < node.slack * FRESH and (node.slack > SETTLED or halves is None)
        if level >= 0 and (node.next < allowed or again):
            return self._searched(node, level, slack, costs, counts, enough)
        return ([], 0) if halves is None else (self._children(node, halves, costs.weighted), SPLIT_WORK)

    def _best_cut(self, node: Node, counts: Floats, weighted: Floats, beat: float) -> tuple[Ints | None, float]:
        """The halves (at most 2, 9, 2) that gain most, and what all of them promise; ``None`` for a point."""
        pairs = self._pairs(node.box)
        if not pairs:
            return None, 0.0
        boxes, holds = self.grid.tighten(np.array(pairs).reshape(-1, len(SIZES), 2))
        holds &= self._counts_at_all(boxes)
        values = np.full(len(boxes), np.inf)
        if holds.any():
            values[holds] = self._estimate(boxes[holds], counts, weighted)
        before = self._estimate(node.box[None], counts, weighted)[0]
        most = max(beat / before - 1, 2 * LEAST_SHARE)
        rises = np.full(len(boxes), np.inf)
        np.divide(values, before, out=rises, where=np.isfinite(values))
        gains = np.clip(rises - 1, LEAST_SHARE, most).reshape(-1, 2)
        best = int((gains[:, 0] * gains[:, 1]).argmax())
        chosen = boxes.reshape(-1, 2, len(SIZES), 2)[best][holds.reshape(-1, 2)[best]]
        promise = float(np.minimum(gains - LEAST_SHARE, MOST_PROMISE).sum())
        return chosen, max(promise, WIDTH_SHARE * self._width(node.box))

    def _width(self, box: Ints) -> float:
        """Logarithm of how many times more of everything the largest designs of a box have than the smallest."""
        low, high = box[[*range(L1), NOC]].T
        width = math.log(high.prod() / low.prod())
        for table, place in ((self.grid.l1, L1), (self.grid.l2, L2)):
            least, most = table.size[box[place]].tolist()
            width += math.log(most / least)
        return width

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

    def raised(self, node: Node, at: int, enough: float = math.inf) -> float:
        """The bound of a node once all layers of its cheapest network are searched by a level, or it is enough."""
        if not math.isfinite(node.bound):
            return node.bound
        costs = self._costs(node.box, node.weighted) if node.costs is None else node.costs
        counts = self.workload.typical(costs.weighted)
        return self._searched(node, at, 0.0, costs, counts, enough)[0][0].bound

    def promising(self, node: Node) -> Template | None:
        """A design that a box suggests: half after half, that of the lesser bound, then all the L2 that fits.

        Returns:
            ``None`` where the halves end outside the budget.
        """
        while pairs := self._pairs(node.box):
            boxes, holds = self.grid.tighten(np.array(pairs[-1]))
            holds &= self._counts_at_all(boxes)
            halves = [self._node(box, node.weighted, node.level) for box in boxes[holds]]
            if not halves:
                return None
            node = min(halves, key=lambda half: half.bound)
        return self.grid.largest(node.box)

    # ---- cuts ----

    def _pairs(self, box: Ints) -> list[tuple[Ints, Ints]]:
        """Both halves of a box by every size that can be cut; both have the rung of L2 between them."""
        pairs = []
        for place, (low, high) in enumerate(box.tolist()):
            if low == high or (place == L2 and high - low == 1):
                continue
            if place == L2:
                last = first = (low + high) // 2
            elif place == L1:
                last = min(max(math.isqrt((low + 1) * (high + 1)) - 1, low), high - 1)
                first = last + 1
            elif place == NOC:
                last = min(max(math.isqrt(low * high), low), high - 1)
                first = last + 1
            else:
                last = min(max(math.isqrt(low * high) // 2 * 2, low), high - 2)
                first = last + 2
            lower, upper = box.copy(), box.copy()
            lower[place, HI], upper[place, LO] = last, first
            pairs.append((lower, upper))
        return pairs

    def _counts_at_all(self, boxes: Ints) -> NDArray[np.bool_]:
        """Which boxes hold an array on the stride that is not only the mirror image of another."""
        low, high = boxes[:, :L1, LO], boxes[:, :L1, HI]
        keeps = (low < high).any(axis=1) | on_stride(low)
        if self.square:
            keeps &= ~are_images(low, high)
        return keeps

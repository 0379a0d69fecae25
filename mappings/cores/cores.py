"""Which cores of a system run which layers of a network: least energy, latency or their product, for one inference or
for a batch of them, with a bound that no choice of stages, splits and mappings goes below.

One inference: its stages run one after the other, so each may use all cores of a kind. For a price of a cycle the
network's ``E + w T`` is a sum over stages; the least is a shortest path over cuts, and so is the bound. The product of
energy and latency follows from several prices, as for mappings of a network (:mod:`mappings.network_search`).

A batch: stages run at once, each on cores of its own (:mod:`mappings.cores.pipeline`). What no pipeline is below
follows from the same path over labels of the least energy and the least cycles of each stage.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise
from typing import Final

from accel_models.fusion.inside import inside, require_shared
from accel_models.systems.routes import Cores, Routes
from accel_models.systems.system import WORD_BITS, System
from mappings.cores.handover import Handover, handover
from mappings.cores.pipeline import Batch, Label, Option, best_pipeline
from mappings.cores.result import OnCores, handed, label_of, worth
from mappings.cores.stage import Stage, Stager
from mappings.cores.work import Home, Worker
from mappings.divisors import divisors
from mappings.fusion.members import Members
from mappings.mappers.mapper import OBJECTIVES, Objective
from mappings.network_join import chord_bound
from nets.errors import InfeasibleError, unknown
from nets.network import Network
from nets.ranges import require_whole

ROUNDS: Final = 6
"""Prices tried at most for the product of energy and latency."""
CLOSE: Final = 2e-3
"""A gap that no further price is tried for."""
FEW: Final = 4
"""Cores of a kind of which a stage may take any number; of more it takes a number that divides them."""


def map_cores(network: Network, system: System, *, objective: Objective = "edp", items: int = 1) -> OnCores:
    """Choose stages, their cores, splits and mappings.

    Args:
        items: inferences, one after the other, of which several are on the way at once.

    Raises:
        InputError: an unknown objective, no item, or a core without a memory that all tensors share.
        InfeasibleError: no stages were found.
    """
    began = time.perf_counter()
    if objective not in OBJECTIVES:
        raise unknown("objective", objective, OBJECTIVES)
    require_whole("items", items)
    for kind in system.kinds:
        require_shared(kind.accelerator)
    search = _Search(network, system, objective, items)
    found, bound = search.batch() if items > 1 else search.one()
    placed = search.placed(found)
    handovers = search.handovers(placed)
    mapped = OnCores(network, system, objective, items, placed, handovers, bound, time.perf_counter() - began)
    return replace(mapped, lower_bound=min(bound, mapped.score))


class _Search:
    """Finds stages of one network on one system."""

    def __init__(self, network: Network, system: System, objective: Objective, items: int) -> None:
        self._network, self._system, self._objective, self._items = network, system, objective, items
        self._layers = network.layers
        self._routes = Routes(system)
        self._members = [Members(inside(kind.accelerator)) for kind in system.kinds]
        self._cuts = [0, len(self._layers)]
        several = items > 1 or len(system.kinds) > 1
        staying = (False, True) if items > 1 else (False,)
        self._stagers: list[Stager] = []
        for number, first in enumerate(system.first_of_kind):
            for count in self._counts(number):
                cores = tuple(range(first, first + count))
                self._stagers += [self._stager(cores, resident=stay, cuts=several) for stay in staying]
        if several:
            crossed = (len(self._stagers[0].crossing(cut)) == 1 for cut in range(1, len(self._layers)))
            self._cuts[1:1] = [cut for cut, alone in enumerate(crossed, start=1) if alone]
        self._batch = Batch(items, system.dram.bandwidth, system.static_pj)
        self._known: dict[float, list[Stage]] = {}
        self._handed = cache(partial(handover, system, self._routes))

    def _counts(self, kind: int) -> tuple[int, ...]:
        """How many cores of a kind a stage may take."""
        count = self._system.kinds[kind].count
        if self._items == 1:
            return (count,)
        return tuple(range(1, count + 1)) if count <= FEW else divisors(count)

    def _stager(self, cores: Cores, *, resident: bool, cuts: bool) -> Stager:
        members = self._members[self._system.kind_of(cores[0])]
        worker = Worker(self._network, self._system, cores, self._routes, members, resident=resident)
        return Stager(worker, copies=1 if self._items == 1 else 2, cuts=cuts)

    def one(self) -> tuple[list[Stage], float]:
        """The best stages of one inference, and a bound."""
        static = self._system.static_pj
        if self._objective != "edp":
            price = math.inf if self._objective == "latency" else static
            return self._best({price}), self._least(price)
        found = [self._best({math.inf}), self._best({static})]
        known = {0.0: self._least(static)}
        label = self._label(found[-1])
        weight = self._batch.energy_pj(label) / self._batch.cycles(label)
        bound = 0.0
        while len(known) < ROUNDS and weight not in known and 0 < weight < math.inf:
            found.append(self._best({static + weight}))
            known[weight] = self._least(static + weight)
            bound, weight = chord_bound(known, self._least(math.inf))
            if min(map(self._worth, found)) <= bound * (1 + CLOSE):
                break
        return min(found, key=self._worth), bound

    def _worth(self, stages: list[Stage]) -> float:
        return worth(self._batch, self._objective, self._label(stages))

    def batch(self) -> tuple[list[Stage], float]:
        """The best pipeline for a batch, and a bound."""
        static = self._system.static_pj
        prices = {"latency": {math.inf}, "energy": {static, math.inf}, "edp": {static, math.inf}}[self._objective]
        best = self._best(prices)
        if self._objective == "edp":
            label = self._label(best)
            best = self._best({*prices, static + self._batch.energy_pj(label) / self._batch.cycles(label)})
        return best, self._batch_bound()

    def _batch_bound(self) -> float:
        """What no pipeline is worth less than: every stage with its least energy and its least cycles."""
        cycles = self._bounds(math.inf)
        energies = self._bounds(0.0) if self._objective != "latency" else dict.fromkeys(cycles, 0.0)
        layers, dram = self._layers, self._system.dram
        output = layers[-1].output_words * layers[-1].output_bits / WORD_BITS
        options = []
        for (begin, end, kind, count), least in cycles.items():
            energy = max(energies[begin, end, kind, count], 0.0)
            label = Label(energy, least, least)
            options.append(Option(begin, end, kind, count, label, None))
        weights = math.fsum(
            layer.weight_words * layer.weight_bits / WORD_BITS for layer in layers if not layer.dynamic_weights
        )
        compulsory = Label(weights * dram.read_pj / self._items, 0.0, 0.0, output)

        def value(label: Label) -> float:
            return worth(self._batch, self._objective, label.then(compulsory))

        counts = [kind.count for kind in self._system.kinds]
        found = best_pipeline(options, len(layers), counts, value, lambda one, other, used: Label())
        return 0.0 if found is None else value(found[1])

    def _bounds(self, cycle_pj: float) -> dict[tuple[int, int, int, int], float]:
        """By layers, kind and number of cores, what no stage is below."""
        found: dict[tuple[int, int, int, int], float] = {}
        for stage in self._stages(cycle_pj):
            key = (stage.begin, stage.end, self._system.kind_of(stage.cores[0]), len(stage.cores))
            found[key] = min(found.get(key, math.inf), stage.bound)
        return found

    def _least(self, cycle_pj: float) -> float:
        """What the network's ``E + w T`` (or ``T``) is not below for one inference."""
        least = {0: 0.0}
        for (begin, end, *_), bound in sorted(self._bounds(cycle_pj).items(), key=lambda item: item[0][1]):
            if begin in least:
                least[end] = min(least.get(end, math.inf), least[begin] + bound)
        return least.get(len(self._layers), math.inf)

    def _best(self, prices: set[float]) -> list[Stage]:
        """The best of the stages that are best for some prices; of one inference for one price.

        Raises:
            InfeasibleError: there are none.
        """
        stages = [stage for price in sorted(prices) for stage in self._stages(price) if stage.score < math.inf]
        several = self._items > 1
        options = [
            Option(
                stage.begin, stage.end, self._system.kind_of(stage.cores[0]), len(stage.cores) if several else 0,
                label_of(stage, self._items) if several else Label(stage.score), stage,
            )
            for stage in stages
        ]  # fmt: skip

        def join(one: Option[Stage], other: Option[Stage], used: tuple[int, ...]) -> Label | None:
            moved = self._join(one, other, used)
            if several or moved is None:
                return moved
            (price,) = prices
            return Label(moved.latency if math.isinf(price) else moved.energy_pj + price * moved.latency)

        def value(label: Label) -> float:
            return worth(self._batch, self._objective, label) if several else label.energy_pj

        counts = [kind.count for kind in self._system.kinds]
        found = best_pipeline(options, len(self._layers), counts, value, join, same=lambda one: one.what.leaves)
        if found is None:
            names = f"{self._network.name} on {self._system.name}"
            raise InfeasibleError(f"{names}: no stages were found that fit the memories of its cores")
        return [option.what for option in found[0]]

    def _label(self, stages: list[Stage]) -> Label:
        placed = self.placed(stages)
        return OnCores(
            self._network, self._system, self._objective, self._items, placed, self.handovers(placed), 0.0, 0.0
        ).label

    def _stages(self, cycle_pj: float) -> list[Stage]:
        """All stages that are best for a price of a cycle."""
        if cycle_pj not in self._known:
            self._known[cycle_pj] = [stage for stager in self._stagers for stage in self._of(stager, cycle_pj)]
        return self._known[cycle_pj]

    def _of(self, stager: Stager, cycle_pj: float) -> Iterator[Stage]:
        for number, begin in enumerate(self._cuts[:-1]):
            entrances: list[Home] = [None]
            if begin:
                entrances += stager.entrances(begin)
            for enters in entrances:
                yield from stager.stages(begin, cycle_pj, self._cuts[number + 1 :], enters)

    def _join(self, one: Option[Stage], other: Option[Stage], used: tuple[int, ...]) -> Label | None:
        """What it takes to hand an item over."""
        if (one.what.leaves is None) != (other.what.enters is None):
            return None
        if one.what.leaves is None:
            return Label()
        end = list(used)
        ends = []
        for option in (other, one):
            end[option.kind] -= option.count
            ends.append(self._cores(option, end[option.kind]))
        moved = self._moved(one.what, other.what, ends[1], ends[0])
        label = handed(moved)
        return label if self._items > 1 else Label(label.energy_pj, label.latency)

    def _cores(self, option: Option[Stage], before: int) -> Cores:
        first = self._system.first_of_kind[option.kind] + before
        return tuple(range(first, first + len(option.what.cores)))

    def _moved(self, one: Stage, other: Stage, senders: Cores, takers: Cores) -> Handover:
        (source,) = self._stagers[0].crossing(other.begin)
        assert one.leaves is not None
        assert other.enters is not None
        return self._handed(self._layers[source], (senders, one.leaves), (takers, other.enters))

    def placed(self, stages: list[Stage]) -> tuple[Stage, ...]:
        """Stages of a batch on cores of their own, in the order of their numbers, priced where they stand."""
        if self._items == 1:
            return tuple(stages)
        used = [0] * len(self._system.kinds)
        found = []
        for stage in stages:
            kind = self._system.kind_of(stage.cores[0])
            first = self._system.first_of_kind[kind] + used[kind]
            used[kind] += len(stage.cores)
            cores = tuple(range(first, first + len(stage.cores)))
            found.append(stage if cores == stage.cores else self._moved_to(stage, cores))
        return tuple(found)

    def _moved_to(self, stage: Stage, cores: Cores) -> Stage:
        price = next(price for price, known in self._known.items() if any(stage is each for each in known))
        stager = self._stager(cores, resident=stage.resident, cuts=True)
        there = stager.stages(stage.begin, price, [stage.end], stage.enters)
        return next(each for each in there if each.leaves == stage.leaves)

    def handovers(self, stages: tuple[Stage, ...]) -> tuple[Handover | None, ...]:
        """What crosses links between stages."""
        return tuple(
            None if one.leaves is None else self._moved(one, other, one.cores, other.cores)
            for one, other in pairwise(stages)
        )

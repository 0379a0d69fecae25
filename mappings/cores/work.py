"""What one layer costs on some equal cores: split in one way, with what it reads and writes at home in one place.

Activations are *at home* in the shared memories of the cores, cut as the layer that wrote them was, or in DRAM. A layer
whose shares fit reads what is at home on the chip, fetches the rest and its weights meanwhile, and takes as long as the
slowest share, the busiest link or DRAM. One that does not fit whole may run through DRAM: every core maps its share by
itself, from DRAM to DRAM, with an equal part of DRAM's bandwidth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.inside import SHARED
from accel_models.systems.routes import Cores, Routes
from accel_models.systems.system import WORD_BITS, System, sharing
from mappings.cores.moves import Move, Mover
from mappings.cores.operands import operands
from mappings.cores.shares import Share, mapped
from mappings.cores.splits import Plane, Split, made, needed, shares, splits, weight_parts
from mappings.fusion.members import Members
from nets.layer import Layer
from nets.network import Network

Floats = NDArray[np.float64]

Home = Split | None
"""Where a tensor is: cut over the cores as its layer was, or in DRAM."""


@dataclass(frozen=True, slots=True)
class Work:
    """A layer as it runs on some cores.

    Attributes:
        split: over the cores.
        on_chip, in_dram: where what it makes is then.
        energy_pj: without static power.
        cycles: from its begin to its end.
        bound: what no mappings of the shares make ``E + w T`` less than.
        move: what crosses links and the border to DRAM.
        weights: what comes of them from DRAM, part of ``move`` unless they stay from one inference to the next.
        room: (cores,) words that it takes besides what is at home there before.
        shares: what cores run.
        through_dram: whether every core works from DRAM to DRAM.
    """

    split: Split
    on_chip: bool
    in_dram: bool
    energy_pj: float
    cycles: float
    bound: float
    move: Move
    weights: Move
    room: Floats
    shares: tuple[Share, ...]
    through_dram: bool

    @property
    def fits(self) -> bool:
        """Whether any of the mappings tried has room for what it sends up."""
        return self.cycles < math.inf

    def score(self, cycle_pj: float) -> float:
        """``E + w T``; ``T`` at an infinite price."""
        return self.cycles if math.isinf(cycle_pj) else self.energy_pj + cycle_pj * self.cycles


class Worker:
    """Prices layers of one network on some equal cores of a system.

    Args:
        cores: numbers of the cores, which are of one kind.
        members: mappings of shares from the shared memory inwards, remembered.
        resident: whether weights stay on the chip from one inference to the next.

    Attributes:
        capacity: words of 8 bits that the shared memory of a core holds.
        operands, splits: of every layer.
        alike: by layer the first that differs from it in names alone, and so do those whose outputs it reads.
    """

    def __init__(
        self, network: Network, system: System, cores: Cores, routes: Routes, members: Members, *, resident: bool
    ) -> None:
        self.layers, self.cores, self._inside, self.resident = network.layers, cores, members, resident
        self._kind, self._dram = system.kinds[system.kind_of(cores[0])], system.dram
        self._mover = Mover(system, self._kind, routes, self.cores)
        shared = self._kind.accelerator.levels[SHARED]
        self.capacity = shared.capacity_words * (shared.word_bits or WORD_BITS) / WORD_BITS
        self.operands = [operands(network, place) for place in range(len(self.layers))]
        self.splits = [splits(layer, len(cores)) for layer in self.layers]
        self.alike = self._first_alike()
        self._sides = cache(self._side)
        self._shares = cache(self._mapped)
        self.held = cache(self._held)
        self._wholes: dict[int, Members] = {}

    def _first_alike(self) -> list[int]:
        first: dict[object, int] = {}
        found: list[int] = []
        for place, layer in enumerate(self.layers):
            reads = tuple(
                (each.plane, each.windowed, None if each.source is None else self.layers[each.source].shape_key)
                for each in self.operands[place]
            )
            found.append(first.setdefault((layer.shape_key, layer.times, reads), place))
        return found

    def work(
        self, place: int, homes: Sequence[Home], split: Split, *, on_chip: bool, in_dram: bool, cycle_pj: float
    ) -> Work | None:
        """A layer with its operands at home somewhere; ``None`` where that cannot be."""
        sides = [self._sides(place, number, home, split) for number, home in enumerate(homes)]
        weights = self._sides(place, -1, None, split)
        least = sum((side.room for side in sides), weights.room) + self.held(place, split)
        most = None
        if least.max() > self.capacity and not self.resident:
            most, least = self._sliced(place, split, weights, least)
        ways = []
        if least.max() <= self.capacity:
            move = sum(sides, self._mover.nothing if self.resident else weights)
            if in_dram:
                move = move + self._sides(place, -2, None, split)
            ways.append(
                self._on_chip(place, split, move, weights, least, most, cycle_pj, on_chip=on_chip, in_dram=in_dram)
            )
        alone = not on_chip and all(home is None for home in homes)
        if alone and (most is not None or not any(way.fits for way in ways)):
            ways.append(self._through_dram(place, split, cycle_pj))
        if not ways:
            return None
        best = min(ways, key=lambda way: way.score(cycle_pj))
        return best if len(ways) == 1 else replace(best, bound=min(way.bound for way in ways))

    def _sliced(self, place: int, split: Split, weights: Move, room: Floats) -> tuple[int | None, Floats]:
        """Filters of a slice of weights, as many as there is room for beside sums that are not finished and the rest,
        and room with two slices."""
        layer = self.layers[place]
        filter_words = layer.C * layer.R * layer.S * layer.weight_bits / WORD_BITS
        rest = room - weights.room
        left = self.capacity - float((rest + self._wider(layer) * self.held(place, split)).max())
        most = math.floor(left / (2 * filter_words))
        if layer.G > 1 or most < 1 or not weights.dram:
            return None, room
        return most, rest + np.minimum(weights.room, 2 * most * filter_words)

    def _on_chip(
        self, place: int, split: Split, move: Move, weights: Move, room: Floats, most: int | None, cycle_pj: float,
        *, on_chip: bool, in_dram: bool,
    ) -> Work:  # fmt: skip
        """A layer whose shares lie in the shared memories, with mappings of least ``E + w T`` and, where what moves is
        slower or sums that are not finished have no room, with those of least ``E``."""
        layer, busy, held = self.layers[place], self._mover.cycles(move), self.held(place, split)
        waits = 0.0 if most is None else self._first_slice(layer, split, most)
        works: list[Work] = []
        bound = 0.0
        for price in (cycle_pj, 0.0):
            found = self._shares(place, split, price, most)
            energy = math.fsum(share.cores * share.energy_pj for share in found) + move.energy_pj
            slowest = max(share.cycles for share in found)
            taken = room if all(share.finished for share in found) else room + self._wider(layer) * held
            fits = bool(taken.max() <= self.capacity)
            works.append(
                Work(
                    split, on_chip, in_dram, layer.times * energy,
                    layer.times * (waits + max(slowest, busy)) if fits else math.inf, 0.0, move.times(layer.times),
                    weights.times(layer.times), taken if fits else room, found, False,
                )
            )  # fmt: skip
            if not (math.isinf(cycle_pj) and works[1:]):
                bound = max(bound, self._bound(found, move.energy_pj, busy, cycle_pj, priced=not works[1:]))
            if fits and (busy <= slowest or math.isinf(cycle_pj)):
                break
        best = min(works, key=lambda work: work.score(cycle_pj))
        return replace(best, bound=min(layer.times * bound, best.score(cycle_pj)))

    @staticmethod
    def _wider(layer: Layer) -> float:
        """What a sum that is not finished takes more than an output, in outputs."""
        return max(layer.psum_bits / layer.output_bits - 1, 0.0)

    @staticmethod
    def _bound(found: Sequence[Share], moved_pj: float, busy: float, cycle_pj: float, *, priced: bool) -> float:
        """What no mappings of shares make the cost of a layer less than; ``priced``: from those for the price of a
        cycle, otherwise from those for none."""
        if math.isinf(cycle_pj):
            return max(busy, *(share.bound for share in found))
        least = math.fsum(share.cores * share.bound for share in found) + moved_pj
        return least if priced else least + cycle_pj * busy

    def _first_slice(self, layer: Layer, split: Split, most: int) -> float:
        """Cycles that the first slices of all cores take to come from DRAM."""
        filters = split.channels * min(most, -(-layer.K // split.channels))
        return filters * layer.C * layer.R * layer.S * layer.weight_bits / WORD_BITS / self._dram.bandwidth

    def _through_dram(self, place: int, split: Split, cycle_pj: float) -> Work:
        """A layer of which every core maps its share by itself."""
        layer = self.layers[place]
        parts, which = shares(layer, split)
        counts = np.bincount(which[which >= 0])
        active = int(counts.sum())
        found = [one for one in self._alone(active).find(parts, cycle_pj / active) if one is not None]
        members = [Share(count, ((one, 1),)) for one, count in zip(found, counts.tolist())]
        reads, writes = (
            np.where(which >= 0, np.array([getattr(one, name) for one in found])[which], 0.0)
            for name in ("reads", "writes")
        )
        links = self._mover.alone(reads, writes)
        move = replace(self._mover.nothing, links=links, dram=float(reads.sum() + writes.sum()))
        busy = self._mover.cycles(move)
        energy = math.fsum(share.cores * share.energy_pj for share in members) + self._mover.links_pj(links)
        cycles = max(busy, *(share.cycles for share in members))
        bound = max(share.bound for share in members)
        if not math.isinf(cycle_pj):
            bound = math.fsum(share.cores * share.bound for share in members)
        return Work(
            split, False, True, layer.times * energy, layer.times * cycles, layer.times * bound,
            move.times(layer.times), self._mover.nothing,
            np.zeros(len(self.cores)), tuple(members), True,
        )  # fmt: skip

    def _alone(self, active: int) -> Members:
        """Mappings from DRAM to DRAM, with an equal part of its bandwidth."""
        if active not in self._wholes:
            part = replace(self._dram, bandwidth=self._dram.bandwidth / active)
            self._wholes[active] = Members(sharing(self._kind.accelerator, part))
        return self._wholes[active]

    def _mapped(self, place: int, split: Split, cycle_pj: float, most: int | None) -> tuple[Share, ...]:
        """The shares of a layer with their best mappings, for a price of a cycle of all cores together."""
        parts, which = shares(self.layers[place], split)
        return tuple(mapped(parts, np.bincount(which[which >= 0]).tolist(), self._inside, cycle_pj, most))

    def _held(self, place: int, split: Split) -> Floats:
        """(cores,) words of what a layer makes that each core holds."""
        return Plane.made_by(self.layers[place]).words(made(self.layers[place], split))

    def _side(self, place: int, number: int, home: Home, split: Split) -> Move:
        """What moves of one operand of a layer; of its weights (-1); of what it makes, to DRAM (-2)."""
        layer, mover = self.layers[place], self._mover
        if number == -2:
            move = mover.to_dram(Plane.made_by(layer), made(layer, split))
        elif number == -1:
            dynamic = layer.dynamic_weights and len(self.operands[place]) > layer.operands
            if not layer.is_mac or dynamic:
                return mover.nothing
            move = mover.weights(*weight_parts(layer, split))
        else:
            operand = self.operands[place][number]
            need = needed(layer, split, operand.plane, windowed=operand.windowed)
            if home is None or operand.source is None:
                move = mover.from_dram(operand.plane, need)
            else:
                move = mover.between(operand.plane, made(self.layers[operand.source], home), need)
        return move

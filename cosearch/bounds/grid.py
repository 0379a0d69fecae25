"""Boxes of designs: ranges of the sizes of a template, what fits of them, and the best machine that they could hold.

A *box* is an int64 (9, 2) array, a range (both ends in it) for each of :data:`SIZES`: lanes of the six dims that an
array may run in parallel, places of L1 and L2 in the tables of their sizes, words a cycle of the network. A dim that is
not wired has one lane; the dims that are wired are the same in all of a box. A design is a box of one point.

The *corner* of a box (:mod:`mappings.corner_bounds`) has its most lanes and words a cycle and its least energies. Every
figure of a template rises with every size, but for flip-flops, which take less energy and more area than the smallest
SRAM: no box holds both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.area import network_mm2
from accel_models.dram import load_dram
from accel_models.technology import Memory, technology_of
from accel_models.template import ARRAY_STRIDE, L2_PORT_BITS, PE_STRIDE, Template
from cosearch.bounds.choices import ALL, Choices
from cosearch.problem.template_space import (
    MOST_ELEMENTS,
    MOST_NOC_WORDS,
    WIRED,
    WIRINGS,
    TemplateSpace,
)
from mappings.corner_bounds import FIGURES
from nets.layer import DIMS, Layer

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SIZES: Final = (*WIRED, "l1", "l2", "noc")
L1, L2, NOC = 6, 7, 8
LO, HI = 0, 1
ROUNDING: Final = 1e-9
"""By how much a limit on area may be exceeded when boxes are cut back, so that rounding loses no design."""


@dataclass(frozen=True)
class Memories:
    """Memories of one kind by size: bytes, energy of a word read and written, area, leakage; ascending.

    Attributes:
        first_sram: the place of the first that is no register file.
    """

    size: Ints
    read_pj: Floats
    write_pj: Floats
    mm2: Floats
    leakage_mw: Floats
    first_sram: int

    @classmethod
    def of(cls, sizes: Sequence[int], built: Sequence[Memory], word_bits: int) -> Memories:
        """Memories as built, whose words have so many bits."""
        return cls(
            np.array(sizes, dtype=np.int64),
            np.array([at.read_pj * word_bits / at.width_bits for at in built]),
            np.array([at.write_pj * word_bits / at.width_bits for at in built]),
            np.array([at.area_mm2 for at in built]),
            np.array([at.leakage_mw for at in built]),
            sum(at.kind == "flops" for at in built),
        )

    @property
    def least_sram(self) -> int:
        """The place of the largest SRAM that takes no more area than the first: smaller ones are worth less."""
        first = min(self.first_sram, len(self.size) - 1)
        return int(np.flatnonzero(self.mm2 == self.mm2[first])[-1])


class DesignGrid:
    """The sizes of the designs of a space, and the figures of many of them at once.

    Args:
        space: the designs.
        layers: that run on them: no array is wider than their extents, to the next stride.
        choices: the sizes that they have.
    """

    def __init__(self, space: TemplateSpace, layers: Sequence[Layer], choices: Choices = ALL) -> None:
        self.space, self._choices = space, choices
        self.lanes = np.array(choices.lanes, dtype=np.int64)
        words = np.array(choices.words, dtype=np.int64)
        self.words = words[words <= max(space.most_noc_words, words[0])]
        self._tech = technology_of(space)
        smallest = space.smallest
        self._dram_pj = load_dram(smallest.dram).pj_per_bit
        self._standing = smallest.standing
        self._clock = smallest.clock
        bits = space.precision
        self._mac_mm2 = self._tech.mac_area_mm2(bits.mac)
        self._mac_leakage_mw = self._tech.mac_leakage_mw(bits.mac) if space.standing_costs else 0.0
        self._crosspoint_mm2 = network_mm2(self._tech, (1,), 1, bits.input) - 3 * self._tech.crosspoints_mm2(
            1, bits.input
        )
        extents = [max((layer.bounds[DIMS.index(dim)] for layer in layers if layer.is_mac), default=1) for dim in WIRED]
        self.most_lanes = np.array([_next_even(extent) if extent > 1 else 1 for extent in extents], dtype=np.int64)

    @cached_property
    def l1(self) -> Memories:
        """L1s."""
        word, sizes = self.space.precision.input, self._choices.l1_bytes
        return Memories.of(sizes, [self._tech.local_memory(size, word) for size in sizes], word)

    @cached_property
    def l2(self) -> Memories:
        """L2s."""
        sizes = self._choices.l2_bytes
        return Memories.of(sizes, [self._tech.sram(size, L2_PORT_BITS) for size in sizes], self.space.precision.input)

    # ---- boxes ----

    def wirings(self) -> list[tuple[str, ...]]:
        """Every set of one to three dims that some layer has more than one of."""
        wide = {dim for dim, most in zip(WIRED, self.most_lanes) if most > 1}
        return [wired for name in WIRINGS if wide.issuperset(wired := tuple(name.split()))]

    def holds(self, boxes: Ints) -> bool:
        """Whether (n, 9, 2) boxes are ranges of the sizes that there are."""
        lanes = len(WIRED)
        least = np.array([*[1] * lanes, 0, 0, self.words[0]])
        most = np.array([*[self.lanes[-1]] * lanes, len(self.l1.size) - 1, len(self.l2.size) - 1, self.words[-1]])
        low, high = boxes[..., LO], boxes[..., HI]
        return bool(((least <= low) & (low <= high) & (high <= most)).all())

    def whole(self, wiring: Sequence[str]) -> list[Ints]:
        """The boxes that hold all designs of a wiring: one with registers, one with SRAM in its elements."""
        box = np.ones((len(SIZES), 2), dtype=np.int64)
        for place, dim in enumerate(WIRED):
            if dim in wiring:
                box[place] = self.lanes[0], min(self.most_lanes[place], self.lanes[-1])
        box[L2] = 0, len(self.l2.size) - 1
        box[NOC] = self.words[0], self.words[-1]
        boxes = []
        for first, last in ((0, self.l1.first_sram - 1), (self.l1.first_sram, len(self.l1.size) - 1)):
            if first <= last:
                part = box.copy()
                part[L1] = first, last
                boxes.append(part)
        return boxes

    def point(self, template: Template) -> Ints:
        """The smallest box that holds a design."""
        box = np.ones((len(SIZES), 2), dtype=np.int64)
        for size, dim in zip(template.array, template.parallel):
            box[WIRED.index(dim)] = size
        box[L1] = np.searchsorted(self.l1.size, template.l1_bytes)
        box[L2, LO] = np.searchsorted(self.l2.size, template.l2_bytes, side="right") - 1
        box[L2, HI] = np.searchsorted(self.l2.size, template.l2_bytes)
        box[NOC] = math.floor(template.noc_bandwidth), math.ceil(template.noc_bandwidth)
        return box

    def machine(self, sizes: Ints) -> Template:
        """The design of a point (9,); its product of axes need not be on the stride."""
        wired = [(int(width), dim) for width, dim in zip(sizes, WIRED) if width > 1]
        return self.space.design(
            tuple(width for width, _ in wired),
            tuple(dim for _, dim in wired),
            int(self.l1.size[sizes[L1]]),
            int(self.l2.size[sizes[L2]]),
            float(sizes[NOC]),
        )

    def largest(self, box: Ints) -> Template | None:
        """A point's design with the largest L2 that keeps the budget; ``None`` where none does."""
        sizes = box[:, LO].copy()
        if not on_stride(sizes[None, :L1])[0]:
            return None
        sizes[L2] = self.last_l2(sizes[None])[0]
        return self.machine(sizes) if sizes[L2] >= 0 else None

    def raw_mm2(self, sizes: Ints) -> Floats:
        """Sum of the parts' areas, (n,), of designs (n, 9)."""
        lanes = sizes[:, :L1]
        elements = lanes.prod(axis=1)
        edge = (lanes * (lanes > 1)).sum(axis=1)
        each = self.l1.mm2[sizes[:, L1]] + self._mac_mm2
        wires = self._crosspoint_mm2 * (sizes[:, NOC] * edge + 3 * elements)
        area: Floats = self.l2.mm2[sizes[:, L2]] + elements * each + wires
        return area

    def has_room(self, lanes: Ints) -> NDArray[np.bool_]:
        """Which arrays (n, 6) the budget has room for with the smallest memories."""
        fits: NDArray[np.bool_] = (lanes.prod(axis=1) <= MOST_ELEMENTS) & (self.l2_that_fit(lanes) > 0)
        return fits

    def l2_that_fit(self, lanes: Ints) -> Ints:
        """How many sizes of L2 the budget has room for beside each array (n, 6) and its smallest L1, of either kind.

        The smallest SRAM may take less area than the smallest registers.
        """
        sizes = np.zeros((len(lanes), len(SIZES)), dtype=np.int64)
        sizes[:, :L1], sizes[:, NOC] = lanes, self.words[0]
        fitting = self.last_l2(sizes)
        if self.l1.first_sram < len(self.l1.size):
            sizes[:, L1] = self.l1.first_sram
            fitting = np.maximum(fitting, self.last_l2(sizes))
        return fitting + 1

    @property
    def _room_mm2(self) -> float:
        area = self.space.budget.area_mm2
        if area is None:
            return math.inf
        return (area - self._standing.phy_mm2) / self.space.overhead * (1 + ROUNDING)

    def tighten(self, boxes: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Boxes (n, 9, 2) without what the budget leaves no room for, and which of them hold anything.

        The most of each size is what fits with every other at its least.
        """
        boxes = boxes.copy()
        low = boxes[:, :, LO]
        lanes = low[:, :L1]
        wired = boxes[:, :L1, HI] > 1
        elements = lanes.prod(axis=1)
        edge = (lanes * wired).sum(axis=1)
        each = self.l1.mm2[low[:, L1]] + self._mac_mm2 + 3 * self._crosspoint_mm2
        wire = self._crosspoint_mm2 * low[:, NOC]
        room = self._room_mm2 - self.raw_mm2(low)  # beside everything at its least
        holds = room >= 0
        budget = self.space.budget
        most_elements = math.inf if budget.pes is None else budget.pes
        room_bytes = np.full(len(boxes), math.inf)
        if budget.sram_bytes is not None:
            room_bytes = budget.sram_bytes - self.l2.size[low[:, L2]] - elements * self.l1.size[low[:, L1]]
            holds &= room_bytes >= 0
        holds &= elements <= most_elements
        for place in range(L1):
            others = elements / lanes[:, place]
            more = room / (others * each + wire)
            bytes_each = np.maximum(others * self.l1.size[low[:, L1]], 1)
            most = np.minimum(lanes[:, place] + np.minimum(more, room_bytes / bytes_each), most_elements / others)
            most = np.where(wired[:, place], np.minimum(most, MOST_ELEMENTS), 1)
            on_stride = np.where(wired[:, place], np.floor(most / ARRAY_STRIDE + ROUNDING) * ARRAY_STRIDE, 1)
            boxes[:, place, HI] = np.minimum(boxes[:, place, HI], np.maximum(on_stride, 0).astype(np.int64))
        boxes[:, L1, HI] = np.minimum(
            boxes[:, L1, HI],
            np.minimum(
                self._last_l1(low[:, L1], self.l1.mm2[low[:, L1]] + room / elements),
                _last_within(self.l1.size, self.l1.size[low[:, L1]] + room_bytes / elements),
            ),
        )
        # The next rung may lie beyond the room while sizes before it fit: a box keeps the rung that covers them.
        boxes[:, L2, HI] = np.minimum(
            boxes[:, L2, HI],
            1
            + np.minimum(
                _last_within(self.l2.mm2, self.l2.mm2[low[:, L2]] + room),
                _last_within(self.l2.size, self.l2.size[low[:, L2]] + room_bytes),
            ),
        )
        words = low[:, NOC] + np.minimum(room / (self._crosspoint_mm2 * edge), MOST_NOC_WORDS)
        boxes[:, NOC, HI] = np.minimum(boxes[:, NOC, HI], np.floor(words + ROUNDING).astype(np.int64))
        holds &= (boxes[:, :, HI] >= boxes[:, :, LO]).all(axis=1)
        return boxes, holds

    def _last_l1(self, low: Ints, limit: Floats) -> Ints:
        """The largest L1 of the same kind as each of ``low`` whose area is within a limit."""
        registers = np.arange(len(self.l1.size)) < self.l1.first_sram
        last: Ints = np.where(
            registers[low],
            _last_within(np.where(registers, self.l1.mm2, np.inf), limit),
            _last_within(np.where(registers, 0.0, self.l1.mm2), limit),
        )
        return last

    def last_l2(self, sizes: Ints) -> Ints:
        """The place of the largest L2 that fits beside all else of designs (n, 9); -1 where none does."""
        budget = self.space.budget
        bare = sizes.copy()
        bare[:, L2] = 0
        elements = sizes[:, :L1].prod(axis=1)
        room = self._room_mm2 * (1 - 2 * ROUNDING) - (self.raw_mm2(bare) - self.l2.mm2[0])
        places = np.searchsorted(self.l2.mm2, room, side="right") - 1
        if budget.sram_bytes is not None:
            left = budget.sram_bytes - elements * self.l1.size[sizes[:, L1]]
            places = np.minimum(places, np.searchsorted(self.l2.size, left, side="right") - 1)
        if budget.pes is not None:
            places = np.where(elements <= budget.pes, places, -1)
        last: Ints = places.astype(np.int64)
        return last

    # ---- corners ----

    def corners(self, boxes: Ints) -> tuple[Ints, Floats]:
        """Lanes by dim (n, 8) and figures (n, :data:`FIGURES`) of the best machine that each box could hold."""
        low, high = boxes[:, :, LO], boxes[:, :, HI]
        precision, tech = self.space.precision, self._tech
        word = precision.input
        elements = low[:, :L1].prod(axis=1)
        most_edge = (high[:, :L1] * (high[:, :L1] > 1)).sum(axis=1)
        overhead = self.space.overhead
        element_mm2 = self.l1.mm2[low[:, L1]] + self._mac_mm2
        wires = self._crosspoint_mm2 * (low[:, NOC] * most_edge / high[:, :L1].prod(axis=1) + 3)
        pitch = np.sqrt((element_mm2 + wires) * overhead)
        array_mm2 = self.raw_mm2(low) - self.l2.mm2[low[:, L2]]
        trunk_pj = word * tech.wire_pj_per_bit_mm * np.sqrt(array_mm2 * overhead) / 2
        figures = np.empty((len(boxes), FIGURES))
        figures[:, 0] = word
        figures[:, 1] = self._dram_pj * word
        figures[:, 2] = self.space.dram_gb_s * 8e9 / word / self._clock
        figures[:, 3] = self.l2.read_pj[low[:, L2]] + trunk_pj
        figures[:, 4] = self.l2.write_pj[low[:, L2]] + trunk_pj
        figures[:, 5] = high[:, NOC]
        figures[:, 6] = tech.hop_pj(word, 0.0) + word * tech.wire_pj_per_bit_mm * pitch
        figures[:, 7] = self.l1.read_pj[low[:, L1]]
        figures[:, 8] = self.l1.write_pj[low[:, L1]]
        figures[:, 9] = (precision.weight + precision.input + 2 * precision.psum) / word
        figures[:, 10] = tech.mac_pj(precision.mac)
        leakage = self.l2.leakage_mw[low[:, L2]] + elements * self.l1.leakage_mw[low[:, L1]]
        standing = self._standing.power_mw + elements * self._mac_leakage_mw
        figures[:, 11] = (standing + leakage) * 1e9 / self._clock
        lanes = np.ones((len(boxes), len(DIMS)), dtype=np.int64)
        lanes[:, [DIMS.index(dim) for dim in WIRED]] = high[:, :L1]
        return lanes, figures

    @property
    def clock_hz(self) -> float:
        """Of every design."""
        return self._clock


def on_stride(lanes: Ints) -> NDArray[np.bool_]:
    """Which arrays (n, 6) have as many elements as the stride asks for."""
    elements = lanes.prod(axis=1)
    fits: NDArray[np.bool_] = elements % PE_STRIDE == 0
    return fits


def _next_even(extent: int) -> int:
    return (extent + ARRAY_STRIDE - 1) // ARRAY_STRIDE * ARRAY_STRIDE


def _last_within(table: NDArray[Any], limit: Floats) -> Ints:
    """The last place of an ascending table whose value is within a limit."""
    last: Ints = np.searchsorted(table, limit * (1 + ROUNDING), side="right") - 1
    return last

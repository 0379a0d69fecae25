"""Layers that run together under the roof of a machine (:mod:`accel_models.roofline`).

Their tensors in between stay on the chip, so that of all words that DRAM moves for each of them alone only those are
left that enter or leave the group: more MACs a byte.
"""

from __future__ import annotations

import math
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.fusion.axis import axis_tiles
from accel_models.fusion.group import AXES, Group, called
from accel_models.fusion.inside import DRAM
from accel_models.fusion.schedule import Schedule
from accel_models.fusion.traffic import traffic
from accel_models.fusion.widths import Widths, weight_words
from accel_models.roofline import RooflinePoint, Together, array_ceiling, outermost_cycles, word_bytes

ON_THE_CHIP: Final = "the chip"
"""What holds a group back where DRAM does not: its layers one after the other, as mapped."""


def group_point(
    group: Group, accelerator: Accelerator, *, read: float, written: float, on_chip_cycles: float, cycles: float
) -> RooflinePoint:
    """A group as it is carried out; of layers at least one of which has MACs.

    Args:
        read, written: words of DRAM, of activations and weights.
        on_chip_cycles: of its layers one after the other, as long as nothing outside holds them up.
        cycles: of all.
    """
    layers = [step.layer for step in group.steps]
    macs = sum(layer.macs for layer in layers)
    fetched, leaving = _compulsory_words(group, accelerator)
    full_array = math.fsum(layer.macs / array_ceiling(layer, accelerator) for layer in layers if layer.is_mac)
    width, name = word_bytes(accelerator), accelerator.levels[DRAM].name
    return RooflinePoint(
        Together(called(layers[0].name, layers[-1].name, len(layers)), macs),
        macs / ((fetched + leaving) * width),
        {
            "compute": float(accelerator.macs_per_cycle),
            "array": macs / full_array,
            name: macs / outermost_cycles(accelerator, fetched, leaving),
        },
        {name: macs / ((read + written) * width)},
        {ON_THE_CHIP: macs / on_chip_cycles, name: macs / outermost_cycles(accelerator, read, written)},
        macs / cycles,
    )


def _compulsory_words(group: Group, accelerator: Accelerator) -> tuple[float, float]:
    """Words of DRAM that every schedule reads and writes: weights and what some output needs once, what leaves once."""
    whole = Schedule(group.last.plane)
    rows, columns = (axis_tiles(group, axis, whole.tile[axis], keep=True).lengths() for axis in AXES)
    made = traffic(group, whole, rows, columns).made
    widths = Widths.at(accelerator, DRAM, group).tensors
    each = list(zip(group.tensors, made, widths))
    weights = math.fsum(weight_words(accelerator, DRAM, [step.layer for step in group.steps]))
    fetched = math.fsum(words * width for tensor, words, width in each if tensor.outside)
    return fetched + weights, math.fsum(tensor.words * width for tensor, _, width in each if tensor.leaves)

"""Sizes of machines of Gemmini's form, and the figures of which a calibration keeps the range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.calibration.tile_work import Array, TileWork
from accel_models.formats.gemmini import gemmini_memories
from accel_models.tables import LayerTable
from nets.errors import InputError

_USUAL_SUM_BITS = 32


@dataclass(frozen=True, slots=True)
class GemminiSizes:
    """The array, the scratchpad in bytes, and the sums that the accumulators of a column hold."""

    rows: int
    columns: int
    scratchpad_bytes: float
    accumulator_rows: float

    @classmethod
    def of(cls, accelerator: Accelerator) -> GemminiSizes:
        """Sizes of a machine.

        Raises:
            InputError: it is not of Gemmini's form, a memory has no limit, or its array has not one axis below each of
                its two memories.
        """
        scratchpad, accumulator, _ = gemmini_memories(accelerator)
        axes = [[axis.size for axis in level.fanout] for level in (scratchpad, accumulator)]
        if accelerator.levels[1] is not scratchpad or [len(sizes) for sizes in axes] != [1, 1]:
            place, rule = f"accelerator {accelerator.name!r}: array", "is not wired as Gemmini's"
            hint = "output channels run below the scratchpad, input channels below the accumulators, as in the preset"
            raise InputError(place, axes, rule, hint)
        for level in (scratchpad, accumulator):
            if not math.isfinite(level.capacity_words):
                raise InputError(
                    f"accelerator {accelerator.name!r}: {level.name}", level.capacity_words, "has no limit"
                )
        sum_bits = _USUAL_SUM_BITS if accelerator.precision is None else accelerator.precision.psum
        sums_per_word = 1.0 if accumulator.word_bits is None else accumulator.word_bits / sum_bits
        return cls(
            rows=axes[1][0],
            columns=axes[0][0],
            scratchpad_bytes=scratchpad.capacity_words * (scratchpad.word_bits or 8) / 8,
            accumulator_rows=accumulator.capacity_words * sums_per_word,
        )


def range_figures(
    work: TileWork, layers: LayerTable, layer_of: NDArray[np.int64], sizes: Sequence[GemminiSizes]
) -> dict[str, Array]:
    """Figures of B mappings, (B,) each and positive, that say whether a machine, a layer or a mapping is like others.

    Args:
        work: counts of the mappings.
        layers, layer_of: n layers, and which each mapping belongs to.
        sizes: of each mapping's machine.
    """
    hardware = {
        name: np.array([float(getattr(size, name)) for size in sizes])
        for name in ("rows", "columns", "scratchpad_bytes", "accumulator_rows")
    }
    bounds, geometry, bits = layers.bounds[layer_of], layers.geometry[layer_of], layers.bits[layer_of]
    return hardware | {
        "weight_bits": bits[:, 0],
        "input_bits": bits[:, 1],
        "groups": bounds[:, 1].astype(float),
        "stride": geometry[:, :2].max(axis=1).astype(float),
        "dilation": geometry[:, 2:].max(axis=1).astype(float),
        "multiplications": work.macs,
        "tiles": work.tiles,
    }

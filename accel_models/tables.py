"""Layers and accelerators as the arrays that the kernel reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models import codes
from accel_models.accelerator import Accelerator
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Layer


@dataclass(frozen=True, slots=True)
class LayerTable:
    """Layers as arrays: ``bounds`` int64 (n, 8), ``geometry`` int64 (n, 4), ``bits`` float64 (n, 4).

    ``geometry`` is stride and dilation of rows and columns; ``bits`` the width of W, I, O and a partial sum.
    """

    bounds: NDArray[np.int64]
    geometry: NDArray[np.int64]
    bits: NDArray[np.float64]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> LayerTable:
        """Pack layers; all must run on the MAC array."""
        for layer in layers:
            if not layer.is_mac:
                raise InputError(f"layer {layer.name!r}: kind", layer.kind, "does not run on the MAC array")
        return cls(
            np.array([layer.bounds for layer in layers], dtype=np.int64).reshape(-1, 8),
            np.array(
                [(layer.stride[0], layer.stride[1], layer.dilation[0], layer.dilation[1]) for layer in layers],
                dtype=np.int64,
            ).reshape(-1, 4),
            np.array(
                [(la.weight_bits, la.input_bits, la.output_bits, la.psum_bits) for la in layers], dtype=np.float64
            ).reshape(-1, 4),
        )


@dataclass(frozen=True, slots=True)
class AcceleratorTable:
    """Accelerators of one level count as arrays.

    ``levels`` float64 (n, L, columns) and ``machine`` float64 (n, columns) as :mod:`accel_models.codes` names them;
    ``can_keep`` bool (n, L, 3).
    """

    levels: NDArray[np.float64]
    machine: NDArray[np.float64]
    can_keep: NDArray[np.bool_]

    @classmethod
    def of(cls, accelerators: Sequence[Accelerator]) -> AcceleratorTable:
        """Pack accelerators; all must have the same number of levels."""
        depth = len(accelerators[0].levels)
        n = len(accelerators)
        levels = np.zeros((n, depth, codes.LEVEL_COLUMNS))
        machine = np.zeros((n, codes.MACHINE_COLUMNS))
        can_keep = np.zeros((n, depth, 3), dtype=np.bool_)
        for i, accelerator in enumerate(accelerators):
            if len(accelerator.levels) != depth:
                raise InputError(
                    f"accelerator {accelerator.name!r}: levels",
                    len(accelerator.levels),
                    f"must be {depth} in this batch",
                )
            machine[i, codes.MAC_PJ] = accelerator.mac_pj
            machine[i, codes.STATIC_PJ_PER_CYCLE] = accelerator.leakage_mw * 1e9 / accelerator.clock_hz
            memory_of, least_bits = accelerator.memory_of, accelerator.least_bits
            for j, level in enumerate(accelerator.levels):
                if len(level.fanout) > 3:
                    raise InputError(f"level {level.name!r}: fanout", len(level.fanout), "must have at most 3 axes")
                row = levels[i, j]
                row[codes.CAPACITY_WORDS] = level.capacity_words
                row[codes.WORD_BITS] = level.word_bits or 0
                row[codes.BUFFERS] = 2 if level.double_buffered else 1
                row[codes.READ_BANDWIDTH] = level.read_bandwidth
                row[codes.WRITE_BANDWIDTH] = level.write_bandwidth
                row[codes.SHARED_BANDWIDTH] = level.shared_bandwidth
                row[codes.READ_PJ] = level.read_pj
                row[codes.WRITE_PJ] = level.write_pj
                row[codes.NETWORK_PJ] = level.network_pj
                row[codes.MEMORY] = memory_of[j]
                least = least_bits[j]
                row[codes.LEAST_BITS : codes.LEAST_BITS + 4] = least.W, least.I, least.O, least.O
                for t, tensor in enumerate(TENSORS):
                    row[codes.PARTITION_W + t] = level.partition_words.get(tensor, math.inf)
                    can_keep[i, j, t] = tensor in level.keeps
                row[codes.AXIS_SIZE : codes.AXIS_SIZE + 3] = 1
                row[codes.AXIS_DIMS : codes.AXIS_DIMS + 3] = 255
                for a, ax in enumerate(level.fanout):
                    row[codes.AXIS_SIZE + a] = ax.size
                    if ax.dims:
                        row[codes.AXIS_DIMS + a] = sum(1 << DIMS.index(dim) for dim in ax.dims)
        return cls(levels, machine, can_keep)

"""The bounds of :mod:`mappings.bounds`, compiled, for many layers on many machines of the template.

A *corner* is a machine of the template whose figures are given one by one, not by sizes: widths of the array by dim,
energies, bandwidths. So it can stand for many designs at once: one that has the largest array and bandwidths and the
least energies of all of them is at least as good as each. What no mapping can beat on such a corner, no mapping can
beat on any of the designs.

Energy and cycles are bounded apart, each as in :mod:`mappings.bounds`; vector layers cost what they cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import float64, int64, types
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.codes import C, R, S
from accel_models.compiled import entry, inside
from mappings.bounds import compulsory_words
from nets.layer import DIMS, Layer

Floats = NDArray[np.float64]

(
    WORD_BITS,
    DRAM_PJ,
    DRAM_WORDS,
    L2_READ_PJ,
    L2_WRITE_PJ,
    L2_WORDS,
    NETWORK_PJ,
    L1_READ_PJ,
    L1_WRITE_PJ,
    L1_WORDS,
    MAC_PJ,
    STATIC_PJ,
) = range(12)
FIGURES: Final = 12
"""Columns of a corner's figures: bits of a word, energies a word (of a MAC, of a cycle), words a cycle."""


@dataclass(frozen=True, slots=True)
class ShapeArrays:
    """Layers as the kernel reads them.

    Attributes:
        layers: of the rows.
        bounds: int64 (n, 8), extents of the dims.
        words: float64 (n, 3), different elements of W, I and O; of a vector layer, those it moves.
        bits: float64 (n, 4), of W, I, O and a partial sum.
        mac: int64 (n,), 1 for a layer on the MAC array.
    """

    layers: tuple[Layer, ...]
    bounds: NDArray[np.int64]
    words: Floats
    bits: Floats
    mac: NDArray[np.int64]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> ShapeArrays:
        """The arrays of some layers."""
        return cls(
            tuple(layers),
            np.array([layer.bounds for layer in layers], dtype=np.int64),
            np.array(
                [
                    compulsory_words(layer) if layer.is_mac else (0, layer.input_words, layer.output_words)
                    for layer in layers
                ],
                dtype=np.float64,
            ),
            np.array(
                [(at.weight_bits, at.input_bits, at.output_bits, at.psum_bits) for at in layers], dtype=np.float64
            ),
            np.array([layer.is_mac for layer in layers], dtype=np.int64),
        )


def corner_of(machine: Accelerator) -> tuple[NDArray[np.int64], Floats]:
    """The corner that a machine of the template is itself: widths (8,) by dim and figures."""
    dram, l2, l1 = machine.levels
    widths = np.ones(8, dtype=np.int64)
    for axis in l2.fanout:
        for dim in axis.dims:
            widths[DIMS.index(dim)] = axis.size
    figures = np.zeros(FIGURES)
    assert dram.word_bits is not None
    figures[:] = (
        dram.word_bits, dram.read_pj, dram.shared_bandwidth, l2.read_pj, l2.write_pj, l2.read_bandwidth,
        l2.network_pj, l1.read_pj, l1.write_pj, l1.read_bandwidth, machine.mac_pj,
        machine.leakage_mw * 1e9 / machine.clock_hz,
    )  # fmt: skip
    return widths, figures


def least_costs(shapes: ShapeArrays, widths: NDArray[np.int64], figures: Floats) -> tuple[Floats, Floats]:
    """Energy (pJ) and cycles, each (corners, n), that no mapping of each layer beats on each corner.

    Args:
        shapes: of the layers.
        widths: int64 (corners, 8), lanes of each dim.
        figures: float64 (corners, :data:`FIGURES`).
    """
    energy = np.empty((len(widths), len(shapes.mac)))
    cycles = np.empty_like(energy)
    _least_costs(
        shapes.bounds, shapes.words, shapes.bits, shapes.mac, np.ascontiguousarray(widths), figures, energy, cycles
    )
    return energy, cycles


def least_sums(
    shapes: ShapeArrays, counts: Floats, widths: NDArray[np.int64], figures: Floats
) -> tuple[Floats, Floats]:
    """Energy (pJ) and cycles, each (corners, networks), that no mappings of each network beat on each corner.

    Args:
        shapes: of the networks' layers.
        counts: float64 (networks, n), how often each occurs in each.
        widths, figures: see :func:`least_costs`.
    """
    energy = np.empty((len(widths), len(counts)))
    cycles = np.empty_like(energy)
    _least_sums(
        shapes.bounds, shapes.words, shapes.bits, shapes.mac, counts, np.ascontiguousarray(widths), figures,
        energy, cycles,
    )  # fmt: skip
    return energy, cycles


def machine_of(widths: NDArray[np.int64], figures: Floats, l1_words: float, l2_words: float) -> Accelerator:
    """A corner as a machine, with memories of so many words (half of either holds what is worked on).

    Args:
        widths: (8,) lanes of each dim.
        figures: (:data:`FIGURES`,).
    """
    word = int(figures[WORD_BITS])
    lanes = [(int(width), dim) for width, dim in zip(widths, DIMS) if width > 1]
    axes = tuple(Axis(name, width, (dim,)) for name, (width, dim) in zip("XYZ", lanes))
    clock_hz = 1e9
    return Accelerator(
        name="corner",
        levels=(
            Level(
                name="DRAM",
                word_bits=word,
                shared_bandwidth=float(figures[DRAM_WORDS]),
                read_pj=float(figures[DRAM_PJ]),
                write_pj=float(figures[DRAM_PJ]),
            ),
            Level(
                name="L2",
                word_bits=word,
                capacity_words=l2_words,
                double_buffered=True,
                read_bandwidth=float(figures[L2_WORDS]),
                write_bandwidth=float(figures[L2_WORDS]),
                read_pj=float(figures[L2_READ_PJ]),
                write_pj=float(figures[L2_WRITE_PJ]),
                fanout=axes,
                network_pj=float(figures[NETWORK_PJ]),
            ),
            Level(
                name="L1",
                word_bits=word,
                capacity_words=l1_words,
                double_buffered=True,
                read_bandwidth=float(figures[L1_WORDS]),
                write_bandwidth=float(figures[L1_WORDS]),
                read_pj=float(figures[L1_READ_PJ]),
                write_pj=float(figures[L1_WRITE_PJ]),
            ),
        ),
        mac_pj=float(figures[MAC_PJ]),
        clock_hz=clock_hz,
        static_mw=float(figures[STATIC_PJ]) * clock_hz / 1e9,
    )


PAIR: Final = types.UniTuple(float64, 2)


@inside(PAIR(int64[::1], float64[::1], float64[::1], int64, int64[::1], float64[::1]))
def _least_cost(b, words, bits, mac, wide, m):
    """Energy and cycles of one layer on one corner, at least."""
    lanes = 1.0
    for d in range(8):
        lanes *= wide[d]
    word_w, word_i = bits[0] / m[WORD_BITS], bits[1] / m[WORD_BITS]
    word_o, word_sum = bits[2] / m[WORD_BITS], bits[3] / m[WORD_BITS]
    if mac == 0:
        both = words[1] * word_i + words[2] * word_o
        time = max(both / m[DRAM_WORDS], both / m[L2_WORDS], both / m[L1_WORDS] / lanes, 1.0)
        pj = both * (m[DRAM_PJ] + m[L2_READ_PJ] + m[L2_WRITE_PJ] + m[NETWORK_PJ] + m[L1_READ_PJ] + m[L1_WRITE_PJ])
        return pj + m[STATIC_PJ] * time, time
    macs, steps = 1.0, 1.0
    for d in range(8):
        macs *= b[d]
        steps *= (b[d] + wide[d] - 1) // wide[d]
    narrow = min(word_o, word_sum)
    sent, outputs = words[0] * word_w + words[1] * word_i, words[2] * narrow
    shares = min(float(wide[C] * wide[R] * wide[S]), float(b[C] * b[R] * b[S]))
    again = max(macs - words[2] * shares, 0.0)
    taken = macs * (word_w + word_i) + again * word_sum
    given = macs * (word_sum if again > 0 else narrow)
    time = max(steps, np.ceil(macs / lanes), (sent + outputs) / m[DRAM_WORDS], (sent + outputs) / m[L2_WORDS])
    time = max(time, taken / lanes / m[L1_WORDS], (given + sent) / lanes / m[L1_WORDS])
    pj = macs * m[MAC_PJ] + (sent + outputs) * (m[DRAM_PJ] + m[NETWORK_PJ])
    pj += sent * (m[L2_READ_PJ] + m[L2_WRITE_PJ]) + outputs * m[L2_WRITE_PJ]
    pj += taken * m[L1_READ_PJ] + (given + sent) * m[L1_WRITE_PJ]
    return pj + m[STATIC_PJ] * time, time


@entry(
    types.void(
        int64[:, ::1], float64[:, ::1], float64[:, ::1], int64[::1], int64[:, ::1], float64[:, ::1],
        float64[:, ::1], float64[:, ::1],
    )
)  # fmt: skip
def _least_costs(bounds, words, bits, mac, widths, figures, energy, cycles):
    """Fill ``energy`` and ``cycles`` (corners, layers)."""
    for corner in range(len(widths)):
        for n in range(len(mac)):
            pj, time = _least_cost(bounds[n], words[n], bits[n], mac[n], widths[corner], figures[corner])
            energy[corner, n] = pj
            cycles[corner, n] = time


@entry(
    types.void(
        int64[:, ::1], float64[:, ::1], float64[:, ::1], int64[::1], float64[:, ::1], int64[:, ::1], float64[:, ::1],
        float64[:, ::1], float64[:, ::1],
    )
)  # fmt: skip
def _least_sums(bounds, words, bits, mac, counts, widths, figures, energy, cycles):
    """Fill ``energy`` and ``cycles`` (corners, networks) with sums over layers, added up in their order."""
    energy[:] = 0.0
    cycles[:] = 0.0
    for corner in range(len(widths)):
        for n in range(len(mac)):
            pj, time = _least_cost(bounds[n], words[n], bits[n], mac[n], widths[corner], figures[corner])
            for network in range(len(counts)):
                energy[corner, network] += counts[network, n] * pj
                cycles[corner, network] += counts[network, n] * time

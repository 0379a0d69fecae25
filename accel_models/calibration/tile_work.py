"""What a mapping asks of Gemmini's array and DMA: passes of the array, bursts of DRAM, commands of the DMA.

A *tile* is what stands on the chip between two trips of DRAM's loops. Facts of the hardware, from the RTL of its
generator (ucb-bar/gemmini):

* The loops inside a tile are the hardware's own (``LoopConv``): a block of weights, ``rows x columns``, stays in the
  array for all pixels of the tile, and pixels run through it in pieces as long as the array, each along one line of
  the image.
* A piece takes a cycle for each pixel, :data:`LEAST_PIECE_CYCLES` at least, so that sums at one address are not added
  up too closely; the piece that comes with new weights takes as many cycles as the array has rows
  (``ExecuteController``: ``total_rows``).
* The DMA fetches what is contiguous in memory, the channels of a pixel or of a filter's element, in bursts of up to
  :data:`BURST_WORDS` bytes (``dma_maxbytes``); a shorter one takes a burst too. It stores a piece of pixels and a
  block of channels by one command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.loopnest import MappingArrays
from accel_models.tables import LayerTable
from nets.layer import DIMS

Array = NDArray[np.float64]

BURST_WORDS: Final = 64
LEAST_PIECE_CYCLES: Final = 4
N, G, K, C, P, Q, R, S = range(8)
_FETCHED_BY: Final = {"W": "GKCRS", "I": "NGCPQRS", "O": "NGKPQ"}


@dataclass(frozen=True, slots=True)
class TileWork:
    """Counts of B mappings, each (B,), over all tiles; a smaller last tile counts by its share.

    Attributes:
        tiles: trips of DRAM's loops.
        array_cycles: cycles in which the array works.
        input_bursts, weight_bursts, output_bursts: bursts between DRAM and the chip.
        store_commands: of the DMA.
        burst_share: of a burst that the output channels of a tile fill.
        tiles_per_weights: tiles that one fetch of weights serves.
        sums_per_column: partial sums of a tile that each column of the array adds to.
        macs: of the layer.
    """

    tiles: Array
    array_cycles: Array
    input_bursts: Array
    weight_bursts: Array
    output_bursts: Array
    store_commands: Array
    burst_share: Array
    tiles_per_weights: Array
    sums_per_column: Array
    macs: Array


def tile_work(
    layers: LayerTable,
    mappings: MappingArrays,
    *,
    rows: int,
    columns: int,
    layer_of: NDArray[np.int64] | None = None,
    along: NDArray[np.int64] | None = None,
) -> TileWork:
    """Count the work of B mappings whose outermost level is DRAM.

    Args:
        layers: n layers.
        mappings: arrays of B mappings.
        rows, columns: elements of the array that take input channels, output channels.
        layer_of: (B,), which layer each mapping belongs to; all the first when omitted.
        along: (B,), the dim (``P`` or ``Q`` as an index) along which pixels run in pieces; by default along an image's
            lines, ``Q``, and along ``P`` where that is one, as in a matrix product.
    """
    which = np.zeros(len(mappings), dtype=np.int64) if layer_of is None else layer_of
    bound, geometry = layers.bounds[which].astype(float), layers.geometry[which]
    tile = mappings.tile[:, 0].astype(float)
    line = np.where(bound[:, Q] > 1, Q, P) if along is None else along
    trips = bound / tile
    fetches = {tensor: _fetches(trips, mappings.order[:, 0], dims) for tensor, dims in _FETCHED_BY.items()}
    height, width = (
        (tile[:, p] - 1) * geometry[:, stride] + (tile[:, r] - 1) * geometry[:, dilation] + 1
        for p, r, stride, dilation in ((P, R, 0, 2), (Q, S, 1, 3))
    )
    pixels = tile[:, N] * tile[:, P] * tile[:, Q]
    length = np.take_along_axis(tile, line[:, None], axis=1)[:, 0]
    lines, blocks_out = pixels / length, np.ceil(tile[:, K] / columns)
    kernel = tile[:, R] * tile[:, S] * tile[:, G]
    passes = blocks_out * np.ceil(tile[:, C] / rows) * kernel
    return TileWork(
        tiles=np.ceil(trips).prod(axis=1),
        array_cycles=trips.prod(axis=1) * passes * _pass_cycles(length, lines, rows),
        input_bursts=fetches["I"] * tile[:, N] * height * width * _bursts(tile[:, G] * tile[:, C]),
        weight_bursts=fetches["W"] * kernel * tile[:, C] * _bursts(tile[:, K]),
        output_bursts=fetches["O"] * pixels * _bursts(tile[:, G] * tile[:, K]),
        store_commands=fetches["O"] * lines * np.ceil(length / rows) * tile[:, G] * blocks_out,
        burst_share=np.minimum(tile[:, K], BURST_WORDS) / BURST_WORDS,
        tiles_per_weights=trips.prod(axis=1) / fetches["W"],
        sums_per_column=pixels * tile[:, G] * tile[:, K] / columns,
        macs=bound.prod(axis=1),
    )


def _pass_cycles(length: Array, lines: Array, rows: int) -> Array:
    """Cycles of one block of weights over ``lines`` lines of ``length`` pixels."""
    last = length % rows
    of_line = length - last + np.where(last > 0, np.maximum(last, LEAST_PIECE_CYCLES), 0)
    first = np.where(length >= rows, rows, np.maximum(last, LEAST_PIECE_CYCLES))
    return np.asarray(lines * of_line + rows - np.minimum(first, rows))


def _fetches(trips: Array, order: NDArray[np.int8], dims: str) -> Array:
    """How often a tile is fetched: once for every trip of the loops down to the innermost that moves it."""
    ordered = np.take_along_axis(trips, order.astype(np.int64), axis=1)
    moves = np.isin(order, [DIMS.index(dim) for dim in dims]) & (ordered > 1)
    outside = np.cumsum(moves[:, ::-1], axis=1)[:, ::-1] > 0  # of a loop that moves it, or that loop itself
    return np.asarray(np.where(outside, ordered, 1.0).prod(axis=1))


def _bursts(words: Array) -> Array:
    return np.asarray(np.ceil(words / BURST_WORDS))

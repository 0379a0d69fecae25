"""How a layer is split over equal cores, what each of them makes, and what it needs for that.

A split cuts the output into parts along its batch, its rows and its channels; cores are numbered with channels fastest,
so that cores which need the same rows are neighbours. Parts differ by one at most, and some are empty where there are
more cores than rows. A part is a *box*: a range of batch, of rows and of channels, over all columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mappings.divisors import divisors
from nets.layer import Layer

Boxes: TypeAlias = NDArray[np.int64]
"""``[core, axis, begin or end]`` along batch, rows and channels."""


@dataclass(frozen=True, slots=True)
class Split:
    """Into how many parts the output of a layer is cut."""

    batch: int
    rows: int
    channels: int

    def __str__(self) -> str:
        parts = {"batch": self.batch, "rows": self.rows, "channels": self.channels}
        return " x ".join(f"{count} {name}" for name, count in parts.items() if count > 1) or "whole"

    @property
    def cores(self) -> int:
        """How many there are for all parts."""
        return self.batch * self.rows * self.channels


@dataclass(frozen=True, slots=True)
class Plane:
    """The shape of a tensor that one layer writes and others read.

    Attributes:
        batch, rows, channels, columns: words along each axis.
        bits: of an element.
    """

    batch: int
    rows: int
    channels: int
    columns: int
    bits: float

    @classmethod
    def made_by(cls, layer: Layer) -> Plane:
        """What a layer writes."""
        return cls(layer.N, layer.P, layer.G * layer.K, layer.Q, layer.output_bits)

    @classmethod
    def read_by(cls, layer: Layer) -> Plane:
        """What a layer reads of one operand, where nothing else says its shape."""
        return cls(layer.N, layer.input_height, layer.G * layer.C, layer.input_width, layer.input_bits)

    def words(self, boxes: Boxes) -> NDArray[np.float64]:
        """Words of 8 bits in boxes (..., axis, begin or end)."""
        sizes = (boxes[..., 1] - boxes[..., 0]).clip(min=0)
        found: NDArray[np.float64] = sizes.prod(axis=-1) * (self.columns * self.bits / 8)
        return found


def splits(layer: Layer, cores: int) -> list[Split]:
    """The splits of a layer over so many cores: all products but those that leave most cores idle."""
    found = [
        Split(batch, rows, cores // batch // rows)
        for batch in divisors(cores)
        if batch == 1 or batch <= layer.N
        for rows in divisors(cores // batch)
        if _useful(layer, rows, cores // batch // rows)
    ]
    return found or [Split(1, 1, cores)]


def _useful(layer: Layer, rows: int, channels: int) -> bool:
    """Whether no more than half of the parts along an axis are empty, if it is cut."""
    return (rows == 1 or rows < 2 * layer.P) and (channels == 1 or channels < 2 * _cut_channels(layer))


def _cut_channels(layer: Layer) -> int:
    """Channels that can be cut: groups where there are several, each reading its own, otherwise filters."""
    return layer.G if layer.G > 1 else layer.K


@lru_cache(maxsize=1 << 12)
def made(layer: Layer, split: Split) -> Boxes:
    """What each core makes of the output."""
    channels = layer.G * layer.K // _cut_channels(layer) * _ends(_cut_channels(layer), split.channels)
    return _boxes(_ends(layer.N, split.batch), _ends(layer.P, split.rows), channels)


@lru_cache(maxsize=1 << 12)
def needed(layer: Layer, split: Split, source: Plane, *, windowed: bool) -> Boxes:
    """What each core needs of an operand; all of it, where the layer does not read a window of it.

    Args:
        windowed: whether positions of the output read windows of the operand around them.
    """
    outputs = made(layer, split)
    boxes = np.empty_like(outputs)
    boxes[:, :, 0], boxes[:, :, 1] = 0, (source.batch, source.rows, source.channels)
    if windowed:
        boxes[:, 0] = outputs[:, 0]
        reach = (layer.R - 1) * layer.dilation[0] + 1
        boxes[:, 1, 0] = outputs[:, 1, 0] * layer.stride[0] - layer.padding[0]
        boxes[:, 1, 1] = (outputs[:, 1, 1] - 1) * layer.stride[0] - layer.padding[0] + reach
        boxes[:, 1] = boxes[:, 1].clip(0, source.rows)
        if layer.G > 1 and source.channels == layer.G * layer.C:
            boxes[:, 2] = outputs[:, 2] // layer.K * layer.C
    boxes[idle(layer, split)] = 0
    return boxes


def idle(layer: Layer, split: Split) -> NDArray[np.bool_]:
    """(cores,) which cores make nothing."""
    outputs = made(layer, split)
    none: NDArray[np.bool_] = np.any(outputs[:, :, 1] <= outputs[:, :, 0], axis=1)
    return none


def weight_parts(layer: Layer, split: Split) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Words of 8 bits of each part of the weights, and (cores,) which part each core needs; -1 where none."""
    channels = made(layer, split)[: split.channels, 2]
    words = (channels[:, 1] - channels[:, 0]) / (layer.G * layer.K) * (layer.weight_words * layer.weight_bits / 8)
    parts = np.arange(split.cores, dtype=np.int64) % split.channels
    return words, np.where(idle(layer, split), -1, parts)


def shares(layer: Layer, split: Split) -> tuple[list[Layer], NDArray[np.int64]]:
    """What cores run, as layers, and (cores,) which of them each does; -1 where none."""
    outputs = made(layer, split)
    lengths, which = np.unique(outputs[:, :, 1] - outputs[:, :, 0], axis=0, return_inverse=True)
    busy = [number for number, length in enumerate(lengths.tolist()) if min(length) > 0]
    place = np.full(len(lengths), -1)
    place[busy] = np.arange(len(busy))
    return [_share(layer, *lengths[number].tolist()) for number in busy], place[which.ravel()]


def _share(layer: Layer, batch: int, rows: int, channels: int) -> Layer:
    """A part of a layer, with what it reads around it as if it were all there."""
    groups, filters = (channels // layer.K, layer.K) if layer.G > 1 else (1, channels)
    return replace(layer, N=batch, P=rows, G=groups, K=filters, padding=(0, 0, 0, 0), extra_params=0, times=1)


def overlaps(one: Boxes, other: Boxes) -> Boxes:
    """[core of one, core of other, axis, begin or end] what boxes have in common, empty where nothing."""
    begin = np.maximum(one[:, None, :, 0], other[None, :, :, 0])
    end = np.minimum(one[:, None, :, 1], other[None, :, :, 1])
    return np.stack([begin, np.maximum(begin, end)], axis=-1)


def _ends(size: int, parts: int) -> NDArray[np.int64]:
    """(parts, 2) where even parts begin and end."""
    ends = np.arange(parts + 1, dtype=np.int64) * size // parts
    return np.stack([ends[:-1], ends[1:]], axis=1)


def _boxes(batch: NDArray[np.int64], rows: NDArray[np.int64], channels: NDArray[np.int64]) -> Boxes:
    each = np.meshgrid(np.arange(len(batch)), np.arange(len(rows)), np.arange(len(channels)), indexing="ij")
    return np.stack([axis[place.ravel()] for axis, place in zip((batch, rows, channels), each)], axis=1)

"""The spatial choices of a problem: which dims run in parallel below each level, and how wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from accel_models.axes import AXIS_SETS, NUMBER_OF
from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from mappings.divisors import divisors

Widths = tuple[int, ...]
Fanout = tuple[Widths, Widths]
"""Spatial trips of every dim below one level, and the number of the set of axes that runs each (0: none)."""


def spatial_choices(bounds: Widths, levels: NDArray[np.float64]) -> list[tuple[Fanout, ...]]:
    """Every choice for all levels, with perfect factors.

    Args:
        bounds: of the layer, in the order of ``DIMS``.
        levels: float64 (L, columns) as :mod:`accel_models.codes` names them.
    """
    axes = [_axes(level) for level in levels]
    spread = [level for level, own in enumerate(axes) if own]
    if len(spread) == 1 and all(len(dims) == 1 for _, _, dims in axes[spread[0]]):
        idle = ((1,) * 8, (0,) * 8)
        around = (idle,) * spread[0], (idle,) * (len(axes) - spread[0] - 1)
        return [(*around[0], fanout, *around[1]) for fanout in _fanouts_alone(bounds, axes[spread[0]])]
    return list(_choices(bounds, axes))


def _fanouts_alone(bounds: Widths, axes: list[tuple[int, int, tuple[int, ...]]]) -> list[Fanout]:
    """What :func:`_fanouts` finds where every axis runs one dim, in its order."""
    if len({d for _, _, (d,) in axes}) < len(axes):
        return _fanouts(bounds, axes, perfect=True)
    found: list[Fanout] = [((1,) * 8, (0,) * 8)]
    for a, size, (d,) in axes:
        fitting = [width for width in divisors(bounds[d])[1:] if width <= size]
        found += [
            ((*widths[:d], width, *widths[d + 1 :]), (*on[:d], a, *on[d + 1 :]))
            for widths, on in found
            for width in fitting
        ]
    return found


def choices_that_cover(bounds: Widths, levels: NDArray[np.float64]) -> list[tuple[Fanout, ...]]:
    """The choices, of any widths, that leave nothing of any dim to loops in time."""
    covering = []
    for fanouts in _choices(bounds, [_axes(level) for level in levels], perfect=False):
        left = bounds
        for widths, _ in fanouts:
            left = tuple(-(-extent // width) for extent, width in zip(left, widths))
        if max(left) == 1:
            covering.append(fanouts)
    return covering


def _axes(level: NDArray[np.float64]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Number, size and dims of every axis of more than one instance."""
    axes = []
    for a in range(3):
        size, dims = int(level[AXIS_SIZE + a]), int(level[AXIS_DIMS + a])
        if size > 1:
            axes.append((a, size, tuple(d for d in range(8) if (dims >> d) & 1)))
    return axes


def _choices(
    bounds: Widths, levels: Sequence[list[tuple[int, int, tuple[int, ...]]]], *, perfect: bool = True
) -> Iterator[tuple[Fanout, ...]]:
    if not levels:
        yield ()
        return
    for fanout in _fanouts(bounds, levels[0], perfect):
        left = tuple(-(-bound // width) for bound, width in zip(bounds, fanout[0]))
        for rest in _choices(left, levels[1:], perfect=perfect):
            yield (fanout, *rest)


def _fanouts(bounds: Widths, axes: list[tuple[int, int, tuple[int, ...]]], perfect: bool) -> list[Fanout]:
    """Distinct widths that the axes of a level can run; an axis runs several dims, a dim runs on several axes."""
    found: dict[Widths, Widths] = {(1,) * 8: (0,) * 8}
    for a, size, dims in axes:
        for widths, on in list(found.items()):
            left = tuple(-(-bound // width) for bound, width in zip(bounds, widths))
            for chosen in _products(left, [d for d in dims if left[d] > 1], size, perfect):
                wider, axis_of = list(widths), list(on)
                for d, width in chosen:
                    axis_of[d] = NUMBER_OF[(*AXIS_SETS[on[d]], a)] if widths[d] > 1 else a
                    wider[d] *= width
                found.setdefault(tuple(wider), tuple(axis_of))
    return list(found.items())


def _products(bounds: Widths, dims: Sequence[int], size: int, perfect: bool) -> Iterator[list[tuple[int, int]]]:
    """Every way to give dims widths above 1 of at most ``size`` together, which divide their bounds if ``perfect``."""
    if not dims:
        return
    first, rest = dims[0], dims[1:]
    yield from _products(bounds, rest, size, perfect)
    widths = divisors(bounds[first])[1:] if perfect else range(2, min(size, bounds[first]) + 1)
    for width in widths:
        if width > size:
            break
        yield [(first, width)]
        for others in _products(bounds, rest, size // width, perfect):
            yield [(first, width), *others]

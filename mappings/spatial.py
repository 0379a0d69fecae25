"""The spatial choices of a problem: which dims run in parallel below each level, and how wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.axes import AXIS_SETS, NUMBER_OF
from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from mappings.divisors import divisors

Widths = tuple[int, ...]
Fanout = tuple[Widths, Widths]
"""Spatial trips of every dim below one level, and the number of the set of axes that runs each (0: none)."""
Axis = tuple[int, int, tuple[int, ...]]
"""Number, size and dims of an axis."""
Choices = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Many fan-outs (n, 8), or many choices for L levels (n, L, 8): widths, and numbers of sets of axes."""
JOINED: Final = np.array([[NUMBER_OF.get((*axes, a), 0) for a in range(3)] for axes in AXIS_SETS])
"""Number of the set that an axis joins, by that of the axes before it."""
IDLE: Final[Fanout] = ((1,) * 8, (0,) * 8)


def spatial_choices(bounds: Widths, levels: NDArray[np.float64]) -> list[tuple[Fanout, ...]]:
    """Every choice for all levels, with perfect factors.

    Args:
        bounds: of the layer, in the order of ``DIMS``.
        levels: float64 (L, columns) as :mod:`accel_models.codes` names them.
    """
    return [as_fanouts(*choice) for choice in zip(*choice_arrays(bounds, levels))]


def choice_arrays(bounds: Widths, levels: NDArray[np.float64]) -> Choices:
    """:func:`spatial_choices` as arrays (n, L, 8) of widths and of the numbers of the sets of axes."""
    return _perfect_choices(bounds, [_axes(level) for level in levels], {})


def as_fanouts(widths: NDArray[np.int64], axes: NDArray[np.int64]) -> tuple[Fanout, ...]:
    """One choice of :func:`choice_arrays`, (L, 8) each."""
    return tuple(zip(map(tuple, widths.tolist()), map(tuple, axes.tolist())))


def _perfect_choices(
    bounds: Widths, levels: Sequence[Sequence[Axis]], known: dict[tuple[int, Widths], Choices]
) -> Choices:
    """Choices for some levels; ``known`` are those for the innermost few, by what is left of the bounds there."""
    key = len(levels), bounds
    if key not in known:
        wide, on = _perfect_fanouts(bounds, levels[0])
        if any(levels[1:]):
            lefts = (np.array(bounds) // wide).tolist()
            inner = [_perfect_choices(tuple(left), levels[1:], known) for left in lefts]
            rows = np.repeat(np.arange(len(wide)), [len(widths) for widths, _ in inner])
            within, on_within = (np.concatenate(part) for part in zip(*inner))
        else:
            rows, shape = np.arange(len(wide)), (len(wide), len(levels) - 1, 8)
            within, on_within = np.ones(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        known[key] = (
            np.concatenate([wide[rows, None], within], axis=1),
            np.concatenate([on[rows, None], on_within], axis=1),
        )
    return known[key]


def _perfect_fanouts(bounds: Widths, axes: Sequence[Axis]) -> Choices:
    """What :func:`_fanouts` finds with widths that divide their bounds, in its order, as arrays (n, 8)."""
    widths, on = np.ones((1, 8), dtype=np.int64), np.zeros((1, 8), dtype=np.int64)
    for a, size, dims in axes:
        wider, axis_of, product = widths, on, np.ones(len(widths), dtype=np.int64)
        for d in dims:
            factors = np.array([factor for factor in divisors(bounds[d]) if factor <= size], dtype=np.int64)
            if len(factors) == 1:
                continue
            divides = (bounds[d] // wider[:, d])[:, None] % factors == 0
            rows, columns = np.nonzero(divides & (product[:, None] * factors <= size))
            factor, before = factors[columns], wider[rows, d]
            joined = np.where(before > 1, JOINED[axis_of[rows, d], a], a)
            wider, axis_of, product = wider[rows], axis_of[rows], product[rows] * factor
            axis_of[:, d] = np.where(factor > 1, joined, axis_of[:, d])
            wider[:, d] = before * factor
        new, alone = product > 1, len(widths) == 1
        widths, on = np.concatenate([widths, wider[new]]), np.concatenate([on, axis_of[new]])
        if not alone:  # what one axis runs by itself is different each time
            first = _first_of_each(bounds, widths)
            widths, on = widths[first], on[first]
    return widths, on


def _first_of_each(bounds: Widths, widths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of the first of equal rows among widths (n, 8) that divide their bounds, ascending."""
    codes = np.zeros(len(widths), dtype=np.int64)
    for d, bound in enumerate(bounds):
        known = divisors(bound)
        if len(known) > 1:
            codes = codes * len(known) + np.searchsorted(known, widths[:, d])
    first: NDArray[np.int64] = np.unique(codes, return_index=True)[1]
    first.sort()
    return first


def choices_that_cover(bounds: Widths, levels: NDArray[np.float64]) -> list[tuple[Fanout, ...]]:
    """The choices, of any widths, that leave nothing of any dim to loops in time."""
    covering = []
    for fanouts in _choices(bounds, [_axes(level) for level in levels], _fanouts):
        left = bounds
        for widths, _ in fanouts:
            left = tuple(-(-extent // width) for extent, width in zip(left, widths))
        if max(left) == 1:
            covering.append(fanouts)
    return covering


def _axes(level: NDArray[np.float64]) -> list[Axis]:
    """The axes of more than one instance."""
    axes = []
    for a in range(3):
        size, dims = int(level[AXIS_SIZE + a]), int(level[AXIS_DIMS + a])
        if size > 1:
            axes.append((a, size, tuple(d for d in range(8) if (dims >> d) & 1)))
    return axes


def _choices(
    bounds: Widths, levels: Sequence[Sequence[Axis]], fanouts_of: Callable[[Widths, Sequence[Axis]], list[Fanout]]
) -> Iterator[tuple[Fanout, ...]]:
    at = next((number for number, axes in enumerate(levels) if axes), None)
    if at is None:
        yield (IDLE,) * len(levels)
        return
    around, inner = (IDLE,) * at, levels[at + 1 :]
    if not any(inner):
        within = (IDLE,) * len(inner)
        yield from ((*around, fanout, *within) for fanout in fanouts_of(bounds, levels[at]))
        return
    for fanout in fanouts_of(bounds, levels[at]):
        left = tuple(-(-bound // width) for bound, width in zip(bounds, fanout[0]))
        yield from ((*around, fanout, *rest) for rest in _choices(left, inner, fanouts_of))


def _fanouts(bounds: Widths, axes: Sequence[Axis], *, perfect: bool = False) -> list[Fanout]:
    """Distinct widths that the axes of a level can run; an axis runs several dims, a dim runs on several axes."""
    found: dict[Widths, Widths] = {IDLE[0]: IDLE[1]}
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

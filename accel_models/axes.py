"""Which axes of a fan-out run a dim in parallel, as one number for each dim, and how they share out its width.

A dim may run on several axes of a fan-out, which then are one long axis to it: its pieces are dealt out over both, and
nothing that is counted depends on how. So an array of mappings holds for each dim the *set* of its axes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, prod
from typing import Final

AXIS_SETS: Final = ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
"""The sets of axes by their number: 0, 1 and 2 for one axis alone."""
NUMBER_OF: Final = {axes: number for number, axes in enumerate(AXIS_SETS)}


def share_out(widths: Sequence[int], numbers: Sequence[int], sizes: Sequence[int]) -> dict[int, dict[int, int]] | None:
    """The width of every dim on each of its axes, or ``None`` where the axes have no room for all.

    Args:
        widths: instances that each dim takes. numbers: of its set in :data:`AXIS_SETS`. sizes: of the three axes.
    """
    dims = [d for d, width in enumerate(widths) if width > 1]
    return _share_out(dims, widths, numbers, list(sizes))


def _share_out(
    dims: list[int], widths: Sequence[int], numbers: Sequence[int], room: list[int]
) -> dict[int, dict[int, int]] | None:
    if not dims:
        return {}
    first, *rest = dims
    axes = AXIS_SETS[numbers[first]]
    for given in product(*(range(min(room[a], widths[first]), 0, -1) for a in axes[:-1])):
        last = ceil(widths[first] / prod(given))
        if last > room[axes[-1]]:
            continue
        left = list(room)
        for a, width in zip(axes, (*given, last)):
            left[a] //= width
        others = _share_out(rest, widths, numbers, left)
        if others is not None:
            return {first: dict(zip(axes, (*given, last))), **others}
    return None

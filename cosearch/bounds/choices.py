"""The sizes that designs have: every one of the template, or a few of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.template import ARRAY_STRIDE, BUFFER_STRIDE_BYTES
from cosearch.problem.template_space import MOST_ELEMENTS, MOST_L1_BYTES, MOST_L2_BYTES, MOST_NOC_WORDS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

L2_RATIO: Final = 1.02
"""Ratio of neighbours in the table of sizes of L2, where they are more than a stride apart."""


def _rungs() -> list[int]:
    """Sizes of L2 in bytes, a ladder on their stride."""
    sizes = [BUFFER_STRIDE_BYTES]
    while sizes[-1] < MOST_L2_BYTES:
        larger = int(sizes[-1] * L2_RATIO) // BUFFER_STRIDE_BYTES * BUFFER_STRIDE_BYTES
        sizes.append(min(max(larger, sizes[-1] + BUFFER_STRIDE_BYTES), MOST_L2_BYTES))
    return sizes


@dataclass(frozen=True)
class Choices:
    """The sizes that designs have, ascending; each on its stride.

    Attributes:
        lanes: of an axis. l1_bytes: of one element. l2_bytes: those between two lie in boxes that hold both.
        words: a cycle of the network.
    """

    lanes: Sequence[int]
    l1_bytes: Sequence[int]
    l2_bytes: Sequence[int]
    words: Sequence[int]


ALL: Final = Choices(
    range(ARRAY_STRIDE, MOST_ELEMENTS + 1, ARRAY_STRIDE),
    range(BUFFER_STRIDE_BYTES, MOST_L1_BYTES + 1, BUFFER_STRIDE_BYTES),
    _rungs(),
    range(1, int(MOST_NOC_WORDS) + 1),
)
"""Every size of the template, but for those of L2 between two rungs of a ladder."""


def nearest(sizes: Ints, wanted: Floats | float) -> Ints:
    """The places of the sizes of an ascending table that are nearest to those wanted."""
    places = np.interp(wanted, sizes, np.arange(1.0, len(sizes) + 1))
    rounded: Ints = np.round(places).astype(np.int64) - 1
    return rounded

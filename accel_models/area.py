"""From parts to area: the on-chip network, the pitch of the array, and the overhead over the sum of the parts.

The parts (SRAM macros, multipliers, adders, flip-flops, crosspoints) say nothing of control, clock tree, wiring, fill
and the address generators, so their sum is multiplied by an *overhead factor*. It is an assumption, never hidden: the
breakdown has it as a part of its own. 2.5 is the default; ``docs/technology.md`` holds it against silicon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from accel_models.technology import Technology
from nets.errors import InputError

DEFAULT_OVERHEAD: Final = 2.5

MOST_OVERHEAD: Final = 1000

NETWORK: Final = "network"
OVERHEAD: Final = "overhead"
"""How the name of the overhead begins in a breakdown of an area."""


def network_mm2(tech: Technology, array: Sequence[int], lanes: float, word_bits: int) -> float:
    """Area of the network between a shared buffer and the array below it.

    Any of ``lanes`` buffer ports reaches any port on the array's edge (a crossbar), and every element taps three
    buses, one for each tensor. Crosspoints are priced by Aladdin's crossbar. The layout is this project's assumption.
    """
    crosspoints = lanes * sum(array) + 3 * math.prod(array)
    return tech.crosspoints_mm2(crosspoints, word_bits)


def overhead_name(factor: float) -> str:
    """How a breakdown calls the overhead, e.g. ``"overhead (x2.5)"``."""
    return f"{OVERHEAD} (x{factor:g})"


def check_overhead(place: str, factor: float) -> None:
    """Refuse what is no overhead factor.

    Raises:
        InputError: it is below 1, which is the bare sum of the parts, or beyond any layout.
    """
    if not 1 <= factor <= MOST_OVERHEAD:
        raise InputError(f"{place}: overhead", factor, f"must be at least 1 (the bare sum) and at most {MOST_OVERHEAD}")


def pitch_mm(element_mm2: float) -> float:
    """Distance between neighbours of an array of square elements."""
    return math.sqrt(element_mm2)

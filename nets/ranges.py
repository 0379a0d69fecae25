"""What numbers may be: counts that every part of the model holds exactly, figures that make no cost infinite.

The cost model counts in 64-bit integers and prices in double precision, which holds every whole number up to 2**53. A
layer, network or machine beyond that is refused as it is made, so that nothing further in needs to ask.

Figures (energies, bandwidths, capacities, the clock) lie within thirty orders of magnitude around one. A cost is a sum
of products of at most one count, two figures and a latency: energy stays below 1e16 x 1e30 x 1e76, so that no cost is
infinite, none is NaN, and no product of positive figures vanishes.
"""

from __future__ import annotations

import math
from typing import Final

from nets.errors import InputError

EXACT: Final = 2**53
"""The largest count: up to it double precision holds every whole number."""

LARGEST: Final = 2**31 - 1
"""The largest loop bound and the longest axis: their divisors are found in as many steps as its square root."""

LEAST: Final = 1e-30
MOST: Final = 1e30
"""From :data:`LEAST` to this lies every figure of a machine that is not zero or without limit."""


def require_exact(place: str, count: int, what: str = "") -> None:
    """Refuse a count that is not exact everywhere.

    Raises:
        InputError: ``count`` is above :data:`EXACT`; ``what`` says which count, where ``place`` does not.
    """
    if count > EXACT:
        rule = f"{what} are too many to be counted exactly: at most 2^53, {EXACT:,}"
        if not what:
            rule = f"is too large to be counted exactly: at most 2^53, {EXACT:,}"
        raise InputError(place, count, rule)


def require_size(place: str, size: int) -> None:
    """Refuse a loop bound or an axis that is too long.

    Raises:
        InputError: ``size`` is above :data:`LARGEST`.
    """
    if size > LARGEST:
        raise InputError(place, size, f"is too large: at most 2^31 - 1, {LARGEST:,}")


def require_figure(place: str, value: float, *, zero: bool = False, endless: bool = False) -> None:
    """Refuse a figure of a machine that costs could turn into zero, infinity or NaN.

    Args:
        zero, endless: whether 0 and infinity are figures too.

    Raises:
        InputError: not a number, or outside :data:`LEAST` to :data:`MOST`.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and (LEAST <= value <= MOST or (zero and value == 0) or (endless and value == math.inf)):
        return
    rule = "must be a finite number of at least zero, 0 or" if zero else "must be greater than zero,"
    raise InputError(place, value, f"{rule} from {LEAST:g} to {MOST:g}{' or inf for no limit' if endless else ''}")


def require_name(of: str, name: str) -> None:
    """Refuse a name of no letters.

    Raises:
        InputError: it is one.
    """
    if not name:
        raise InputError(f"{of}: name", name, "must not be empty")


def require_whole(place: str, value: object, least: int = 1) -> None:
    """Refuse what is no whole number of at least ``least``, or none that is counted exactly.

    Raises:
        InputError: it is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(place, value, f"must be a whole number of at least {least}")
    require_exact(place, value)

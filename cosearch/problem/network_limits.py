"""Limits on a network by itself, whatever it runs on: ``sram=320KB,flash=1MB,macs=300M,params=4M``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cosearch.problem.budget import Quantity
from cosearch.problem.measures import FLASH, MACS, PARAMS, SRAM, Limit, Measure
from nets.accuracy.small import footprint_of
from nets.documents.grammar import read_pairs
from nets.network import Network

EXAMPLE: Final = "sram=320KB,flash=1MB"
_BYTES: Final = {"KB": 1e3, "B": 1.0, "MB": 1e6, "KiB": 1024.0, "MiB": 1024.0**2}
_COUNTS: Final = {"M": 1e6, "k": 1e3, "G": 1e9}
_LIMITED: Final[dict[str, tuple[Measure, Quantity]]] = {
    measure.name: (measure, Quantity(measure.name, measure.name, units))
    for measure, units in ((SRAM, _BYTES), (FLASH, _BYTES), (MACS, _COUNTS), (PARAMS, _COUNTS))
}


def kept(limits: Sequence[Limit], network: Network) -> dict[str, float]:
    """What a network takes of each limit, by name of the measure."""
    taken = footprint_of(network)._asdict()
    return {limit.measure.name: float(taken[limit.measure.name]) for limit in limits}


def describe_kept(limits: Sequence[Limit], network: Network) -> str:
    """The same in words, beside what it may take."""
    taken = kept(limits, network)
    return ", ".join(
        f"{name} {limit.measure.show(taken[name])} of at most {limit.measure.show(limit.bound)}"
        for limit in limits
        for name in [limit.measure.name]
    )


def read_network_limits(*texts: str) -> tuple[Limit, ...]:
    """The limits that one or several texts give together.

    Raises:
        TextError: an unknown key, a number without its unit or with another, a limit given twice.
    """
    limits: dict[str, Limit] = {}
    for text in texts:
        for name, value in read_pairs(text, "limit", known=_LIMITED, of="limit", example=EXAMPLE).items():
            if name in limits:
                raise value.refuse(f"limit: {name}", "is limited twice", "leave one out")
            measure, quantity = _LIMITED[name]
            limits[name] = Limit(measure, quantity.read(f"limit: {name}", value))
    return tuple(limits.values())

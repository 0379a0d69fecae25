"""The exhibits by name, each in a module of its own that is imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import Final

from cosearch.exhibits.exhibit import Exhibit, Settings
from nets.errors import unknown

EXHIBITS: Final = {
    "macs-are-not-latency": ("equal_macs", "networks of equal MACs whose latency differs on one accelerator"),
    "specialised": ("specialised", "networks searched for three accelerators, each run on all of them"),
    "ofa-against-scaling": ("against_scaling", "Once-for-All subnets against compound scaling and published networks"),
    "roofline": ("intensity", "arithmetic intensity of a searched subnet against MobileNetV2, under the roof"),
    "peak-memory": ("memory", "parameters against peak activation: ResNet and MobileNetV2"),
}
"""Module and summary of each."""


def exhibit(name: str, settings: Settings | None = None) -> Exhibit:
    """Make one.

    Raises:
        InputError: no such exhibit; settings that it cannot serve.
        InfeasibleError: a search in it found nothing.
    """
    if name not in EXHIBITS:
        raise unknown("exhibit", name, EXHIBITS)
    module = importlib.import_module(f"cosearch.exhibits.{EXHIBITS[name][0]}")
    made: Exhibit = module.exhibit(settings or Settings())
    return made

"""The two ways of counting energy: the paper's, as MAESTRO counts, and ours.

MAESTRO (its standard output) charges a multiply-accumulate 1, an access of L1 1.68 and one of L2 18.61, whatever their
sizes; it has no DRAM energy, an element is a word, and vector layers are not there. The constants have no source: their
author lost it. Cycles are those of the cost model here under both; the paper's has DRAM that is never waited for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from accel_models.accelerator import Accelerator, Level
from accel_models.template import Template
from nets import Network

MAC: Final = 1.0
L1: Final = 1.68
L2: Final = 18.61
"""Energy of a multiply-accumulate, an access of L1 and of L2, in that of a multiply-accumulate (MAESTRO 4eb08d1)."""


@dataclass(frozen=True)
class Convention:
    """How a design is priced, and what counts of a network.

    Attributes:
        name: of it.
        priced: the machine of a design.
        counted: the layers of a network that count.
    """

    name: str
    priced: Callable[[Template], Accelerator]
    counted: Callable[[Network], Network]


def as_maestro_counts(template: Template) -> Accelerator:
    """The machine of a design, with MAESTRO's constants; words are elements, and memories hold as many as bytes."""
    machine = template.accelerator()
    dram, l2, l1 = machine.levels
    free = {"word_bits": None, "leakage_mw": 0.0, "network_pj": 0.0}

    def priced(level: Level, pj: float, words: float) -> Level:
        return replace(level, read_pj=pj, write_pj=pj, capacity_words=words, **free)

    endless = {"read_bandwidth": math.inf, "write_bandwidth": math.inf}
    levels = (
        replace(priced(dram, 0.0, math.inf), shared_bandwidth=math.inf),
        priced(l2, L2, template.l2_bytes),
        replace(priced(l1, L1, template.l1_bytes), **endless),
    )
    return replace(machine, levels=levels, mac_pj=MAC, static_mw=0.0)


def arithmetic_alone(network: Network) -> Network:
    """The layers of a network that multiply."""
    alone = Network(network.name)
    for layer in network.layers:
        if layer.is_mac:
            alone.add(layer, [])
    return alone


PAPER: Final = Convention("paper", as_maestro_counts, arithmetic_alone)
OURS: Final = Convention("ours", Template.accelerator, lambda network: network)
CONVENTIONS: Final = {convention.name: convention for convention in (PAPER, OURS)}

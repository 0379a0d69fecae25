"""A design in words: what the machine looks like, why it has that shape, and what holds the network back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from accel_models.accelerator import Accelerator
from cosearch.evaluation.network_cost import NetworkCost

DIM_NAMES: Final = {
    "N": "images",
    "G": "groups",
    "K": "output channels",
    "C": "input channels",
    "P": "output rows",
    "Q": "output columns",
    "R": "filter rows",
    "S": "filter columns",
}


def describe_accelerator(accelerator: Accelerator) -> str:
    """The machine in one paragraph."""
    sentences = []
    array = [axis for level in accelerator.levels for axis in level.fanout]
    macs = accelerator.macs_per_cycle
    if array:
        shape = " x ".join(str(axis.size) for axis in array)
        runs = [f"{axis.size} {_dims(axis.dims)}" for axis in array]
        kind = "A line" if len(array) == 1 else f"A {shape} array"
        sentences.append(
            f"{kind} of {macs} multiply-accumulate units at {accelerator.clock_hz / 1e6:g} MHz works on "
            f"{_listed(runs)} at once."
        )
    else:
        sentences.append(f"{macs} multiply-accumulate units run at {accelerator.clock_hz / 1e6:g} MHz.")
    for index, level in enumerate(accelerator.levels[1:], 1):
        if not math.isfinite(level.capacity_words):
            continue
        count = accelerator.instances(index)
        words = _size(level.capacity_words * (level.word_bits or 8) / 8)
        if 1 < count != macs:
            memory = f"There are {count} pieces of {level.name}, {words} each"
        else:
            memory = f"{'They share' if count == 1 else 'Each unit has'} {words} of {level.name}"
        halves = ", in two halves so that one fills while the other is read" if level.double_buffered else ""
        rate = f"; it gives {level.read_bandwidth:g} words a cycle" if math.isfinite(level.read_bandwidth) else ""
        sentences.append(f"{memory}{halves}{rate}.")
    dram = accelerator.levels[0]
    if math.isfinite(dram.shared_bandwidth):
        rate_gb_s = dram.shared_bandwidth * (dram.word_bits or 8) / 8 * accelerator.clock_hz / 1e9
        sentences.append(f"{dram.name} moves {rate_gb_s:g} GB/s.")
    if accelerator.area_mm2:
        parts = sorted(accelerator.area_breakdown_mm2().items(), key=lambda item: -item[1])
        shares = _listed([f"{name} {mm2 / accelerator.area_mm2:.0%}" for name, mm2 in parts])
        sentences.append(f"It takes {accelerator.area_mm2:.3g} mm2 in {accelerator.node_nm:g} nm: {shares}.")
    else:
        sentences.append("Its area is not known.")
    return " ".join(sentences)


def describe_binding(cost: NetworkCost) -> str:
    """What holds a network back, most of the time first."""
    shares = [
        f"{_binder(name)} for {share:.0%} of the time" for name, share in cost.time_shares.items() if share >= 0.01
    ]
    return _listed(shares)


def _binder(name: str) -> str:
    return "the array" if name == "compute" else f"{name} bandwidth"


def _dims(dims: Sequence[str]) -> str:
    return " or ".join(DIM_NAMES[dim] for dim in dims) if dims else "of any dim"


def _size(size_bytes: float) -> str:
    return f"{size_bytes / 1024:.4g} KiB" if size_bytes >= 1024 else f"{size_bytes:g} B"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else "nothing"

"""Whether the outermost memory holds a network: its parameters, and what its largest layer reads and writes.

Layers run one after the other, so that is what it holds at least; branches that wait for each other take more.
"""

from __future__ import annotations

import math
from typing import Final

from accel_models.accelerator import Accelerator
from cosearch.problem.options import CoSearchOptions
from nets.errors import InputError
from nets.network import Network

BYTE: Final = 8


def capacity_bytes(accelerator: Accelerator) -> float:
    """Of the outermost memory, where one element is one word in words; infinite where it has no limit."""
    outermost = accelerator.levels[0]
    return outermost.capacity_words * (outermost.word_bits or BYTE) / BYTE


def require_room(network: Network, accelerator: Accelerator) -> None:
    """Make sure that the outermost memory holds a network.

    Raises:
        InputError: it does not; says what takes how much.
    """
    capacity = capacity_bytes(accelerator)
    if math.isinf(capacity):
        return
    whole_words, layers = accelerator.levels[0].word_bits is None, network.layers
    learned, moved = 0.0, []
    for layer in layers:
        bits = dict.fromkeys("WIO", BYTE) if whole_words else accelerator.element_bits(0, layer)
        learned += (layer.params + (layer.weight_words if layer.cached == "W" else 0)) * bits["W"]
        moved.append(layer.input_words * bits["I"] + layer.output_words * bits["O"])
    largest = max(range(len(layers)), key=moved.__getitem__)
    needed = math.ceil((learned + moved[largest]) / BYTE)
    if needed > capacity:
        raise InputError(
            f"accelerator {accelerator.name!r}: {accelerator.levels[0].name}", f"{capacity:,.0f} B",
            f"is {needed - capacity:,.0f} B too few for {network.name}: parameters and caches take "
            f"{math.ceil(learned / BYTE):,} B, inputs and outputs of {layers[largest].name} "
            f"{math.ceil(moved[largest] / BYTE):,} B", "give it more, or fewer bits to the network",
        )  # fmt: skip


def require_room_for(options: CoSearchOptions) -> None:
    """The same of everything that a search maps on a machine of one's own.

    Raises:
        InputError: see :func:`require_room`; or subnets are searched, which nothing holds against a limit.
    """
    if options.machine is None or math.isinf(capacity_bytes(accelerator := options.machine.accelerator())):
        return
    if not options.networks:
        rule = "limits what a network may take, which is not known of the subnets of a space"
        raise InputError(
            f"machine: {accelerator.levels[0].name}.capacity_bytes", f"{capacity_bytes(accelerator):,.0f}", rule,
            "leave it out, or give --network",
        )  # fmt: skip
    for network in options.load_networks():
        require_room(network, accelerator)

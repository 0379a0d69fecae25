"""A table of layer latencies for a device that nobody has measured: every part of a space, or every layer of a network,
mapped on an accelerator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np

from accel_models.accelerator import Accelerator
from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.problem.mapper_options import MapperOptions
from nets.errors import InfeasibleError, InputError
from nets.latency import LayerTable, build_layer_table, tabulate_network
from nets.layer import Layer
from nets.network import Network, unique_layers
from nets.spaces import Block, Space

DRAWN: Final = 1000
"""Random networks, besides the largest and the smallest."""

Tabulated: TypeAlias = tuple[LayerTable, str]
"""A table, and of which precision it is, in words, where that is not the usual one."""


def tabulate(
    space: Space, accelerator: Accelerator, resolutions: Sequence[int], options: MapperOptions, budget: int
) -> Tabulated:
    """Latency in milliseconds of every part that any subnet of the space is made of, as the cost model has it.

    Where a space has more blocks than can be listed, of those that :data:`DRAWN` of its networks are made of.

    Args:
        resolutions: of the space; a row belongs to the resolution that its input shape comes from.
        options: how layers are mapped; the objective should be latency.
        budget: evaluations for each layer shape.

    Raises:
        InputError: a resolution that the space has not.
        InfeasibleError: no mapping was found for some layer.
    """
    for resolution in resolutions:
        if resolution not in space.resolutions:
            low, high = space.resolutions[0], space.resolutions[-1]
            raise InputError("--resolution", resolution, f"is not one of {space.id}, which has {low} to {high}")
    blocks = [block for resolution in resolutions for block in _blocks(space, resolution)]
    costs = LayerCosts(accelerator, options, budget)
    latency_ms, precision = _latencies([layer for block in blocks for layer in block.layers], costs)
    return build_layer_table(accelerator.name, blocks, latency_ms), precision


def tabulate_layers(network: Network, accelerator: Accelerator, options: MapperOptions, budget: int) -> Tabulated:
    """The same of every layer of a network.

    Raises:
        InfeasibleError: no mapping was found for some layer.
    """
    latency_ms, precision = _latencies(network.layers, LayerCosts(accelerator, options, budget))
    return tabulate_network(accelerator.name, network, latency_ms), precision


def _latencies(layers: Sequence[Layer], costs: LayerCosts) -> tuple[dict[ShapeKey, float], str]:
    """Milliseconds of one run of each shape, and of which precision, in words, where that is not the usual one."""
    shapes = [layer for layer, _ in unique_layers(layers)]
    costs.require(shapes)
    latency_ms = {layer.shape_key: 1e3 * costs.of([layer])[0] for layer in shapes}
    for layer in shapes:
        if not math.isfinite(latency_ms[layer.shape_key]):
            raise InfeasibleError(f"no mapping of {layer.name} ({layer.bounds}) fits {costs.accelerator.name}")
    return latency_ms, costs.precision(shapes)


def lists_blocks(space: Space) -> bool:
    """Whether a table holds all parts of a space, and not only those of networks drawn from it."""
    try:
        space.all_blocks(space.resolutions[-1])
    except InputError:
        return False
    return True


def _blocks(space: Space, resolution: int) -> Sequence[Block]:
    if lists_blocks(space):
        return space.all_blocks(resolution)
    rng = np.random.default_rng(0)
    configs = [space.max_config(), space.min_config(), *(space.sample(rng) for _ in range(DRAWN))]
    return list(dict.fromkeys(block for config in configs for block in space.blocks(config, resolution)))

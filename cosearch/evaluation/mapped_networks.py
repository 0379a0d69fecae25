"""Networks on a given machine, every layer mapped anew."""

from __future__ import annotations

from collections.abc import Sequence

from accel_models.accelerator import Accelerator
from accel_models.description import Machine
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.evaluation.winner import Winner
from cosearch.evaluation.workload import published_accuracy
from cosearch.problem.options import MapperOptions
from nets.network import Network, unique_layers


def map_networks(networks: Sequence[Network], machine: Machine, options: MapperOptions, budget: int) -> Winner:
    """Map and evaluate networks.

    Args:
        networks: reference networks or subnets.
        machine: where they run.
        options: how layers are mapped.
        budget: evaluations for each layer shape.

    Raises:
        InfeasibleError: no mapping was found for some layer.
    """
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    shapes = [layer for layer, _ in unique_layers(layer for network in networks for layer in network.layers)]
    table = map_shapes(shapes, [accelerator], options, budget)
    costs = tuple(evaluate_network(network, accelerator, table.mappings(network.layers)) for network in networks)
    return Winner(machine, costs, tuple(published_accuracy(network) for network in networks))

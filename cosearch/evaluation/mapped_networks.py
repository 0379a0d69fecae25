"""Networks on a given machine, every layer mapped anew."""

from __future__ import annotations

from collections.abc import Sequence

from accel_models.accelerator import Accelerator
from accel_models.description import Machine
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.evaluation.room import require_room
from cosearch.evaluation.winner import Winner
from cosearch.evaluation.workload import published_accuracy
from cosearch.problem.mapper_options import MapperOptions
from nets.errors import InputError
from nets.network import Network, unique_layers


def require_energies(accelerator: Accelerator, objective: str) -> None:
    """Refuse to make energy small on a machine that takes none.

    Raises:
        InputError: all its energies are zero, and the objective is not the latency alone.
    """
    levels = [at.read_pj + at.write_pj + at.network_pj for at in accelerator.levels]
    if objective != "latency" and not sum(levels) + accelerator.mac_pj + accelerator.leakage_mw > 0:
        raise InputError(
            f"accelerator {accelerator.name!r}: energies", 0, f"are all zero, so that no {objective} can be told",
            "give them, or take --objective latency",
        )  # fmt: skip


def map_networks(networks: Sequence[Network], machine: Machine, options: MapperOptions, budget: int) -> Winner:
    """Map and evaluate networks.

    Args:
        networks: reference networks or subnets.
        machine: where they run.
        options: how layers are mapped.
        budget: evaluations for each layer shape.

    Raises:
        InputError: see :func:`require_energies` and :func:`~cosearch.evaluation.room.require_room`.
        InfeasibleError: no mapping was found for some layer.
    """
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    require_energies(accelerator, options.objective)
    for network in networks:
        require_room(network, accelerator)
    shapes = [layer for layer, _ in unique_layers(layer for network in networks for layer in network.layers)]
    table = map_shapes(shapes, [accelerator], options, budget)
    costs = tuple(evaluate_network(network, accelerator, table.mappings(network.layers)) for network in networks)
    return Winner(machine, costs, tuple(published_accuracy(network) for network in networks))

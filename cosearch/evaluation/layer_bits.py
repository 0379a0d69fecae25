"""Mixed precision on a given machine: how wide the weights of each layer are, by a table of what the network loses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from accel_models.accelerator import Accelerator
from accel_models.description import Machine
from cosearch.evaluation.mapped_networks import require_energies
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import ShapeKey, evaluate_network
from cosearch.evaluation.winner import Winner
from cosearch.problem.objective import Objective, load_objective
from cosearch.problem.options import MapperOptions
from cosearch.strategies.shortest_path.choices import Choice, Option, best_choice
from nets.bits_table import BitsTable
from nets.errors import InfeasibleError, InputError
from nets.layer import Layer
from nets.network import Network, unique_layers


@dataclass(frozen=True, slots=True)
class LayerBits:
    """What was chosen of a table.

    Attributes:
        bits: of a weight, by layer.
        loss: that they add up to; max_loss: that it may be.
        choice: with its proof, of all choices of the table with each layer mapped as it was here.
        objective: what the choice makes least.
    """

    bits: Mapping[str, float]
    loss: float
    max_loss: float
    choice: Choice
    objective: Objective

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "bits": dict(self.bits),
            "loss": self.loss,
            "max_loss": self.max_loss,
            "objective": self.objective.name,
            "value": self.choice.value,
            "lower_bound": self.choice.lower_bound,
            "proven": self.choice.proven,
        }

    def __str__(self) -> str:
        names: dict[float, list[str]] = {}
        for name, bits in sorted(self.bits.items(), key=lambda item: item[1]):
            names.setdefault(bits, []).append(name)
        shown = "; ".join(f"{bits:g} bits: {', '.join(layers)}" for bits, layers in names.items())
        better = "no other choice of the table is better" if self.choice.proven else "another choice may be better"
        return f"weights of {shown}. They lose {self.loss:g} of {self.max_loss:g}; as mapped here {better}"


def map_mixed(
    network: Network, table: BitsTable, max_loss: float, machine: Machine, options: MapperOptions, budget: int
) -> tuple[Winner, LayerBits]:
    """Map every layer at each of its widths, and take of each the one that makes the network best.

    How accurate it is then is the table's to say: no published accuracy is claimed.

    Args:
        network: whose other layers, and other operands, stay as they are.
        table: of layers of it.
        max_loss: that the losses of all layers may add up to.
        machine, options, budget: as :func:`cosearch.evaluation.mapped_networks.map_networks` takes them; the choice is
            for the objective of the options.

    Raises:
        InputError: the table is of other layers or of weights wider than the machine multiplies, or see
            :func:`cosearch.evaluation.mapped_networks.require_energies`.
        InfeasibleError: no mapping was found for some layer, or every choice loses more.
    """
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    require_energies(accelerator, options.objective)
    table.require(network)
    _require_multiplied(table, accelerator)
    losses, most = table.units(max_loss)
    wide = {layer.name: _at_each_width(layer, table) for layer in network.layers}
    every = [layer for layers in wide.values() for layer in layers]
    mapped = map_shapes([layer for layer, _ in unique_layers(every)], [accelerator], options, budget)
    costs = mapped.costs(every)
    parts = [
        [_option(loss, layer, costs) for loss, layer in zip(losses.get(name, (0,)), layers)]
        for name, layers in wide.items()
    ]
    objective = load_objective(options.objective)
    choice = best_choice(parts, most, objective)
    if choice is None:
        least = math.fsum(min(options.values()) for options in table.losses.values())
        raise InfeasibleError(f"--max-loss: {max_loss:g} is less than the {least:g} that the table's layers lose")
    taken = dict(zip(wide, choice.taken))
    bits = {name: [*widths][taken[name]] for name, widths in table.losses.items()}
    mixed = network.with_weight_bits(bits)
    cost = evaluate_network(mixed, accelerator, mapped.mappings(mixed.layers))
    loss = math.fsum(widths[bits[name]] for name, widths in table.losses.items())
    return Winner(machine, (cost,), (None,)), LayerBits(bits, loss, max_loss, choice, objective)


def _at_each_width(layer: Layer, table: BitsTable) -> list[Layer]:
    """A layer at each width that a table has for its weights; as it is where that has none."""
    if layer.name not in table.losses:
        return [layer]
    return [replace(layer, weight_bits=bits) for bits in table.losses[layer.name]]


def _option(loss: int, layer: Layer, costs: Mapping[ShapeKey, tuple[float, float]]) -> Option:
    """What all runs of a layer cost."""
    energy_pj, latency_s = costs[layer.shape_key]
    return Option(loss, energy_pj * layer.times, latency_s * layer.times)


def _require_multiplied(table: BitsTable, accelerator: Accelerator) -> None:
    """Refuse weights that are wider than what the machine's arithmetic is priced for."""
    most = math.inf if accelerator.precision is None else accelerator.precision.weight
    if table.widest() > most:
        rule = f"are wider than the weights of {most} bits that {accelerator.name} multiplies"
        raise InputError(f"{table.path}: bits", table.widest(), rule, "give --precision, as in w8a16")

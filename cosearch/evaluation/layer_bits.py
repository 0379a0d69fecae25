"""Mixed precision on a given machine: how wide the weights of each layer are, by a table of what the network loses."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from accel_models.accelerator import Accelerator
from accel_models.description import Machine
from cosearch.evaluation.mapped_networks import require_energies
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.mixes import Mixes
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.evaluation.winner import Winner
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import Objective, load_objective
from cosearch.strategies.shortest_path.choices import Choice
from nets.bits_table import BitsTable
from nets.network import Network


@dataclass(frozen=True, slots=True)
class LayerBits:
    """What was chosen of a table.

    Attributes:
        mix: the widths.
        choice: with its proof, of all choices of the table with each layer mapped as it was here.
        objective: what the choice makes least.
    """

    mix: WeightBits
    choice: Choice
    objective: Objective

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self.mix) | {
            "objective": self.objective.name,
            "value": self.choice.value,
            "lower_bound": self.choice.lower_bound,
            "proven": self.choice.proven,
        }

    def __str__(self) -> str:
        better = "no other choice of the table is better" if self.choice.proven else "another choice may be better"
        return f"{self.mix}; as mapped here {better}"


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
    mixes = Mixes(network, table, max_loss)
    mixes.require_multiplied(accelerator.precision, accelerator.name)
    mapped = map_shapes(mixes.layers, [accelerator], options, budget)
    mapped.costs(mixes.layers)  # says which has no mapping
    objective = load_objective(options.objective)
    choice = mixes.best(mapped.energy_pj[0], mapped.latency_s[0], objective)
    assert choice is not None
    mix = mixes.weight_bits(choice.taken)
    mixed = network.with_weight_bits(mix.bits)
    cost = evaluate_network(mixed, accelerator, mapped.mappings(mixed.layers))
    return Winner(machine, (cost,), (None,)), LayerBits(mix, choice, objective)

"""A mapped design: the networks on a machine, layer by layer, and their accuracies."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from accel_models.accelerator import Accelerator
from accel_models.description import Machine
from accel_models.description import to_dict as machine_to_dict
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.problem.network_limits import kept, read_network_limits
from cosearch.problem.objective import Objective, geometric_mean
from nets.accuracy import Accuracy
from nets.documents import FileMark
from nets.given import GivenNetwork, is_reference
from nets.network import Network
from nets.own_code import names_own_code

if TYPE_CHECKING:
    from cosearch.evaluation.groups import Grouped

FOUND_BY: Final = ("shortest path, exact", "shortest path", "evolution", "each priced, exact", "in groups")
"""How the best subnet of an accelerator is found: proven; proven but for a confidence that is asked for; by trying;
proven of all that were measured; the best in groups of a few that were looked at."""
IN_GROUPS: Final = FOUND_BY[-1]


@dataclass(frozen=True, slots=True)
class AccuracyFloor:
    """What was asked of the accuracy of a network that was searched.

    Attributes:
        top1_percent: that it reaches.
        confidence: probability with which it does; ``None`` where only the predicted mean must.
    """

    top1_percent: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceLatency:
    """What a network takes on a device that is not designed.

    Attributes:
        ms, standard_error_ms, estimates: see :class:`nets.latency.Latency`.
        limit_ms: that it keeps.
        file: that says so.
        slowest: name of the network, where others were given beside it and take less.
    """

    ms: float
    standard_error_ms: float
    estimates: str
    limit_ms: float
    file: FileMark
    slowest: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and YAML, without a name where there is no other network."""
        data = asdict(self)
        return data if self.slowest is not None else {key: value for key, value in data.items() if key != "slowest"}


@dataclass(frozen=True, slots=True)
class Winner:
    """The design a search ends with, or the one that a file describes.

    Attributes:
        machine: the accelerator's description.
        costs: every network on it, layer by layer, with its mappings.
        accuracies: predicted or published accuracy of each network, ``None`` where unknown.
        floor: that was asked of the networks; ``None`` where they were given.
        found_by: how the networks were found, one of :data:`FOUND_BY`; empty where they were given.
        predictor: file that the accuracies follow from; ``None`` for what ships or is published.
        elsewhere: latency of the network, or the slowest, on a device where it is limited too; ``None`` for nowhere.
        weight_bits: widths of the one network that were chosen of a table; ``None`` where there was none.
        limit: on the network by itself, as stated; none where it has none.
        groups: the networks with layers in groups; none where every layer runs alone.
    """

    machine: Machine
    costs: tuple[NetworkCost, ...]
    accuracies: tuple[Accuracy | None, ...]
    floor: AccuracyFloor | None = None
    found_by: str = ""
    predictor: FileMark | None = None
    elsewhere: DeviceLatency | None = None
    weight_bits: WeightBits | None = None
    limit: tuple[str, ...] = ()
    groups: tuple[Grouped, ...] = ()

    @property
    def accelerator(self) -> Accelerator:
        """The priced machine."""
        return self.costs[0].accelerator

    def value(self, objective: Objective) -> float:
        """Value of an objective, the geometric mean over the networks."""
        return geometric_mean(objective.of(cost.energy_pj, cost.latency_s) for cost in self.costs)

    def mapping_bound(self, objective: Objective) -> float:
        """What no mappings of these networks on this machine make the objective less than: the mean of their bounds."""
        return geometric_mean(cost.lower_bound(objective) for cost in self.costs)

    def mapping_gap(self, objective: Objective) -> float:
        """How far the objective may be above that of the best mappings of the same networks on the same machine."""
        return max(self.value(objective) / self.mapping_bound(objective) - 1, 0.0)

    def value_in_groups(self, objective: Objective) -> float:
        """Value of an objective with layers in groups, the geometric mean over the networks."""
        return geometric_mean(one.value(objective) for one in self.groups)

    def groups_to_dict(self, objective: Objective) -> dict[str, Any]:
        """What the networks cost in groups, as plain data for JSON and YAML; empty where every layer runs alone."""
        if not self.groups:
            return {}
        value = self.value_in_groups(objective)
        proven = all(one.at_least > 0 for one in self.groups)
        bound = geometric_mean(one.at_least for one in self.groups) if proven else 0.0
        return {
            "groups": {
                "value": value,
                "lower_bound": bound,
                "gap": max(value / bound - 1, 0.0) if bound > 0 else None,
                "times_less": self.value(objective) / value,
                "networks": [one.to_dict() for one in self.groups],
            }
        }

    def within_limit(self) -> dict[str, float]:
        """What the network takes of each limit on itself, by name; none where it has none."""
        return kept(read_network_limits(*self.limit), self.costs[0].network) if self.limit else {}

    def mappings_to_dict(self, objective: Objective) -> dict[str, float]:
        """Both as plain data for JSON and YAML."""
        return {"lower_bound": self.mapping_bound(objective), "gap": self.mapping_gap(objective)}


def winner_to_dict(winner: Winner, objective: Objective) -> dict[str, Any]:
    """Figures of a winner: the same from a search and from its replay."""
    accelerator = winner.accelerator
    return {
        "value": winner.value(objective),
        "unit": objective.unit,
        "found_by": winner.found_by or None,
        "mappings": winner.mappings_to_dict(objective),
        **winner.groups_to_dict(objective),
        "accelerator": machine_to_dict(winner.machine),
        **({} if winner.elsewhere is None else {"elsewhere": winner.elsewhere.to_dict()}),
        **({} if winner.weight_bits is None else {"weight_bits": asdict(winner.weight_bits)}),
        **({} if not winner.limit else {"within_limit": winner.within_limit()}),
        "area_mm2": accelerator.area_mm2,
        "area_breakdown_mm2": accelerator.area_breakdown_mm2(),
        "networks": [
            cost.to_dict()
            | {"space": cost.network.space, "config": cost.network.config}
            | ({} if (digest := layers_digest(cost.network)) is None else {"layers": digest})
            | accuracy_to_dict(accuracy, winner.floor)
            for cost, accuracy in zip(winner.costs, winner.accuracies)
        ],
    }


def layers_digest(network: Network) -> str | None:
    """Tells a network that is given layer by layer from others of its name; ``None`` where its name says it all."""
    return GivenNetwork.of(network).digest if is_layer_by_layer(network) else None


def is_layer_by_layer(network: Network) -> bool:
    """Whether a network is written down by its layers: its name, or its space and config, say too little.

    Those of somebody's own space do, since making them from its name would run code that a file names.
    """
    return not is_reference(network) if network.space is None else names_own_code(network.space)


def accuracy_to_dict(accuracy: Accuracy | None, floor: AccuracyFloor | None = None) -> dict[str, Any]:
    """Accuracy with its error, what it estimates and how probable the floor asked for is; null where not known."""
    if accuracy is None:
        return {"accuracy": None}
    known: dict[str, Any] = {
        "top1_percent": accuracy.top1_percent,
        "standard_error": _finite(accuracy.standard_error),
        "estimates": accuracy.estimates,
        "saturated": accuracy.saturated,
        "degrees_of_freedom": accuracy.degrees_of_freedom,
    }
    if accuracy.measured:
        known["measured"] = True
    if floor is not None:
        known |= {
            "floor": floor.top1_percent,
            "confidence": floor.confidence,
            "probability": _finite(accuracy.probability(floor.top1_percent)),
        }
    return {"accuracy": known}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

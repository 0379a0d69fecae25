"""``best.yaml``: a winner as a file, and the winner that such a file describes, evaluated anew.

The file holds the accelerator, the networks and a loop nest for every layer shape. Evaluating it runs the very function
that the search ended with, so the figures come out the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accel_models.accelerator import Accelerator
from accel_models.description import from_document as machine_from_document
from accel_models.description import to_dict as machine_to_dict
from accel_models.loopnest import Mapping as LoopNest
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.network_cost import NetworkCost, ShapeKey, evaluate_network
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.evaluation.winner import (
    Winner,
    accuracy_to_dict,
    is_layer_by_layer,
    layers_digest,
    winner_to_dict,
)
from cosearch.evaluation.workload import published_accuracy
from cosearch.problem.budget import Budget
from cosearch.problem.network_limits import read_network_limits
from cosearch.problem.objective import Objective, load_objective
from cosearch.studies.groups_file import grouped_as, groups_entry
from cosearch.studies.kept_files import check_kept
from cosearch.studies.run_folder import BEST, BEST_SCHEMA, write_yaml
from nets import load_network, load_space
from nets.accuracy import Accuracy, load_predictor
from nets.documents import Document, Section, read_yaml
from nets.documents.typed import typed
from nets.errors import InputError, unknown
from nets.given import GivenNetwork, given
from nets.network import Network

if TYPE_CHECKING:
    from cosearch.studies.best_model import BestFile, MappedNetwork


@dataclass(frozen=True, slots=True)
class Replay:
    """What a ``best.yaml`` describes.

    Attributes:
        winner: evaluated anew.
        objective: of the search; budget: as text.
        recorded: figures that the search wrote; baselines: likewise, of the published designs; joint: likewise, what no
            design inside the budget can beat, empty where that was not asked.
    """

    winner: Winner
    objective: Objective
    budget: str
    recorded: Mapping[str, Any]
    baselines: Sequence[Mapping[str, Any]]
    joint: Mapping[str, Any]

    @property
    def exact(self) -> bool:
        """Whether the figures are those that were recorded, to the last bit."""
        return winner_to_dict(self.winner, self.objective) == self.recorded


def write_best(
    folder: Path,
    winner: Winner,
    objective: Objective,
    budget: Budget | str,
    baselines: Sequence[Mapping[str, Any]],
    joint: Mapping[str, Any] | None = None,
) -> None:
    """Write the winner of a search, the published designs beside it and its joint bound to ``best.yaml``."""
    data = {
        "schema": BEST_SCHEMA,
        "objective": objective.name,
        "budget": str(budget),
        **({} if winner.floor is None else {"floor": asdict(winner.floor)}),
        **({} if not winner.found_by else {"found_by": winner.found_by}),
        **({} if winner.predictor is None else {"predictor": asdict(winner.predictor)}),
        **({} if winner.elsewhere is None else {"elsewhere": winner.elsewhere.to_dict()}),
        **({} if winner.weight_bits is None else {"weight_bits": asdict(winner.weight_bits)}),
        **({} if not winner.limit else {"limit": list(winner.limit)}),
        "accelerator": machine_to_dict(winner.machine),
        "networks": [
            _network_entry(cost, accuracy) | ({} if grouped is None else {"groups": groups_entry(grouped)})
            for cost, accuracy, grouped in zip_longest(winner.costs, winner.accuracies, winner.groups)
        ],
        "figures": winner_to_dict(winner, objective),
        "baselines": list(baselines),
    }
    if joint:
        data["joint"] = dict(joint)
    write_yaml(folder / BEST, data, "The design found; `cosearch evaluate best.yaml` replays its figures exactly.")


def _network_entry(cost: NetworkCost, accuracy: Accuracy | None) -> dict[str, Any]:
    network = cost.network
    entry: dict[str, Any] = {}
    if network.space is not None:
        entry |= {"space": network.space, "config": dict(network.config or {})}
    if network.space is None or is_layer_by_layer(network):
        entry |= {"name": network.name, "resolution": network.resolution}
    if is_layer_by_layer(network):
        entry["layers"] = GivenNetwork.of(network).layers_to_list()
    if accuracy is not None and accuracy_to_dict(_known_accuracy(network)) != accuracy_to_dict(accuracy):
        entry["accuracy"] = asdict(accuracy)
    shapes: dict[ShapeKey, dict[str, Any]] = {}
    for layer in cost.layers:
        if layer.mapping is not None:
            proof = {} if layer.proof is None else {"proof": layer.proof.to_dict()}
            own = {"layers": [], **proof, "nest": layer.mapping.to_dict()}
            shapes.setdefault(layer.layer.shape_key, own)["layers"].append(layer.layer.name)
    return entry | {"mappings": list(shapes.values())}


def _known_accuracy(network: Network) -> Accuracy | None:
    """What is published, or said by a shipped predictor; anything else must be written down."""
    if network.space is None:
        return published_accuracy(network)
    try:
        return load_predictor(network.space).predict(network.config or {})
    except InputError:
        return None


def read_best(path: Path) -> Replay:
    """Evaluate what a ``best.yaml`` describes.

    Raises:
        InputError: the file cannot be read, is not sound YAML, or breaks a rule; names the place.
    """
    from cosearch.studies.best_model import BestFile

    path = Path(path)
    document = read_yaml(path, "file")
    data = document.data
    if not isinstance(data, dict):
        raise InputError(path.name, data, "must be a mapping of keys to values", "cosearch search writes such files")
    best = typed(BestFile, document)
    if len({entry.groups is None for entry in best.networks}) > 1:
        raise InputError(f"{path.name}: networks: groups", None, "must be given for all networks, or for none")
    if best.predictor is not None:
        check_kept(path.parent, "predictor", best.predictor)
    if best.elsewhere is not None:
        check_kept(path.parent, "latency", best.elsewhere.file)
    with document.at(("limit",)):
        read_network_limits(*best.limit)
    machine = machine_from_document(document, ("accelerator",))
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    costs, accuracies, groups = [], [], []
    for index, entry in enumerate(best.networks):
        network, accuracy = _network(entry, Section(document, ("networks", index)))
        nests, proofs = _mappings(document, index, network, entry)
        as_recorded = (bool(proofs) or entry.groups is not None) and _as_proven(
            best, accelerator=data["accelerator"], index=index, network=network
        )
        proven = proofs if as_recorded else {}
        with document.at(("networks", index)):
            costs.append(evaluate_network(network, accelerator, nests, proven))
            for layer in costs[-1].layers:
                if layer.proof is not None:
                    proof = layer.proof.over(layer.layer.times)
                    proof.check(f"proof of {layer.layer.name!r}", layer.energy_pj, layer.latency_s)
        accuracies.append(accuracy if best.weight_bits is None else None)
        if entry.groups is not None:
            with document.at(("networks", index, "groups")):
                objective = load_objective(best.objective)
                groups.append(grouped_as(entry.groups, network, accelerator, objective, as_recorded=as_recorded))
    for index, baseline in enumerate(best.baselines):
        if baseline.accelerator is not None:
            steps = ("baselines", index, "accelerator")
            if isinstance(machine_from_document(document, steps), Accelerator):
                raise InputError(document.where(steps), baseline.accelerator.get("kind"), "must be of kind template")
    weight_bits = _widths(document, best.weight_bits, costs)
    floor = None if best.floor is None else best.floor.floor()
    return Replay(
        Winner(
            machine,
            tuple(costs),
            tuple(accuracies),
            floor,
            best.found_by,
            best.predictor,
            best.elsewhere,
            weight_bits,
            best.limit,
            tuple(groups),
        ),
        load_objective(best.objective),
        best.budget,
        data.get("figures", {}),
        data.get("baselines", []),
        data.get("joint") or {},
    )


def _network(entry: MappedNetwork, section: Section) -> tuple[Network, Accuracy | None]:
    if entry.layers is not None:
        network = given(str(entry.name), entry.resolution or 0, entry.layers, section)
        network.space, network.config = entry.space, entry.config
    else:
        with section.at():
            if entry.space is None:
                network = load_network(str(entry.name), entry.resolution)
            else:
                network = load_space(entry.space).network(dict(entry.config or {}))
    if entry.accuracy is not None:
        return network, entry.accuracy.accuracy()
    if network.space is None or entry.layers is not None:
        return network, published_accuracy(network)
    with section.at():
        return network, load_predictor(network.space).predict(network.config or {})


def _widths(document: Document, chosen: WeightBits | None, costs: Sequence[NetworkCost]) -> WeightBits | None:
    """The widths that were chosen, as the layers have them.

    Raises:
        InputError: they are of other layers, or the layers have others.
    """
    if chosen is None:
        return None
    layers = {layer.layer.name: layer.layer for layer in costs[0].layers}
    for name, bits in chosen.bits.items():
        place = document.where(("weight_bits", "bits", name))
        if name not in layers:
            raise unknown(place, name, layers)
        if layers[name].weight_bits != bits:
            raise InputError(place, bits, f"is not that of the layer, {layers[name].weight_bits:g}", "make them agree")
    return replace(chosen, bits={name: layers[name].weight_bits for name in chosen.bits})


def _mappings(
    document: Document, number: int, network: Network, entry: MappedNetwork
) -> tuple[dict[ShapeKey, LoopNest], dict[ShapeKey, MappingProof]]:
    """The loop nest of each shape, and what was proven of those where something was."""
    names = {layer.name: layer for layer in network.layers}
    nests: dict[ShapeKey, LoopNest] = {}
    proofs: dict[ShapeKey, MappingProof] = {}
    for index, mapping in enumerate(entry.mappings):
        nest = LoopNest(tuple(level.loops() for level in mapping.nest))
        for name in mapping.layers:
            if name not in names:
                raise unknown(document.where(("networks", number, "mappings", index, "layers")), name, names)
            nests[names[name].shape_key] = nest
            if mapping.proof is not None:
                proofs[names[name].shape_key] = mapping.proof.proof()
    return nests, proofs


def _as_proven(best: BestFile, *, accelerator: object, index: int, network: Network) -> bool:
    """Whether a network and the accelerator are those whose figures were recorded: proofs speak of no others."""
    recorded = best.figures.networks[index : index + 1]
    own = {"network": network.name, "resolution": network.resolution, "config": network.config}
    own |= {"layers": layers_digest(network)}
    same = [{key: entry.get(key) for key in own} for entry in recorded] == [own]
    return same and best.figures.accelerator == accelerator

"""``best.yaml``: a winner as a file, and the winner that such a file describes, evaluated anew.

The file holds the accelerator, the networks and a loop nest for every layer shape. Evaluating it runs the very function
that the search ended with, so the figures come out the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from accel_models.accelerator import Accelerator
from accel_models.description import from_dict as machine_from_dict
from accel_models.description import to_dict as machine_to_dict
from accel_models.loopnest import Mapping as LoopNest
from accel_models.loopnest import mapping_from_dict
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.network_cost import NetworkCost, ShapeKey, evaluate_network
from cosearch.evaluation.winner import Winner, winner_to_dict
from cosearch.evaluation.workload import published_accuracy
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective, load_objective
from cosearch.studies.best_parts import (
    check_keys,
    read_accuracy,
    read_baselines,
    read_floor,
    read_found_by,
    read_joint,
    read_proof,
)
from cosearch.studies.run_folder import BEST, write_yaml
from nets import load_network, load_space
from nets.accuracy import Accuracy, load_predictor
from nets.documents import read_text
from nets.errors import InputError, unknown
from nets.network import Network

SCHEMA: Final = 1
_NEEDED: Final = ("schema", "objective", "budget", "accelerator", "networks")
_OPTIONAL: Final = ("floor", "found_by", "figures", "baselines", "joint")
_NETWORK_KEYS: Final = ("name", "space", "config", "accuracy", "resolution", "mappings")


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
        "schema": SCHEMA,
        "objective": objective.name,
        "budget": str(budget),
        **({} if winner.floor is None else {"floor": asdict(winner.floor)}),
        **({} if not winner.found_by else {"found_by": winner.found_by}),
        "accelerator": machine_to_dict(winner.machine),
        "networks": [_network_entry(cost, accuracy) for cost, accuracy in zip(winner.costs, winner.accuracies)],
        "figures": winner_to_dict(winner, objective),
        "baselines": list(baselines),
    }
    if joint:
        data["joint"] = dict(joint)
    write_yaml(folder / BEST, data, "The design found; `cosearch evaluate best.yaml` replays its figures exactly.")


def _network_entry(cost: NetworkCost, accuracy: Accuracy | None) -> dict[str, Any]:
    network = cost.network
    if network.space is None:
        entry: dict[str, Any] = {"name": network.name, "resolution": network.resolution}
    else:
        entry = {"space": network.space, "config": dict(network.config or {})}
        if accuracy is not None and not _predicted(network, accuracy):
            entry["accuracy"] = asdict(accuracy)
    shapes: dict[ShapeKey, dict[str, Any]] = {}
    for layer in cost.layers:
        if layer.mapping is not None:
            proof = {} if layer.proof is None else {"proof": layer.proof.to_dict()}
            own = {"layers": [], **proof, "nest": layer.mapping.to_dict()}
            shapes.setdefault(layer.layer.shape_key, own)["layers"].append(layer.layer.name)
    return entry | {"mappings": list(shapes.values())}


def _predicted(network: Network, accuracy: Accuracy) -> bool:
    """Whether the shipped predictor says the same again; what was measured must be written down."""
    try:
        return load_predictor(str(network.space)).predict(network.config or {}) == accuracy
    except InputError:
        return False


def read_best(path: Path) -> Replay:
    """Evaluate what a ``best.yaml`` describes.

    Raises:
        InputError: the file cannot be read, is not sound YAML, or breaks a rule; names the place.
    """
    data = _load(path)
    check_keys(path.name, data, (*_NEEDED, *_OPTIONAL), optional=_OPTIONAL)
    if data["schema"] != SCHEMA:
        raise InputError(f"{path.name}: schema", data["schema"], f"must be {SCHEMA}, which this version reads")
    machine = machine_from_dict(data["accelerator"], f"{path.name}: accelerator")
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    if not isinstance(data["networks"], list) or not data["networks"]:
        raise InputError(f"{path.name}: networks", data["networks"], "must be a list of networks")
    costs, accuracies = [], []
    for index, entry in enumerate(data["networks"]):
        place = f"{path.name}: networks[{index}]"
        network, accuracy = _network(place, entry)
        nests, proofs = _mappings(place, network, entry["mappings"])
        costs.append(evaluate_network(network, accelerator, nests, proofs if _as_proven(data, index, network) else {}))
        for layer in costs[-1].layers:
            if layer.proof is not None:
                layer.proof.check(f"{place}: proof of {layer.layer.name!r}", layer.energy_pj, layer.latency_s)
        accuracies.append(accuracy)
    return Replay(
        Winner(
            machine,
            tuple(costs),
            tuple(accuracies),
            read_floor(f"{path.name}: floor", data.get("floor")),
            read_found_by(f"{path.name}: found_by", data.get("found_by", "")),
        ),
        load_objective(data["objective"]),
        str(data["budget"]),
        data.get("figures", {}),
        read_baselines(f"{path.name}: baselines", data.get("baselines", [])),
        read_joint(f"{path.name}: joint", data.get("joint", {})),
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(read_text("file", path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else path.name
        problem = getattr(error, "problem", None) or "it breaks off"
        raise InputError(path.name, where, f"is not sound YAML: {problem}") from None
    if not isinstance(data, dict):
        raise InputError(path.name, data, "must be a mapping of keys to values", "cosearch search writes such files")
    return data


def _network(place: str, entry: Any) -> tuple[Network, Accuracy | None]:
    if not isinstance(entry, dict):
        raise InputError(place, entry, "must be a mapping of keys to values")
    if "space" in entry:
        check_keys(place, entry, _NETWORK_KEYS, optional=("name", "accuracy", "resolution"))
        network = load_space(str(entry["space"])).network(entry["config"])
        if "accuracy" in entry:
            return network, read_accuracy(f"{place}: accuracy", entry["accuracy"])
        return network, load_predictor(str(entry["space"])).predict(entry["config"])
    check_keys(place, entry, _NETWORK_KEYS, optional=("space", "config", "accuracy", "resolution"))
    network = load_network(str(entry["name"]), entry.get("resolution"))
    return network, published_accuracy(network)


def _mappings(
    place: str, network: Network, entries: Any
) -> tuple[dict[ShapeKey, LoopNest], dict[ShapeKey, MappingProof]]:
    """The loop nest of each shape, and what was proven of those where something was."""
    if not isinstance(entries, list):
        raise InputError(f"{place}: mappings", entries, "must be a list")
    names = {layer.name: layer for layer in network.layers}
    nests: dict[ShapeKey, LoopNest] = {}
    proofs: dict[ShapeKey, MappingProof] = {}
    for index, entry in enumerate(entries):
        here = f"{place}: mappings[{index}]"
        if not isinstance(entry, dict):
            raise InputError(here, entry, "must be a mapping of keys to values")
        check_keys(here, entry, ("layers", "proof", "nest"), optional=("proof",))
        nest = mapping_from_dict(entry["nest"])
        proof = read_proof(f"{here}: proof", entry["proof"]) if "proof" in entry else None
        for name in entry["layers"]:
            if name not in names:
                raise unknown(f"{here}: layers", str(name), names)
            nests[names[name].shape_key] = nest
            if proof is not None:
                proofs[names[name].shape_key] = proof
    return nests, proofs


def _as_proven(data: Mapping[str, Any], index: int, network: Network) -> bool:
    """Whether a network and the accelerator are those whose figures were recorded: proofs speak of no others."""
    figures = data.get("figures", {})
    recorded = figures.get("networks", [])[index : index + 1]
    own = {"network": network.name, "resolution": network.resolution, "config": network.config}
    same = [{key: entry.get(key) for key in own} for entry in recorded] == [own]
    return same and bool(figures.get("accelerator") == data["accelerator"])

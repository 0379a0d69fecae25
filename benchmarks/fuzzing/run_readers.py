"""Readers of what the folder of a run holds, and of files of tensors."""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.fuzzing.reader import Figures, Reader, as_file

if TYPE_CHECKING:
    from cosearch.problem.options import CoSearchOptions
    from nets import Network

CONFIG: Final = """schema: 3
options: {budget: area=5mm2, networks: [], space: ofa-mbv3-w1.0, data: null, min_accuracy: 75.0, confidence: null,
  resolution: null, objective: edp, objectives: [], trials: 60, population: 12, sampler: cmaes, time_limit_s: null,
  seed: 0, node_nm: 45, jobs: 1, mapper: cmaes, mapper_budget: 20, last_mapper_budget: 40, last_mapper: optimal,
  baselines: false, limits: {area_mm2: 5.0}}
versions: {python: 3.11.7, cosearch: 0.1.0}
storage: {address: "sqlite:///study.db", name: study}
"""
EXPLANATION: Final = {
    "schema": 1, "objective": "EDP", "unit": "J s", "value": 1e-6, "evaluations": 5, "seed": 0, "words": ["so"],
    "sensitivity": [{"resource": "L2", "from": "1 KiB", "to": "2 KiB", "area_mm2": 1.0, "within_budget": True,
                     "gain_percent": 1.0, "latency_gain_percent": 1.0, "energy_gain_percent": 1.0, "breaks": []}],
    "wiring": [{"array": "8 K x 8 C", "area_mm2": 1.0, "ratio": 2.0}],
    "every_wiring": [{"wiring": "K C", "mirror_image": "C K", "tried": "3", "proven": "x", "bound_over_winner": 1.5}],
    "binding": [],
}  # fmt: skip
PARETO: Final = (
    "trial,value_j_s,area_mm2,latency_s,energy_j,power_w,elements,array,parallel,l1_bytes,l2_bytes\n"
    "3,1e-6,1.5,0.001,0.002,1.5,64,8 x 8,K C,64,4096\n5,1e-6,1.5,0.001,0.002,1.5,64,8 x 8,K C,64,4096\n"
)


def small_network() -> Network:
    """A network that is no reference network."""
    from nets import Layer, Network

    network = Network("small", resolution=8)
    network.add(Layer(name="stem", K=4, C=3, P=8, Q=8, R=3, S=3, padding=(1, 1, 1, 1)), ())
    network.add(Layer(name="next", K=4, C=4, P=8, Q=8))
    network.add(Layer(name="sum", kind="eltwise", G=4, P=8, Q=8, operands=2), ("stem", "next"))
    return network


def _configs() -> list[str]:
    import yaml

    from nets.given import GivenNetwork

    networks = yaml.safe_dump(["squeezenet1_1", GivenNetwork.of(small_network()).to_dict()], default_flow_style=True)
    return [CONFIG, CONFIG.replace("networks: []", f"networks: {networks.strip()}")]


@cache
def _bests() -> list[str]:
    from accel_models.presets import load_machine
    from cosearch.evaluation.groups import Grouped
    from cosearch.evaluation.mapped_networks import map_networks
    from cosearch.problem.mapper_options import MapperOptions
    from cosearch.problem.objective import load_objective
    from cosearch.studies.replay import write_best

    objective = load_objective("edp")
    winner = map_networks([small_network()], load_machine("eyeriss"), MapperOptions(mapper="random"), 20)
    grouped = Grouped.search(winner.costs[0].network, winner.accelerator, objective)
    texts = []
    for design in (winner, replace(winner, groups=(grouped,))):
        with tempfile.TemporaryDirectory() as folder:
            write_best(Path(folder), design, objective, "area=5mm2", [])
            texts.append((Path(folder) / "best.yaml").read_text())
    return texts


def _best(text: str, folder: Path) -> Figures:
    from cosearch.studies.replay import read_best

    replay = read_best(as_file(text, folder, "best.yaml"))
    yield replay.winner.value(replay.objective)
    yield replay.winner.accelerator.area_mm2
    for grouped in replay.winner.groups:
        yield from (grouped.energy_pj, grouped.latency_s, grouped.at_least)
    for cost in replay.winner.costs:
        yield from (cost.energy_pj, cost.latency_s)


def _front(text: str, folder: Path) -> Figures:
    from cosearch.studies.tables import read_pareto

    read_pareto(as_file(text, folder, "pareto.csv"))
    return ()


def _bytes(text: str, folder: Path, name: str) -> Path:
    """A text whose letters are bytes as a file."""
    path = folder / name
    path.write_bytes(text.encode("latin-1", "replace"))
    return path


@cache
def _proofs() -> list[str]:
    from cosearch.bounds.joint import JointProof
    from cosearch.bounds.spec import BoundSpec
    from cosearch.studies.proof_file import PROOF, save_proof

    with tempfile.TemporaryDirectory() as folder:
        save_proof(Path(folder), JointProof(BoundSpec(_options(), None, (1.0, 1.0)), 1.0))
        return [(Path(folder) / PROOF).read_bytes().decode("latin-1")]


@cache
def _options() -> CoSearchOptions:
    from cosearch import Budget
    from cosearch.problem.options import CoSearchOptions

    return CoSearchOptions(budget=Budget.parse("area=1mm2"), networks=[small_network()])


def _proof(text: str, folder: Path) -> Figures:
    from cosearch.studies.proof_file import PROOF, load_proof

    proof = load_proof(_bytes(text, folder, PROOF).parent, _options(), 1.0)
    return () if proof is None else (proof.lower_bound,)


@cache
def _checkpoints() -> list[str]:
    import torch

    found = []
    for packed in (True, False):
        buffer = io.BytesIO()
        record = {"format": "x", "classes": 10, "state_dict": {name: torch.ones(3, 4) for name in "ab"}}
        torch.save(record, buffer, _use_new_zipfile_serialization=packed)
        found.append(buffer.getvalue().decode("latin-1"))
    return found


def _tensors(text: str, folder: Path) -> Figures:
    from nets.documents.tensors import read_tensors

    record = read_tensors(_bytes(text, folder, "net.pt"), "supernet file")
    return (float(len(record)),)


def _config(text: str, folder: Path) -> Figures:
    from cosearch.studies.config_file import read_config
    from nets.documents import Document, Section
    from nets.given import read_network

    options = read_config(as_file(text, folder, "config.yaml"))["options"]
    for network in options["networks"]:
        if isinstance(network, dict):
            yield float(read_network(Section(Document(network, "config.yaml"))).network().macs)


def _explanation(text: str, folder: Path) -> Figures:
    from cosearch.reports.explanation_section import explanation_section
    from cosearch.reports.run import _explanation as read

    explanation_section(read(as_file(text, folder, "explanation.json")))
    return ()


@cache
def _journals() -> list[str]:
    from cosearch import Budget
    from cosearch.problem.axes import load_axes
    from cosearch.problem.template_space import TemplateSpace
    from cosearch.studies.storage import open_journal
    from cosearch.studies.study import StudyFile, constrained_trial

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.journal"
        space = TemplateSpace(Budget.parse("area=5mm2"))
        study = StudyFile(open_journal(path), load_axes(["edp"]), space)
        study._study.add_trials([constrained_trial({}, {}, [1e-6], {"parallel": "K C"}, {"area": -0.1})] * 2)
        return [path.read_text()]


def _journal(text: str, folder: Path) -> Figures:
    from cosearch.studies.study import read_trials

    read_trials(as_file(text, folder, "study.journal"))
    return ()


RUN_READERS: Final = {
    "best": Reader(_bests, "yaml", _best),
    "config": Reader(_configs, "yaml", _config),
    "explanation": Reader(lambda: [json.dumps(EXPLANATION)], "json", _explanation),
    "journal": Reader(_journals, "jsonl", _journal, 2),
    "front": Reader(lambda: [PARETO], "text", _front, 2),
    "proof": Reader(_proofs, "bytes", _proof, 2),
    **({"tensors": Reader(_checkpoints, "bytes", _tensors)} if find_spec("torch") else {}),
}

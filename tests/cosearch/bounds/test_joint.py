"""Bounds on boxes of designs: no design is below them, and proofs come out the same however they are worked on."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cosearch.bounds.boxes import BoxSearch
from cosearch.bounds.grid import HI, L1, L2, LO, NOC, DesignGrid
from cosearch.bounds.joint import JointProof
from cosearch.bounds.layers import LayerBounds
from cosearch.bounds.spec import BoundSpec, direction_of, why_unbounded
from cosearch.bounds.template_boxes import TemplateBoxes
from cosearch.bounds.workload import NetworksBound
from cosearch.evaluation.design import Design
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.processes import Processes
from cosearch.executors.serial import Serial
from cosearch.problem.budget import Budget
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import OBJECTIVES, ObjectiveName
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.template_space import KNOBS, TemplateSpace
from cosearch.search.joint import work_on
from cosearch.studies.proof_file import PROOF, load_proof, save_proof
from nets.errors import ResumeError
from nets.layer import Layer
from nets.network import Network

CASES = {
    "edp": CoSearchOptions(budget=Budget.parse("area=3mm2"), networks=("alexnet",)),
    "energy": CoSearchOptions(budget=Budget.parse("area=2mm2,pes=256"), networks=("alexnet",), objective="energy"),
    "latency": CoSearchOptions(budget=Budget.parse("sram=200KiB"), networks=("alexnet",), objective="latency"),
    "limits": CoSearchOptions(
        budget=Budget.parse("area=5mm2,latency=60ms,power=900mW"), networks=("alexnet",), objective="energy"
    ),
    "standing costs": CoSearchOptions(
        budget=Budget.parse("area=6mm2"),
        networks=("alexnet",),
        node_nm=32,
        voltage=0.8,
        dram="ddr4",
        standing_costs=True,
    ),
    "several": CoSearchOptions(budget=Budget.parse("area=4mm2"), networks=("alexnet", "mobilenet_v2")),
    "subnets": CoSearchOptions(budget=Budget.parse("area=5mm2"), resolution=192),
}


def drawn(options: CoSearchOptions, count: int, seed: int) -> list[Design]:
    """Designs inside the budget, mapped in a hurry."""
    rng, found = np.random.default_rng(seed), []
    workload = WorkloadSpec(options, None if options.networks else (options.resolution or 192,)).load()
    while len(found) < count:
        knobs = dict(zip(KNOBS, rng.random(len(KNOBS)).tolist()))
        template = options.hardware.decode(knobs)
        if template is None:
            continue
        table = map_shapes(workload.layers, [template.accelerator()], options.mapper_options, 40)
        costs = workload.evaluate(table.energy_pj[0], table.latency_s[0], len(found))
        found.append(Design.evaluated(len(found), template, costs, options.goal, options.budget))
    return found


def spec_of(options: CoSearchOptions, designs: list[Design]) -> BoundSpec:
    works = [work for design in designs for work in design.workloads if math.isfinite(work.energy_pj)]
    direction = direction_of(options, works[0].energy_pj, works[0].latency_s) if works else (1.0, 1e12)
    return BoundSpec(options, None if options.networks else (options.resolution or 192,), direction)


@pytest.mark.parametrize("case", CASES)
def test_no_design_is_below_the_bound_of_a_box_that_holds_it(case: str) -> None:
    options = CASES[case]
    designs = drawn(options, 4, seed=1)
    search = spec_of(options, designs).load()
    rng = np.random.default_rng(2)
    tables = {L1: len(search.boxes.grid.l1.size), L2: len(search.boxes.grid.l2.size)}
    for design in designs:
        point = search.boxes.grid.point(design.machine)
        box = point.copy()
        for place, (low, high) in enumerate(point.tolist()):
            if place < L1 and high == 1:
                continue
            step = 2 if place < L1 else 1
            most = tables.get(place, 257 if place == NOC else 4096)
            box[place] = low - step * int(rng.integers(0, 3)), high + step * int(rng.integers(0, 9))
            least = 2 if place < L1 else int(place == NOC)
            box[place, LO], box[place, HI] = max(box[place, LO], least), min(box[place, HI], most - 1)
        registers = search.boxes.grid.l1.first_sram
        box[L1] = (
            (min(box[L1, LO], registers - 1), min(box[L1, HI], registers - 1))
            if point[L1, HI] < registers
            else np.maximum(box[L1], registers)
        )
        (tight,), (holds,) = search.boxes.grid.tighten(box[None])
        assert holds
        values = [design.value] if design.feasible else []
        for at in (point, tight):
            node = search.of_box(at)
            left = search.work(node, math.inf, math.inf, 30)
            for value in values:
                assert node.bound <= value * (1 + 1e-9)
                assert min((part.bound for part in left), default=math.inf) <= value * (1 + 1e-9)


def test_limits_that_nothing_keeps_leave_no_box() -> None:
    options = CoSearchOptions(budget=Budget.parse("area=3mm2,latency=1us"), networks=("alexnet",))
    search = BoundSpec(options, None, (1.0, 1e12)).load()
    assert all(math.isinf(node.bound) for node in search.roots())


@pytest.mark.parametrize(("objective", "share"), [("energy", 0.9), ("latency", 0.9), ("edp", 0.45)])
def test_a_proof_to_its_end_meets_the_best_of_all_designs(objective: ObjectiveName, share: float) -> None:
    """Every design of a box, mapped optimally, against what is left of the box when nothing raises its bound.

    The product is bounded by one weighted search and looks at energy and latency alone: here, with a layer whose least
    energy takes twice its least latency, that is worth half of it.
    """
    goal = OBJECTIVES[objective]
    layers = (Layer(name="a", K=8, C=4, P=4, Q=4, R=3, S=3), Layer(name="b", K=16, C=8, P=2, Q=4))
    space = TemplateSpace(Budget.parse("pes=32,sram=900B"))
    network = Network("tiny")
    for layer in layers:
        network.add(layer, [])
    workload = NetworksBound([network], goal, space.budget)
    grid = DesignGrid(space, layers)
    lanes = [(2, 8), (2, 4), (1, 1), (1, 1), (1, 1), (1, 1)]
    box = np.array([*lanes, (0, 2), (7, 10), (63, 64)], dtype=np.int64)
    tables = {}
    for sizes in product(*(range(low, high + 1, 2 if at < L1 else 1) for at, (low, high) in enumerate(box.tolist()))):
        point = np.array(sizes)
        if point[:L1].prod() % 8 == 0 and not space.violations(template := grid.machine(point)):
            tables[sizes] = map_shapes(
                layers, [template.accelerator()], MapperOptions(mapper="optimal", objective=objective), 1
            )
    assert len(tables) > 50
    costs = [(table.energy_pj[0].sum(), table.latency_s[0].sum()) for table in tables.values()]
    energy, latency = min(costs, key=lambda cost: goal.of(*cost))
    least = goal.of(energy, latency)
    direction = direction_of(CoSearchOptions(budget=space.budget, objective=objective), energy, latency)
    search = BoxSearch(TemplateBoxes(grid, layers), LayerBounds(grid, layers, direction), workload)
    left = search.work(search.of_box(box), math.inf, least * 1.001, 20_000)
    bound = min(node.bound for node in left)
    assert share * least <= bound <= least * (1 + 1e-9)


def test_proofs_do_not_depend_on_workers_or_interruptions(tmp_path: Path) -> None:
    options = CoSearchOptions(budget=Budget.parse("area=2mm2"), networks=("alexnet",))
    spec, value = BoundSpec(options, None, (1.0, 5e11)), 2e-4

    def after(waves: int, proof: JointProof, jobs: int = 1) -> JointProof:
        until = proof.waves + waves
        with Processes(jobs) if jobs > 1 else Serial() as executor:
            work_on(proof, executor, lambda: proof.waves >= until)
        return proof

    whole = after(4, JointProof(spec, value))
    halves = after(2, JointProof(spec, value), jobs=2)
    save_proof(tmp_path, halves)
    again = load_proof(tmp_path, options, value)
    assert again is not None
    after(2, again)
    assert again.result() == whole.result()
    assert [node.bound for node in again.nodes] == [node.bound for node in whole.nodes]
    assert whole.lower_bound > JointProof(spec, value).lower_bound
    assert 0 <= whole.result().proven_share <= 1

    other = CoSearchOptions(budget=Budget.parse("area=3mm2"), networks=("alexnet",))
    with pytest.raises(ResumeError, match="another run"):
        load_proof(tmp_path, other, value)
    (tmp_path / PROOF).write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ResumeError, match="damaged"):
        load_proof(tmp_path, options, value)


def test_a_design_below_its_bound_is_an_error_of_the_program() -> None:
    options = CASES["edp"]
    (design,) = drawn(options, 1, seed=5)
    proof = JointProof(spec_of(options, [design]), design.value)
    assert 0 < proof.check(design.machine, design.value) <= 1
    with pytest.raises(RuntimeError, match="above its value"):
        proof.check(design.machine, design.value * 1e-3)


def test_spaces_without_additive_accuracy_have_no_bound() -> None:
    assert "measured" in why_unbounded(CoSearchOptions(budget=Budget.parse("area=3mm2"), data="digits"), (28,))
    assert why_unbounded(CASES["edp"], None) == ""

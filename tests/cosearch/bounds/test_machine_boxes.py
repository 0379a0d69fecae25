"""Boxes of machines of one's own: no design is lost when they are cut, and none is below the bound of its box."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from accel_models.families import load_family
from cosearch import Budget, CoSearch
from cosearch.bounds.boxes import BoxSearch
from cosearch.bounds.machine_boxes import HI, LO, MachineBoxes
from cosearch.bounds.machine_layers import can_search
from cosearch.bounds.spec import BoundSpec
from cosearch.problem.machine_space import MachineSpace
from cosearch.search.joint import begin_proof, work_on
from mappings.layer_search import search
from nets import load_network
from nets.layer import Layer
from nets.network import Network

SMALL = {
    "two_level": "L2.capacity=2KiB|8KiB|64KiB, L2.X=2..6:2, L2.Y=4..8:2, L2.X.dims=K|P, L1.capacity=64B|128B",
    "eyeriss_like": "GLB.capacity=2KiB|8KiB|64KiB, GLB.X=2..6:2, GLB.Y=4..8:2, DRAM=lpddr4|hbm2",
}


def _net() -> Network:
    network = Network("small", resolution=8)
    network.add(Layer(name="conv", K=16, C=8, P=8, Q=8, R=3, S=3))
    network.add(Layer(name="depthwise", G=16, P=8, Q=8, R=3, S=3))
    network.add(Layer(name="dense", K=20, C=16))
    return network


NET = _net()


def search_of(name: str, budget: str = "area=1mm2") -> CoSearch:
    machine, _ = load_family(name)
    return CoSearch(budget=Budget.parse(budget), machine=machine, vary=(SMALL[name],), networks=[NET])


def inside(box: np.ndarray, places: tuple[int, ...]) -> bool:
    return bool(((box[:, LO] <= places) & (places <= box[:, HI])).all())


@pytest.mark.parametrize("name", SMALL)
def test_every_design_inside_the_budget_lies_in_one_half_of_one_root(name: str) -> None:
    space = search_of(name, "area=0.45mm2").hardware
    assert isinstance(space, MachineSpace)
    boxes = MachineBoxes(space)
    every = list(product(*(range(len(varied.values)) for varied in space.varied)))
    allowed = [places for places in every if not space.violations(space.machine(places))]
    assert 0 < len(allowed) < len(every)
    roots = boxes.roots()
    assert boxes.holds(roots)
    for places in allowed:
        (root,) = [box for box in roots if inside(box, places)]
        halves, holds = boxes.halves(root)
        for pair, kept in zip(halves, holds):
            assert sum(inside(half, places) for half in pair[kept]) == 1
        assert (boxes.point(space.machine(places))[:, LO] == places).all()
    assert boxes.proven_share([]) == 1.0
    assert boxes.proven_share(list(roots)) == 0.0


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_no_design_is_below_the_bound_of_a_box_that_holds_it(name: str, objective: str) -> None:
    options = search_of(name).options
    space = options.hardware
    assert isinstance(space, MachineSpace)
    assert can_search(space) == (name == "two_level")
    direction = {"edp": (1.0, 1e12), "energy": (1.0, 0.0), "latency": (0.0, 1.0)}[objective]
    options = CoSearch(**{**options.__getstate__(), "objective": objective}).options
    bounds = BoundSpec(options, None, direction).load()
    rng = np.random.default_rng(1)
    for _ in range(3):
        places = tuple(int(rng.integers(len(varied.values))) for varied in space.varied)
        machine = space.machine(places)
        value = _value(machine.accelerator(), objective)
        box = bounds.boxes.point(machine)
        while True:
            node = bounds.of_box(box)
            assert node.bound <= value * (1 + 1e-9)
            assert bounds.raised(node, 0).bound <= value * (1 + 1e-9)
            wider = _widened(bounds, box, rng)
            if wider is None:
                break
            box = wider


def _value(accelerator, objective: str) -> float:
    """What the network costs with the best mappings that are found."""
    energy = latency = 0.0
    for layer in NET.layers:
        cost = search(layer, accelerator, mapper="optimal", objective=objective).cost
        energy, latency = energy + cost.energy_pj * 1e-12, latency + cost.cycles / accelerator.clock_hz
    return {"edp": energy * latency, "energy": energy, "latency": latency}[objective]


def _widened(bounds: BoxSearch, box: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """The box with one ordered size less bounded."""
    boxes = bounds.boxes
    assert isinstance(boxes, MachineBoxes)
    free = [at for at, varied in enumerate(boxes.space.varied)
            if varied.ordered and (box[at, LO] > 0 or box[at, HI] < boxes.counts[at] - 1)]  # fmt: skip
    if not free:
        return None
    at, wider = int(rng.choice(free)), box.copy()
    wider[at] = max(box[at, LO] - 1, 0), min(box[at, HI] + 1, boxes.counts[at] - 1)
    return wider


@pytest.mark.parametrize("name", SMALL)
def test_a_proof_never_passes_the_best_of_all_designs(name: str) -> None:
    """The least value of every design, mapped as well as is known, against the bound that a proof ends with."""
    from cosearch.executors.serial import Serial

    search_ = search_of(name)
    result = CoSearch(**{**search_.__getstate__(), "trials": 12, "baselines": False, "jobs": 1}).run()
    assert result.winner is not None
    assert result.joint is not None
    proof = begin_proof(search_.options, result.winner)
    waves = iter(range(3))
    work_on(proof, Serial(1), lambda: next(waves, None) is None)
    space = search_.hardware
    assert isinstance(space, MachineSpace)
    every = product(*(range(len(varied.values)) for varied in space.varied))
    machines = [machine for places in every if not space.violations(machine := space.machine(places))]
    rng = np.random.default_rng(2)
    least = min(_value(machines[at].accelerator(), "edp") for at in rng.choice(len(machines), 6, replace=False))
    assert proof.lower_bound <= min(least, result.value) * (1 + 1e-9)
    assert result.joint.lower_bound <= proof.lower_bound * (1 + 1e-9)


def test_reference_networks_are_bounded_too() -> None:
    machine, vary = load_family("two_level")
    options = CoSearch(
        budget=Budget.parse("area=5mm2"), machine=machine, vary=vary, networks=("squeezenet1_1",)
    ).options
    bounds = BoundSpec(options, None, (1.0, 1e12)).load()
    roots = bounds.roots()
    assert len(roots) == 4  # dims of two axes
    assert bounds.layers.searches
    assert all(0 < node.bound < 1e-5 for node in roots)
    assert len(bounds.workload.layers) == len({layer.shape_key for layer in load_network("squeezenet1_1").layers})

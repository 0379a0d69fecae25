"""The race of wirings: where it begins, how it moves, what it makes of what it hears."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accel_models.template import ARRAY_STRIDE, PE_STRIDE
from cosearch import Budget, CoSearch
from cosearch.bounds.grid import L1, L2
from cosearch.search.candidates import Candidate, CandidateTask, evaluate_candidates
from cosearch.executors.serial import Serial
from cosearch.search.race import begin_race
from cosearch.search.race.moves import moved
from cosearch.search.race.setup import Field, field_of
from cosearch.strategies.points import Outcome
from nets import load_network
from nets.errors import InfeasibleError

NETWORK = "squeezenet1_1"
TRIALS = 240
BUDGETS = ["sram=144B", "pes=8", "area=0.05mm2", "area=200mm2", "area=2mm2"]
BUDGETS += ["area=5mm2,sram=64KiB", "pes=64,area=1mm2", "sram=32KiB,pes=128"]


def field(budget: str, objective: str = "edp") -> Field:
    options = CoSearch(budget=Budget.parse(budget), networks=(NETWORK,), objective=objective).options
    network = load_network(NETWORK)
    return field_of(options, [network], network.layers, any_of=False)


@pytest.mark.parametrize("budget", BUDGETS)
def test_starts_and_their_neighbours_lie_inside_the_budget(budget: str) -> None:
    on = field(budget)
    rng = np.random.default_rng(1)
    for (wiring, sram), rows in on.starts(3).items():
        for _, start in rows[:4]:
            design = start
            for _ in range(6):
                template = on.grid.template(design)
                assert not on.grid.space.violations(template)
                assert template.pes % PE_STRIDE == 0
                assert all(size % ARRAY_STRIDE == 0 for size in template.array)
                assert template.parallel == wiring
                assert (design[L1] >= on.grid.l1.first_sram) == sram
                neighbour = moved(on.grid, design, rng)
                if neighbour is None:
                    break
                assert (neighbour != design).any()
                design = neighbour


def test_a_start_has_the_largest_memory_that_fits() -> None:
    on = field("area=2mm2")
    rows = [start for found in on.starts(2).values() for _, start in found]
    for start in rows:
        larger = start.copy()
        larger[L2] += 1
        assert on.grid.space.violations(on.grid.template(larger))


@pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
def test_an_estimate_is_never_above_what_a_design_costs(objective: str) -> None:
    options = CoSearch(
        budget=Budget.parse("area=2mm2"), networks=(NETWORK,), objective=objective, trials=12, population=6
    ).options
    spec, race = begin_race(options, Serial())
    spec.make()
    proposals = race.ask(12)
    candidates = tuple(Candidate(p.number, p.template, near=p.near, budget=p.budget) for p in proposals)
    costs = evaluate_candidates(CandidateTask(workload=spec, candidates=candidates)).costs
    for proposal, (cost,) in zip(proposals, costs):
        estimate = race._asked[proposal.number].estimate
        assert estimate <= math.log(options.goal.of(cost.energy_pj, cost.latency_s)) + 1e-8


def test_what_a_candidate_near_another_costs_does_not_depend_on_its_company() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), mapper_budget=8).options
    spec, race = begin_race(options, Serial())
    spec.make()
    first, *others = (proposal.template for proposal in race.ask(4))
    candidates = [Candidate(number, template, near=first, budget=6) for number, template in enumerate(others)]
    together = evaluate_candidates(CandidateTask(workload=spec, candidates=tuple(candidates))).costs
    alone = [evaluate_candidates(CandidateTask(workload=spec, candidates=(one,))).costs[0] for one in candidates]
    assert list(together) == alone


def ran(seed: int, mapped: bool = True) -> list[object]:
    """The designs of a race in which each costs a little more than its bound; or in which none has a mapping."""
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), seed=seed, trials=TRIALS).options
    _, race = begin_race(options, Serial())
    designs: list[object] = []
    while len(designs) < TRIALS:
        proposals = race.ask(12)
        designs += [proposal.template for proposal in proposals]
        estimates = [race._asked[proposal.number].estimate for proposal in proposals]
        race.tell(proposals, [Outcome(estimate + 0.01 if mapped else 2e3, ()) for estimate in estimates])
    return designs


def test_the_same_seed_proposes_the_same_designs() -> None:
    assert ran(3) == ran(3)
    assert ran(3) != ran(4)


def test_a_race_goes_on_where_nothing_can_be_mapped() -> None:
    assert len(ran(0, mapped=False)) == TRIALS


def test_the_last_trials_look_at_the_best_again() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), trials=48).options
    _, race = begin_race(options, Serial())
    seen: dict[object, float] = {}
    for _ in range(3):
        proposals = race.ask(12)
        race.tell(proposals, [Outcome(-p.template.area_mm2, ()) for p in proposals])
        seen |= {p.template: -p.template.area_mm2 for p in proposals}
    last = race.ask(12)[-5:]
    assert all(proposal.near is None and proposal.budget > 0 for proposal in last)
    assert {proposal.template for proposal in last} <= set(seen)


def test_no_subnet_that_is_accurate_enough() -> None:
    options = CoSearch(budget=Budget.parse("area=5mm2"), min_accuracy=99.0).options
    with pytest.raises(InfeasibleError, match="highest reachable"):
        begin_race(options, Serial())

"""The race of wirings: where it begins, how it moves, what it makes of what it hears."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from accel_models.families import load_family
from accel_models.template import ARRAY_STRIDE, PE_STRIDE
from cosearch import Budget, CoSearch
from cosearch.bounds.arrays import arrays_of, mirrored, upright
from cosearch.bounds.choices import ALL, Choices
from cosearch.bounds.grid import L1, L2, NOC
from cosearch.executors.serial import Serial
from cosearch.search.candidates import Candidate, CandidateTask, Evaluated, evaluate_candidates
from cosearch.search.race import begin_race
from cosearch.search.race.field import TemplateField, template_field
from cosearch.search.race.shortlist import Shortlist
from cosearch.search.race.strategy import Race
from cosearch.strategies.points import Outcome
from nets import load_network
from nets.errors import InfeasibleError

NETWORK = "squeezenet1_1"
TRIALS = 240
BUDGETS = ["sram=144B", "pes=8", "area=0.05mm2", "area=200mm2", "area=2mm2"]
BUDGETS += ["area=5mm2,sram=64KiB", "pes=64,area=1mm2", "sram=32KiB,pes=128"]


def field(budget: str, objective: str = "edp") -> TemplateField:
    options = CoSearch(budget=Budget.parse(budget), networks=(NETWORK,), objective=objective).options
    network = load_network(NETWORK)
    return template_field(options, [network], network.layers, any_of=False)


def estimated(race: Race) -> Race:
    """A race whose neighbours have estimates for bounds, which take microseconds."""
    untried = race.lanes[0].untried
    untried._shortlist = Shortlist(lambda design, _: math.exp(untried.estimate(design)), 2)
    return race


@pytest.mark.parametrize("budget", BUDGETS)
def test_starts_and_their_neighbours_lie_inside_the_budget(budget: str) -> None:
    on = field(budget)
    rng = np.random.default_rng(1)
    for rows in on.starts(3):
        niche = on.ground.niches(rows[0][1][None])
        for _, start in rows[:4]:
            design = start
            for _ in range(6):
                template = on.grid.machine(design)
                assert not on.grid.space.violations(template)
                assert template.pes % PE_STRIDE == 0
                assert all(size % ARRAY_STRIDE == 0 for size in template.array)
                assert on.ground.niches(design[None]) == niche
                neighbour = on.ground.neighbour(design, rng)
                if neighbour is None:
                    break
                assert (neighbour != design).any()
                assert (upright(neighbour[None]) == neighbour).all()
                design = neighbour


def test_all_around_a_design_differ_from_it_in_two_sizes_and_l2_inside_the_budget() -> None:
    on = field("area=2mm2")
    start = on.starts(1)[-1][0][1]
    around = on.ground.around(start)
    assert len(around) > 50
    assert len(np.unique(around, axis=0)) == len(around)
    assert (on.ground.niches(around) == on.ground.niches(start[None])).all()
    assert (around != start).any(axis=1).all()
    image = mirrored(start)
    differ = [np.delete(around != one, L2, axis=1).sum(axis=1) for one in (start, image)]
    assert (np.minimum(*differ) <= 2).all()  # of two mirror images one is kept
    assert (upright(around) == around).all()
    assert not any(on.grid.space.violations(on.grid.machine(design)) for design in around)


def test_a_race_over_few_sizes_tries_no_others() -> None:
    few = Choices((2, 8, 14), (16, 256), (ALL.l2_bytes[200], ALL.l2_bytes[300]), (16, 48))
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), trials=60).options
    race = estimated(begin_race(options, Serial(), few)[1])
    designs = set()
    for number in range(40):
        [proposal] = race.ask(1)
        template = proposal.machine
        assert set(template.array) <= set(few.lanes)
        assert template.l1_bytes in few.l1_bytes
        assert template.l2_bytes in few.l2_bytes
        assert template.noc_bandwidth in few.words
        designs.add(repr(template))
        race.tell([proposal], [Outcome(float(number % 7), (), precise=True)])
    assert len(designs) > 30


@pytest.mark.parametrize("vary", ["GLB.capacity=64KiB", "GLB.capacity=64KiB|96KiB|128KiB"])
def test_a_race_over_fewer_designs_than_are_asked_for_at_once_asks_for_some_again(vary: str) -> None:
    machine, _ = load_family("eyeriss_chip")
    options = CoSearch(
        budget=Budget.parse("area=50mm2"), machine=machine, vary=(vary,), networks=(NETWORK,), trials=16
    ).options
    race = begin_race(options, Serial())[1]
    designs = set()
    for _ in range(2):
        proposals = race.ask(8)
        assert len(proposals) == 8
        designs.update(repr(each.machine) for each in proposals)
        race.tell(proposals, [Outcome(1.0, (), precise=True)] * 8)
    assert len(designs) == 1 + vary.count("|")


def test_a_start_has_the_largest_memory_that_fits() -> None:
    on = field("area=2mm2")
    rows = [start for found in on.starts(2) for _, start in found]
    for start in rows:
        larger = start.copy()
        larger[L2] += 1
        assert on.grid.space.violations(on.grid.machine(larger))


@pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
def test_an_estimate_is_never_above_what_a_design_costs(objective: str) -> None:
    options = CoSearch(
        budget=Budget.parse("area=2mm2"), networks=(NETWORK,), objective=objective, trials=12, population=6
    ).options
    spec, race = begin_race(options, Serial())
    spec.make()
    proposals = race.ask(12)
    candidates = tuple(Candidate(p.number, p.machine, near=p.near, budget=p.budget) for p in proposals)
    found = evaluate_candidates(CandidateTask(workload=spec, candidates=candidates)).each
    for proposal, one in zip(proposals, found):
        (cost,) = one.costs
        assert one.bound is None
        assert not one.precise
        estimate = race.estimate(proposal)
        assert estimate <= math.log(options.goal.of(cost.energy_pj, cost.latency_s)) + 1e-8


@pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
def test_a_bound_lies_between_the_estimate_and_what_the_last_mapper_finds(objective: str) -> None:
    options = CoSearch(
        budget=Budget.parse("area=2mm2"), networks=(NETWORK,), objective=objective, trials=12, population=6
    ).options
    spec, race = begin_race(options, Serial())
    spec.make()
    proposals = race.ask(4)
    candidates = tuple(Candidate(p.number, p.machine, budget=p.budget, look=p.look) for p in proposals)
    for proposal, one in zip(proposals, evaluate_candidates(CandidateTask(workload=spec, candidates=candidates)).each):
        (cost,) = one.costs
        value = options.goal.of(cost.energy_pj, cost.latency_s)
        assert one.precise
        assert one.bound is not None
        assert race.estimate(proposal) <= math.log(one.bound) + 1e-8
        assert one.bound <= value


def test_a_design_whose_bound_is_not_below_is_not_mapped_precisely() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), trials=12).options
    spec, race = begin_race(options, Serial())
    spec.make()
    (proposal,) = race.ask(1)
    assert proposal.look is not None

    def looked(below: float) -> Evaluated:
        look = replace(proposal.look, precise_below=below)
        candidate = Candidate(0, proposal.machine, budget=8, look=look)
        return evaluate_candidates(CandidateTask(workload=spec, candidates=(candidate,))).each[0]

    exact = looked(math.inf)
    assert exact.bound is not None
    assert not looked(exact.bound).precise
    assert looked(exact.bound * (1 + 1e-9)) == exact
    assert looked(0.1 * exact.bound).bound <= exact.bound  # nothing more is wanted than that it is above


def test_what_a_candidate_near_another_costs_does_not_depend_on_its_company() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), mapper_budget=8).options
    spec, race = begin_race(options, Serial())
    spec.make()
    first, *others = (proposal.machine for proposal in race.ask(4))
    candidates = [Candidate(number, template, near=first, budget=6) for number, template in enumerate(others)]
    together = evaluate_candidates(CandidateTask(workload=spec, candidates=tuple(candidates))).each
    alone = [evaluate_candidates(CandidateTask(workload=spec, candidates=(one,))).each[0] for one in candidates]
    assert list(together) == alone


def ran(seed: int, mapped: bool = True) -> list[object]:
    """The designs of a race in which each costs a little more than its bound; or in which none has a mapping."""
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), seed=seed, trials=TRIALS).options
    race = estimated(begin_race(options, Serial())[1])
    designs: list[object] = []
    while len(designs) < TRIALS:
        proposals = race.ask(12)
        designs += [proposal.machine for proposal in proposals]
        estimates = [race.estimate(proposal) for proposal in proposals]
        race.tell(proposals, [Outcome(estimate + 0.01 if mapped else 2e3, ()) for estimate in estimates])
    return designs


def test_the_same_seed_proposes_the_same_designs() -> None:
    assert ran(3) == ran(3)
    assert ran(3) != ran(4)


def test_a_race_goes_on_where_nothing_can_be_mapped() -> None:
    assert len(ran(0, mapped=False)) == TRIALS


def test_the_last_trials_map_the_best_forecasts_precisely() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), trials=48).options
    _, race = begin_race(options, Serial())
    seen: dict[object, float] = {}
    while len(seen) < 44:
        proposals = race.ask(4)
        bounds = [race.estimate(p) + 0.05 for p in proposals]
        race.tell(proposals, [Outcome(bound + 0.1, (), bound=bound) for bound in bounds])
        seen |= {p.machine: bound for p, bound in zip(proposals, bounds)}
    last = race.ask(4)
    assert all(proposal.look is not None and proposal.look.precise_below == math.inf for proposal in last)
    assert [seen[proposal.machine] for proposal in last] == sorted(seen.values())[:4]


def test_a_design_that_may_be_the_best_is_mapped_precisely() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), trials=48).options
    _, race = begin_race(options, Serial())
    first = race.ask(1)
    bound = race.estimate(first[0]) + 0.05
    race.tell(first, [Outcome(bound + 0.02, (bound + 0.02,), bound=bound, precise=True)])
    (following,) = race.ask(1)
    assert following.look is not None
    assert math.exp(bound) * 0.9 < following.look.precise_below < math.exp(bound + 0.03)


def test_a_design_that_was_bounded_is_mapped_once_its_forecast_comes_near_the_best() -> None:
    options = CoSearch(budget=Budget.parse("area=2mm2"), networks=(NETWORK,), trials=48).options
    _, race = begin_race(options, Serial())
    first = race.ask(1)
    bound = race.estimate(first[0])
    race.tell(first, [Outcome(bound + 1.0, (), bound=bound, precise=True)])  # designs lie far above their bounds
    second = race.ask(1)
    race.tell(second, [Outcome(bound + 2.0, (), bound=bound + 0.06)])
    for _ in range(30):
        (following,) = race.ask(1)
        if following.machine == second[0].machine:
            break
        race.tell([following], [Outcome(bound + 1.02, (), bound=bound + 1.02, precise=True)])  # others do not
    assert following.machine == second[0].machine
    assert following.look is not None
    assert following.look.precise_below == math.inf
    (other,) = race.ask(1)
    assert other.machine != following.machine  # it is pending


def test_arrays_begin_that_fit_only_with_sram() -> None:
    """The smallest SRAM of an element takes less area than the smallest registers."""
    grid = field("area=2mm2").grid
    assert grid.l1.mm2[grid.l1.first_sram] < grid.l1.mm2[0]
    arrays = arrays_of(grid, ("C", "K"))
    designs = np.zeros((len(arrays), NOC + 1), dtype=np.int64)
    designs[:, :L1], designs[:, NOC] = arrays, 1
    with_registers = grid.last_l2(designs) >= 0
    designs[:, L1] = grid.l1.first_sram
    assert (with_registers | (grid.last_l2(designs) >= 0)).all()
    assert not with_registers.all()


def test_no_subnet_that_is_accurate_enough() -> None:
    options = CoSearch(budget=Budget.parse("area=5mm2"), min_accuracy=99.0).options
    with pytest.raises(InfeasibleError, match="highest reachable"):
        begin_race(options, Serial())

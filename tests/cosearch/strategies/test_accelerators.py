"""The outer loop: designs inside the budget, NAAS's decoding, repeatable, and learning from merits."""

from __future__ import annotations

import logging
import math
from typing import Any

import cmaes
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.template import ARRAY_STRIDE, BUFFER_STRIDE_BYTES, PE_STRIDE
from cosearch import Budget
from cosearch.problem.template_space import IMPORTANCES, KNOBS, TemplateSpace
from cosearch.strategies import warm_cmaes
from cosearch.strategies.accelerators import AcceleratorStrategy
from cosearch.strategies.points import Outcome
from cosearch.strategies.samplers import POINT_SAMPLERS, check_sampler, quiet_optuna
from cosearch.strategies.warm_cmaes import STARTUP, WarmCmaes
from nets.errors import InfeasibleError, InputError

SPACE = TemplateSpace(Budget.parse("area=5mm2"))
QUICK = [name for name in POINT_SAMPLERS if name != "gp"]
"""Gaussian processes take a second for each design; they have a test of their own."""


def outcome(loss: float) -> Outcome:
    return Outcome(loss, (loss,), (-1.0,))


POINTS = st.fixed_dictionaries({name: st.floats(0.0, 1.0) for name in KNOBS})


@given(POINTS)
def test_every_point_decodes_to_a_design_on_the_strides_inside_the_budget(knobs: dict[str, float]) -> None:
    template = SPACE.decode(knobs)
    if template is None:
        return
    assert template.area_mm2 <= 5.0
    assert template.pes % PE_STRIDE == 0
    assert all(size % ARRAY_STRIDE == 0 for size in template.array)
    assert template.l1_bytes % BUFFER_STRIDE_BYTES == template.l2_bytes % BUFFER_STRIDE_BYTES == 0
    assert len(template.array) == min(3, 1 + int(3 * knobs["axes"]))


@given(POINTS)
def test_the_most_important_dims_run_in_parallel(knobs: dict[str, float]) -> None:
    template = SPACE.decode(knobs)
    if template is None:
        return
    importance = {dim: knobs[name] for name, dim in IMPORTANCES.items()}
    chosen = [importance[dim] for dim in template.parallel]
    assert chosen == sorted(chosen, reverse=True)
    assert min(chosen) >= max(value for dim, value in importance.items() if dim not in template.parallel)


@pytest.mark.parametrize("text", ["area=0.05mm2", "pes=8", "sram=1KiB", "area=500mm2", "pes=64,sram=64KiB,area=1mm2"])
@pytest.mark.parametrize("sampler", QUICK)
def test_designs_keep_tight_and_loose_budgets(text: str, sampler: str) -> None:
    space = TemplateSpace(Budget.parse(text))
    space.require_feasible()
    strategy = AcceleratorStrategy(space, sampler, seed=0, population=6)
    for _ in range(9):
        proposals = strategy.ask(6)
        assert all(not space.violations(proposal.machine) for proposal in proposals)
        strategy.tell(proposals, [outcome(proposal.machine.area_mm2) for proposal in proposals])


def test_too_small_a_budget_names_the_limit() -> None:
    with pytest.raises(InfeasibleError, match=r"pes 8 exceeds the limit of 4"):
        TemplateSpace(Budget.parse("pes=4,area=5mm2")).require_feasible()


@pytest.mark.parametrize("sampler", QUICK)
def test_the_same_seed_gives_the_same_designs(sampler: str) -> None:
    def draw(seed: int) -> list[dict[str, float]]:
        strategy = AcceleratorStrategy(SPACE, sampler, seed, population=6)
        points = []
        for _ in range(9):
            proposals = strategy.ask(6)
            strategy.tell(proposals, [outcome(abs(proposal.knobs["l2"] - 0.7)) for proposal in proposals])
            points += [proposal.knobs for proposal in proposals]
        return points

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    points = draw(1)
    if sampler.startswith("nsga"):  # a child may be its parent
        return
    assert len({tuple(point.values()) for point in points}) == len(points), "no point is drawn twice"


@pytest.mark.parametrize("ahead", [0, 6])
def test_cmaes_closes_in_on_the_best(ahead: int) -> None:
    def merit(knobs: dict[str, float]) -> float:
        return sum((knobs[name] - 0.3) ** 2 for name in KNOBS)

    found = {}
    for sampler in ("cmaes", "random"):
        strategy = AcceleratorStrategy(SPACE, sampler, seed=0, population=12)
        asked, best = strategy.ask(ahead), math.inf
        for _ in range(25):
            proposals = asked + strategy.ask(12 - ahead)
            asked = strategy.ask(ahead)
            merits = [merit(proposal.knobs) for proposal in proposals]
            strategy.tell(proposals, [outcome(value) for value in merits])
            best = min(best, *merits)
        found[sampler] = best
    assert found["cmaes"] < found["random"] / 3


@pytest.mark.parametrize(("seed", "population"), [(0, 12), (3, 5)])
def test_cmaes_draws_what_optuna_s_sampler_draws(seed: int, population: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for rounding, once both take the symmetric root of the covariance: B D z is as good, for whatever basis B."""

    def draw(model: Any) -> Any:
        basis, scale = model._eigen_decomposition()
        return model._mean + model._sigma * basis @ (scale * (basis.T @ model._rng.randn(model.dim)))

    monkeypatch.setattr(cmaes.CMA, "_sample_solution", draw)
    monkeypatch.setattr(warm_cmaes, "ALPHA", 0.1)  # Optuna's
    ours = WarmCmaes(KNOBS, seed, population)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    box: Any = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in KNOBS}
    told = 0
    with quiet_optuna():
        while told < STARTUP + 5 * population:
            trials: dict[int, optuna.Trial] = {}
            while len(trials) < population:
                trial = study.ask(box)
                number, point = ours.ask(0)
                assert (number, list(point)) == (trial.number, list(trial.params))
                assert list(point.values()) == pytest.approx(list(trial.params.values()), rel=0, abs=1e-9)
                if point["axes"] + point["elements"] > 1.4:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                    ours.reject(number)
                else:
                    trials[number] = trial
            merits = {number: sum((x - 0.4) ** 2 for x in trial.params.values()) for number, trial in trials.items()}
            for number, trial in trials.items():
                study.tell(trial, merits[number])
            ours.tell([(number, Outcome(merit, (merit,))) for number, merit in merits.items()])
            told += population
            if told - population < STARTUP <= told:
                study.sampler = optuna.samplers.CmaEsSampler(
                    seed=seed, popsize=population, n_startup_trials=0, source_trials=study.get_trials(deepcopy=False)
                )


def test_optuna_is_quiet_only_inside() -> None:
    logger = logging.getLogger("optuna")
    before = logger.level
    with quiet_optuna():
        assert logger.level == logging.ERROR
    assert logger.level == before


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "nsga3"])
def test_limits_and_several_objectives_are_learnt_from(sampler: str) -> None:
    """Large L2 is good for one loss, small for the other; only an L1 knob below 0.4 keeps the limit."""

    def share(name: str) -> float:
        strategy = AcceleratorStrategy(SPACE, name, seed=0, population=12, objectives=2)
        kept = []
        for _ in range(15):
            proposals = strategy.ask(12)
            points = [proposal.knobs for proposal in proposals]
            kept += [point["l1"] < 0.4 for point in points]
            told = [Outcome(0.0, (p["l2"], 1.0 - p["l2"]), (p["l1"] - 0.4,)) for p in points]
            strategy.tell(proposals, told)
        return sum(kept[-60:]) / 60

    assert share(sampler) > share("random") + 0.15


@pytest.mark.parametrize("sampler", QUICK)
def test_designs_without_mapping_are_told(sampler: str) -> None:
    strategy = AcceleratorStrategy(SPACE, sampler, seed=0, population=4)
    for _ in range(11):
        proposals = strategy.ask(4)
        strategy.tell(proposals, [Outcome(2e3, ()) for _ in proposals])


def test_gaussian_processes_propose_inside_the_budget() -> None:
    pytest.importorskip("torch")
    strategy = AcceleratorStrategy(SPACE, "gp", seed=0, population=36)
    for count in (36, 2):
        proposals = strategy.ask(count)
        assert all(not SPACE.violations(proposal.machine) for proposal in proposals)
        strategy.tell(proposals, [outcome(proposal.knobs["l2"]) for proposal in proposals])


def test_cmaes_refuses_several_objectives_and_names_those_that_can() -> None:
    with pytest.raises(InputError, match="these do: race, tpe, nsga2, nsga3, gp, random, qmc"):
        check_sampler("cmaes", 2)

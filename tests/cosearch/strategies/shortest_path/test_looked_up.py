"""The best subnet where some were measured and a model says the others, against a list of all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES
from cosearch.strategies.shortest_path import ChainProblem, is_chain
from cosearch.strategies.shortest_path.chain import Floats, Path
from nets.accuracy import Predictor
from nets.accuracy.measured import Measured, MeasuredPredictor
from nets.spaces import Config, Space
from tests.cosearch.strategies.shortest_path import small
from tests.cosearch.strategies.shortest_path.test_problem import draw_limits, kept, values

EXACT = 1e-9


def measured(configs: Sequence[Config], top1: Floats, model: Predictor | None) -> MeasuredPredictor:
    """A predictor that looks some subnets up."""
    return MeasuredPredictor(small.space(), Measured(tuple(configs), top1, np.zeros(len(top1)), "own.csv"), model)


def priced(rng: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """Energy and latency of every layer, and of every subnet."""
    energy, latency = small.draw_costs(rng)
    return energy, latency, *small.table().costs(small.subnets(), energy, latency)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_is_that_of_a_list_of_all(seed: int) -> None:
    rng, configs, worse = np.random.default_rng(seed), small.subnets(), 0
    ends = [0, len(configs) - 1]  # so that both resolutions are known of
    for some in (0, 30):
        model, (energy, latency, all_energy, all_latency) = small.draw_predictor(rng), priced(rng)
        said, _ = model.predict_batch(configs)
        floor = float(np.quantile(said, rng.uniform(0.4, 0.9)))
        order = np.argsort(np.where(said >= floor, all_energy * all_latency, np.inf))
        # The best by the model disappoint, and then some of the others surprise.
        rows = np.unique(np.concatenate([order[:12], rng.integers(len(configs), size=some), ends]))
        found_out = np.where(np.isin(rows, order[:11]), floor - 1, rng.choice([floor - 2, floor], len(rows)))
        found_out[np.isin(rows, ends)] = floor - 2
        predictor = measured([configs[row] for row in rows], found_out, model)
        top1, _ = predictor.predict_batch(configs)
        accurate = (top1 >= floor) & np.isfinite(all_energy)
        problem = ChainProblem(small.table(), predictor, floor)
        if not accurate.any():  # a layer that all have cannot be mapped
            assert problem.best(energy, latency) is None
            continue
        for objective in OBJECTIVES.values():
            for limits in (Budget(), draw_limits(rng, all_energy[accurate], all_latency[accurate])):
                good = accurate & kept(limits, all_energy, all_latency)
                found = problem.best(energy, latency, objective, limits, tolerance=EXACT)
                bound = problem.bound(energy, latency, objective, limits)
                if not good.any():
                    assert found is None
                    continue
                truth = float(values(objective, all_energy, all_latency)[good].min())
                assert found is not None
                assert found.value == pytest.approx(truth, rel=2 * EXACT)
                assert bound <= found.lower_bound * (1 + EXACT)
                assert found.lower_bound <= truth * (1 + EXACT)
                assert found.lower_bound == pytest.approx(truth, rel=1e-8)
                assert predictor.predict(found.config).top1_percent >= floor
                of_model = ChainProblem(small.table(), model, floor).best(energy, latency, objective, limits)
                worse += of_model is not None and of_model.value < truth * (1 - 1e-6)
    assert worse  # the model alone takes subnets that were measured to be worse


@pytest.mark.parametrize("seed", range(3))
def test_without_a_model_it_is_the_best_of_those_measured(seed: int) -> None:
    rng, configs = np.random.default_rng(seed), small.subnets()
    energy, latency, all_energy, all_latency = priced(rng)
    rows = rng.choice(len(configs), 25, replace=False)
    top1 = rng.uniform(60, 70, len(rows))
    predictor = measured([configs[row] for row in rows], top1, None)
    goal = OBJECTIVES["edp"]
    for floor in (60.0, 65.0, float(top1.max())):
        problem = ChainProblem(small.table(), predictor, floor)
        good = rows[(top1 >= floor) & np.isfinite(all_energy[rows])]
        found = problem.best(energy, latency)
        assert (found is None) == (not len(good))
        if found is not None:
            assert found.value == found.lower_bound == pytest.approx(values(goal, all_energy, all_latency)[good].min())
            assert problem.bound(energy, latency) == found.value


def test_subnets_of_a_space_that_says_no_paths_are_priced_where_all_are_measured() -> None:
    class Pathless(type(small.space())):  # type: ignore[misc]
        def paths(self, resolution: int) -> None:
            return None

    space: Space = object.__new__(Pathless)
    vars(space).update(vars(small.space()))
    model = small.draw_predictor(np.random.default_rng(0))
    assert is_chain(space, measured(small.subnets()[:3], np.full(3, 65.0), None), small.RESOLUTIONS)
    assert not is_chain(space, measured(small.subnets()[:3], np.full(3, 65.0), model), small.RESOLUTIONS)


def test_a_probability_is_asked_of_both() -> None:
    """Those of the file are sure by the error that it says, others by that of the model."""
    configs = small.subnets()
    for seed in range(2):
        rng = np.random.default_rng(seed)
        model, (energy, latency, all_energy, all_latency) = small.draw_predictor(rng), priced(rng)
        floor = float(np.quantile(model.predict_batch(configs)[0], 0.8))
        rows = rng.integers(len(configs), size=40)
        errors = rng.uniform(0, 2, len(rows))
        figures = {small.space().key(configs[row]): (row, error) for row, error in zip(rows, errors)}
        own = Measured(
            tuple(configs[row] for row, _ in figures.values()),
            np.full(len(figures), floor + 1.0),
            np.array([error for _, error in figures.values()]),
            "own.csv",
        )
        predictor = MeasuredPredictor(small.space(), own, model)
        sure = predictor.assured_batch(configs, 0.9) >= floor
        good = sure & np.isfinite(all_energy)
        found = ChainProblem(small.table(), predictor, floor, 0.9).best(energy, latency, tolerance=EXACT)
        truth = float((all_energy * all_latency)[good].min()) * 1e-12
        assert found is not None
        assert bool(predictor.reaches([found.config], floor, 0.9)[0])
        assert found.lower_bound <= truth * (1 + EXACT)
        assert found.value == pytest.approx(truth, rel=2 * EXACT)


def test_a_chain_parts_from_a_path_into_all_others() -> None:
    """Every other subnet is in one part, and in one alone."""
    rng = np.random.default_rng(1)
    ones = np.ones(len(small.table().layers))
    chain, _ = ChainProblem(small.table(), small.draw_predictor(rng), 1.0).priced(ones, ones)
    here = [config for config in small.subnets() if config["r"] == chain.chain.resolution]
    paths = [chain.chain.arcs_of(config) for config in here]
    assert len({*paths}) == len(here)
    assert [chain.chain.config(Path(path, 0.0, 0.0)) for path in paths] == here
    left = int(rng.integers(len(here)))
    parts = np.stack([np.isfinite(part.figures).all(axis=1) for part in chain.without(here[left])])
    holds = np.array([parts[:, list(path)].all(axis=1).sum() for path in paths])
    assert holds[left] == 0
    assert (np.delete(holds, left) == 1).all()

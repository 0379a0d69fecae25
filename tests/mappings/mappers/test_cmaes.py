"""CMA-ES: the suite, its distribution update against the ``cmaes`` package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cmaes import CMA, SepCMA

from accel_models import load_accelerator
from mappings import search_many
from mappings.mappers.cma import Distributions
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, MATMUL, STRIDED, MapperConformance


class TestCmaes(MapperConformance):
    name = "cmaes"


class TestFullCmaesByIndex(MapperConformance):
    name = "cmaes"
    settings = {"encoding": "index", "covariance": "full", "begin": "centre", "sigma": 0.5}  # noqa: RUF012


def distribution(n: int, size: int, mean: float, sigma: float, covariance: Any) -> Distributions:
    return Distributions(np.array([n]), np.array([0]), size, np.full((1, n), mean), sigma, covariance)


@pytest.mark.parametrize(("covariance", "package"), [("full", CMA), ("diagonal", SepCMA)])
@pytest.mark.parametrize(("n", "size"), [(2, 6), (9, 10), (9, 25), (30, 14)])
def test_the_same_samples_move_the_distribution_as_the_cmaes_package_does(
    covariance: Any, package: Any, n: int, size: int
) -> None:
    ours = distribution(n, size, 0.5, 0.1, covariance)
    theirs = package(mean=np.full(n, 0.5), sigma=0.1, population_size=size, seed=1)
    rng = np.random.default_rng(n + size)
    for _ in range(8):
        x = np.clip(0.5 + 0.1 * rng.standard_normal((size, n)), 0, 1)
        scores = ((x - 0.4) ** 2 * np.arange(1, n + 1)).sum(axis=1)
        ours.tell(x[None], scores[None])
        theirs.tell(list(zip(x, scores)))
        np.testing.assert_allclose(ours.mean[0], theirs.mean, rtol=0, atol=1e-10)
        np.testing.assert_allclose(ours.sigma[0], theirs._sigma, rtol=1e-10)
        their_cov = theirs._C if covariance == "full" else theirs._C[None]
        np.testing.assert_allclose(ours.cov[0], their_cov, rtol=1e-9, atol=1e-10)


def test_it_begins_with_the_covariance_that_it_is_given() -> None:
    drawn = np.random.default_rng(0).standard_normal((5, 5))
    cov = drawn @ drawn.T
    model = Distributions(np.array([5]), np.array([0]), 6, np.full((1, 5), 0.5), 0.1, "full", cov[None])
    root = np.array([(model.spread(unit) - 0.5) / 0.1 for unit in np.eye(5)])
    np.testing.assert_allclose(root, root.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(root @ root, cov, rtol=0, atol=1e-12)


def sphere(x: Any) -> Any:
    return ((x - 0.45) ** 2).sum(axis=-1)


def rosenbrock(x: Any) -> Any:
    y = 4 * x - 1  # optimum at x = 0.5
    return (100 * (y[..., 1:] - y[..., :-1] ** 2) ** 2 + (1 - y[..., :-1]) ** 2).sum(axis=-1)


@pytest.mark.parametrize(("function", "generations", "goal"), [(sphere, 120, 1e-8), (rosenbrock, 500, 1e-6)])
def test_it_converges_as_the_cmaes_package_does(function: Any, generations: int, goal: float) -> None:
    n, size = 6, 12
    ours = distribution(n, size, 0.3, 0.1, "full")
    theirs = CMA(mean=np.full(n, 0.3), sigma=0.1, population_size=size, seed=3, bounds=np.array([[0.0, 1.0]] * n))
    rng = np.random.default_rng(3)
    best, their_best = np.inf, np.inf
    for _ in range(generations):
        x = ours.ask(rng.standard_normal((1, size, n)))
        scores = function(x)
        ours.tell(x, scores)
        best = min(best, scores.min())
        samples = [theirs.ask() for _ in range(size)]
        theirs.tell([(s, float(function(s))) for s in samples])
        their_best = min(their_best, *(float(function(s)) for s in samples))
    assert their_best < goal
    assert best < goal


def test_vectors_of_a_neighbour_help_to_begin() -> None:
    layers = [CONV, STRIDED, DEPTHWISE, MATMUL]
    before = search_many(layers, [load_accelerator("nvdla_256")], budget=600)
    cold = search_many(layers, [load_accelerator("nvdla_1024")], budget=19)
    warm = search_many(
        layers, [load_accelerator("nvdla_1024")], budget=19, settings={"warm": before.vectors()[:, None]}
    )
    assert (warm.found.score <= cold.found.score * 1.0000001).mean() >= 0.5

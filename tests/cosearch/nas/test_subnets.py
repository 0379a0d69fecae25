"""Subnets as a search sees them: costs against the whole network's, bounds, mapping once; names people write."""

from __future__ import annotations

import numpy as np
import pytest

from accel_models.presets import load_accelerator
from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.nas.setup import Request
from cosearch.nas.subnets import SubnetEvaluator
from cosearch.problem.budget import Budget
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.network_limits import read_network_limits
from nets.accuracy import load_proxy
from nets.errors import InfeasibleError, InputError
from nets.patches import scheduled
from nets.peak_memory import sram_of
from nets.spaces import load_space
from nets.spaces.space_design import part_of

QUICK = {"mapper_budget": 20, "resolutions": (128, 160)}


@pytest.fixture(scope="module")
def evaluator() -> SubnetEvaluator:
    problem = Request(space="ofa-mobilenetv3", **QUICK).problem()  # type: ignore[arg-type]
    assert isinstance(problem.evaluator, SubnetEvaluator)
    return problem.evaluator


def test_a_subnet_costs_the_sum_of_its_network_s_layers(evaluator: SubnetEvaluator) -> None:
    rng = np.random.default_rng(0)
    configs = [evaluator.space.sample(rng) for _ in range(5)]
    for config, figures in zip(configs, evaluator.measure(configs)):
        network = evaluator.space.network(config)
        latency_s, energy_pj = evaluator.layer_costs.of(network.layers)
        assert figures["latency"] == pytest.approx(latency_s, rel=1e-12)
        assert figures["energy"] == pytest.approx(energy_pj * 1e-12, rel=1e-12)
        assert figures["power"] == pytest.approx(energy_pj * 1e-12 / latency_s)
        assert (figures["macs"], figures["params"]) == (network.macs, network.params)


def test_memory_in_patches_is_that_of_the_blocks() -> None:
    limits = read_network_limits("sram=320KB")
    problem = Request(space="tinynas", objective="capacity", limits=limits, patches=3, mapper_budget=2).problem()
    configs = problem.evaluator.landmarks()
    for config, figures in zip(configs, problem.evaluator.screen(configs)):
        schedule = scheduled([part_of(block) for block in problem.space.blocks(config)], 3)  # type: ignore[attr-defined]
        assert schedule.parts > 0
        assert figures["sram"] == schedule.sram.total < sram_of(problem.space.network(config)).total  # type: ignore[attr-defined]
        assert "3 x 3 patches" in problem.evaluator.remark(config)


@pytest.mark.parametrize("space", ["tinynas", "nasnet"])
def test_memory_is_the_whole_networks(space: str) -> None:
    """Also where blocks are looked at one by one; a parameter is a byte of flash."""
    limits = read_network_limits("sram=320KB,flash=1MB")
    problem = Request(space=space, objective="capacity", limits=limits, mapper_budget=2).problem()
    rng = np.random.default_rng(4)
    configs = [problem.space.sample(rng) for _ in range(3)]
    for config, figures in zip(configs, problem.evaluator.screen(configs)):
        network = problem.space.network(config)  # type: ignore[attr-defined]
        assert figures["sram"] == sram_of(network).total
        assert figures["flash"] == network.params
        broken = figures["sram"] > 320e3 or figures["flash"] > 1e6
        assert problem.admits([config]) == [not broken]


def test_a_proxy_is_an_objective() -> None:
    """The score of the untrained subnet itself."""
    pytest.importorskip("torch", reason="torch is not installed")
    from nets.supernet import untrained_subnet

    problem = Request(space="ofa-digits", objective="synflow", resolutions=(12,), mapper_budget=2).problem()
    rng = np.random.default_rng(5)
    configs = [problem.space.sample(rng) for _ in range(3)]
    for found in problem.evaluate(configs):
        net = untrained_subnet(problem.space, found.config, seed=0)  # type: ignore[arg-type]
        expected = load_proxy("synflow").score(net, (16, 3, 12, 12), seed=0)
        assert found.figures["synflow"] == pytest.approx(expected)
        assert found.losses == (-found.figures["synflow"],)
    assert "no accuracy" in problem.evaluator.remark(configs[0])


def test_a_proxy_of_a_space_without_modules_is_refused() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    problem = Request(space="nasnet", objective="naswot", mapper_budget=2).problem()
    with pytest.raises(InputError, match=r"has no torch modules of its ConvBlock; have them: ofa-digits, .*, tinynas$"):
        problem.evaluate([problem.space.sample(np.random.default_rng(0))])


def test_tables_give_what_blocks_give(evaluator: SubnetEvaluator) -> None:
    rng = np.random.default_rng(1)
    configs = [evaluator.space.sample(rng) for _ in range(20)]
    for config, figures in zip(configs, evaluator.screen(configs)):
        codes = evaluator.space.encode(config)
        for name, table in evaluator.tables.items():
            assert table.value(codes) == pytest.approx(figures[name], rel=1e-9)


def test_nothing_lies_outside_the_bounds(evaluator: SubnetEvaluator) -> None:
    rng = np.random.default_rng(2)
    configs = [evaluator.space.sample(rng) for _ in range(200)] + evaluator.landmarks()
    bounds = evaluator.bounds()
    for figures in evaluator.measure(configs):
        for name, (least, most) in bounds.items():
            assert least - 1e-9 * abs(least) <= figures[name] <= most + 1e-9 * abs(most)


def test_equal_shapes_are_mapped_once(evaluator: SubnetEvaluator) -> None:
    evaluator.screen(evaluator.landmarks())
    known = len(evaluator.layer_costs)
    assert known > 0
    evaluator.screen(evaluator.landmarks())
    assert len(evaluator.layer_costs) == known


def test_a_space_that_is_no_chain_of_slots_is_bounded_by_its_smallest_and_largest() -> None:
    space = load_space("ofa-resnet50").at([128])
    costs = LayerCosts(load_accelerator("eyeriss"), MapperOptions(objective="latency"), budget=10)
    evaluator = SubnetEvaluator(space, costs)
    assert evaluator.tables == {}
    least, most = evaluator.bounds()["macs"]
    assert (least, most) == (
        space.macs_params(space.min_config(), 128)[0],
        space.macs_params(space.max_config(), 128)[0],
    )


def test_a_limit_below_the_fastest_is_found_out_at_once() -> None:
    problem = Request(space="ofa-mobilenetv3", budget=Budget(latency_s=1e-3), **QUICK).problem()  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError, match="the best within reach"):
        problem.require_feasible()


@pytest.mark.parametrize(
    "options, rule",
    [
        ({"space": "ofa-mobilenet"}, "did you mean"),
        ({"space": "ofa-mbv3-w1.2"}, r"no measured accuracies.*--objective capacity"),
        ({"accelerator": "eyeris"}, "eyeriss"),
        ({"objective": "accuracyy"}, "did you mean 'accuracy'"),
        ({"objective": "accuracy,accuracy"}, "twice"),
        ({"objective": "mnas-hard"}, "must be one cost"),
        ({"target": Budget(latency_s=0.1)}, "goes with the objective mnas-soft or mnas-hard"),
        ({"weights": {"latency": 1.0}}, "goes with the objective weighted"),
        ({"objective": "weighted"}, "at least one cost"),
        ({"objective": "weighted", "weights": {"accuracy": 1.0}}, "not known"),
        ({"objective": "grad_score"}, "did you mean 'gradsign'"),
        ({"patches": 3}, "which no limit is on; add --limit sram"),
        ({"patches": 1, "limits": read_network_limits("sram=1MB")}, "must be at least 2"),
        ({"budget": Budget(area_mm2=5.0)}, "is of the accelerator"),
        ({"min_accuracy": 120.0}, "percentage"),
        ({"resolutions": (150,)}, "known accuracy"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(options: dict[str, object], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        Request(**{"space": "ofa-mobilenetv3", **options}).problem()  # type: ignore[arg-type]


def test_layers_are_mapped_for_the_cost_that_matters() -> None:
    made = {
        objective: Request(space="ofa-mobilenetv3", objective=objective, **QUICK).problem().evaluator  # type: ignore[arg-type]
        for objective in ("accuracy,latency", "accuracy,energy", "latency,energy")
    }
    options = [found.layer_costs.options.objective for found in made.values() if isinstance(found, SubnetEvaluator)]
    assert options == ["latency", "energy", "edp"]

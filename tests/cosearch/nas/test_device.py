"""Networks searched for a device of which only latencies are known: against every network of a small space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.budget import Budget
from nets.errors import InfeasibleError, InputError
from nets.latency import (
    build_layer_table,
    read_latency_pairs,
    read_latency_predictor,
    train_latency,
    write_latency_pairs,
    write_latency_predictor,
    write_layer_table,
)
from nets.measured_configs import write_configs
from nets.spaces import all_codes, load_space
from tests.nets.spaces.own import SMALL

SPACE = load_space(SMALL)
EVERY = [SPACE.decode(codes) for codes in all_codes(SPACE)]
MACS = np.array([SPACE.macs_params(config)[0] for config in EVERY], dtype=np.float64)
NETWORKS = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks"
NOTE10 = NETWORKS / "latency_luts" / "note10"


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """A table on which a network takes 10 ms for each million of its MACs."""
    blocks = [block for resolution in SPACE.resolutions for block in SPACE.all_blocks(resolution)]
    costs = {layer.shape_key: 1e-5 * layer.macs for block in blocks for layer in block.layers}
    write_layer_table(build_layer_table("phone", blocks, costs), tmp_path / "phone.yaml")
    return tmp_path / "phone.yaml"


@pytest.fixture
def top1(tmp_path: Path) -> Path:
    """Accuracies of all networks, drawn at random."""
    drawn = np.random.default_rng(0).uniform(50, 90, len(EVERY))
    write_configs(tmp_path / "top1.csv", SPACE, EVERY, "top1", [f"{value:.4f}" for value in drawn])
    return tmp_path / "top1.csv"


def test_latency_is_that_of_the_table(phone: Path) -> None:
    problem = Request(space=SMALL, latency=phone, objective="latency").problem()
    assert [measure.name for measure in problem.evaluator.measures] == ["latency", "macs", "params", "capacity"]
    figures = problem.evaluator.measure(EVERY)
    assert [figure["latency"] for figure in figures] == pytest.approx(1e-8 * MACS)
    bounds = problem.evaluator.bounds()
    assert bounds["latency"] == pytest.approx((1e-8 * MACS.min(), 1e-8 * MACS.max()))
    assert bounds["macs"] == (MACS.min(), MACS.max())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_exact_method_finds_the_most_macs_of_all_in_time(phone: Path, share: float) -> None:
    limit_s = float(np.quantile(1e-8 * MACS, share))
    request = Request(space=SMALL, latency=phone, objective="capacity", budget=Budget(latency_s=limit_s))
    found = search(request.problem(), "exact", evaluations=9)
    assert found.proven
    assert found.best is not None
    assert found.best.figures["macs"] == MACS[limit_s >= 1e-8 * MACS].max()


def test_measured_accuracies_decide_under_the_limit(phone: Path, top1: Path) -> None:
    limit_s = float(np.median(1e-8 * MACS))
    request = Request(space=SMALL, latency=phone, predictor=top1, budget=Budget(latency_s=limit_s))
    found = search(request.problem(), "grid", evaluations=len(EVERY))
    assert found.best is not None
    measured = np.array([float(line.rsplit(",", 1)[1]) for line in top1.read_text().splitlines()[1:]])
    assert found.best.figures["accuracy"] == measured[limit_s >= 1e-8 * MACS].max()
    assert "top-1 is measured" in str(found.remark)


def test_a_limit_that_no_network_keeps_is_told_before_any_evaluation(phone: Path) -> None:
    problem = Request(space=SMALL, latency=phone, objective="capacity", budget=Budget(latency_s=1e-9)).problem()
    with pytest.raises(InfeasibleError, match="the best within reach is"):
        search(problem, evaluations=5)


def test_outside_of_what_was_measured_a_fit_has_no_answer(tmp_path: Path) -> None:
    """Networks with a kernel that no measured one had never win."""
    known = [row for row, config in enumerate(EVERY) if 7 not in config["ks"]]
    write_latency_pairs(tmp_path / "a.csv", SPACE, [EVERY[row] for row in known], 1 + 1e-5 * MACS[known])
    write_latency_predictor(train_latency(read_latency_pairs(tmp_path / "a.csv", SPACE))[0], tmp_path / "a.json")
    problem = Request(
        space=SMALL, latency=tmp_path / "a.json", objective="capacity", budget=Budget(latency_s=1)
    ).problem()
    found = search(problem, "grid", evaluations=len(EVERY))
    assert len(found.evaluated) == len(known)  # grid leaves out what breaks a limit
    assert found.best is not None
    assert found.best.figures["macs"] == MACS[known].max()
    with pytest.raises(InputError, match="method exact: space"):
        search(problem, "exact", evaluations=9)


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"objective": "energy"}, r"latency: .* is of latency, which neither the objective nor a limit is about"),
        ({"objective": "latency,energy"}, r"latency: .* says nothing of energy"),
        (
            {"objective": "latency", "accelerator": "eyeriss"},
            r"accelerator: 'eyeriss' is of a machine that is modelled",
        ),
        ({"objective": "latency", "mapper_budget": 5}, r"mappings: 5 is of a machine that is modelled"),
        ({"objective": "latency", "data": "digits"}, r"data: 'digits' is for measuring a supernet"),
        ({"objective": "latency", "predictor": Path("x.csv")}, r"predictor: 'x.csv' is of accuracy, which neither"),
        ({"objective": "latency", "space": "ofa-digits"}, r"'ofa-digits' has 60 parts, of which 58 are not in it"),
    ],
)
def test_what_would_change_nothing_is_refused(phone: Path, asked: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Request(**{"space": SMALL, "latency": phone} | asked).problem()  # type: ignore[arg-type]


@pytest.mark.skipif(not NOTE10.is_dir(), reason="the reference cases are not beside the project")
def test_a_phone_that_was_measured() -> None:
    """Once-for-All's tutorial: its network takes 24.73 ms on a Note 10, so the best in that time is no smaller."""
    space = load_space("ofa-mbv3-w1.2")
    tutorial = {
        "d": [2, 2, 3, 4, 3],
        "ks": [5, 3, 0, 0, 5, 3, 0, 0, 7, 7, 3, 0, 5, 5, 7, 3, 3, 3, 5, 0],
        "e": [3, 3, 0, 0, 4, 4, 0, 0, 6, 3, 4, 0, 4, 4, 4, 3, 6, 6, 6, 0],
        "r": 192,
    }  # fmt: skip
    problem = Request(space=space.id, latency=NOTE10, objective="capacity", budget=Budget(latency_s=24.74e-3)).problem()
    (figures,) = problem.evaluator.screen([tutorial])
    assert 1e3 * figures["latency"] == pytest.approx(24.73, abs=0.005)
    assert problem.space.resolutions == (160, 176, 192, 224)  # type: ignore[attr-defined]
    found = search(problem, "exact", evaluations=9)
    assert found.best is not None
    assert found.best.figures["macs"] >= figures["macs"]
    assert "the table note10" in str(found.remark)
    table = read_latency_predictor(NOTE10, space)
    assert table.predict(found.best.config).ms <= 24.74

"""Subnets that are fast enough on a device: against every subnet of a small space, looked at one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nets.accuracy import Predictor
from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.documents import hold
from nets.errors import InfeasibleError
from nets.latency import TableLatency, build_layer_table, write_layer_table
from nets.latency.in_time import InTimePredictor, accuracies_in_time
from nets.measured_configs import write_configs
from nets.spaces import all_codes, load_space
from tests.nets.spaces.own import SMALL

SPACE = load_space(SMALL)
EVERY = [SPACE.decode(codes) for codes in all_codes(SPACE)]
BLOCKS = [block for resolution in SPACE.resolutions for block in SPACE.all_blocks(resolution)]
COSTS = {layer.shape_key: 1e-5 * layer.macs for block in BLOCKS for layer in block.layers}
DEVICE = TableLatency(SPACE, [build_layer_table("phone", BLOCKS, COSTS)])


def accuracies(seed: int) -> Predictor:
    """A sum over genes drawn at random."""
    rng = np.random.default_rng(seed)
    return CappedLinearPredictor(
        "drawn", SPACE, estimates="drawn", notes=[], levels={16: 60.0, 32: 65.0},
        genes=rng.normal(size=len(SPACE.columns)), cap=100.0, error=0.5,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_most_accurate_in_time_is_that_of_all(seed: int) -> None:
    predictor, limit_ms = accuracies(seed), float(np.median(DEVICE.estimate(EVERY)))
    limited = InTimePredictor(predictor, DEVICE, limit_ms)
    for resolution in limited.domain:
        here = [config for config in EVERY if config["r"] == resolution]
        kept = DEVICE.estimate(here) <= limit_ms
        assert kept.sum() > 0
        top1 = predictor.predict_batch(here)[0]
        assured = limited.assured_batch(here)
        assert (assured == np.where(kept, top1, -np.inf)).all()
        found = limited.most_assured(resolution, None)
        assert DEVICE.predict(found).ms <= limit_ms
        # single changes of genes from two places: near the best of all, and hardly ever below it
        assert predictor.predict(found).top1_percent >= np.sort(top1[kept])[-2]


def test_what_no_subnet_keeps_is_refused_with_the_fastest() -> None:
    fastest = float(DEVICE.estimate(EVERY).min())
    with pytest.raises(InfeasibleError, match=f"the least found is {fastest:.4g} ms"):
        InTimePredictor(accuracies(0), DEVICE, 0.99 * fastest)


def test_files_are_read_together(tmp_path: Path) -> None:
    write_configs(tmp_path / "a.csv", SPACE, EVERY[:40], "top1", [f"{60 + row / 10}" for row in range(40)])
    write_layer_table(build_layer_table("phone", BLOCKS, COSTS), tmp_path / "phone.yaml")
    files = (hold("predictor", tmp_path / "a.csv"), hold("latency", tmp_path / "phone.yaml"))
    found = accuracies_in_time(SMALL, None, *files, 1e3)
    assert found is accuracies_in_time(SMALL, None, *files, 1e3)
    assert found.predict(EVERY[39]).top1_percent == 63.9
    assert found.device.predict(EVERY[0]).ms == pytest.approx(1e-5 * SPACE.macs_params(EVERY[0])[0])

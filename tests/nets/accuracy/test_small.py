"""Subnets that are small enough: against every subnet of a small space, counted from its whole network."""

from __future__ import annotations

import numpy as np
import pytest

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.small import Footprint, SmallPredictor, footprint_of, subnet_footprint
from nets.errors import InfeasibleError
from nets.peak_memory import sram_of
from nets.spaces import all_codes, load_space
from tests.nets.spaces.own import SMALL

SPACE = load_space(SMALL)
EVERY = [SPACE.decode(codes) for codes in all_codes(SPACE)]
TAKEN = [footprint_of(SPACE.network(config)) for config in EVERY]
RNG = np.random.default_rng(7)
ACCURACIES = CappedLinearPredictor(
    "drawn", SPACE, estimates="drawn", notes=[], levels={16: 60.0, 32: 65.0},
    genes=RNG.normal(size=len(SPACE.columns)), cap=100.0, error=0.5,
)  # fmt: skip


def test_a_footprint_is_that_of_the_whole_network() -> None:
    for config, taken in zip(EVERY, TAKEN):
        network = SPACE.network(config)
        assert taken == Footprint(sram_of(network).total, network.params, network.macs, network.params)
        assert subnet_footprint(SPACE, config) == taken


@pytest.mark.parametrize("names", [("sram",), ("flash",), ("macs", "params"), ("sram", "flash", "macs", "params")])
def test_subnets_beyond_a_limit_are_sure_of_nothing(names: tuple[str, ...]) -> None:
    limits = tuple((name, float(np.median([getattr(one, name) for one in TAKEN]))) for name in names)
    small = SmallPredictor(ACCURACIES, limits)
    kept = np.array([all(getattr(one, name) <= limit for name, limit in limits) for one in TAKEN])
    assert 0 < kept.sum() < len(EVERY)
    assert (small.keeps(EVERY) == kept).all()
    top1 = ACCURACIES.predict_batch(EVERY)[0]
    assert (small.assured_batch(EVERY) == np.where(kept, top1, -np.inf)).all()
    for resolution in small.domain:
        here = np.array([config["r"] == resolution for config in EVERY]) & kept
        found = small.most_assured(resolution, None)
        assert small.keeps([found])[0]
        assert ACCURACIES.predict(found).top1_percent >= np.sort(top1[here])[-2]


def test_a_limit_that_nothing_keeps_says_the_least() -> None:
    least = min(one.sram for one in TAKEN)
    with pytest.raises(InfeasibleError, match=f"takes at most sram .*: the least found is sram {least:,}$"):
        SmallPredictor(ACCURACIES, (("sram", 0.99 * least),))

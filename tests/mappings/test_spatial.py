"""Spatial choices with perfect factors, listed whole arrays at a time, are those that a walk finds one by one."""

from __future__ import annotations

from functools import partial

import numpy as np

from accel_models.codes import AXIS_DIMS, AXIS_SIZE, LEVEL_COLUMNS
from mappings import spatial


def test_the_choices_are_those_that_a_walk_finds_in_its_order() -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        levels = np.zeros((3, LEVEL_COLUMNS))
        levels[:, AXIS_SIZE : AXIS_SIZE + 3] = 1
        several = rng.random() < 0.5
        for axis in range(int(rng.integers(4))):
            at = int(rng.integers(3))
            levels[at, AXIS_SIZE + axis] = rng.choice([1, 2, 3, 4, 6, 8])
            levels[at, AXIS_DIMS + axis] = rng.integers(1, 256) if several else 1 << int(rng.integers(8))
        bounds = tuple(int(bound) for bound in rng.choice([1, 2, 3, 4, 6, 8, 12], size=8, p=[0.4, *[0.1] * 6]))
        walked = partial(spatial._fanouts, perfect=True)
        assert spatial.spatial_choices(bounds, levels) == list(
            spatial._choices(bounds, [spatial._axes(level) for level in levels], walked)
        )

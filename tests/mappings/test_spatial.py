"""Spatial choices: those of machines whose axes run one dim each are listed directly, and are the same."""

from __future__ import annotations

import numpy as np

from accel_models.codes import AXIS_DIMS, AXIS_SIZE, LEVEL_COLUMNS
from mappings import spatial


def test_axes_of_one_dim_have_the_choices_that_the_general_search_finds() -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        levels = np.zeros((3, LEVEL_COLUMNS))
        levels[:, AXIS_SIZE : AXIS_SIZE + 3] = 1
        at = int(rng.integers(3))
        for axis in range(int(rng.integers(4))):
            levels[at, AXIS_SIZE + axis] = rng.choice([1, 2, 3, 4, 8, 12, 16])
            levels[at, AXIS_DIMS + axis] = 1 << int(rng.integers(8))
        bounds = tuple(int(bound) for bound in rng.choice([1, 2, 3, 4, 6, 7, 8, 12, 16, 24], size=8))
        general = list(spatial._choices(bounds, [spatial._axes(level) for level in levels]))
        assert spatial.spatial_choices(bounds, levels) == general

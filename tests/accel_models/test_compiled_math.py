"""Compiled exponential and logarithm: to the bit what Python computes."""

from __future__ import annotations

import math

import numpy as np

from accel_models import compiled_math
from accel_models.compiled import entry
from nets import elementary


@entry()
def compute(x, exponentials, logarithms):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        exponentials[i] = compiled_math.exp(x[i])
        logarithms[i] = compiled_math.log(x[i])


def test_compiled_code_has_the_same_bits() -> None:
    rng = np.random.default_rng(0)
    edges = [0.0, 1.0, -1.0, 5e-324, 709.7, -745.0, 800.0, math.inf, -math.inf, math.nan]
    x = np.concatenate([rng.uniform(-50.0, 50.0, 2000), 10.0 ** rng.uniform(-300.0, 300.0, 2000), edges])
    exponentials, logarithms = np.empty_like(x), np.empty_like(x)
    compute(x, exponentials, logarithms)
    np.testing.assert_array_equal(exponentials, elementary.exps(x))
    np.testing.assert_array_equal(logarithms, elementary.logs(x))

"""Normal draws: the quantiles that SciPy computes."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from mappings.mappers.normal_kernel import quantiles


def test_quantiles_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    tails = 10.0 ** -rng.uniform(1.0, 16.0, 3000)
    shares = np.concatenate([rng.random(5000), tails, 1.0 - tails[:1500], [0.5, 0.075, 0.925, 2.0**-54, 1 - 2.0**-53]])
    found = np.empty_like(shares)
    quantiles(shares, found)
    np.testing.assert_allclose(found, ndtri(shares), rtol=1e-14, atol=1e-15)

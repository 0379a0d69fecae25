"""One generation of CMA-ES for many problems in lockstep, compiled.

Equations are those of Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv:1604.00772); the diagonal variant is
sep-CMA-ES of Ros and Hansen, "A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity", PPSN 2008.

Every array has a row for each problem; a problem of ``n`` genes uses the first ``n`` columns. ``constants`` and
``weights`` have a row for each ``n`` (see :mod:`mappings.mappers.cma`).
"""

from __future__ import annotations

import numpy as np

from accel_models.compiled import entry, inside
from accel_models.compiled_math import exp, log

# Columns of the constants.
MU_EFF, C_SIGMA, D_SIGMA, C_C, C_1, C_MU, CHI_N = 0, 1, 2, 3, 4, 5, 6
CONSTANTS = 7
TINY = 1e-8


@entry(
    "void(int64[::1], int64[::1], float64[:,:,::1], float64[:,::1], float64[::1], float64[:,:,::1], float64[:,::1],"
    "boolean, float64[:,:,::1])",
)
def sample(genes, layer_of, normal, mean, sigma, basis, scale, full, x):
    """Draw x = m + sigma B D z (eqs. 38 to 40), clipped to the unit cube; ``normal`` holds z for every layer."""
    for p in range(len(genes)):
        n = genes[p]
        for j in range(x.shape[1]):
            z = normal[layer_of[p], j]
            for a in range(n):
                if full:
                    y = 0.0
                    for i in range(n):
                        y += basis[p, a, i] * scale[p, i] * z[i]
                else:
                    y = scale[p, a] * z[a]
                x[p, j, a] = min(max(mean[p, a] + sigma[p] * y, 0.0), 1.0)


@inside(
    "void(int64, boolean, float64[:,::1], float64[::1], float64[::1], float64[::1], float64[::1])",
)
def _whiten(n, full, basis, scale, y, turned, white):
    """C^(-1/2) y, in ``white``."""
    if not full:
        for a in range(n):
            white[a] = y[a] / scale[a]
        return
    for i in range(n):
        turned[i] = 0.0
        for a in range(n):
            turned[i] += basis[a, i] * y[a]
        turned[i] /= scale[i]
    for a in range(n):
        white[a] = 0.0
        for i in range(n):
            white[a] += basis[a, i] * turned[i]


@entry(
    "void(int64[::1], int64[::1], float64[:,:,::1], float64[:,::1], float64[:,::1], float64[:,::1], boolean,"
    "float64[:,::1], float64[::1], float64[:,::1], float64[:,::1], float64[:,:,::1], float64[:,:,::1], float64[:,::1])",
)
def update(genes, generation, x, scores, constants, weights, full, mean, sigma, path_sigma, path_c, cov, basis, scale):
    """Move every distribution towards its better samples.

    Args:
        generation: (P,), generations since the start of each distribution, this one included.
        x, scores: samples (P, lambda, n) and what they cost (P, lambda).
        cov: (P, n, n), or (P, 1, n) the diagonal when not ``full``; ``basis`` and ``scale`` hold B and D of the
            covariance that ``x`` was drawn from (``basis`` is not read when not ``full``).
    """
    size = x.shape[1]
    mu = size // 2
    longest = x.shape[2]
    y = np.empty((size, longest))
    y_w = np.empty(longest)
    turned = np.empty(longest)
    white = np.empty(longest)
    w_io = np.empty(size)
    rank = np.empty(size, dtype=np.int64)
    for p in range(len(genes)):
        n = genes[p]
        c = constants[n]
        w = weights[n]
        for j in range(size):
            i = j
            while i > 0 and scores[p, rank[i - 1]] > scores[p, j]:
                rank[i] = rank[i - 1]
                i -= 1
            rank[i] = j
        for j in range(size):
            for a in range(n):
                y[j, a] = (x[p, rank[j], a] - mean[p, a]) / sigma[p]
        # Selection and recombination, eqs. 41 and 42.
        for a in range(n):
            y_w[a] = 0.0
            for j in range(mu):
                y_w[a] += w[j] * y[j, a]
            mean[p, a] += sigma[p] * y_w[a]
        # Step-size control, eqs. 43 and 44; C^(-1/2) = B D^(-1) B^T.
        _whiten(n, full, basis[p if full else 0], scale[p], y_w, turned, white)
        norm = 0.0
        for a in range(n):
            path_sigma[p, a] = (1 - c[C_SIGMA]) * path_sigma[p, a] + np.sqrt(
                c[C_SIGMA] * (2 - c[C_SIGMA]) * c[MU_EFF]
            ) * white[a]
            norm += path_sigma[p, a] * path_sigma[p, a]
        norm = np.sqrt(norm)
        sigma[p] *= exp(c[C_SIGMA] / c[D_SIGMA] * (norm / c[CHI_N] - 1))
        # Covariance, eqs. 45 to 47.
        settled = np.sqrt(1 - exp(2 * (generation[p] + 1) * log(1 - c[C_SIGMA])))
        h_sigma = 1.0 if norm / settled < (1.4 + 2 / (n + 1)) * c[CHI_N] else 0.0
        total = 0.0
        for a in range(n):
            path_c[p, a] = (1 - c[C_C]) * path_c[p, a] + h_sigma * np.sqrt(c[C_C] * (2 - c[C_C]) * c[MU_EFF]) * y_w[a]
        for j in range(size):
            total += w[j]
            w_io[j] = w[j]
            if w[j] < 0:
                _whiten(n, full, basis[p if full else 0], scale[p], y[j], turned, white)
                length = 0.0
                for a in range(n):
                    length += white[a] * white[a]
                w_io[j] *= n / (length + TINY)
        keep = 1 + c[C_1] * (1 - h_sigma) * c[C_C] * (2 - c[C_C]) - c[C_1] - c[C_MU] * total
        if full:
            for a in range(n):
                for b in range(a + 1):
                    rank_mu = 0.0
                    for j in range(size):
                        rank_mu += w_io[j] * y[j, a] * y[j, b]
                    cov[p, a, b] = keep * cov[p, a, b] + c[C_1] * path_c[p, a] * path_c[p, b] + c[C_MU] * rank_mu
                    cov[p, b, a] = cov[p, a, b]
        else:
            for a in range(n):
                rank_mu = 0.0
                for j in range(size):
                    rank_mu += w_io[j] * y[j, a] * y[j, a]
                cov[p, 0, a] = keep * cov[p, 0, a] + c[C_1] * path_c[p, a] * path_c[p, a] + c[C_MU] * rank_mu
                scale[p, a] = np.sqrt(cov[p, 0, a])

"""Eigenvalues and eigenvectors of symmetric matrices, to the same bits on every machine: Jacobi's rotations, compiled.

LAPACK's depend on how a processor's BLAS adds up, and vectors of equal eigenvalues on little else. Here every operation
stands in the source. Rotations go row by row (the cyclic method; Golub and Van Loan, "Matrix Computations", 8.5).
"""

from __future__ import annotations

import numpy as np

from accel_models.compiled import entry

SWEEPS = 40
"""More than any matrix takes; ten are many."""
ROUNDING = 1.1102230246251565e-16


@entry("void(float64[:,:,::1], float64[:,::1], float64[:,:,::1])")
def decompose(matrices, values, vectors):
    """A = V diag(values) V^T for every symmetric A (P, n, n), which is destroyed.

    Args:
        values: (P, n), in no particular order.
        vectors: (P, n, n), in columns.
    """
    n = matrices.shape[1]
    rows = np.empty((n, n))
    for p in range(len(matrices)):
        a = matrices[p]
        size = 0.0
        for i in range(n):
            for j in range(n):
                rows[i, j] = 1.0 if i == j else 0.0
                size = max(size, abs(a[i, j]))
        for _ in range(SWEEPS):
            turned = False
            for i in range(n - 1):
                for j in range(i + 1, n):
                    if abs(a[i, j]) <= ROUNDING * size:
                        continue
                    turned = True
                    slope = (a[j, j] - a[i, i]) / (2.0 * a[i, j])
                    t = 1.0 / (abs(slope) + np.sqrt(slope * slope + 1.0))
                    if slope < 0.0:
                        t = -t
                    c = 1.0 / np.sqrt(t * t + 1.0)
                    s = t * c
                    moved = t * a[i, j]
                    a[i, i] -= moved
                    a[j, j] += moved
                    a[i, j] = 0.0
                    a[j, i] = 0.0
                    for k in range(n):
                        if k != i and k != j:
                            x, y = a[i, k], a[j, k]
                            a[i, k] = c * x - s * y
                            a[j, k] = s * x + c * y
                            a[k, i] = a[i, k]
                            a[k, j] = a[j, k]
                    for k in range(n):
                        x, y = rows[i, k], rows[j, k]
                        rows[i, k] = c * x - s * y
                        rows[j, k] = s * x + c * y
            if not turned:
                break
        for i in range(n):
            values[p, i] = a[i, i]
            for k in range(n):
                vectors[p, k, i] = rows[i, k]

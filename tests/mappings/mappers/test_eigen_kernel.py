"""Jacobi's rotations: what LAPACK finds, and matrices that leave the vectors open."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mappings.mappers.eigen_kernel import decompose

Floats = NDArray[np.float64]


def decomposed(matrices: Floats) -> tuple[Floats, Floats]:
    values, vectors = np.empty(matrices.shape[:2]), np.empty(matrices.shape)
    decompose(matrices.copy(), values, vectors)
    size = max(1.0, float(np.abs(matrices).max()))
    again = vectors * values[:, None, :] @ vectors.transpose(0, 2, 1)
    np.testing.assert_allclose(again, matrices, rtol=0, atol=1e-13 * size)
    identity = np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape)
    np.testing.assert_allclose(vectors.transpose(0, 2, 1) @ vectors, identity, rtol=0, atol=1e-13)
    return values, vectors


@pytest.mark.parametrize("n", [1, 2, 3, 13, 40])
def test_eigenvalues_are_those_of_lapack(n: int) -> None:
    drawn = np.random.default_rng(n).standard_normal((6, n, n))
    for matrices in (drawn @ drawn.transpose(0, 2, 1), drawn + drawn.transpose(0, 2, 1)):
        values, _ = decomposed(matrices)
        np.testing.assert_allclose(np.sort(values), np.linalg.eigh(matrices)[0], rtol=0, atol=1e-12 * n)


def test_equal_eigenvalues() -> None:
    best = np.random.default_rng(0).random((3, 13))
    values, _ = decomposed((0.09 * np.eye(13) + np.cov(best.T))[None])
    assert np.sort(values[0])[:11] == pytest.approx(np.full(11, 0.09), rel=1e-12)
    for matrix in (np.eye(4), np.zeros((4, 4)), np.diag([3.0, -1.0, 3.0, 0.0])):
        values, vectors = decomposed(matrix[None])
        assert (values[0] == np.diag(matrix)).all()
        assert (vectors[0] == np.eye(4)).all()


def test_a_wide_spread_of_eigenvalues() -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((8, 8)))
    exact = 10.0 ** -np.arange(8.0)
    matrix = turn * exact @ turn.T
    values, _ = decomposed((matrix + matrix.T)[None] / 2)
    np.testing.assert_allclose(np.sort(values[0])[::-1], exact, rtol=0, atol=1e-15)

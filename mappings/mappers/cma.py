"""CMA-ES over many problems in lockstep: the distributions, and the constants of Hansen's tutorial.

Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv:1604.00772), table 1; for the diagonal variant Ros and Hansen,
PPSN 2008. Ours rather than the ``cmaes`` package's, because thousands of small searches advance together here with
three compiled calls a generation; tests hold it to that package's distribution update.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mappings.mappers import cma_kernel as kernel
from mappings.mappers.eigen_kernel import decompose
from nets.elementary import log, logs

Covariance = Literal["full", "diagonal"]


def default_population(genes: int) -> int:
    """lambda = 4 + floor(3 ln n) (eq. 48)."""
    return 4 + math.floor(3 * log(genes))


def constants(n: int, size: int, covariance: Covariance) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Learning rates (columns of :mod:`cma_kernel`) and weights (lambda,) for ``n`` genes and ``size`` samples."""
    mu = size // 2
    ranks = logs(np.arange(1.0, size + 1))
    raw = log((size + 1) / 2) - ranks  # eq. 49
    if covariance == "diagonal":  # only the better half counts, with the weights of the sep-CMA-ES paper
        raw = np.where(np.arange(size) < mu, log(mu + 1) - ranks, 0.0)
    mu_eff = np.square(raw[:mu].sum()) / np.square(raw[:mu]).sum()
    c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)  # eq. 57
    if covariance == "diagonal":
        full = 2 / mu_eff / (n + math.sqrt(2)) ** 2
        full += (1 - 1 / mu_eff) * min(1.0, (2 * mu_eff - 1) / ((n + 2) ** 2 + mu_eff))
        c_mu = (n + 2) / 3 * full
        c_sigma = (mu_eff + 2) / (n + mu_eff + 3)
        c_c = 4 / (n + 4)
        weights = raw / raw.sum()
    else:
        c_mu = min(1 - c_1 - 1e-8, 2 * (mu_eff - 2 + 1 / mu_eff) / ((n + 2) ** 2 + mu_eff))  # eq. 58
        c_sigma = (mu_eff + 2) / (n + mu_eff + 5)  # eq. 55
        c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n)  # eq. 56
        worse = raw[mu:]
        mu_eff_minus = np.square(worse.sum()) / np.square(worse).sum()
        alpha = min(1 + c_1 / c_mu, 1 + 2 * mu_eff_minus / (mu_eff + 2), (1 - c_1 - c_mu) / (n * c_mu))  # eqs. 50 to 52
        weights = np.where(raw >= 0, raw / raw[raw > 0].sum(), alpha * raw / -raw[raw < 0].sum())  # eq. 53
    d_sigma = 1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma  # eq. 55
    chi_n = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2))
    row = np.zeros(kernel.CONSTANTS)
    row[[kernel.MU_EFF, kernel.C_SIGMA, kernel.D_SIGMA, kernel.C_C, kernel.C_1, kernel.C_MU, kernel.CHI_N]] = (
        mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi_n,
    )  # fmt: skip
    return row, weights


class Distributions:
    """A normal distribution in the unit cube for each problem.

    Args:
        genes: int64 (P,), genes of each problem.
        layer_of: int64 (P,), which row of the draws each problem takes.
        size: samples a generation (lambda).
        mean: float64 (P, longest), where they begin.
        sigma: their first step size.
        covariance: ``"full"``, or ``"diagonal"`` (sep-CMA-ES).
        first_cov: float64 (P, longest, longest), what ``"full"`` ones begin with; the identity when omitted.
    """

    def __init__(
        self,
        genes: NDArray[np.int64],
        layer_of: NDArray[np.int64],
        size: int,
        mean: NDArray[np.float64],
        sigma: float,
        covariance: Covariance,
        first_cov: NDArray[np.float64] | None = None,
    ) -> None:
        count, longest = len(genes), int(genes.max())
        self.genes, self.layer_of, self.size = genes, layer_of, size
        self.full = covariance == "full"
        self._constants = np.zeros((longest + 1, kernel.CONSTANTS))
        self._weights = np.zeros((longest + 1, size))
        for n in np.unique(genes).tolist():
            self._constants[n], self._weights[n] = constants(n, size, covariance)
        self._first_sigma = sigma
        self.mean = np.ascontiguousarray(mean)
        self.sigma = np.full(count, sigma)
        self._path_sigma = np.zeros((count, longest))
        self._path_c = np.zeros((count, longest))
        self._scale = np.ones((count, longest))
        identity = np.eye(longest) if self.full else np.ones((1, longest))
        self.cov = np.tile(identity, (count, 1, 1))
        self._basis = self.cov.copy() if self.full else np.zeros((1, 1, 1))
        self.generation = np.zeros(count, dtype=np.int64)
        if first_cov is not None:
            self.cov[:] = first_cov
            self._decompose()

    def ask(self, normal: NDArray[np.float64]) -> NDArray[np.float64]:
        """Samples (P, lambda, longest) from standard normal draws (layers, lambda or more, longest)."""
        x = np.zeros((len(self.genes), self.size, self.mean.shape[1]))
        kernel.sample(self.genes, self.layer_of, normal, self.mean, self.sigma, self._basis, self._scale, self.full, x)
        return x

    def spread(self, normal: NDArray[np.float64]) -> NDArray[np.float64]:
        """m + sigma B D B^T z of the first problem, not clipped, from standard normal z (longest,).

        B D z has the same distribution, but where eigenvalues are equal the basis is anybody's choice.
        """
        basis = self._basis[0]
        along = self._scale[0] * (basis * normal[:, None]).sum(axis=0)
        point: NDArray[np.float64] = self.mean[0] + self.sigma[0] * (basis * along).sum(axis=1)
        return point

    def tell(self, x: NDArray[np.float64], scores: NDArray[np.float64]) -> None:
        """Learn from samples and their scores (P, lambda); lower is better, ``inf`` is worst."""
        self.generation += 1
        kernel.update(
            self.genes, self.generation, x, scores, self._constants, self._weights, self.full, self.mean, self.sigma,
            self._path_sigma, self._path_c, self.cov, self._basis, self._scale,
        )  # fmt: skip
        if self.full:
            self._decompose()

    def restart(self, which: NDArray[np.int64], mean: NDArray[np.float64]) -> None:
        """Begin the distributions of the problems ``which`` anew around ``mean`` (len(which), longest)."""
        self.mean[which] = mean
        self.sigma[which] = self._first_sigma
        self._path_sigma[which] = 0.0
        self._path_c[which] = 0.0
        self._scale[which] = 1.0
        self.generation[which] = 0
        self.cov[which] = np.eye(self.cov.shape[2]) if self.full else 1.0
        if self.full:
            self._basis[which] = np.eye(self.cov.shape[2])

    def _decompose(self) -> None:
        """C = B D^2 B^T, for the problems of each length together."""
        for n in np.unique(self.genes).tolist():
            rows = np.flatnonzero(self.genes == n)
            squares, basis = np.empty((len(rows), n)), np.empty((len(rows), n, n))
            decompose(np.ascontiguousarray(self.cov[rows, :n, :n]), squares, basis)
            self._basis[rows, :n, :n] = basis
            self._scale[rows, :n] = np.sqrt(np.where(squares < 0, kernel.TINY, squares))

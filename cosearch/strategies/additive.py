"""A figure that is a sum over parts, each of which depends on a few decisions: what a layer-wise table gives.

Its mean over random architectures whose decisions are independent is a sum too, and so differentiable: ProxylessNAS's
expected latency (Cai et al., ICLR 2019, equation 2). So is a bound on it over the whole space.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One part of the sum.

    Attributes:
        decisions: numbers of the decisions it depends on.
        table: its value under every choice of these, one axis for each.
    """

    decisions: tuple[int, ...]
    table: Floats


@dataclass(frozen=True)
class Additive:
    """A figure of an architecture: the sum of ``terms``.

    Attributes:
        terms: a decision that means nothing has the code 0, which must give what it should.
    """

    terms: tuple[Term, ...]

    def value(self, codes: Sequence[int]) -> float:
        """Of one architecture."""
        return float(sum(term.table[tuple(codes[number] for number in term.decisions)] for term in self.terms))

    def expected(self, probabilities: Sequence[Floats]) -> float:
        """Mean over architectures each of whose decisions is taken independently.

        Args:
            probabilities: of the choices, an array for each decision.
        """
        return float(sum(_contract(term, probabilities, None) for term in self.terms))

    def gradient(self, probabilities: Sequence[Floats]) -> list[Floats]:
        """Derivative of :meth:`expected` by each probability, in the shape of ``probabilities``."""
        slopes = [np.zeros_like(choices) for choices in probabilities]
        for term in self.terms:
            for number in term.decisions:
                slopes[number] += _contract(term, probabilities, number)
        return slopes

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """No architecture lies below the first or above the second number."""
        shared = set(self.terms[0].decisions).intersection(*(term.decisions for term in self.terms[1:]))
        order = sorted(shared)
        least, most = np.float64(0), np.float64(0)
        for term in self.terms:
            front = [term.decisions.index(number) for number in order]
            table = np.moveaxis(term.table, front, range(len(front)))
            rest = tuple(range(len(front), table.ndim))
            least, most = least + table.min(axis=rest), most + table.max(axis=rest)
        return float(np.min(least)), float(np.max(most))


def _contract(term: Term, probabilities: Sequence[Floats], keep: int | None) -> Floats:
    """Mean of a term's table over all its decisions but ``keep``."""
    letters = string.ascii_letters[: len(term.decisions)]
    summed = [(letter, number) for letter, number in zip(letters, term.decisions) if number != keep]
    kept = "".join(letter for letter, number in zip(letters, term.decisions) if number == keep)
    inputs = ",".join([letters, *(letter for letter, _ in summed)])
    mean: Floats = np.einsum(f"{inputs}->{kept}", term.table, *(probabilities[number] for _, number in summed))
    return mean

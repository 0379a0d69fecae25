"""Where the words of a tensor lie among those that a layer wrote: permuted, split, merged and repeated without a copy.

Every dim is a list of factors ``(size, stride)``, outermost first, with strides in words of what was written. So any
permutation and any merger of dims is expressed exactly, and so are most splits. A dim of several factors, such as the
shuffled channels of ShuffleNet, is *scattered*: no single stride walks it. A factor of stride 0 repeats words, such as
keys that several query heads share.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Factor = tuple[int, int]
Dim = tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Factors of every dim; none of size 1."""

    dims: tuple[Dim, ...]

    @classmethod
    def dense(cls, shape: Sequence[int]) -> Layout:
        """Words in their order, one after another."""
        strides = itertools.accumulate(reversed(shape[1:]), lambda a, b: a * b, initial=1)
        return cls(tuple(_dim([(n, s)]) for n, s in zip(shape, reversed([*strides][: len(shape)]))))

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of every dim."""
        return tuple(math.prod(size for size, _ in dim) for dim in self.dims)

    @property
    def words(self) -> int:
        """Different words: those that are repeated count once."""
        return math.prod(map(distinct, self.dims))

    @property
    def scattered(self) -> bool:
        """Whether some dim takes more than one stride to walk."""
        return any(len(dim) > 1 for dim in self.dims)

    def permute(self, order: Sequence[int]) -> Layout:
        """Dims in another order."""
        return Layout(tuple(self.dims[index] for index in order))

    def expand(self, shape: Sequence[int]) -> Layout:
        """Repeated along new leading dims and dims of size 1."""
        dims = ((),) * (len(shape) - len(self.dims)) + self.dims
        return Layout(tuple(dim if dim or n == 1 else ((n, 0),) for dim, n in zip(dims, shape, strict=True)))

    def tile(self, dim: int, times: int, *, each: bool = False) -> Layout:
        """A dim repeated as a whole, or each of its entries in place."""
        repeated = (*self.dims[dim], (times, 0)) if each else ((times, 0), *self.dims[dim])
        return self._with(dim, _dim(repeated))

    def slice(self, dim: int, size: int, step: int = 1) -> Layout | None:
        """Some entries of a dim; ``None`` where they are no whole factors of it."""
        factors = self.dims[dim]
        if len(factors) > 1:
            inner = math.prod(n for n, _ in factors[1:])
            if step > 1 or size % inner:
                return None
            return self._with(dim, _dim([(size // inner, factors[0][1]), *factors[1:]]))
        return self._with(dim, _dim([(size, stride * step) for _, stride in factors]))

    def reshape(self, shape: Sequence[int]) -> Layout | None:
        """The same order of words under another shape; ``None`` where a factor would have to be cut unevenly."""
        waiting = list(reversed(_dim(factor for dim in self.dims for factor in dim)))
        dims = []
        for size in shape:
            factors, left = [], size
            while left > 1:
                if not waiting:
                    return None
                n, stride = waiting.pop()
                if left % n == 0:
                    factors.append((n, stride))
                    left //= n
                elif n % left == 0:
                    factors.append((left, stride * (n // left)))
                    waiting.append((n // left, stride))
                    left = 1
                else:
                    return None
            dims.append(_dim(factors))
        return Layout(tuple(dims))

    def _with(self, index: int, dim: Dim) -> Layout:
        return Layout((*self.dims[:index], dim, *self.dims[index + 1 :]))


def distinct(dim: Dim) -> int:
    """Entries of a dim that are no repetition of others."""
    return math.prod(size for size, stride in dim if stride)


def _dim(factors: Iterable[Factor]) -> Dim:
    """Factors without those of size 1, with those joined that one stride walks."""
    joined: list[Factor] = []
    for size, stride in factors:
        if size == 1:
            continue
        if joined and joined[-1][1] == size * stride:
            joined[-1] = (joined[-1][0] * size, stride)
        else:
            joined.append((size, stride))
    return tuple(joined)

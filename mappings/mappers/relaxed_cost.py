"""The cost model for tiles of any real size, differentiable: what the ``gradient`` mapper descends on.

It follows the closed form for even tiles of ``docs/cost_model.md`` (sections 2 to 5) term by term, in PyTorch and for
many mappings at once. Where every tile divides the extent that it is cut from it *is* the cost model: counts, halos
between moving windows, unions of the windows that neighbours share, bandwidths, fill, drain and partial sums at their
own precision, for any loop order. Between these points it is continued:

* Trips and instances are ratios of extents, not whole; nothing is ragged.
* Whether a tile stays in place while a loop inside it runs, or whether a sum is still partial, is yes at one trip, no
  from two on, and a straight line between.

Left out: the pipeline of a systolic array. The idea of descending on such a model is from Hong et al., "DOSA:
Differentiable Model-Based One-Loop Search for DNN Accelerators", MICRO 2023; the model is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import mul

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from accel_models.codes import (
    AXIS_DIMS,
    AXIS_SIZE,
    BUFFERS,
    CAPACITY_WORDS,
    DEPENDS,
    DRAIN_READS,
    FILL_AND_DRAIN,
    LEAST_BITS,
    MAC_PJ,
    NETWORK_PJ,
    PARTITION_W,
    READ_BANDWIDTH,
    READ_PJ,
    SHARED_BANDWIDTH,
    STATIC_PJ_PER_CYCLE,
    WORD_BITS,
    WRITE_BANDWIDTH,
    WRITE_PJ,
)  # fmt: skip
from accel_models.cost import CONVENTIONS
from mappings.mapspace import MapSpace

C, P, R, S = 3, 4, 6, 7
W, I, O = 0, 1, 2
EVEN, WHOLE, WINDOW = 0, 1, 2
ONE_TRIP = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Costs of B mappings: ``cycles`` and ``energy_pj`` (B,), and ``overflow`` (B,), by how much they do not fit.

    The overflow is the sum over levels of log(words held / capacity) where that is above 0.
    """

    cycles: Tensor
    energy_pj: Tensor
    overflow: Tensor


class RelaxedCost:
    """The cost of B mappings that keep the same tensors at the same levels of one accelerator.

    Args:
        space: the problems.
        problem_of: int64 (B,), which of them each mapping belongs to; all on one accelerator.
        order: int8 (B, L, 8), dims of the loops of every level, outermost first.
        keep: bool (L, 3), tensors held.
    """

    def __init__(
        self, space: MapSpace, problem_of: NDArray[np.int64], order: NDArray[np.int8], keep: NDArray[np.bool_]
    ) -> None:
        layer_of, on = space.layer_of[problem_of], int(space.accelerator_of[problem_of[0]])
        self._levels = space.accelerator_table.levels[on].tolist()
        self._machine = space.accelerator_table.machine[on].tolist()
        self._keep = keep.tolist()
        self._convention = CONVENTIONS[space.convention]
        self.bound = _tensor(space.layer_table.bounds[layer_of])
        self._geometry = _tensor(space.layer_table.geometry[layer_of])
        self._bits = _tensor(space.layer_table.bits[layer_of])
        self._dims = [d for d in range(8) if bool((self.bound[:, d] > 1).any())]
        rank = torch.as_tensor(np.argsort(order, axis=2, kind="stable").copy())
        # inside[l][:, i, j]: at level l the loop over dim j stands inside that over dim i.
        self._inside = [rank[:, level, None, :] > rank[:, level, :, None] for level in range(order.shape[1])]

    def __call__(self, tile: Tensor, part: Tensor) -> Relaxed:
        """Cost of extents (B, L, 8) below the temporal loops and below the fan-out of every level."""
        nest = _Nest(self.bound, tile, part)
        L, levels = nest.depth, self._levels
        macs = reduce(mul, (self.bound[:, d] for d in self._dims), torch.ones_like(self.bound[:, 0]))
        compute = _product(nest.trips[L], self._dims)
        energy = macs * self._machine[MAC_PJ]
        zero = torch.zeros_like(compute)
        reads, writes = [zero] * L, [zero] * L  # words of one instance of each level
        fill, drain = zero, zero
        for t in range(3):
            p = 0
            for c in range(1, L + 1):
                if c < L and not self._keep[c][t]:
                    continue
                to_macs = c == L
                sent, sent_new = self._moved(nest, t, p, c, shared=True, hold=not to_macs)
                if to_macs:
                    got, got_new = macs, zero
                elif t == I and self._windows_spread(p, c):
                    got, got_new = self._moved(nest, t, p, c, shared=False, hold=True)
                else:
                    copies = reduce(mul, (nest.width[c][:, d] / nest.width[p][:, d] for d in self._of(t, EVEN)), 1.0)
                    got, got_new = sent * copies, sent_new * copies
                parents, children = _product(nest.width[p], self._dims), _product(nest.width[min(c, L)], self._dims)
                wide = 3 if t == O else t
                at_p, final_at_p = self._words(p, wide), self._words(p, t)
                at_c = torch.ones_like(at_p) if to_macs else self._words(c, wide)
                if t != O:
                    energy = energy + sent * at_p * levels[p][READ_PJ]
                    reads[p] = reads[p] + sent / parents * at_p
                    crossing = got * at_p
                    if not to_macs:
                        energy = energy + got * at_c * levels[c][WRITE_PJ]
                        writes[c] = writes[c] + got / children * at_c
                        first = self._first_step(nest, t, p, c) * at_p / levels[p][READ_BANDWIDTH]
                        taken = self._tile_words(nest, t, 2 * c) * at_c / levels[c][WRITE_BANDWIDTH]
                        fill = fill + torch.maximum(first, taken)
                else:
                    again = sent - sent_new
                    final = sent_new * self._whole_sums(nest, p)
                    if to_macs:
                        final = final * _once(sent / sent_new)
                    written = (sent - final) * at_p + final * final_at_p
                    energy = energy + written * levels[p][WRITE_PJ] + again * at_p * levels[p][READ_PJ]
                    writes[p] = writes[p] + written / parents
                    reads[p] = reads[p] + again / parents * at_p
                    crossing = got * at_p
                    if not to_macs:
                        back = got - got_new
                        crossing = (got + back) * at_p
                        energy = energy + back * at_c * levels[c][WRITE_PJ]
                        writes[c] = writes[c] + back / children * at_c
                        if self._convention & DRAIN_READS:
                            energy = energy + got * at_c * levels[c][READ_PJ]
                            reads[c] = reads[c] + got / children * at_c
                        held = self._tile_words(nest, O, 2 * c)
                        spread = reduce(
                            mul, (nest.width[c][:, d] / nest.width[p][:, d] for d in self._of(O, WHOLE)), 1.0
                        )
                        up = held * spread * final_at_p / levels[p][WRITE_BANDWIDTH]
                        drain = drain + torch.maximum(up, held * at_c / levels[c][READ_BANDWIDTH])
                energy = energy + crossing * sum(levels[level][NETWORK_PJ] for level in range(p, c))
                p = c
        cycles = compute
        for level, row in enumerate(levels):
            cycles = torch.maximum(cycles, reads[level] / row[READ_BANDWIDTH])
            cycles = torch.maximum(cycles, writes[level] / row[WRITE_BANDWIDTH])
            cycles = torch.maximum(cycles, (reads[level] + writes[level]) / row[SHARED_BANDWIDTH])
        if self._convention & FILL_AND_DRAIN:
            cycles = cycles + fill + drain
        energy = energy + cycles * self._machine[STATIC_PJ_PER_CYCLE]
        return Relaxed(cycles, energy, self._overflow(nest))

    def _of(self, tensor: int, kind: int) -> list[int]:
        """Dims of more than one trip that move a tensor in one way."""
        return [d for d in self._dims if DEPENDS[tensor, d] == kind]

    def _words(self, level: int, width: int) -> Tensor:
        """(B,) words of a level for one element."""
        row, bits = self._levels[level], self._bits[:, width]
        if row[WORD_BITS] == 0:
            return torch.ones_like(bits)
        return torch.clamp(bits, min=row[LEAST_BITS + width]).div(row[WORD_BITS])

    def _whole_sums(self, nest: _Nest, level: int) -> Tensor:
        """(B,) 1 where no other instance of a level holds part of the same sum, 0 where one does."""
        return reduce(mul, (_once(nest.width[level][:, d]) for d in self._dims if d in (C, R, S)), torch.ones(1))

    def _windows_spread(self, p: int, c: int) -> bool:
        """Whether a fan-out between two levels can run a dim that moves a window."""
        moving = sum(1 << d for d in range(P, S + 1))
        return any(
            row[AXIS_SIZE + a] > 1 and int(row[AXIS_DIMS + a]) & moving for row in self._levels[p:c] for a in range(3)
        )

    def _moved(self, nest: _Nest, t: int, p: int, c: int, *, shared: bool, hold: bool) -> tuple[Tensor, Tensor]:
        """Words that cross from level p to level c, and for outputs those that cross for the first time."""
        hi, parent = (p, p) if shared else (c, c)
        even, whole = self._of(t, EVEN), self._of(t, WHOLE)
        ones = torch.ones_like(self.bound[:, 0])
        fresh = reduce(mul, (self.bound[:, d] for d in whole), ones)
        moved = fresh * reduce(mul, (nest.trips[c][:, d] * nest.width[hi][:, d] for d in even), ones)
        fresh = fresh * reduce(mul, (nest.width[hi][:, d] for d in even), ones)
        windows = [_Window(nest, self._geometry, axis, parent, c, hi) for axis in (0, 1)] if t == I else []
        for window in windows:
            moved = moved * window.at(c, c)[0]
        if not hold:
            return moved, fresh
        kept = torch.zeros_like(moved)
        for level in range(c):
            kept = kept + self._kept(nest, t, level, c, hi, windows)
        return moved - kept, fresh

    def _kept(self, nest: _Nest, t: int, level: int, c: int, hi: int, windows: list[_Window]) -> Tensor:
        """Words that stay in place in the steps of all loops of one level (the second sum of equation 1)."""
        dims = [d for d in self._dims if DEPENDS[t, d] != WINDOW]
        inside = self._inside[level]
        total = torch.zeros_like(self.bound[:, 0])
        at_inner, at_outer = {}, {}
        for d in dims:
            if DEPENDS[t, d] == EVEN:
                at_inner[d] = nest.trips[level][:, d] * nest.width[hi][:, d]
                at_outer[d] = nest.trips[level + 1][:, d] * nest.width[hi][:, d]
            else:
                at_outer[d] = self.bound[:, d] * reduce(
                    mul, (nest.stays[k][:, d] for k in range(level + 1, c)), torch.ones_like(total)
                )
                at_inner[d] = at_outer[d] * nest.stays[level][:, d]
        around = [[window.at(level + a, level + b)[1] for a in (0, 1) for b in (0, 1)] for window in windows]
        for d in self._dims:
            if DEPENDS[t, d] == WHOLE:
                continue
            own_axis = d % 2 if DEPENDS[t, d] == WINDOW else -1
            value = at_outer[d] - at_inner[d] if own_axis < 0 else torch.ones_like(total)
            for other in dims:
                if other != d:
                    value = value * torch.where(inside[:, d, other], at_inner[other], at_outer[other])
            for axis, window in enumerate(windows):
                a_in, b_in = inside[:, d, P + axis], inside[:, d, R + axis]
                if axis != own_axis:
                    both, only_a, only_b, none = around[axis]
                    factor = torch.where(a_in, torch.where(b_in, both, only_a), torch.where(b_in, only_b, none))
                elif d == P + axis:
                    ka = level + 1
                    factor = torch.where(b_in, window.at(ka, level, 1)[1], window.at(ka, level + 1, 1)[1])
                else:
                    kb = level + 1
                    factor = torch.where(a_in, window.at(level, kb, 2)[1], window.at(level + 1, kb, 2)[1])
                value = value * factor
            total = total + value
        return total

    def _first_step(self, nest: _Nest, t: int, p: int, c: int) -> Tensor:
        words = torch.ones_like(self.bound[:, 0])
        for d in self._of(t, WHOLE):
            words = words * nest.extent[2 * c][:, d] * (nest.width[c][:, d] / nest.width[p][:, d])
        if t == I:
            for axis in (0, 1):
                window = _Window(nest, self._geometry, axis, p, c, 0)
                words = words * window.union(window.length)
        return words

    def _tile_words(self, nest: _Nest, t: int, at: int) -> Tensor:
        words = torch.ones_like(self.bound[:, 0])
        for d in self._of(t, WHOLE):
            words = words * nest.extent[at][:, d]
        if t == I:
            for axis in (0, 1):
                a, b = nest.extent[at][:, P + axis], nest.extent[at][:, R + axis]
                words = words * (self._geometry[:, axis] * (a - 1) + self._geometry[:, 2 + axis] * (b - 1) + 1)
        return words

    def _overflow(self, nest: _Nest) -> Tensor:
        overflow = torch.zeros_like(self.bound[:, 0])
        for level in range(1, nest.depth):
            row, total = self._levels[level], torch.zeros_like(overflow)
            for t in range(3):
                if not self._keep[level][t]:
                    continue
                bits = self._words(level, t)
                if t == O:
                    complete = torch.ones_like(overflow)
                    for d in self._dims:
                        if d in (C, R, S):
                            complete = complete * _once(nest.trips[level + 1][:, d]) * _once(nest.width[level][:, d])
                    bits = bits * complete + self._words(level, 3) * (1 - complete)
                words = self._tile_words(nest, t, 2 * level) * row[BUFFERS] * bits
                overflow = overflow + _beyond(words, row[PARTITION_W + t])
                total = total + words
            overflow = overflow + _beyond(total, row[CAPACITY_WORDS])
        return overflow


class _Nest:
    """Extents and the products of their ratios; lists over levels of (B, 8)."""

    def __init__(self, bound: Tensor, tile: Tensor, part: Tensor) -> None:
        self.depth = tile.shape[1]
        self.extent = [bound]
        self.trips, self.width = [torch.ones_like(bound)], [torch.ones_like(bound)]
        self.stays: list[Tensor] = []
        self.spread: list[Tensor] = []
        for level in range(self.depth):
            trips, spread = self.extent[-1] / tile[:, level], tile[:, level] / part[:, level]
            self.extent += [tile[:, level], part[:, level]]
            self.trips.append(self.trips[-1] * trips)
            self.width.append(self.width[-1] * spread)
            self.stays.append(_once(trips))
            self.spread.append(spread)


class _Window:
    """Rows (axis 0) or columns (axis 1) of the input that instances of level ``c`` want, as their parents see them."""

    def __init__(self, nest: _Nest, geometry: Tensor, axis: int, p: int, c: int, hi: int) -> None:
        self._nest, self._c, self._a, self._b = nest, c, P + axis, R + axis
        self._stride, self._dilation = geometry[:, axis], geometry[:, 2 + axis]
        innermost = nest.extent[2 * c]
        self.length = self._stride * (innermost[:, self._a] - 1) + self._dilation * (innermost[:, self._b] - 1) + 1
        self._instances = nest.width[hi][:, self._a] * nest.width[hi][:, self._b]
        self._combs = []
        for level in range(p, c):
            for d, scale in ((self._a, self._stride), (self._b, self._dilation)):
                count = nest.spread[level][:, d]
                if bool((count > ONE_TRIP).any()):
                    self._combs.append((scale * nest.extent[2 * level + 2][:, d], count))
        self._union_of_all = self.union(self.length)
        self._known: dict[tuple[int, int, int], tuple[Tensor, Tensor]] = {}

    def at(self, ka: int, kb: int, advance: int = 0) -> tuple[Tensor, Tensor]:
        """Words wanted, and wanted and held already, over the steps of one kind: see the window row of section 2.1."""
        key = (ka, kb, advance)
        if key not in self._known:
            self._known[key] = self._at(*key)
        return self._known[key]

    def _at(self, ka: int, kb: int, advance: int) -> tuple[Tensor, Tensor]:
        nest, a, b = self._nest, self._a, self._b
        steps_a, steps_b = nest.trips[ka][:, a], nest.trips[kb][:, b]
        distance = torch.zeros_like(self.length)
        for level in range(ka, self._c):
            distance = distance - self._stride * (nest.extent[2 * level][:, a] - nest.extent[2 * level + 1][:, a])
        for level in range(kb, self._c):
            distance = distance - self._dilation * (nest.extent[2 * level][:, b] - nest.extent[2 * level + 1][:, b])
        if advance == 1:
            distance = distance + self._stride * nest.extent[2 * ka - 1][:, a]
            steps_a = steps_a - nest.trips[ka - 1][:, a]
        elif advance == 2:
            distance = distance + self._dilation * nest.extent[2 * kb - 1][:, b]
            steps_b = steps_b - nest.trips[kb - 1][:, b]
        times = steps_a * steps_b * self._instances
        moved = self.union(torch.minimum(distance.abs(), self.length))
        return times * self._union_of_all, times * (self._union_of_all - moved)

    def union(self, width: Tensor) -> Tensor:
        """Length of the union of equal intervals that stand where the children of one parent stand."""
        if not self._combs:
            return width
        spacing, count = (torch.stack(values, dim=1) for values in zip(*self._combs))
        inert = count <= ONE_TRIP
        spacing, rank = torch.sort(torch.where(inert, torch.zeros_like(spacing), spacing), dim=1, stable=True)
        count, inert = torch.gather(count, 1, rank), torch.gather(inert, 1, rank)
        total, reach = width, width
        solid, tangled = torch.ones_like(width, dtype=torch.bool), torch.zeros_like(width, dtype=torch.bool)
        for i in range(spacing.shape[1]):
            s, n, here = spacing[:, i], count[:, i], ~inert[:, i]
            further = reach + (n - 1) * s
            closed = here & solid & (s <= reach)
            apart = here & ~closed & (s >= reach)
            tangled = tangled | (here & ~closed & ~apart)
            total = torch.where(closed, further, torch.where(apart, total * n, total))
            reach = torch.where(closed | apart, further, reach)
            solid = solid & ~apart
        if bool(tangled.any()):  # combs that interleave: place every interval
            rows = torch.nonzero(tangled).flatten()
            total = total.index_put((rows,), _placed(spacing[rows], count[rows], width[rows]))
        return total


def _placed(spacing: Tensor, count: Tensor, width: Tensor) -> Tensor:
    """(n,) union of intervals of ``width`` (n,) at all sums of less than ``count`` times ``spacing`` (n, m)."""
    whole = torch.round(count.detach())
    ranges = [torch.arange(int(most), dtype=width.dtype) for most in whole.max(dim=0).values]
    index = torch.cartesian_prod(*ranges).reshape(-1, len(ranges))
    starts = torch.zeros(len(width), len(index), dtype=width.dtype)
    there = torch.ones_like(starts, dtype=torch.bool)
    for j in range(len(ranges)):
        starts = starts + spacing[:, j, None] * index[:, j]
        there = there & (index[:, j] < whole[:, j, None])
    gaps = torch.diff(torch.sort(torch.where(there, starts, torch.zeros_like(starts)), dim=1).values, dim=1)
    # Places that a row lacks stand at 0, add gaps of 0 in front, and so leave a running sum as it is to the last bit.
    return torch.cumsum(torch.minimum(gaps, width[:, None]), dim=1)[:, -1] + width


def _beyond(words: Tensor, room: float) -> Tensor:
    """The logarithm of words / room where that is above 0."""
    return torch.log(torch.clamp(words / room, min=1.0))


def _once(ratio: Tensor) -> Tensor:
    """1 at a ratio of 1, 0 from 2 on, and straight between."""
    return torch.clamp(2 - ratio, 0, 1)


def _product(values: Tensor, dims: list[int]) -> Tensor:
    return reduce(mul, (values[:, d] for d in dims), torch.ones_like(values[:, 0]))


def _tensor(values: NDArray[np.int64] | NDArray[np.float64]) -> Tensor:
    return torch.as_tensor(values.astype(np.float64))

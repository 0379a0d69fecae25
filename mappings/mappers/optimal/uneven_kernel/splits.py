"""What loops may stand where in an arrangement, and every split of a dim's trips over its blocks."""

from __future__ import annotations

from numba import boolean, int64, types

from accel_models.codes import DEPENDS, I, P, R, W
from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.block_bounds import smallest_prime
from mappings.mappers.optimal.kernel.state import SEARCH
from mappings.mappers.optimal.uneven_kernel.state import NUMBERS


@inside(boolean(SEARCH, int64))
def overlaps(w, d):
    """Whether steps of a dim move a window that overlaps the one before."""
    return w.kind[d] == 2 and w.bound[d] > 1


@inside(types.void(SEARCH, NUMBERS, NUMBERS, int64[:, ::1]))
def allow(w, levels, tensors, allowed):
    """Fill ``allowed[d, b]``: whether loops over a dim may stand in a block of the arrangement.

    Everywhere else they could as well stand further out, and nothing would cost more. -1 where they would move a tensor
    whose node stands further out than a node of an outer memory.
    """
    nodes = len(levels)
    for d in range(8):
        for block in range(nodes + 1):
            allowed[d, block] = 0
    for i in range(nodes):
        last = i
        for j in range(i + 1, nodes):
            if w.memory[levels[j]] < w.memory[levels[i]]:
                last = j
        for block in range(i + 1, last + 1):
            for d in range(8):
                if DEPENDS[tensors[i], d] != 0:
                    allowed[d, block] = -1
    for d in range(8):
        for block in range(nodes + 1):
            if allowed[d, block] < 0:
                continue
            t = tensors[block - 1] if block else W
            stays = block == 0 or DEPENDS[t, d] == 0 or allowed[d, block - 1] < 0
            if stays or (t == I and overlaps(w, d)):
                allowed[d, block] = 1


@inside(types.void(SEARCH, NUMBERS, int64[:, ::1], int64[:, ::1]))
def settle_slides(w, tensors, slides, allowed):
    """Change ``allowed`` where it is settled which loop slides the inputs of a node: it stands in its block, whatever
    else it moves, and so may the other loop of its axis; the blocks between that and the node are empty.
    """
    for i in range(len(tensors)):
        sliding, block = slides[0, i], slides[1, i]
        if tensors[i] == I and sliding >= 0:
            for d in (sliding, sliding + R - P if sliding < R else sliding + P - R):
                if allowed[d, block] == 0:
                    allowed[d, block] = 1
    for i in range(len(tensors)):
        if tensors[i] == I and slides[0, i] >= 0:
            for block in range(slides[1, i] + 1, i + 1):
                for d in range(8):
                    allowed[d, block] = 0


@inside(int64(SEARCH, int64, NUMBERS))
def count_splits(w, d, allowed):
    """How many ways there are to split the trips of a dim over the blocks that may have them."""
    places = 0
    for block in range(len(allowed)):
        places += allowed[block] == 1
    total, left = 1, w.n[w.levels, d]
    while left > 1:
        prime = int64(smallest_prime(left))
        power = 0
        while left % prime == 0:
            left //= prime
            power += 1
        ways = 1
        for i in range(power):
            ways = ways * (places + i) // (i + 1)
        total *= ways
    return total


@inside(int64(SEARCH, int64, NUMBERS, int64[:, ::1], NUMBERS))
def list_splits(w, d, allowed, splits, lowest):
    """Write every split of the trips of a dim, a row each with the trips of every block; returns how many."""
    blocks = len(allowed)
    for block in range(blocks):
        splits[0, block] = 1
    count, left = 1, w.n[w.levels, d]
    while left > 1:
        prime = int64(smallest_prime(left))
        power = 0
        while left % prime == 0:
            left //= prime
            power += 1
        # Give out one factor after the other, never further out than the one before: each split comes up once.
        for row in range(count):
            lowest[row] = 0
        for _ in range(power):
            before = count
            for row in range(before):
                first, first_block = True, 0
                begin = lowest[row]
                for block in range(begin, blocks):
                    if allowed[block] != 1:
                        continue
                    target = row
                    if not first:
                        target = count
                        count += 1
                        for b in range(blocks):
                            splits[target, b] = splits[row, b]
                        splits[target, first_block] //= prime
                    else:
                        first_block = block
                    first = False
                    splits[target, block] *= prime
                    lowest[target] = block
    return count

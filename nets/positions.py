"""How many rows (or columns) of an input a filter touches, however many outputs and taps there are.

Output ``p`` and tap ``r`` read position ``p * stride + r * dilation``. Two pairs read the same one when they differ by
a multiple of ``(dilation, -stride) / gcd``, so each position has one pair that no other precedes: those are counted, in
closed form, instead of the positions.
"""

from __future__ import annotations

import math


def touched(outputs: int, taps: int, stride: int, dilation: int) -> int:
    """Different positions that a line of outputs reads through a line of taps."""
    common = math.gcd(stride, dilation)
    again = max(0, outputs - dilation // common) * max(0, taps - stride // common)
    return outputs * taps - again


def touched_within(outputs: int, taps: int, stride: int, dilation: int, begin: int, end: int) -> int:
    """Those of :func:`touched` that lie in ``begin <= position < end``."""
    return max(0, _below(outputs, taps, stride, dilation, end) - _below(outputs, taps, stride, dilation, begin))


def _below(outputs: int, taps: int, stride: int, dilation: int, end: int) -> int:
    """Different positions below ``end``."""
    common = math.gcd(stride, dilation)
    a, b = dilation // common, stride // common
    pairs = _pairs_below(outputs, taps, stride, dilation, end)
    return pairs - _pairs_below(outputs - a, taps - b, stride, dilation, end - a * stride)


def _pairs_below(outputs: int, taps: int, stride: int, dilation: int, end: int) -> int:
    """Pairs of an output and a tap whose position is below ``end``."""
    if outputs <= 0 or taps <= 0 or end <= 0:
        return 0
    some = min(taps, -(-end // dilation))  # taps that any output reads below the end
    every = min(some, max(0, -(-(end - (outputs - 1) * stride) // dilation)))  # taps that all outputs read below it
    return outputs * every + _floor_sum(some - every, stride, dilation, end - 1 - (some - 1) * dilation) + some - every


def _floor_sum(n: int, divisor: int, factor: int, offset: int) -> int:
    """Sum of ``(factor * i + offset) // divisor`` over ``0 <= i < n``, by Euclid's algorithm; nothing is negative."""
    total = 0
    while n > 0:
        total += n * (n - 1) // 2 * (factor // divisor) + n * (offset // divisor)
        factor, offset = factor % divisor, offset % divisor
        most = factor * n + offset
        if most < divisor:
            break
        n, offset = most // divisor, most % divisor
        divisor, factor = factor, divisor
    return total

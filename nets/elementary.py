"""Exponential, logarithm, power and arc tangent with the same bits on every machine, and sums that no order can change.

A processor's own way to add, multiply, divide and take a square root is fixed to the last bit (IEEE 754). Nothing else
is: libraries choose among implementations of ``exp``, ``log`` and ``pow`` by what the processor can do, and a matrix
product adds up in an order that depends on it too. A search follows the last bit, so whatever decides is made of the
fixed operations alone, in an order that the source fixes.

Exponential, logarithm and arc tangent are those of fdlibm (Sun Microsystems, 1993), within one unit in the last place.
They are plain enough to be compiled, to the same bits (:mod:`accel_models.compiled_math`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN2_HIGH: Final = 6.93147180369123816490e-01
LN2_LOW: Final = 1.90821492927058770002e-10
PER_LN2: Final = 1.44269504088896338700e00
ROOT_HALF: Final = 7.07106781186547524400e-01
LARGEST_EXPONENT: Final = 7.09782712893383973096e02
SMALLEST_EXPONENT: Final = -7.45133219101941108420e02


def exp(x: float) -> float:
    """e to the ``x``; infinite or zero beyond the range of floats."""
    if x != x or x > LARGEST_EXPONENT:
        return x if x != x else math.inf
    if x < SMALLEST_EXPONENT:
        return 0.0
    k = math.floor(x * PER_LN2 + 0.5)
    high, low = x - k * LN2_HIGH, k * LN2_LOW
    r = high - low
    t = r * r
    c = 4.13813679705723846039e-08
    c = -1.65339022054652515390e-06 + t * c
    c = 6.61375632143793436117e-05 + t * c
    c = -2.77777777770155933842e-03 + t * c
    c = 1.66666666666666019037e-01 + t * c
    c = r - t * c
    return math.ldexp(1.0 - ((low - r * c / (2.0 - c)) - high), k)


def log(x: float) -> float:
    """The natural logarithm; minus infinity of zero, no number (``nan``) below."""
    if x <= 0.0:
        return -math.inf if x == 0.0 else math.nan
    if x != x or x == math.inf:
        return x
    m, k = math.frexp(x)
    if m < ROOT_HALF:
        m, k = 2.0 * m, k - 1
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    r = even + z * (6.666666666666735130e-01 + odd)
    half = 0.5 * f * f
    return k * LN2_HIGH - ((half - (s * (half + r) + k * LN2_LOW)) - f)


def log1p(x: float) -> float:
    """log(1 + x), also where ``x`` is lost in the sum (Kahan)."""
    u = 1.0 + x
    return x if u == 1.0 or u == math.inf else log(u) * x / (u - 1.0)


def power(base: float, exponent: float) -> float:
    """A positive base to any exponent; its relative error grows with the logarithm of the result."""
    return exp(exponent * log(base))


def arctan(x: float) -> float:
    """The angle of that tangent, in radians."""
    a = abs(x)
    high = low = 0.0
    if a >= 2.4375:
        high, low, r = 1.57079632679489655800e00, 6.12323399573676603587e-17, -1.0 / a
    elif a >= 1.1875:
        high, low, r = 9.82793723247329054082e-01, 1.39033110312309984516e-17, (a - 1.5) / (1.0 + 1.5 * a)
    elif a >= 0.6875:
        high, low, r = 7.85398163397448278999e-01, 3.06161699786838301793e-17, (a - 1.0) / (a + 1.0)
    elif a >= 0.4375:
        high, low, r = 4.63647609000806093515e-01, 2.26987774529616870924e-17, (2.0 * a - 1.0) / (2.0 + a)
    else:
        r = a
    z = r * r
    w = z * z
    odd = 4.97687799461593236017e-02 + w * 1.62858201153657823623e-02
    odd = 9.09088713343650656196e-02 + w * (6.66107313738753120669e-02 + w * odd)
    odd = z * (3.33333333333329318027e-01 + w * (1.42857142725034663711e-01 + w * odd))
    even = -5.83357013379057348645e-02 + w * -3.65315727442169155270e-02
    even = -1.11111104054623557880e-01 + w * (-7.69187620504482999495e-02 + w * even)
    even = w * (-1.99999999998764832476e-01 + w * even)
    angle = high - ((r * (odd + even) - low) - r)
    return -angle if x < 0.0 else angle


def exps(x: Floats) -> Floats:
    """:func:`exp` of every element."""
    return np.array([exp(value) for value in x.ravel().tolist()], dtype=np.float64).reshape(x.shape)


def logs(x: Floats) -> Floats:
    """:func:`log` of every element."""
    return np.array([log(value) for value in x.ravel().tolist()], dtype=np.float64).reshape(x.shape)


def summable(values: Floats) -> Floats:
    """Values rounded so that the sum of any of one column is exact, in whatever order it is made.

    To as many bits below the largest of their column as leave room for the sum of all.

    Args:
        values: (n,) or (n, columns), finite.
    """
    _, exponent = np.frexp(np.abs(values).max(axis=0, initial=0.0))
    bits = exponent - (53 - len(values).bit_length())
    return np.asarray(np.ldexp(np.rint(np.ldexp(values, -bits)), bits), dtype=np.float64)


def select_and_add(selected: Floats, values: Floats) -> Floats:
    """``selected @ values`` where ``selected`` holds zeros and ones: of values that are rounded first to be exact.

    Args:
        selected: (rows, n), zeros and ones.
        values: see :func:`summable`.
    """
    return np.asarray(selected @ summable(values), dtype=np.float64)


def least_where(holds: Callable[[float], bool], near: float) -> float:
    """The least number at which a condition holds that holds for all above it; looked for around ``near``.

    An infinite ``near`` is the answer.
    """
    if math.isinf(near):
        return near
    step = 1e-9 * max(1.0, abs(near))
    low, high = near - step, near + step
    while holds(low):
        step *= 2.0
        low -= step
    while not holds(high):
        step *= 2.0
        high += step
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

"""What a tile takes: rows and columns of its window, words in a memory (``docs/cost_model.md``, 1 and 3)."""

from __future__ import annotations

from numba import float64, int64

from accel_models.codes import BUFFERS, LEAST_BITS, WORD_BITS
from accel_models.compiled import inside

LEVEL = float64[::1]  # a level's row of the hardware table


@inside()
def window_length(stride, outputs, dilation, taps):
    """Rows (or columns) of inputs that some rows of outputs and of the filter want; of integers or of floats."""
    return stride * (outputs - 1) + dilation * (taps - 1) + 1


@inside(float64(LEVEL, float64, int64))
def bits_at(level, bits, width):
    """Bits that an element of so many takes at a level, which has least ones for W, I, O and sums (``width``)."""
    return max(bits, level[LEAST_BITS + width])


@inside(float64(LEVEL, float64, int64))
def words_of_element(level, bits, width):
    """Words of a level's memory that an element of so many bits takes: :func:`bits_at`."""
    if level[WORD_BITS] > 0:
        return bits_at(level, bits, width) / level[WORD_BITS]
    return 1.0


@inside(float64(LEVEL, float64, float64, int64))
def words_held(level, elements, bits, width):
    """Words of a level's memory that a tile takes, twice where it is buffered twice: :func:`bits_at`."""
    words = elements * level[BUFFERS]
    if level[WORD_BITS] > 0:
        words = words * bits_at(level, bits, width) / level[WORD_BITS]
    return words

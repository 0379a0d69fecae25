"""What a tile takes: rows and columns of its window, words in a memory (``docs/cost_model.md``, 1 and 3)."""

from __future__ import annotations

from numba import float64

from accel_models.codes import BUFFERS, WORD_BITS
from accel_models.compiled import inside

LEVEL = float64[::1]  # a level's row of the hardware table


@inside()
def window_length(stride, outputs, dilation, taps):
    """Rows (or columns) of inputs that some rows of outputs and of the filter want; of integers or of floats."""
    return stride * (outputs - 1) + dilation * (taps - 1) + 1


@inside(float64(LEVEL, float64))
def words_of_element(level, bits):
    """Words of a level's memory that an element of so many bits takes."""
    if level[WORD_BITS] > 0:
        return bits / level[WORD_BITS]
    return 1.0


@inside(float64(LEVEL, float64, float64))
def words_held(level, elements, bits):
    """Words of a level's memory that a tile takes, twice where it is buffered twice."""
    words = elements * level[BUFFERS]
    if level[WORD_BITS] > 0:
        words = words * bits / level[WORD_BITS]
    return words

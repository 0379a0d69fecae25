"""Positions that a filter touches, against a set of them."""

from hypothesis import given
from hypothesis import strategies as st

from nets.positions import touched, touched_within

sizes = st.integers(1, 12)


@given(sizes, sizes, sizes, sizes, st.integers(-5, 150), st.integers(-5, 150))
def test_as_many_as_a_set_of_them_holds(
    outputs: int, taps: int, stride: int, dilation: int, begin: int, end: int
) -> None:
    read = {p * stride + r * dilation for p in range(outputs) for r in range(taps)}
    assert touched(outputs, taps, stride, dilation) == len(read)
    within = sum(begin <= position < end for position in read)
    assert touched_within(outputs, taps, stride, dilation, begin, end) == within


def test_what_no_memory_would_hold() -> None:
    huge = 2**40
    assert touched(huge, huge, 1, 1) == 2 * huge - 1
    assert touched(huge, 3, 5, 1) == 3 * huge
    assert touched_within(huge, huge, 1, 1, 7, huge) == huge - 7

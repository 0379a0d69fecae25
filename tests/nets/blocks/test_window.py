"""Sliding windows, against counting them one by one and against torch where it is installed."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nets.blocks import PlaneTooSmall
from nets.blocks.primitives import window
from nets.errors import InputError


@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_positions_are_those_that_fit(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    span = (kernel - 1) * dilation + 1
    starts = [start for start in range(-padding, size + padding, stride) if start + span <= size + padding]
    if not starts:
        with pytest.raises(PlaneTooSmall, match="at least"):
            window("layer", size, kernel, stride, padding, dilation=dilation)
        return
    positions, after = window("layer", size, kernel, stride, padding, dilation=dilation)
    assert positions == len(starts)
    assert after == max(0, starts[-1] + span - size)


@settings(deadline=None)  # the first example loads torch
@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
    ceil=st.booleans(),
)
def test_pooling_agrees_with_torch(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> None:
    torch = pytest.importorskip("torch")
    assume(2 * padding <= kernel <= size + 2 * padding)
    pool = torch.nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)
    expected = pool(torch.zeros(1, 1, size, size, device="meta")).shape[-1]
    assert window("layer", size, kernel, stride, padding, ceil=ceil)[0] == expected


@pytest.mark.parametrize("changes", [{"kernel": 0}, {"stride": 0}, {"dilation": -1}, {"padding": -1}])
def test_a_window_of_nothing_is_refused(changes: dict[str, int]) -> None:
    arguments = {"kernel": 3, "stride": 1, "padding": 1, "dilation": 1} | changes
    with pytest.raises(InputError, match="at least 1 each"):
        window("layer", 8, **arguments)

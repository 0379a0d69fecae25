"""The arithmetic that layers ask for, by the formats that they state."""

from __future__ import annotations

import pytest

from accel_models.precision import INT8, Precision, arithmetic_for
from nets.layer import Layer


@pytest.mark.parametrize(
    ("stated", "built"),
    [
        ([{}], INT8),
        ([{"weight_bits": 4.125}, {"input_bits": 4}], INT8),
        ([{"weight_bits": 8.5}], INT8),
        ([{"weight_bits": 16}], Precision(16, 8, 8, 24)),
        ([{"weight_bits": 16.5}], Precision(16, 8, 8, 24)),
        ([{"weight_bits": 4, "input_bits": 16, "psum_bits": 32}, {}], Precision(16, 16, 16, 32)),
    ],
)
def test_the_widest_of_all_layers_decides(stated: list[dict[str, float]], built: Precision) -> None:
    """What is narrower than activations is widened to them; the share of a scale is not multiplied."""
    assert arithmetic_for(Layer(name="one", C=4, **own) for own in stated) == built


def test_vector_layers_multiply_nothing() -> None:
    assert arithmetic_for([Layer(name="sum", kind="eltwise", G=4, input_bits=16)]) == INT8

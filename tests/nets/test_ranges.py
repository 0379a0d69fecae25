"""What is too large to be counted exactly is refused where it is made, in one line that names it."""

from typing import Any

import pytest

from accel_models import Accelerator
from accel_models.accelerator import Axis, Level
from accel_models.structure import BuiltLevel
from accel_models.template import Template
from nets import Layer
from nets.errors import InputError
from nets.network import Network
from nets.ranges import EXACT


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"K": 65535, "C": 65535, "P": 65535, "Q": 65535}, "layer 'l': 18445618199572250625 MACs"),
        ({"K": 3037000500, "C": 3037000500}, "K: 3037000500 is too large: at most 2^31 - 1"),
        ({"K": 2**31 - 1, "C": 2**31 - 1, "P": 4}, "MACs"),
        ({"K": 99999999999999999999}, "layer 'l': K: 99999999999999999999 is too large"),
        ({"C": 10**5000}, "C: a whole number of about 5,001 digits is too large"),
        ({"C": -(10**5000)}, "C: a whole number of about 5,001 digits must be a whole number of at least 1"),
        ({"P": 2, "stride": (2**54, 1)}, "stride"),
        ({"P": 2**20, "R": 2**20, "stride": (2**20, 1)}, "or words that they may ask for"),
        ({"K": 2**25, "C": 2**25, "weight_bits": 16}, "weights: 18014398509481984 bits"),
        ({"K": 2**25, "P": 2**25, "weight_bits": 1}, "outputs"),
        ({"extra_params": 10**30}, "extra_params"),
        ({"kind": "pool", "G": 2**26, "P": 2**27, "operands": 2}, "MACs, or words"),
        ({"stride": (1.5, 1)}, "stride: (1.5, 1) must be two whole numbers"),
        ({"stride": 2}, "stride: 2 must be two whole numbers"),
        ({"dilation": (1, True)}, "dilation: (1, True) must be two whole numbers"),
        ({"padding": (0, 0)}, "padding: (0, 0) must be four whole numbers"),
    ],
)
def test_a_layer(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        Layer(name="l", **fields)
    assert words in str(error.value)
    assert len(str(error.value)) < 250


def test_the_largest_layer_there_is() -> None:
    assert Layer(name="l", K=2**26, C=2**27, weight_bits=1, input_bits=1, output_bits=1).macs == EXACT


def test_a_network_of_layers_that_are_exact_one_by_one() -> None:
    network = Network("n")
    network.add(Layer(name="a", K=2**26, C=2**26, weight_bits=1))
    with pytest.raises(InputError, match="network 'n': macs up to layer 'b': 13510798882111488 is too large"):
        network.add(Layer(name="b", K=2**26, C=2**26, G=2, weight_bits=1, output_bits=1, psum_bits=1))
    assert [layer.name for layer in network.layers] == ["a"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("read_bandwidth", 5e-324), ("read_bandwidth", 0), ("write_bandwidth", float("nan")), ("capacity_words", 1e31),
        ("read_pj", 1e300), ("read_pj", -1.0), ("area_mm2", float("inf")), ("word_bits", 2**60), ("read_pj", 10**400),
        ("network_pj", 5e-324),
    ],
)  # fmt: skip
def test_a_level(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"level 'DRAM': {field}"):
        Level(name="DRAM", **{field: value})


def test_a_machine() -> None:
    wide = Level(name="DRAM", fanout=(Axis("X", 2**30), Axis("Y", 2**30)))
    with pytest.raises(InputError, match="accelerator 'm': 1152921504606846976 MACs a cycle"):
        Accelerator(name="m", levels=(wide,))
    with pytest.raises(InputError, match="size: a whole number of about 401 digits is too large"):
        Axis("X", 10**400)
    with pytest.raises(InputError, match="clock_hz"):
        Accelerator(name="m", levels=(Level(name="DRAM"),), clock_hz=1e300)


def test_what_is_built() -> None:
    with pytest.raises(InputError, match="capacity_bytes"):
        BuiltLevel(name="L2", memory="sram", capacity_bytes=10**400)
    with pytest.raises(InputError, match="l2_bytes"):
        Template(array=(8, 8), parallel=("K", "C"), l1_bytes=64, l2_bytes=10**400)
    with pytest.raises(InputError, match="dram_bandwidth"):
        Template(array=(8, 8), parallel=("K", "C"), l1_bytes=64, l2_bytes=64, dram_bandwidth=1e300)

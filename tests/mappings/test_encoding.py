"""What vectors decode to: feasible mappings, in the documented way, the same in compiled and in plain form."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import Accelerator, Axis, Level, kernel, list_accelerators, load_accelerator
from mappings import decode_kernel
from mappings.encoding import ENCODINGS, Encoding
from mappings.mapspace import MapSpace
from mappings.relevance import TENSOR_DIMS
from mappings.stationary import stationary_mappings
from nets import Layer, load_network
from nets.errors import InputError
from tests.strategies import accelerators, layers

ARRAYS = ("tile", "part", "order", "axis", "keep")


def draw(space: MapSpace, name: Any, count: int, seed: int = 0) -> tuple[Encoding, Any, Any]:
    encoding = Encoding.of(space, name)
    problem_of = np.repeat(np.arange(len(space)), count)
    return encoding, np.random.default_rng(seed).random((len(problem_of), encoding.longest)), problem_of


def test_the_hardware_table_is_read_as_the_cost_kernel_reads_it() -> None:
    columns = ["CAPACITY_WORDS", "WORD_BITS", "BUFFERS", "PARTITION_W", "AXIS_SIZE", "AXIS_DIMS"]
    assert [getattr(decode_kernel, name) for name in columns] == [getattr(kernel, name) for name in columns]


@pytest.mark.parametrize("machine", list_accelerators())
@pytest.mark.parametrize("tiles", ["ragged", "perfect"])
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_every_vector_of_a_real_network_is_feasible_on_every_preset(machine: str, tiles: Any, name: str) -> None:
    network = [layer for layer, _ in load_network("mobilenet_v2").unique_layers() if layer.is_mac]
    space = MapSpace.of(network, [load_accelerator(machine)], tiles=tiles)
    encoding, vectors, problem_of = draw(space, name, 20)
    vectors[::7] = 1.0
    vectors[::11] = 0.0
    assert not space.evaluate(encoding.decode(vectors, problem_of), problem_of).status.any()


@settings(max_examples=150, deadline=None)
@given(layers(), accelerators(hardware=True), st.integers(8, 300), st.booleans(), st.booleans(), st.integers(0, 99))
def test_a_vector_is_feasible_wherever_anything_is(
    layer: Layer, machine: Accelerator, room: int, bypass: bool, perfect: bool, seed: int
) -> None:
    import dataclasses

    tight = tuple(
        level if j == 0 else dataclasses.replace(level, capacity_words=float(room), word_bits=8, double_buffered=True)
        for j, level in enumerate(machine.levels)
    )
    machine = dataclasses.replace(machine, levels=tight)
    space = MapSpace.of([layer], [machine], tiles="perfect" if perfect else "ragged", bypass=bypass)
    for name in ENCODINGS:
        encoding, vectors, problem_of = draw(space, name, 12, seed)
        mappings = encoding.decode(vectors, problem_of)
        status = space.evaluate(mappings, problem_of).status
        if room >= 2 * (1 + 1 + 3):
            assert not status.any()
        extent = np.broadcast_to(np.array(layer.bounds), (12, 8))
        for level in range(space.depth):
            for cut in (mappings.tile[:, level], mappings.part[:, level]):
                assert (cut >= 1).all()
                assert (cut <= extent).all()
                if perfect:
                    assert (extent % cut == 0).all()
                extent = cut


@pytest.mark.parametrize("machine", ["nvdla_256", "eyeriss", "gemmini"])
@pytest.mark.parametrize("tiles", ["ragged", "perfect"])
@pytest.mark.parametrize("name", list(ENCODINGS))
@pytest.mark.parametrize("bypass", [False, True])
def test_encoding_undoes_decoding(machine: str, tiles: Any, name: str, bypass: bool) -> None:
    network = [layer for layer, _ in load_network("resnet50").unique_layers() if layer.is_mac][::3]
    space = MapSpace.of(network, [load_accelerator(machine)], tiles=tiles, bypass=bypass)
    encoding, vectors, problem_of = draw(space, name, 15)
    once = encoding.decode(vectors, problem_of)
    twice = encoding.decode(encoding.encode(once, problem_of), problem_of)
    for array in ARRAYS:
        assert np.array_equal(getattr(once, array), getattr(twice, array)), array


def test_the_more_important_dim_is_further_out_and_the_index_counts_permutations() -> None:
    space = MapSpace.of([Layer(name="matmul", kind="matmul", P=4, C=6, K=5)], [load_accelerator("nvdla_256")])
    importance = Encoding.of(space)
    vector = np.full((1, importance.longest), 0.5)
    vector[0, :3] = [0.2, 0.9, 0.4]  # the genes of K, C and P
    assert importance.decode(vector, np.zeros(1, dtype=np.int64)).order[0, 0, :3].tolist() == [3, 4, 2]
    index = Encoding.of(space, "index")
    for number, permutation in enumerate(permutations([2, 3, 4])):
        vector = np.full((1, index.longest), 0.5)
        vector[0, 0] = (number + 0.5) / 6
        assert tuple(index.decode(vector, np.zeros(1, dtype=np.int64)).order[0, 0, :3].tolist()) == permutation
    with pytest.raises(InputError, match="did you mean 'index'"):
        Encoding.of(space, "indexes")  # type: ignore[arg-type]


def test_the_most_important_dims_run_in_parallel_and_fill_the_axes() -> None:
    machine = Accelerator(
        name="free",
        levels=(Level(name="DRAM", fanout=(Axis("X", 8), Axis("Y", 4, ("K", "P")))), Level(name="L1")),
    )
    layer = Layer(name="conv", K=16, C=3, P=10, Q=10, R=3, S=3)
    space = MapSpace.of([layer], [machine])
    encoding = Encoding.of(space)
    assert encoding.choice
    vector = np.full((1, encoding.longest), 0.5)
    genes = dict(zip("KCPQRS", range(6)))
    vector[0, 2 * 6 : 3 * 6] = 0.0  # the smallest tiles that fill the array
    at = 2 * 6 + 6  # after two orders and one level of ratios
    vector[0, at + genes["C"]], vector[0, at + genes["S"]], vector[0, at + genes["P"]] = 0.9, 0.8, 0.7
    mapping = encoding.decode(vector, np.zeros(1, dtype=np.int64))
    trips = -(-mapping.tile[0, 0] // mapping.part[0, 0])
    # X takes C whole (3 of 8) and then two pieces of S; Y takes P.
    assert trips.tolist() == [1, 1, 1, 3, 4, 1, 1, 2]
    assert mapping.axis[0, 0, [3, 7]].tolist() == [0, 0]
    assert mapping.axis[0, 0, 4] == 1


def test_ratios_run_from_the_smallest_tile_that_fills_the_array_to_the_whole_extent() -> None:
    machine = Accelerator(name="row", levels=(Level(name="DRAM"), Level(name="L2", fanout=(Axis("X", 4, ("K",)),))))
    space = MapSpace.of([Layer(name="matmul", kind="matmul", C=10, K=30)], [machine])
    encoding = Encoding.of(space)
    vectors = np.zeros((3, encoding.longest))
    vectors[:, 4:6] = [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]
    tile = encoding.decode(vectors, np.zeros(3, dtype=np.int64)).tile[:, 0]
    assert tile[0, [2, 3]].tolist() == [4, 1]
    assert tile[1, [2, 3]].tolist() == [30, 10]
    assert 4 < tile[2, 2] < 30
    assert tile[2, 2] == -(-30 // -(-30 // tile[2, 2]))  # the smallest tile of its number of trips


def test_starting_mappings_are_feasible_and_hold_their_tensor_still() -> None:
    layer = Layer(name="conv", K=64, C=64, P=14, Q=14, R=3, S=3)
    space = MapSpace.of([layer], [load_accelerator("nvdla_256")])
    mappings, each = stationary_mappings(space, [TENSOR_DIMS["W"]])
    cost = space.evaluate(mappings, np.zeros(each, dtype=np.int64))
    assert each == 6
    assert not cost.status.any()
    # Loops over output rows and columns, which do not move weights, stand innermost below L2.
    assert {tuple(sorted(row[-2:])) for row in mappings.order[:, 1, :6].tolist()} == {(4, 5)}


def test_compiled_and_plain_decoding_agree() -> None:
    network = [layer for layer, _ in load_network("mobilenet_v2").unique_layers() if layer.is_mac][::6]
    space = MapSpace.of(network, [load_accelerator("eyeriss_chip")], bypass=True)
    encoding, vectors, problem_of = draw(space, "importance", 2)
    compiled = encoding.decode(vectors, problem_of)
    names = ("_ranking", "_largest_divisor", "_fits", "_plan_array", "_place", "_cut", "decode")
    kept = {name: getattr(decode_kernel, name) for name in names}
    try:
        for name in names:
            setattr(decode_kernel, name, getattr(kept[name], "py_func", kept[name]))
        plain = encoding.decode(vectors, problem_of)
    finally:
        for name in names:
            setattr(decode_kernel, name, kept[name])
    for array in ARRAYS:
        assert np.array_equal(getattr(compiled, array), getattr(plain, array)), array

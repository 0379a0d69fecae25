"""What vectors decode to: feasible mappings, in the documented way, the same in compiled and in plain form."""

from __future__ import annotations

import dataclasses
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import Accelerator, Axis, Level, list_accelerators, load_accelerator
from accel_models.axes import AXIS_SETS
from accel_models.kernel import tiles as words
from mappings import decode_kernel
from mappings.decode_kernel import arrays, decoding, memories, places, rankings, room
from mappings.decode_kernel import encoding as encoding_kernel
from mappings.decode_kernel import tiles as tiles_of
from mappings.encoding import ENCODINGS, Encoding
from mappings.mapspace import TILES, MapSpace
from mappings.relevance import TENSOR_DIMS
from mappings.stationary import stationary_mappings
from nets import Layer, load_network
from nets.errors import InputError
from tests.strategies import accelerators, layers

ARRAYS = ("tile", "part", "order", "axis", "keep")
GOLDEN = [
    [30, 4121, 3371, 11299, 450],
    [15, 4071, 3321, 11186, 450],
    [36, 5283, 3650, 11208, 292],
    [21, 5325, 3678, 11178, 299],
]


def draw(space: MapSpace, name: Any, count: int, seed: int = 0) -> tuple[Encoding, Any, Any]:
    encoding = Encoding.of(space, name)
    problem_of = np.repeat(np.arange(len(space)), count)
    return encoding, np.random.default_rng(seed).random((len(problem_of), encoding.longest)), problem_of


def test_the_sets_of_axes_are_numbered_as_accelerators_number_them() -> None:
    for number, axes in enumerate(AXIS_SETS):
        assert arrays.NUMBER_OF[sum(1 << a for a in axes)] == number
        assert encoding_kernel.FIRST_AXIS[number] == axes[0]
        assert (number >= arrays.SEVERAL) == (len(axes) > 1)


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
@given(
    layers(), accelerators(hardware=True), st.integers(8, 300), st.booleans(), st.sampled_from(list(TILES)),
    st.integers(0, 99),
)  # fmt: skip
def test_a_vector_is_feasible_wherever_anything_is(
    layer: Layer, machine: Accelerator, room: int, bypass: bool, tiles: Any, seed: int
) -> None:
    tight = tuple(
        level if j == 0 else dataclasses.replace(level, capacity_words=float(room), word_bits=8, double_buffered=True)
        for j, level in enumerate(machine.levels)
    )
    machine = dataclasses.replace(machine, levels=tight)
    space = MapSpace.of([layer], [machine], tiles=tiles, bypass=bypass)
    keeps = {keep.tobytes() for keep in space.keeps(0)}
    for name in ENCODINGS:
        encoding, vectors, problem_of = draw(space, name, 12, seed)
        mappings = encoding.decode(vectors, problem_of)
        status = space.evaluate(mappings, problem_of).status
        if room >= 2 * (1 + 1 + 3):
            assert not status.any()
        assert {keep.tobytes() for keep in mappings.keep} <= keeps
        extent = np.broadcast_to(np.array(layer.bounds), (12, 8))
        for level in range(space.depth):
            for cut in (mappings.tile[:, level], mappings.part[:, level]):
                assert (cut >= 1).all()
                assert (cut <= extent).all()
                if space.tiles == "perfect":
                    assert (extent % cut == 0).all()
                extent = cut


@pytest.mark.parametrize("machine", ["nvdla_256", "eyeriss", "gemmini"])
@pytest.mark.parametrize("tiles", ["ragged", "perfect", "uneven", "ragged-uneven"])
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


@pytest.mark.parametrize("tiles", ["uneven", "ragged-uneven"])
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_an_encoding_has_every_even_mapping_among_the_uneven(tiles: Any, name: Any) -> None:
    """Even mappings, decoded and handed over, cost the same after another round."""
    network = [layer for layer, _ in load_network("resnet50").unique_layers() if layer.is_mac][::5]
    space = MapSpace.of(network, [load_accelerator("eyeriss")], tiles=tiles, bypass=True)
    even = space.even()
    encoding, vectors, problem_of = draw(even, name, 10)
    mappings = encoding.decode(vectors, problem_of)
    wide = Encoding.of(space, name)
    again = wide.decode(wide.encode(space.from_even(mappings), problem_of), problem_of)
    expected, got = even.evaluate(mappings, problem_of), space.evaluate(again, problem_of)
    assert not got.status.any()
    np.testing.assert_allclose(got.cycles, expected.cycles, rtol=1e-12)
    np.testing.assert_allclose(got.energy_pj, expected.energy_pj, rtol=1e-12)


def test_the_more_important_tensor_of_a_memory_is_held_further_out() -> None:
    machine = Accelerator(name="one", levels=(Level(name="DRAM"), Level(name="L1", keeps=("W", "O"))))
    space = MapSpace.of([Layer(name="matmul", kind="matmul", P=4, C=6)], [machine], tiles="uneven", bypass=True)
    importance, index = Encoding.of(space), Encoding.of(space, "index")
    # Two dims on three levels: orders and ratios, then bypass of one memory, then ranks.
    assert (importance.longest, index.longest) == (3 * 2 + 2 * 2 + 3 + 2, 3 + 2 * 2 + 3 + 1)
    problem = np.zeros(1, dtype=np.int64)
    vector = np.full((1, importance.longest), 0.5)
    vector[0, -2:] = [0.2, 0.9]
    assert importance.decode(vector, problem).keep[0, 1:].tolist() == [[False, False, True], [True, False, False]]
    vector[0, 3 * 2 + 2 * 2] = 0.4  # weights bypass
    assert importance.decode(vector, problem).keep[0, 1:].tolist() == [[False, False, False], [False, False, True]]
    vector = np.full((1, index.longest), 0.2)
    vector[0, 3 + 2 * 2 : -1] = 0.5
    assert index.decode(vector, problem).keep[0, 1:].tolist() == [[True, False, False], [False, False, True]]


TWO_AXES = Accelerator(
    name="grid",
    levels=(Level(name="DRAM", fanout=(Axis("X", 4, ("K", "C")), Axis("Y", 6, ("K", "P")))), Level(name="L1")),
)


@pytest.mark.parametrize(("tiles", "width"), [("ragged", 24), ("perfect", 24)])
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_a_dim_runs_on_several_axes_where_its_gene_says_so(tiles: Any, width: int, name: Any) -> None:
    space = MapSpace.of([Layer(name="matmul", kind="matmul", P=5, C=6, K=48)], [TWO_AXES], tiles=tiles)
    encoding, problem = Encoding.of(space, name), np.zeros(1, dtype=np.int64)
    vector = np.full((1, encoding.longest), 0.0)
    assert encoding.again_of.tolist() == [0, -1]
    apart = encoding.decode(vector, problem)
    assert apart.axis[0, 0, 2] == 0
    vector[0, -1] = 1.0
    together = encoding.decode(vector, problem)
    assert -(-together.tile[0, 0, 2] // together.part[0, 0, 2]) == width
    assert AXIS_SETS[together.axis[0, 0, 2]] == (0, 1)
    for mapping in (apart, together):
        assert not space.evaluate(mapping, problem).status.any()
        again = encoding.decode(encoding.encode(mapping, problem), problem)
        for array in ARRAYS:
            assert np.array_equal(getattr(mapping, array), getattr(again, array)), array


def test_perfect_widths_on_several_axes_are_products_of_factors() -> None:
    """30 pieces fill 4 x 4 axes as 3 x 2; of 5 pieces, which no axis divides, none runs in parallel."""
    machine = Accelerator(
        name="square",
        levels=(
            Level(name="DRAM"),
            Level(name="L2", fanout=(Axis("X", 4, ("K",)), Axis("Y", 4, ("K",)))),
            Level(name="L1"),
        ),
    )
    space = MapSpace.of([Layer(name="row", K=30)], [machine], tiles="perfect")
    encoding, vectors, problem_of = draw(space, "importance", 200)
    mappings = encoding.decode(vectors, problem_of)
    assert not space.evaluate(mappings, problem_of).status.any()
    widths = set((mappings.tile[:, 1, 2] // mappings.part[:, 1, 2]).tolist())
    assert 6 in widths
    assert widths <= {1, 2, 3, 6}


def test_even_vectors_decode_as_ever() -> None:
    """Sums over tiles, parts, places of loops and axes of vectors drawn once, as they were before uneven mappings."""
    got = []
    for machine, bypass, tiles in (("eyeriss", False, "ragged"), ("nvdla_256", True, "perfect")):
        space = MapSpace.of([Layer(name="conv", K=64, C=48, P=14, Q=14, R=3, S=3)], [load_accelerator(machine)],
                            tiles=tiles, bypass=bypass)  # type: ignore[arg-type]  # fmt: skip
        for name in ENCODINGS:
            encoding, vectors, problem_of = draw(space, name, 50)
            mappings = encoding.decode(vectors, problem_of)
            places = mappings.order.astype(np.int64) * np.arange(8)
            got.append(
                [encoding.longest, *(int(a.sum()) for a in (mappings.tile, mappings.part, places, mappings.keep))]
            )
    assert got == GOLDEN


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


@pytest.mark.parametrize("tiles", ["ragged", "uneven"])
def test_compiled_and_plain_decoding_agree(tiles: Any) -> None:
    network = [layer for layer, _ in load_network("mobilenet_v2").unique_layers() if layer.is_mac][::6]
    space = MapSpace.of(network, [load_accelerator("eyeriss_chip")], tiles=tiles, bypass=True)
    encoding, vectors, problem_of = draw(space, "importance", 2)
    compiled = encoding.decode(vectors, problem_of)
    parts = (rankings, places, room, words, memories, arrays, tiles_of, decoding)
    with pytest.MonkeyPatch.context() as patch:
        for part in (*parts, decode_kernel):
            for name, value in list(vars(part).items()):
                patch.setattr(part, name, getattr(value, "py_func", value))
        plain = encoding.decode(vectors, problem_of)
    for array in ARRAYS:
        assert np.array_equal(getattr(compiled, array), getattr(plain, array)), array

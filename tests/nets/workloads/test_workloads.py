"""Networks of ZigZag, SCALE-Sim and AccelForge: layers by hand, joins, and what is refused by name and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzzing.interchange import EINSUMS, PRODUCTS, TOPOLOGY, ZIGZAG_WORKLOAD
from nets import Network, named_network
from nets.errors import InputError


def read(folder: Path, text: str, name: str = "net.yaml") -> Network:
    (folder / name).write_text(text)
    return named_network(str(folder / name))


def test_a_workload_of_zigzag(tmp_path: Path) -> None:
    network = read(tmp_path, ZIGZAG_WORKLOAD)
    conv, pool = network.layers
    assert conv.bounds == (1, 1, 8, 4, 6, 6, 3, 3)
    assert (conv.stride, conv.padding) == ((2, 1), (1, 0, 1, 1))
    assert (conv.input_height, conv.input_width) == (12, 6)
    assert (conv.weight_bits, conv.input_bits, conv.output_bits, conv.psum_bits) == (8, 8, 8, 16)
    assert (pool.kind, pool.name, pool.G, pool.P, pool.R, pool.stride) == ("pool", "pooling_1", 8, 3, 2, (2, 2))
    assert list(network.graph.edges) == [("conv", "pooling_1")]


def test_products_of_zigzag_take_any_letters(tmp_path: Path) -> None:
    text = """
- {id: 3, operator_type: Gemm, equation: "O[d0][d1] += I[d0][d2] * W[d2][d1]", dimension_relations: [],
   loop_dims: [D0, D1, D2], loop_sizes: [5, 7, 3], operand_precision: {W: 4, I: 8, O: 32, O_final: 16}}
- {id: 4, operator_type: Gemm, equation: "O[b][d][k]+=I[b][d][c]*W[b][c][k]",
   loop_dims: [B, D, K, C], loop_sizes: [2, 5, 9, 7], operand_precision: {O: 32, O_final: 8},
   operand_source: {I: 3, W: 3}}
"""
    first, second = read(tmp_path, text).layers
    assert (first.kind, first.P, first.K, first.C) == ("matmul", 5, 7, 3)
    assert (first.dynamic_weights, second.dynamic_weights) == (False, True)
    assert (second.G, second.P, second.K, second.C) == (2, 5, 9, 7)


def test_layers_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """ZigZag tells layers by their ids, SCALE-Sim by their lines."""
    second = ZIGZAG_WORKLOAD.replace("id: 0", "id: 9").replace("id: 1", "id: 10")
    assert second != ZIGZAG_WORKLOAD
    first, _, again, *_ = read(tmp_path, ZIGZAG_WORKLOAD + second).layers
    assert again.name == f"{first.name}_9"
    header, conv, *_ = TOPOLOGY.splitlines()
    layers = read(tmp_path, "\n".join([header, conv, conv]), "net.csv").layers
    assert [layer.name for layer in layers] == [conv.split(",")[0], f"{conv.split(',')[0]}_3"]


def test_topologies_of_scalesim(tmp_path: Path) -> None:
    conv, depthwise = read(tmp_path, TOPOLOGY, "net.csv").layers
    assert conv.bounds == (1, 1, 8, 4, 6, 6, 3, 3)  # (12 - 3) / 2 rounded up, and one
    assert (conv.stride, conv.padding) == ((2, 2), (0, 1, 0, 1))
    assert (conv.input_height, conv.input_width) == (12, 12)
    assert (depthwise.G, depthwise.C, depthwise.K, depthwise.P) == (8, 1, 1, 3)
    first, second = read(tmp_path, PRODUCTS, "products.csv").layers
    assert (first.kind, first.P, first.K, first.C) == ("matmul", 8, 6, 4)
    assert second.macs == 8 * 4 * 6


def test_einsums_of_accelforge(tmp_path: Path) -> None:
    network = read(tmp_path, EINSUMS)
    first, second = network.layers
    narrow = EINSUMS.replace("{All: 8}", "{All: 8, weight: 4, Y: 16}")
    assert [layer.weight_bits for layer in read(tmp_path, narrow).layers] == [4, 4]
    assert [layer.output_bits for layer in read(tmp_path, narrow).layers] == [16, 8]
    assert (first.name, first.kind, first.P, first.C, first.K) == ("Y", "matmul", 4, 6, 8)
    assert (second.P, second.C, second.K) == (4, 8, 2)
    assert list(network.graph.edges) == [("Y", "Z")]


def test_windows_of_accelforge(tmp_path: Path) -> None:
    text = """
workload:
  rank_sizes: {N: 2, C: 3, M: 8}
  einsums:
  - einsum: "T[n, p, q, m] = I[n, c, H: p * 2 + r, W: q + s*3] * F[c, m, r, s]"
    iteration_space_shape: [0 <= p < 5, 0 <= q < 6, 0 <= r < 3, 0 <= s < 2]
"""
    (layer,) = read(tmp_path, text).layers
    assert layer.bounds == (2, 1, 8, 3, 5, 6, 3, 2)
    assert (layer.stride, layer.dilation) == ((2, 1), (1, 3))


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("a.yaml", ZIGZAG_WORKLOAD.replace("loop_sizes", "loop_size"), "[0] (line 8): 'loop_size' is not known"),
        ("a.yaml", ZIGZAG_WORKLOAD.replace("Conv\n", "Convolve\n"), "did you mean 'Conv'?"),
        ("a.yaml", ZIGZAG_WORKLOAD.replace("ix=1*ox+1*fx", "ix=ox"), "is not a window; write ix=1*ox+1*fx"),
        ("a.yaml", ZIGZAG_WORKLOAD.replace("[1, 8, 4, 6", "[8, 4, 6"), "must be one for each of 7 loop_dims"),
        ("a.yaml", ZIGZAG_WORKLOAD.replace("[oy][ox]+=", "[oy][ow]+="), "'OW' is not known"),
        ("a.yaml", ZIGZAG_WORKLOAD.replace("id: 1", "id: 0"), "[1]: id (line 13): 0 stands twice"),
        ("a.yaml", "a: 1\n", "must be a list of layers"),
        ("a.csv", "a,b\n1,2\n", "column 1: 'a' stands where 'Layer name' does"),
        (
            "a.csv",
            TOPOLOGY.replace("12, 12, 3, 3", "2, 12, 3, 3"),
            "line 2: rows: 2 are fewer than the 3 of the filter",
        ),
        ("a.csv", TOPOLOGY.replace("8, 2,", "8, two,"), "line 2: stride: 'two' must be a whole number"),
        ("a.csv", TOPOLOGY.replace("8, 2,", "8, 2, 9,"), "line 2: ['9', ''] stand behind the 8 fields"),
        ("a.csv", PRODUCTS.replace("6,4,1:1", "6,4,2:4"), "line 2: sparsity: '2:4' is of sparse filters"),
        ("a.csv", "", "is empty"),
        ("a.yaml", EINSUMS.replace("m: 0 <= m < 4", "m: 0 <= n < 4"), "is no range of m"),
        ("a.yaml", EINSUMS.replace("m: 0 <= m < 4,", ""), "'m' has no size; give iteration_space_shape"),
        ("a.yaml", EINSUMS.replace("B[k, n]", "B[k, n] * C[n]"), "is no product of two tensors"),
        ("a.yaml", EINSUMS.replace("projection: [m, l]", "projection: [m - l]"), "is no sum of rank variables"),
        ("a.yaml", EINSUMS.replace("{All: 8}", "{All: 8, V: 4}"), "bits_per_value: V (line 5): 'V' is not known"),
        ("a.yaml", EINSUMS.replace("einsums:", "einsumz:"), "'einsumz' is not known; did you mean 'einsums'?"),
        ("a.yaml", EINSUMS.replace("< 4", "< {{M}}"), "line 3: '{{' begins a Jinja template, which runs code"),
    ],
)
def test_what_is_no_layer_is_refused_where_it_stands(name: str, text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, text, name)
    assert words in str(refused.value)


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "net.csv").write_text(TOPOLOGY)
    with pytest.raises(InputError, match=r"resolution: '32' is said by the file itself"):
        named_network(str(tmp_path / "net.csv"), 32)


def test_a_network_without_layers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must have at least 1 entries"):
        read(tmp_path, "[]")
    with pytest.raises(InputError, match="has no layers; give a line for each"):
        read(tmp_path, TOPOLOGY.splitlines()[0], "net.csv")

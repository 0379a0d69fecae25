"""Timeloop files: sections, old and new forms, what is refused, what is reported as lacking, and round trips."""

from __future__ import annotations

import copy
import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import evaluate
from accel_models.formats.timeloop import Names, TimeloopCase, load_timeloop, read_timeloop, write_mapping
from accel_models.formats.timeloop.inputs import count_inputs_as_timeloop
from accel_models.formats.timeloop.mapping import read_mapping
from accel_models.formats.timeloop.problem import read_problem
from accel_models.loopnest import LevelLoops, Loop
from accel_models.loopnest import Mapping as Nest
from nets.documents import Document, Section
from nets.errors import InputError
from nets.layer import DIMS, Layer

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "timeloop"

FLAT = yaml.safe_load("""
arch:
  arithmetic: {name: MACs, instances: 8, meshX: 4, word-bits: 8, energy: 2, area: 100}
  storage:
  - {name: Reg, instances: 8, meshX: 4, word-bits: 8, entries: 16, vector-access-energy: 1.0, cluster-area: 50}
  - {name: Wires, instances: 4, meshX: 4, word-bits: 8, entries: 0}
  - {name: Buffer, instances: 1, meshX: 1, word-bits: 8, sizeKB: 1, block-size: 4, vector-access-energy: 6.0,
     multiple-buffering: 2.0, read_bandwidth: 8, write_bandwidth: 4}
  - {name: DRAM, instances: 1, meshX: 1, word-bits: 8, technology: DRAM, vector-access-energy: 200}
problem: {shape: cnn-layer, R: 3, S: 1, P: 8, Q: 6, C: 4, K: 10, N: 1,
          Wstride: 2, Hstride: 1, Wdilation: 1, Hdilation: 1}
mapping:
- {target: Wires, type: bypass, bypass: [Weights, Inputs, Outputs]}
- {target: Buffer, type: datatype, keep: [Inputs, Outputs], bypass: [Weights]}
- {target: DRAM, type: temporal, factors: R=1 S=1 P=2 Q=1 C=1 K=3 N=1, permutation: PKRSQCN}
- {target: Buffer, type: spatial, factors: "K=4,2 C=1", permutation: KCRSPQN, split: 1}
- {target: Buffer, type: temporal, factors: P4 Q6, permutation: QPRSCKN}
- {target: Wires, type: spatial, factors: "C=2", permutation: CRSPQKN, split: 0}
- {target: Reg, type: temporal, factors: "R=3,C=0", permutation: RC}
""")  # fmt: skip


def section(data: Any) -> Section:
    """Data as a section that stands in no file."""
    return Section(Document(data, "case"))


def changed(**sections: Any) -> dict[str, Any]:
    """The flat case with other sections, or other keys in ``problem``."""
    return copy.deepcopy(FLAT) | sections


def test_a_flat_case_is_read_inside_out() -> None:
    case = read_timeloop(FLAT)
    assert case.layer.bounds == (1, 1, 10, 4, 8, 6, 3, 1)
    assert (case.layer.stride, case.layer.dilation) == ((2, 1), (1, 1))
    dram, buffer, reg = case.accelerator.levels
    assert (dram.capacity_words, dram.read_pj, dram.fanout) == (math.inf, 200, ())
    assert (buffer.capacity_words, buffer.double_buffered) == (1024, True)
    assert (buffer.read_pj, buffer.read_bandwidth, buffer.write_bandwidth) == (1.5, 8, 4)
    assert buffer.fanout == (Axis("X", 4), Axis("Y", 2))
    assert (reg.capacity_words, reg.area_mm2) == (16, 50e-6)
    assert (case.accelerator.mac_pj, case.accelerator.mac_area_mm2) == (2, 100e-6)
    assert case.mapping is not None
    assert case.mapping.levels == (
        LevelLoops("DRAM", (Loop("K", 4), Loop("P", 4))),
        LevelLoops("Buffer", (Loop("P", 1), Loop("Q", 1)), (Loop("K", 1, "X"), Loop("C", 2, "Y")), keeps=("I", "O")),
        LevelLoops("Reg", (Loop("C", 1), Loop("R", 1))),
    )
    assert case.lacks == ()
    assert evaluate(case.layer, case.accelerator, case.mapping).valid


def test_a_written_mapping_reads_back_the_same() -> None:
    case = read_timeloop(FLAT)
    assert case.mapping is not None
    text = write_mapping(case.layer, case.accelerator, case.mapping, case.names)
    assert "K=4,2" in text
    assert read_timeloop(changed(**yaml.safe_load(text))).mapping == Nest(
        tuple(
            LevelLoops(at.level, at.temporal, at.spatial, ("W", "I", "O") if at.keeps is None else at.keeps)
            for at in case.mapping.levels
        )
    )


@st.composite
def timeloop_mappings(draw: Any, *, even: bool = False, dims: str = "NKCPQRS") -> tuple[Layer, Accelerator, Nest]:
    """A mapping that Timeloop's factors can say: below the outermost loop of a dim every piece divides."""
    levels = tuple(
        Level(name=name, word_bits=None, fanout=(Axis("X", 100), Axis("Y", 100))) for name in ("DRAM", "L2", "L1")
    )
    sizes: dict[str, list[int]] = {}
    for dim in dims:
        chain = [1]
        for _ in range(6):
            chain.append(chain[-1] * draw(st.sampled_from([1, 1, 1, 2, 3])))
        sizes[dim] = chain[::-1]
    layer = Layer(name="drawn", **{dim: sizes[dim][0] if even else draw(st.integers(1, 30)) for dim in dims})
    nest = []
    extent = dict(zip(DIMS, layer.bounds))
    for number, level in enumerate(levels):
        loops: list[list[Loop]] = [[], []]
        for kind in (0, 1):
            for dim in draw(st.permutations(dims)):
                tile = sizes[dim][2 * number + kind + 1]
                if tile < extent[dim]:
                    loops[kind].append(Loop(dim, tile, draw(st.sampled_from("XY")) if kind else ""))
                    extent[dim] = tile
        loops[1].sort(key=lambda loop: loop.axis)
        nest.append(LevelLoops(level.name, tuple(loops[0]), tuple(loops[1]), ("W", "I", "O")))
    return layer, Accelerator(name="drawn", levels=levels), Nest(tuple(nest))


@settings(max_examples=100, deadline=None)
@given(timeloop_mappings())
def test_any_mapping_timeloop_can_say_survives_a_round_trip(case: tuple[Layer, Accelerator, Nest]) -> None:
    layer, accelerator, mapping = case
    names = Names.of(accelerator)
    text = write_mapping(layer, accelerator, mapping)
    again, machine = read_mapping(section(yaml.safe_load(text)["mapping"]), layer, accelerator, names)
    assert again == mapping
    assert machine == accelerator


def test_a_piece_that_no_factor_makes_is_refused() -> None:
    layer = Layer(name="x", K=12)
    accelerator = Accelerator(name="x", levels=(Level(name="DRAM"), Level(name="L1")))
    mapping = Nest((LevelLoops("DRAM", (Loop("K", 5),)), LevelLoops("L1", (Loop("K", 3),))))
    with pytest.raises(InputError, match=r"L1: K: 3 does not divide the 5 it is cut from"):
        write_mapping(layer, accelerator, mapping)


def test_a_dim_on_both_axes_makes_one_axis_of_them() -> None:
    mapping = [dict(entry) for entry in FLAT["mapping"]]
    mapping[5] = {"target": "Wires", "type": "spatial", "factors": "K=2", "permutation": "KC", "split": 0}
    mapping[3] = {"target": "Buffer", "type": "spatial", "factors": "K=2", "permutation": "K", "split": 1}
    mapping[2] = {"target": "DRAM", "type": "temporal", "factors": "K=3,3 P2", "permutation": "PK"}
    mapping[3]["factors"], mapping[5]["factors"] = "K=2,1", "K=2,2"
    case = read_timeloop(changed(mapping=mapping))
    assert case.accelerator.levels[1].fanout == (Axis("X and Y", 8),)
    assert case.mapping is not None
    assert case.mapping.levels[1].spatial == (Loop("K", 1, "X and Y"),)


@pytest.mark.parametrize(
    "sections, words",
    [
        ({"problems": {}}, "timeloop: 'problems' is not known; did you mean 'problem'?"),
        ({"problem": None}, "'problem' is missing"),
        ({"problem": FLAT["problem"] | {"Wstrid": 1}}, "problem: 'Wstrid' is not known; did you mean 'Wstride'?"),
        ({"problem": FLAT["problem"] | {"K": 0}}, "problem: K: 0 must be at least 1"),
        ({"problem": {key: value for key, value in FLAT["problem"].items() if key != "K"}}, "problem: 'K' is missing"),
        ({"problem": FLAT["problem"] | {"shape": "cnn"}}, "did you mean 'cnn-layer'?"),
        ({"problem": FLAT["problem"] | {"K": 11}}, "'K' has factors that make 10 of it; the layer has 11"),
        ({"mapping": [{"target": "Bufer", "type": "temporal"}]}, "'Bufer' is not known; did you mean 'Buffer'?"),
        ({"mapping": [{"target": "DRAM", "type": "temporl"}]}, "did you mean 'temporal'?"),
        ({"mapping": [{"target": "DRAM", "type": "temporal", "factors": "Z=3"}]}, "is no factor of a dim"),
        ({"mapping": [{"target": "DRAM", "type": "temporal", "factors": "K=3,4"}]}, "more trips the last time"),
        ({"mapping": [{"target": "DRAM", "type": "temporal", "factors": "K3 K2"}]}, "gives K two factors"),
        ({"mapping": [{"target": "DRAM", "type": "temporal", "factors": "K3", "permutation": "PP"}]}, "names P twice"),
        ({"mapping": [{"target": "DRAM", "type": "temporal", "factors": "K3", "permutation": "P"}]}, "leaves out 'K'"),
        ({"mapping": [{"target": "Wires", "type": "datatype", "keep": ["Inputs"]}]}, "without entries"),
        ({"mapping": [{"target": "DRAM", "type": "datatype", "keep": ["Wights"]}]}, "did you mean 'Weights'?"),
        ({"mapping": [{"target": "Reg", "type": "spatial", "factors": "K10", "permutation": "K"}]}, "nothing fans out"),
        ({"mapping": [{"target": "DRAM", "type": "temporal", "fctors": "K3"}]}, "did you mean 'factors'?"),
    ],
)  # fmt: skip
def test_bad_sections_are_refused_with_place_and_rule(sections: dict[str, Any], words: str) -> None:
    rest = "RSPQC"
    for entry in sections.get("mapping", []):  # make the other dims whole, so that only the fault under test is left
        if entry["target"] == "Reg" or "keep" in entry:
            bounds = {dim: FLAT["problem"][dim] for dim in rest + ("K" if "keep" in entry else "")}
            factors = " ".join(f"{dim}={bound}" for dim, bound in bounds.items())
            other = {"target": "DRAM", "type": "temporal", "factors": factors, "permutation": "".join(bounds)}
            sections = {"mapping": [other, entry]}
    with pytest.raises(InputError) as error:
        read_timeloop(changed(**sections))
    assert words in str(error.value)


@pytest.mark.parametrize(
    "key, value, words",
    [
        ("entris", 4, "storage[2]: 'entris' is not known; did you mean 'entries'?"),
        ("meshX", 3, "must divide the 1 instances"),
        ("read_bandwidth", -1, "must be greater than zero"),
        ("vector-access-energy", "high", "must be a number"),
    ],
)
def test_a_bad_memory_is_refused(key: str, value: object, words: str) -> None:
    documents = changed()
    documents["arch"]["storage"][2][key] = value
    with pytest.raises(InputError) as error:
        read_timeloop(documents)
    assert words in str(error.value)


def test_what_the_model_lacks_is_listed() -> None:
    documents = changed(sparse_optimizations={"targets": []})
    documents["arch"]["storage"][2] |= {"min-utilization": 0.5, "wire-energy": 0.1}
    del documents["arch"]["storage"][3]["vector-access-energy"]
    lacks = read_timeloop(documents).lacks
    assert any("Buffer: min-utilization = 0.5" in line for line in lacks)
    assert any("Buffer: wire-energy = 0.1" in line for line in lacks)
    assert any("DRAM: the files give no energy" in line for line in lacks)
    assert any("sparse_optimizations" in line for line in lacks)


TREE = yaml.safe_load("""
architecture:
  version: '0.4'
  subtree:
  - name: chip
    attributes: {technology: 45nm, global_cycle_seconds: 1e-9}
    local:
    - {name: "DRAM[1..1]", class: DRAM, attributes: {width: 64, datawidth: 16}}
    - {name: "glb[1..1]", class: smartbuffer_SRAM,
       attributes: {depth: 16, width: 64, datawidth: 16, read_bandwidth: 16, meshX: 1, meshY: 1}}
    - {name: "columns[1..1]", class: dummy_storage, attributes: {depth: 1, width: 1, meshX: 1, meshY: 1}}
    - {name: "spad[1..6]", class: smartbuffer_RF, attributes: {depth: 9, width: 32, datawidth: 16, meshX: 3, meshY: 2}}
    - {name: "mac[1..6]", class: intmac, attributes: {multiplier_width: 8, meshX: 3, meshY: 2}}
problem:
  version: '0.4'
  instance: {M: 4, C: 3, P: 8, Q: 8, R: 3, S: 3, N: 1, Wstride: 2, Hpad: 1, densities: {}}
  shape:
    name: conv
    dimensions: [C, M, R, S, N, P, Q]
    coefficients: [{name: Wstride, default: 1}, {name: Hdilation, default: 2}]
    data_spaces:
    - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]], read_write: false}
    - {name: Inputs, projection: [[[N]], [[C]], [[R], [P, Wstride]], [[S, Hdilation], [Q]]], read_write: false}
    - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
ERT_summary:
  version: '0.4'
  table_summary:
  - {name: "chip.glb[1..1]", actions: [{name: read, energy: 8.0}, {name: write, energy: 6.0},
     {name: update, energy: 6.0}, {name: leak, energy: 0.1}]}
  - {name: "chip.mac[1..6]", actions: [{name: compute, energy: 0.5}]}
ART_summary:
  version: '0.4'
  table_summary: [{name: "chip.glb[1..1]", area: 2000000.0, primitive_estimations: none}]
""")


def test_variables_that_the_front_end_leaves_among_attributes_change_nothing() -> None:
    documents = copy.deepcopy(TREE)
    documents["architecture"]["subtree"][0]["attributes"] |= {"PSUM_DATAWIDTH": 16, "N_PE": "many"}
    assert read_timeloop(documents).accelerator == read_timeloop(TREE).accelerator
    documents["architecture"]["subtree"][0]["attributes"] |= {"psum_datawidth": 16}
    with pytest.raises(InputError, match="'psum_datawidth' is not known"):
        read_timeloop(documents)


@pytest.mark.parametrize("density", [0, 1.5, -0.1, math.nan, "text", None, True])
@pytest.mark.parametrize(
    "wrap", [lambda share: share, lambda share: {"distribution": "fixed-structured", "density": share}]
)
def test_densities_are_shares_though_they_change_nothing(density: object, wrap: Callable[[object], object]) -> None:
    documents = copy.deepcopy(TREE)
    documents["problem"]["instance"]["densities"] = {"Weights": wrap(0.5)}
    assert any("densities: sparsity; every word is counted" in line for line in read_timeloop(documents).lacks)
    documents["problem"]["instance"]["densities"] = {"Weights": wrap(density)}
    with pytest.raises(InputError, match=r"densities: .* is no density; it must be a number above 0, and 1 at most"):
        read_timeloop(documents)


def test_a_tree_with_tables_is_read_outside_in() -> None:
    case = read_timeloop(TREE)
    assert case.layer.bounds == (1, 1, 4, 3, 8, 8, 3, 3)
    assert (case.layer.stride, case.layer.dilation) == ((2, 1), (1, 2))
    assert case.accelerator.level_names == ("DRAM", "glb", "spad")
    glb, spad = case.accelerator.levels[1:]
    assert glb.fanout == (Axis("X of columns", 3), Axis("Y of columns", 2)) or glb.fanout == (
        Axis("X", 3),
        Axis("Y", 2),
    )
    assert (glb.capacity_words, glb.read_pj, glb.write_pj, glb.area_mm2) == (64, 2.0, 1.5, 2.0)
    assert spad.capacity_words == 18
    assert case.accelerator.mac_pj == 0.5
    assert case.mapping is None
    assert any("leakage of 0.1 pJ" in line for line in case.lacks)


def shape(dims: list[str], w: list[Any], i: list[Any], o: list[Any]) -> dict[str, Any]:
    return {
        "dimensions": dims,
        "coefficients": [{"name": "step"}],
        "data_spaces": [
            {"name": "A" if not any(len(axis) > 1 for axis in i) else "Inputs", "projection": i},
            {"name": "B", "projection": w},
            {"name": "Z", "projection": o, "read_write": True},
        ],
    }


def test_a_matrix_product_becomes_rows_inner_and_columns() -> None:
    gemm = shape(["M", "N", "K"], [[["K"]], [["N"]]], [[["M"]], [["K"]]], [[["M"]], [["N"]]])
    problem = read_problem(section({"instance": {"M": 5, "N": 7, "K": 3}, "shape": gemm}), "gemm")
    assert (problem.layer.kind, problem.layer.P, problem.layer.K, problem.layer.C) == ("matmul", 5, 7, 3)
    assert problem.tensors == {"W": "B", "I": "A", "O": "Z"}


def test_a_dim_of_all_three_data_spaces_is_a_group() -> None:
    depthwise = shape(["C", "P", "R"], [[["C"]], [["R"]]], [[["C"]], [["P", "step"], ["R"]]], [[["C"]], [["P"]]])
    problem = read_problem(section({"instance": {"C": 6, "P": 4, "R": 3, "step": 2}, "shape": depthwise}), "depthwise")
    assert (problem.layer.G, problem.layer.C, problem.layer.K) == (6, 1, 1)
    assert (problem.layer.P, problem.layer.R, problem.layer.stride) == (4, 3, (2, 1))


@pytest.mark.parametrize(
    "bad, words",
    [
        (shape(["M", "N", "K", "L"], [[["K"]], [["N"]], [["L"]]], [[["M"]], [["K"]]], [[["M"]], [["N"]], [["L"]]]),
         "no further dim of that kind"),
        (shape(["M", "N", "K"], [[["K"]], [["N"]]], [[["M"]], [["K"]]], [[["M"], ["N"]]]), "has a sum"),
        (shape(["M", "N", "K"], [[["K"]], [["N"]]], [[["M"], ["K"], ["N"]]], [[["M"]], [["N"]]]), "is no window"),
    ],
)  # fmt: skip
def test_a_shape_that_is_no_layer_says_why(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        read_problem(section({"instance": dict.fromkeys(bad["dimensions"], 2), "shape": bad}), "bad")
    assert words in str(error.value)


def window_case(loops: list[Loop], **bounds: int) -> dict[str, int]:
    """Reads of inputs at DRAM for temporal ``loops`` there, exact and as Timeloop counts."""
    layer = Layer(name="x", **bounds)
    accelerator = Accelerator(name="x", levels=(Level(name="DRAM", word_bits=None), Level(name="L1", word_bits=None)))
    extent = dict(zip(DIMS, layer.bounds)) | {loop.dim: loop.tile for loop in loops}
    inner = tuple(Loop(dim, 1) for dim in DIMS if extent[dim] > 1)
    cost = evaluate(layer, accelerator, Nest((LevelLoops("DRAM", tuple(loops)), LevelLoops("L1", inner))))
    counted = count_inputs_as_timeloop(cost, Names.of(accelerator))
    return {"exact": cost.traffic["DRAM"]["I"].reads, "timeloop": counted.traffic["DRAM"]["I"].reads}


def test_timeloop_keeps_nothing_when_a_window_goes_back() -> None:
    """Two pieces of four rows that share two: 6 + 4 rows, and on the way back 4 + 4 exactly, 6 + 4 for Timeloop."""
    assert window_case([Loop("K", 1), Loop("P", 4)], K=2, P=8, R=3) == {"exact": 18, "timeloop": 20}


def test_timeloop_loses_the_halo_when_another_loop_lies_inside() -> None:
    assert window_case([Loop("P", 4), Loop("K", 1)], K=2, P=8, R=3) == {"exact": 10, "timeloop": 12}


def test_timeloop_and_the_exact_count_agree_along_one_loop() -> None:
    assert window_case([Loop("P", 2)], K=2, P=8, R=3) == {"exact": 10, "timeloop": 10}


@settings(max_examples=60, deadline=None)
@given(timeloop_mappings(even=True, dims="NKCPQ"))
def test_without_windows_both_ways_of_counting_agree(case: tuple[Layer, Accelerator, Nest]) -> None:
    cost = evaluate(*case, convention="timeloop")
    assert cost.error is None
    counted = count_inputs_as_timeloop(cost, Names.of(case[1]))
    assert counted.traffic == cost.traffic
    assert (counted.cycles, counted.energy_pj) == (cost.cycles, cost.energy_pj)


@settings(max_examples=60, deadline=None)
@given(timeloop_mappings(even=True, dims="KPQRS"))
def test_only_the_counts_of_inputs_change(case: tuple[Layer, Accelerator, Nest]) -> None:
    cost = evaluate(*case, convention="timeloop")
    counted = count_inputs_as_timeloop(cost, Names.of(case[1]))
    for level, tensors in cost.traffic.items():
        assert counted.traffic[level] == tensors | {"I": counted.traffic[level]["I"]}


def reference() -> Mapping[str, list[dict[str, str]]]:
    rows: dict[str, list[dict[str, str]]] = {}
    with (CASES / "summary.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["case"], []).append(row)
    return rows


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the repository")
def test_every_count_of_every_reference_case_is_timeloops_own() -> None:
    compared = 0
    for name, rows in reference().items():
        case: TimeloopCase = load_timeloop(CASES / name)
        if case.mapping is None or name.startswith("c15"):  # c15: Timeloop counts idle instances of a ragged axis
            continue
        cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
        cost = count_inputs_as_timeloop(cost, case.names)
        traffic = case.rename(cost.traffic)
        for row in rows:
            counts = traffic[row["level"]][row["tensor"]]
            for figure in ("reads", "fills", "updates"):
                mine, theirs = getattr(counts, figure), float(row[f"{figure}_total"])
                assert (name, row["level"], row["tensor"], figure, mine) == (
                    *(name, row["level"], row["tensor"], figure, theirs),
                )
                compared += 1
        assert (name, cost.cycles) == (name, float(rows[0]["total_cycles"]))
    assert compared > 300

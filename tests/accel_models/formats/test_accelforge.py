"""AccelForge's and LoopTree's mappings: read, written, read back, and what is refused."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import Cost, evaluate
from accel_models.formats.accelforge import MATMUL_DIMS, Names, Notation, read_mapping, write_mapping
from accel_models.loopnest import LevelLoops, Loop, Mapping
from nets.errors import InputError
from nets.layer import Layer
from tests.strategies import uneven_cases

Case = tuple[Layer, Accelerator, Mapping]

CONV = Layer(name="conv", C=256, K=64, P=56, Q=56, psum_bits=8)
GEMM = Layer(name="gemm", kind="matmul", P=4, C=6, K=8, psum_bits=8)
GRID = Accelerator(
    name="grid",
    levels=(
        Level(name="DRAM", read_pj=64, write_pj=64),
        Level(name="L2", capacity_words=65536, read_pj=4, write_pj=4, fanout=(Axis("X", 8), Axis("Y", 8))),
        Level(name="Reg", capacity_words=32, read_pj=0.5, write_pj=0.5),
    ),
    mac_pj=0.3,
)
SMALL = """
- !Storage {tensors: [W, I, O], component: DRAM}
- !Temporal {rank_variable: p, tile_shape: 2}
- !Storage {tensors: [I], component: L2}
- !Temporal {rank_variable: k, tile_shape: 4}
- !Storage {tensors: [W, O], component: L2}
- !Spatial {rank_variable: k, name: X, component: Array, tile_shape: 1}
- !Storage {tensors: [W, I, O], component: Reg}
- !Temporal {rank_variable: c, tile_shape: 1}
- !Temporal {rank_variable: p, tile_shape: 1}
- !Compute {einsum: E, component: MAC}
"""


def figures(cost: Cost) -> list[object]:
    """What must not change on the way through a file."""
    return [cost.valid, cost.cycles, cost.energy_pj, cost.traffic]


def same_cost(case: Case, notation: Notation) -> None:
    """A mapping that is written and read back costs the same, and is written the same."""
    layer, accelerator, mapping = case
    text = write_mapping(mapping, layer, accelerator, notation=notation)
    back = read_mapping(text, layer, accelerator)
    assert write_mapping(back, layer, accelerator, notation=notation) == text
    assert figures(evaluate(layer, accelerator, back)) == figures(evaluate(layer, accelerator, mapping))


@given(uneven_cases(hardware=True))
def test_uneven_mappings_come_back_from_accelforge(case: Case) -> None:
    same_cost(case, "accelforge")


@given(uneven_cases(hardware=True))
def test_uneven_mappings_come_back_from_looptree(case: Case) -> None:
    same_cost(case, "looptree")


def test_a_dim_on_two_axes_and_every_tensor_at_its_own_place_cost_what_accelforge_says() -> None:
    text = """
    mapping:
      nodes:
      - !Storage {tensors: [I, W, O], component: DRAM}
      - !Storage {tensors: [W], component: L2}
      - !Temporal {rank_variable: q, tile_shape: 1}
      - !Storage {tensors: [I], component: L2}
      - !Storage {tensors: [O], component: L2}
      - !Temporal {rank_variable: k, tile_shape: 32}
      - !Spatial {rank_variable: p, name: X, component: Array, tile_shape: 14}
      - !Spatial {rank_variable: k, name: X, component: Array, tile_shape: 16}
      - !Spatial {rank_variable: k, name: Y, component: Array, tile_shape: 2}
      - !Storage {tensors: [O], component: Reg}
      - !Temporal {rank_variable: c, tile_shape: 1}
      - !Storage {tensors: [W], component: Reg}
      - !Temporal {rank_variable: p, tile_shape: 1}
      - !Storage {tensors: [I], component: Reg}
      - !Temporal {rank_variable: k, tile_shape: 1}
      - !Compute {einsum: conv, component: MAC}
    """
    mapping = read_mapping(text, CONV, GRID)
    assert mapping.levels == (
        LevelLoops("DRAM", keeps=("W", "I", "O")),
        LevelLoops("L2", (Loop("Q", 1),), keeps=("W",)),
        LevelLoops(
            "L2", (Loop("K", 32),), (Loop("P", 14, "X"), Loop("K", 16, "X"), Loop("K", 2, "Y")), keeps=("I", "O")
        ),
        LevelLoops("Reg", (Loop("C", 1),), keeps=("O",)),
        LevelLoops("Reg", (Loop("P", 1),), keeps=("W",)),
        LevelLoops("Reg", (Loop("K", 1),), keeps=("I",)),
    )
    cost = evaluate(CONV, GRID, mapping, convention="drain-reads")
    assert cost.error is None
    assert cost.energy_pj == pytest.approx(213_103_411.2, rel=1e-12)


def test_both_notations_say_the_same() -> None:
    mapping = read_mapping(SMALL, GEMM, GRID)
    text = write_mapping(mapping, GEMM, GRID, notation="looptree")
    assert "- {type: storage, target: 1, dspace: [W, O]}" in text
    assert "- {type: spatial, rank: K, tile_shape: 1}" in text
    assert "- {type: compute, einsum: E, target: 3}" in text
    assert read_mapping(text, GEMM, GRID) == mapping
    assert read_mapping(text.replace("target: 2", "target: Reg"), GEMM, GRID) == mapping


def test_ranks_tensors_and_arrays_may_be_called_otherwise() -> None:
    names = Names.of(GRID, dims=MATMUL_DIMS, tensors={"W": "B", "I": "A", "O": "Z"})
    names = dataclasses.replace(names, arrays={"L2": "PE"}, einsum="product")
    mapping = read_mapping(SMALL, GEMM, GRID)
    text = write_mapping(mapping, GEMM, GRID, names)
    assert "!Spatial {rank_variable: n, name: X, component: PE, tile_shape: 1}" in text
    assert "!Storage {tensors: [B, Z], component: L2}" in text
    assert "!Compute {einsum: product, component: MAC}" in text
    assert read_mapping(text, GEMM, GRID, names) == mapping


def test_a_loop_below_the_fan_out_belongs_to_a_part_of_the_next_memory_that_keeps_nothing() -> None:
    moved = SMALL.replace("- !Storage {tensors: [W, I, O], component: Reg}\n", "").replace(
        "- !Temporal {rank_variable: p, tile_shape: 1}", "- !Storage {tensors: [W, I, O], component: Reg}\n"
        "- !Temporal {rank_variable: p, tile_shape: 1}"
    )  # fmt: skip
    mapping = read_mapping(moved, GEMM, GRID)
    assert mapping.levels[-2:] == (
        LevelLoops("Reg", (Loop("C", 1),), keeps=()),
        LevelLoops("Reg", (Loop("P", 1),), keeps=("W", "I", "O")),
    )
    assert evaluate(GEMM, GRID, mapping).valid


def test_looptree_loops_take_the_axes_that_have_room() -> None:
    wide = dataclasses.replace(GRID.levels[1], fanout=(Axis("X", 8), Axis("Y", 4, ("K", "C"))))
    machine = dataclasses.replace(GRID, levels=(GRID.levels[0], wide, GRID.levels[2]))
    text = """
    - {type: storage, target: 0, dspace: [W, I, O]}
    - {type: spatial, rank: K, tile_shape: 2}
    - {type: spatial, rank: P, tile_shape: 1}
    - {type: storage, target: 2, dspace: [W, I, O]}
    - {type: temporal, rank: C, tile_shape: 1}
    - {type: temporal, rank: K, tile_shape: 1}
    - {type: compute}
    """
    mapping = read_mapping(text, GEMM, machine)
    assert mapping.levels[1] == LevelLoops("L2", (), (Loop("K", 2, "Y"), Loop("P", 1, "X")), ())
    with pytest.raises(InputError, match=r"nodes\[1\] \(line 3\): .*'8 of K'.* fit on no axes"):
        read_mapping(text.replace("tile_shape: 2", "tile_shape: 1"), GEMM, machine, place="nodes")


REFUSED = {
    "an unknown node": ("!Temporal {rank_variable: c", "!Tempral {rank_variable: c", r"\[7\].*'Tempral' .*'Temporal'"),
    "branches": ("!Compute {einsum: E, component: MAC}", "!Sequential {nodes: []}", "one operation and one branch"),
    "an unknown key": ("tensors: [I]", "tensor: [I]", r"\[2\] \(line 4\): 'tensor' .*'tensors'"),
    "a key left out": ("name: X, ", "", r"\[5\] \(line 7\): 'name' is missing"),
    "an unknown rank": ("rank_variable: c", "rank_variable: x", r"\[7\]: rank.*: 'x' is not known; known: c, g"),
    "an unknown tensor": ("tensors: [I]", "tensors: [Inputs]", r"\[2\]: tensors.*: 'Inputs' is not known"),
    "an unknown memory": ("[I], component: L2", "[I], component: L3", r"\[2\]: memory.*: 'L3' .*did you mean 'L2'"),
    "an unknown array": ("component: Array", "component: Arry", r"\[5\]: component.*: 'Arry' .*'Array'"),
    "an unknown axis": ("name: X", "name: Z", r"\[5\]: name.*: 'Z' is not known; known: X, Y"),
    "a tile that does not nest": ("p, tile_shape: 1", "p, tile_shape: 3", r"\[8\]: tile_shape.*: 3 does not.*2 of p"),
    "a tile that is no number": ("p, tile_shape: 1", "p, tile_shape: all", r"\[8\]: tile_shape.*: 'all' must be"),
    "a tensor stored twice": ("[W, O], component: L2", "[I, W], component: L2", r"\[4\]: .*'I' is stored twice"),
    "a memory inside the next": ("[I], component: L2", "[I], component: Reg", r"\[4\]: .*'L2' .*Reg, which lies"),
    "a memory below its fan-out": ("[W, I, O], component: Reg", "[], component: L2", r"\[6\]: memory.*: 'L2' stands"),
    "a loop above the storage": ("O], component: DRAM", "], component: DRAM", r"\[1\].*: 'O' is not stored in DRAM"),
    "a part of a tile left": ("- !Temporal {rank_variable: c, tile_shape: 1}\n", "", r"\[8\].*: {'C': 6} is what"),
    "no end": ("- !Compute {einsum: E, component: MAC}\n", "", "nodes: .* ends without a computation"),
    "a node below the end": (
        "- !Compute {einsum: E, component: MAC}", "- !Compute {}\n- !Storage {tensors: [], component: Reg}",
        r"\[10\].*: 'storage' stands below the computation",
    ),
    "a node without its tag": ("- !Compute {einsum: E", "- {einsum: E", r"\[9\].*: .*has no tag"),
    "no YAML": ("tensors: [I]", "tensors: [I", "is not sound YAML"),
    "a tag on no mapping": ("!Compute {einsum: E, component: MAC}", "!Compute E", "is no mapping of keys"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refuses(what: str) -> None:
    old, new, message = REFUSED[what]
    assert old in SMALL
    with pytest.raises(InputError, match=message):
        read_mapping(SMALL.replace(old, new, 1), GEMM, GRID, place="nodes")


def test_refuses_a_tensor_that_a_memory_cannot_hold() -> None:
    no_weights = dataclasses.replace(GRID.levels[2], keeps=("I", "O"))
    machine = dataclasses.replace(GRID, levels=(*GRID.levels[:2], no_weights))
    with pytest.raises(InputError, match=r"'W' cannot be held in Reg; it holds \['I', 'O'\]"):
        read_mapping(SMALL, GEMM, machine)


def test_refuses_a_loop_over_time_below_the_innermost_fan_out_and_an_axis_above() -> None:
    lanes = dataclasses.replace(GRID.levels[2], fanout=(Axis("Z", 8),))
    machine = dataclasses.replace(GRID, levels=(*GRID.levels[:2], lanes))
    text = SMALL.replace("component: Array,", "component: Array_L2,")
    spatial = "- !Spatial {rank_variable: c, name: Z, component: Array_Reg, tile_shape: 1}"
    below = text.replace("- !Temporal {rank_variable: c, tile_shape: 1}", spatial)
    with pytest.raises(InputError, match=r"mapping\[8\].*: 'P' loops over time below the innermost fan-out"):
        read_mapping(below, GEMM, machine)
    back = text.replace("- !Temporal {rank_variable: c", "- !Spatial {name: Y, component: Array_L2, rank_variable: c")
    with pytest.raises(InputError, match=r"mapping\[7\].*: 'Y' fans out above Reg"):
        read_mapping(back, GEMM, machine)


def test_refuses_to_write_what_has_no_name() -> None:
    mapping = read_mapping(SMALL, GEMM, GRID)
    with pytest.raises(InputError, match=r"levels: \('DRAM', 'L2'\) must be those of grid"):
        write_mapping(Mapping(mapping.levels[:2]), GEMM, GRID)
    with pytest.raises(InputError, match="dim: 'P' is not known"):
        write_mapping(mapping, GEMM, GRID, Names.of(GRID, dims={"k": "K", "c": "C"}))
    lost = dataclasses.replace(mapping.levels[2], spatial=(Loop("K", 1, "Z"),))
    with pytest.raises(InputError, match="axis: 'Z' is not known"):
        write_mapping(Mapping((*mapping.levels[:2], lost, *mapping.levels[3:])), GEMM, GRID)

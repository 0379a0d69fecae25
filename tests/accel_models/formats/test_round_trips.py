"""What is written for another tool is read back and counts the same; Gemmini's parameters."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import load_accelerator
from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import Cost, evaluate
from accel_models.formats.gemmini import write_gemmini
from accel_models.formats.maestro import load_maestro
from accel_models.formats.maestro_writing import write_maestro
from accel_models.formats.scalesim import ScaleSim, read_config
from accel_models.formats.scalesim_writing import write_scalesim
from accel_models.formats.timeloop import load_timeloop, write_timeloop
from accel_models.formats.written import Written
from accel_models.formats.zigzag import load_zigzag, write_zigzag
from accel_models.loopnest import LevelLoops, Loop, Mapping
from benchmarks.fuzzing.interchange import SCALESIM
from nets.errors import InputError
from nets.layer import TENSORS, Layer
from nets.workloads.scalesim import read_topology

LAYER = Layer(name="conv", K=8, C=4, P=6, Q=4, R=3, S=3, stride=(2, 1), psum_bits=8)
MACHINE = Accelerator(
    name="small",
    levels=(
        Level(name="DRAM", shared_bandwidth=4.0, read_pj=64.0, write_pj=70.0),
        Level(
            name="buffer", keeps=("I", "O"), capacity_words=4096, read_bandwidth=16.0, write_bandwidth=8.0,
            read_pj=2.0, write_pj=2.5, area_mm2=0.25, fanout=(Axis("rows", 2, ("C",)), Axis("columns", 4)),
        ),
        Level(name="register", capacity_words=64, read_pj=0.1, write_pj=0.2, area_mm2=0.001),
    ),
    mac_pj=0.5, mac_area_mm2=0.002, clock_hz=2e8,
)  # fmt: skip
NEST = Mapping(
    (
        LevelLoops("DRAM", (Loop("K", 4), Loop("P", 3))),
        LevelLoops("buffer", (Loop("Q", 2), Loop("P", 1)), (Loop("C", 2, "rows"), Loop("K", 1, "columns"))),
        LevelLoops("register", (Loop("C", 1), Loop("Q", 1), Loop("R", 1), Loop("S", 1))),
    )
)


def put(written: Written, folder: Path) -> Path:
    for name, text in written.files.items():
        (folder / name).write_text(text)
    return folder


def counts(cost: Cost) -> dict[str, dict[str, tuple[int, int, int]]]:
    return {
        level: {tensor: (at.reads, at.fills, at.updates) for tensor, at in sorted(tensors.items())}
        for level, tensors in cost.traffic.items()
    }


def test_timeloop_machine_layer_and_mapping(tmp_path: Path) -> None:
    case = load_timeloop(put(write_timeloop(MACHINE, LAYER, NEST), tmp_path))
    assert case.mapping is not None
    assert case.lacks == ()
    before = evaluate(LAYER, MACHINE, NEST, convention="timeloop")
    after = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    assert counts(after) == counts(before)
    assert (after.cycles, after.latency_s) == (before.cycles, before.latency_s)
    assert after.energy_pj == pytest.approx(before.energy_pj)
    assert case.accelerator.area_mm2 == pytest.approx(MACHINE.area_mm2)


def test_timeloop_keeps_which_dims_an_axis_runs(tmp_path: Path) -> None:
    case = load_timeloop(put(write_timeloop(MACHINE, LAYER), tmp_path))
    assert case.constraints == ("buffer.X.parallel = C",)


@pytest.mark.parametrize("name", ["nvdla_256", "gemmini", "eyeriss", "shidiannao"])
def test_timeloop_says_what_it_loses_of_a_shipped_machine(name: str, tmp_path: Path) -> None:
    machine = load_accelerator(name)
    written = write_timeloop(machine)
    lost = " ".join(written.lost)
    assert ("on its wires" in lost) == any(level.network_pj for level in machine.levels)
    assert ("leakage" in lost) == any(level.leakage_mw for level in machine.levels)
    back = load_accelerator(put(written, tmp_path) / "architecture.yaml")
    assert back.level_names == machine.level_names
    assert back.macs_per_cycle == machine.macs_per_cycle
    assert [level.keeps for level in back.levels] == [level.keeps for level in machine.levels]


def test_timeloop_says_where_a_mapping_has_no_room_of_one_element_a_word() -> None:
    layer = Layer(name="conv", K=4, Q=8)
    shared = Level(name="buffer", capacity_words=20, word_bits=16)
    machine = Accelerator(name="packed", levels=(Level(name="DRAM", word_bits=16), shared))
    mapping = Mapping((LevelLoops("DRAM", (Loop("Q", 4),)), LevelLoops("buffer", (Loop("K", 1), Loop("Q", 1)))))
    layer = dataclasses.replace(layer, weight_bits=8, input_bits=8, output_bits=8, psum_bits=8)
    assert evaluate(layer, machine, mapping).valid  # 24 elements of 8 bits in 20 words of 16
    lost = write_timeloop(machine, layer, mapping).lost
    assert any("refused" in text and "the level holds 20 words" in text for text in lost)
    roomy = dataclasses.replace(machine, levels=(machine.levels[0], dataclasses.replace(shared, capacity_words=24)))
    assert not any("refused" in text for text in write_timeloop(roomy, layer, mapping).lost)


@st.composite
def even_nests(draw: Any) -> tuple[Layer, Accelerator, Mapping]:
    """A machine of three memories, and loops that divide."""
    levels = tuple(
        Level(name=name, word_bits=8, read_pj=1.0 + number, write_pj=2.0, fanout=(Axis("a", 64), Axis("b", 64)))
        for number, name in enumerate(("DRAM", "L2", "L1"))
    )
    sizes = {}
    nest: list[LevelLoops] = []
    for dim in "NGKCPQRS":
        chain = [1]
        for _ in range(6):
            chain.append(chain[-1] * draw(st.sampled_from([1, 1, 1, 2, 3])))
        sizes[dim] = chain[::-1]
    extent = {dim: chain[0] for dim, chain in sizes.items()}
    layer = Layer(name="drawn", **extent)
    for number, level in enumerate(levels):
        loops: list[list[Loop]] = [[], []]
        for kind in (0, 1):
            for dim in draw(st.permutations("NGKCPQRS")):
                tile = sizes[dim][2 * number + kind + 1]
                if tile < extent[dim]:
                    loops[kind].append(Loop(dim, tile, draw(st.sampled_from("ab")) if kind else ""))
                    extent[dim] = tile
        loops[1].sort(key=lambda loop: loop.axis)
        nest.append(LevelLoops(level.name, tuple(loops[0]), tuple(loops[1]), TENSORS))
    return layer, Accelerator(name="drawn", levels=levels), Mapping(tuple(nest))


@settings(max_examples=25, deadline=None)
@given(even_nests())
def test_any_even_nest_survives_timeloop(case: tuple[Layer, Accelerator, Mapping]) -> None:
    import tempfile

    layer, machine, nest = case
    with tempfile.TemporaryDirectory() as folder:
        back = load_timeloop(put(write_timeloop(machine, layer, nest), Path(folder)))
    assert back.layer.bounds == layer.bounds
    assert back.mapping is not None
    tiles = [[(loop.dim, loop.tile) for loop in (*at.temporal, *at.spatial)] for at in nest.levels]
    assert [[(loop.dim, loop.tile) for loop in (*at.temporal, *at.spatial)] for at in back.mapping.levels] == tiles


WHOLE = dataclasses.replace(
    MACHINE,
    levels=(
        *MACHINE.levels[:1],
        dataclasses.replace(MACHINE.levels[1], keeps=TENSORS, capacity_words=65536),
        dataclasses.replace(MACHINE.levels[2], keeps=("O",), capacity_words=2),
    ),
)
IN_ORDER = Mapping(
    (
        LevelLoops("DRAM"),
        LevelLoops("buffer", tuple(Loop(dim, 4 if dim == "K" else 1 if dim != "C" else 2) for dim in "KPQCRS"),
                   (Loop("C", 1, "rows"), Loop("K", 1, "columns"))),
        LevelLoops("register"),
    )
)  # fmt: skip


def test_zigzag_machine_layer_and_order(tmp_path: Path) -> None:
    """The order is one whose loops ZigZag's own rule puts where the mapping has them."""
    nest = Mapping(
        (
            LevelLoops("DRAM"),
            LevelLoops("buffer", (Loop("K", 4), Loop("P", 1), Loop("Q", 2)),
                       (Loop("C", 2, "rows"), Loop("K", 1, "columns"))),
            LevelLoops("register", (Loop("Q", 1), Loop("C", 1), Loop("R", 1), Loop("S", 1))),
        )
    )  # fmt: skip
    layer = dataclasses.replace(LAYER, padding=(1, 0, 1, 1))
    written = write_zigzag(WHOLE, layer, nest)
    assert not any("loops" in sentence for sentence in written.lost), written.lost
    (case,) = load_zigzag(put(written, tmp_path))
    assert case.mapping is not None
    assert case.layer == layer
    before, after = evaluate(layer, WHOLE, nest), evaluate(case.layer, case.accelerator, case.mapping)
    assert counts(after) == counts(before)
    assert after.cycles == before.cycles
    assert after.energy_pj == pytest.approx(before.energy_pj)


def test_zigzag_says_where_it_would_hold_an_operand_otherwise() -> None:
    lost = write_zigzag(WHOLE, LAYER, IN_ORDER).lost
    assert any(re.fullmatch(r"register: holds O over \d loops; ZigZag over \d of the same order", at) for at in lost)


@pytest.mark.parametrize(
    "machine, nest, words",
    [
        (WHOLE, Mapping((LevelLoops("DRAM", (Loop("K", 3),)), *NEST.levels[1:])), "does not divide the 8 that it cuts"),
        (
            dataclasses.replace(WHOLE, levels=(WHOLE.levels[0], Level(name="hub", keeps=()))),
            NEST,
            "holds nothing; ZigZag has no such memory",
        ),
        (
            dataclasses.replace(
                WHOLE, levels=(dataclasses.replace(WHOLE.levels[0], fanout=tuple(Axis(str(n), 2) for n in range(3))),
                               *WHOLE.levels[1:]),
            ),
            NEST,
            "axes are more than ZigZag's 4",
        ),
    ],
)  # fmt: skip
def test_zigzag_refuses_what_it_has_no_form_for(machine: Accelerator, nest: Mapping, words: str) -> None:
    with pytest.raises(InputError) as refused:
        write_zigzag(machine, LAYER, nest)
    assert words in str(refused.value)


@pytest.mark.parametrize("layer", [LAYER, Layer(name="1x1 dw", G=8, P=6, Q=4, R=3, S=3)], ids=lambda at: at.name)
def test_maestro_machine_layer_and_dataflow(layer: Layer, tmp_path: Path) -> None:
    """Cycles and the words that cross the array's edge; below it MAESTRO names the units otherwise."""
    channels = "G" if layer.G > 1 else "K"
    spatial = (Loop("R", 1, "rows"), Loop(channels, 1, "columns"))
    nest = Mapping(
        (
            LevelLoops("DRAM"),
            LevelLoops("buffer", (Loop(channels, 4), Loop("P", 2), Loop("Q", 1)), spatial),
            LevelLoops("register", tuple(Loop(dim, 1) for dim in "CPS" if getattr(layer, dim) > 1)),
        )
    )
    array = (Axis("rows", 3), Axis("columns", 4))
    machine = dataclasses.replace(
        WHOLE,
        levels=(
            WHOLE.levels[0],
            dataclasses.replace(WHOLE.levels[1], fanout=array, read_bandwidth=16.0, write_bandwidth=16.0),
            dataclasses.replace(WHOLE.levels[2], keeps=TENSORS, capacity_words=64),
        ),
    )
    folder = put(write_maestro(machine, layer, nest), tmp_path)
    (case,) = load_maestro(folder / "network.m", folder / "hardware.m")
    assert case.layer.bounds == layer.bounds
    assert case.units == (3, 4)
    before = evaluate(layer, machine, nest, convention="timeloop")
    after = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    assert before.error is None
    assert after.error is None
    assert counts(after)["DRAM"] == counts(before)["DRAM"]
    assert {t: after.traffic["L2"][t].reads for t in "WI"} == {t: before.traffic["buffer"][t].reads for t in "WI"}
    assert after.traffic["L1"] == before.traffic["register"]


@pytest.mark.parametrize(
    "machine, nest, words",
    [
        (load_accelerator("gemmini"), NEST, "is no machine of MAESTRO's"),
        (MACHINE, NEST, "loops there and at buffer; MAESTRO has one loop over a dim"),
        (MACHINE, Mapping((LevelLoops("DRAM", (Loop("K", 3),)), *NEST.levels[1:])), "does not divide the 8"),
    ],
)
def test_maestro_refuses_what_it_has_no_form_for(machine: Accelerator, nest: Mapping, words: str) -> None:
    with pytest.raises(InputError) as refused:
        write_maestro(machine, LAYER, nest)
    assert words in str(refused.value)


def test_gemminis_own_configuration_comes_out_as_it_is() -> None:
    (text,) = write_gemmini(load_accelerator("gemmini")).files.values()
    found = dict(re.findall(r"^    (\w+) = (.+?),?$", text, re.MULTILINE))
    assert (found["sp_capacity"], found["acc_capacity"]) == ("CapacityInKilobytes(256)", "CapacityInKilobytes(64)")
    assert (found["meshRows"], found["meshColumns"], found["dataflow"]) == ("16", "16", "Dataflow.WS")
    assert (found["inputType"], found["accType"]) == ("SInt(8.W)", "SInt(32.W)")


def gemmini(level: int, **change: Any) -> Accelerator:
    machine = load_accelerator("gemmini")
    levels = list(machine.levels)
    levels[level] = dataclasses.replace(levels[level], **change)
    return dataclasses.replace(machine, levels=tuple(levels))


@pytest.mark.parametrize(
    "machine, words",
    [
        (load_accelerator("nvdla_256"), "is no design of Gemmini's; it has DRAM, a scratchpad for W and I"),
        (gemmini(1, fanout=(Axis("X", 8),)), "must be square"),
        (gemmini(1, capacity_words=192 * 1024.0), "rows in each of 4 banks must be a power of 2"),
        (gemmini(2, capacity_words=100.0), "kilobytes in all must be a whole number"),
        (gemmini(2, capacity_words=64.0), "rows in each of 2 banks must be a multiple of the array's 16"),
    ],
)
def test_gemmini_refuses_what_its_generator_does(machine: Accelerator, words: str) -> None:
    with pytest.raises(InputError) as refused:
        write_gemmini(machine)
    assert words in str(refused.value)


@pytest.mark.parametrize("dataflow", ["ws", "os", "is"])
def test_scalesim_array_comes_back_as_it_was(dataflow: str, tmp_path: Path) -> None:
    text = SCALESIM.replace("Dataflow: ws", f"Dataflow: {dataflow}")
    (tmp_path / "given.cfg").write_text(text)
    before = load_accelerator(tmp_path / "given.cfg")
    written = write_scalesim(before)
    after = load_accelerator(put(written, tmp_path) / "array.cfg")
    assert dataclasses.replace(after, lacks=()) == dataclasses.replace(before, lacks=())
    assert not any("SCALE-Sim's runs" in sentence for sentence in written.lost)


@pytest.mark.parametrize(
    "layer, cells, lost",
    [
        (Layer(name="conv, 1", K=8, C=4, P=6, Q=5, R=3, S=2, stride=(2, 2)), "conv_1, 13, 10, 3, 2, 4, 8, 2", False),
        (Layer(name="dw", G=8, P=6, Q=6, R=3, S=3, padding=(1, 1, 1, 1)), "DP_dw, 8, 8, 3, 3, 8, 1, 1", True),
        (Layer(name="product", kind="matmul", P=6, K=5, C=4), "product,6,5,4", False),
    ],
    ids=lambda value: value.name if isinstance(value, Layer) else "",
)
def test_scalesim_layers_come_back_as_they_were(layer: Layer, cells: str, lost: bool, tmp_path: Path) -> None:
    """Padding is input that is there: SCALE-Sim pads nothing."""
    (tmp_path / "given.cfg").write_text(SCALESIM)
    array = read_config(tmp_path / "given.cfg")
    written = write_scalesim(array.accelerator(), layer)
    assert cells in written.files["topology.csv"]
    assert any("padding" in sentence for sentence in written.lost) == lost
    (after,) = read_topology(put(written, tmp_path) / "topology.csv").layers
    assert (after.kind, after.bounds, after.stride) == (layer.kind, layer.bounds, layer.stride)
    assert array.cost(after) == array.cost(layer)


def systolic(level: int, **change: Any) -> Accelerator:
    kept = ScaleSim(name="array", rows=4, columns=8, stationary="weight", input_kb=16, weight_kb=8, output_kb=4)
    machine = kept.accelerator()
    levels = list(machine.levels)
    levels[level] = dataclasses.replace(levels[level], **change)
    return dataclasses.replace(machine, levels=tuple(levels))


@pytest.mark.parametrize(
    "machine, layer, words",
    [
        (load_accelerator("gemmini"), None, "is no array of SCALE-Sim's; it has DRAM"),
        (Accelerator(name="one", levels=(Level(name="DRAM"),)), None, "is no array of SCALE-Sim's; it has DRAM"),
        (systolic(4, keeps=TENSORS), None, "is no array of SCALE-Sim's; it has DRAM"),
        (systolic(3, fanout=(Axis("a", 4, ("P",)), Axis("b", 8, ("K",)))), None, "must run C R S along one side and K"),
        (systolic(1, capacity_words=1000.0), None, "ifmap: '0.976562' kilobytes must be a whole number"),
        (systolic(1), Layer(name="two", N=2, K=4), "has no line in a topology: a convolution of one image"),
        (systolic(1), Layer(name="wide", K=4, P=3, R=3, dilation=(2, 2)), "one stride both ways, no dilation"),
        (systolic(1), Layer(name="DP", K=4), "holds DP, by which SCALE-Sim tells depthwise layers"),
        (systolic(1), Layer(name="add", kind="eltwise", P=3), "does not run on the array"),
    ],
)
def test_scalesim_refuses_what_it_has_no_form_for(machine: Accelerator, layer: Layer | None, words: str) -> None:
    with pytest.raises(InputError) as refused:
        write_scalesim(machine, layer)
    assert words in str(refused.value)


def test_scalesim_says_what_it_loses() -> None:
    free = systolic(3, fanout=(Axis("a", 4), Axis("b", 8)), double_buffered=False)
    lost = " ".join(write_scalesim(free).lost)
    for part in ("energies", "ofmap: SCALE-Sim fills one half", "a: that it runs any dim; SCALE-Sim's runs C R S"):
        assert part in lost

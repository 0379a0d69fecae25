"""SCALE-Sim's configurations: the array, the machine for mappers, what is refused, and SCALE-Sim's own cycles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accel_models import load_accelerator
from accel_models.accelerator import Axis
from accel_models.formats.scalesim import read_config
from benchmarks.fuzzing.interchange import SCALESIM
from nets import named_network
from nets.errors import InputError
from nets.workloads.scalesim import CONV

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "scalesim"


def config(folder: Path, text: str = SCALESIM) -> Path:
    (folder / "array.cfg").write_text(text)
    return folder / "array.cfg"


def test_an_array_and_its_memories(tmp_path: Path) -> None:
    array = read_config(config(tmp_path))
    assert (array.name, array.rows, array.columns, array.stationary) == ("small", 4, 8, "weight")
    assert (array.input_kb, array.weight_kb, array.output_kb, array.bandwidth) == (16, 8, 4, 20)


def test_the_machine_for_mappers(tmp_path: Path) -> None:
    machine = load_accelerator(config(tmp_path))
    assert machine.level_names == ("DRAM", "ifmap", "filter", "ofmap", "register")
    assert [level.keeps for level in machine.levels[1:]] == [("I",), ("W",), ("O",), ("W",)]
    assert machine.levels[3].fanout == (Axis("rows", 4, ("C", "R", "S")), Axis("columns", 8, ("K",)))
    assert machine.levels[1].capacity_words == 16 * 1024
    assert machine.levels[0].shared_bandwidth == pytest.approx(20)
    assert machine.levels[1].read_pj > 0
    assert any("energies: SCALE-Sim says none" in line for line in machine.lacks)


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("ArrayWidth", "ArrayWidht", "architecture_presets (line 5): 'arraywidht' is not known; did you mean"),
        ("ArrayHeight: 4", "ArrayHeight: 0", "arrayheight (line 4): 0 must be at least 1"),
        ("Dataflow: ws", "Dataflow: rs", "dataflow (line 10): 'rs' is not known"),
        ("[run_presets]", "[run_preset]", "'run_preset' is not known; did you mean 'run_presets'?"),
        ("Bandwidth: 10,10", "Bandwidth: much", "must be whole numbers of at least 1; write Bandwidth: 10"),
        ("[general]\n", "", "line 1: 'run_name = small' is no entry of a section"),
    ],
)
def test_what_is_not_understood_is_refused_where_it_stands(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in SCALESIM
    with pytest.raises(InputError) as refused:
        read_config(config(tmp_path, SCALESIM.replace(old, new)))
    assert words in str(refused.value)


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the repository")
def test_files_of_the_reference_cases_count_as_scalesim_does(tmp_path: Path) -> None:
    compared = 0
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text())
        layer, array, memories, out = case["layer"], case["array"], case["sram_kB"], case["outputs"]
        if layer["kind"] == "gemm":
            text = f"Layer,M,N,K,\n{layer['name']},{layer['M']},{layer['N']},{layer['K']},\n"
        else:
            fields = [layer[key] for key in ("name", "H", "W", "R", "S", "C", "K", "stride")]
            text = f"{', '.join(CONV)},\n{','.join(map(str, fields))},\n"
        (tmp_path / "net.csv").write_text(text)
        asked = {
            "ArrayHeight": array["rows"], "ArrayWidth": array["cols"], "Dataflow": array["dataflow"],
            "IfmapSramSzkB": memories["ifmap"], "FilterSramSzkB": memories["filter"],
            "OfmapSramSzkB": memories["ofmap"],
        }  # fmt: skip
        lines = "".join(f"{key} : {value}\n" for key, value in asked.items())
        read = read_config(config(tmp_path, f"[architecture_presets]\n{lines}"))
        (cost,) = (read.cost(each) for each in named_network(str(tmp_path / "net.csv")).layers)
        assert (path.stem, cost.cycles - 1) == (path.stem, out["compute_cycles"] - out["stall_cycles"])
        assert (path.stem, cost.input_reads) == (path.stem, out["sram"]["ifmap_reads"])
        assert (path.stem, cost.weight_reads) == (path.stem, out["sram"]["filter_reads"])
        compared += 3
    assert compared >= 60

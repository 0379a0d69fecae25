"""MAESTRO files: layers, directives and hardware, what is refused, and the reference cases."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from accel_models.accelerator import Axis
from accel_models.cost import evaluate
from accel_models.formats.maestro import Hardware, MaestroCase, load_maestro, read_hardware
from accel_models.loopnest import LevelLoops, Loop
from nets.errors import InputError

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "maestro"

HARDWARE = """
num_pes: 8  // of which seven work
l1_size_cstr: 64
l2_size_cstr: 1024
noc_bw_cstr: 16
"""
NETWORK = """
Network small {
  Layer conv {
    Type: CONV
    Stride { X: 2, Y: 1 }
    Dimensions { K: 6, C: 4, R: 3, S: 3, Y: 9, X: 13 }
    Dataflow {
      TemporalMap(2,2) K;
      SpatialMap(Sz(R),1) Y;         // one output row for each cluster
      TemporalMap(2+Sz(S),2) X;
      Cluster(2, P);
      SpatialMap(2,2) C;
      TemporalMap(Sz(R),Sz(R)) R;
    }
  }
}
"""


def load(tmp_path: Path, network: str = NETWORK, hardware: str = HARDWARE, **options: bool) -> tuple[MaestroCase, ...]:
    (tmp_path / "small.m").write_text(network)
    (tmp_path / "hw.m").write_text(hardware)
    return load_maestro(tmp_path / "small.m", tmp_path / "hw.m", **options)


def test_a_dataflow_becomes_a_loop_nest(tmp_path: Path) -> None:
    (case,) = load(tmp_path)
    assert case.layer.bounds == (1, 1, 6, 4, 7, 6, 3, 3)
    assert case.layer.stride == (1, 2)
    assert case.accelerator.level_names == ("DRAM", "L2", "cluster 1", "L1")
    assert case.accelerator.levels[1].fanout == (Axis("units", 4),)
    assert case.accelerator.levels[2].fanout == (Axis("units", 2),)
    assert case.accelerator.levels[1].read_bandwidth == 16
    assert case.mapping.levels == (
        LevelLoops("DRAM"),
        LevelLoops("L2", (Loop("K", 2), Loop("P", 4), Loop("Q", 2)), (Loop("P", 1),)),
        LevelLoops("cluster 1", (), (Loop("C", 2),)),
        LevelLoops("L1", (Loop("K", 1), Loop("C", 1), Loop("Q", 1), Loop("R", 1), Loop("S", 1))),
    )
    assert evaluate(case.layer, case.accelerator, case.mapping).valid


def test_sizes_limit_only_when_asked_and_what_does_not_fit_is_reported(tmp_path: Path) -> None:
    (case,) = load(tmp_path, hardware="num_pes: 8\nl1_size_cstr: 64\nl2_size_cstr: 100\n")
    assert case.lacks == ("L2 holds 100 words and is taken to hold all 936 of the layer",)
    assert evaluate(case.layer, case.accelerator, case.mapping).valid
    (case,) = load(tmp_path, hardware="num_pes: 8\nl1_size_cstr: 64\nl2_size_cstr: 100\n", enforce_sizes=True)
    assert not evaluate(case.layer, case.accelerator, case.mapping).valid


def test_row_stationary_ties_input_rows_to_filter_rows(tmp_path: Path) -> None:
    dataflow = """SpatialMap(1,1) Y'; TemporalMap(1,1) X'; TemporalMap(1,1) C; TemporalMap(3,3) K;
      TemporalMap(Sz(R),Sz(R)) R; Cluster(Sz(R),P); SpatialMap(1,1) Y; SpatialMap(1,1) R;"""
    start, end = NETWORK.index("TemporalMap(2,2)"), NETWORK.index("}\n  }\n}")
    (case,) = load(tmp_path, network=NETWORK[:start] + dataflow + NETWORK[end:])
    assert case.mapping.levels[1].spatial == (Loop("P", 1),)
    assert case.mapping.levels[2].spatial == (Loop("R", 1),)


def test_depthwise_channels_are_groups(tmp_path: Path) -> None:
    network = NETWORK.replace("CONV", "DSCONV").replace("K: 6, ", "").replace("SpatialMap(2,2) C;", "")
    (case,) = load(tmp_path, network=network.replace("TemporalMap(2,2) K;", ""))
    assert (case.layer.G, case.layer.K, case.layer.C) == (4, 1, 1)


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("CONV", "TRCONV", "Type (line 4): 'TRCONV' is not known; did you mean 'CONV'?"),
        ("Type: CONV", "", "'Type' is missing"),
        ("Dataflow", "Dataflo", "small.m, line 7: 'Dataflo' stands where Type or Stride"),
        ("TemporalMap(2,2)", "TemporalMap(2,1)", "pieces of K cannot overlap"),
        ("TemporalMap(2+Sz(S),2)", "TemporalMap(6,2)", "is not the input of 2 outputs"),
        ("Cluster(2, P)", "Cluster(9, P)", "must be of 1 to 8 processing elements"),
        ("(2,2) K", "(2,2) M", "'M' is not known"),
        ("Sz(R)", "Sz(T)", "'T' is not known"),
        ("TemporalMap(Sz(R),Sz(R)) R", "SpatialMap(1,1) R", "are two in one cluster"),
        ("Y: 9", "Y: 2", "is smaller than the filter's R"),
        ("K: 6", "K: 0", "K (line 6): 0 must be at least 1"),
        ("K: 6", "Z: 6", "'Z' is not known"),
        ("Stride", "#", "line 5: '#' is no part of a mapping file"),
    ],
)
def test_bad_mapping_files_are_refused_with_place_and_rule(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, network=NETWORK.replace(old, new, 1))
    assert words in str(error.value)


@pytest.mark.parametrize(
    "text, words",
    [
        ("num_pe: 8", "did you mean 'num_pes'?"),
        ("num_pes: many", "num_pes (line 1): 'many' must be a whole number"),
        ("l1_size_cstr: 5", "'num_pes' is missing"),
        ("num_pes: 8\nnoc_bw_cstr: -4", "noc_bw_cstr (line 2): -4 must be greater than zero"),
    ],
)
def test_bad_hardware_files_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        read_hardware(text, "hw.m")
    assert words in str(error.value)


def test_hardware_that_is_not_given_is_unlimited() -> None:
    assert read_hardware("num_pes: 8", "hw.m") == Hardware(8)


@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside the repository")
def test_macs_and_reads_of_l1_equal_maestros() -> None:
    with (CASES / "cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        (case,) = load_maestro(CASES / f"{row['case']}.m", CASES / f"hw_{row['hw']}.m")
        traffic = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop").traffic
        mine = [case.layer.macs, traffic["L1"]["I"].reads, traffic["L1"]["W"].reads, traffic["L1"]["O"].updates]
        mine.append(traffic["L2"]["O"].updates)
        columns = ("macs_exact", "input_l1_read", "filter_l1_read", "output_l1_write", "output_l2_write")
        assert (row["case"], mine) == (row["case"], [int(row[column]) for column in columns])

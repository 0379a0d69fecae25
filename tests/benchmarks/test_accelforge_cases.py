"""AccelForge's cases: never above its optima, and what it is given to read."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import yaml

from benchmarks import accelforge_cases
from benchmarks.accelforge_cases import CASES, Case, compare, main, read_cases, workload_yaml
from nets.errors import InputError
from nets.layer import Layer

QUICK = [case for case in CASES if case.layer.R == 1]


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.layer.name)
def test_no_quick_case_is_above_accelforge(case: Case) -> None:
    row = compare(case)
    assert row.uneven.proven
    assert row.uneven.cost.energy_pj <= row.even.cost.energy_pj
    assert not row.above


def test_an_optimum_above_accelforges_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert CASES[0].accelforge_pj is not None
    better = dataclasses.replace(CASES[0], accelforge_pj=CASES[0].accelforge_pj - 1)
    monkeypatch.setattr(accelforge_cases, "CASES", (better,))
    assert main([]) == 1
    assert "ABOVE" in capsys.readouterr().out
    assert main(["--json"]) == 1
    assert json.loads(capsys.readouterr().out)["rows"][0]["above"]


def test_further_cases_stand_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.json"
    case = {"name": "mine", "layer": {"K": 8, "C": 4}, "l2_words": 64, "reg_words": 8, "axes": [["X", 4, ["K"]]]}
    path.write_text(json.dumps([case]))
    (read,) = read_cases(path)
    assert read.machine.levels[1].fanout[0].dims == ("K",)
    assert main([str(path), "--case", "mine"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["mine", "-"]
    path.write_text(json.dumps([case | {"l3_words": 1}]))
    with pytest.raises(InputError, match="l3_words"):
        read_cases(path)
    assert main(["--case", "yours"]) == 2
    assert "is part of no case's name" in capsys.readouterr().err


def test_the_workload_has_a_rank_for_every_dim_above_one() -> None:
    layer = Layer(name="window", K=4, P=6, R=3)
    workload = yaml.safe_load(workload_yaml(layer))["workload"]
    assert workload["iteration_space_shape"] == {"k": "0 <= k < 4", "p": "0 <= p < 6", "r": "0 <= r < 3"}
    inputs, weights, outputs = workload["einsums"][0]["tensor_accesses"]
    assert inputs["projection"] == {"H": "p + r"}
    assert weights["projection"] == ["k", "r"]
    assert outputs["projection"] == ["k", "p"]
    with pytest.raises(InputError, match="has a stride"):
        workload_yaml(dataclasses.replace(layer, stride=(2, 1)))


def test_another_interpreter_runs_accelforge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ngrep -q "size: 32768" "$2" && echo \'{"energy_pj": 9e9, "seconds": 7}\'\n')
    python.chmod(0o755)
    assert main(["--case", "64x64x64, one PE", "--accelforge", str(python), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["accelforge_pj"], row["accelforge_seconds"]) == (9e9, 7)
    python.write_text("#!/bin/sh\nexit 1\n")
    assert main(["--case", "3x3 8-8", "--accelforge", str(python), "--most-seconds", "1000"]) == 2
    assert "failed on 3x3 8-8" in capsys.readouterr().err
    assert main(["--case", "64x64x64, one PE", "--accelforge", str(tmp_path / "none")]) == 2
    assert "cannot be run" in capsys.readouterr().err

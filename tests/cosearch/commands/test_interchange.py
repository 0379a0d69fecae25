"""Files of other tools from a shell: shown, evaluated, mapped, and written."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import yaml

from accel_models import load_accelerator
from benchmarks.fuzzing.interchange import (
    SCALESIM,
    TIMELOOP_NODES,
    TOPOLOGY,
    ZIGZAG_HARDWARE,
    ZIGZAG_MAPPING,
    ZIGZAG_WORKLOAD,
)
from tests.cosearch.conftest import Cosearch


@pytest.fixture
def files(tmp_path: Path) -> Path:
    texts = {"arch.yaml": TIMELOOP_NODES.split("problem:")[0], "array.cfg": SCALESIM, "net.csv": TOPOLOGY}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    zigzag = tmp_path / "zigzag"
    zigzag.mkdir()
    for name, text in (("hardware", ZIGZAG_HARDWARE), ("workload", ZIGZAG_WORKLOAD), ("mapping", ZIGZAG_MAPPING)):
        (zigzag / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", ["arch.yaml", "array.cfg", "zigzag/hardware.yaml"])
def test_machines_are_shown_with_what_is_not_modelled(name: str, files: Path, cosearch: Cosearch) -> None:
    said = cosearch("accelerators", "show", files / name)
    assert said.status == 0
    assert "note: not modelled: " in said.out
    assert cosearch("accelerators", "show", files / name, "--json").json["macs_per_cycle"] in (8, 32)


@pytest.mark.parametrize("name", ["net.csv", "zigzag/workload.yaml"])
def test_networks_are_shown(name: str, files: Path, cosearch: Cosearch) -> None:
    said = cosearch("networks", "show", files / name)
    assert " K8 C4 P6 Q6 R3 S3" in said.out


def test_a_network_of_one_tool_runs_on_a_machine_of_another(files: Path, cosearch: Cosearch) -> None:
    said = cosearch("evaluate", "--network", files / "zigzag" / "workload.yaml", "--accelerator", files / "arch.yaml",
                    "--evaluations", 20, "--json")  # fmt: skip
    assert said.status == 0, said.err
    assert "not modelled: weights: the files give no energy" in said.err


def test_zigzags_order_of_loops_is_evaluated(files: Path, cosearch: Cosearch) -> None:
    (cost,) = cosearch("evaluate", "--zigzag", files / "zigzag", "--json").json
    assert cost["levels"]["sums"]["O"]["updates"] == 8 * 4 * 6 * 6 * 3 * 3 // 2
    (files / "zigzag" / "mapping.yaml").unlink()
    said = cosearch("evaluate", "--zigzag", files / "zigzag")
    assert said.status == 2
    assert f"gives no layer's temporal_ordering; search them: cosearch map --zigzag {files / 'zigzag'}" in said.err
    said = cosearch("evaluate", "--zigzag", files / "zigzag", "--node", 28)
    assert (said.status, "--node: 28 has no effect on --zigzag" in said.err) == (2, True)


def test_zigzags_layers_are_mapped_as_its_files_allow(files: Path, cosearch: Cosearch) -> None:
    """Also without an order of loops; the axes run the dims that the mapping file says."""
    words = ("map", "--zigzag", files / "zigzag", "--mapper", "optimal", "--tiles", "perfect")
    (evaluated,) = cosearch("evaluate", "--zigzag", files / "zigzag", "--json").json
    mapping = files / "zigzag" / "mapping.yaml"
    mapping.write_text(mapping.read_text().split("  temporal_ordering")[0])
    (found,) = cosearch(*words, "--json").json
    assert found["proven"]
    assert found["edp"] <= evaluated["edp"] * (1 + 1e-12)
    assert found["cost"]["convention"] == evaluated["convention"] == "timeloop"
    assert cosearch(*words, "--objective", "latency").out.startswith(f"{found['layer']} on {found['accelerator']}: ")
    for more, rule in (
        (["--layer", "K=4"], "brings its own layer and accelerator; leave --layer out"),
        (["--node", "28"], "brings its own layer and accelerator; leave --node out"),
        (["--timeloop", "x"], "contradicts --zigzag"),
        (["--network", "alexnet"], "brings its own layers; leave --zigzag out"),
        (["--precision", "w8a8"], "is of a network that is named"),
    ):
        said = cosearch(*words, *more)
        assert (said.status, rule in said.err) == (2, True), said.err


def test_a_systolic_array_is_written_for_scalesim_and_counts_the_same(files: Path, cosearch: Cosearch) -> None:
    words = ("--layer", "K=8,C=4,P=6,Q=6,R=3,S=3,stride=2", "--out", files / "out")
    said = cosearch("export", files / "array.cfg", "--to", "scalesim", *words)
    assert said.status == 0, said.err
    before, after = (
        cosearch("evaluate", "--scalesim", folder / "array.cfg", "--network", folder / topology, "--json").json
        for folder, topology in ((files, "net.csv"), (files / "out", "topology.csv"))
    )
    assert after["layers"][0]["cycles"] == before["layers"][0]["cycles"]
    said = cosearch("export", files / "array.cfg", "--to", "scalesim", *words, "--seed", 1)
    assert "--seed: 1 is of a mapping, which no file of scalesim holds" in said.err
    said = cosearch("export", "nvdla_256", "--to", "scalesim", *words)
    assert (said.status, "is no array of SCALE-Sim's; it has DRAM, a memory for each" in said.err) == (2, True)


def test_a_network_is_counted_as_scalesim_does(files: Path, cosearch: Cosearch) -> None:
    words = ("evaluate", "--scalesim", files / "array.cfg", "--network", files / "net.csv")
    found = cosearch(*words, "--json").json
    # 36 filter words on 4 rows, 8 filters on 8 columns: nine folds of 2 x 4 + 36 + 8 - 2 cycles
    assert found["layers"][0]["cycles"] == 9 * (2 * 4 + 36 + 8 - 2)
    assert found["cycles"] == sum(layer["cycles"] for layer in found["layers"])
    assert f"{found['cycles']:,} cycles without stalls" in cosearch(*words).out
    assert "--node: 28 has no effect with --scalesim" in cosearch(*words, "--node", 28).err
    said = cosearch("evaluate", "--scalesim", files / "array.cfg", "--zigzag", files / "zigzag")
    assert "needs the network that runs on it; give --network" in said.err


@pytest.mark.parametrize("tool", ["timeloop", "zigzag", "maestro"])
def test_what_is_exported_is_read_again(tool: str, files: Path, cosearch: Cosearch) -> None:
    out = files / "out"
    words = ("--layer", "K=16,C=16,P=4,Q=4", "--evaluations", 30, "--out", out, "--json")
    said = cosearch("export", "nvdla_256", "--to", tool, *words)
    assert said.status == 0, said.err
    assert {Path(path).parent for path in said.json["files"]} == {out}
    assert said.json["lost"]
    if tool != "maestro":
        assert cosearch("evaluate", f"--{tool}", out, "--json").status == 0


def test_only_gemminis_own_designs_are_exported_to_it(files: Path, cosearch: Cosearch) -> None:
    assert cosearch("export", "gemmini", "--to", "gemmini", "--out", files / "out").status == 0
    assert "meshRows = 16" in (files / "out" / "CosearchGemmini.scala").read_text()
    said = cosearch("export", "eyeriss", "--to", "gemmini", "--out", files / "other")
    assert (said.status, (files / "other").exists()) == (2, False)
    assert "is no design of Gemmini's" in said.err
    said = cosearch("export", "gemmini", "--to", "gemmini", "--layer", "K=8", "--out", files / "other")
    assert "has no place in Gemmini's parameters; leave it out" in said.err
    said = cosearch("export", "gemmini", "--to", "zigzag", "--seed", 1, "--out", files / "other")
    assert "is of a mapping that is searched; give --layer" in said.err


PAGE = (Path(__file__).resolve().parents[3] / "docs" / "interchange.md").read_text(encoding="utf-8")


def block(kind: str, number: int = 0) -> str:
    """A block of code of the page."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[number]


def test_the_page_prints_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cosearch: Cosearch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "array.cfg").write_text(block("ini"))
    (tmp_path / "net.csv").write_text(block("text"))
    commands = 0
    for said in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        command, printed = said.split("\n", 1)
        heard = cosearch(*command.removeprefix("$ cosearch ").split())
        unmodelled = [line for line in heard.err.splitlines() if line.startswith("not written")]
        assert "\n".join([heard.out.rstrip("\n"), *unmodelled]) == printed.rstrip("\n")
        commands += 1
    assert commands == 3


@pytest.mark.parametrize("tool", ["timeloop", "zigzag"])
def test_the_design_of_a_run_goes_out_layer_by_layer(
    tool: str, finished_run: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    """Each folder is a case of its own; what has no form is named."""
    said = cosearch("export", finished_run, "--to", tool, "--out", tmp_path / "out", "--json")
    assert said.status == 0, said.err
    folders = sorted((tmp_path / "out").iterdir())
    (network,) = yaml.safe_load((finished_run / "best.yaml").read_text())["networks"]
    left_out = [sentence for sentence in said.json["lost"] if sentence.startswith("layer ")]
    assert len(folders) + len(left_out) == len(network["mappings"])
    assert len(folders) > 3
    if tool == "timeloop":  # of ZigZag's order of loops the tool itself makes what each memory holds
        assert cosearch("evaluate", "--timeloop", folders[0], "--json").json["valid"]


def test_the_design_of_a_run_as_tables(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    assert cosearch("export", finished_run, "--to", "csv", "--out", tmp_path / "out").status == 0
    tables = {path.stem: list(csv.DictReader(path.open())) for path in (tmp_path / "out").glob("*.csv")}
    assert list(csv.DictReader((finished_run / "layers.csv").open())) == tables["layers"]
    best = yaml.safe_load((finished_run / "best.yaml").read_text())
    (network,) = best["networks"]
    loops = sum(
        len(at.get("temporal", ())) + len(at.get("spatial", ())) for m in network["mappings"] for at in m["nest"]
    )
    assert len(tables["loops"]) == loops > 20
    assert [row["name"] for row in tables["memories"]] == ["DRAM", "L2", "L1"]


def test_what_export_of_a_run_refuses(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    for words, rule in (
        ((finished_run, "--to", "timeloop", "--node", 28), "whose mappings are of its own"),
        ((finished_run, "--to", "gemmini"), "is no design of Gemmini's"),
        (("nvdla_256", "--to", "csv"), "is of the design of a run"),
        ((tmp_path, "--to", "csv"), "is a folder without best.yaml"),
    ):
        said = cosearch("export", *words, "--out", tmp_path / "out")
        assert (said.status, rule in said.err) == (2, True), said.err
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["arch.yaml", "array.cfg", "zigzag/hardware.yaml"])
def test_a_machine_is_imported_whole(name: str, files: Path, cosearch: Cosearch) -> None:
    said = cosearch("import", files / name, "--out", files / "mine.yaml")
    assert (said.status, "not modelled: " in said.err) == (0, True)
    theirs, ours = load_accelerator(files / name), load_accelerator(files / "mine.yaml")
    assert (ours.levels, ours.mac_pj, ours.clock_hz) == (theirs.levels, theirs.mac_pj, theirs.clock_hz)


def test_a_case_is_imported_as_a_nest(files: Path, cosearch: Cosearch) -> None:
    assert cosearch("import", files / "zigzag", "--from", "zigzag", "--out", files / "nest.json").status == 0
    (theirs,) = cosearch("evaluate", "--zigzag", files / "zigzag", "--json").json
    ours = cosearch("evaluate", "--nest", files / "nest.json", "--json").json
    assert ours["levels"] == theirs["levels"]
    out = files / "out"
    words = ("--layer", "K=16,C=16,P=4,Q=4", "--evaluations", 30, "--out", out)
    assert cosearch("export", "nvdla_256", "--to", "timeloop", *words).status == 0
    assert cosearch("import", out, "--from", "timeloop", "--out", files / "nest.json").status == 0
    theirs, ours = (
        cosearch("evaluate", option, path, "--json").json
        for option, path in (("--timeloop", out), ("--nest", files / "nest.json"))
    )
    assert (ours["macs"], ours["compute_cycles"]) == (theirs["macs"], theirs["compute_cycles"])


def test_what_import_refuses(files: Path, cosearch: Cosearch) -> None:
    (files / "zigzag" / "mapping.yaml").unlink()
    for words, rule in (
        ((files / "zigzag",), "say whose: --from timeloop or --from zigzag"),
        ((files / "zigzag", "--from", "zigzag"), "no temporal_ordering"),
        ((files / "zigzag", "--from", "zigzag", "--layer", "none"), "known"),
        ((files / "arch.yaml", "--layer", "x"), "is of a folder of ZigZag's files"),
        ((files / "missing.yaml",), "missing.yaml"),
    ):
        said = cosearch("import", *words, "--out", files / "mine.yaml")
        assert (said.status, rule in said.err) == (2, True), said.err
        assert not (files / "mine.yaml").exists()

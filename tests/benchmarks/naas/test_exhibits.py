"""The exhibits: what their ratios and bounds are, and small searches from end to end."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accel_models.cost import evaluate
from benchmarks.naas import all as every
from benchmarks.naas import bounded, encodings, envelopes, evolution, groups, sizing
from benchmarks.naas.conventions import L1, L2, MAC, OURS, PAPER
from benchmarks.naas.envelope import read_envelopes
from benchmarks.naas.kept import kept
from benchmarks.naas.kinds import KINDS, reductions
from benchmarks.naas.mapped import LOOK, Score, best, fixed, least_of_all
from benchmarks.naas.nested import by_dataflow_alone
from benchmarks.naas.spaces import ORDERED, Direct, Indexed, SizesAlone
from cosearch.executors.serial import Serial
from mappings import dataflow_mapping
from nets import Layer, Network, load_network
from nets.errors import InputError

NVDLA = read_envelopes()["nvdla_256"]
LAYERS = (
    Layer(name="conv", K=32, C=16, P=7, Q=7, R=3, S=3),
    Layer(name="depthwise", G=32, K=1, C=1, P=7, Q=7, R=3, S=3),
)


def small() -> Network:
    network = Network("small")
    for layer in LAYERS:
        network.add(layer, [])
    return network


def test_maestro_counts_accesses_whatever_a_memory_holds() -> None:
    """Energy is accesses of L1 and L2 and multiply-accumulates by their constants: nothing else, DRAM least of all."""
    machine = PAPER.priced(NVDLA.baseline)
    (layer, _) = LAYERS
    cost = evaluate(layer, machine, dataflow_mapping("weight_stationary", layer, machine))
    accesses = {
        level: sum(tensor.reads + tensor.fills + tensor.updates for tensor in cost.traffic[level].values())
        for level in ("L2", "L1")
    }
    parts = cost.energy_breakdown_pj
    assert parts["MAC"] == MAC * layer.macs
    assert parts["L2"] <= L2 * accesses["L2"] * (1 + 1e-9)
    assert parts["L1"] <= L1 * accesses["L1"] * (1 + 1e-9)
    assert parts.get("DRAM", 0.0) == 0.0
    assert sum(parts.values()) == pytest.approx(parts["MAC"] + parts["L1"] + parts["L2"])
    larger = PAPER.priced(replace(NVDLA.baseline, l2_bytes=2 * NVDLA.baseline.l2_bytes))
    assert [level.read_pj for level in larger.levels] == [level.read_pj for level in machine.levels]


def test_only_what_multiplies_counts_in_the_paper() -> None:
    network = load_network("squeezenet1_1")
    counted = PAPER.counted(network)
    assert counted.macs == network.macs
    assert all(layer.is_mac for layer in counted.layers)
    assert len(OURS.counted(network).layers) > len(counted.layers)


def test_ratios_are_baseline_over_found_and_multiply() -> None:
    of = envelopes.figures(Score(6.0, 4.0, 24.0), Score(3.0, 1.0, 3.0))
    assert of == {"speedup": 4.0, "energy": 2.0, "edp": 8.0}


def test_dataflows_of_many_machines_at_once_are_those_of_each() -> None:
    machines = [PAPER.priced(NVDLA.baseline), PAPER.priced(replace(NVDLA.baseline, array=(4, 8)))]
    energy, cycles = by_dataflow_alone(LAYERS, machines, "weight_stationary")
    for row, machine in enumerate(machines):
        for column, layer in enumerate(LAYERS):
            cost = evaluate(layer, machine, dataflow_mapping("weight_stationary", layer, machine))
            assert energy[row, column] * cycles[row, column] == pytest.approx(cost.energy_pj * cost.cycles)


@pytest.mark.parametrize("convention", [PAPER, OURS], ids=lambda one: one.name)
def test_the_optimal_mapper_is_never_worse_than_the_dataflow(convention: Any) -> None:
    own = fixed([small()], NVDLA.baseline, convention, NVDLA.baseline.dataflow)
    mapped = best([small()], NVDLA.baseline, convention, Serial(), LOOK, dataflow=NVDLA.baseline.dataflow)
    assert mapped.edp <= own.edp
    assert mapped.gap is not None
    assert 0 <= mapped.gap < 1


def test_no_design_drawn_is_below_the_bound_of_an_envelope() -> None:
    """The bound knows no array: designs of every wiring, mapped as well as the mapper can, stay above it."""
    bound, rng = least_of_all([small()], NVDLA, PAPER), np.random.default_rng(0)
    designs = []
    while len(designs) < 2:
        point = dict(zip(NVDLA.space.knobs, rng.random(len(NVDLA.space.knobs)).tolist()))
        if (design := NVDLA.space.decode(point)) is not None:
            designs.append(design)
    for design in [NVDLA.baseline, *designs]:
        assert best([small()], design, PAPER, Serial(), LOOK).edp >= bound > 0


def test_arrays_are_chosen_by_a_bound_that_no_mapping_beats() -> None:
    network = small()
    lanes = bounded.arrays(NVDLA, [network])
    least = bounded.bounds(NVDLA, [network], PAPER, lanes) / NVDLA.baseline.accelerator().clock_hz
    places = np.linspace(0, len(lanes) - 1, 4).astype(int)
    for place in places:
        design = next(one for size in (16, 64, 256) if (one := bounded.sized(NVDLA, lanes[place], size)) is not None)
        assert best([network], design, PAPER, Serial(), LOOK).edp >= least[place] * (1 - 1e-12) > 0
    chosen = bounded.promising(NVDLA, [network], PAPER, 5)
    assert all(not NVDLA.space.violations(design) for design in chosen)
    first = lanes[least.argmin()]
    assert chosen[0].array == tuple(int(width) for width in first if width > 1)
    assert len({design.l1_bytes for design in chosen if design.array == chosen[0].array}) > 1


def test_sizes_alone_keep_dims_and_proportions() -> None:
    space = SizesAlone(NVDLA.budget, preset=NVDLA.baseline)
    full = space.decode({"elements": 1.0, "l1": 0.0, "l2": 0.5, "noc_bandwidth": 1.0})
    assert full is not None
    assert (full.array, full.parallel) == (NVDLA.baseline.array, NVDLA.baseline.parallel)
    assert full.noc_bandwidth == NVDLA.baseline.noc_bandwidth
    less = space.decode({"elements": 0.5, "l1": 0.0, "l2": 0.5, "noc_bandwidth": 0.5})
    assert less is not None
    assert less.pes < full.pes


def test_an_index_reaches_every_ordered_choice_of_dims() -> None:
    space = Indexed(NVDLA.budget)
    point = dict.fromkeys(space.knobs, 0.3) | {"axes": 0.5, "l1": 0.0}
    choices = ORDERED[2]
    found = []
    for number in range(len(choices)):
        design = space.decode(point | {"index": (number + 0.5) / len(choices)})
        assert design is not None
        found.append(design.parallel)
    assert found == list(choices)


def test_results_are_kept_and_not_mixed(tmp_path: Path) -> None:
    calls = []

    def compute() -> dict[str, Any]:
        calls.append(1)
        return {"value": 1.5}

    assert kept(tmp_path / "a", "part", {"trials": 1}, compute) == {"value": 1.5}
    assert kept(tmp_path / "a", "part", {"trials": 1}, compute) == {"value": 1.5}
    assert len(calls) == 1
    with pytest.raises(InputError, match="holds results of other settings"):
        kept(tmp_path / "a", "part", {"trials": 2}, compute)
    (tmp_path / "a" / "part.json").write_text("{")
    with pytest.raises(InputError):
        kept(tmp_path / "a", "part", {"trials": 1}, compute)
    assert (tmp_path / "a" / "part.json").read_text() == "{"


def run(module: Any, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What an exhibit prints."""
    monkeypatch.setattr(sys, "argv", [module.__name__, *words.split()])
    assert module.main() == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("module", [sizing, encodings, evolution], ids=lambda one: one.__name__.rsplit(".", 1)[-1])
def test_small_searches_of_each_kind(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"--trials 3 --seeds 1 --envelope nvdla_256 --network squeezenet1_1 --out {tmp_path}"
    assert "nvdla_256" in run(module, words, monkeypatch, capsys)
    found = json.loads(run(module, f"{words} --json", monkeypatch, capsys))
    for row in found["rows"]:
        for kind, searches in row["searches"].items():
            assert kind in KINDS
            assert sum(map(len, searches[0]["values"])) == 3
            least = min(value for values in searches[0]["values"] for value in values if value is not None)
            assert reductions(row, kind) == [row["baseline_edp"] / least]


def test_a_page_is_made_again_of_its_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```bash\npython benchmarks/naas/sizing.py --trials 9\n```\n\n```text\nold\n```\n\nend\n")
    ran = []

    def printed(command: str, out: Path) -> str:
        ran.append((command, out))
        return "new\n"

    monkeypatch.setattr(every, "printed", printed)
    monkeypatch.setattr(sys, "argv", ["all", "--page", str(page), "--out", str(tmp_path), "--check"])
    assert every.main() == 1
    assert "old" in page.read_text()
    monkeypatch.setattr(sys, "argv", ["all", "--page", str(page), "--out", str(tmp_path)])
    assert every.main() == 0
    assert "```text\nnew\n```\n\nend" in page.read_text()
    assert ran[-1] == ("benchmarks/naas/sizing.py --trials 9", tmp_path)
    monkeypatch.setattr(sys, "argv", ["all", "--page", str(page), "--out", str(tmp_path), "--check"])
    assert every.main() == 0


def test_bad_input_is_two_and_says_what(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["envelopes", "--envelope", "eyris"])
    assert envelopes.main() == 2
    assert "did you mean 'eyeriss'?" in capsys.readouterr().err


def test_even_sizes_are_the_ends_and_the_middle_of_their_range() -> None:
    space = Direct(NVDLA.budget)
    point = dict.fromkeys(space.knobs, 0.0) | {"axes": 0.0, "l1": 0.0}
    sizes = [space.decode(point | {"elements": share}) for share in (0.0, 0.25, 1.0)]
    assert [design.pes for design in sizes if design is not None] == [8, 72, 256]
    words = [space.decode(point | {"noc_bandwidth": share}) for share in (0.0, 1.0)]
    assert [design.noc_bandwidth for design in words if design is not None] == [1.0, 64.0]


def test_groups_are_beside_every_layer_alone() -> None:
    found = groups.in_groups(read_envelopes()["nvdla_256"].baseline, "squeezenet1_1")
    assert 0 < found["groups"] <= found["alone"]
    assert 0 <= found["gap"] < 1

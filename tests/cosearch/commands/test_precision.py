"""--precision: machine and layers agree on it, and what it costs follows from the bits that move."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from tests.cosearch.conftest import Cosearch

DECODE = ("--network", "llama2_7b", "--phase", "decode", "--context", "64", "--accelerator", "nvdla_1024")
QUICK = ("--evaluations", "30", "--json")
SHORT = ("--trials", "4", "--evaluations", "20", "--last-evaluations", "60", "--no-baselines", "--quiet", "--jobs", "1")


def latency(cosearch: Cosearch, precision: str) -> float:
    """Of one token."""
    spoken = cosearch("evaluate", *DECODE, *QUICK, "--precision", precision)
    assert spoken.status == 0
    return float(spoken.json["networks"][0]["latency_s"])


def test_decoding_takes_as_long_as_its_weights_take_to_read(cosearch: Cosearch) -> None:
    """One token on a machine that waits for DRAM: time goes with the bits of a weight, scales included."""
    eight = latency(cosearch, "w8a16")
    assert latency(cosearch, "w4a16") / eight == pytest.approx(1 / 2, rel=0.01)
    assert latency(cosearch, "w4g128a16") / eight == pytest.approx(4.125 / 8, rel=0.01)
    assert latency(cosearch, "w16a16") / eight == pytest.approx(2, rel=0.01)


def test_a_narrower_cache_is_read_sooner(cosearch: Cosearch) -> None:
    """The difference is that of its bytes over the bandwidth of DRAM: 32 blocks, 32 heads of 128, 4,096 tokens."""
    words, kept = (*DECODE[:4], "--context", "4096", *DECODE[6:]), 2 * 32 * 32 * 128 * 4096
    wide, narrow = (
        cosearch("evaluate", *words, *QUICK, "--precision", precision).json["networks"][0]["latency_s"]
        for precision in ("w4a16", "w4a16kv4")
    )
    assert wide - narrow == pytest.approx(kept * 12 / 8 / 15e9, rel=0.01)


def test_floating_point_takes_more_energy_and_area_and_no_more_time(cosearch: Cosearch) -> None:
    words = ("evaluate", "--network", "squeezenet1_1", "--accelerator", "nvdla_1024", *QUICK, "--precision")
    whole, half = cosearch(*words, "w16a16").json, cosearch(*words, "fp16").json
    assert half["area_breakdown_mm2"]["MAC"] > whole["area_breakdown_mm2"]["MAC"]
    ours, theirs = half["networks"][0], whole["networks"][0]
    assert ours["energy_breakdown_pj"]["MAC"] / theirs["energy_breakdown_pj"]["MAC"] == pytest.approx(
        (1.1 + 0.9) / (0.2 * 4 ** (math.log(3.1 / 0.2) / math.log(16)) + 0.1), rel=1e-6
    )
    assert ours["macs"] == theirs["macs"]
    spoken = cosearch(*words, "wfp32afp16")
    assert spoken.status == 2
    assert "must have operands of one kind" in spoken.err


def test_it_says_what_counts(cosearch: Cosearch) -> None:
    spoken = cosearch(
        "map", "--layer", "K=64,C=64,P=8,Q=8", "--accelerator", "eyeriss", "--precision", "w4a16", "--evaluations", 50
    )
    assert spoken.status == 0
    assert "weights 4 bits, activations 16; multiplied at 16 x 16, partial sums 32" in spoken.out + spoken.err


def test_a_machine_that_states_its_figures_keeps_its_precision(cosearch: Cosearch, tmp_path: Path) -> None:
    machine = tmp_path / "own.yaml"
    machine.write_text(
        "kind: accelerator\nname: own\nmac_pj: 1\nclock_hz: 1.0e+9\nlevels:\n"
        "  - {name: DRAM, read_pj: 64, write_pj: 64, shared_bandwidth: 8}\n"
        "  - {name: L1, capacity_words: 512, read_pj: 1, write_pj: 1}\n"
    )
    spoken = cosearch("map", "--layer", "K=8,C=8", "--accelerator", machine, "--precision", "w4a16")
    assert spoken.status == 2
    assert "differs from that for which" in spoken.err


def test_what_is_no_format(cosearch: Cosearch) -> None:
    spoken = cosearch("evaluate", *DECODE, "--precision", "int4")
    assert spoken.status == 2
    assert "--precision: 'int4' is no format" in spoken.err


def test_a_search_at_a_precision_is_replayed(cosearch: Cosearch, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = ("--network", "gpt2", "--phase", "decode", "--context", "32", "--precision", "w4g128a16", "--budget")
    spoken = cosearch("search", *words, "area=3mm2", *SHORT, "--out", folder)
    assert spoken.status == 0
    text = (folder / "best.yaml").read_text()
    assert "weight: 16" in text
    assert "weight_bits: 4.125" in text
    replayed = cosearch("evaluate", folder / "best.yaml")
    assert "to the last bit" in replayed.err
    assert "at 32" in replayed.out


def test_no_accuracy_is_claimed_of_narrow_numbers(cosearch: Cosearch) -> None:
    words = ("evaluate", "--network", "squeezenet1_1", "--accelerator", "eyeriss", *QUICK)
    known, unknown = cosearch(*words), cosearch(*words, "--precision", "w4a8")
    assert known.json["networks"][0]["accuracy"]["top1_percent"] > 50
    assert unknown.json["networks"][0]["accuracy"] is None


def test_subnets_are_not_searched_at_a_precision(cosearch: Cosearch) -> None:
    spoken = cosearch("search", "--budget", "area=5mm2", "--precision", "w4a16")
    assert spoken.status == 2
    assert "is of given networks" in spoken.err


@pytest.mark.parametrize("words", [("--phase", "decode"), ("--batch", "8"), ("--shape", "x=1x3x8x8"), ("--fold-3d",)])
def test_what_is_asked_of_no_network_is_refused(words: tuple[str, ...], cosearch: Cosearch) -> None:
    mapped = ("map", "--layer", "K=8,C=8", "--accelerator", "eyeriss")
    folder = ("map", "--timeloop", "folder")
    for command in (folder, ("search", "--budget", "area=5mm2"), ("evaluate", "best.yaml"), mapped):
        spoken = cosearch(*command, *words)
        assert spoken.status == 2
        assert "is of a network that is named" in spoken.err


TABLE = "layer,bits,loss\nstem,4,0.9\nstem,8,0.1\nclassifier,4,0.4\nclassifier,8,0.1\nclassifier,16,0\n"


def test_a_table_of_losses_chooses_bits_layer_by_layer(cosearch: Cosearch, tmp_path: Path) -> None:
    """What is chosen costs what the same widths cost alone, less than all of 16 bits."""
    table = tmp_path / "losses.csv"
    table.write_text(TABLE)
    words = ("evaluate", "--network", "squeezenet1_1", "--accelerator", "eyeriss", "--precision", "w16a16", *QUICK)
    mixed = cosearch(*words, "--bits-table", table, "--max-loss", 0.5)
    found = mixed.json["layer_bits"]
    assert found["bits"] == {"stem": 8, "classifier": 4}
    assert (found["loss"], found["proven"]) == (0.5, True)
    assert mixed.json["networks"][0]["edp_js"] == pytest.approx(found["value"], rel=1e-12)
    assert mixed.json["networks"][0]["accuracy"] is None
    assert mixed.json["networks"][0]["edp_js"] < cosearch(*words).json["networks"][0]["edp_js"]
    said = cosearch(*words[:-1], "--bits-table", table, "--max-loss", 0.5).out
    assert "weights of 4 bits: classifier; 8 bits: stem. They lose 0.5 of 0.5; as mapped here no other" in said


def test_single_layers_have_formats_of_their_own(cosearch: Cosearch, tmp_path: Path) -> None:
    """In what maps a network, where narrower ones cost less, and in a search, whose files keep them."""
    own = ("--precision", "w16a16", "--layer-precision", "fire*=w8a8", "--layer-precision", "fire9.*=w4a8")
    for command in ("evaluate", "map"):
        words = (command, "--network", "squeezenet1_1", "--accelerator", "eyeriss", "--evaluations", 40)
        spoken = cosearch(*words, *own)
        assert "but for fire*=w8a8, fire9.*=w4a8" in spoken.out + spoken.err
        figures = [cosearch(*words, *given, "--json").json for given in (own, own[:2])]
        narrow, wide = (one["networks"][0] if command == "evaluate" else one for one in figures)
        assert narrow["energy_pj"] < wide["energy_pj"]
    run = tmp_path / "run"
    search = ("search", "--network", "squeezenet1_1", "--budget", "area=2mm2", *SHORT, "--out", run)
    assert cosearch(*search, *own).status == 0
    assert cosearch("evaluate", run / "best.yaml", "--json").json["exact"]
    kept = {layer["name"]: layer for layer in yaml.safe_load((run / "best.yaml").read_text())["networks"][0]["layers"]}
    assert (kept["fire9.expand3"]["weight_bits"], kept["fire2.squeeze"].get("weight_bits", 8)) == (4, 8)
    assert "--layer-precision" in (run / "report.html").read_text()
    assert cosearch("search", "--resume", run, "--quiet").status == 0


def test_map_chooses_widths_and_mappings_together(cosearch: Cosearch, tmp_path: Path) -> None:
    table = tmp_path / "losses.csv"
    table.write_text(TABLE)
    words = ("map", "--network", "squeezenet1_1", "--accelerator", "eyeriss", "--precision", "w16a16")
    few = ("--evaluations", 60, "--bits-table", table, "--max-loss", 0.5)
    mixed = cosearch(*words, *few, "--json").json
    assert mixed["layer_bits"] == {"bits": {"stem": 8, "classifier": 4}, "loss": 0.5, "max_loss": 0.5}
    assert sum(row["energy_pj"] * row["count"] for row in mixed["layers"]) == pytest.approx(mixed["energy_pj"])
    assert 0 < mixed["lower_bound"] <= mixed["edp"] < cosearch(*words, "--evaluations", 60, "--json").json["edp"]
    said = cosearch(*words, *few).out
    assert "precision    weights of 4 bits: classifier; 8 bits: stem. They lose 0.5 of 0.5\n" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--bits-table", "losses.csv"), "needs a limit"),
        (("--max-loss", "1"), "is of a table of bits and losses"),
        (("--bits-table", "losses.csv", "--max-loss", "nan"), "must be a finite number"),
        (("--bits-table", "losses.csv", "--max-loss", "0"), "0 is less than the 0.1 that the table's layers lose"),
        (("--bits-table", "nowhere.csv", "--max-loss", "1"), "nowhere.csv"),
    ],
)
def test_what_a_table_of_losses_needs(
    words: tuple[str, ...], says: str, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("losses.csv").write_text(TABLE)
    network = ("--network", "squeezenet1_1", "--accelerator", "eyeriss", "--precision", "w16a16")
    for command in ("evaluate", "map"):
        spoken = cosearch(command, *network, "--evaluations", 60, *words)
        assert spoken.status != 0
        assert says in spoken.err


def test_no_table_of_losses_for_a_language_model_in_a_phase(cosearch: Cosearch, tmp_path: Path) -> None:
    table = tmp_path / "losses.csv"
    table.write_text("layer,bits,loss\nhead,4,0.1\n")
    spoken = cosearch("evaluate", *DECODE, *QUICK, "--bits-table", table, "--max-loss", 1)
    assert spoken.status == 2
    assert "whose memory is counted in one format" in spoken.err


def test_a_machine_that_unpacks_says_so(cosearch: Cosearch, tmp_path: Path) -> None:
    machine = tmp_path / "packed.yaml"
    machine.write_text(
        "kind: structure\nlevels:\n  - {name: DRAM, memory: dram, word_bits: 16}\n"
        "  - {name: L1, memory: sram, word_bits: 16, capacity_bytes: 4096, least_bits: {W: 16}}\n"
    )
    spoken = cosearch("map", "--layer", "K=8,C=8", "--accelerator", machine, "--precision", "w4a16")
    assert spoken.status == 0
    assert "L1 unpacks narrower weights to 16 bits" in spoken.out

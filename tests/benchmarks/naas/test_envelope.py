"""Envelopes: what ships keeps its own limits, and what a file may not say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.naas.envelope import SHIPPED, chosen, read_envelopes
from cosearch import Budget
from nets.errors import InfeasibleError, InputError

TEXT = SHIPPED.read_text(encoding="utf-8")
ENVELOPES = read_envelopes()


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The shipped file with one thing changed, everywhere it stands."""
    assert old in TEXT
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    return path


def test_five_baselines_each_inside_its_limits_with_a_source_for_each() -> None:
    assert sorted(ENVELOPES) == ["edgetpu", "eyeriss", "nvdla_1024", "nvdla_256", "shidiannao"]
    for envelope in ENVELOPES.values():
        assert not envelope.space.violations(envelope.baseline)
        assert envelope.baseline.pes == envelope.budget.pes
        assert envelope.baseline.on_chip_bytes == envelope.budget.sram_bytes
        assert envelope.baseline.noc_bandwidth == envelope.budget.noc_words_per_cycle
        assert len(envelope.sources) == len(envelope.budget.limits()) == 4
        assert envelope.baseline.dataflow


def test_the_paper_products_of_speedup_and_energy() -> None:
    products = {name: round(one.speedup * one.energy, 1) for name, one in ENVELOPES.items()}
    assert products == {"edgetpu": 2.9, "nvdla_1024": 2.4, "eyeriss": 9.2, "nvdla_256": 2.4, "shidiannao": 21.6}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("at_most: 8454144B", "at_most: 8454144", r"edgetpu.*sram.*needs a unit"),
        ("at_most: 8words/cycle", "at_most: 8GB/s", r"eyeriss.*noc.*has no unit of noc: words/cycle"),
        ('    noc: {at_most: 8words/cycle, source: our choice}\n', "", r"eyeriss.*noc.*missing"),
        ("source: our choice}", 'source: ""}', r"source.*must not be empty"),
        ("preset: eyeriss\n", "preset: eyeris\n", r"eyeris.*eyeriss"),
        ("preset: eyeriss\n", "preset: eyeriss_chip\n", r"is not a template"),
        ("mnasnet_b1", "mnasnet_b2", r"mnasnet_b2.*mnasnet_b1"),
        ("at_most: 168", "at_most: 160", r"eyeriss.*does not keep them: pes 168 exceeds"),
        ("speedup: 4.4", "speedup: 0", r"speedup.*greater than zero"),
        ("limits:", "limit:", r"limit.*limits"),
    ],
)  # fmt: skip
def test_what_a_file_may_not_say(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_envelopes(changed(tmp_path, old, new))
    assert "mine.yaml" in str(caught.value)


def test_an_envelope_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'nvdla_256'"):
        chosen(["nvdla_255"], ENVELOPES)
    assert [one.name for one in chosen(["eyeriss"], ENVELOPES)] == ["eyeriss"]


def test_a_network_that_no_design_inside_can_run_is_an_error_by_name() -> None:
    """Partial sums take 24 bits: with 2 bytes on the chip there is no room for one, however it is shared."""
    tiny = replace(ENVELOPES["eyeriss"], budget=Budget.parse("sram=2B"))
    with pytest.raises(InfeasibleError, match="envelope eyeriss: no design inside it runs mobilenet_v2"):
        tiny.load()
    assert [network.name for network in ENVELOPES["eyeriss"].load()] == list(ENVELOPES["eyeriss"].networks)

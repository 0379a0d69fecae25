"""--voltage, --dram and --standing-costs: what they change of a machine and of a search, and where they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from accel_models.dram import PHY
from tests.cosearch.conftest import Cosearch

SHOW = ("accelerators", "show", "nvdla_256")
SHORT = ("--trials", "2", "--evaluations", "10", "--last-evaluations", "20", "--no-baselines", "--quiet", "--jobs", "1")


def test_a_machine_is_shown_with_them(cosearch: Cosearch) -> None:
    plain, carried = (
        cosearch(*SHOW, "--json").json,
        cosearch(*SHOW, "--voltage", 0.8, "--standing-costs", "--json").json,
    )
    assert (plain["voltage"], carried["voltage"]) == (None, 0.8)
    assert carried["clock_hz"] < plain["clock_hz"]
    assert carried["levels"][1]["read_pj"] < plain["levels"][1]["read_pj"]
    assert PHY in carried["area_breakdown_mm2"]
    assert carried["leakage_mw"] > plain["leakage_mw"]
    said = cosearch(*SHOW, "--voltage", 0.8, "--standing-costs", "--sources").out
    for what in ("DRAM standby", "DRAM refresh", "DRAM interface", "MAC leakage", "voltage"):
        assert what in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--voltage", 3), "is outside 0.63 to 1.03 V"),
        (("--dram", "lpddr6"), "there are those of lpddr4"),
        (("--dram", "hbm4", "--standing-costs"), "there are those of lpddr4, ddr4, hbm2"),
    ],
)
def test_what_has_no_figures_is_refused(cosearch: Cosearch, options: tuple[object, ...], said: str) -> None:
    for words in (SHOW, ("search", "--node", 28, "--budget", "area=5mm2", *SHORT)):
        spoken = cosearch(*words, *options)
        assert spoken.status == 2
        assert said in spoken.err


def test_they_have_no_say_where_a_file_brings_its_machine(cosearch: Cosearch, tmp_path: Path) -> None:
    for option in (("--voltage", 0.8), ("--dram", "ddr4"), ("--standing-costs",)):
        for words in (("map", "--timeloop", tmp_path), ("search", "--machine", "two_level", "--budget", "area=2mm2")):
            spoken = cosearch(*words, *option)
            assert spoken.status == 2
            assert option[0].strip("-") in spoken.err


def test_a_search_designs_for_them_and_its_design_is_replayed(cosearch: Cosearch, tmp_path: Path) -> None:
    words = ("search", "--network", "alexnet", "--budget", "area=4mm2", *SHORT, "--out", tmp_path / "run")
    assert cosearch(*words, "--voltage", 1.0, "--dram", "ddr4", "--standing-costs").status == 0
    best = yaml.safe_load((tmp_path / "run" / "best.yaml").read_text())
    machine = best["accelerator"]
    assert (machine["voltage"], machine["dram"], machine["standing_costs"]) == (1.0, "ddr4", True)
    replayed = cosearch("evaluate", tmp_path / "run" / "best.yaml", "--json").json
    assert replayed["exact"]
    assert replayed["area_breakdown_mm2"][PHY] == pytest.approx(1.45)
    assert replayed["area_mm2"] <= 4

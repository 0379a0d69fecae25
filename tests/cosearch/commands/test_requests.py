"""Requests of several phases: what they cost is what their phases cost, in every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cosearch.conftest import Cosearch

REQUEST = ("--network", "gpt2", "--phase", "prefill:48,decode:64x32", "--precision", "w4a16kv8")
ON = ("--accelerator", "nvdla_1024", "--evaluations", "30", "--json")
SHORT = ("--trials", "3", "--evaluations", "20", "--last-evaluations", "40", "--no-baselines", "--quiet", "--jobs", "1")


def test_a_request_costs_what_its_phases_cost(cosearch: Cosearch) -> None:
    request, prompt, token = (
        cosearch("evaluate", "--network", "gpt2", "--phase", phases, "--precision", "w4a16kv8", *ON).json["networks"][0]
        for phases in (REQUEST[3], "prefill:48", "decode:64")
    )
    for figure in ("latency_s", "energy_pj", "macs"):
        assert request[figure] == pytest.approx(prompt[figure] + 32 * token[figure], rel=1e-12)
    assert request["params"] == prompt["params"]
    assert request["edp_lower_bound_js"] <= request["edp_js"]


def test_mapped_for_the_edp_of_the_whole(cosearch: Cosearch) -> None:
    spoken = cosearch("map", *REQUEST, *ON[:2], "--mapper", "cmaes", "--evaluations", 60, "--json")
    assert spoken.status == 0
    assert {layer["count"] for layer in spoken.json["layers"]} >= {12, 32 * 12, 32}


def test_a_search_for_a_request_is_replayed(cosearch: Cosearch, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    spoken = cosearch("search", *REQUEST, "--budget", "area=3mm2", *SHORT, "--out", folder)
    assert spoken.status == 0
    text = (folder / "best.yaml").read_text()
    assert "times: 32" in text
    assert "tied: true" in text
    replayed = cosearch("evaluate", folder / "best.yaml")
    assert "to the last bit" in replayed.err
    assert "gpt2: prefill 48 + 32 x decode 64" in replayed.out

"""Variants change one thing, never lose what the winner had, and explain alike when asked again."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.accelerator import Accelerator
from accel_models.template import Template
from cosearch.problem.mapper_options import MapperOptions
from cosearch.reports.explanation import explain
from cosearch.reports.rivals import WiringBounds
from cosearch.reports.run import read_run
from cosearch.reports.sensitivity import axis_fill, map_variants, more_of_each, wired_otherwise
from nets import load_network
from nets.errors import InputError
from nets.layer import Layer
from tests.cosearch.conftest import Cosearch

TEMPLATE = Template(array=(12, 36), parallel=("P", "C"), l1_bytes=320, l2_bytes=353904, noc_bandwidth=48.0)


def test_a_variant_has_more_of_one_resource_and_the_same_of_the_others() -> None:
    variants = {variant.resource: variant.machine for variant in more_of_each(TEMPLATE)}
    assert variants["elements along P"].array == (14, 36)
    assert variants["elements along C"].array == (12, 40)
    assert variants["L1 of an element"].l1_bytes == 352
    assert variants["L2"].l2_bytes == 389296  # the multiple of 16 above 389294.4
    assert variants["DRAM bandwidth"].dram_bandwidth == pytest.approx(14.08)
    assert TEMPLATE.area_mm2 < variants["area"].area_mm2 <= 1.1 * TEMPLATE.area_mm2
    fields = ("array", "l1_bytes", "l2_bytes", "noc_bandwidth", "dram_bandwidth")
    for resource, template in variants.items():
        changed = [field for field in fields if getattr(template, field) != getattr(TEMPLATE, field)]
        assert len(changed) == 1 or resource == "area"


@pytest.mark.parametrize("array", [(40,), (12, 36), (4, 6, 10)])
def test_a_tenth_more_area_is_always_found(array: tuple[int, ...]) -> None:
    template = replace(TEMPLATE, array=array, parallel=("K", "C", "P")[: len(array)], strict_strides=False)
    (larger,) = (variant.machine for variant in more_of_each(template) if variant.resource == "area")
    assert 1.05 * template.area_mm2 < larger.area_mm2 <= 1.1 * template.area_mm2
    assert all(new >= old for new, old in zip(larger.array, array, strict=True))


def test_other_wirings_keep_the_elements_and_never_repeat() -> None:
    variants = wired_otherwise(TEMPLATE)
    assert len({variant.parallel for variant in variants}) == len(variants) == 9
    assert all(variant == replace(TEMPLATE, parallel=variant.parallel) for variant in variants)
    assert TEMPLATE.parallel not in {variant.parallel for variant in variants}


@given(st.integers(1, 300), st.integers(1, 64))
def test_an_axis_is_full_where_it_divides_the_dim(bound: int, size: int) -> None:
    layer = Layer(name="fc", K=bound)
    fill = axis_fill([layer], "K", size)
    assert 0 < fill <= 1
    assert math.isclose(fill, 1) == (bound % size == 0)
    # every step takes one cycle, so that a fill is the share of MACs that work in ceil(bound / size) of them
    assert fill == pytest.approx(bound / (math.ceil(bound / size) * size))


def test_a_start_is_never_lost() -> None:
    networks = [load_network("mobilenet_v2", 96)]
    few = MapperOptions(seed=0)
    (first,) = map_variants(networks, [TEMPLATE], few, 60)
    assert first is not None
    nests = {ran.layer.shape_key: ran.mapping for ran in first[0].layers if ran.mapping is not None}
    again = map_variants(networks, [TEMPLATE, replace(TEMPLATE, dram_bandwidth=25.6)], few, 2, nests)
    for costs in again:
        assert costs is not None
        for before, after in zip(first[0].layers, costs[0].layers, strict=True):
            assert after.edp <= before.edp * (1 + 1e-12)


def test_threads_change_nothing() -> None:
    networks = [load_network("mobilenet_v2", 96)]
    one, two = (
        map_variants(networks, [TEMPLATE, wired_otherwise(TEMPLATE)[0]], MapperOptions(threads=threads), 10)
        for threads in (1, 2)
    )
    assert one == two


def test_explaining_writes_what_the_report_then_shows(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    said = cosearch("explain", folder, "--evaluations", "10", "--json")
    assert said.status == 0
    assert said.json == json.loads((folder / "explanation.json").read_text())
    assert {row["resource"] for row in said.json["sensitivity"]} >= {"L2", "DRAM bandwidth"}
    assert [row["gain_percent"] for row in said.json["sensitivity"]] == sorted(
        (row["gain_percent"] for row in said.json["sensitivity"]), reverse=True
    )
    assert said.json["wiring"][0]["ratio"] == 1
    page = (folder / "report.html").read_text()
    assert "Why it is so" in page
    assert "elements along" in page
    assert cosearch("explain", folder, "--evaluations", "10", "--json").out == said.out


def test_what_has_no_sizes_is_not_explained(finished_run: Path) -> None:
    run = read_run(finished_run)
    assert run.replay is not None
    machine: Accelerator = run.replay.winner.accelerator
    priced = replace(run.replay, winner=replace(run.replay.winner, machine=machine))
    with pytest.raises(InputError, match="no sizes to vary"):
        explain(replace(run, replay=priced), MapperOptions(), 10, WiringBounds({}, True))


def test_what_cannot_be_explained_is_refused(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    assert cosearch("explain", finished_run, "--evaluations", "0").status == 2
    assert cosearch("explain", tmp_path).status == 2
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    (folder / "explanation.json").write_text("{")
    assert cosearch("report", folder).status == 2
    (folder / "explanation.json").unlink()
    (folder / "best.yaml").unlink()
    said = cosearch("explain", folder)
    assert (said.status, "no design to explain" in said.err) == (2, True)

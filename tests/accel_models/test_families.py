"""Families of machines: what ships is sound, and the corner of a box beats every machine in it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml

from accel_models.cost import evaluate
from accel_models.families import list_families, load_family
from accel_models.family import Family, Varied
from accel_models.presets import save_machine
from cosearch.commands.schema import SCHEMAS
from cosearch.problem.vary import parse_vary
from mappings.layer_search import search
from nets.errors import InputError
from nets.layer import Layer

LAYERS = [
    Layer(name="conv", K=12, C=8, P=6, Q=6, R=3, S=3),
    Layer(name="depthwise", G=16, P=7, Q=7, R=3, S=3, stride=(2, 2)),
    Layer(name="dense", K=40, C=24),
]


@pytest.mark.parametrize("name", list_families())
def test_shipped_families_name_their_schema_and_meet_it(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = (files("accel_models.families") / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=family.schema.json"
    schema = json.loads((files("accel_models.families") / "family.schema.json").read_text(encoding="utf-8"))
    assert schema == json.loads(json.dumps(SCHEMAS["family"]())), "cosearch schema family prints it"
    jsonschema.validate(yaml.safe_load(text), schema)


@pytest.mark.parametrize("name", list_families())
def test_the_machine_as_written_lies_among_what_varies(name: str) -> None:
    machine, vary = load_family(name)
    for varied in parse_vary(vary, machine):
        value = varied.of(machine)
        assert value in varied.values or varied.values[0] < value < varied.values[-1]


@pytest.mark.parametrize("name", list_families())
def test_a_mapping_costs_no_more_on_the_corner_of_a_box_than_on_any_machine_in_it(name: str) -> None:
    machine, vary = load_family(name)
    family = Family(machine, parse_vary(vary, machine))
    rng = np.random.default_rng(3)
    for _ in range(4):
        low, high, places = [], [], []
        for varied in family.varied:
            ends = sorted(rng.integers(len(varied.values), size=2).tolist())
            ends = ends if varied.ordered else [ends[0]] * 2
            low.append(ends[0])
            high.append(ends[1])
            places.append(int(rng.integers(ends[0], ends[1] + 1)))
        design, corner = family.machine(places).accelerator(), family.corner(low, high)
        assert family.places(family.machine(places)) == tuple(places)
        for layer in LAYERS:
            found = search(layer, design, mapper="cmaes", budget=60, objective="energy", seed=1)
            at_best = evaluate(layer, corner, found.mapping)
            assert at_best.energy_pj <= found.cost.energy_pj * (1 + 1e-12)
            assert at_best.cycles <= found.cost.cycles * (1 + 1e-12)


def test_a_corner_is_the_machine_itself_where_nothing_is_left_to_choose() -> None:
    machine, vary = load_family("two_level")
    family = Family(machine, parse_vary(vary, machine))
    places = [len(varied.values) // 2 for varied in family.varied]
    itself, corner = family.machine(places).accelerator(), family.corner(places, places)
    for layer in LAYERS:
        found = search(layer, itself, mapper="cmaes", budget=60, seed=1)
        again = evaluate(layer, corner, found.mapping)
        assert again.cycles == found.cost.cycles
        assert again.energy_pj == pytest.approx(found.cost.energy_pj, rel=1e-12)


def test_files_of_a_family_and_of_a_machine_alone(tmp_path: Path) -> None:
    machine, vary = load_family("gemmini_like")
    alone = tmp_path / "alone.yaml"
    save_machine(machine, alone)
    assert load_family(alone) == (machine, ())
    text = (files("accel_models.families") / "gemmini_like.yaml").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text)
    found, same = load_family(own)
    assert found.name == "own"
    assert same == vary


@pytest.mark.parametrize(
    "text, said",
    [
        ("machine: {kind: template, array: [8, 8], parallel: [K, C], l1_bytes: 16, l2_bytes: 1024}\nvary: {L2: 1..2}",
         r"machine: kind.*'template' is of kind template: the search without --machine"),
        ("machine: {kind: structure, levels: []}\nvary: {}", "vary"),
        ("machine: {kind: structure}\nvaries: {a: 1..2}", "varies.*did you mean 'vary'"),
    ],
)  # fmt: skip
def test_a_broken_file_says_what_to_write(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        load_family(path)


def test_names_that_are_no_family() -> None:
    with pytest.raises(InputError, match="did you mean 'eyeriss_like'"):
        load_family("eyeris_like")
    with pytest.raises(InputError, match=r"of kind template: the search without --machine sizes that.*two_level"):
        load_family("nvdla_256")


def test_only_structures_have_sizes_that_vary(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    priced = load_family("two_level")[0].accelerator()
    save_machine(priced, path)
    with pytest.raises(InputError, match=r"is of kind accelerator.*kind structure"):
        load_family(path)
    told = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({"machine": told, "vary": {"L2.X": "4..8"}}))
    with pytest.raises(InputError, match=r"machine: kind.*is of kind accelerator"):
        load_family(path)


def test_values_that_cannot_be_compared_are_no_sizes() -> None:
    assert Varied("L1.keeps", ("keeps",), (("W",), ("I",)), "L1").ordered is False
    assert Varied("L1.capacity", ("capacity_bytes",), (1, 2), "L1").ordered is True


@pytest.mark.parametrize("name", list_families())
def test_what_a_machine_takes_is_known_without_building_it(name: str) -> None:
    machine, vary = load_family(name)
    varied = parse_vary((*vary, "node=28|45", "DRAM.bandwidth=5GB/s|20GB/s"), machine)
    family, rng = Family(machine, varied), np.random.default_rng(5)
    for _ in range(20):
        places = [int(rng.integers(len(one.values))) for one in varied]
        built, takes = family.machine(places), family.takes(places)
        assert takes.area_mm2 == built.area_mm2 == built.accelerator().area_mm2
        assert (takes.pes, takes.on_chip_bytes) == (built.pes, built.on_chip_bytes)
        assert takes.pes == built.accelerator().macs_per_cycle
        assert takes.dram_bandwidth == built.dram_bandwidth


def test_levels_of_which_nothing_varies_are_those_of_the_structure() -> None:
    structure, vary = load_family("eyeriss_like")
    family = Family(structure, parse_vary(vary, structure))
    machine = family.machine([len(varied.values) - 1 for varied in family.varied])
    same = [level is own for level, own in zip(machine.levels, structure.levels, strict=True)]
    assert same == [True, False, True, False, True]
    assert [varied.of(machine) for varied in family.varied] == [varied.values[-1] for varied in family.varied]

"""A search in a technology of one's own: priced by it, kept, resumed, replayed and bounded by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from accel_models.families import load_family
from accel_models.own_technology import OwnTechnology
from accel_models.technology import technology
from accel_models.technology_file import read_technology
from cosearch import CoSearch
from cosearch.problem.budget import Budget
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.options import CoSearchOptions
from cosearch.reports.run import read_run
from cosearch.studies.replay import read_best
from cosearch.studies.resume import resumed
from cosearch.studies.run_folder import options_to_dict
from nets.errors import InputError, ResumeError
from tests.accel_models.test_own_technology import TABLE
from tests.cosearch.conftest import Cosearch

WORDS = ["--network", "squeezenet1_1", "--resolution", "64", "--budget", "area=1mm2", "--trials", "2"]
WORDS += ["--evaluations", "2", "--last-evaluations", "2", "--jobs", "1", "--last-mapper", "cmaes", "--no-baselines"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of one."""
    path = tmp_path_factory.mktemp("technology") / "own.yaml"
    path.write_text(yaml.safe_dump(TABLE))
    return path


def test_designs_are_priced_kept_and_bounded_by_it(table: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    own, run = read_technology(table), tmp_path / "run"
    found = cosearch("search", *WORDS, "--technology", table, "--out", run, "--json").json
    best = read_best(run / "best.yaml")
    assert best.exact
    assert best.winner.accelerator.mac_pj == pytest.approx(TABLE["mac"]["pj"])
    assert best.winner.accelerator.clock_hz == TABLE["clock_hz"]
    assert getattr(best.winner.machine, "technology", None) == own
    assert 0 < found["joint"]["lower_bound"] <= found["value"]
    table.rename(tmp_path / "gone.yaml")
    again = resumed(run, {}, {}, CoSearch)
    (tmp_path / "gone.yaml").rename(table)
    assert again.technology == own
    cheaper = OwnTechnology(**{name: getattr(own, name) for name in TABLE if name != "source"}, source="another")
    with pytest.raises(ResumeError, match="technology was"):
        resumed(run, {"technology": cheaper}, {}, CoSearch)
    assert read_run(run).command.startswith("mkdir again && cp run/config.yaml again")


def test_every_design_of_the_space_and_its_bounds_are_of_it(table: Path) -> None:
    own = read_technology(table)
    options = CoSearchOptions(budget=Budget.parse("area=1mm2"), networks=["alexnet"], technology=own)
    assert options_to_dict(options)["technology"] == yaml.safe_load(table.read_text())
    tech = technology(own=own)
    design = options.hardware.design((4, 2), ("K", "C"), 64, 4096, 4.0)  # type: ignore[union-attr]
    assert design.accelerator().mac_pj == tech.mac_pj(design.precision.mac)
    assert design.accelerator().levels[1].area_mm2 == tech.sram(4096, 64).area_mm2


def test_machines_of_ones_own_state_it_in_their_file(table: Path) -> None:
    own = read_technology(table)
    machine, vary = load_family("two_level")
    stated = replace(machine, technology=own)
    space = MachineSpace(Budget.parse("area=2mm2"), stated, tuple(vary))
    places = [0] * len(space.varied)
    built = space.machine(places)
    assert built.accelerator().mac_pj == technology(own=own).mac_pj(built.precision.mac)
    assert space.family.takes(places).area_mm2 == pytest.approx(built.area_mm2, rel=1e-12)
    with pytest.raises(InputError, match="changes nothing of a machine that states its technology"):
        MachineSpace(Budget.parse("area=2mm2"), stated, ("node=28|45",))
    with pytest.raises(InputError, match="technology: 'a library' is that of the machine"):
        CoSearchOptions(budget=Budget.parse("area=2mm2"), machine=machine, vary=tuple(vary), technology=own)


def test_what_contradicts_it_is_refused(table: Path) -> None:
    own = read_technology(table)
    for other, message in (({"voltage": 0.8}, "leave it out"), ({"standing_costs": True}, "leave one of them out")):
        with pytest.raises(InputError, match=message):
            CoSearchOptions(budget=Budget.parse("area=1mm2"), technology=own, **other)  # type: ignore[arg-type]

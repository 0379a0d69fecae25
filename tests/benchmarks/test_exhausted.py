"""Grids searched to their end: what they hold, that their best is the best, that strategies stay on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.grids.best import exhaust, sampled
from benchmarks.grids.problem import GRIDS, Problem
from benchmarks.grids.runs import Run, SnappedSpace, run
from benchmarks.grids.table import Place
from cosearch.bounds.arrays import mirrored
from cosearch.bounds.choices import ALL, Choices
from cosearch.executors.serial import Serial
from cosearch.problem.template_space import KNOBS

NETWORK = "squeezenet1_1"
TINY = Choices((8,), (64,), (ALL.l2_bytes[300],), (32,))


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem(NETWORK, "small")


def test_a_grid_holds_each_design_once_and_inside_the_budget(problem: Problem) -> None:
    designs = problem.designs()
    assert len(designs) > 500
    assert len({design.tobytes() for design in designs}) == len(designs)
    for design in designs[:: len(designs) // 50]:
        template = problem.grid.machine(design)
        assert not problem.options.hardware.violations(template)
        assert (problem.design_of(template) == design).all()
        assert (problem.design_of(problem.grid.machine(mirrored(design))) == design).all()


def test_points_become_designs_of_the_grid(problem: Problem) -> None:
    hardware = problem.options.hardware
    space = SnappedSpace(hardware.budget, hardware.node_nm, hardware.precision, hardware.overhead, grid=problem.grid)
    known = {design.tobytes() for design in problem.designs()}
    rng = np.random.default_rng(0)
    decoded = [space.decode(dict(zip(KNOBS, rng.random(len(KNOBS)).tolist()))) for _ in range(200)]
    found = {problem.design_of(template).tobytes() for template in decoded if template is not None}
    assert len(found) > 20
    assert found <= known


def test_the_best_of_a_grid_is_that_of_all_its_designs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GRIDS, "tiny", TINY)  # type: ignore[misc]
    place = Place(NETWORK, "tiny", tmp_path)
    grid = exhaust(place, Serial())
    problem, table = place.table()
    values = [table.value(design) for design in problem.designs()]
    assert grid.best == min(values)
    assert grid.lower_bound <= grid.best
    assert grid.mapped + sum(grid.discarded.values()) == len(values)
    assert sampled(place, grid, 3, Serial()).wrong == 0
    found = run(Run(place, "race", 0, 6, grid.best))
    assert found.regrets[-1] >= 0.0
    assert list(found.regrets) == sorted(found.regrets, reverse=True)
    lines = len((tmp_path / f"{NETWORK}-tiny.jsonl").read_text().splitlines())
    assert run(Run(place, "race", 0, 6, grid.best)).regrets == found.regrets
    assert len((tmp_path / f"{NETWORK}-tiny.jsonl").read_text().splitlines()) == lines


def test_a_table_of_another_grid_is_refused(tmp_path: Path, problem: Problem) -> None:
    (tmp_path / f"{NETWORK}-small.jsonl").write_text('["another"]\n')
    with pytest.raises(SystemExit, match="another grid"):
        Place(NETWORK, "small", tmp_path).table()

"""Energies and areas of a user's own: they replace every figure of ours, or are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models import load_accelerator
from accel_models.families import load_family
from accel_models.presets import load_machine
from nets.errors import InputError

LEVELS = load_accelerator("gemmini").level_names


def table(**changes: Any) -> dict[str, Any]:
    parts = {name: {"read_pj": 1.0 + i, "write_pj": 2.0, "area_mm2": 0.5} for i, name in enumerate(LEVELS)}
    return {"machine": "gemmini", "figures": parts, "mac": {"pj": 0.1, "area_mm2": 1e-4}, "source": "ours"} | changes


def write(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def test_every_figure_is_replaced(tmp_path: Path) -> None:
    found = load_accelerator(write(tmp_path / "mine.yaml", table(other_area_mm2=3.0)))
    plain = load_accelerator("gemmini")
    assert found.name == "mine"
    assert [level.read_pj for level in found.levels] == [1.0, 2.0, 3.0, 4.0]
    assert [level.capacity_words for level in found.levels] == [level.capacity_words for level in plain.levels]
    assert [level.network_pj for level in found.levels] == [level.network_pj for level in plain.levels]
    instances = [1, 1, 16, 256]
    assert found.area_mm2 == pytest.approx(0.5 * sum(instances) + 256e-4 + 3.0)
    assert found.mac_pj == 0.1
    assert found.source.startswith("figures: ours; machine: Gemmini's default")


def test_a_machine_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path / "base.yaml", yaml.safe_load("{kind: accelerator, levels: [{name: DRAM}]}"))
    parts = {"DRAM": {"read_pj": 5, "write_pj": 6, "area_mm2": 0, "network_pj": 2}}
    found = load_accelerator(write(tmp_path / "mine.yml", table(machine="base.yaml", figures=parts)))
    assert (found.levels[0].read_pj, found.levels[0].network_pj) == (5, 2)


@pytest.mark.parametrize(
    "change, what",
    [
        ({"figures": {"DRAM": table()["figures"]["DRAM"]}}, "of scratchpad, accumulator, register; a table has all"),
        ({"figures": table()["figures"] | {"scratchpadd": table()["figures"]["DRAM"]}}, "did you mean 'scratchpad'"),
        ({"figures": table()["figures"] | {"DRAM": {"read_pj": -1, "write_pj": 1, "area_mm2": 0}}}, "at least 0"),
        ({"figures": table()["figures"] | {"DRAM": {"read_pj": 1, "area_mm2": 0}}}, "write_pj"),
        ({"mac": {"pj": float("nan"), "area_mm2": 0}}, "finite number of at least 0"),
        ({"machine": "gemini"}, "did you mean 'gemmini'"),
        ({"source": ""}, "must not be empty"),
    ],
)
def test_what_is_missing_or_wrong_is_named(tmp_path: Path, change: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what):
        load_machine(write(tmp_path / "mine.yaml", table() | change))


def test_a_table_of_a_table_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.yaml", table(machine="mine.yaml"))
    with pytest.raises(InputError, match="is a file of figures itself"):
        load_machine(path)


def test_its_sizes_do_not_vary(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no technology prices other sizes"):
        load_family(write(tmp_path / "mine.yaml", table()))


def test_stated_figures_are_not_carried_to_another_node(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"at which .* states its figures"):
        load_machine(write(tmp_path / "mine.yaml", table()), node_nm=7)

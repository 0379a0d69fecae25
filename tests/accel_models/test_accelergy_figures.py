"""Accelergy's tables take the place of figures, or are refused by what they lack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models import load_accelerator
from accel_models.presets import load_machine
from nets.errors import InputError

ENERGIES = {
    "ERT": {
        "version": 0.4,
        "tables": [
            {"name": "chip.dram", "actions": [{"name": "read", "energy": 512}, {"name": "write", "energy": 640}]},
            {
                "name": "chip.spad[1..4]",
                "actions": [{"name": name, "energy": pj} for name, pj in (("read", 8), ("write", 9), ("leak", 0.5))],
            },
            {"name": "chip.acc", "actions": [{"name": "read", "energy": 1.5}, {"name": "write", "energy": 2}]},
            {"name": "chip.mac[1..256]", "actions": [{"name": "compute", "energy": 0.2}]},
        ],
    }
}
AREAS = {
    "ART_summary": {
        "version": 0.4,
        "table_summary": [
            {"name": name, "area": um2} for name, um2 in (("dram", 0), ("spad", 5e5), ("acc", 2e4), ("mac", 400))
        ],
    }
}
PARTS = {
    "DRAM": {"component": "dram", "words": 8},
    "scratchpad": {"component": "spad", "words": 16},
    "accumulator": {"component": "acc"},
    "register": {"component": "acc", "words": 4},
    "mac": {"component": "mac"},
}


def written(folder: Path, parts: dict[str, Any], **changes: Any) -> Path:
    data = {"machine": "gemmini", "accelergy": ["ERT.yaml", "ART.yaml"], "parts": parts, "source": "a library"}
    for name, held in (("ERT", ENERGIES), ("ART", AREAS), ("mine", data | changes)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(held, sort_keys=False))
    return folder / "mine.yaml"


def test_every_part_is_priced_by_its_component(tmp_path: Path) -> None:
    found, plain = load_accelerator(written(tmp_path, PARTS, other_area_mm2=0.25)), load_accelerator("gemmini")
    assert [level.read_pj for level in found.levels] == [64, 0.5, 1.5, 1.5 / 4]
    assert [level.write_pj for level in found.levels] == [80, 9 / 16, 2, 0.5]
    assert found.levels[1].leakage_mw == pytest.approx(0.5 * plain.clock_hz * 1e-9)
    assert (found.mac_pj, found.mac_area_mm2) == (0.2, pytest.approx(4e-4))
    assert found.area_mm2 == pytest.approx(0.5 + 16 * 0.02 + 256 * (0.02 + 4e-4) + 0.25)
    assert [level.capacity_words for level in found.levels] == [level.capacity_words for level in plain.levels]
    assert found.source.startswith("figures: a library; machine: Gemmini's default")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({name: part for name, part in PARTS.items() if name != "register"}, "does not say the component of register"),
        ({name: part for name, part in PARTS.items() if name != "mac"}, "does not say the component of mac"),
        (PARTS | {"scratchpadd": PARTS["DRAM"]}, "did you mean 'scratchpad'"),
        (
            PARTS | {"DRAM": {"component": "drum"}},
            r"parts: DRAM: component \(line 7\).*no row in the energy tables; did you mean",
        ),
        (PARTS | {"DRAM": {"component": "mac"}}, "has no energy of read; there are compute"),
        (PARTS | {"mac": {"component": "acc"}}, "has no energy of compute"),
        (PARTS | {"DRAM": {"component": "dram", "words": 0}}, "words"),
    ],
)
def test_what_is_missing_or_wrong_is_named(tmp_path: Path, parts: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_machine(written(tmp_path, parts))


def test_files_without_tables_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, PARTS)
    (tmp_path / "ART.yaml").write_text("{area: 3}")
    with pytest.raises(InputError, match="holds none of ERT"):
        load_machine(path)
    path.write_text(path.read_text().replace("ART.yaml", "lost.yaml"))
    with pytest.raises(InputError, match="lost"):
        load_machine(path)

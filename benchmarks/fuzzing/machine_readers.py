"""Readers of machines, of families of them, and of texts that say what varies."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from benchmarks.fuzzing.reader import Figures, Reader, as_file

if TYPE_CHECKING:
    from accel_models.structure import Structure

FAMILY: Final = """machine:
  kind: structure
  dram_bandwidth: 12.8
  levels:
  - {name: DRAM, memory: dram, keeps: [W, I, O]}
  - name: GLB
    memory: sram
    keeps: [W, I, O]
    capacity_bytes: 131072
    width_bits: 64
    fanout: [{name: X, size: 8, dims: [K]}, {name: Y, size: 4, dims: [C]}]
  - {name: RF, memory: flops, keeps: [W, I, O], capacity_bytes: 64, width_bits: 8}
vary: {GLB.capacity: 16KB..512KB, GLB.X: 4..32:4, array.y: 2|4, GLB.X.dims: K|CR, DRAM: lpddr4|hbm2, RF.keeps: WIO|O}
"""
SYSTEM: Final = """
cores: [{name: a, machine: nvdla_256, count: 2}, {name: b, machine: nvdla_1024}]
dram: {bandwidth: 4.0, word_pj: 50.0, ports: [b]}
links:
  - {from: a0, to: b, bandwidth: 2.0, word_pj: 1.0, class: on-die, both_ways: true}
  - {from: a1, to: a0, bandwidth: 2.0, word_pj: 0.0, class: die-to-die}
"""
VARIES: Final = (
    "GLB.capacity=16KB..512KB, array.x=4..32",
    "clock=100MHz..1GHz:50MHz, node=28|45, GLB.width=32..256, GLB.bandwidth=4..16, DRAM.bandwidth=4GB/s..20GB/s",
    "GLB.memory=sram|flops, RF.double_buffered=yes|no, RF.keeps=WIO|IO",
)


def _machines() -> list[str]:
    from accel_models import load_accelerator
    from accel_models.description import to_dict

    shipped = files("accel_models.presets")
    texts = [entry.read_text(encoding="utf-8") for entry in shipped.iterdir() if entry.name.endswith(".yaml")]
    return [*sorted(texts), yaml.safe_dump(to_dict(load_accelerator("gemmini")), sort_keys=False)]


def _machine(text: str, folder: Path) -> Figures:
    from accel_models import load_accelerator
    from accel_models.vector import vector_cost
    from nets import Layer

    machine = load_accelerator(as_file(text, folder, "machine.yaml"))
    yield machine.area_mm2
    yield machine.leakage_mw
    cost = vector_cost(Layer(name="pool", kind="pool", G=8, P=4, Q=4), machine)
    yield from (cost.energy_pj, cost.cycles, cost.edp)


def _figures() -> list[str]:
    from accel_models import load_accelerator

    parts = {name: {"read_pj": 1.5, "write_pj": 2, "area_mm2": 0.1} for name in load_accelerator("gemmini").level_names}
    parts["DRAM"] |= {"leakage_mw": 0.5, "network_pj": 0.25}
    mac = {"pj": 0.1, "area_mm2": 0.0002}
    table = {"machine": "gemmini", "figures": parts, "mac": mac, "other_area_mm2": 0.5, "source": "a library"}
    return [yaml.safe_dump(table, sort_keys=False)]


def _accelergy() -> list[str]:
    from accel_models import load_accelerator

    parts: dict[str, dict[str, object]] = {
        name: {"component": "memory", "words": 4} for name in load_accelerator("gemmini").level_names
    }
    parts["mac"] = {"component": "mac"}
    table = {"machine": "gemmini", "accelergy": ["tables.yaml"], "parts": parts, "source": "a library"}
    return [yaml.safe_dump(table, sort_keys=False)]


def _technologies() -> list[str]:
    sram = {"bytes": 8192, "width_bits": 64, "read_pj": 1.6, "write_pj": 2, "area_mm2": 0.01, "leakage_mw": 0.5}
    flops, mac = {"pj_per_bit": 0.003, "um2_per_bit": 2.5}, {"pj": 0.1, "um2": 160}
    return [_technology_text({"sram": [sram, sram | {"bytes": 65536}], "flops": flops, "mac": mac})]


def _technologies_by_accelergy() -> list[str]:
    memory = {"component": "memory", "bytes": 8192, "width_bits": 64}
    parts = {"sram": [memory], "flops": memory, "mac": {"component": "mac"}}
    return [_technology_text({"accelergy": ["tables.yaml"], **parts})]


def _technology_text(parts: dict[str, object]) -> str:
    rest = {"wire_pj_per_bit_mm": 0.1, "clock_hz": 1e9, "source": "a library"}
    return yaml.safe_dump(parts | rest, sort_keys=False)


def _technology(text: str, folder: Path) -> Figures:
    from accel_models import load_accelerator
    from accel_models.technology_file import read_technology

    _write_tables(folder)
    machine = load_accelerator("nvdla_256", technology=read_technology(as_file(text, folder, "technology.yaml")))
    yield from (machine.area_mm2, machine.leakage_mw, machine.mac_pj, machine.clock_hz)
    yield from (level.read_pj for level in machine.levels)


def _write_tables(folder: Path) -> None:
    """Accelergy's, beside the files that name them."""
    actions = {"memory": ("read", "write", "leak"), "mac": ("compute",)}
    rows = [
        {"name": name, "actions": [{"name": action, "energy": 1.5} for action in does]}
        for name, does in actions.items()
    ]
    tables = {"ERT": {"tables": rows}, "ART": {"tables": [{"name": name, "area": 20.0} for name in actions]}}
    as_file(yaml.safe_dump(tables), folder, "tables.yaml")


def _with_tables(text: str, folder: Path) -> Figures:
    _write_tables(folder)
    return _machine(text, folder)


def _families() -> list[str]:
    shipped = files("accel_models.families")
    texts = [entry.read_text(encoding="utf-8") for entry in shipped.iterdir() if entry.name.endswith(".yaml")]
    return [FAMILY, *sorted(texts)]


def _family(text: str, folder: Path) -> Figures:
    from accel_models.families import load_family
    from cosearch.problem.vary import parse_vary

    structure, texts = load_family(as_file(text, folder, "family.yaml"))
    return map(float, (len(varied.values) for varied in parse_vary(texts, structure)))


def _systems() -> list[str]:
    shipped = files("accel_models.systems")
    texts = [entry.read_text(encoding="utf-8") for entry in shipped.iterdir() if entry.name.endswith(".yaml")]
    return [SYSTEM, *sorted(texts)]


def _system(text: str, folder: Path) -> Figures:
    from accel_models.systems import load_system
    from accel_models.systems.routes import Routes

    system = load_system(as_file(text, folder, "system.yaml"))
    routes = Routes(system)
    yield from (system.area_mm2, system.static_pj, system.dram.read_pj)
    yield from routes.from_dram((0,)).tolist()
    yield routes.energy_pj(routes.trees((0,))[-1])


@cache
def _varied_machine() -> Structure:
    from accel_models.description import from_dict
    from accel_models.structure import Structure

    machine = from_dict(yaml.safe_load(FAMILY)["machine"] | {"name": "varied"})
    assert isinstance(machine, Structure)
    return machine


def _vary(text: str, _: Path) -> Figures:
    from cosearch.problem.vary import parse_vary

    for varied in parse_vary([text], _varied_machine()):
        yield from (float(value) for value in varied.values if isinstance(value, int | float))


MACHINE_READERS: Final = {
    "machine": Reader(_machines, "yaml", _machine, 8),
    "figures": Reader(_figures, "yaml", _machine, 4),
    "accelergy": Reader(_accelergy, "yaml", _with_tables, 2),
    "technology": Reader(_technologies, "yaml", _technology, 4),
    "accelergy technology": Reader(_technologies_by_accelergy, "yaml", _technology, 2),
    "family": Reader(_families, "yaml", _family, 6),
    "system": Reader(_systems, "yaml", _system),
    "vary": Reader(lambda: [*VARIES], "text", _vary, 6),
}

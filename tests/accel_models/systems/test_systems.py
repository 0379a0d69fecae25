"""Systems of cores: files that are sound or refused in words, and routes along shortest paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accel_models.systems import list_systems, load_system
from accel_models.systems.routes import Routes
from nets.errors import InputError

PAIR = """
cores: [{name: a, machine: nvdla_256}, {name: b, machine: nvdla_1024}]
dram: {bandwidth: 4.0, word_pj: 50.0}
links: [{from: a, to: b, bandwidth: 2.0, word_pj: 1.0, class: on-die}]
"""
TWICE = """
cores: [{name: a, machine: nvdla_256, count: 2}, {name: a1, machine: nvdla_256}]
dram: {bandwidth: 4.0}
"""
MESH = """
cores: [{name: core, machine: nvdla_256, count: 6}]
dram: {bandwidth: 4.0, ports: [core0, core5]}
mesh: {rows: 2, columns: 3, bandwidth: 2.0, word_pj: 1.0, class: die-to-die}
"""
ROW = "mesh: {rows: 1, columns: 2, bandwidth: 2.0, word_pj: 1.0, class: on-die}"
COMPLETE = "links:\n" + "".join(
    f"- {{from: core{one}, to: core{other}, bandwidth: 2.0, word_pj: 1.0, class: on-die}}\n"
    for one in range(6)
    for other in range(one)
) * 70  # fmt: skip


@pytest.mark.parametrize("name", list_systems())
def test_shipped_systems_load_and_name_their_source(name: str) -> None:
    system = load_system(name)
    assert system.source
    assert system.size == len(system.core_names) > 1
    for kind in system.kinds:
        outermost = kind.accelerator.levels[0]
        assert outermost.shared_bandwidth == system.dram.bandwidth
        assert outermost.read_pj == system.dram.read_pj


def test_a_file_beside_machines(tmp_path: Path) -> None:
    mine = "{kind: template, array: [4, 4], parallel: [K, C], l1_bytes: 16, l2_bytes: 4096, clock_hz: 1.0e+9}"
    (tmp_path / "mine.yaml").write_text(mine)
    path = tmp_path / "pair.yaml"
    path.write_text(PAIR.replace("nvdla_1024", "mine.yaml"))
    system = load_system(path)
    assert system.name == "pair"
    assert [kind.accelerator.macs_per_cycle for kind in system.kinds] == [256, 16]
    assert [(link.source, link.target) for link in system.links] == [(0, 1), (1, 0)]
    assert system.dram.read_pj == 50.0


@pytest.mark.parametrize(
    "text, hint",
    [
        (PAIR.replace("links: [{", "links: [] #"), "no way over links"),
        (PAIR.replace("word_pj: 1.0, ", "word_pj: 1.0, both_ways: false, "), "no way over links"),
        (PAIR.replace("to: b", "to: c"), "not known"),
        (PAIR.replace("to: b", "to: a"), "joined to itself"),
        (TWICE, "name twice"),
        (PAIR.replace("nvdla_256", "nvdla_25"), "did you mean 'nvdla_256'?"),
        (PAIR.replace("nvdla_256", "../mine.yaml"), "lies elsewhere"),
        (PAIR.replace("bandwidth: 4.0", "bandwith: 4.0"), "did you mean 'bandwidth'?"),
        (PAIR.replace("on-die", "wire"), "on-die"),
        (PAIR.replace("nvdla_1024", "eyeriss"), "differ: one clock"),
        (MESH.replace("rows: 2", "rows: 3"), "is not the number of cores, 6"),
        (MESH.replace("core5", "core6"), "core6"),
        (MESH.replace("count: 6", "count: 0"), "count"),
        (MESH.replace("count: 6", "count: 600").replace("rows: 2", "rows: 200"), "at most 256"),
        (MESH.replace("count: 6", "count: 1000000000"), "at most 256"),
        (MESH.replace("cores: [", "cores: [" + "{name: x, machine: nvdla_256}, " * 256), "at most 256 entries"),
        (MESH + COMPLETE, "are more than 2048"),
        (PAIR + ROW, "'a to b' are joined twice"),
        (MESH.replace("core0, core5", "core5, core5"), "'core5' stands twice"),
        (PAIR.replace("word_pj: 1.0", "word_pj: 1.0e+300"), r"links\[0\]: word_pj \(line 4\): 1e\+300 must be"),
        (PAIR.replace("bandwidth: 2.0", "bandwidth: 1.0e+300"), "from 1e-30 to 1e\\+30"),
    ],
)
def test_what_is_not_sound_is_said(text: str, hint: str, tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=hint.replace("?", r"\?")):
        load_system(path)


def test_on_a_mesh_words_go_along_the_row_first(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(MESH.replace("rows: 2", "rows: 3").replace("count: 6", "count: 9").replace("core5", "core8"))
    system = load_system(path)
    routes = Routes(system)
    at = {(core // 3, core % 3): core for core in range(9)}
    for (row, column), core in at.items():
        for (down, right), other in at.items():
            crossed = [system.links[number] for number in np.flatnonzero(routes.trees((other,))[core])]
            assert len(crossed) == abs(down - row) + abs(right - column)
            corner = at[row, right]
            sources = {link.source for link in crossed}
            assert core == other or corner in sources | {other}
    everyone = routes.trees(tuple(range(9)))
    assert (everyone.sum(axis=1) == 8).all()  # a tree: every other core is reached once
    assert routes.from_dram((0,)).sum() == pytest.approx((0 + 4) / 2)

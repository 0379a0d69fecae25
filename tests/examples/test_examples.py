"""Every example runs as a newcomer would run it, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.cosearch.conftest import Cosearch, cosearch

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
GALLERY = ROOT / "docs" / "img" / "gallery"
SCRIPTS = {
    "map_a_layer": ["optimal", "proven", "DRAM [W I O]"],
    "quantum_circuits": ["204,204 circuits", "random", "evolution"],
    "my_accelerator": ["mine", "nvdla_256", "roofline.svg"],
    "smaller_nodes": ["7 nm", "DRAM"],
    "dram_types": ["ddr3", "hbm2"],
    "narrow_numbers": ["w4a4", "mm2"],
    "prefill_and_decode": ["prefill", "decode"],
    "larger_buffer": ["1024 KiB"],
    "fixed_or_free": ["weight_stationary", "free (proven best)"],
    "uneven_tiles": ["both proven"],
    "groups_on_chip": ["groups", "alone"],
    "lower_voltage": ["0.65 V"],
    "more_cores": ["36 cores"],
    "area_sweep": ["20mm2"],
    "three_networks": ["on the shared chip"],
    "sizes_or_all": ["sizes and wiring"],
    "search_a_front": ["on the front", "hypervolume", "report.html"],
}
EXHIBITS = ("roofline", "peak-memory")

__all__ = ["cosearch"]


def test_every_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SCRIPTS)
    assert [path.name for path in EXAMPLES.glob("*.ipynb")] == ["first_design.ipynb"]


def test_the_gallery_shows_what_scripts_write_with_words_in_their_place() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^]]{30,}\]\(img/gallery/([\w-]+)\.svg\)", page)
    assert sorted(shown) == sorted(path.stem for path in GALLERY.glob("*.svg"))
    commands = [f"`cosearch exhibit {name}`" if name in EXHIBITS else f"`python examples/{name}.py`" for name in shown]
    assert [command for command in commands if command not in page] == []
    assert set(shown) <= {*SCRIPTS, *EXHIBITS}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(name: str, tmp_path: Path) -> None:
    if name == "quantum_circuits":
        pytest.importorskip("qiskit")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    assert [words for words in SCRIPTS[name] if words not in done.stdout] == []
    for drawing in tmp_path.rglob("*.svg"):
        ElementTree.parse(drawing)
    picture = GALLERY / f"{name}.svg"
    assert not picture.exists() or picture.read_text() == (tmp_path / picture.name).read_text()
    assert (tmp_path / "front" / "report.html").is_file() == (name == "search_a_front")


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_draws_the_picture(name: str, tmp_path: Path, cosearch: Cosearch) -> None:
    assert cosearch("exhibit", name, "--out", tmp_path).status == 0
    assert (GALLERY / f"{name}.svg").read_text() == (tmp_path / f"{name}.svg").read_text()


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(EXAMPLES / "first_design.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()  # raises for a cell that fails
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    assert [output.name for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []
    assert "times that" in said
    shown = [output.data for output in outputs if output.output_type == "execute_result"]
    assert sum("text/html" in data for data in shown) >= 5  # frames
    (drawing,) = (data["image/svg+xml"] for data in shown if "image/svg+xml" in data)
    assert drawing.count("<title>") > 100  # every layer on two machines says its figures

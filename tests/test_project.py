"""What holds for the tree as a whole: layering, texts that make sense outside this machine, links, start-up."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("nets", "accel_models", "mappings", "cosearch")
HEAVY = ("torch", "numba", "optuna", "scipy", "matplotlib", "plotly", "pandas", "sklearn", "networkx")
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))

# Texts that mean nothing, or too much, on another machine; each names itself by a class of one letter.
FOREIGN = {
    "an absolute path of one machine": r"(?<![\w.~)\]}])/(?:[w]ork|[o]pt|[r]oot|[t]mp|[h]ome|[f]arm)/\w",
    "a package index": r"[p]ypi\.org|[p]ythonhosted|[d]ownload\.pytorch\.org|--(?:extra-)?[i]ndex-url|--[f]ind-links",
    "a document that is not in the tree": r"\b(?:[D]ESIGN|[S]TYLE)\.md|\b[f]acts/",
    "a debt": r"\b(?:[T]ODO|[F]IXME|[X]XX)\b",
    "words about how the work is organised": r"(?i)(?<!scope=\")\b(?:[a]gents?|[s]essions?)\b",
}


def tracked_files() -> list[Path]:
    """What a clone contains; without git, nothing can be said."""
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def matches(pattern: str, paths: list[Path]) -> list[str]:
    """``path:line: text`` of every line that the pattern is found in; files that are not text have none."""
    found = []
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
            for number, line in enumerate(lines, 1)
            if re.search(pattern, line)
        ]
    return found


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this tree's code in a new interpreter, installed or not."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def import_graph() -> nx.DiGraph[str]:
    """Modules and what they import; a package's ``__init__``, which only names what it offers, is left out."""
    paths = {path: path.relative_to(ROOT) for floor in FLOORS for path in (ROOT / floor).rglob("*.py")}
    modules = {".".join(short.with_suffix("").parts): path for path, short in paths.items() if path.stem != "__init__"}
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(), path.name)):
            imported = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            graph.add_edges_from((name, other) for other in imported if other in modules and other != name)
    return graph


def test_floors_and_rooms_import_only_what_stands_below_them() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_no_circle_of_imports() -> None:
    """Of any import, wherever it stands: inside functions and under ``TYPE_CHECKING`` too."""
    circles = [sorted(names) for names in nx.strongly_connected_components(import_graph()) if len(names) > 1]
    assert circles == []


def test_few_modules_stand_beside_the_rooms() -> None:
    assert len([path for path in (ROOT / "cosearch").glob("*.py") if path.name != "__init__.py"]) <= 8


def test_a_module_is_read_in_one_sitting() -> None:
    sources = (path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
    assert {path.name for path in sources if len(path.read_text().splitlines()) > 500} == set()


@pytest.mark.parametrize("what", FOREIGN)
def test_no_file_contains(what: str) -> None:
    assert matches(FOREIGN[what], tracked_files()) == []


def test_what_lies_beside_the_tree_is_for_tests_only() -> None:
    product = [path for path in tracked_files() if path.relative_to(ROOT).parts[0] in FLOORS]
    assert matches(r"\.\./shared|[\"']shared[\"']", product) == []


def test_rooms_are_named_after_ideas() -> None:
    assert [path for path in tracked_files() if path.stem in {"utils", "util", "common", "helpers", "misc"}] == []


def test_test_folders_mirror_the_floors() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").glob("*/**/test_*.py")}
    extra = {"fuzz"}  # every reader, whichever floor it is on
    assert {str(folder) for folder in folders if not (ROOT / folder).is_dir()} == extra


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))], ids=lambda p: p.name)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_readme_starts_with_the_two_commands() -> None:
    first, second, *_ = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert "-c constraints.txt" in first
    assert "python run_cosearch.py --budget area=5mm2" in first
    assert "-c constraints.txt" in second
    assert "pytest" in second


def test_every_benchmark_is_in_the_index() -> None:
    index = (ROOT / "benchmarks" / "README.md").read_text()
    assert [path.name for path in BENCHMARKS if path.name not in index] == []


@pytest.mark.parametrize("script", BENCHMARKS, ids=lambda path: path.stem)
def test_every_benchmark_explains_itself(
    script: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, which has loaded already what all of them load."""
    monkeypatch.setattr(sys, "argv", [str(script), "--help"])
    monkeypatch.setattr(sys, "path", [str(script.parent), *sys.path])
    with mock.patch.dict(os.environ), pytest.raises(SystemExit) as left:
        runpy.run_path(str(script), run_name="__main__")
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    assert f"benchmarks/{script.name}" in out


@pytest.mark.parametrize("words", [["--help"], ["search", "--help"]], ids=" ".join)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from cosearch.cli import main\n"
        f"status = main({words})\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "sys.exit(f'loaded {loaded}' if loaded else status)"
    )
    shown = run_python("-c", program)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "search" in shown.stdout

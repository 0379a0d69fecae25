"""What an installation rests on: the project file, the pinned versions and what a wheel carries agree with the code."""

from __future__ import annotations

import ast
import fnmatch
import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("nets", "accel_models", "mappings", "cosearch")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]


def declared() -> list[Requirement]:
    """What the project asks for, with all its extras."""
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for text in [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]]


def pinned() -> dict[str, str]:
    """Version by canonical name."""
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in PINS)}


def imported_modules(path: Path) -> set[str]:
    """Top-level names of every import in a file, also of those inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(), path.name)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_constraints_are_exact_versions_from_an_index() -> None:
    for line in PINS:
        (specifier,) = (requirement := Requirement(line)).specifier
        assert specifier.operator == "==", line
        assert requirement.url is None, line
        assert "+" not in specifier.version, f"{line}: a local build is not on an index"


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_every_requirement_is_pinned_within_its_range(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pinned()[canonicalize_name(requirement.name)])


def test_requirements_of_requirements_are_pinned() -> None:
    """Of what is installed here; the libraries of a torch built for GPUs are pinned by torch itself."""
    left = [requirement.name for requirement in declared()]
    seen: set[str] = set()
    while left:
        name = canonicalize_name(left.pop())
        if name in seen or name.startswith(("nvidia-", "cuda-", "triton")):
            continue
        seen.add(name)
        try:
            requires = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        needs = [Requirement(text) for text in requires]
        left += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    assert seen - pinned().keys() == set()


def test_every_library_imported_is_declared() -> None:
    distributions = importlib.metadata.packages_distributions()
    names = {canonicalize_name(requirement.name) for requirement in declared()}
    for path in (path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")):
        for module in imported_modules(path) - sys.stdlib_module_names - set(FLOORS):
            providers = {canonicalize_name(name) for name in distributions.get(module, [module])}
            assert providers & names, f"{path.relative_to(ROOT)} imports {module}, which pyproject.toml does not name"


def test_data_files_travel_with_the_packages() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    for path in (path for floor in FLOORS for path in (ROOT / floor).rglob("*")):
        if path.is_dir() or path.suffix in {".py", ".pyc"} or "__pycache__" in path.parts:
            continue
        assert any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns), f"{path.relative_to(ROOT)} would not"


@pytest.mark.parametrize("floor", FLOORS)
def test_packages_say_that_they_are_typed(floor: str) -> None:
    assert (ROOT / floor / "py.typed").is_file()


def test_licence_is_mit_everywhere_it_is_named() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert PROJECT["license"] == "MIT"
    assert "MIT" in (ROOT / "README.md").read_text()


def test_installed_version_is_the_project_files() -> None:
    try:
        installed = importlib.metadata.version("cosearch")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("cosearch is not installed in this environment, only on its path")
    assert installed == PROJECT["version"]

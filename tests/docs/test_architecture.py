"""The page on the house names what is there: every path, and the rooms in the order that is checked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
PATHS = sorted(set(re.findall(r"`((?:[\w.]+/)+(?:[\w]+\.\w+)?)`", PAGE)))


def test_the_page_names_paths() -> None:
    assert len(PATHS) > 40


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_picture_has_the_rooms_in_the_order_that_is_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["cosearch"])
    drawn = [name.removesuffix("/").removesuffix(".py") for name in re.findall(r"^│ (\S+)", PAGE, re.MULTILINE)]
    assert drawn == layers


def test_every_room_says_what_it_answers() -> None:
    rooms = [path for path in (ROOT / "cosearch").iterdir() if (path / "__init__.py").is_file()]
    for room in rooms:
        assert (room / "__init__.py").read_text().startswith('"""'), room.name
        assert f"{room.name}/" in PAGE

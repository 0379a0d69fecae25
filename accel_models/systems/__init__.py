"""Systems of several cores by name: those shipped with the package, and YAML files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from nets.documents import Document, parse_yaml, read_yaml
from nets.errors import unknown

if TYPE_CHECKING:
    from accel_models.systems.system import System

SYSTEMS = __name__


def list_systems() -> list[str]:
    """Names of the systems shipped, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in files(SYSTEMS).iterdir() if ".yaml" in entry.name)


def load_system(name_or_path: str | Path) -> System:
    """A system of :func:`list_systems`, or the one that a YAML file describes, one of Stream's chips too.

    Raises:
        InputError: no such name or file, broken YAML (says the line), or a system that is not sound.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")):
        return _system(read_yaml(Path(text), "system"), Path(text).stem, Path(text).parent)
    if text not in list_systems():
        raise unknown("system", text, list_systems())
    body = (files(SYSTEMS) / f"{text}.yaml").read_text(encoding="utf-8")
    return _system(Document(parse_yaml(body, f"{text}.yaml"), f"{text}.yaml", body), text, None)


def _system(document: Document, name: str, folder: Path | None) -> System:
    if folder is not None:
        from accel_models.formats.zigzag.stream_chip import is_chip

        if is_chip(document.data):
            from accel_models.formats.zigzag.stream_system import read_system

            return read_system(document, folder)
    from accel_models.systems.model import SystemFile
    from nets.documents.typed import typed

    return typed(SystemFile, document).system(document, name, folder)

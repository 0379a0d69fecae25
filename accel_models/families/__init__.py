"""Families of machines by name: those shipped with the package, and YAML files that say what varies of a machine.

A file of a family has a ``machine`` of kind ``structure`` and, under ``vary``, ranges and alternatives of its parts as
:mod:`cosearch.problem.vary` reads them. A file of a machine alone, or the name of a preset, is a family of which
nothing varies yet.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from nets.documents import Document, parse_yaml, read_yaml
from nets.errors import InputError, unknown

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from accel_models.structure import Structure
    from accel_models.template import Template

FAMILIES = __name__


def list_families() -> list[str]:
    """Names of the families shipped, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in files(FAMILIES).iterdir() if ".yaml" in entry.name)


def load_family(name_or_path: str | Path) -> tuple[Structure, tuple[str, ...]]:
    """A machine and what varies of it: texts such as ``GLB.capacity=16KB..512KB``.

    Args:
        name_or_path: of :func:`list_families` or of a preset, or a path ending in ``.yaml`` or ``.yml``.

    Raises:
        InputError: no such name or file, broken YAML (says the line), a machine that is not of kind ``structure``.
    """
    from accel_models.presets import list_accelerators, load_machine
    from accel_models.structure import Structure

    text = str(name_or_path)
    document = _document(text)
    if document is not None:
        return _family(document, Path(text).stem)
    if not text.endswith((".yaml", ".yml")) and text not in list_accelerators():
        raise unknown("machine", text, [*list_families(), *list_accelerators()])
    machine = load_machine(text)
    if not isinstance(machine, Structure):
        raise InputError("machine", text, *why_fixed(machine))
    return machine, ()


def why_fixed(machine: Template | Accelerator) -> tuple[str, str]:
    """Why nothing varies of a machine that is no structure, and the way out."""
    from accel_models.template import Template

    if isinstance(machine, Template):
        rule = "is of kind template: the search without --machine sizes that, its array, dims in parallel, L1, L2 and "
        return rule + "words a cycle", f"leave --machine out{_as_structure(machine)}"
    return "is of kind accelerator: no technology prices other sizes", "describe its memories, in kind structure"


def _as_structure(template: Template) -> str:
    """What else to write for the machines around a template; nothing for arrays that ``two_level`` does not have."""
    axes = ["X", "Y"]
    if len(template.array) != len(axes):
        return ""
    sizes = [f"L2.{axis}={max(size // 4, 1)}..{size * 4}" for axis, size in zip(axes, template.array)]
    dims = [f"L2.{axis}.dims={dim}" for axis, dim in zip(axes, template.parallel)]
    held = (("L2", template.l2_bytes), ("L1", template.l1_bytes))
    memories = [f"{level}.capacity={max(size // 4, 1)}B..{size * 4}B" for level, size in held]
    rest = [f"DRAM={template.dram}", f"DRAM.bandwidth={template.dram_bandwidth:g}GB/s", f"node={template.node_nm}"]
    told = ", ".join((*sizes, *dims, *memories, "L1.memory=sram|flops", *rest))
    return f", or search the same hierarchy as a structure: --machine two_level --vary '{told}'"


def _document(text: str) -> Document | None:
    """What a file of a family holds; ``None`` for the name or file of a machine alone."""
    if text in list_families():
        name = f"{text}.yaml"
        body = (files(FAMILIES) / name).read_text(encoding="utf-8")
        return Document(parse_yaml(body, name), name, body)
    if not text.endswith((".yaml", ".yml")):
        return None
    document = read_yaml(Path(text), "machine")
    if not isinstance(document.data, dict) or not {"kind", "figures"}.isdisjoint(document.data):
        return None
    return document


def _family(document: Document, name: str) -> tuple[Structure, tuple[str, ...]]:
    from accel_models.families.model import FamilyFile
    from nets.documents.typed import typed

    entry = typed(FamilyFile, document)
    return entry.structure(document, name), entry.texts

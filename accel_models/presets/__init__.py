"""Machines by name: the presets shipped with the package, and YAML files.

``load_machine`` gives what the file says (a template, a structure or an accelerator), ``load_accelerator`` the priced
machine, ``load_template`` a template or an error. All take a technology node to carry the machine to.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nets.documents import Document, parse_yaml, read_yaml, write_whole
from nets.errors import InputError, unknown

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from accel_models.description import Machine
    from accel_models.precision import Precision
    from accel_models.template import Template

PRESETS = __name__
FILES: Final = (".yaml", ".yml", ".cfg", ".scala", ".h")
"""How the names of files end."""
HELD_AS: Final = "accelerator"
"""Key under which a file that holds more than a machine, as a design that was found, has it."""


def list_accelerators(pattern: str = "*") -> list[str]:
    """Names of the presets that match a glob pattern, sorted."""
    names = (entry.name.removesuffix(".yaml") for entry in files(PRESETS).iterdir() if entry.name.endswith(".yaml"))
    return sorted(name for name in names if fnmatchcase(name, pattern))


def load_machine(
    name_or_path: str | Path, *, node_nm: int | None = None, precision: Precision | None = None
) -> Machine:
    """A preset by name, or the machine a YAML file describes.

    Args:
        name_or_path: a name of :func:`list_accelerators`, or a path of a file of ours (a search's ``best.yaml`` among
            them), or of Timeloop's, ZigZag's, SCALE-Sim's or Gemmini's (:mod:`accel_models.formats.machines`), ending
            in one of :data:`FILES`.
        node_nm: technology to carry it to. A machine carried to another node runs at that node's default clock;
            one that states its own figures cannot be carried.
        precision: of its arithmetic, and of the words of a template's memories; its own when omitted.

    Raises:
        InputError: no such preset or file, broken YAML (says the line), or a description that is not sound.
    """
    text = str(name_or_path)
    machine = _from_file(Path(text)) if text.endswith(FILES) else _preset(text)
    changes: dict[str, Any] = {}
    if node_nm is not None and node_nm != machine.node_nm:
        changes |= {"node_nm": node_nm, "clock_hz": None}
    if precision is not None and precision != machine.precision:
        changes["precision"] = precision
    if not changes:
        return machine
    from accel_models.accelerator import Accelerator

    if isinstance(machine, Accelerator):
        if "node_nm" in changes:
            raise InputError("node", node_nm, f"differs from {machine.node_nm:g}, at which {text} states its figures")
        raise InputError("precision", str(precision), f"differs from that for which {text} states its figures")
    return replace(machine, **changes)


def load_accelerator(
    name_or_path: str | Path, *, node_nm: int | None = None, precision: Precision | None = None
) -> Accelerator:
    """The priced machine of a preset or YAML file; arguments and errors as :func:`load_machine`."""
    from accel_models.accelerator import Accelerator

    machine = load_machine(name_or_path, node_nm=node_nm, precision=precision)
    return machine if isinstance(machine, Accelerator) else machine.accelerator()


def load_template(name_or_path: str | Path, *, node_nm: int | None = None) -> Template:
    """The template of a preset or YAML file; an error when it describes another kind of machine."""
    from accel_models.template import Template

    machine = load_machine(name_or_path, node_nm=node_nm)
    if isinstance(machine, Template):
        return machine
    templates = [name for name in list_accelerators() if isinstance(_preset(name), Template)]
    raise InputError("accelerator", str(name_or_path), "is not a template", "templates: " + ", ".join(templates))


def save_machine(machine: Machine, path: str | Path) -> None:
    """Write a machine as YAML that :func:`load_machine` reads back equal."""
    import yaml

    from accel_models.description import to_dict

    write_whole(path, yaml.safe_dump(to_dict(machine), sort_keys=False))


@lru_cache(maxsize=64)
def _preset(name: str) -> Machine:
    if name not in list_accelerators():
        raise unknown("accelerator", name, list_accelerators())
    text = (files(PRESETS) / f"{name}.yaml").read_text(encoding="utf-8")
    return _named(Document(parse_yaml(text, f"{name}.yaml"), f"{name}.yaml", text), name)


def _from_file(path: Path) -> Machine:
    from accel_models.formats.machines import other_tools_machine

    machine = other_tools_machine(path)
    if machine is not None:
        return machine
    document = read_yaml(path, "accelerator")
    return _with_own_figures(document, path) if _states_figures(document.data) else _named(document, path.stem)


def _states_figures(data: Any) -> bool:
    """Whether a file names a machine and states figures of its own."""
    if not isinstance(data, dict) or "kind" in data or HELD_AS in data:
        return False
    return "figures" in data or isinstance(data.get("machine"), str)


def _with_own_figures(document: Document, path: Path) -> Accelerator:
    from accel_models.own_figures import FiguresFile, with_own_figures
    from nets.documents.typed import typed

    file = typed(FiguresFile, document)
    base: str | Path = file.machine
    if file.machine.endswith(FILES):
        base = path.parent / file.machine
        if base.suffix in (".yaml", ".yml") and _states_figures(read_yaml(base, "accelerator").data):
            rule = "is a file of figures itself"
            raise InputError(document.where(("machine",)), file.machine, rule, "name the machine that it is about")
    with document.at(("machine",)):
        machine = load_accelerator(base)
    return with_own_figures(file, document, machine, path.stem)


def _named(document: Document, name: str) -> Machine:
    """The machine of a document, called by ``name`` where it does not name itself."""
    from accel_models.description import from_document

    data = document.data
    if isinstance(data, dict) and "kind" not in data and HELD_AS in data:
        return from_document(document, (HELD_AS,))
    if isinstance(data, dict) and "kind" in data:
        data.setdefault("name", name)
    return from_document(document)

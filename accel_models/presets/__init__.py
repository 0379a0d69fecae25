"""Machines by name: the presets shipped with the package, and YAML files.

``load_machine`` gives what the file says (a template, a structure or an accelerator), ``load_accelerator`` the priced
machine, ``load_template`` a template or an error. All take a technology node to carry the machine to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nets.documents import Document, parse_yaml, read_yaml, write_whole
from nets.errors import InputError, of_option, unknown

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from accel_models.description import Machine, Sized
    from accel_models.own_technology import OwnTechnology
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
    name_or_path: str | Path,
    *,
    node_nm: int | None = None,
    precision: Precision | None = None,
    voltage: float | None = None,
    dram: str | None = None,
    standing_costs: bool | None = None,
    technology: OwnTechnology | None = None,
) -> Machine:
    """A preset by name, or the machine a YAML file describes.

    Args:
        name_or_path: a name of :func:`list_accelerators`, or a path of a file of ours (a search's ``best.yaml`` among
            them), or of Timeloop's, ZigZag's, SCALE-Sim's or Gemmini's (:mod:`accel_models.formats.machines`), ending
            in one of :data:`FILES`.
        node_nm: technology to carry it to. A machine carried to another node runs at that node's default clock;
            one that states its own figures cannot be carried.
        precision: of its arithmetic, and of the words of a template's memories; its own when omitted.
        voltage: to carry it to; its clock follows (:mod:`accel_models.voltage`).
        dram: type of it. standing_costs, technology: as :class:`~accel_models.template.Template` has them.

    Raises:
        InputError: no such preset or file, broken YAML (says the line), or a description that is not sound.
    """
    text = str(name_or_path)
    machine = _from_file(Path(text)) if text.endswith(FILES) else _preset(text)
    asked: dict[str, Any] = {
        "node_nm": node_nm, "precision": precision, "voltage": voltage, "dram": dram, "standing_costs": standing_costs,
        "technology": technology,
    }  # fmt: skip
    changes = {
        name: value for name, value in asked.items() if value is not None and value != getattr(machine, name, None)
    }
    if not changes:
        return machine
    from accel_models.accelerator import Accelerator

    if isinstance(machine, Accelerator):
        name, value = next(iter(changes.items()))
        if name == "node_nm":
            raise InputError("node", value, f"differs from {machine.node_nm:g}, at which {text} states its figures")
        rule = f"differs from that for which {text} states its figures"
        raise InputError(name.replace("_", "-"), of_option(value), rule)
    return replace(_at_clock_of(machine, changes), **changes)


def _at_clock_of(machine: Sized, changes: Mapping[str, Any]) -> Sized:
    """The machine at its clock after some changes: a technology's own, or as much faster as a voltage makes it."""
    if "node_nm" in changes or "technology" in changes:
        return replace(machine, clock_hz=None)
    if "voltage" not in changes or machine.clock_hz is None:
        return machine
    from accel_models.voltage import require_voltage, speed_between

    require_voltage(machine.node_nm, changes["voltage"])
    faster = speed_between(machine.node_nm, machine.voltage, changes["voltage"])
    return replace(machine, clock_hz=machine.clock_hz * faster)


def load_accelerator(name_or_path: str | Path, **carried: Any) -> Accelerator:
    """The priced machine of a preset or YAML file; arguments and errors as :func:`load_machine`."""
    from accel_models.accelerator import Accelerator

    machine = load_machine(name_or_path, **carried)
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
    return bool(data.keys() & {"figures", "accelergy"}) or isinstance(data.get("machine"), str)


def _with_own_figures(document: Document, path: Path) -> Accelerator:
    from accel_models.accelergy_figures import AccelergyFile
    from accel_models.own_figures import FiguresFile, with_own_figures
    from nets.documents.typed import raise_mistyped, typed

    if "accelergy" not in document.data:
        raise_mistyped(document, (), "accelergy")
    file: AccelergyFile | FiguresFile
    file = typed(AccelergyFile, document) if "accelergy" in document.data else typed(FiguresFile, document)
    base: str | Path = file.machine
    if file.machine.endswith(FILES):
        base = path.parent / file.machine
        if base.suffix in (".yaml", ".yml") and _states_figures(read_yaml(base, "accelerator").data):
            rule = "is a file of figures itself"
            raise InputError(document.where(("machine",)), file.machine, rule, "name the machine that it is about")
    with document.at(("machine",)):
        machine = load_accelerator(base)
    figures = file.figures(document, path.parent, machine) if isinstance(file, AccelergyFile) else file
    return with_own_figures(figures, document, machine, path.stem)


def _named(document: Document, name: str) -> Machine:
    """The machine of a document, called by ``name`` where it does not name itself."""
    from accel_models.description import from_document

    data = document.data
    if isinstance(data, dict) and "kind" not in data and HELD_AS in data:
        return from_document(document, (HELD_AS,))
    if isinstance(data, dict) and "kind" in data:
        data.setdefault("name", name)
    return from_document(document)

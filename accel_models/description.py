"""Machines as plain data: what YAML files, ``best.yaml`` and ``--json`` hold, checked key by key on the way in.

A description says its ``kind``: ``template`` (the sizes of :class:`~accel_models.template.Template`), ``structure``
(:class:`~accel_models.structure.Structure`) or ``accelerator`` (every figure of an
:class:`~accel_models.accelerator.Accelerator`). Values equal to their default are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.structure import Structure
from accel_models.template import Template
from nets.documents import Document
from nets.documents.plain import plain
from nets.documents.schemas import schema_of_kinds
from nets.documents.steps import Steps
from nets.documents.typed import no_such_kind, not_a_mapping, raise_mistyped, typed

KINDS: dict[str, type[Template] | type[Structure] | type[Accelerator]] = {
    "template": Template,
    "structure": Structure,
    "accelerator": Accelerator,
}

Sized = Template | Structure
"""Machines with sizes, whose figures follow from a technology."""
Machine = Sized | Accelerator


def to_dict(machine: Machine) -> dict[str, Any]:
    """Plain data (numbers, strings, lists, dicts) from which :func:`from_dict` makes an equal machine."""
    kind = next(kind for kind, cls in KINDS.items() if isinstance(machine, cls))
    return {"kind": kind, **plain(machine)}


def from_dict(data: object, place: str = "accelerator") -> Machine:
    """The machine that plain data describes.

    Args:
        data: as :func:`to_dict` gives it.
        place: what errors call it, e.g. a file's name.

    Raises:
        InputError: an unknown or missing key, a value of the wrong type or out of range; names the path of the key.
    """
    return from_document(Document(data, place))


def from_document(document: Document, steps: Steps = ()) -> Machine:
    """The machine that a file, or the part of it that ``steps`` lead to, describes.

    Raises:
        InputError: as :func:`from_dict`, with the line.
    """
    data = document.part(steps)
    if not isinstance(data, Mapping):
        raise not_a_mapping(document, steps, "write e.g. kind: template")
    if "kind" not in data:
        raise_mistyped(document, steps, "kind")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise no_such_kind(document, (*steps, "kind"), KINDS)
    return typed(KINDS[kind], document, steps, without=("kind",))


def machine_schema() -> dict[str, Any]:
    """JSON Schema of a description: one of the three kinds."""
    return schema_of_kinds(KINDS, "kind", "A machine that cosearch reads")


def accelerator_to_dict(accelerator: Accelerator) -> dict[str, Any]:
    """:func:`to_dict` of an accelerator."""
    return to_dict(accelerator)


def accelerator_from_dict(data: object, place: str = "accelerator") -> Accelerator:
    """The accelerator that plain data of any kind describes."""
    machine = from_dict(data, place)
    return machine if isinstance(machine, Accelerator) else machine.accelerator()

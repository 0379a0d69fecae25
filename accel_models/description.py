"""Machines as plain data: what YAML files, ``best.yaml`` and ``--json`` hold, checked key by key on the way in.

A description says its ``kind``: ``template`` (the sizes of :class:`~accel_models.template.Template`), ``structure``
(:class:`~accel_models.structure.Structure`) or ``accelerator`` (every figure of an
:class:`~accel_models.accelerator.Accelerator`). Values equal to their default are left out.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.precision import Precision
from accel_models.structure import BuiltLevel, Structure
from accel_models.template import Template
from nets.errors import InputError, unknown

KINDS: dict[str, type[Template] | type[Structure] | type[Accelerator]] = {
    "template": Template,
    "structure": Structure,
    "accelerator": Accelerator,
}
_VALUES = (Axis, BuiltLevel, Level, Precision)

Machine = Template | Structure | Accelerator


def to_dict(machine: Machine) -> dict[str, Any]:
    """Plain data (numbers, strings, lists, dicts) from which :func:`from_dict` makes an equal machine."""
    kind = next(kind for kind, cls in KINDS.items() if isinstance(machine, cls))
    return {"kind": kind, **_plain(machine)}


def from_dict(data: object, place: str = "accelerator") -> Machine:
    """The machine that plain data describes.

    Args:
        data: as :func:`to_dict` gives it.
        place: what errors call it, e.g. a file's name.

    Raises:
        InputError: an unknown or missing key, a value of the wrong type or out of range; names the path of the key.
    """
    if not isinstance(data, Mapping):
        raise InputError(place, data, "must be a mapping of keys to values", "write e.g. kind: template")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise unknown(f"{place}: kind", str(kind), KINDS)
    machine = _build(KINDS[kind], {key: value for key, value in data.items() if key != "kind"}, place)
    return typing.cast(Machine, machine)


def accelerator_to_dict(accelerator: Accelerator) -> dict[str, Any]:
    """:func:`to_dict` of an accelerator."""
    return to_dict(accelerator)


def accelerator_from_dict(data: object, place: str = "accelerator") -> Accelerator:
    """The accelerator that plain data of any kind describes."""
    machine = from_dict(data, place)
    return machine if isinstance(machine, Accelerator) else machine.accelerator()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        out = {}
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            default = field.default
            if field.default_factory is not dataclasses.MISSING:
                default = field.default_factory()
            if default is dataclasses.MISSING or item != default:
                out[field.name] = _plain(item)
        return out
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _build(cls: type[Any], data: object, place: str) -> object:
    """An instance of dataclass ``cls`` from a mapping of its fields."""
    if not isinstance(data, Mapping):
        raise InputError(place, data, "must be a mapping of keys to values")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    hints = typing.get_type_hints(cls)
    for key in data:
        if key not in fields:
            raise unknown(place, str(key), fields)
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in data:
            raise InputError(place, name, "is missing", f"give {name}")
    values = {key: _value(hints[key], value, f"{place}: {key}") for key, value in data.items()}
    try:
        return cls(**values)
    except InputError as error:
        if error.place.startswith(place):
            raise
        raise InputError(f"{place}: {error.place}", error.value, error.rule, error.hint) from None


def _value(hint: Any, value: object, place: str) -> object:
    """``value`` as the type that a field asks for; a wrong type is an error, nothing is converted but list to tuple."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _value(next(arg for arg in args if arg is not type(None)), value, place)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(place, value, "must be a list")
        return tuple(_value(args[0], item, f"{place}[{i}]") for i, item in enumerate(value))
    if origin is not None:  # a mapping of names to numbers
        if not isinstance(value, Mapping):
            raise InputError(place, value, "must be a mapping of names to numbers")
        return {str(key): _value(args[1], item, f"{place}[{key}]") for key, item in value.items()}
    if hint in _VALUES:
        return _build(hint, value, place)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if hint in (int, str, bool) and type(value) is hint:
        return value
    words = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}
    raise InputError(place, value, f"must be {words[hint]}", _float_hint(hint, value))


def _float_hint(hint: Any, value: object) -> str:
    # YAML 1.1 reads 1e9 as text
    if hint is float and isinstance(value, str):
        try:
            return f"write {float(value):.1f}"
        except ValueError:
            return ""
    return ""

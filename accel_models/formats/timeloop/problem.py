"""Timeloop's ``problem``: a shape (dims, data spaces, projections) and its sizes, reduced to a :class:`nets.Layer`.

Any shape is read whose dims play the parts that our eight do. A dim's part follows from the data spaces it indexes:

======================  ====================================================
weights and outputs     ``K``
weights and inputs      ``C`` (or ``R``, ``S`` where no window uses them)
inputs and outputs      ``N``, or ``P``, ``Q`` where no window uses them
all three               ``G``
a window of the inputs  ``P`` and ``R``, or ``Q`` and ``S``, whose coefficients are stride and dilation
======================  ====================================================

In Timeloop's own ``cnn-layer`` the coefficients ``Wstride`` ``Wdilation`` belong to ``P`` and ``R``, ``Hstride``
``Hdilation`` to ``Q`` and ``S``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_models.formats.fields import as_list, as_mapping, as_whole, as_words, check_keys
from nets.errors import InputError, unknown
from nets.layer import Layer

_CNN_LAYER: dict[str, Any] = {
    "dimensions": ["R", "S", "P", "Q", "C", "K", "N"],
    "coefficients": [{"name": name, "default": 1} for name in ("Wstride", "Hstride", "Wdilation", "Hdilation")],
    "data_spaces": [
        {"name": "Weights", "projection": [[["C"]], [["K"]], [["R"]], [["S"]]]},
        {
            "name": "Inputs",
            "projection": [
                [["N"]],
                [["C"]],
                [["R", "Wdilation"], ["P", "Wstride"]],
                [["S", "Hdilation"], ["Q", "Hstride"]],
            ],
        },
        {"name": "Outputs", "projection": [[["N"]], [["K"]], [["Q"]], [["P"]]], "read_write": True},
    ],
}
# Sizes of the unpadded input that some files carry along; the shape makes no use of them.
_UNUSED_SIZES = ("H", "W", "Hpad", "Wpad")
_WINDOWS = (("P", "R"), ("Q", "S"))


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as read.

    Attributes:
        layer: what it computes.
        dims: our dim for each of the file's.
        tensors: the file's data space for each of our tensors.
        lacks: what the file asks for that the model does not have.
    """

    layer: Layer
    dims: Mapping[str, str]
    tensors: Mapping[str, str]
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _DataSpace:
    name: str
    axes: tuple[tuple[tuple[str, str], ...], ...]
    written: bool

    @property
    def dims(self) -> set[str]:
        return {dim for axis in self.axes for dim, _ in axis}


def read_problem(data: object, name: str, word_bits: int = 8) -> Problem:
    """Read a ``problem`` section; every operand is taken to be ``word_bits`` wide.

    Raises:
        InputError: an unknown key or shape, a missing size, or a shape that is no layer of the model.
    """
    place = f"{name}: problem"
    if not isinstance(data, Mapping):
        raise InputError(place, data, "must be a mapping of keys to values")
    fields = dict(data)
    shape = fields.pop("shape", "cnn-layer")
    fields.pop("version", None)
    sizes = as_mapping(fields.pop("instance", fields), f"{place}.instance")
    if "instance" in data and fields:
        raise unknown(f"{place}: key", str(next(iter(fields))), ("shape", "instance", "version"))
    dims, coefficients, spaces = _shape(shape, f"{place}.shape")
    lacks = []
    if sizes.pop("densities", None):
        lacks.append("problem.densities: sparsity; every word is counted as present")
    for key in sizes:
        if key not in dims and key not in coefficients and key not in _UNUSED_SIZES:
            raise unknown(f"{place}: key", str(key), [*dims, *coefficients])
    for key in _UNUSED_SIZES:
        if key not in dims and key not in coefficients:
            sizes.pop(key, None)
    for dim in dims:
        if dim not in sizes:
            raise InputError(place, sorted(sizes), f"gives no size for dim {dim!r}")
    values: dict[str, Any] = coefficients | {key: as_whole(value, f"{place}.{key}", 1) for key, value in sizes.items()}
    tensors = _tensors(spaces, f"{place}.shape")
    roles, steps = _roles(dims, {ours: spaces[theirs] for ours, theirs in tensors.items()}, f"{place}.shape")
    bounds = {ours: values[theirs] for theirs, ours in roles.items()}
    step = {ours: values[coefficient] if coefficient else 1 for ours, coefficient in steps.items()}
    layer = Layer(
        name=name,
        kind="conv" if "R" in steps or "S" in steps else "matmul",
        **bounds,
        stride=(step.get("P", 1), step.get("Q", 1)),
        dilation=(step.get("R", 1), step.get("S", 1)),
        weight_bits=word_bits,
        input_bits=word_bits,
        output_bits=word_bits,
        psum_bits=word_bits,
    )
    return Problem(layer, roles, tensors, tuple(lacks))


def _shape(shape: object, place: str) -> tuple[list[str], dict[str, int], dict[str, _DataSpace]]:
    """Dims, coefficients with their defaults, and data spaces by name."""
    if isinstance(shape, str):
        if shape != "cnn-layer":
            raise unknown(place, shape, ["cnn-layer"])
        shape = _CNN_LAYER
    allowed = ("name", "version", "coefficients", "dimensions", "data_spaces", "data-spaces")
    fields = check_keys(shape, place, allowed)
    dims = [as_words(dim, f"{place}.dimensions") for dim in as_list(fields.get("dimensions"), f"{place}.dimensions")]
    for dim in dims:
        if dims.count(dim) > 1 or not dim:
            raise InputError(f"{place}.dimensions", dim, "must be the name of one dim")
    coefficients = {}
    for item in as_list(fields.get("coefficients") or [], f"{place}.coefficients"):
        item = check_keys(item, f"{place}.coefficients", ("default",), ("name",))
        coefficients[as_words(item["name"], f"{place}.coefficients")] = as_whole(
            item.get("default", 1), f"{place}.coefficients.{item['name']}", 1
        )
    spaces = {}
    for item in as_list(fields.get("data_spaces", fields.get("data-spaces")), f"{place}.data_spaces"):
        item = check_keys(item, f"{place}.data_spaces", ("read_write", "read-write"), ("name", "projection"))
        name = as_words(item["name"], f"{place}.data_spaces")
        at = f"{place}.data_spaces.{name}.projection"
        axes = []
        for axis in as_list(item["projection"], at):
            terms = []
            for term in as_list(axis, at):
                term = [as_words(word, at) for word in as_list(term, at)]
                if len(term) not in (1, 2) or term[0] not in dims or (len(term) == 2 and term[1] not in coefficients):
                    raise InputError(at, term, "must be [dim] or [dim, coefficient] of the shape")
                terms.append((str(term[0]), str(term[1]) if len(term) == 2 else ""))
            axes.append(tuple(terms))
        written = bool(item.get("read_write", item.get("read-write", False)))
        spaces[name] = _DataSpace(name, tuple(axes), written)
    return dims, coefficients, spaces


def _tensors(spaces: Mapping[str, _DataSpace], place: str) -> dict[str, str]:
    """Which data space is W, I and O: the written one is O, one with windows is I, else the names decide."""
    outputs = [name for name, space in spaces.items() if space.written]
    inputs = [name for name, space in spaces.items() if not space.written]
    if len(outputs) != 1 or len(inputs) != 2:
        raise InputError(
            f"{place}.data_spaces", list(spaces), "must be two that are read and one that is written (read_write: true)"
        )
    windowed = [name for name in inputs if any(len(axis) > 1 for axis in spaces[name].axes)]
    if len(windowed) > 1:
        raise InputError(f"{place}.data_spaces", windowed, "have windows both; the model slides one over the inputs")
    if not windowed:
        windowed = [name for name in inputs if re.match(r"input|ifmap|activation|a$", name, re.IGNORECASE)] or inputs[
            1:
        ]
    (weights,) = [name for name in inputs if name != windowed[0]]
    return {"W": weights, "I": windowed[0], "O": outputs[0]}


def _roles(dims: list[str], space: Mapping[str, _DataSpace], place: str) -> tuple[dict[str, str], dict[str, str]]:
    """Our dim for each dim, and for those of a window (by our name) the coefficient it steps by."""
    roles: dict[str, str] = {}
    steps: dict[str, str] = {}
    free = list(_WINDOWS)
    for tensor in ("W", "O"):
        for axis in space[tensor].axes:
            if len(axis) != 1 or axis[0][1]:
                raise InputError(
                    f"{place}: {space[tensor].name}", axis, "has a sum or a coefficient; the model has none"
                )
    for axis in space["I"].axes:
        if len(axis) == 1 and not axis[0][1]:
            continue
        slides = [term for term in axis if term[0] in space["O"].dims - space["W"].dims]
        taps = [term for term in axis if term[0] in space["W"].dims - space["O"].dims]
        if len(slides) != 1 or len(slides) + len(taps) != len(axis) or len(taps) > 1 or not free:
            raise InputError(
                f"{place}: {space['I'].name}", axis, "is no window of one output dim and one filter dim, or a third one"
            )
        named = [pair for pair in free if pair[0] == slides[0][0]]
        pair = (named or free)[0]
        free.remove(pair)
        for ours, terms in zip(pair, (slides, taps)):
            for dim, coefficient in terms:
                roles[dim], steps[ours] = ours, coefficient
    for dim in dims:
        if dim in roles:
            continue
        part = "".join(tensor for tensor in "WIO" if dim in space[tensor].dims)
        if part == "WI":
            choices = ["C", *(pair[1] for pair in free)]
        elif part == "IO":
            rows = [pair[0] for pair in free]
            choices = ["N", *rows] if dim in ("N", "B") or not rows else [*rows, "N"]
        else:
            choices = {"WO": ["K"], "WIO": ["G"]}.get(part, [])
        choices = [ours for ours in choices if ours not in roles.values()]
        if not choices:
            raise InputError(
                f"{place}: dim",
                dim,
                f"indexes {' and '.join(space[t].name for t in part) or 'nothing'}",
                "the model has no further dim of that kind",
            )
        roles[dim] = choices[0]
        free = [pair for pair in free if choices[0] not in pair]
    return roles, steps

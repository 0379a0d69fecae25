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
from typing import TYPE_CHECKING, Any

from nets.documents import Section
from nets.errors import InputError
from nets.layer import Layer

if TYPE_CHECKING:
    from accel_models.formats.timeloop.problem_model import DataSpace

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


def read_problem(section: Section, name: str, word_bits: int = 8) -> Problem:
    """Read a ``problem`` section; every operand is taken to be ``word_bits`` wide.

    Raises:
        InputError: an unknown key or shape, a missing size, or a shape that is no layer of the model.
    """
    from accel_models.formats.timeloop.problem_model import ProblemEntry, sizes_model

    entry = section.read(ProblemEntry)
    sizes = section if entry.instance is None else section.part("instance")
    values = sizes.read(sizes_model(entry.shape)).model_dump(by_alias=True)
    lacks = []
    if values["densities"]:
        lacks.append("problem.densities: sparsity; every word is counted as present")
    dims = entry.shape.dimensions
    spaces = entry.shape.spaces
    tensors = _tensors(spaces, section.where("shape"))
    roles, coefficients = _roles(
        dims, {ours: spaces[theirs] for ours, theirs in tensors.items()}, section.where("shape")
    )
    bounds: dict[str, Any] = {ours: values[theirs] for theirs, ours in roles.items()}
    step = {ours: values[coefficient] if coefficient else 1 for ours, coefficient in coefficients.items()}
    with section.at():
        layer = Layer(
            name=name,
            kind="conv" if "R" in step or "S" in step else "matmul",
            **bounds,
            stride=(step.get("P", 1), step.get("Q", 1)),
            dilation=(step.get("R", 1), step.get("S", 1)),
            weight_bits=word_bits,
            input_bits=word_bits,
            output_bits=word_bits,
            psum_bits=word_bits,
        )
    return Problem(layer, roles, tensors, tuple(lacks))


def _tensors(spaces: Mapping[str, DataSpace], place: str) -> dict[str, str]:
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


def _roles(dims: list[str], space: Mapping[str, DataSpace], place: str) -> tuple[dict[str, str], dict[str, str]]:
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

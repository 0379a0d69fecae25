"""Sums over products of two tensors as layers: which part each dim plays.

Other tools name dims and tensors as they please, and say which dims index which tensor. A dim's part follows from that:

======================  ====================================================
weights and outputs     ``K``
weights and inputs      ``C`` (or ``R``, ``S`` where no window uses them)
inputs and outputs      ``N``, or ``P``, ``Q`` where no window uses them
all three               ``G``
a window of the inputs  ``P`` and ``R``, or ``Q`` and ``S``, whose coefficients are stride and dilation
======================  ====================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nets.errors import InputError

Axes = Sequence[Sequence[tuple[str, str]]]
"""Of a tensor: for each axis the terms that are added up, as (dim, coefficient, which is empty for 1)."""

_WINDOWS: Final = (("P", "R"), ("Q", "S"))
_CALLED_INPUTS: Final = re.compile(r"input|ifmap|activation|a$|i$", re.IGNORECASE)
_CALLED_WEIGHTS: Final = re.compile(r"w|filter|kernel", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Roles:
    """The parts that dims play.

    Attributes:
        dims: our dim for each. steps: for our dims of a window the coefficient that they step by.
    """

    dims: Mapping[str, str]
    steps: Mapping[str, str]


def operands(tensors: Mapping[str, Axes], written: Sequence[str], place: str) -> dict[str, str]:
    """Which tensor is W, I and O: the written one is O, one with windows is I, else the names decide.

    Raises:
        InputError: not two that are read and one that is written, or windows over both.
    """
    read = [name for name in tensors if name not in written]
    if len(written) != 1 or len(read) != 2:
        raise InputError(place, list(tensors), "must be two that are read and one that is written")
    windowed = [name for name in read if any(len(axis) > 1 for axis in tensors[name])]
    if len(windowed) > 1:
        raise InputError(place, windowed, "have windows both; the model slides one over the inputs")
    if not windowed:
        others = [name for name in read if not _CALLED_WEIGHTS.match(name)]
        windowed = [name for name in read if _CALLED_INPUTS.match(name)] or (others if len(others) == 1 else read[1:])
    (weights,) = [name for name in read if name != windowed[0]]
    return {"W": weights, "I": windowed[0], "O": written[0]}


def roles(dims: Sequence[str], tensors: Mapping[str, Axes], names: Mapping[str, str], place: str) -> Roles:
    """The part that each dim plays.

    Args:
        dims: all of them. tensors: axes of W, I and O. names: what these are called. place: for errors.

    Raises:
        InputError: a sum where none is a window, or more dims of a part than the model has.
    """
    found, steps, free = _windows(tensors, names, place)
    indexes = {tensor: {dim for axis in axes for dim, _ in axis} for tensor, axes in tensors.items()}
    for dim in dims:
        if dim in found:
            continue
        part = "".join(tensor for tensor in "WIO" if dim in indexes[tensor])
        if part == "WI":
            choices = ["C", *(pair[1] for pair in free)]
        elif part == "IO":
            rows = [pair[0] for pair in free]
            choices = ["N", *rows] if dim in ("N", "B") or not rows else [*rows, "N"]
        else:
            choices = {"WO": ["K"], "WIO": ["G"]}.get(part, [])
        choices = [ours for ours in choices if ours not in found.values()]
        if not choices:
            raise InputError(
                f"{place}: dim",
                dim,
                f"indexes {' and '.join(names[tensor] for tensor in part) or 'nothing'}",
                "the model has no further dim of that kind",
            )
        found[dim] = choices[0]
        free = [pair for pair in free if choices[0] not in pair]
    return Roles(found, steps)


def _windows(
    tensors: Mapping[str, Axes], names: Mapping[str, str], place: str
) -> tuple[dict[str, str], dict[str, str], list[tuple[str, str]]]:
    """Parts and steps of the dims of windows, and the windows that nothing uses."""
    indexes = {tensor: {dim for axis in axes for dim, _ in axis} for tensor, axes in tensors.items()}
    found: dict[str, str] = {}
    steps: dict[str, str] = {}
    free = list(_WINDOWS)
    for tensor in ("W", "O"):
        for axis in tensors[tensor]:
            if len(axis) != 1 or axis[0][1]:
                raise InputError(f"{place}: {names[tensor]}", axis, "has a sum or a coefficient; the model has none")
    for axis in tensors["I"]:
        if len(axis) == 1 and not axis[0][1]:
            continue
        slides = [term for term in axis if term[0] in indexes["O"] - indexes["W"]]
        taps = [term for term in axis if term[0] in indexes["W"] - indexes["O"]]
        if len(slides) != 1 or len(slides) + len(taps) != len(axis) or len(taps) > 1 or not free:
            rule = "is no window of one output dim and one filter dim, or a third one"
            raise InputError(f"{place}: {names['I']}", axis, rule)
        pair = ([pair for pair in free if pair[0] == slides[0][0]] or free)[0]
        free.remove(pair)
        for ours, terms in zip(pair, (slides, taps)):
            for dim, coefficient in terms:
                found[dim], steps[ours] = ours, coefficient
    return found, steps, free

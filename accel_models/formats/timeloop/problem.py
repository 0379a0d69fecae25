"""Timeloop's ``problem``: a shape (dims, data spaces, projections) and its sizes, reduced to a :class:`nets.Layer`.

Any shape is read whose dims play the parts that our eight do (:mod:`nets.einsum`). In Timeloop's own ``cnn-layer`` the
coefficients ``Wstride`` ``Wdilation`` belong to ``P`` and ``R``, ``Hstride`` ``Hdilation`` to ``Q`` and ``S``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nets.documents import Section
from nets.einsum import operands, roles
from nets.layer import Layer


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
    axes = {name: space.axes for name, space in spaces.items()}
    written = [name for name, space in spaces.items() if space.written]
    place = section.where("shape")
    tensors = operands(axes, written, f"{place}.data_spaces")
    found = roles(dims, {ours: axes[theirs] for ours, theirs in tensors.items()}, tensors, place)
    bounds: dict[str, Any] = {ours: values[theirs] for theirs, ours in found.dims.items()}
    step = {ours: values[coefficient] if coefficient else 1 for ours, coefficient in found.steps.items()}
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
    return Problem(layer, found.dims, tensors, tuple(lacks))

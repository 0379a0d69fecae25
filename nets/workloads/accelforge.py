"""AccelForge's workloads: einsums over rank variables, whose sizes stand beside them.

``T1[p, q, m] = I[c, H: p * 2 + r, W: q + s] * W[c, m, r, s]`` or the same access by access. Every einsum of two tensors
becomes a layer (:mod:`nets.einsum` says which part a rank variable plays); what an earlier one writes and a later one
reads joins them. ``renames`` of an einsum say which tensor is the weight and which the input; elsewhere windows and
names do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nets.documents import Document, parse_yaml, read_text
from nets.documents.limits import MOST_YAML_BYTES
from nets.documents.template import refuse_template
from nets.documents.typed import typed
from nets.einsum import operands, roles
from nets.errors import InputError, unknown
from nets.layer import Layer
from nets.network import Network

if TYPE_CHECKING:
    from nets.workloads.accelforge_model import EinsumEntry, WorkloadEntry

SECTION: Final = "workload"
_TENSOR: Final = re.compile(r"(?<!\w)(\w++)\[([^\[\]]*+)\]")
_RANGE: Final = re.compile(r"0<=(\w+)<(\d{1,15})")
_TERM: Final = re.compile(r"(?:(\d{1,15})\*)?([A-Za-z_]\w*)(?:\*(\d{1,15}))?")
_EVERY: Final = "All"
_PARTS: Final = {"W": "weight", "I": "input", "O": "output"}

Terms = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Einsum:
    """An einsum: the axes of each tensor, which is written, and the size of each rank variable."""

    name: str
    axes: Mapping[str, list[Terms]]
    written: list[str]
    sizes: Mapping[str, int]
    renames: Mapping[str, str]


def read_workload(path: str | Path) -> Network:
    """The network of a file with a section ``workload``; others are passed over.

    Raises:
        InputError: the file cannot be read or is a template; an unknown key; an einsum that is no product of two
            tensors, or a rank variable without a size.
    """
    place = Path(path).name
    text = read_text("AccelForge workload", path, most=MOST_YAML_BYTES)
    refuse_template(text, place, "give the workload with its numbers filled in")
    return workload(Document(parse_yaml(text, place), place, text), Path(path).stem)


def workload(document: Document, name: str) -> Network:
    """The network of a document; errors as :func:`read_workload`."""
    from nets.workloads.accelforge_model import WorkloadEntry

    if not isinstance(document.data, Mapping) or SECTION not in document.data:
        raise InputError(document.place, SECTION, "is missing", f"give {SECTION}: with its einsums")
    entry = typed(WorkloadEntry, document, (SECTION,))
    network = Network(name)
    makers: dict[str, str] = {}
    tensors = {_EVERY, *_PARTS.values()}
    for number in range(len(entry.einsums)):
        with document.at((SECTION, "einsums", number)):
            einsum = _einsum(entry, number)
            layer, names = _layer(einsum, entry.bits_per_value, makers)
            inputs = [makers[tensor] for tensor in (names["I"], names["W"]) if tensor in makers]
            tensors |= set(einsum.axes)
            for tensor in einsum.written:
                makers[tensor] = network.add(layer, inputs)
    for key in entry.bits_per_value:
        if key not in tensors:
            raise unknown(document.where((SECTION, "bits_per_value", key)), key, tensors)
    return network


def _layer(einsum: _Einsum, bits: Mapping[str, int], makers: Mapping[str, str]) -> tuple[Layer, dict[str, str]]:
    """A layer, and the tensors that are its W, I and O."""
    called = {ours: einsum.renames.get(part) for ours, part in _PARTS.items()}
    computed_last = dict(sorted(einsum.axes.items(), key=lambda item: item[0] in makers))
    names = operands(computed_last, einsum.written, "tensors")
    if sorted(filter(None, called.values())) == sorted(einsum.axes):
        names = {ours: theirs for ours, theirs in called.items() if theirs is not None}
    dims = list(dict.fromkeys(dim for axes in einsum.axes.values() for axis in axes for dim, _ in axis))
    for dim in dims:
        if dim not in einsum.sizes:
            raise InputError("", dim, "has no size", f"give iteration_space_shape: 0 <= {dim} < ...")
    found = roles(dims, {ours: einsum.axes[theirs] for ours, theirs in names.items()}, names, "tensors")
    steps = {ours: int(step or 1) for ours, step in found.steps.items()}
    widths = {ours: bits.get(names[ours], bits.get(part, bits.get(_EVERY, 8))) for ours, part in _PARTS.items()}
    fields: dict[str, Any] = {ours: einsum.sizes[theirs] for theirs, ours in found.dims.items()}
    layer = Layer(
        name=einsum.name,
        kind="conv" if {"R", "S"} & set(steps) else "matmul",
        stride=(steps.get("P", 1), steps.get("Q", 1)),
        dilation=(steps.get("R", 1), steps.get("S", 1)),
        dynamic_weights=names["W"] in makers,
        weight_bits=widths["W"],
        input_bits=widths["I"],
        output_bits=widths["O"],
        psum_bits=max(widths["O"], 24),
        **fields,
    )
    return layer, names


def _einsum(workload: WorkloadEntry, number: int) -> _Einsum:
    from nets.workloads.accelforge_model import EinsumEntry

    given = workload.einsums[number]
    entry = given if isinstance(given, EinsumEntry) else EinsumEntry(einsum=given)
    if (entry.einsum is None) == (not entry.tensor_accesses):
        raise InputError("einsum", entry.einsum, "must be given in one line, or as tensor_accesses")
    ranks: dict[str, str] = {}
    axes: dict[str, list[Terms]] = {}
    written = []
    for tensor, projection, output in _accesses(entry):
        if tensor in axes:
            raise InputError("tensor", tensor, "stands twice")
        axes[tensor] = [_axis(text, rank, ranks) for rank, text in projection]
        written += [tensor] if output else []
    sizes = dict(_range(text) for text in entry.iteration_space_shape)
    for dim, text in (*workload.iteration_space_shape.items(), *workload.shape.items()):
        of, size = _range(text)
        if of != dim:
            raise InputError("iteration_space_shape", text, f"is no range of {dim}")
        sizes.setdefault(dim, size)
    for dim, rank in ranks.items():
        for given_sizes in (entry.rank_sizes, workload.rank_sizes):
            if rank in given_sizes:
                sizes.setdefault(dim, given_sizes[rank])
    return _Einsum(entry.name or "".join(written) or f"einsum_{number}", axes, written, sizes, entry.renames)


def _accesses(entry: EinsumEntry) -> list[tuple[str, list[tuple[str, str]], bool]]:
    """Tensor, (rank, what indexes it) and whether it is written, of every access."""
    if entry.einsum is None:
        return [(access.name, _ranks(access.projection), access.output) for access in entry.tensor_accesses]
    left, equals, right = entry.einsum.partition("=")
    found = [(match, output) for side, output in ((left, True), (right, False)) for match in _TENSOR.finditer(side)]
    shape = re.sub(r"\s+", "", _TENSOR.sub("T", left) + equals + _TENSOR.sub("T", right))
    if shape != "T=T*T":
        raise InputError("einsum", entry.einsum, "is no product of two tensors", "write Y[m, n] = A[m, k] * B[k, n]")
    return [(match[1], _ranks([word.strip() for word in match[2].split(",")]), output) for match, output in found]


def _ranks(projection: list[str] | dict[str, str]) -> list[tuple[str, str]]:
    """(rank, what indexes it); a rank without a name is called as the variable in capitals."""
    if isinstance(projection, dict):
        return list(projection.items())
    found = []
    for word in projection:
        rank, colon, text = word.partition(":")
        found.append((rank.strip(), text) if colon else ("", word))
    return found


def _axis(text: str, rank: str, ranks: dict[str, str]) -> Terms:
    """The variables that an index adds up, with their coefficients; notes the rank of one that stands alone."""
    terms: Terms = []
    for word in re.sub(r"\s+", "", text).split("+"):
        match = _TERM.fullmatch(word)
        if match is None or (match[1] and match[3]):
            raise InputError("projection", text, "is no sum of rank variables", "write p, or p * 2 + r")
        coefficient = match[1] or match[3] or ""
        terms.append((match[2], "" if coefficient == "1" and len(text.split("+")) == 1 else coefficient))
    if len(terms) == 1:
        ranks.setdefault(terms[0][0], rank or terms[0][0].upper())
    return terms


def _range(text: str) -> tuple[str, int]:
    match = _RANGE.fullmatch(re.sub(r"\s+", "", text))
    if match is None or int(match[2]) < 1:
        raise InputError("iteration_space_shape", text, "is no range of a rank variable", "write 0 <= p < 28")
    return match[1], int(match[2])

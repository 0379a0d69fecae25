"""Timeloop's constraints on mappings: what each memory keeps, and what a mapper of ours can be held to.

They stand in sections of their own (v0.3) or at the nodes that they are about (v0.4). A memory keeps what they let it;
that holds for mappings that the files give, too. The others are for mappers: dims that a spatial constraint fixes to
one trip are not run by its axes, and a temporal permutation orders the loops of its memory
(:mod:`mappings.constraint_text` has the texts). Limits on factors otherwise are listed as what the model lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accel_models.formats.timeloop.names import Names, parse_permutation
from nets.documents import Section
from nets.errors import InputError, unknown
from nets.layer import TENSORS

if TYPE_CHECKING:
    from accel_models.formats.timeloop.mapping_model import Target

SECTIONS: Final = ("architecture_constraints", "mapspace_constraints", "mapspace")
KEEP_TYPES: Final = ("datatype", "dataspace", "bypass")
_ADDRESSABLE: Final = re.compile(r"[^\s.<>=]+")


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a file asks of the part of a mapping at one memory, or at its wires.

    Attributes:
        target: the memory, or the node that fans out.
        kind: ``temporal``, ``spatial``, or one of :data:`KEEP_TYPES`.
        entry: what it says; ``None`` where only the branch says something.
        section: where it stands.
        only: the data spaces that the branch of its node keeps.
    """

    target: str
    kind: str
    entry: Target | None
    section: Section
    only: tuple[str, ...] | None = None


def read_constraints(sections: Mapping[str, Section], names: Names) -> list[Constraint]:
    """Those that stand in sections of their own.

    Raises:
        InputError: one is about a memory that is not known.
    """
    from accel_models.formats.timeloop.mapping_model import MapspaceConstraints

    found = []
    for name in SECTIONS:
        if name in sections:
            entry = sections[name].read(MapspaceConstraints)
            key, items = ("targets", entry.targets) if entry.targets else ("constraints", entry.constraints)
            for number, item in enumerate(items or ()):
                where = sections[name].part(key, number)
                if item.target not in (*names.memories, *names.wires):
                    raise unknown(where.where("target"), item.target, (*names.memories, *names.wires))
                found.append(Constraint(item.target, str(item.type), item, where))
    return found


def read_kept(constraints: Sequence[Constraint], names: Names) -> dict[str, tuple[str, ...]]:
    """Tensors that constraints let each memory keep."""
    kept: dict[str, tuple[str, ...]] = {}
    for constraint in constraints:
        if constraint.kind in KEEP_TYPES and constraint.target in names.memories:
            before = kept.get(constraint.target, TENSORS)
            with constraint.section.at():
                now = kept_by(constraint.entry, names, only=constraint.only)
            kept[constraint.target] = tuple(tensor for tensor in before if tensor in now)
    return kept


def unread_keeps(constraints: Sequence[Constraint]) -> list[str]:
    """What constraints say about what memories keep beyond what :func:`read_kept` reads."""
    return [
        f"{each.target}: {each.kind} constraint {key}; it is not read"
        for each in constraints
        if each.entry is not None and each.kind in KEEP_TYPES
        for key in each.entry.model_extra or ()
    ]


def kept_by(item: Target | None, names: Names, *, only: Sequence[str] | None = None) -> tuple[str, ...]:
    """Tensors that an entry lets its memory keep: all but those bypassed, or those only.

    Raises:
        InputError: a data space that is not known, or one that is kept and bypassed at once.
    """
    keys = ("keep", "bypass", "keep_only", "bypass_only")
    given = {"only": only} if item is None else {key: getattr(item, key) for key in keys}
    for key, spaces in given.items():
        for space in spaces or ():
            if space not in names.tensors.values():
                raise unknown(key, space, names.tensors.values())
            if key == "keep" and space in (given["bypass"] or ()):
                raise InputError("bypass", space, "is kept and bypassed at once")
    bypassed = (*(given.get("bypass") or ()), *(given.get("bypass_only") or ()))
    held = next(
        (spaces for key in ("only", "keep_only") if (spaces := given.get(key)) is not None), names.tensors.values()
    )
    return tuple(
        tensor for tensor in TENSORS if names.tensors[tensor] in held and names.tensors[tensor] not in bypassed
    )


def mapper_constraints(constraints: Sequence[Constraint], names: Names, lacks: list[str]) -> tuple[str, ...]:
    """What a mapper of ours is held to, as :mod:`mappings.constraint_text` writes it; ``lacks`` gets the rest."""
    found: list[str] = []
    for constraint in constraints:
        if constraint.entry is None or constraint.kind in KEEP_TYPES:
            continue
        with constraint.section.at():
            if constraint.kind == "spatial":
                found += _parallel(constraint, names)
            elif constraint.kind == "temporal":
                found += _order(constraint, names)
            lacks += _unmet(constraint, names)
    return tuple(found)


def _factors(entry: Target, names: Names) -> dict[str, tuple[str, int]]:
    """Relation and trips of each dim that factors name."""
    found = {}
    known = "|".join(sorted(map(re.escape, names.dims), key=len, reverse=True))
    pattern = re.compile(rf"({known})\s*(=|<=|>=|<|>|)\s*(\d{{1,15}})")
    text = entry.factors or entry.factors_only or ""
    while text := text.strip(" ,"):
        match = pattern.match(text)
        if match is None:
            raise InputError("factors", text, f"begins with no factor of a dim ({', '.join(names.dims)})")
        found[match[1]] = match[2] or "=", int(match[3])
        text = text[match.end() :]
    return found


def _idle(entry: Target, names: Names) -> set[str]:
    """Dims of the file that a constraint lets make one trip only."""
    factors = _factors(entry, names)
    idle = {dim for dim, factor in factors.items() if factor == ("=", 1)}
    return idle | (set(names.dims) - set(factors) if entry.factors_only is not None else set())


def _parallel(constraint: Constraint, names: Names) -> Iterator[str]:
    """The dims that axes may run."""
    assert constraint.entry is not None
    memory = names.wires.get(constraint.target, constraint.target)
    idle, split = _idle(constraint.entry, names), constraint.entry.split
    for mesh, axis in names.axes.get(memory, {}).items():
        free = [ours for theirs, ours in names.dims.items() if theirs not in idle]
        if (mesh == "X" and split == 0) or (mesh == "Y" and split is not None and split >= len(names.dims)):
            free = []
        level = names.level_of(memory)
        if len(free) < len(names.dims) and _ADDRESSABLE.fullmatch(level) and _ADDRESSABLE.fullmatch(axis):
            yield f"{level}.{axis}.parallel = {','.join(free) or 'none'}"


def _order(constraint: Constraint, names: Names) -> Iterator[str]:
    """The order of loops over time; those that are not named stand outside."""
    assert constraint.entry is not None
    order = [names.dims[dim] for dim in parse_permutation(constraint.entry.permutation, names.dims)][::-1]
    real = constraint.target in names.memories and constraint.target not in names.virtual
    if order and real and _ADDRESSABLE.fullmatch(constraint.target):
        yield f"{constraint.target}.order = {'*' if len(order) < len(names.dims) else ''}{''.join(order)}"


def _unmet(constraint: Constraint, names: Names) -> Iterator[str]:
    """What no constraint of ours says."""
    entry = constraint.entry
    assert entry is not None
    said = f"{constraint.target}: {constraint.kind} constraint"
    factors = _factors(entry, names)
    limits = [f"{dim}{relation}{trips}" for dim, (relation, trips) in factors.items()
              if constraint.kind != "spatial" or (relation, trips) != ("=", 1)]  # fmt: skip
    if limits or (entry.factors_only is not None and constraint.kind != "spatial"):
        yield f"{said} on factors ({' '.join(limits) or 'none but 1'}); a mapper is not held to it"
    meshes = names.axes.get(names.wires.get(constraint.target, constraint.target), {})
    if entry.split is not None and 0 < entry.split < len(names.dims) and len(meshes) > 1:
        yield f"{said} split = {entry.split}: which dims lie on X; a mapper is not held to it"
    for key in sorted(entry.model_extra or {}):
        yield f"{said} {key}; a mapper is not held to it"

"""Timeloop: its problem, architecture and mapping files, read and written.

``load_timeloop(folder)`` takes every YAML file of a folder, be they v0.3-style flat, v0.4 as people write it (tagged
nodes), or the processed form that Timeloop's front end makes of it, with Accelergy's tables where they are present.
What a file asks for that the model lacks is listed, not dropped.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.formats.timeloop.architecture import Architecture, read_architecture
from accel_models.formats.timeloop.constraints import (
    KEEP_TYPES,
    SECTIONS,
    Constraint,
    mapper_constraints,
    read_constraints,
    read_kept,
    unread_keeps,
)
from accel_models.formats.timeloop.mapping import read_mapping, write_mapping
from accel_models.formats.timeloop.names import TENSOR_NAMES, Names
from accel_models.formats.timeloop.nodes import tagged
from accel_models.formats.timeloop.problem import read_problem
from accel_models.formats.timeloop.writing import write_timeloop
from accel_models.loopnest import Mapping as Nest
from nets.documents import Document, Section, files_in, parse_yaml, read_text, require_content
from nets.documents.limits import MOST_YAML_BYTES
from nets.documents.template import refuse_template
from nets.errors import InputError, unknown
from nets.layer import Layer

__all__ = [
    "Names",
    "TimeloopCase",
    "file_schema",
    "load_timeloop",
    "read_machine",
    "read_timeloop",
    "write_mapping",
    "write_timeloop",
]

_READ = (
    *("arch", "architecture", "variables", "problem", "mapping"),
    *("ERT", "ART", "ERT_summary", "ART_summary"),
)
# How a mapper should search, how energies were estimated, how Timeloop should print: no cost depends on them.
_SILENT = (
    *("mapper", "compound_components", "components", "globals", "dumped_by_timeloop_front_end"),
    *("sparse_optimizations", "constraints"),
)


@dataclass(frozen=True, slots=True)
class TimeloopCase:
    """What a folder of Timeloop files holds.

    Attributes:
        layer, accelerator: as read; one element is one word, whatever its width.
        mapping: ``None`` where the files hold none (they were meant for a mapper).
        names: what the files call dims, data spaces and memories.
        blocks: words that one access of each memory moves; energies are per word, a block's divided by its words.
        lacks: what the files ask for that the model does not have, one sentence each.
        constraints: what they hold mappers to, as :mod:`mappings.constraint_text` writes it.
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Nest | None
    names: Names
    blocks: Mapping[str, float]
    lacks: tuple[str, ...]
    constraints: tuple[str, ...] = ()

    def rename(self, traffic: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """``traffic[level][tensor]`` with the file's names of the data spaces."""
        return {
            level: {self.names.tensors[tensor]: counts for tensor, counts in tensors.items()}
            for level, tensors in traffic.items()
        }


def load_timeloop(folder: str | Path) -> TimeloopCase:
    """Read every YAML file of a folder (or one file) as one case.

    Raises:
        InputError: no such folder, no YAML in it, a section given twice, or what the readers refuse.
    """
    folder = Path(folder)
    paths = files_in("Timeloop files", folder, ".yaml", ".yml") if os.path.isdir(folder) else [folder]
    sections: dict[str, Section] = {}
    for path in paths:
        for name, section in _sections(_read_document(path)).items():
            before = sections.get(name, section)
            if before.data and section.data and before.data != section.data:
                raise InputError(section.where(), name, "stands in another file of the folder too")
            sections[name] = section if section.data else before
    if not paths:
        raise InputError("Timeloop files", str(folder), "holds no YAML file")
    return _case(sections, (folder if os.path.isdir(folder) else folder.with_suffix("")).name)


def _read_document(path: Path) -> Document:
    """A file, with the tags of its nodes as data."""
    text = read_text("Timeloop files", path, most=MOST_YAML_BYTES)
    refuse_template(
        text,
        path.name,
        "have Timeloop's front end fill it in and give what it writes, parsed-processed-input.yaml",
    )
    document = Document(parse_yaml(text, path.name, tags=tagged), path.name, text)
    require_content(document.data, "Timeloop files", path)
    if not isinstance(document.data, dict):
        raise InputError("Timeloop files", str(path), "must be a mapping of sections", "write e.g. problem: and arch:")
    return document


def read_machine(path: str | Path) -> Accelerator:
    """The machine of one file without a problem, whose data spaces have Timeloop's usual names.

    Raises:
        InputError: what :func:`read_architecture` refuses, or a constraint about a data space of another name.
    """
    sections = _sections(_read_document(Path(path)))
    _check_known(sections)
    architecture = read_architecture(sections, Path(path).stem)
    lacks = (*architecture.lacks, *unread_keeps(architecture.constraints))
    if any(constraint.kind not in KEEP_TYPES for constraint in architecture.constraints):
        lacks += ("constraints on mappings; 'cosearch map --timeloop' reads them, with the problem",)
    return _keeping(architecture, architecture.constraints, _names(architecture, {}, TENSOR_NAMES), lacks)


def read_timeloop(documents: Mapping[str, Any], name: str = "timeloop") -> TimeloopCase:
    """Read sections (``problem``, ``arch`` or ``architecture``, ``mapping``, ``ERT_summary``, ...) as one case.

    Raises:
        InputError: an unknown or missing section, or what the readers refuse.
    """
    return _case(_sections(Document(documents, name)), name)


def _sections(document: Document) -> dict[str, Section]:
    """The sections of a file by name."""
    return {str(name): Section(document, (name,)) for name in document.data}


def file_schema() -> dict[str, Any]:
    """JSON Schema of a file."""
    from accel_models.formats.timeloop.schema import timeloop_schema

    return timeloop_schema(_SILENT)


def _check_known(sections: Mapping[str, Section]) -> None:
    for key, section in sections.items():
        if key not in (*_READ, *SECTIONS, *_SILENT):
            raise unknown(section.document.place_of_key((), key), key, [*_READ, *SECTIONS, *_SILENT])


def _case(sections: Mapping[str, Section], name: str) -> TimeloopCase:
    _check_known(sections)
    sections = {key: section for key, section in sections.items() if section.data}
    if "problem" not in sections:
        given = f"it has {', '.join(sorted(sections))}" if sections else "it has no section that says anything"
        raise InputError(name, "problem", "is missing", f"{given}")
    architecture = read_architecture(sections, name)
    problem = read_problem(sections["problem"], name, architecture.memories[0].word_bits)
    names = _names(architecture, problem.dims, problem.tensors)
    lacks = [*problem.lacks, *architecture.lacks]
    if "sparse_optimizations" in sections:
        lacks.append("sparse_optimizations: every word is counted as present")
    constraints = [*read_constraints(sections, names), *architecture.constraints]
    lacks += unread_keeps(constraints)
    accelerator = _keeping(architecture, constraints, names)
    mapping, for_mapper = None, tuple[str, ...]()
    if "mapping" in sections:
        mapping, accelerator = read_mapping(sections["mapping"], problem.layer, accelerator, names)
    else:
        for_mapper = mapper_constraints(constraints, names, lacks)
    blocks = {part.name: part.block for part in architecture.memories}
    return TimeloopCase(problem.layer, accelerator, mapping, names, blocks, tuple(lacks), for_mapper)


def _names(architecture: Architecture, dims: Mapping[str, str], tensors: Mapping[str, str]) -> Names:
    return Names(
        dims=dims,
        tensors=tensors,
        memories=tuple(part.name for part in architecture.memories),
        virtual=frozenset(part.name for part in architecture.memories if part.virtual),
        axes=architecture.axes,
        wires=architecture.wires,
    )


def _keeping(
    architecture: Architecture, constraints: Sequence[Constraint], names: Names, lacks: tuple[str, ...] = ()
) -> Accelerator:
    """The machine, each level of which keeps what constraints let it keep."""
    kept = read_kept(constraints, names)
    accelerator = architecture.accelerator
    levels = tuple(dataclasses.replace(level, keeps=kept.get(level.name, level.keeps)) for level in accelerator.levels)
    return dataclasses.replace(accelerator, levels=levels, lacks=lacks)

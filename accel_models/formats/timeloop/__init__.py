"""Timeloop: its problem, architecture and mapping files, read and (mappings) written.

``load_timeloop(folder)`` takes every YAML file of a folder, be they v0.3-style flat or the processed v0.4 form, with
Accelergy's summaries where they are present. What a file asks for that the model lacks is listed, not dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.formats.fields import as_words, check_keys
from accel_models.formats.timeloop.architecture import read_architecture
from accel_models.formats.timeloop.mapping import Names, read_kept, read_mapping, write_mapping
from accel_models.formats.timeloop.problem import read_problem
from accel_models.loopnest import Mapping as Nest
from nets.documents import read_yaml
from nets.errors import InputError, unknown
from nets.layer import Layer

__all__ = ["Names", "TimeloopCase", "load_timeloop", "read_timeloop", "write_mapping"]

_READ = ("arch", "architecture", "problem", "mapping", "ERT_summary", "ART_summary")
_CONSTRAINTS = {"architecture_constraints": "targets", "mapspace_constraints": "targets", "mapspace": "constraints"}
# How a mapper should search, how energies were estimated, how Timeloop should print: no cost depends on them.
_SILENT = (
    *("mapper", "compound_components", "components", "globals", "variables", "dumped_by_timeloop_front_end"),
    *("sparse_optimizations", "constraints", "ERT", "ART"),
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
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Nest | None
    names: Names
    blocks: Mapping[str, float]
    lacks: tuple[str, ...]

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
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]) if folder.is_dir() else [folder]
    documents: dict[str, Any] = {}
    for path in paths:
        data = read_yaml(path, "Timeloop files", tags=_untagged).data
        if not isinstance(data, dict):
            raise InputError("Timeloop files", str(path), "must be a mapping of sections")
        for section, content in data.items():
            section = as_words(section, f"{path.name}: section")
            if documents.get(section) and content and documents[section] != content:
                raise InputError(f"{path.name}: section", section, "stands in another file of the folder too")
            documents[section] = content or documents.get(section)
    if not documents:
        raise InputError("Timeloop files", str(folder), "holds no YAML file")
    return read_timeloop(documents, (folder if folder.is_dir() else folder.with_suffix("")).name)


def _untagged(_: str, value: Any) -> Any:
    """Tags of v0.4 (``!Container``, ``!Component``) say the kind of a node, which the reader refuses by its place."""
    return value


def read_timeloop(documents: Mapping[str, Any], name: str = "timeloop") -> TimeloopCase:
    """Read sections (``problem``, ``arch`` or ``architecture``, ``mapping``, ``ERT_summary``, ...) as one case.

    Raises:
        InputError: an unknown or missing section, or what the readers refuse.
    """
    for section in documents:
        if section not in (*_READ, *_CONSTRAINTS, *_SILENT):
            raise unknown(f"{name}: section", str(section), [*_READ, *_CONSTRAINTS, *_SILENT])
    if not documents.get("problem"):
        raise InputError(name, sorted(documents), "holds no 'problem'")
    architecture = read_architecture(documents, name)
    problem = read_problem(documents["problem"], name, architecture.memories[0].word_bits)
    names = Names(
        dims=problem.dims,
        tensors=problem.tensors,
        memories=tuple(part.name for part in architecture.memories),
        virtual=frozenset(part.name for part in architecture.memories if part.virtual),
        axes=architecture.axes,
    )
    lacks = [*problem.lacks, *architecture.lacks]
    if documents.get("sparse_optimizations"):
        lacks.append("sparse_optimizations: every word is counted as present")
    if (documents.get("ERT") and not documents.get("ERT_summary")) or (
        documents.get("ART") and not documents.get("ART_summary")
    ):
        lacks.append("ERT, ART: tables by action argument; give ERT_summary and ART_summary")
    accelerator = _constrained(architecture.accelerator, documents, names, name, lacks)
    mapping = None
    if documents.get("mapping"):
        mapping, accelerator = read_mapping(documents["mapping"], problem.layer, accelerator, names, f"{name}: mapping")
    blocks = {part.name: part.block for part in architecture.memories}
    return TimeloopCase(problem.layer, accelerator, mapping, names, blocks, tuple(lacks))


def _constrained(
    accelerator: Accelerator, documents: Mapping[str, Any], names: Names, name: str, lacks: list[str]
) -> Accelerator:
    """Let each level keep what the constraints let it keep; other constraints on mappings are not modelled."""
    kept: dict[str, tuple[str, ...]] = {}
    for section, key in _CONSTRAINTS.items():
        items = check_keys(documents.get(section) or {}, f"{name}: {section}", documents.get(section) or ()).get(key)
        if items:
            kept |= read_kept(items, names, f"{name}: {section}.{key}")
            if not documents.get("mapping"):
                lacks.append(f"{section}: limits on factors and permutations; only what a memory may keep is read")
    levels = tuple(dataclasses.replace(level, keeps=kept.get(level.name, level.keeps)) for level in accelerator.levels)
    return dataclasses.replace(accelerator, levels=levels)

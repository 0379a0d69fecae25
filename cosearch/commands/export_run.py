"""The design of a run in another tool's form, layer by layer, or as tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from accel_models.formats.written import Written
from nets.errors import InputError

LOOP_COLUMNS: Final = ("layer", "level", "keeps", "kind", "position", "dim", "tile", "axis")
MEMORY_COLUMNS: Final = (
    "name", "keeps", "word_bits", "capacity_words", "double_buffered", "read_bandwidth", "write_bandwidth",
    "shared_bandwidth", "read_pj", "write_pj", "network_pj", "area_mm2", "leakage_mw", "fanout",
)  # fmt: skip

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from accel_models.loopnest import Mapping as LoopNest
    from cosearch.studies.replay import Replay
    from nets import Layer

    Writer = Callable[[Accelerator, Layer, LoopNest], Written]


def run_design(path: str) -> Path | None:
    """The ``best.yaml`` that a run's folder or a path names; ``None`` for what is neither.

    Raises:
        InputError: a folder without one.
    """
    from cosearch.studies.run_folder import BEST
    from nets.documents import is_file

    given = Path(path)
    if os.path.isdir(given):
        if not is_file("accelerator", given / BEST):
            hint = "name the folder of a run with a design"
            raise InputError("accelerator", path, f"is a folder without {BEST}", hint)
        return given / BEST
    return given if given.name == BEST and is_file("accelerator", given) else None


def write_layers(found: Replay, writer: Writer) -> Written:
    """A folder for each distinct layer: machine, layer, and the mapping that the run found of it.

    A layer or mapping that the tool has no form for is said and left out.

    Raises:
        InputError: the tool has a form for none of them; says why of the first.
    """
    files: dict[str, str] = {}
    lost: dict[str, None] = {}
    first: InputError | None = None
    for number, (name, layer, mapping) in enumerate(_mapped(found), 1):
        try:
            written = writer(found.winner.accelerator, layer, mapping)
        except InputError as error:
            first = first or error
            lost[f"layer {name!r}: {error.place}: {error.rule}"] = None
            continue
        folder = f"{number:03}-{''.join(each if each.isalnum() else '-' for each in name)}"
        files |= {f"{folder}/{file}": text for file, text in written.files.items()}
        lost |= dict.fromkeys(written.lost)
    if not files and first is not None:
        raise first
    return Written(files, tuple(lost))


def write_tables(found: Replay) -> Written:
    """``layers.csv`` with a row for each layer, ``loops.csv`` for each loop of each mapping, ``memories.csv`` for each
    memory with its figures per word and instance."""
    from cosearch.evaluation.network_cost import layer_rows
    from cosearch.studies.tables import csv_text

    columns, rows = layer_rows(found.winner.costs)
    memories = [
        {name: getattr(level, name) for name in MEMORY_COLUMNS if name not in ("keeps", "fanout")}
        | {"keeps": " ".join(level.keeps), "fanout": " x ".join(f"{axis.name} {axis.size}" for axis in level.fanout)}
        for level in found.winner.accelerator.levels
    ]
    return Written(
        {
            "layers.csv": csv_text(rows, columns),
            "loops.csv": csv_text(list(_loops(found)), LOOP_COLUMNS),
            "memories.csv": csv_text(memories, MEMORY_COLUMNS),
        },
        ("dims that an axis can run, words reserved for a tensor, and proofs: best.yaml has them",),
    )


def _mapped(found: Replay) -> Iterator[tuple[str, Layer, LoopNest]]:
    """Each distinct layer that runs on the array, once, with its mapping."""
    seen = set()
    for cost in found.winner.costs:
        for entry in cost.layers:
            if entry.mapping is not None and entry.layer.shape_key not in seen:
                seen.add(entry.layer.shape_key)
                yield entry.layer.name, entry.layer, entry.mapping


def _loops(found: Replay) -> Iterator[dict[str, Any]]:
    for name, _, mapping in _mapped(found):
        for level in mapping.levels:
            keeps = "" if level.keeps is None else " ".join(level.keeps)
            for kind, loops in (("temporal", level.temporal), ("spatial", level.spatial)):
                for position, loop in enumerate(loops, 1):
                    yield {
                        "layer": name, "level": level.level, "kind": kind, "position": position, "dim": loop.dim,
                        "tile": loop.tile, "axis": loop.axis, "keeps": keeps,
                    }  # fmt: skip

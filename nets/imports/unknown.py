"""Operations that no kind stands for: refused by name and place, or costed as copies where that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from nets.errors import InputError, nearest
from nets.imports.graph import Op, SourceGraph
from nets.imports.uses import Uses

MOST_PLACES: Final = 3


def costed_as_copies(graph: SourceGraph, names: Sequence[str]) -> SourceGraph:
    """The graph with unknown operations of some names as copies.

    Raises:
        InputError: the graph has no unknown operation of a name.
    """
    unknown = {op.name for op in graph.ops if op.kind == "unknown"}
    for name in names:
        if name not in unknown:
            rule = f"is no operation of {graph.name} that is not known"
            raise InputError("--movement", name, rule, nearest(name, unknown) if unknown else "leave it out")
    ops = [replace(op, kind="move") if op.kind == "unknown" and op.name in names else op for op in graph.ops]
    return replace(graph, ops=ops)


def unknown_in(graph: SourceGraph, uses: Uses) -> list[Op]:
    """The unknown operations that work on more than constants."""
    return [op for op in graph.ops if op.kind == "unknown" and not uses.constant.issuperset(op.outputs)]


def require_known(graph: SourceGraph, uses: Uses) -> None:
    """Refuse what is not known and works on more than constants.

    Raises:
        InputError: says which operations, how many of each, and where.
    """
    unknown = unknown_in(graph, uses)
    if not unknown:
        return
    counts = Counter(op.name for op in unknown)
    first = unknown[0].name
    named = ", ".join(f"{name} ({count})" for name, count in counts.most_common())
    rule = f"is an operation that is not known, at {_places(op for op in unknown if op.name == first)}"
    others = f"; not known in all: {named}" if len(counts) > 1 else ""
    options = " ".join(f"--movement {name}" for name in counts)
    raise InputError(f"network {graph.name!r}", first, rule + others, f"{options} costs it as a copy")


def _places(ops: Iterable[Op]) -> str:
    places = [op.place for op in ops]
    shown = ", ".join(places[:MOST_PLACES])
    return shown + (f" and {len(places) - MOST_PLACES} more places" if len(places) > MOST_PLACES else "")

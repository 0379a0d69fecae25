"""The joint proof: boxes of designs in waves, least bound first, until no box is left that could hold a better design.

A wave has a fixed number of boxes, each worked on by itself for a fixed amount of work, so what is proven does not
depend on who works, nor on how many.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.description import Sized
from cosearch.bounds.boxes import BoxSearch, Node
from cosearch.bounds.layers import CUTS
from cosearch.bounds.spec import BoundSpec

WAVE: Final = 16
"""Boxes that are worked on at the same time."""
TASK_WORK: Final = 100
"""Units of work on each, some 0.1 s."""
AHEAD: Final = 0.01
"""How far above the least bound the boxes of a wave are raised at most before others have their turn."""
STEP: Final = 37
"""Boxes between two that are asked for a design."""
ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class JointBound:
    """What no design inside a budget can beat, with any network and any mappings.

    Attributes:
        value: of the best design known.
        lower_bound: what no design is below, in the same unit; ``None`` where nothing is proven.
        proven_share: of all pairs of an array (dims run in parallel, and their widths) and a size of L2 that the budget
            has room for, those of which no design is better than ``value``, whatever else it has and runs.
        boxes: that were worked on.
        note: why nothing is proven; empty where something is.
        groups: the same of designs whose layers may run in groups; ``None`` where that was not asked for.
    """

    value: float
    lower_bound: float | None
    proven_share: float
    boxes: int
    note: str = ""
    groups: JointBound | None = None

    @property
    def gap(self) -> float | None:
        """How far the value may be above the best design of all: at most this share."""
        return None if self.lower_bound is None else max(self.value / self.lower_bound - 1, 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and YAML."""
        groups = {} if self.groups is None else {"groups": self.groups.to_dict()}
        if self.lower_bound is None:
            return {"lower_bound": None, "gap": None, "proven_share": None, "note": self.note} | groups
        return {
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "proven_share": self.proven_share,
            "boxes": self.boxes,
        } | groups

    @classmethod
    def none(cls, value: float, note: str) -> JointBound:
        """Nothing is proven, and why."""
        return cls(value, None, 0.0, 0, note)


@dataclass(frozen=True, slots=True)
class BoxTask:
    """Arguments of :meth:`BoxSearch.work`, and the problem."""

    spec: BoundSpec
    node: Node
    beat: float
    ceiling: float
    levels: int


def work_on_box(task: BoxTask) -> list[Node]:
    """What is left of a box; done by a worker."""
    return task.spec.load().work(task.node, task.beat, task.ceiling, TASK_WORK, task.levels)


class JointProof:
    """A proof on its way.

    Args:
        spec: the problem.
        value: of the best design known, in the objective's unit.
        nodes: boxes that are left, of an earlier proof of the same problem; all designs where there are none.
        boxes: that were worked on.
        levels: by which layers are searched, see :meth:`BoxSearch.work`.
        waves: that were done.
    """

    def __init__(
        self,
        spec: BoundSpec,
        value: float,
        nodes: Sequence[Node] | None = None,
        boxes: int = 0,
        levels: int = len(CUTS),
        waves: int = 0,
    ) -> None:
        self.spec, self.value, self.boxes, self.levels, self.waves = spec, value, boxes, levels, waves
        self.search: BoxSearch = spec.load()
        found = self.search.roots() if nodes is None else nodes
        self.nodes = sorted((node for node in found if node.bound < value), key=lambda node: node.bound)
        self._given: list[Node] = []

    @property
    def lower_bound(self) -> float:
        """What no design is below; the value where no box is left."""
        return min(self.nodes[0].bound, self.value) if self.nodes else self.value

    @property
    def gap(self) -> float:
        """Value over lower bound, less one."""
        return self.value / self.lower_bound - 1

    def improve(self, value: float) -> None:
        """A better design is known: boxes that are not below it are dropped."""
        self.value = min(self.value, value)
        self.nodes = [node for node in self.nodes if node.bound < self.value]

    def wave(self) -> list[BoxTask]:
        """What is to be done now; empty where nothing can be."""
        open_nodes = [node for node in self.nodes if not node.finished]
        if not open_nodes or self.settled:
            return []
        self._given = open_nodes[:WAVE]
        rest = open_nodes[WAVE].bound if len(open_nodes) > WAVE else self.value
        ceiling = max(rest, self.nodes[0].bound * (1 + AHEAD))
        return [BoxTask(self.spec, node, self.value, ceiling, self.levels) for node in self._given]

    def take(self, left: Sequence[Sequence[Node]]) -> None:
        """What became of the boxes of the last wave, in its order."""
        given = set(map(id, self._given))
        self.boxes += len(self._given)
        self.waves += 1
        nodes = [node for node in self.nodes if id(node) not in given] + [node for each in left for node in each]
        self.nodes = sorted((node for node in nodes if node.bound < self.value), key=lambda node: node.bound)
        self._given = []

    def result(self) -> JointBound:
        """What is proven so far."""
        share = self.search.boxes.proven_share([node.box for node in self.nodes])
        return JointBound(self.value, self.lower_bound, share, self.boxes)

    def promising(self) -> Sized | None:
        """A design that one of the boxes that are left suggests, another one after each wave.

        A box whose bound nothing raises any more may be what the best design stands in: it is asked first.
        """
        if not self.nodes:
            return None
        return self.search.promising(self.nodes[0 if self.settled else self.waves * STEP % len(self.nodes)])

    @property
    def settled(self) -> bool:
        """Whether nothing raises the least bound any more."""
        return bool(self.nodes) and self.nodes[0].finished

    def check(self, machine: Sized, value: float) -> float:
        """The bound of a known design by itself, over its value; at most 1 as long as bounds are right.

        Raises:
            RuntimeError: the bound is above the value: an error of this program.
        """
        bound = self.search.of_box(self.search.boxes.point(machine)).bound
        if bound > value * (1 + ROUNDING):
            raise RuntimeError(f"the bound {bound!r} of a design is above its value {value!r}: {machine}")
        return bound / value if math.isfinite(value) else 0.0


def stacked(nodes: Sequence[Node], sizes: int, layers: int) -> dict[str, NDArray[Any]]:
    """Nodes of designs with so many sizes, for so many layers, as arrays for a file."""
    return {
        "box": np.array([node.box for node in nodes], dtype=np.int64).reshape(-1, sizes, 2),
        "bound": np.array([node.bound for node in nodes], dtype=np.float64),
        "weighted": np.array([node.weighted for node in nodes], dtype=np.float64).reshape(-1, layers),
        "level": np.array([node.level for node in nodes], dtype=np.int8).reshape(-1, layers),
        "next": np.array([node.next for node in nodes], dtype=np.int64),
        "slack": np.array([node.slack for node in nodes], dtype=np.float64),
        "finished": np.array([node.finished for node in nodes], dtype=np.bool_),
    }


def unstacked(arrays: Mapping[str, NDArray[Any]], search: BoxSearch) -> list[Node]:
    """The nodes that :func:`stacked` laid out.

    Raises:
        ValueError: the arrays are not of that layout, or of another problem.
    """
    layout = stacked((), search.boxes.sizes, len(search.workload.layers))
    count = len(arrays["bound"])
    for name, empty in layout.items():
        given = arrays[name]
        if given.dtype != empty.dtype or given.shape != (count, *empty.shape[1:]):
            raise ValueError(f"{name} is of another kind or shape")
        if np.isnan(given).any() or (name in ("bound", "weighted", "level", "next") and (given < 0).any()):
            raise ValueError(f"{name} holds what is no bound")
    if not search.boxes.holds(arrays["box"]):
        raise ValueError("box is beyond the sizes of designs")
    rows = zip(*(arrays[name] for name in layout))
    return [
        Node(box, float(bound), weighted, level, int(following), float(slack), bool(finished))
        for box, bound, weighted, level, following, slack, finished in rows
    ]

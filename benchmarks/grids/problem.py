"""Grids of designs, each with what runs on them; bounds and mappings of one design."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Final

import numpy as np

from accel_models.template import Template
from cosearch import Budget, CoSearch
from cosearch.bounds.arrays import are_images, are_square, is_first, mirrored
from cosearch.bounds.boxes import BoxSearch
from cosearch.bounds.choices import ALL, Choices, nearest
from cosearch.bounds.design import bound_design
from cosearch.bounds.grid import HI, L1, L2, LO, NOC, SIZES, DesignGrid, Floats, Ints, on_stride
from cosearch.bounds.spec import BoundSpec
from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.evaluation.workload import Workload
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.serial import Serial
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.template_space import MOST_ELEMENTS, WIRED
from cosearch.search.candidates import Candidate, map_candidates, usual_budget
from cosearch.search.last_mapping import GAP, LastMapping
from cosearch.search.race import begin_race

PROBLEMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "mobilenet_v2": {"networks": ("mobilenet_v2",)},
    "squeezenet1_1": {"networks": ("squeezenet1_1",)},
    "ofa-mbv3": {"resolution": 192},
}
BUDGET: Final = "area=2mm2"
KIB: Final = (16, 32, 64, 96, 128, 192, 256, 384)
WIDTHS: Final = (2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128)


def _rungs(kib: Sequence[int]) -> tuple[int, ...]:
    """The sizes of L2 that bounds know nearest to some."""
    known = np.array(ALL.l2_bytes)
    return tuple(known[nearest(known, 1024.0 * np.array(kib))].tolist())


GRIDS: Final = {
    "full": Choices((2, 4, 8, 14, 16, 28, 32, 56, 64, 128), (16, 64, 256), _rungs(KIB), (16, 32, 64)),
    "fine": Choices(WIDTHS, (16, 32, 64, 128, 256, 512), _rungs(sorted((24, 48, *KIB))), (16, 24, 32, 48, 64)),
    "small": Choices((4, 8, 16, 32), (16, 256), _rungs((32, 64, 128)), (32,)),
}
STAGES: Final = ("estimate", "no search", "60 cuts", "600 cuts", "4,000 cuts")
"""Ways to bound a design, each nearer to the truth and longer than the one before."""
CHUNK: Final = 2000
BOXES: Final = 1000
"""Cuts of the optimal mapper for a layer, which ends before if it is within :data:`GAP`."""


@dataclass(frozen=True)
class Problem:
    """A grid of designs for one workload.

    Attributes:
        name: of the workload, a key of :data:`PROBLEMS`.
        size: of the grid, a key of :data:`GRIDS`.
    """

    name: str
    size: str

    @cached_property
    def options(self) -> CoSearchOptions:
        """Of a search, as a user has it."""
        return CoSearch(budget=Budget.parse(BUDGET), **PROBLEMS[self.name]).options

    @property
    def choices(self) -> Choices:
        """The sizes that designs have."""
        return GRIDS[self.size]

    @cached_property
    def _begun(self) -> tuple[WorkloadSpec, BoxSearch]:
        spec, race = begin_race(self.options, Serial(), self.choices)
        spec.make()
        return spec, BoundSpec(self.options, spec.resolutions, race.lanes[0].terms.direction or (1.0, 1.0)).load()

    @property
    def spec(self) -> WorkloadSpec:
        """What is evaluated on every design."""
        return self._begun[0]

    @property
    def workload(self) -> Workload:
        """The same, made."""
        return self.spec.load()

    @cached_property
    def grid(self) -> DesignGrid:
        """The designs."""
        return DesignGrid(self.options.hardware, self._begun[1].workload.layers, self.choices)

    @cached_property
    def square(self) -> bool:
        """Whether a design and its mirror image cost the same."""
        return are_square(self._begun[1].workload.layers)

    def designs(self) -> Ints:
        """(n, 9) all designs, one of two that are mirror images."""
        found = []
        for wiring in self.grid.wirings():
            if self.square and not is_first(wiring):
                continue
            arrays = self._arrays(wiring)
            for l1, words in product(range(len(self.choices.l1_bytes)), self.choices.words):
                sizes = np.zeros((len(arrays), len(SIZES)), dtype=np.int64)
                sizes[:, :L1], sizes[:, L1], sizes[:, NOC] = arrays, l1, words
                fitting = self.grid.last_l2(sizes) + 1
                sizes = np.repeat(sizes, fitting, axis=0)
                sizes[:, L2] = np.arange(len(sizes)) - np.repeat(fitting.cumsum() - fitting, fitting)
                found.append(sizes)
        return np.concatenate(found)

    def _arrays(self, wiring: Sequence[str]) -> Ints:
        """(n, 6) all arrays of a wiring on the strides, one of two that are mirror images; some are too large."""
        most = dict(zip(WIRED, self.grid.most_lanes.tolist()))
        widths = [
            [lanes for lanes in self.choices.lanes if lanes <= most[dim]] if dim in wiring else [1] for dim in WIRED
        ]
        arrays = np.array(list(product(*widths)), dtype=np.int64).reshape(-1, L1)
        arrays = arrays[on_stride(arrays) & (arrays.prod(axis=1) <= MOST_ELEMENTS)]
        return arrays[~are_images(arrays, arrays)] if self.square else arrays

    def design_of(self, template: Template) -> Ints:
        """The design (9,) of the grid that a template is, or whose mirror image it is."""
        box = self.grid.point(template)
        if (box[:, LO] != box[:, HI]).any():
            raise ValueError(f"not a design of the grid: {template}")
        design = box[:, HI]
        wiring = [WIRED[place] for place in np.flatnonzero(design[:L1] > 1)]
        lanes = design[None, :L1]
        turned = self.square and (not is_first(wiring) or are_images(lanes, lanes)[0])
        return mirrored(design) if turned else design

    # ---- what is known of designs ----

    def estimates(self, designs: Ints) -> Floats:
        """What designs (n, 9) cost at least, at a glance."""
        search, points = self._begun[1], self._points(designs)
        least = []
        for first in range(0, len(points), CHUNK):
            energy, latency = search.layers.crude(np.repeat(points[first : first + CHUNK, :, None], 2, axis=2))
            weighted = search.layers.weighted(energy, latency)
            least.append(search.workload.least(energy, latency, weighted, search.layers.direction))
        return np.concatenate(least)

    def bound(self, design: Ints, stage: int) -> float:
        """What a design costs at least by a stage of :data:`STAGES` after the first."""
        return bound_design(self._begun[1], self._points(design[None])[0], level=stage - 1)

    def cost(self, design: Ints) -> tuple[float, float]:
        """Energy in pJ and latency in s as the optimal mapper maps a design at the end of a search."""
        options, template = self.options, self.grid.machine(design)
        candidate = Candidate(0, template, budget=usual_budget(options, self.workload.layers))
        table = map_candidates(self.spec, [candidate], 1)
        found = self.workload.evaluate(table.energy_pj[0], table.latency_s[0], 0)
        quick = Design.evaluated(0, template, found, options.goal, options.budget)
        last = LastMapping(options, self.workload, Serial(1), (), {"gap": GAP, "boxes": BOXES})
        return _figures(last.of(quick, table, last=False).design.workloads)

    def quick_cost(self, design: Ints) -> tuple[float, float]:
        """The same as a search with another sampler than the race maps its designs."""
        table = map_candidates(self.spec, [Candidate(0, self.grid.machine(design))], 1)
        return _figures(self.workload.evaluate(table.energy_pj[0], table.latency_s[0], 0))

    def value(self, figures: tuple[float, float]) -> float:
        """The objective of energy and latency."""
        return self.options.goal.of(*figures) if all(map(math.isfinite, figures)) else math.inf

    def _points(self, designs: Ints) -> Ints:
        """Designs in the numbers of the grid of all sizes, by which bounds know them."""
        every = self._begun[1].boxes.grid
        points = designs.copy()
        points[:, L1] = np.searchsorted(every.l1.size, self.grid.l1.size[designs[:, L1]])
        points[:, L2] = np.searchsorted(every.l2.size, self.grid.l2.size[designs[:, L2]])
        return points


def _figures(found: tuple[WorkloadCost, ...]) -> tuple[float, float]:
    return found[0].energy_pj, found[0].latency_s

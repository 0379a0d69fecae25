"""The accelerators inside a budget, as points of a unit cube: NAAS's sizes and connectivity.

Each design is thirteen numbers from 0 to 1. Six are the importance of the dims: an array of k axes runs the k most
important dims in parallel, the most important on its first axis (NAAS, section II-B). The others are sizes, on NAAS's
strides: number of axes, elements, how the elements are split over the axes, L1, L2 and on-chip bandwidth.

Sizes run over a range that fits the budget with everything else at its smallest, on a logarithmic scale, so a good
share of all points lies inside the budget; the others decode to ``None`` and are drawn again. DRAM bandwidth takes no
area, so more is always better: it is not searched but given, by the budget or :data:`DEFAULT_DRAM_GB_S`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Final

from accel_models.area import DEFAULT_OVERHEAD
from accel_models.dram import DEFAULT_DRAM
from accel_models.own_technology import OwnTechnology
from accel_models.precision import INT8, Precision
from accel_models.technology import DEFAULT_NODE_NM
from accel_models.template import ARRAY_STRIDE, BUFFER_STRIDE_BYTES, PE_STRIDE, Template
from cosearch.problem.budget import Budget, Violation
from cosearch.problem.hardware import Extent, Knobs, Parameters, static_measures
from nets.elementary import power
from nets.errors import InfeasibleError

WIRED: Final = ("K", "C", "P", "Q", "R", "S")
"""Dims that an array may run in parallel."""
MOST_AXES: Final = 3
WIRINGS: Final = tuple(" ".join(dims) for axes in range(1, MOST_AXES + 1) for dims in combinations(WIRED, axes))
"""Every choice of them, without the order of the axes, which changes no cost."""
IMPORTANCES: Final = {f"importance_{dim}": dim for dim in WIRED}
KNOBS: Final = (*IMPORTANCES, "axes", "elements", "split_1", "split_2", "l1", "l2", "noc_bandwidth")

MOST_ELEMENTS: Final = 4096
MOST_L1_BYTES: Final = 4096
MOST_L2_BYTES: Final = 16 * 1024**2
MOST_NOC_WORDS: Final = 256.0
DEFAULT_DRAM_GB_S: Final = 12.8
MOST_LANES: Final = 2 * MOST_ELEMENTS
"""An axis may exceed the elements asked for by its stride."""
DOMAINS: Final[Mapping[str, Extent | Sequence[str]]] = {
    "parallel": WIRINGS,
    "l1_bytes": Extent(1, MOST_L1_BYTES),
    "l2_bytes": Extent(1, MOST_L2_BYTES),
    "noc_words_per_cycle": Extent(1.0, MOST_NOC_WORDS),
}
"""What the parameters of a design may be; others are lanes."""


@dataclass(frozen=True)
class TemplateSpace:
    """All designs of the template inside a budget, see :class:`~cosearch.problem.hardware.HardwareSpace`.

    Attributes:
        budget: limits; those on area, elements, memory and bandwidths are known before anything is mapped.
        node_nm: technology.
        precision: of the operands.
        overhead: silicon area over the sum of the parts.
        voltage, dram, standing_costs, technology: as :class:`~accel_models.template.Template` has them.
    """

    budget: Budget
    node_nm: int = DEFAULT_NODE_NM
    precision: Precision = INT8
    overhead: float = DEFAULT_OVERHEAD
    voltage: float | None = None
    dram: str = DEFAULT_DRAM
    standing_costs: bool = False
    technology: OwnTechnology | None = None

    def design(
        self, array: tuple[int, ...], parallel: tuple[str, ...], l1_bytes: int, l2_bytes: int, noc: float
    ) -> Template:
        """A template with what is common to all designs of this space."""
        return Template(
            name="searched",
            array=array,
            parallel=parallel,
            l1_bytes=l1_bytes,
            l2_bytes=l2_bytes,
            noc_bandwidth=noc,
            dram_bandwidth=self.dram_gb_s,
            precision=self.precision,
            node_nm=self.node_nm,
            overhead=self.overhead,
            voltage=self.voltage,
            dram=self.dram,
            standing_costs=self.standing_costs,
            technology=self.technology,
        )

    @property
    def knobs(self) -> Sequence[str]:
        """Names of the numbers of a point."""
        return KNOBS

    @property
    def most_noc_words(self) -> int:
        """The most words a cycle of the network; they are whole, and 1 at least."""
        limit = self.budget.noc_words_per_cycle
        return int(MOST_NOC_WORDS if limit is None else min(MOST_NOC_WORDS, max(limit, 1.0)))

    @property
    def dram_gb_s(self) -> float:
        """DRAM bandwidth of every design."""
        return self.budget.bandwidth_gb_s or DEFAULT_DRAM_GB_S

    def described(self, parameters: Mapping[str, Any]) -> Template:
        """The design of :meth:`parameters`; its axes in the order of :data:`WIRED`."""
        wired = str(parameters["parallel"]).split()
        return self.design(
            tuple(int(parameters[f"lanes_{dim}"]) for dim in wired),
            tuple(wired),
            int(parameters["l1_bytes"]),
            int(parameters["l2_bytes"]),
            float(parameters["noc_words_per_cycle"]),
        )

    def parameters(self, template: Template) -> Parameters:
        """Which dims run in parallel, their lanes, memories in bytes, words a cycle."""
        lanes = dict(zip(template.parallel, template.array))
        wired = [dim for dim in WIRED if dim in lanes]
        return {
            "parallel": " ".join(wired),
            **{f"lanes_{dim}": lanes[dim] for dim in wired},
            "l1_bytes": template.l1_bytes,
            "l2_bytes": template.l2_bytes,
            "noc_words_per_cycle": template.noc_bandwidth,
        }

    def domain(self, parameter: str) -> Extent | Sequence[str]:
        """See :class:`~cosearch.problem.hardware.HardwareSpace`."""
        return DOMAINS.get(parameter, Extent(1, MOST_LANES))

    def violations(self, template: Template) -> tuple[Violation, ...]:
        """Limits broken that are known without mapping anything."""
        return self.budget.violations(static_measures(template))

    @cached_property
    def smallest(self) -> Template:
        """The smallest design of all."""
        return self.design((PE_STRIDE,), ("K",), BUFFER_STRIDE_BYTES, BUFFER_STRIDE_BYTES, 1.0)

    def require_feasible(self) -> None:
        """Check that the budget leaves room for a design at all.

        Raises:
            InfeasibleError: the smallest design breaks a limit; names it and the limit.
        """
        broken = self.violations(self.smallest)
        if broken:
            raise InfeasibleError(
                f"no design meets the budget {self.budget}: the smallest ({PE_STRIDE} elements, L1 and L2 of "
                f"{BUFFER_STRIDE_BYTES} B) has {' and '.join(str(violation) for violation in broken)}"
            )

    @cached_property
    def _most(self) -> dict[str, float]:
        """The most of each size that fits with everything else at its smallest."""
        elements = self._largest(
            PE_STRIDE,
            MOST_ELEMENTS,
            PE_STRIDE,
            lambda n: self.design((n,), ("K",), BUFFER_STRIDE_BYTES, BUFFER_STRIDE_BYTES, 1.0),
        )
        step = BUFFER_STRIDE_BYTES
        return {
            "elements": elements,
            "l1": self._largest(step, MOST_L1_BYTES, step, lambda n: self.design((PE_STRIDE,), ("K",), n, step, 1.0)),
            "l2": self._largest(step, MOST_L2_BYTES, step, lambda n: self.design((PE_STRIDE,), ("K",), step, n, 1.0)),
        }

    def _largest(self, least: int, most: int, step: int, design: Any) -> int:
        """The largest multiple of ``step`` whose design keeps the budget; area grows with size, so halving finds it."""
        low, high = least // step, most // step
        while low < high:
            middle = (low + high + 1) // 2
            if self.violations(design(middle * step)):
                high = middle - 1
            else:
                low = middle
        return low * step

    @property
    def size(self) -> float:
        """Designs on the strides whose sizes fit one at a time; the budget as a whole leaves fewer."""
        most, step = self._most, ARRAY_STRIDE
        pairs = [(a, b) for a in range(step, int(most["elements"]) + 1, step) for b in _multiples(most["elements"] / a)]
        arrays = (
            most["elements"] // PE_STRIDE,
            len(pairs),
            sum(len(_multiples(most["elements"] / (a * b))) for a, b in pairs),
        )
        shapes = sum(math.perm(len(IMPORTANCES), axes) * count for axes, count in enumerate(arrays, start=1))
        buffers = math.prod(most[name] // BUFFER_STRIDE_BYTES for name in ("l1", "l2"))
        return float(shapes * buffers * self.most_noc_words)

    def decode(self, knobs: Knobs) -> Template | None:
        """The design at a point, or ``None`` when it breaks a limit."""
        axes = min(3, 1 + int(3 * knobs["axes"]))
        ranked = sorted(IMPORTANCES, key=lambda name: -knobs[name])
        parallel = tuple(IMPORTANCES[name] for name in ranked[:axes])
        elements = _between(PE_STRIDE, self._most["elements"], knobs["elements"])
        array = _array(elements, axes, knobs["split_1"], knobs["split_2"])
        template = self.design(
            array,
            parallel,
            _on_stride(_between(BUFFER_STRIDE_BYTES, self._most["l1"], knobs["l1"]), BUFFER_STRIDE_BYTES),
            _on_stride(_between(BUFFER_STRIDE_BYTES, self._most["l2"], knobs["l2"]), BUFFER_STRIDE_BYTES),
            float(round(_between(1.0, self.most_noc_words, knobs["noc_bandwidth"]))),
        )
        return None if self.violations(template) else template


def _between(low: float, high: float, share: float) -> float:
    """``low`` at 0 and ``high`` at 1, evenly on a logarithmic scale."""
    return low * power(high / low, share)


def _on_stride(value: float, stride: int) -> int:
    return max(stride, round(value / stride) * stride)


def _multiples(most: float) -> range:
    """Sizes of an array's axis up to ``most``."""
    return range(ARRAY_STRIDE, int(most) + 1, ARRAY_STRIDE)


def _array(elements: float, axes: int, split_1: float, split_2: float) -> tuple[int, ...]:
    """About ``elements`` split over the axes, each a multiple of its stride and the product one of :data:`PE_STRIDE`.

    ``split_1`` is the first axis's share of the elements' logarithm, ``split_2`` the second's share of what is left.
    """
    if axes == 1:
        return (_on_stride(elements, PE_STRIDE),)
    first = power(elements, split_1)
    second = elements / first
    if axes == 2:
        # The longer axis goes in steps of 4: then the product is a multiple of 8.
        strides = (2 * ARRAY_STRIDE, ARRAY_STRIDE) if first > second else (ARRAY_STRIDE, 2 * ARRAY_STRIDE)
        return (_on_stride(first, strides[0]), _on_stride(second, strides[1]))
    middle = power(second, split_2)
    return tuple(_on_stride(size, ARRAY_STRIDE) for size in (first, middle, second / middle))

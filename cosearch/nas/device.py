"""Networks of a space as a search for a device sees them, of which only latencies are known: measured, or learnt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cosearch.nas.estimators import Estimator
from cosearch.nas.subnets import NetworkEvaluator
from cosearch.problem.architectures import Figures
from cosearch.problem.measures import CAPACITY, ENERGY, LATENCY, MACS, PARAMS
from cosearch.strategies.additive import Floats
from nets.latency import LatencyPredictor, TableLatency
from nets.spaces import Config, Space
from nets.spaces.paths import PathGraph


class DeviceEvaluator(NetworkEvaluator):
    """Evaluates networks by the latency that a device is predicted to have; infinite outside of the predictor's domain.

    Args:
        space: of the networks.
        device: whose latencies are known.
        estimators: of what costs do not say, such as accuracy.
        memory, patches: see :class:`~cosearch.nas.subnets.NetworkEvaluator`.
    """

    def __init__(
        self,
        space: Space,
        device: LatencyPredictor,
        estimators: Sequence[Estimator] = (),
        *,
        memory: bool = False,
        patches: int = 1,
    ) -> None:
        super().__init__(space, (LATENCY, MACS, PARAMS, CAPACITY), estimators, memory=memory, patches=patches)
        self.device, self._space = device, space

    def costs(self, configs: Sequence[Config]) -> list[Figures]:
        """See :meth:`NetworkEvaluator.costs`: latency, MACs and parameters."""
        latency_s = 1e-3 * self.device.estimate(configs)
        counts = [self._space.macs_params(config) for config in configs]
        return [
            {
                LATENCY.name: float(latency) if math.isfinite(latency) else math.inf,
                MACS.name: float(macs),
                PARAMS.name: float(params),
                CAPACITY.name: float(macs),
            }
            for latency, (macs, params) in zip(latency_s, counts)
        ]

    def bounds(self) -> dict[str, tuple[float, float]]:
        """See :meth:`~cosearch.problem.architectures.Evaluator.bounds`: of costs that add up along paths."""
        found = {e.measure.name: e.bounds(self.space) for e in self.estimators}
        for measure in (LATENCY, MACS, PARAMS) if self.paths else ():
            ends = [_extremes(paths.graph, paths.figures[measure.name]) for paths in self.paths]
            found[measure.name] = (min(low for low, _ in ends), max(high for _, high in ends))
        if MACS.name in found:
            found[CAPACITY.name] = found[MACS.name]
        return found

    def remark(self, config: Config) -> str:
        """See :meth:`~cosearch.problem.architectures.Evaluator.remark`: of latency too."""
        said = self.device.predict(config)
        latency = f"latency is ± {said.standard_error_ms:.2g} ms (standard error): {said.estimates}"
        return "; ".join([latency, *([own] if (own := super().remark(config)) else [])])

    def _path_figures(self, space: Space, resolution: int, graph: PathGraph) -> dict[str, Floats] | None:
        """See :class:`NetworkEvaluator`: sums over blocks, as tables have them; energy, not asked, is none."""
        if not isinstance(self.device, TableLatency):
            return None
        blocks = [arc.block for arc in graph.arcs]
        latency_s = [0.0 if block is None else 1e-3 * self.device.block_ms(block, resolution) for block in blocks]
        counts = {
            MACS.name: [0 if block is None else block.macs for block in blocks],
            PARAMS.name: [0 if block is None else block.params for block in blocks],
        }
        figures = {LATENCY.name: np.array(latency_s), ENERGY.name: np.zeros(len(blocks))}
        return figures | {name: np.array(values, dtype=np.float64) for name, values in counts.items()}


def _extremes(graph: PathGraph, figure: Floats) -> tuple[float, float]:
    """(least, most) that a figure adds up to along a path."""
    low, high = np.full(graph.nodes, math.inf), np.full(graph.nodes, -math.inf)
    low[0] = high[0] = 0.0
    for arc, value in zip(graph.arcs, figure):
        low[arc.target] = min(low[arc.target], low[arc.source] + value)
        high[arc.target] = max(high[arc.target], high[arc.source] + value)
    return float(low[-1]), float(high[-1])

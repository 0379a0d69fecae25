"""A workload by what it follows from, so that every process makes its own once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cosearch.evaluation.best_subnet import BestSubnet
from cosearch.evaluation.elsewhere import latency_elsewhere
from cosearch.evaluation.mixed_network import MixedNetwork
from cosearch.evaluation.mixes import mixes_of
from cosearch.evaluation.workload import FixedNetworks, Workload
from cosearch.problem.options import CoSearchOptions
from cosearch.strategies.subnets import SubnetSearch

WORKLOADS_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class WorkloadSpec:
    """What a workload follows from.

    Attributes:
        options: of the search.
        resolutions: of its subnets' images, so that nobody looks for them again; ``None`` for given networks.
    """

    options: CoSearchOptions
    resolutions: tuple[int, ...] | None

    def load(self) -> Workload:
        """The workload that was made last, by this process or before it was forked; else see :meth:`make`."""
        return _workloads[self] if self in _workloads else self.make()

    def make(self) -> Workload:
        """A new workload, which :meth:`load` finds from then on.

        Raises:
            InputError: no such network or space, no figures of its accuracy, a resolution it does not have.
            InfeasibleError: no subnet reaches the accuracy; a given network breaks its limit on a device.
        """
        made = self._made()
        while len(_workloads) >= WORKLOADS_KEPT:
            _workloads.pop(next(iter(_workloads)))
        _workloads[self] = made
        return made

    def _made(self) -> Workload:
        options = self.options
        if (mixes := mixes_of(options)) is not None:
            return MixedNetwork(mixes, options.goal, options.budget, latency_elsewhere(options))
        if self.resolutions is None:
            return FixedNetworks(options.load_networks(), options.measured_accuracies(), latency_elsewhere(options))
        predictor = options.accuracies()
        search = SubnetSearch(predictor.space, predictor, options.min_accuracy, self.resolutions, options.confidence)
        device = None if (file := options.held_latency) is None else file.mark
        return BestSubnet(search, options.goal, options.budget, options.seed, device)


_workloads: dict[WorkloadSpec, Workload] = {}

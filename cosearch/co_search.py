"""A co-search: every option that its result depends on, checked, and the way to run it.

Lin, Yang, Han, "NAAS", DAC 2021, section II-C: the outer optimiser proposes a generation of accelerators; for each of
them the subnets that reach the accuracy are searched, every layer mapped by its own search; the best value found goes
back to the outer optimiser. :mod:`cosearch.search.loop` is that loop, :mod:`cosearch.search.conclusion` what
follows it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from accel_models.technology import DEFAULT_NODE_NM, technology
from cosearch.evaluation.front import Axis, load_axes
from cosearch.evaluation.mapping_table import MapperOptions
from cosearch.evaluation.workload import BestSubnet, FixedNetworks, Workload, fewest_macs, leanest, resolutions_of
from cosearch.executors.cluster import Cluster
from cosearch.executors.executor import Executor
from cosearch.executors.processes import Processes, can_fork
from cosearch.executors.serial import Serial
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective, load_objective
from cosearch.problem.template_space import TemplateSpace
from cosearch.search.conclusion import conclude, write_result
from cosearch.search.loop import OuterLoop
from cosearch.search.observer import Observer, Silence
from cosearch.search.result import CoSearchResult
from cosearch.strategies.samplers import check_sampler
from cosearch.studies.mirror import Place
from cosearch.studies.run_folder import CONFIG, STUDY, claim, write_config
from nets import load_network, network_info
from nets.accuracy import accuracy_of
from nets.errors import InputError

DEFAULT_SPACE = "ofa-mbv3-w1.0"
DEFAULT_MIN_ACCURACY = 75.0


@dataclass(frozen=True, kw_only=True)
class CoSearch:
    """One co-search: everything its result depends on.

    Attributes:
        budget: limits that the design keeps.
        networks: reference networks to design for; a subnet of ``space`` is searched when there is none.
        space: id of the search space, or a supernet's file (``.pt``), whose subnets are measured and not predicted.
        data: images to measure them on, ``digits`` or a folder; only with a supernet.
        min_accuracy: percent top-1 that a subnet reaches; a filter, never part of the objective.
        resolution: of the input image; ``None`` lets the search choose (a space) or takes the published one (networks).
        objective: ``"edp"``, ``"latency"`` or ``"energy"``.
        objectives: several of :data:`cosearch.evaluation.front.AXES` at once, for a front; the first takes the place of
            ``objective``: layers are mapped for it and the winner is the best at it. With accuracy among them, each
            accelerator also draws how much accuracy, from ``min_accuracy`` up, its subnet must reach.
        trials: accelerators evaluated.
        population: accelerators of a generation.
        sampler: that proposes them, of :data:`cosearch.strategies.samplers.SAMPLERS`.
        time_limit_s: wall time after which no generation begins; ``None`` for none.
        seed: of every draw.
        node_nm: technology.
        jobs: processes; the result does not depend on them.
        mapper: that maps the layers.
        mapper_budget: evaluations for each layer shape on each accelerator.
        last_mapper_budget: the same for the reported design and the baselines.
        baselines: whether published designs are compared at the end.

    Raises:
        InputError: an option that is unknown or out of range.
    """

    budget: Budget
    networks: tuple[str, ...] = ()
    space: str = DEFAULT_SPACE
    data: str | None = None
    min_accuracy: float = DEFAULT_MIN_ACCURACY
    resolution: int | None = None
    objective: str = "edp"
    objectives: tuple[str, ...] = ()
    trials: int = 400
    population: int = 12
    sampler: str = "cmaes"
    time_limit_s: float | None = None
    seed: int = 0
    node_nm: int = DEFAULT_NODE_NM
    jobs: int = 1
    mapper: str = "cmaes"
    mapper_budget: int = 40
    last_mapper_budget: int = 1000
    baselines: bool = True

    def __post_init__(self) -> None:
        load_objective(self.objective)
        check_sampler(self.sampler, len(load_axes(self.objectives or (self.objective,))))
        technology(self.node_nm)
        if not 0 < self.min_accuracy < 100:
            raise InputError("min-accuracy", self.min_accuracy, "must be a percentage between 0 and 100")
        for name, least in (
            ("trials", 1),
            ("population", 2),
            ("seed", 0),
            ("jobs", 1),
            ("mapper_budget", 1),
            ("last_mapper_budget", 1),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise InputError(name.replace("_", "-"), value, f"must be a whole number of at least {least}")
        if self.time_limit_s is not None and not 0 < self.time_limit_s < math.inf:
            raise InputError("time-limit", self.time_limit_s, "must be a number of seconds greater than zero")
        if self.networks and "accuracy" in self.objectives:
            raise InputError("objectives", "accuracy", "is that of the networks", "leave it out, or search a space")
        for name in self.networks:
            network_info(name)
            if self.networks.count(name) > 1:
                raise InputError("network", name, "is named twice")

    def __getstate__(self) -> dict[str, Any]:
        """The options alone: what follows from them is made again where it is wanted."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @cached_property
    def goal(self) -> Objective:
        """What is made small."""
        return load_objective(self.objectives[0] if self.objectives else self.objective)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The figures that the accelerators are searched for."""
        return load_axes(self.objectives or (self.objective,))

    @cached_property
    def hardware(self) -> TemplateSpace:
        """The accelerators inside the budget."""
        return TemplateSpace(self.budget, self.node_nm)

    @cached_property
    def mapper_options(self) -> MapperOptions:
        """How layers are mapped, by the threads of this process."""
        return MapperOptions(mapper=self.mapper, objective=self.goal.name, seed=self.seed, threads=self.jobs)

    def workload(self, resolutions: Sequence[int] | None = None, executor: Executor | None = None) -> Workload:
        """What the accelerators are judged by.

        Args:
            resolutions: those that :attr:`Workload.resolutions` named before, so that they are not looked for again.
            executor: whose workers look for them; this process when omitted.

        Raises:
            InputError: no such network or space, no figures of its accuracy, a resolution it does not have.
            InfeasibleError: no subnet reaches the accuracy.
            ExecutorError: the workers were lost.
        """
        if self.networks:
            return FixedNetworks([load_network(name, self.resolution) for name in self.networks])
        predictor = accuracy_of(self.space, self.data)
        if resolutions is None and self.resolution is not None:
            resolutions = [self.resolution]
        elif resolutions is None:
            executor = executor or Serial()
            begun = {r: executor.submit(self.fewest_macs, r) for r in resolutions_of(predictor)}
            resolutions = leanest(predictor, self.min_accuracy, {r: answer() for r, answer in begun.items()})
        return BestSubnet(predictor.space, predictor, self.min_accuracy, resolutions, self.goal, self.budget, self.seed)

    def fewest_macs(self, resolution: int) -> float:
        """What accurate enough subnets need at a resolution, see :func:`cosearch.evaluation.workload.fewest_macs`."""
        return fewest_macs(accuracy_of(self.space, self.data), self.min_accuracy, resolution, self.seed)

    def run(
        self,
        observer: Observer | None = None,
        folder: Path | None = None,
        *,
        resume: bool = False,
        mirror: Place | None = None,
        cluster: str | None = None,
    ) -> CoSearchResult:
        """Search; Ctrl-C ends it with what was found.

        Args:
            observer: hears how it goes.
            folder: of the run, where its files are written; nothing is written when omitted.
            resume: go on from what the study in ``folder`` holds, which this same search wrote.
            mirror: a second place for the study.
            cluster: address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers judge the designs instead of
                processes here; the result does not depend on it.

        Raises:
            InputError: see :meth:`workload`; the folder is in use; an address that is none.
            InfeasibleError: the budget leaves no room for any design, or no subnet reaches the accuracy.
            ResumeError: the study in the folder is not one that this search began.
            StorageError: the mirror cannot be used; one that is lost later ends the search with what was found.
            ExecutorError: the cluster cannot be used; one that is lost later ends the search with what was found.
            KeyboardInterrupt: stopped before anything was found.
        """
        began = time.monotonic()
        observer = observer or Silence()
        if folder is not None and not (folder / CONFIG).exists():
            write_config(claim(folder), self)
        elif folder is not None and not resume and (folder / STUDY).exists():
            raise InputError("folder", str(folder), "holds a run already", "resume it, or name another folder")
        self.hardware.require_feasible()
        loop = OuterLoop(self, observer, folder, resume=resume, mirror=mirror)
        with self._executor(cluster if loop.unfinished else None) as executor:
            found = conclude(self, loop.explore(executor), loop.workload, executor, observer, began)
        if folder is not None:
            write_result(folder, self, found)
        return found

    def _executor(self, cluster: str | None) -> Executor:
        """Who does the work; measuring subnets is left to threads, since every process would load torch and images."""
        if cluster is not None:
            return Cluster(cluster, self.jobs)
        if self.jobs > 1 and self.data is None and can_fork():
            return Processes(self.jobs)
        return Serial(self.jobs)

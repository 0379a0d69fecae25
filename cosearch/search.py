"""The nesting of NAAS: accelerators outside, subnets inside, a mapping of every layer inside that.

Lin, Yang, Han, "NAAS", DAC 2021, section II-C: the outer optimiser proposes a generation of accelerators; for each of
them the subnets that reach the accuracy are searched, every layer mapped by its own search; the best value found goes
back to the outer optimiser. Layers of equal shape are mapped once on each accelerator, before its subnets are searched.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from accel_models.technology import DEFAULT_NODE_NM, technology
from cosearch.baselines import compare_baselines
from cosearch.budget import Budget
from cosearch.design import Design, WorkloadCost, measures
from cosearch.evaluate import evaluate_network
from cosearch.front import AXES, DEFAULT_AXES, Axis, hypervolumes, load_axes
from cosearch.mapping_table import MapperOptions, map_shapes
from cosearch.mirror import Mirror, Place
from cosearch.objective import Objective, load_objective
from cosearch.replay import write_best
from cosearch.report import write_report
from cosearch.result import Baseline, CoSearchResult, Winner
from cosearch.run_folder import CONFIG, STUDY, claim, fingerprint, write_config, write_layers, write_pareto
from cosearch.storage import StorageError, mend_journal, open_journal
from cosearch.strategies.accelerators import AcceleratorStrategy, Outcome, Proposal
from cosearch.strategies.samplers import load_sampler
from cosearch.strategies.template_space import KNOBS, TemplateSpace
from cosearch.study import Record, StudyFile
from cosearch.trial_picture import PICTURES, write_pictures
from cosearch.workload import BestSubnet, FixedNetworks, Workload
from nets import load_network, network_info
from nets.accuracy import accuracy_of
from nets.errors import InputError, ResumeError

logger = logging.getLogger(__name__)

DEFAULT_SPACE = "ofa-mbv3-w1.0"
DEFAULT_MIN_ACCURACY = 75.0
ACCURACY_KNOB = "accuracy"
"""How much accuracy a point asks of its subnet, where accuracy is an objective."""


class Observer(Protocol):
    """Hears how a search goes; every method may do nothing."""

    def stage(self, text: str) -> None:
        """A part of the work begins."""

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """A generation is done.

        Args:
            designs: of the generation.
            best: of all so far, feasible or not.
            evaluations: mappings evaluated so far.
        """


class Silence:
    """An observer that does nothing."""

    def stage(self, text: str) -> None:
        """See :class:`Observer`."""

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """See :class:`Observer`."""


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
        objectives: several of :data:`cosearch.front.AXES` at once, for a front; the first takes the place of
            ``objective``: layers are mapped for it and the winner is the best at it. With accuracy among them, each
            accelerator also draws how much accuracy, from ``min_accuracy`` up, its subnet must reach.
        trials: accelerators evaluated.
        population: accelerators of a generation.
        sampler: that proposes them, of :data:`cosearch.strategies.samplers.SAMPLERS`.
        time_limit_s: wall time after which no generation begins; ``None`` for none.
        seed: of every draw.
        node_nm: technology.
        jobs: threads; the result does not depend on them.
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
        load_sampler(self.sampler, len(load_axes(self.objectives or (self.objective,))))
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

    @cached_property
    def goal(self) -> Objective:
        """What is made small."""
        return load_objective(self.objectives[0] if self.objectives else self.objective)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The figures that the accelerators are searched for."""
        return load_axes(self.objectives or (self.objective,))

    @cached_property
    def _hardware(self) -> TemplateSpace:
        return TemplateSpace(self.budget, self.node_nm)

    @cached_property
    def _mapper(self) -> MapperOptions:
        return MapperOptions(mapper=self.mapper, objective=self.goal.name, seed=self.seed, threads=self.jobs)

    def workload(self) -> Workload:
        """What the accelerators are judged by.

        Raises:
            InputError: no such network or space, no figures of its accuracy, a resolution it does not have.
            InfeasibleError: no subnet reaches the accuracy.
        """
        if self.networks:
            return FixedNetworks([load_network(name, self.resolution) for name in self.networks])
        resolutions = None if self.resolution is None else [self.resolution]
        predictor = accuracy_of(self.space, self.data)
        return BestSubnet(predictor.space, predictor, self.min_accuracy, resolutions, self.goal, self.budget, self.seed)

    def run(
        self,
        observer: Observer | None = None,
        folder: Path | None = None,
        *,
        resume: bool = False,
        mirror: Place | None = None,
    ) -> CoSearchResult:
        """Search; Ctrl-C ends it with what was found.

        Args:
            observer: hears how it goes.
            folder: of the run, where its files are written; nothing is written when omitted.
            resume: go on from what the study in ``folder`` holds, which this same search wrote.
            mirror: a second place for the study.

        Raises:
            InputError: see :meth:`workload`; or the folder is in use.
            InfeasibleError: the budget leaves no room for any design, or no subnet reaches the accuracy.
            ResumeError: the study in the folder is not one that this search began.
            StorageError: the mirror cannot be used; one that is lost later ends the search with what was found.
            KeyboardInterrupt: stopped before anything was found.
        """
        if folder is not None and not (folder / CONFIG).exists():
            write_config(claim(folder), self)
        elif folder is not None and not resume and (folder / STUDY).exists():
            raise InputError("folder", str(folder), "holds a run already", "resume it, or name another folder")
        run = _Run(self, observer or Silence(), folder, resume=resume, mirror=mirror)
        result = run.result()
        if folder is not None:
            write_result(folder, self, result)
        return result


class _Run:
    """The state of one run."""

    def __init__(
        self,
        search: CoSearch,
        observer: Observer,
        folder: Path | None,
        *,
        resume: bool,
        mirror: Place | None = None,
    ) -> None:
        self.search, self.observer = search, observer
        self.folder = folder
        self.study: StudyFile | None = None
        self.records: list[Record] = []
        self.lost = ""
        self.mirror: Mirror | None = None
        if mirror is not None:
            self.mirror = Mirror(mirror, search.axes, search.budget, fingerprint(search), resume=resume)
        if resume and folder is not None and (folder / STUDY).exists():
            mend_journal(folder / STUDY)
            self.study = StudyFile(open_journal(folder / STUDY), search.axes, search.budget)
            self.records = self.study.records()
        self.began = time.monotonic()
        self.designs: list[Design] = []
        self.evaluations = 0
        self.redrawn = 0
        self.cut_short = self.interrupted = False

    def result(self) -> CoSearchResult:
        search = self.search
        search._hardware.require_feasible()
        workload = search.workload()
        try:
            self.explore(workload)
        except KeyboardInterrupt:
            if not self.designs:
                raise
            self.interrupted = True
        except StorageError as error:
            self.lost = str(error)
        best = min(self.designs, key=lambda design: design.rank)
        winner: Winner | None = None
        baselines: tuple[Baseline, ...] = ()
        if best.feasible:
            winner = self.refine(best, workload)
            if search.baselines and not self.interrupted:
                try:
                    self.observer.stage("comparing with published designs at the same area")
                    baselines = compare_baselines(
                        winner, search._hardware, search.goal, search._mapper, search.last_mapper_budget
                    )
                except KeyboardInterrupt:
                    self.interrupted = True
        several = len(search.axes) > 1
        return CoSearchResult(
            objective=search.goal,
            winner=winner,
            axes=search.axes,
            hypervolumes=tuple(hypervolumes(self.designs, search.axes, search.population)) if several else (),
            closest=None if best.feasible else best,
            designs=tuple(self.designs),
            baselines=baselines,
            evaluations=self.evaluations,
            redrawn=self.redrawn,
            wall_s=time.monotonic() - self.began,
            interrupted=self.interrupted,
            cut_short=self.cut_short,
            lost=self.lost,
        )

    def explore(self, workload: Workload) -> None:
        """The outer loop: a generation is proposed, mapped, judged and learnt from.

        A resumed run goes through its recorded generations too, and only the mapping is left out: so the optimiser and
        the memory of subnets come to stand where they stood.
        """
        search = self.search
        self.observer.stage("searching accelerators")
        logger.info("%d designs are recorded already", len(self.records))
        knobs = (*KNOBS, ACCURACY_KNOB) if "accuracy" in search.objectives else KNOBS
        strategy = AcceleratorStrategy(
            search._hardware, search.sampler, search.seed, search.population, len(search.axes), knobs
        )
        while len(self.designs) < search.trials:
            proposals = strategy.ask(min(search.population, search.trials - len(self.designs)))
            recorded = self.records[len(self.designs) :][: len(proposals)]
            if len(recorded) < len(proposals) and self.out_of_time:
                self.cut_short = True
                return
            self.redrawn = strategy.redrawn
            self.require_same(proposals, recorded)
            if len(recorded) == len(proposals):
                costs, evaluations = [record.costs for record in recorded], recorded[0].evaluations
            else:
                costs, evaluations = self.judge(proposals, workload)
            first = len(self.designs)
            generation = [
                Design.judged(first + row, proposal.knobs, proposal.template, cost, search.goal, search.budget)
                for row, (proposal, cost) in enumerate(zip(proposals, costs))
            ]
            self.evaluations += evaluations
            self.designs += generation
            self.record(generation, len(recorded), evaluations)
            strategy.tell(proposals, [self.outcome(design) for design in generation])
            ranked = sorted(self.designs, key=lambda design: design.rank)
            for design in reversed(ranked[: search.population]):
                workload.remember(design.workloads)
            self.observer.generation(generation, ranked[0], self.evaluations)
            logger.info(
                "generation of %d, %d of %d done, %.1f s, best %g%s",
                len(generation),
                len(self.designs),
                search.trials,
                self.elapsed_s,
                ranked[0].value,
                "" if ranked[0].feasible else " breaks a limit",
            )

    def judge(self, proposals: Sequence[Proposal], workload: Workload) -> tuple[list[tuple[WorkloadCost, ...]], int]:
        """Cost of the networks on each accelerator of a generation, and the mappings evaluated for it."""
        accelerators = [proposal.template.accelerator() for proposal in proposals]
        table = map_shapes(workload.layers, accelerators, self.search._mapper, self.search.mapper_budget)
        first = len(self.designs)
        costs = [
            workload.judge(
                table.energy_pj[row],
                table.latency_s[row],
                first + row,
                demand=proposal.knobs.get(ACCURACY_KNOB, 0.0),
            )
            for row, proposal in enumerate(proposals)
        ]
        return costs, table.evaluations

    def outcome(self, design: Design) -> Outcome:
        """What the sampler hears of a design."""
        if not math.isfinite(design.value):
            return Outcome(design.merit, ())
        measured = design.measures()
        slacks = {name: measured[name] / limit - 1.0 for name, limit in self.search.budget.limits().items()}
        return Outcome(design.merit, tuple(axis.loss(design) for axis in self.search.axes), slacks)

    def require_same(self, proposals: Sequence[Proposal], recorded: Sequence[Record]) -> None:
        """Check that what was recorded is what is proposed.

        Raises:
            ResumeError: it is not; says which trial.
        """
        for row, (proposal, record) in enumerate(zip(proposals, recorded)):
            if proposal.knobs != record.knobs:
                raise ResumeError(
                    f"{self.folder}: trial {len(self.designs) + row} of the study is not what these options draw "
                    "here; the study was edited, or begun on another kind of machine"
                )

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit forbids another generation; the first is always allowed."""
        limit = self.search.time_limit_s
        return limit is not None and bool(self.designs) and self.elapsed_s >= limit

    def record(self, generation: Sequence[Design], recorded: int, evaluations: int) -> None:
        """Write a generation, but for its first ``recorded`` designs, to the study on disk, if there is a folder.

        Raises:
            StorageError: the mirror was lost.
        """
        if self.folder is not None:
            study = self.study_on_disk(self.folder)
            write_pictures(self.folder / PICTURES, generation, self.search.budget)
            if recorded < len(generation):
                study.add(generation[recorded:], evaluations)
        if self.mirror is not None:
            self.mirror.add(generation, evaluations)

    def study_on_disk(self, folder: Path) -> StudyFile:
        """The study in the run's folder, which the first design begins."""
        if self.study is None:
            self.study = StudyFile(open_journal(folder / STUDY), self.search.axes, self.search.budget)
        return self.study

    def refine(self, best: Design, workload: Workload) -> Winner:
        """The best design mapped again, longer, with one more look for its subnet.

        A longer search makes the objective smaller and may make a limited figure larger: then, and when it is
        interrupted, the answer stays that of the shorter search, which keeps every limit.
        """
        try:
            self.observer.stage("mapping the best design again, longer")
            winner = self.mapped(best, workload, longer=True)
            if not self.search.budget.violations(_measures(winner, best)):
                return winner
        except KeyboardInterrupt:
            self.interrupted = True
        return self.mapped(best, workload, longer=False)

    def mapped(self, best: Design, workload: Workload, *, longer: bool) -> Winner:
        """The best design with its networks, every layer mapped anew."""
        search = self.search
        accelerator = best.template.accelerator()
        budget = search.last_mapper_budget if longer else search.mapper_budget
        table = map_shapes(workload.layers, [accelerator], search._mapper, budget)
        self.evaluations += table.evaluations
        found = best.workloads
        if longer:
            demand = best.knobs.get(ACCURACY_KNOB, 0.0)
            found = workload.judge(table.energy_pj[0], table.latency_s[0], best.number, demand=demand, last=True)
        networks = workload.networks(found)
        costs = tuple(evaluate_network(network, accelerator, table.mappings(network.layers)) for network in networks)
        return Winner(best.template, costs, tuple(workload.accuracy(network) for network in networks))

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began


def _measures(winner: Winner, design: Design) -> dict[str, float]:
    costs = [WorkloadCost(cost.network.name, cost.energy_pj, cost.latency_s) for cost in winner.costs]
    return measures(design.template, costs)


def write_result(folder: Path, search: CoSearch, result: CoSearchResult) -> None:
    """Write every file of a run but its study and its options, which were written before."""
    axes = search.axes if len(search.axes) > 1 else [AXES[name] for name in DEFAULT_AXES]
    write_pareto(folder, result.designs, axes)
    if result.winner is not None:
        write_layers(folder, result.winner.costs)
        write_best(folder, result, str(search.budget))
    write_report(folder)

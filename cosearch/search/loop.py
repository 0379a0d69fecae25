"""The outer loop of NAAS: a generation of accelerators is proposed, evaluated, written down and learnt from.

Lin, Yang, Han, "NAAS", DAC 2021, section II-C: the outer optimiser proposes a generation of accelerators; for each of
them the subnets that reach the accuracy are searched, every layer mapped by its own search; the best value found goes
back to the outer optimiser.

A part of every generation is asked for before the one before it is learnt from: workers evaluate that part while the
last answers come in and the sampler learns, so that nobody waits for anybody. While they do, the generation before is
written and shown: so the disk is not waited for, and what is shown is always written already.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from cosearch.evaluation.design import Design
from cosearch.evaluation.workload import Workload
from cosearch.executors.executor import Executor, ExecutorError
from cosearch.problem.options import CoSearchOptions
from cosearch.search.heap import trim_heap
from cosearch.search.kernels import compile_kernels
from cosearch.search.observer import Observer
from cosearch.search.pending import PendingTrials, SharedPendingTrials
from cosearch.search.proposals import begin_strategy, outcome_of
from cosearch.search.state import SearchState
from cosearch.strategies.accelerators import Proposer
from cosearch.strategies.samplers import needs_later
from cosearch.studies.location import StudyLocation
from cosearch.studies.mirror import Mirror
from cosearch.studies.run_folder import STUDY, fingerprint
from cosearch.studies.shared_study import SharedStudy
from cosearch.studies.storage import StorageError, open_journal, repair_journal
from cosearch.studies.study import Finished, Record, Recorded, StudyFile
from cosearch.studies.trial_picture import PICTURES, write_pictures

logger = logging.getLogger(__name__)

AHEAD: Final = 0.5
"""The part of a generation that is asked for before the generation before it is learnt from."""


class SearchLoop:
    """One exploration of a search's accelerators.

    Args:
        options: of the search.
        observer: hears how it goes.
        folder: of the run, where its study is written; nothing is written when omitted.
        resume: go on from what the study in ``folder`` holds.
        mirror: a second place for the study.
    """

    def __init__(
        self,
        options: CoSearchOptions,
        observer: Observer,
        folder: Path | None,
        *,
        resume: bool = False,
        mirror: StudyLocation | None = None,
    ) -> None:
        self.options, self.observer, self.folder = options, observer, folder
        self.state = SearchState()
        self.study: StudyFile | None = None
        self.records: list[Record] = []
        self.mirror: Mirror | None = None
        self.shared: SharedStudy | None = None
        if mirror is not None and mirror.join:
            self.shared = SharedStudy(mirror, options.axes, options.hardware, fingerprint(options))
        elif mirror is not None:
            self.mirror = Mirror(mirror, options.axes, options.hardware, fingerprint(options), resume=resume)
        if resume and folder is not None and (folder / STUDY).exists():
            repair_journal(folder / STUDY)
            self.study = self._study_in(folder)
            self.records = self.study.records()
        self.began = time.monotonic()
        self.loaded: Callable[[], None] = lambda: None
        self.unsettled: tuple[list[Finished], int] | None = None
        self.workload: Workload

    @property
    def unfinished(self) -> bool:
        """Whether the study lacks designs."""
        return len(self.records) < self.options.trials

    def explore(self, executor: Executor) -> SearchState:
        """Run the loop to its end, or to where Ctrl-C, the time limit or a lost storage or cluster ends it.

        A resumed run goes through its recorded generations too, and only the mapping is left out: so the optimiser and
        the memory of subnets come to stand where they stood.

        Args:
            executor: whose workers evaluate.

        Raises:
            InputError, InfeasibleError: see :meth:`WorkloadSpec.make`.
            KeyboardInterrupt, StorageError, ExecutorError: before there was any design.
        """
        if self.options.data is not None:
            self.observer.stage("measuring subnets of the supernet")
        compile_kernels(self.observer)
        if self.unfinished:
            later = needs_later(self.options.sampler)
            self.loaded = executor.run_in_background(partial(_load, ["optuna" if self.folder else "", later]))
        spec, strategy = begin_strategy(self.options, executor)
        self.workload = spec.make()
        recorded = Recorded(self.folder, self.records)
        if self.shared is None:
            pending = PendingTrials(spec, strategy, executor, self.state, recorded)
        else:
            pending = SharedPendingTrials(spec, strategy, executor, self.state, recorded, self.shared)
        try:
            try:
                self._generations(strategy, pending)
            finally:
                self._settle()
        except KeyboardInterrupt:
            if not self.state.designs:
                raise
            self.state.interrupted = True
        except (StorageError, ExecutorError) as error:
            if not self.state.designs:
                raise
            self.state.lost = str(error)
        return self.state

    def _generations(self, strategy: Proposer, pending: PendingTrials) -> None:
        options, state = self.options, self.state
        leaders: list[Design] = []
        self.observer.stage("searching accelerators")
        logger.info("%d designs are recorded already", len(self.records))
        while (first := len(state.designs)) < options.trials:
            last = min(first + options.population, options.trials)
            if last > len(self.records) and self._out_of_time:
                state.cut_short = True
                return
            pending.ask(last)
            pending.ask(min(last + int(AHEAD * options.population), options.trials))
            self._settle()
            pending.finish(last)
            trials = pending.take(range(first, last))
            generation = [trial.design for trial in trials]
            state.designs += generation
            leader = state.best
            state.candidate = next((trial.candidate for trial in trials if trial.design is leader), state.candidate)
            state.evaluations += sum(trial.evaluations for trial in trials)
            self.unsettled = [trial.finished for trial in trials], len(self.records[first:last])
            heard = [outcome_of(options, design) for design in generation]
            strategy.tell([trial.proposal for trial in trials], heard)
            state.redrawn = strategy.redrawn
            leaders = sorted([*leaders, *generation], key=lambda design: design.rank)[: options.population]
            for design in reversed(leaders):
                state.memory = self.workload.remember(state.memory, design.workloads)

    @property
    def _out_of_time(self) -> bool:
        """Whether the time limit forbids another generation; the first is always allowed."""
        limit = self.options.time_limit_s
        return limit is not None and bool(self.state.designs) and self._elapsed_s >= limit

    def _settle(self) -> None:
        """Write and show the last generation, if that is not done yet.

        Raises:
            StorageError: the mirror was lost.
        """
        if self.unsettled is None:
            return
        (finished, recorded), self.unsettled = self.unsettled, None
        generation, best = [one.design for one in finished], self.state.best
        self.loaded()
        if self.folder is not None:
            self.study = self.study or self._study_in(self.folder)
            write_pictures(self.folder / PICTURES, generation, self.options.budget)
            if recorded < len(finished):
                self.study.add(finished[recorded:])
                self.study.note(best)
        if self.mirror is not None:
            self.mirror.add(finished)
        trim_heap()
        self.observer.generation(generation, best, self.state.evaluations)
        logger.info(
            "generation of %d, %d of %d done, %.1f s, best %g%s",
            len(generation),
            len(self.state.designs),
            self.options.trials,
            self._elapsed_s,
            best.value,
            "" if best.feasible else " breaks a limit",
        )

    def _study_in(self, folder: Path) -> StudyFile:
        return StudyFile(open_journal(folder / STUDY), self.options.axes, self.options.hardware)

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self.began


def _load(names: Sequence[str]) -> None:
    """Load libraries that are wanted later; CMA-ES takes half a second."""
    for name in names:
        if name:
            importlib.import_module(name)

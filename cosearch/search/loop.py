"""The outer loop of NAAS: a generation of accelerators is proposed, judged, written down and learnt from.

A part of every generation is asked for before the one before it is learnt from: workers judge that part while the last
answers come in and the sampler learns, so that nobody waits for anybody. While they judge, the generation before is
written and shown: so the disk is not waited for, and what is shown is always written already.
"""

from __future__ import annotations

import importlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cosearch.evaluation.candidates import know
from cosearch.evaluation.design import Design
from cosearch.evaluation.workload import ACCURACY_KNOB, Workload
from cosearch.executors.executor import Executor, ExecutorError
from cosearch.problem.template_space import KNOBS
from cosearch.search.conclusion import Explored
from cosearch.search.observer import Observer
from cosearch.search.pending import SharedUnderWay, UnderWay
from cosearch.strategies.accelerators import AcceleratorStrategy
from cosearch.strategies.points import Outcome
from cosearch.studies.mirror import Mirror, Place
from cosearch.studies.run_folder import STUDY, fingerprint
from cosearch.studies.shared_study import JoinedStudy
from cosearch.studies.storage import StorageError, mend_journal, open_journal
from cosearch.studies.study import Record, StudyFile
from cosearch.studies.trial_picture import PICTURES, write_pictures

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch

logger = logging.getLogger(__name__)

AHEAD: Final = 0.5
"""The part of a generation that is asked for before the generation before it is learnt from."""


class OuterLoop:
    """One exploration of a search's accelerators; arguments are those of :meth:`CoSearch.run`."""

    def __init__(
        self,
        search: CoSearch,
        observer: Observer,
        folder: Path | None,
        *,
        resume: bool = False,
        mirror: Place | None = None,
    ) -> None:
        self.search, self.observer, self.folder = search, observer, folder
        self.found = Explored()
        self.study: StudyFile | None = None
        self.records: list[Record] = []
        self.mirror: Mirror | None = None
        self.joined: JoinedStudy | None = None
        if mirror is not None and mirror.join:
            self.joined = JoinedStudy(mirror, search.axes, search.budget, fingerprint(search))
        elif mirror is not None:
            self.mirror = Mirror(mirror, search.axes, search.budget, fingerprint(search), resume=resume)
        if resume and folder is not None and (folder / STUDY).exists():
            mend_journal(folder / STUDY)
            self.study = self._study_in(folder)
            self.records = self.study.records()
        self.began = time.monotonic()
        self.loaded: Callable[[], None] = lambda: None
        self.unsettled: tuple[list[Design], list[int], int] | None = None
        self.workload: Workload

    @property
    def unfinished(self) -> bool:
        """Whether the study lacks designs."""
        return len(self.records) < self.search.trials

    def explore(self, executor: Executor) -> Explored:
        """Run the loop to its end, or to where Ctrl-C, the time limit or a lost storage or cluster ends it.

        A resumed run goes through its recorded generations too, and only the mapping is left out: so the optimiser and
        the memory of subnets come to stand where they stood.

        Args:
            executor: whose workers judge.

        Raises:
            InputError, InfeasibleError: see :meth:`CoSearch.workload`.
            KeyboardInterrupt, StorageError, ExecutorError: before there was any design.
        """
        if self.search.data is not None:
            self.observer.stage("measuring subnets of the supernet")
        strategy = self._strategy()
        if self.unfinished:
            self.loaded = executor.beside(partial(_load, ["optuna" if self.folder else "", strategy.needs_later]))
        self.workload = self.search.workload(executor=executor)
        know(self.search, self.workload)
        try:
            try:
                self._generations(strategy, self._under_way(strategy, executor))
            finally:
                self._settle()
        except KeyboardInterrupt:
            if not self.found.designs:
                raise
            self.found.interrupted = True
        except (StorageError, ExecutorError) as error:
            if not self.found.designs:
                raise
            self.found.lost = str(error)
        return self.found

    def _strategy(self) -> AcceleratorStrategy:
        search = self.search
        knobs = (*KNOBS, ACCURACY_KNOB) if "accuracy" in search.objectives else KNOBS
        return AcceleratorStrategy(
            search.hardware, search.sampler, search.seed, search.population, len(search.axes), knobs
        )

    def _under_way(self, strategy: AcceleratorStrategy, executor: Executor) -> UnderWay:
        known = self.search, self.workload.resolutions, strategy, executor, self.found, self.records, self.folder
        return UnderWay(*known) if self.joined is None else SharedUnderWay(self.joined, *known)

    def _generations(self, strategy: AcceleratorStrategy, under_way: UnderWay) -> None:
        search, found = self.search, self.found
        self.observer.stage("searching accelerators")
        logger.info("%d designs are recorded already", len(self.records))
        while (first := len(found.designs)) < search.trials:
            last = min(first + search.population, search.trials)
            if last > len(self.records) and self._out_of_time:
                found.cut_short = True
                return
            under_way.ask(last)
            under_way.ask(min(last + int(AHEAD * search.population), search.trials))
            self._settle()
            under_way.finish(last)
            judged = under_way.take(range(first, last))
            generation, evaluations = [one.design for one in judged], [one.evaluations for one in judged]
            found.designs += generation
            found.evaluations += sum(evaluations)
            self.unsettled = generation, evaluations, len(self.records[first:last])
            strategy.tell([one.proposal for one in judged], [self._outcome(design) for design in generation])
            found.redrawn = strategy.redrawn
            best = sorted(found.designs, key=lambda design: design.rank)[: search.population]
            for design in reversed(best):
                found.memory = self.workload.remember(found.memory, design.workloads)

    def _outcome(self, design: Design) -> Outcome:
        """What the sampler hears of a design."""
        if not math.isfinite(design.value):
            return Outcome(design.merit, ())
        measured = design.measures()
        slacks = {name: measured[name] / limit - 1.0 for name, limit in self.search.budget.limits().items()}
        return Outcome(design.merit, tuple(axis.loss(design) for axis in self.search.axes), slacks)

    @property
    def _out_of_time(self) -> bool:
        """Whether the time limit forbids another generation; the first is always allowed."""
        limit = self.search.time_limit_s
        return limit is not None and bool(self.found.designs) and self._elapsed_s >= limit

    def _settle(self) -> None:
        """Write and show the last generation, if that is not done yet.

        Raises:
            StorageError: the mirror was lost.
        """
        if self.unsettled is None:
            return
        (generation, evaluations, recorded), self.unsettled = self.unsettled, None
        self.loaded()
        if self.folder is not None:
            self.study = self.study or self._study_in(self.folder)
            write_pictures(self.folder / PICTURES, generation, self.search.budget)
            if recorded < len(generation):
                self.study.add(generation[recorded:], evaluations[recorded:])
        if self.mirror is not None:
            self.mirror.add(generation, evaluations)
        best = min(self.found.designs, key=lambda design: design.rank)
        self.observer.generation(generation, best, self.found.evaluations)
        logger.info(
            "generation of %d, %d of %d done, %.1f s, best %g%s",
            len(generation),
            len(self.found.designs),
            self.search.trials,
            self._elapsed_s,
            best.value,
            "" if best.feasible else " breaks a limit",
        )

    def _study_in(self, folder: Path) -> StudyFile:
        return StudyFile(open_journal(folder / STUDY), self.search.axes, self.search.budget)

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self.began


def _load(names: Sequence[str]) -> None:
    """Load libraries that are wanted later; CMA-ES takes half a second."""
    for name in names:
        if name:
            importlib.import_module(name)

"""The outer loop of NAAS: a generation of accelerators is proposed, judged, written down and learnt from.

While workers judge a generation, the one before it is written and shown: so the disk is not waited for, and what is
shown is always written already.
"""

from __future__ import annotations

import importlib
import itertools
import logging
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cosearch.conclusion import Explored
from cosearch.design import Design, WorkloadCost
from cosearch.executors.executor import Executor, ExecutorError, task_sizes
from cosearch.joined_study import POLL_S, JoinedStudy
from cosearch.judging import Answer, Candidate, Task, judge, know, seconds_each
from cosearch.mirror import Mirror, Place
from cosearch.observer import Observer
from cosearch.run_folder import STUDY, fingerprint
from cosearch.storage import StorageError, mend_journal, open_journal
from cosearch.strategies.accelerators import AcceleratorStrategy, Proposal
from cosearch.strategies.points import Outcome
from cosearch.strategies.template_space import KNOBS
from cosearch.study import Record, StudyFile
from cosearch.trial_picture import PICTURES, write_pictures
from cosearch.workload import ACCURACY_KNOB, Workload
from nets.errors import ResumeError

if TYPE_CHECKING:
    from cosearch.search import CoSearch

logger = logging.getLogger(__name__)

SHARE_S = 0.1
"""How much work a machine claims at a time for each of its workers."""

Judged = tuple[tuple[WorkloadCost, ...], int]
"""Costs of the networks on an accelerator, and the mappings evaluated for it."""


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
            executor.beside(partial(_load, ["optuna" if self.folder else "", strategy.needs_later]))
        self.workload = self.search.workload(executor=executor)
        know(self.search, self.workload)
        try:
            try:
                self._generations(executor, strategy)
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

    def _generations(self, executor: Executor, strategy: AcceleratorStrategy) -> None:
        search, found = self.search, self.found
        self.observer.stage("searching accelerators")
        logger.info("%d designs are recorded already", len(self.records))
        while (first := len(found.designs)) < search.trials:
            count = min(search.population, search.trials - first)
            recorded = self.records[first:][:count]
            if len(recorded) < count and self._out_of_time:
                found.cut_short = True
                return
            proposals = strategy.ask(len(recorded)) if recorded else []
            self._require_same(proposals, recorded, first)
            judged = [(record.costs, record.evaluations) for record in recorded]
            if self.joined is not None:
                proposals += strategy.ask(count - len(recorded)) if len(recorded) < count else []
                self._settle()
                judged += self._judge_together(self.joined, executor, proposals[len(recorded) :], first + len(recorded))
            else:
                begun = self._begin(strategy, executor, count - len(recorded), proposals)
                self._settle()
                judged += self._answers(begun)
            found.redrawn = strategy.redrawn
            generation = [
                self._design(first + row, proposal, costs)
                for row, (proposal, (costs, _)) in enumerate(zip(proposals, judged))
            ]
            found.designs += generation
            evaluations = [each for _, each in judged]
            found.evaluations += sum(evaluations)
            self.unsettled = generation, evaluations, len(recorded)
            strategy.tell(proposals, [self._outcome(design) for design in generation])
            best = sorted(found.designs, key=lambda design: design.rank)[: search.population]
            for design in reversed(best):
                found.memory = self.workload.remember(found.memory, design.workloads)

    def _begin(
        self, strategy: AcceleratorStrategy, executor: Executor, count: int, proposals: list[Proposal]
    ) -> list[Callable[[], Answer]]:
        """Ask for ``count`` more proposals, each task's share begun as soon as it is there."""
        begun = []
        for size in self._sizes(executor, count, executor.least_task_s):
            asked = strategy.ask(size)
            first = len(self.found.designs) + len(proposals)
            begun.append(self._send(executor, range(first, first + size), asked))
            proposals += asked
        return begun

    def _sizes(self, executor: Executor, count: int, least_s: float) -> list[int]:
        return task_sizes(count, executor.workers, self.found.seconds_each, least_s) if count else []

    def _send(self, executor: Executor, numbers: Sequence[int], proposals: Sequence[Proposal]) -> Callable[[], Answer]:
        candidates = (
            Candidate(number, proposal.template, proposal.knobs.get(ACCURACY_KNOB, 0.0))
            for number, proposal in zip(numbers, proposals)
        )
        task = Task(
            search=self.search,
            resolutions=self.workload.resolutions,
            memory=tuple(self.found.memory),
            candidates=tuple(candidates),
            threads=executor.threads,
        )
        return executor.submit(judge, task)

    def _judge_together(
        self, joined: JoinedStudy, executor: Executor, proposals: Sequence[Proposal], first: int
    ) -> list[Judged]:
        """Judge what no other machine does, and read from the study what they did."""
        proposed = dict(enumerate(proposals, start=first))
        known: dict[int, Record] = {}
        while left := [number for number in proposed if number not in known]:
            known |= joined.judged(left)
            left = [number for number in left if number not in known]
            sizes = self._sizes(executor, len(left), SHARE_S)[: executor.workers]
            claimed = joined.claim(left, sum(sizes))
            if not claimed and left:
                time.sleep(POLL_S)
                continue
            known |= joined.judged(claimed)  # by one who let go of the claim just before it was ours
            mine = [number for number in claimed if number not in known]
            ends = itertools.accumulate(sizes)
            shares = [share for end, size in zip(ends, sizes) if (share := mine[end - size : end])]
            begun = [self._send(executor, share, [proposed[number] for number in share]) for share in shares]
            judged = self._answers(begun)
            designs = [self._design(number, proposed[number], costs) for number, (costs, _) in zip(mine, judged)]
            joined.add(designs, [evaluations for _, evaluations in judged])
            joined.release(claimed)
        records = [known[number] for number in proposed]
        self._require_same(proposals, records, first)
        return [(record.costs, record.evaluations) for record in records]

    def _design(self, number: int, proposal: Proposal, costs: tuple[WorkloadCost, ...]) -> Design:
        search = self.search
        return Design.judged(number, proposal.knobs, proposal.template, costs, search.goal, search.budget)

    def _answers(self, begun: Sequence[Callable[[], Answer]]) -> list[Judged]:
        answers = [answer() for answer in begun]
        if answers:
            self.found.seconds_each = seconds_each(answers)
        return [judged for answer in answers for judged in zip(answer.costs, answer.evaluations)]

    def _outcome(self, design: Design) -> Outcome:
        """What the sampler hears of a design."""
        if not math.isfinite(design.value):
            return Outcome(design.merit, ())
        measured = design.measures()
        slacks = {name: measured[name] / limit - 1.0 for name, limit in self.search.budget.limits().items()}
        return Outcome(design.merit, tuple(axis.loss(design) for axis in self.search.axes), slacks)

    def _require_same(self, proposals: Sequence[Proposal], recorded: Sequence[Record], first: int) -> None:
        """Check that what was recorded is what is proposed.

        Raises:
            ResumeError: it is not; says which trial.
        """
        for number, (proposal, record) in enumerate(zip(proposals, recorded), start=first):
            if proposal.knobs != record.knobs:
                raise ResumeError(
                    f"{self.folder}: trial {number} of the study is not what these options draw "
                    "here; the study was edited, or begun on another kind of machine"
                )

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

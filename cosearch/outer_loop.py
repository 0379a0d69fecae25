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
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

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

AHEAD: Final = 0.5
"""The part of a generation that is asked for before the generation before it is learnt from."""

SHARE_S: Final = 0.1
"""How much work a machine claims at a time for each of its workers."""

Judged = tuple[tuple[WorkloadCost, ...], int]
"""Costs of the networks on an accelerator, and the mappings evaluated for it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A design that was proposed, and all that its judgement depends on."""

    proposal: Proposal
    candidate: Candidate


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
        self.next = 0  # number of the next design asked for
        self.asked: dict[int, _Asked] = {}
        self.begun: deque[tuple[Sequence[int], Callable[[], Answer]]] = deque()
        self.judged: dict[int, Judged] = {}
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
            last = min(first + search.population, search.trials)
            if last > len(self.records) and self._out_of_time:
                found.cut_short = True
                return
            self._ask(strategy, executor, last)
            self._ask(strategy, executor, min(last + int(AHEAD * search.population), search.trials))
            self._settle()
            if self.joined is not None:
                self._judge_together(self.joined, executor, last)
            else:
                self._answers(last)
            generation = [self._design(number) for number in range(first, last)]
            evaluations = [self.judged.pop(number)[1] for number in range(first, last)]
            proposals = [self.asked.pop(number).proposal for number in range(first, last)]
            found.designs += generation
            found.evaluations += sum(evaluations)
            self.unsettled = generation, evaluations, len(self.records[first:last])
            strategy.tell(proposals, [self._outcome(design) for design in generation])
            found.redrawn = strategy.redrawn
            best = sorted(found.designs, key=lambda design: design.rank)[: search.population]
            for design in reversed(best):
                found.memory = self.workload.remember(found.memory, design.workloads)

    def _ask(self, strategy: AcceleratorStrategy, executor: Executor, until: int) -> None:
        """Ask for the designs up to a number, and begin each task's share of those not recorded as soon as it is there.

        (Machines that share a study begin only what they claim.)
        """
        recorded = self.records[self.next : until]
        if recorded:
            for record, number in zip(recorded, self._propose(strategy, len(recorded))):
                self._accept(number, record)
        if self.joined is not None:
            self._propose(strategy, until - self.next)
            return
        for size in task_sizes(until - self.next, executor.workers, self.found.seconds_each, executor.least_task_s):
            numbers = self._propose(strategy, size)
            self.begun.append((numbers, self._send(executor, numbers)))

    def _propose(self, strategy: AcceleratorStrategy, count: int) -> range:
        """Ask for so many designs; their numbers."""
        numbers = range(self.next, self.next + count)
        for number, proposal in zip(numbers, strategy.ask(count)):
            demand = proposal.knobs.get(ACCURACY_KNOB, 0.0)
            candidate = Candidate(number, proposal.template, demand, tuple(self.found.memory))
            self.asked[number] = _Asked(proposal, candidate)
        self.next = numbers.stop
        return numbers

    def _send(self, executor: Executor, numbers: Iterable[int]) -> Callable[[], Answer]:
        task = Task(
            search=self.search,
            resolutions=self.workload.resolutions,
            candidates=tuple(self.asked[number].candidate for number in numbers),
            threads=executor.threads,
        )
        return executor.submit(judge, task)

    def _answers(self, until: int) -> None:
        """Wait for what was begun of the designs before a number."""
        answers = []
        while self.begun and self.begun[0][0][0] < until:
            numbers, answer = self.begun.popleft()
            answers.append(answer())
            self.judged.update(zip(numbers, zip(answers[-1].costs, answers[-1].evaluations)))
        if answers:
            self.found.seconds_each = seconds_each(answers)

    def _judge_together(self, joined: JoinedStudy, executor: Executor, until: int) -> None:
        """Judge what no other machine does, and read from the study what they did, up to a number at least."""
        while min(left := self._left(), default=until) < until:
            self._hear(joined, left)
            share = math.ceil(SHARE_S / (self.found.seconds_each or SHARE_S))
            claimed = joined.claim(self._left(), share * executor.workers)
            self._hear(joined, claimed)  # by one who let go of the claim just before it was ours
            mine = [number for number in claimed if number not in self.judged]
            for numbers in (mine[start : start + share] for start in range(0, len(mine), share)):
                self.begun.append((numbers, self._send(executor, numbers)))
            self._answers(self.next)
            joined.add([self._design(number) for number in mine], [self.judged[number][1] for number in mine])
            joined.release(claimed)
            if not claimed and self._left():
                time.sleep(POLL_S)

    def _left(self) -> list[int]:
        """What is asked for and not judged yet, in order."""
        return [number for number in self.asked if number not in self.judged]

    def _hear(self, joined: JoinedStudy, numbers: Sequence[int]) -> None:
        """Read what other machines judged."""
        for number, record in joined.judged(numbers).items() if numbers else ():
            self._accept(number, record)

    def _accept(self, number: int, record: Record) -> None:
        """Take what was recorded of a design, if it is the one that is proposed.

        Raises:
            ResumeError: it is not; says which trial.
        """
        if self.asked[number].proposal.knobs != record.knobs:
            raise ResumeError(
                f"{self.folder}: trial {number} of the study is not what these options draw "
                "here; the study was edited, or begun on another kind of machine"
            )
        self.judged[number] = record.costs, record.evaluations

    def _design(self, number: int) -> Design:
        """A design that is judged."""
        search, proposal, (costs, _) = self.search, self.asked[number].proposal, self.judged[number]
        return Design.judged(number, proposal.knobs, proposal.template, costs, search.goal, search.budget)

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

"""Pending trials: asked for, begun, evaluated. What comes of each is the same whoever evaluates it, and when."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cosearch.evaluation.demand import Demand
from cosearch.evaluation.design import Design
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor, Future, task_sizes
from cosearch.search.candidates import (
    Candidate,
    CandidateCosts,
    CandidateTask,
    Evaluated,
    evaluate_candidates,
    seconds_each,
)
from cosearch.search.state import SearchState
from cosearch.strategies.accelerators import Proposal, Proposer
from cosearch.studies.shared_study import POLL_S, SharedStudy
from cosearch.studies.study import Finished, Record, Recorded
from nets.errors import ResumeError

SHARE_S: Final = 0.1
"""How much work a machine claims at a time for each of its workers."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A design that was proposed and evaluated.

    Attributes:
        proposal: what the strategy proposed.
        candidate: what was evaluated.
        design: what became of it.
        evaluations: mappings evaluated for it.
    """

    proposal: Proposal
    candidate: Candidate
    design: Design
    evaluations: int

    @property
    def finished(self) -> Finished:
        """What a study keeps of it."""
        return Finished(self.design, self.proposal.knobs, self.evaluations)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A design that was proposed, and all that its evaluation depends on."""

    proposal: Proposal
    candidate: Candidate


class PendingTrials:
    """Trials from when they are asked for until they are learnt from, numbered in the order they are asked for.

    Args:
        workload: what is evaluated on every accelerator.
        strategy: that proposes them.
        executor: whose workers evaluate.
        state: what was learnt so far: which subnets to start from, and how long a candidate takes.
        recorded: trials that were evaluated before, the first ones; they are asked for all the same.
    """

    def __init__(
        self,
        workload: WorkloadSpec,
        strategy: Proposer,
        executor: Executor,
        state: SearchState,
        recorded: Recorded,
    ) -> None:
        self.workload, self.strategy, self.executor, self.state = workload, strategy, executor, state
        self._recorded = recorded
        self._next = 0
        self._pending: dict[int, _Pending] = {}
        self._begun: deque[tuple[Sequence[int], Future[CandidateCosts]]] = deque()
        self._evaluated: dict[int, Evaluated] = {}

    def ask(self, until: int) -> None:
        """Ask for the trials up to a number, and begin each task's share of them as soon as it is there.

        Raises:
            ResumeError: what is recorded is not what is proposed here; says which trial.
        """
        self._ask_recorded(until)
        executor = self.executor
        sizes = task_sizes(until - self._next, executor.workers, self.state.seconds_each, executor.least_task_s)
        for size in sizes:
            self._begin(self._propose(size))

    def finish(self, until: int) -> None:
        """Wait for what was begun of the trials before a number."""
        answers = []
        while self._begun and self._begun[0][0][0] < until:
            numbers, future = self._begun.popleft()
            answers.append(future.result())
            self._evaluated.update(zip(numbers, answers[-1].each))
        if answers:
            self.state.seconds_each = seconds_each(answers)

    def take(self, numbers: Iterable[int]) -> list[Trial]:
        """Trials that are finished; they are pending no longer."""
        taken = [self._finished(number) for number in numbers]
        for one in taken:
            del self._pending[one.design.number], self._evaluated[one.design.number]
        return taken

    def _ask_recorded(self, until: int) -> None:
        """Ask for what is recorded of the trials up to a number."""
        if recorded := self._recorded.records[self._next : until]:
            for record, number in zip(recorded, self._propose(len(recorded))):
                self._accept(number, record)

    def _propose(self, count: int) -> range:
        """Ask for so many trials; their numbers."""
        numbers = range(self._next, self._next + count)
        for number, proposal in zip(numbers, self.strategy.ask(count)):
            demand = Demand.of(proposal.knobs)
            candidate = Candidate(
                number,
                proposal.machine,
                demand,
                tuple(self.state.memory),
                proposal.near,
                proposal.budget,
                proposal.look,
            )
            self._pending[number] = _Pending(proposal, candidate)
        self._next = numbers.stop
        return numbers

    def _begin(self, numbers: Sequence[int]) -> None:
        """Have a worker evaluate some of them."""
        task = CandidateTask(
            workload=self.workload,
            candidates=tuple(self._pending[number].candidate for number in numbers),
            threads=self.executor.threads,
        )
        self._begun.append((numbers, self.executor.submit(evaluate_candidates, task)))

    def _accept(self, number: int, record: Record) -> None:
        """Take what was recorded of a trial, if it is the one that is proposed.

        Raises:
            ResumeError: it is not; says which trial.
        """
        if self._pending[number].proposal.knobs != record.knobs:
            raise ResumeError(
                f"{self._recorded.source}: trial {number} of the study is not what these options draw "
                "here; the study was edited, or begun on another kind of machine"
            )
        self._evaluated[number] = Evaluated(record.costs, record.evaluations, record.bound, record.precise)

    def _finished(self, number: int) -> Trial:
        pending, found = self._pending[number], self._evaluated[number]
        proposal = pending.proposal
        options = self.workload.options
        design = Design.evaluated(
            number, proposal.machine, found.costs, options.goal, options.budget, found.bound, found.precise,
            pending.candidate.demand,
        )  # fmt: skip
        return Trial(proposal, pending.candidate, design, found.evaluations)


class SharedPendingTrials(PendingTrials):
    """Trials that several machines evaluate, each what it claims; all of them ask for all.

    Args:
        workload, strategy, executor, state, recorded: see :class:`PendingTrials`.
        shared: the study that they share.
    """

    def __init__(
        self,
        workload: WorkloadSpec,
        strategy: Proposer,
        executor: Executor,
        state: SearchState,
        recorded: Recorded,
        shared: SharedStudy,
    ) -> None:
        super().__init__(workload, strategy, executor, state, recorded)
        self._shared = shared

    def ask(self, until: int) -> None:
        """Ask for the trials up to a number; nothing is begun before it is claimed."""
        self._ask_recorded(until)
        self._propose(until - self._next)

    def finish(self, until: int) -> None:
        """Evaluate what no other machine does, and read from the study what they did, up to a number at least.

        Raises:
            StorageError: the study was lost.
        """
        while min(left := self._left(), default=until) < until:
            self._read(left)
            share = math.ceil(SHARE_S / (self.state.seconds_each or SHARE_S))
            claimed = self._shared.claim(self._left(), share * self.executor.workers)
            self._read(claimed)  # by one who let go of the claim just before it was ours
            mine = [number for number in claimed if number not in self._evaluated]
            for start in range(0, len(mine), share):
                self._begin(mine[start : start + share])
            super().finish(self._next)
            done = [self._finished(number) for number in mine]
            self._shared.add([one.finished for one in done])
            self._shared.release(claimed)
            if not claimed and self._left():
                time.sleep(POLL_S)

    def _left(self) -> list[int]:
        """What is asked for and not evaluated yet, in order."""
        return [number for number in self._pending if number not in self._evaluated]

    def _read(self, numbers: Sequence[int]) -> None:
        """Read what other machines evaluated."""
        for number, record in self._shared.records(numbers).items() if numbers else ():
            self._accept(number, record)

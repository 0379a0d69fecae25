"""Designs under way: asked for, begun, judged. What comes of each is the same whoever judges it, and when."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cosearch.evaluation.candidates import Answer, Candidate, Task, judge, seconds_each
from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.evaluation.workload import ACCURACY_KNOB
from cosearch.executors.executor import Executor, task_sizes
from cosearch.search.conclusion import Explored
from cosearch.strategies.accelerators import AcceleratorStrategy, Proposal
from cosearch.studies.shared_study import POLL_S, JoinedStudy
from cosearch.studies.study import Record
from nets.errors import ResumeError

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch

SHARE_S: Final = 0.1
"""How much work a machine claims at a time for each of its workers."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A design that was proposed and judged.

    Attributes:
        proposal: what the strategy proposed.
        design: what became of it.
        evaluations: mappings evaluated for it.
    """

    proposal: Proposal
    design: Design
    evaluations: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A design that was proposed, and all that its judgement depends on."""

    proposal: Proposal
    candidate: Candidate


class UnderWay:
    """Designs from when they are asked for until they are learnt from, numbered in the order they are asked for.

    Args:
        search: whose designs they are.
        resolutions: of its subnets, see :class:`cosearch.evaluation.candidates.Task`.
        strategy: that proposes them.
        executor: whose workers judge.
        found: what was learnt so far: which subnets to start from, and how long a design takes.
        records: of designs that were judged before, the first ones; they are asked for all the same.
        place: of the records, to name in errors.
    """

    def __init__(
        self,
        search: CoSearch,
        resolutions: tuple[int, ...] | None,
        strategy: AcceleratorStrategy,
        executor: Executor,
        found: Explored,
        records: Sequence[Record],
        place: object,
    ) -> None:
        self.search, self.strategy, self.executor, self.found = search, strategy, executor, found
        self._resolutions, self._records, self._place = resolutions, records, place
        self._next = 0
        self._asked: dict[int, _Asked] = {}
        self._begun: deque[tuple[Sequence[int], Callable[[], Answer]]] = deque()
        self._costs: dict[int, tuple[tuple[WorkloadCost, ...], int]] = {}

    def ask(self, until: int) -> None:
        """Ask for the designs up to a number, and begin each task's share of them as soon as it is there.

        Raises:
            ResumeError: what is recorded is not what is proposed here; says which trial.
        """
        self._ask_recorded(until)
        sizes = task_sizes(
            until - self._next, self.executor.workers, self.found.seconds_each, self.executor.least_task_s
        )
        for size in sizes:
            self._begin(self._propose(size))

    def finish(self, until: int) -> None:
        """Wait for what was begun of the designs before a number."""
        answers = []
        while self._begun and self._begun[0][0][0] < until:
            numbers, answer = self._begun.popleft()
            answers.append(answer())
            self._costs.update(zip(numbers, zip(answers[-1].costs, answers[-1].evaluations)))
        if answers:
            self.found.seconds_each = seconds_each(answers)

    def take(self, numbers: Iterable[int]) -> list[Judged]:
        """Designs that are finished; they are under way no longer."""
        taken = [self._judged(number) for number in numbers]
        for one in taken:
            del self._asked[one.design.number], self._costs[one.design.number]
        return taken

    def _ask_recorded(self, until: int) -> None:
        """Ask for what is recorded of the designs up to a number."""
        if recorded := self._records[self._next : until]:
            for record, number in zip(recorded, self._propose(len(recorded))):
                self._accept(number, record)

    def _propose(self, count: int) -> range:
        """Ask for so many designs; their numbers."""
        numbers = range(self._next, self._next + count)
        for number, proposal in zip(numbers, self.strategy.ask(count)):
            demand = proposal.knobs.get(ACCURACY_KNOB, 0.0)
            candidate = Candidate(number, proposal.template, demand, tuple(self.found.memory))
            self._asked[number] = _Asked(proposal, candidate)
        self._next = numbers.stop
        return numbers

    def _begin(self, numbers: Sequence[int]) -> None:
        """Have a worker judge some designs."""
        task = Task(
            search=self.search,
            resolutions=self._resolutions,
            candidates=tuple(self._asked[number].candidate for number in numbers),
            threads=self.executor.threads,
        )
        self._begun.append((numbers, self.executor.submit(judge, task)))

    def _accept(self, number: int, record: Record) -> None:
        """Take what was recorded of a design, if it is the one that is proposed.

        Raises:
            ResumeError: it is not; says which trial.
        """
        if self._asked[number].proposal.knobs != record.knobs:
            raise ResumeError(
                f"{self._place}: trial {number} of the study is not what these options draw "
                "here; the study was edited, or begun on another kind of machine"
            )
        self._costs[number] = record.costs, record.evaluations

    def _judged(self, number: int) -> Judged:
        proposal, (costs, evaluations) = self._asked[number].proposal, self._costs[number]
        search = self.search
        design = Design.judged(number, proposal.knobs, proposal.template, costs, search.goal, search.budget)
        return Judged(proposal, design, evaluations)


class SharedUnderWay(UnderWay):
    """Designs that several machines judge, each what it claims; all of them ask for all.

    Args:
        joined: the study that they share.
        arguments: of :class:`UnderWay`.
    """

    def __init__(self, joined: JoinedStudy, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._joined = joined

    def ask(self, until: int) -> None:
        """Ask for the designs up to a number; nothing is begun before it is claimed."""
        self._ask_recorded(until)
        self._propose(until - self._next)

    def finish(self, until: int) -> None:
        """Judge what no other machine does, and read from the study what they did, up to a number at least.

        Raises:
            StorageError: the study was lost.
        """
        while min(left := self._left(), default=until) < until:
            self._hear(left)
            share = math.ceil(SHARE_S / (self.found.seconds_each or SHARE_S))
            claimed = self._joined.claim(self._left(), share * self.executor.workers)
            self._hear(claimed)  # by one who let go of the claim just before it was ours
            mine = [number for number in claimed if number not in self._costs]
            for start in range(0, len(mine), share):
                self._begin(mine[start : start + share])
            super().finish(self._next)
            done = [self._judged(number) for number in mine]
            self._joined.add([one.design for one in done], [one.evaluations for one in done])
            self._joined.release(claimed)
            if not claimed and self._left():
                time.sleep(POLL_S)

    def _left(self) -> list[int]:
        """What is asked for and not judged yet, in order."""
        return [number for number in self._asked if number not in self._costs]

    def _hear(self, numbers: Sequence[int]) -> None:
        """Read what other machines judged."""
        for number, record in self._joined.judged(numbers).items() if numbers else ():
            self._accept(number, record)

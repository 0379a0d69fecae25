"""Going on with the joint proof of a run: bounds are raised, and designs that promise more are tried."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from accel_models.accelerator import Accelerator
from cosearch.bounds.joint import JointBound, JointProof
from cosearch.evaluation.design import Design
from cosearch.evaluation.winner import Winner
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor, Future
from cosearch.problem.options import CoSearchOptions
from cosearch.search.candidates import Candidate, CandidateCosts, CandidateTask, evaluate_candidates, usual_budget
from cosearch.search.final import map_longer
from cosearch.search.joint import WAVES_IN_GROUPS, begin_proof, begin_proof_in_groups, spec_of, work_on
from cosearch.search.state import SearchState
from cosearch.strategies.accelerators import Look
from cosearch.studies.proof_file import load_proof, save_proof
from cosearch.studies.study import Record
from nets.errors import ResumeError

WAVES_OF_TRIAL: Final = 8
"""Between two designs that are tried."""
CLOSE: Final = 1.02
"""How many times the best a design may be, when it is looked at, to be mapped as a search's last design is."""
LONGER: Final = 10
"""Times the evaluations of a search's last design, for one of the box whose bound nothing raises any more."""
SAVED_EVERY_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Proven:
    """Where a proof stands.

    Attributes:
        winner: the best design known now; improved: whether it was found by the proof.
        joint: what is proven.
        interrupted: whether it was stopped by hand; exhausted: whether nothing can raise the bound further.
        checked: designs of the study that were held against the bound, none of which is below it.
    """

    winner: Winner
    improved: bool
    joint: JointBound
    interrupted: bool
    exhausted: bool
    checked: int


def prove(
    folder: Path,
    options: CoSearchOptions,
    winner: Winner,
    records: list[Record],
    executor: Executor,
    *,
    gap: float,
    time_limit_s: float,
    hear: Callable[[JointProof], None] = lambda proof: None,
) -> Proven:
    """Work on the joint proof of a run until its gap is small enough, the time is over or nothing is left to do.

    Args:
        folder: of the run, where the boxes that are left are kept.
        options: of the run.
        winner: its best design.
        records: of its study, each of which is held against the bound.
        executor: whose workers work.
        gap: that is small enough.
        time_limit_s: after which no wave begins.
        hear: told of every wave.

    Raises:
        ResumeError: the proof in the folder is not of this run.
        ExecutorError: the workers were lost; what was proven until then is kept.
        RuntimeError: a design is below its bound: an error of this program.
    """
    proof = _begun(folder, options, winner)
    if isinstance(proof, JointBound):
        return Proven(winner, False, proof, False, True, 0)
    if winner.groups and not isinstance(winner.machine, Accelerator):
        proof.check(winner.machine, proof.value)
    checked = _check(proof, options, records)
    run = _Run(folder, options, proof, winner, executor, gap, time_limit_s, hear)
    interrupted = False
    try:
        work_on(proof, executor, run.enough)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        save_proof(folder, proof)
    exhausted = not interrupted and not proof.wave()
    return Proven(run.winner, run.winner is not winner, proof.result(), interrupted, exhausted, checked)


def _begun(folder: Path, options: CoSearchOptions, winner: Winner) -> JointProof | JointBound:
    """The proof that the folder holds, or a new one; or why there is none."""
    if not winner.groups:
        return load_proof(folder, options, winner.value(options.goal)) or begin_proof(options, winner)
    held = load_proof(folder, options, winner.value_in_groups(options.goal), groups=True)
    return held or begin_proof_in_groups(options, winner, spec_of(options, winner))


def _check(proof: JointProof, options: CoSearchOptions, records: list[Record]) -> int:
    """Hold every design of a study that keeps all limits against its bound; how many there were.

    They were searched with every layer alone, which a bound on designs in groups allows too.

    Raises:
        ResumeError: a trial says no design of this run.
    """
    checked = 0
    for record in records:
        try:
            machine = options.hardware.described(record.parameters)
        except (KeyError, ValueError) as error:
            raise ResumeError(f"trial {record.number} of the study says no design of this run ({error})") from None
        design = Design.evaluated(record.number, machine, record.costs, options.goal, options.budget)
        if design.feasible:
            proof.check(machine, design.value)
            checked += 1
    return checked


class _Run:
    """One run of the proof: when it is over, and what is done between waves."""

    def __init__(
        self,
        folder: Path,
        options: CoSearchOptions,
        proof: JointProof,
        winner: Winner,
        executor: Executor,
        gap: float,
        time_limit_s: float,
        hear: Callable[[JointProof], None],
    ) -> None:
        self._folder, self._options, self._proof, self._executor = folder, options, proof, executor
        self.winner, self._gap, self._hear = winner, gap, hear
        self._ends = time.monotonic() + time_limit_s
        self._saved = time.monotonic()
        self._tried: set[str] = set()
        self._begun: tuple[Candidate, Future[CandidateCosts]] | None = None

    def enough(self) -> bool:
        """Whether to stop; asked before every wave, and the time to try a design or to write."""
        proof = self._proof
        self._hear(proof)
        begins = proof.spec.groups and proof.waves < WAVES_IN_GROUPS  # as far as the search that ended with it
        if proof.gap <= self._gap or (time.monotonic() >= self._ends and not begins):
            return True
        # A design in groups is not tried: groups on it would be a search of their own.
        if not proof.spec.groups and (proof.waves % WAVES_OF_TRIAL == 1 or proof.settled):
            self._try_promising()
        if time.monotonic() - self._saved > SAVED_EVERY_S:
            save_proof(self._folder, proof)
            self._saved = time.monotonic()
        return proof.gap <= self._gap

    def _try_promising(self) -> None:
        """Hear of the design that was tried, and try one of the box of the least bound.

        Where nothing raises that bound any more, its design is heard of at once.
        """
        self._hear_of_tried()
        machine = self._proof.promising()
        if machine is None or repr(machine) in self._tried:
            return
        self._tried.add(repr(machine))
        spec = WorkloadSpec(self._options, self._proof.spec.resolutions)
        look = Look(None, math.inf, usual_budget(self._options, spec.load().layers))
        candidate = Candidate(0, machine, look=look)
        task = CandidateTask(workload=spec, candidates=(candidate,))
        self._begun = candidate, self._executor.submit(evaluate_candidates, task)
        if self._proof.settled:
            self._hear_of_tried()

    def _hear_of_tried(self) -> None:
        """Where the design that was tried may be the best so far, map it as a search's last; see whether it is."""
        if self._begun is None:
            return
        (candidate, future), self._begun = self._begun, None
        options, machine, found = self._options, candidate.machine, future.result().each[0]
        design = Design.evaluated(0, machine, found.costs, options.goal, options.budget, precise=True)
        if not design.feasible:
            return
        self._proof.check(machine, design.value)
        if design.value > CLOSE * self._proof.value and not self._proof.settled:
            return
        workload = WorkloadSpec(options, self._proof.spec.resolutions).load()
        memory = workload.remember((), found.costs)
        state = SearchState(designs=[design], candidate=candidate, memory=memory)
        times = LONGER if self._proof.settled else 1
        longer = replace(options, baselines=False, last_mapper_budget=times * options.last_mapper_budget)
        winner = map_longer(longer, state, workload, self._executor)
        value = winner.value(options.goal)
        self._proof.check(machine, value)
        if value < self._proof.value:
            self.winner = winner
            self._proof.improve(value)

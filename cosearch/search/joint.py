"""The joint proof of a search: workers raise the bounds of boxes of designs until it is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cosearch.bounds.group_layers import steps_over, why_less
from cosearch.bounds.joint import JointBound, JointProof, work_on_box
from cosearch.bounds.layers import CUTS
from cosearch.bounds.spec import BoundSpec, direction_of, reachable, why_unbounded
from cosearch.evaluation.winner import Winner
from cosearch.executors.executor import Executor
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.options import CoSearchOptions
from cosearch.search.resolutions import resolutions_of

TRIALS_OF_WAVE: Final = 3
"""Of a search, that have a wave of boxes at its end: 26 waves, some seconds of two cores, at the usual trials."""
MOST_FIRST_WAVES: Final = 28
WAVES_IN_GROUPS: Final = 4
"""Of boxes, for the bound on designs in groups, whose boxes are only cut: some seconds of one core."""


def begin_proof(options: CoSearchOptions, winner: Winner, levels: int = len(CUTS)) -> JointProof | JointBound:
    """The proof of how good a design is among all that the options allow; or why there is none.

    Args:
        options: of the search.
        winner: the best design known, which keeps all limits.
        levels: by which layers are searched, see :meth:`cosearch.bounds.boxes.BoxSearch.work`.
    """
    value, spec = winner.value(options.goal), spec_of(options, winner)
    return JointBound.none(value, spec) if isinstance(spec, str) else JointProof(spec, value, levels=levels)


def spec_of(options: CoSearchOptions, winner: Winner) -> BoundSpec | str:
    """The problem of the bound on designs whose layers run alone; or why there is none."""
    resolutions = searched_resolutions(options)
    if note := why_unbounded(options, resolutions):
        return note
    energy = sum(cost.energy_pj for cost in winner.costs)
    latency = sum(cost.latency_s for cost in winner.costs)
    if resolutions is not None:
        resolutions = reachable(options, resolutions)
    return BoundSpec(options, resolutions, direction_of(options, energy, latency))


def begin_proof_in_groups(options: CoSearchOptions, winner: Winner, alone: BoundSpec | str) -> JointProof | JointBound:
    """The proof of how good a design in groups is among all whose layers run in groups or alone; or why there is none.

    Its boxes are only cut: no layer is searched.

    Args:
        options: of the search.
        winner: the best design known in groups, which keeps all limits.
        alone: see :func:`spec_of`.
    """
    value = winner.value_in_groups(options.goal)
    if isinstance(alone, str):
        return JointBound.none(value, alone)
    if isinstance(options.hardware, MachineSpace):
        return JointBound.none(value, "designs in groups are bounded on the template's machines alone")
    energy, latency = sum(one.energy_pj for one in winner.groups), sum(one.latency_s for one in winner.groups)
    spec = replace(alone, direction=direction_of(options, energy, latency), groups=True)
    if note := _why_less(spec, winner):
        return JointBound.none(value, note)
    return JointProof(spec, value, levels=0)


def searched_resolutions(options: CoSearchOptions) -> tuple[int, ...] | None:
    """All at which a search might look for subnets; ``None`` where networks are given."""
    if options.networks:
        return None
    if options.resolution is not None:
        return (options.resolution,)
    return tuple(resolutions_of(options.accuracies()))


def work_on(proof: JointProof, executor: Executor, enough: Callable[[], bool]) -> None:
    """Work on a proof wave by wave.

    Args:
        executor: whose workers work.
        enough: asked before each wave.

    Raises:
        ExecutorError: the workers were lost; the proof stands as it did before the wave.
    """
    while not enough() and (tasks := proof.wave()):
        begun = [executor.submit(work_on_box, task) for task in tasks]
        proof.take([task.result() for task in begun])


def first_bound(options: CoSearchOptions, winner: Winner, executor: Executor) -> JointBound:
    """What is proven of a search's winner at its end, by a fixed number of waves."""
    proof = begin_proof(options, winner, levels=1)
    if isinstance(proof, JointBound):
        return proof
    waves = iter(range(min(options.trials // TRIALS_OF_WAVE, MOST_FIRST_WAVES)))
    work_on(proof, executor, lambda: next(waves, None) is None)
    return replace(proof.result(), groups=_first_in_groups(proof.spec, winner, executor) if winner.groups else None)


def _first_in_groups(alone: BoundSpec, winner: Winner, executor: Executor) -> JointBound:
    """The same of designs in groups, by a few waves."""
    proof = begin_proof_in_groups(alone.options, winner, alone)
    if isinstance(proof, JointBound):
        return proof
    waves = iter(range(WAVES_IN_GROUPS))
    work_on(proof, executor, lambda: next(waves, None) is None)
    return proof.result()


def _why_less(spec: BoundSpec, winner: Winner) -> str:
    """Which layer may make less in a group than alone, in words; empty where none does."""
    if spec.resolutions is None:
        return why_less([cost.network for cost in winner.costs])
    layers = spec.load().workload.layers
    return next(
        (f"a layer like {layer.name!r} may leave out what it reads" for layer in layers if steps_over(layer)), ""
    )

"""Every wiring of the array beside the chosen one: what was tried of it, and what none of its designs can beat.

A wiring is which dims run in parallel, one to three of them; the order of the axes changes no cost. Where rows and
columns can change places in every layer a wiring and its mirror image are one (:mod:`cosearch.bounds.arrays`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from cosearch.bounds.arrays import are_square, is_first, mirror_of
from cosearch.bounds.boxes import Node
from cosearch.bounds.grid import HI, L1
from cosearch.bounds.joint import JointBound
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.template_space import WIRED, WIRINGS
from cosearch.reports.run import Run
from cosearch.search.joint import begin_proof
from cosearch.studies.proof_file import load_proof
from cosearch.studies.replay import Replay

NEAREST: Final = 10
"""Wirings that are shown one by one; of the others a sentence for each number of axes."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One wiring.

    Attributes:
        wiring: its dims; mirror: those of its mirror image, empty where it has none.
        chosen: whether it is the winner's.
        trials: of it in the study; times: the best of them over the best trial of the winner's wiring, mapped alike;
            ``None`` where none keeps every limit.
        bound: what none of its designs is below, over the winner's value; infinite where none fits; ``None`` where
            nothing is proven.
    """

    wiring: str
    mirror: str
    chosen: bool
    trials: int
    times: float | None
    bound: float | None

    @property
    def axes(self) -> int:
        """How many dims run in parallel."""
        return len(self.wiring.split())

    @property
    def ruled_out(self) -> bool:
        """Whether none of its designs is better than the winner: proven."""
        return self.bound is not None and self.bound >= 1

    @property
    def nearness(self) -> tuple[bool, bool, bool, float]:
        """The winner's first, then those that may be better, of these those that were tried, the nearest first."""
        known = [figure for figure in (self.times, self.bound) if figure is not None]
        return not self.chosen, self.ruled_out, self.times is None, known[0] if known else math.inf

    @property
    def tried(self) -> str:
        """What became of its trials, in words."""
        if not self.trials:
            return "not tried"
        if self.times is None:
            return f"{self.trials} tried, none within every limit"
        far = f"{self.times - 1:.1%} worse" if self.times >= 1 else f"{1 - self.times:.1%} better"
        return f"{self.trials} tried, this design's" if self.chosen else f"{self.trials} tried, {far}"

    @property
    def proven(self) -> str:
        """What its bound says, in words."""
        if self.bound is None:
            return "nothing is proven"
        if math.isinf(self.bound):
            return "no design of it keeps the limits"
        if self.ruled_out:
            return f"cannot be better: at least {self.bound:.3g} times"
        return f"could be better by at most {1 - self.bound:.1%}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "wiring": self.wiring,
            "mirror_image": self.mirror or None,
            "axes": self.axes,
            "chosen": self.chosen,
            "trials": self.trials,
            "times_best_trial": self.times,
            "bound_over_winner": None if self.bound is None or math.isinf(self.bound) else self.bound,
            "ruled_out": self.ruled_out,
            "tried": self.tried,
            "proven": self.proven,
        }


@dataclass(frozen=True)
class WiringBounds:
    """What none of the designs of each wiring is below.

    Attributes:
        over_winner: bounds over the winner's value; of a wiring that is not there no design fits.
        square: whether a wiring and its mirror image are one.
        note: why nothing is proven; empty where something is.
    """

    over_winner: Mapping[str, float]
    square: bool
    note: str = ""

    @classmethod
    def of(cls, folder: Path, replay: Replay, options: CoSearchOptions) -> WiringBounds:
        """By the joint bound, and the boxes that the proof in the run's folder has left or that one begins with.

        Raises:
            ResumeError: the proof in the folder is damaged or not of this run.
        """
        value = replay.winner.value(options.goal)
        proof = load_proof(folder, options, value) or begin_proof(options, replay.winner)
        if isinstance(proof, JointBound):
            return cls.none(replay, proof.note)
        least, left = _least(proof.search.roots()), _least(proof.nodes)
        of_all = replay.joint.get("lower_bound") or 0.0
        # What has no box left holds nothing better than the best design that was known.
        bounds = {wiring: max(bound, left.get(wiring, proof.value), of_all) for wiring, bound in least.items()}
        return cls(
            {wiring: bound / value for wiring, bound in bounds.items()}, are_square(proof.search.workload.layers)
        )

    @classmethod
    def none(cls, replay: Replay, note: str) -> WiringBounds:
        """Nothing is proven, and why."""
        layers = [layer for cost in replay.winner.costs for layer in cost.network.layers]
        return cls({}, are_square(layers), note)


def rivals(run: Run, replay: Replay, bounds: WiringBounds) -> list[Rival]:
    """Every wiring, the winner's first and the nearest next.

    Args:
        run: whose trials are looked at.
        replay: its winner.
        bounds: on the designs of each.
    """
    square = bounds.square
    tried = _tried(run)
    chosen = _named(getattr(replay.winner.machine, "parallel", ()))
    alike = {chosen, _named(mirror_of(chosen.split()))} if square else {chosen}
    best = min((value for name in alike for value in tried.get(name, ())), default=math.inf)
    best = best if math.isfinite(best) else replay.winner.value(replay.objective)
    found = []
    for wiring in WIRINGS:
        image = _named(mirror_of(wiring.split())) if square else wiring
        if image != wiring and not is_first(wiring.split()):
            continue
        names = {wiring, image}
        values = [value for name in names for value in tried.get(name, ())]
        times = min(values, default=math.inf) / best
        found.append(
            Rival(
                wiring=wiring,
                mirror=image if image != wiring else "",
                chosen=chosen in names,
                trials=len(values),
                times=times if math.isfinite(times) else None,
                bound=None if bounds.note else bounds.over_winner.get(wiring, math.inf),
            )
        )
    return sorted(found, key=lambda rival: rival.nearness)


def _least(nodes: Iterable[Node]) -> dict[str, float]:
    """The least bound of the boxes of each wiring."""
    least: dict[str, float] = {}
    for node in nodes:
        wiring = _named(WIRED[place] for place in np.flatnonzero(node.box[:L1, HI] > 1))
        least[wiring] = min(node.bound, least.get(wiring, math.inf))
    return least


def _tried(run: Run) -> dict[str, list[float]]:
    """The values of the trials of each wiring; infinite where a limit is broken."""
    values: dict[str, list[float]] = {}
    for trial in run.trials:
        wiring = _named(str(trial.attributes.get("parallel", "")).split())
        values.setdefault(wiring, []).append(trial.value if trial.feasible else math.inf)
    return values


def _named(dims: Iterable[str]) -> str:
    """A wiring as the study calls it."""
    wired = set(dims)
    return " ".join(dim for dim in WIRED if dim in wired)


def describe_rivals(found: Sequence[Rival], note: str) -> str:
    """All wirings in a sentence or two."""
    once = ", mirror images counted once," if any(rival.mirror for rival in found) else ""
    others = [rival for rival in found if not rival.chosen]
    text = f"Of {len(found)} wirings of one to three dims{once} {sum(rival.trials > 0 for rival in found)} were tried"
    ranked = sorted((rival for rival in others if rival.times is not None), key=lambda rival: rival.times or math.inf)
    if ranked:
        far = ranked[0].tried.partition(", ")[2]
        text += f"; the nearest to the chosen one is {ranked[0].wiring}, {far} as the trials were mapped"
    if note:
        return f"{text}. Nothing is proven of them: {note}."
    out = [rival for rival in others if rival.ruled_out]
    text += f". {len(out)} cannot hold a better design, whatever its sizes, network and mappings (proven)"
    left = [rival for rival in others if rival.bound is not None and not rival.ruled_out]
    if left:
        most = max(1 - rival.bound for rival in left if rival.bound is not None)
        names = ", ".join(rival.wiring for rival in left)
        text += f"; still open: {names}, by at most {most:.1%}. cosearch prove narrows that"
    return f"{text}."


def summarised(found: Sequence[Rival]) -> list[str]:
    """Wirings that are not shown one by one, a sentence for each number of axes."""
    said = []
    for axes in sorted({rival.axes for rival in found}):
        alike = [rival for rival in found if rival.axes == axes]
        bounds = [rival.bound for rival in alike if rival.bound is not None and not rival.ruled_out]
        text = f"{len(alike)} more of {axes} {'axis' if axes == 1 else 'axes'}, "
        text += f"{sum(not rival.trials for rival in alike)} of them not tried: "
        text += f"{sum(rival.ruled_out for rival in alike)} cannot be better (proven)"
        said.append(text + (f", the others by at most {1 - min(bounds):.1%}" if bounds else ""))
    return said

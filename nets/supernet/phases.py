"""Progressive shrinking: in which order the choices of a space are opened to training (Cai et al. 2020).

The full network first; then smaller kernels, all at once; then shallower stages and narrower blocks, each in two
phases. The resolution is free from the first step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from nets.errors import InputError
from nets.spaces import Config, Space

_ORDER: Final = ("ks", "d", "e", "w")
"""Genes in the order in which they are opened."""

_TITLES: Final = {"ks": "kernel", "d": "depth", "e": "expand", "w": "width"}


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training in which subnets are drawn from a part of the space.

    Attributes:
        name: what reports call it.
        open: how many of the largest choices of each gene are drawn from, e.g. ``{"ks": 3, "d": 2}``; a gene that is
            not named stays at its largest.
        steps: of the optimiser.
        learning_rate: at the top of the cosine schedule.
        warmup_steps: before, rising evenly.
        subnets: drawn per step; their gradients add up.
        teacher_share: weight of the loss against the full network as it stood at the end of the first phase, beside
            that against the labels; 0 does without.
        cosine: part of the way down from the top to zero that this phase goes, from and to.
    """

    name: str
    open: Mapping[str, int] = field(default_factory=dict)
    steps: int = 1
    learning_rate: float = 0.03
    warmup_steps: int = 0
    subnets: int = 1
    teacher_share: float = 0.0
    cosine: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        for attribute in ("steps", "subnets"):
            if getattr(self, attribute) < 1:
                raise InputError(f"phase {self.name!r}: {attribute}", getattr(self, attribute), "must be at least 1")
        if self.learning_rate <= 0:
            raise InputError(f"phase {self.name!r}: learning_rate", self.learning_rate, "must be above 0")
        if not 0 <= self.warmup_steps <= self.steps:
            raise InputError(f"phase {self.name!r}: warmup_steps", self.warmup_steps, f"must be 0 to {self.steps}")
        if self.teacher_share < 0:
            raise InputError(f"phase {self.name!r}: teacher_share", self.teacher_share, "must be at least 0")
        start, end = self.cosine
        if not 0 <= start <= end <= 1:
            raise InputError(f"phase {self.name!r}: cosine", self.cosine, "must rise between 0 and 1")

    def sample(self, space: Space, rng: np.random.Generator) -> Config:
        """Draw every gene by itself, as published (not uniform over architectures), and any resolution."""
        config: Config = {
            gene: [_draw(choices, rng) for choices in offered] for gene, offered in self.genes(space).items()
        }
        return space.canonical(config | {"r": _draw(space.resolutions, rng)})

    def genes(self, space: Space) -> dict[str, list[tuple[Any, ...]]]:
        """Choices that are open of every gene at each of its places."""
        return {
            "d": [self._offered("d", depth.choices) for depth in space.depths],
            **{gene: [self._offered(gene, choices)] * space.slots for gene, choices in space.block_genes.items()},
            **{gene: [self._offered(gene, free)] * length for gene, (length, free) in space.free_genes.items()},
        }

    def offered(self, space: Space, gene: str) -> tuple[float, ...]:
        """Choices of a block gene that are open."""
        return self._offered(gene, space.block_genes[gene])

    def _offered(self, gene: str, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        return choices[-self.open.get(gene, 1) :]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, from which ``Phase(**data)`` is this phase again."""
        return {name: getattr(self, name) for name in self.__slots__} | {"open": dict(self.open)}


def _draw(choices: tuple[Any, ...], rng: np.random.Generator) -> Any:
    return choices[int(rng.integers(len(choices)))]


def phase_names(space: Space) -> list[str]:
    """Names of the phases of a space: ``full``, ``kernel``, ``depth 1``, ``depth 2`` and so on."""
    return list(_plan(space))


def _plan(space: Space) -> dict[str, tuple[dict[str, int], int]]:
    """What is open in each phase, and how many subnets are drawn per step."""
    plan: dict[str, tuple[dict[str, int], int]] = {"full": ({}, 1)}
    opened: dict[str, int] = {}
    for gene in _ORDER:
        most = _most_choices(space, gene)
        title, subnets = _TITLES[gene], {"ks": 1, "d": 2, "e": 4, "w": 4}[gene]
        if gene == "ks" and most > 1:
            opened = opened | {gene: most}
            plan[title] = (opened, subnets)
            continue
        for choices in range(2, most + 1):
            opened = opened | {gene: choices}
            plan[f"{title} {choices - 1}" if most > 2 else title] = (opened, subnets)
    return plan


def _most_choices(space: Space, gene: str) -> int:
    """Choices of a gene where it has most of them; 1 where the space does not have it."""
    if gene == "d":
        return max(len(depth.choices) for depth in space.depths)
    if gene in space.free_genes:
        return len(space.free_genes[gene][1])
    return len(space.block_genes.get(gene, (0,)))


PUBLISHED_EPOCHS: Final = {"full": (180, 0), "kernel": (120, 5), "1": (25, 0), "2": (120, 5)}
"""(epochs, of which warm-up), by phase or by its number, of mit-han-lab/once-for-all's train_ofa_net.py."""

PUBLISHED_BATCH: Final = 64
PUBLISHED_RATES: Final = {"full": 8e-2, "kernel": 3e-2, "1": 2.5e-3, "2": 7.5e-3}
"""Learning rate at :data:`PUBLISHED_BATCH` images of a step; of the full network, the paper's 2.6 at 2048 images."""


def published_phases(
    space: Space, steps_per_epoch: int, *, batch: int = PUBLISHED_BATCH, scale: float = 1.0
) -> list[Phase]:
    """The published schedule, for data of which an epoch takes so many steps.

    Args:
        steps_per_epoch: of all processes together.
        batch: images of a step in one process, with which learning rates grow in proportion.
        scale: of all numbers of steps; a schedule of 0.01 tries things out.

    Raises:
        InputError: a scale, a batch or a number of steps that is not positive.
    """
    if steps_per_epoch < 1:
        raise InputError("training: steps per epoch", steps_per_epoch, "must be at least 1", "use a smaller batch")
    if batch < 1:
        raise InputError("training: batch", batch, "must be at least 1")
    if scale <= 0:
        raise InputError("training: scale", scale, "must be above 0")
    phases = []
    for name, (opened, subnets) in _plan(space).items():
        key = name if name in PUBLISHED_EPOCHS else name.rpartition(" ")[2]
        epochs, warmup = PUBLISHED_EPOCHS.get(key, PUBLISHED_EPOCHS["2"])
        steps = max(1, round(epochs * steps_per_epoch * scale))
        warmup_steps = min(steps, round(warmup * steps_per_epoch * scale))
        rate = PUBLISHED_RATES.get(key, PUBLISHED_RATES["2"]) * batch / PUBLISHED_BATCH
        phases.append(Phase(name, opened, steps + warmup_steps, rate, warmup_steps, subnets, float(name != "full")))
    return phases


SHORT_LAST_SHARE: Final = 0.5
"""Of all steps of a short training, those of the last phase, in which everything is open; the others share the rest."""

SHORT_RATE: Final = 0.16
SHORT_TEACHER_SHARE: Final = 0.5
"""Less than published: a full network that was trained for so short is a mediocre teacher."""


def short_phases(space: Space, steps: int) -> list[Phase]:
    """A schedule for small data and hundreds of steps in all, where the published one would hardly learn.

    The same phases in the same order, for batches of about 32 images. Their rates are one cosine over the whole
    training: falling to zero and rising again in every phase, as published, spends most of few steps on nothing.

    Args:
        steps: of all phases together; at least one each.

    Raises:
        InputError: fewer steps than phases.
    """
    plan = _plan(space)
    if steps < len(plan):
        raise InputError("training: steps", steps, f"must be at least {len(plan)}, the number of phases")
    shares = np.full(len(plan), (1 - SHORT_LAST_SHARE) / max(1, len(plan) - 1))
    shares[-1] = 1 - shares[:-1].sum()
    ends = np.arange(1, len(plan) + 1) + np.round(np.cumsum(shares) * (steps - len(plan))).astype(int)
    starts = [0, *ends[:-1].tolist()]
    return [
        Phase(
            name,
            opened,
            int(end) - start,
            SHORT_RATE,
            subnets=subnets,
            teacher_share=0.0 if name == "full" else SHORT_TEACHER_SHARE,
            cosine=(start / steps, int(end) / steps),
        )
        for (name, (opened, subnets)), start, end in zip(plan.items(), starts, ends)
    ]


def plain_phase(space: Space, *, steps: int, learning_rate: float, subnets: int = 1) -> Phase:
    """Every choice open from the first step and no teacher: what progressive shrinking is compared with."""
    opened = {gene: _most_choices(space, gene) for gene in _ORDER}
    return Phase("plain", opened, steps, learning_rate, subnets=subnets)

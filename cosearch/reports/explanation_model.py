"""What an ``explanation.json`` may say: as :meth:`cosearch.reports.explanation.Explanation.to_dict` writes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from nets.documents.model import Model


class ChangeEntry(Model):
    """A tenth more of a resource."""

    resource: str
    before: Any = Field(alias="from")
    after: Any = Field(alias="to")
    area_mm2: float
    value: Any = None
    within_budget: bool
    breaks: tuple[str, ...] = ()
    gain_percent: float
    latency_gain_percent: float
    energy_gain_percent: float


class WiringEntry(Model):
    """The same elements wired otherwise."""

    array: str
    area_mm2: float
    value: Any = None
    ratio: float


class RivalEntry(Model):
    """A wiring, with arrays of any size."""

    wiring: str
    mirror_image: str | None
    axes: Any = None
    chosen: Any = None
    trials: Any = None
    times_best_trial: Any = None
    ruled_out: Any = None
    tried: Any
    proven: Any
    bound_over_winner: float | None


class ExplanationFile(Model):
    """What ``cosearch explain`` found."""

    version: Literal[1] = Field(alias="schema")
    objective: str
    unit: str
    value: Any
    evaluations: int
    seed: int
    words: tuple[str, ...]
    sensitivity: tuple[ChangeEntry, ...]
    wiring: tuple[WiringEntry, ...]
    every_wiring: tuple[RivalEntry, ...]
    binding: tuple[dict[str, Any], ...]

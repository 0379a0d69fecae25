"""What a trial of a study keeps of a finished design: as :mod:`cosearch.studies.study` writes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nets.documents.model import Model, NotNegative, Percent, Positive


class CostEntry(Model):
    """The cost of one network; null figures where some layer has no mapping."""

    name: str
    energy_pj: Positive | None
    latency_s: Positive | None
    config: dict[str, Any] | None
    accuracy: Percent | None
    weight_bits: dict[str, Positive] | None = None


class RecordEntry(Model):
    """A finished design."""

    number: Annotated[int, Field(ge=0)]
    point: dict[str, float]
    costs: tuple[CostEntry, ...]
    evaluations: Annotated[int, Field(ge=0)]
    bound: NotNegative | None
    precise: bool


class TrialEntry(Model):
    """What a report reads of a trial: its objectives, by how much it breaks limits, what it says of its design."""

    values: tuple[float, ...] | None
    constraints: dict[str, float]
    attributes: dict[str, Any]

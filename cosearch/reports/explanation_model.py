"""What an ``explanation.json`` may say: as :meth:`cosearch.reports.explanation.Explanation.to_dict` writes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from nets.documents.model import Model


class Row(Model):
    """An entry of a table, which may have more columns."""

    model_config = ConfigDict(strict=True, extra="allow")


class ChangeEntry(Row):
    """A tenth more of a resource."""

    resource: str
    before: Any = Field(alias="from")
    after: Any = Field(alias="to")
    area_mm2: float
    within_budget: bool
    gain_percent: float
    latency_gain_percent: float
    energy_gain_percent: float


class WiringEntry(Row):
    """The same elements wired otherwise."""

    array: str
    area_mm2: float
    ratio: float


class RivalEntry(Row):
    """A wiring, with arrays of any size."""

    wiring: str
    mirror_image: str | None
    tried: Any
    proven: Any
    bound_over_winner: float | None


class ExplanationFile(Row):
    """What ``cosearch explain`` found."""

    version: Literal[1] = Field(alias="schema")
    objective: str
    words: tuple[str, ...]
    sensitivity: tuple[ChangeEntry, ...]
    wiring: tuple[WiringEntry, ...]
    every_wiring: tuple[RivalEntry, ...]

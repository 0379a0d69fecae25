"""The annealing mapper."""

from __future__ import annotations

from tests.mappings.mapper_conformance import MapperConformance


class TestAnnealing(MapperConformance):
    name = "annealing"

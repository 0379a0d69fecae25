"""The genetic mapper."""

from __future__ import annotations

from tests.mappings.mapper_conformance import MapperConformance


class TestGenetic(MapperConformance):
    name = "genetic"

"""Random search."""

from __future__ import annotations

from tests.mappings.mapper_conformance import MapperConformance


class TestRandom(MapperConformance):
    name = "random"


class TestRandomByIndex(MapperConformance):
    name = "random"
    settings = {"encoding": "index"}  # noqa: RUF012

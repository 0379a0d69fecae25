"""Print what a file may say as JSON Schema, for editors that complete and check: machine, family, best, config, ..."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Final

EXAMPLE = "cosearch schema machine > machine.schema.json"


def machine() -> dict[str, Any]:
    """Of a machine."""
    from accel_models.description import machine_schema

    return machine_schema()


def family() -> dict[str, Any]:
    """Of a family of machines."""
    from accel_models.description import machine_schema
    from accel_models.families.model import FamilyFile
    from nets.documents.schemas import schema_of

    schema, of_machine = schema_of(FamilyFile, "A machine, and what varies of it"), machine_schema()
    schema["$defs"] = schema.get("$defs", {}) | of_machine["$defs"]
    schema["properties"]["machine"] |= {"$ref": "#/$defs/structure"}
    return schema


def nest() -> dict[str, Any]:
    """Of a nest."""
    from accel_models.formats.nest_model import NestEntry
    from nets.documents.schemas import schema_of

    return schema_of(NestEntry, "A layer, a machine and a mapping in one file")


def best() -> dict[str, Any]:
    """Of a ``best.yaml``."""
    from cosearch.studies.schemas import best_schema

    return best_schema()


def config() -> dict[str, Any]:
    """Of a ``config.yaml``."""
    from cosearch.studies.schemas import config_schema

    return config_schema()


def predictor() -> dict[str, Any]:
    """Of an accuracy predictor."""
    from nets.accuracy.predictor_model import PredictorFile
    from nets.documents.schemas import schema_of

    return schema_of(PredictorFile, "An accuracy predictor")


def latency_predictor() -> dict[str, Any]:
    """Of a latency predictor."""
    from nets.documents.schemas import schema_of
    from nets.latency.predictor_model import LatencyPredictorFile

    return schema_of(LatencyPredictorFile, "A latency predictor")


def latency_table() -> dict[str, Any]:
    """Of a table of layers."""
    from nets.documents.schemas import schema_of
    from nets.latency.table_model import LayerTableFile

    return schema_of(LayerTableFile, "Latency of the parts of networks on a device")


def explanation() -> dict[str, Any]:
    """Of an ``explanation.json``."""
    from cosearch.reports.explanation_model import ExplanationFile
    from nets.documents.schemas import schema_of

    return schema_of(ExplanationFile, "Why the design of a run is as it is")


def zigzag_hardware() -> dict[str, Any]:
    """Of a machine of ZigZag's, or a core of Stream's."""
    from accel_models.formats.zigzag.model import Hardware
    from nets.documents.schemas import schema_of

    return schema_of(Hardware, "A machine of ZigZag's")


def zigzag_workload() -> dict[str, Any]:
    """Of a workload of ZigZag's."""
    from nets.documents.schemas import schema_of
    from nets.workloads.zigzag_model import Workload

    return schema_of(Workload, "Layers of ZigZag's")


def zigzag_mapping() -> dict[str, Any]:
    """Of a mapping of ZigZag's."""
    from accel_models.formats.zigzag.model import MappingFile
    from nets.documents.schemas import schema_of

    return schema_of(MappingFile, "Mappings of ZigZag's")


def accelforge_workload() -> dict[str, Any]:
    """Of the section ``workload`` of a file of AccelForge's."""
    from nets.documents.schemas import schema_of
    from nets.workloads.accelforge_model import WorkloadEntry

    return schema_of(WorkloadEntry, "Einsums of AccelForge's")


SCHEMAS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "machine": machine,
    "family": family,
    "nest": nest,
    "best": best,
    "config": config,
    "predictor": predictor,
    "latency-predictor": latency_predictor,
    "latency-table": latency_table,
    "explanation": explanation,
    "zigzag-hardware": zigzag_hardware,
    "zigzag-workload": zigzag_workload,
    "zigzag-mapping": zigzag_mapping,
    "accelforge-workload": accelforge_workload,
}
"""What gives the schema of each kind of file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("file", choices=tuple(SCHEMAS), help="the kind of file")


def run(args: argparse.Namespace) -> int:
    """Print it; JSON either way."""
    from cosearch.commands.output import print_json

    print_json(SCHEMAS[args.file]())
    return 0

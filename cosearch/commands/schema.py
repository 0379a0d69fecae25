"""Print what a file may say as JSON Schema, for editors that complete and check: machine, family, best, config, ..."""

from __future__ import annotations

import argparse
import importlib
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


def best() -> dict[str, Any]:
    """Of a ``best.yaml``."""
    from cosearch.studies.schemas import best_schema

    return best_schema()


def config() -> dict[str, Any]:
    """Of a ``config.yaml``."""
    from cosearch.studies.schemas import config_schema

    return config_schema()


def settings() -> dict[str, Any]:
    """Of the TOML that ``cosearch search --config`` reads."""
    from cosearch.commands.search import KINDS
    from cosearch.commands.settings_model import settings_model
    from nets.documents.schemas import schema_of

    return schema_of(settings_model(KINDS, ()), "Options of a search")


def timeloop() -> dict[str, Any]:
    """Of a file of Timeloop's."""
    from accel_models.formats.timeloop import file_schema

    return file_schema()


def accelforge_mapping() -> dict[str, Any]:
    """Of a mapping of AccelForge's or LoopTree's."""
    from accel_models.formats.accelforge.schema import mapping_schema

    return mapping_schema()


def _of(module: str, model: str, title: str) -> Callable[[], dict[str, Any]]:
    """Of a model, which is imported when it is asked for."""

    def schema() -> dict[str, Any]:
        from nets.documents.schemas import schema_of

        return schema_of(getattr(importlib.import_module(module), model), title)

    return schema


SCHEMAS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "machine": machine,
    "family": family,
    "system": _of("accel_models.systems.model", "SystemFile", "Cores that share one DRAM, and links between them"),
    "figures": _of("accel_models.own_figures", "FiguresFile", "Energies and areas of a machine's parts"),
    "accelergy": _of(
        "accel_models.accelergy_figures", "AccelergyFile", "A machine with Accelergy's energies and areas"
    ),
    "technology": _of("accel_models.own_technology", "OwnTechnology", "Figures of a technology of one's own"),
    "accelergy-technology": _of(
        "accel_models.accelergy_technology", "AccelergyTechnology", "A technology by Accelergy's energies and areas"
    ),
    "nest": _of("accel_models.formats.nest_model", "NestEntry", "A layer, a machine and a mapping in one file"),
    "best": best,
    "config": config,
    "settings": settings,
    "predictor": _of("nets.accuracy.predictor_model", "PredictorFile", "An accuracy predictor"),
    "latency-predictor": _of("nets.latency.predictor_model", "LatencyPredictorFile", "A latency predictor"),
    "latency-table": _of("nets.latency.table_model", "LayerTableFile", "Latency of the parts of networks on a device"),
    "language-model": _of("nets.language.config_model", "ConfigEntry", "The config.json of a language model"),
    "explanation": _of("cosearch.reports.explanation_model", "ExplanationFile", "Why the design of a run is as it is"),
    "timeloop": timeloop,
    "zigzag-hardware": _of("accel_models.formats.zigzag.model", "Hardware", "A machine of ZigZag's"),
    "zigzag-workload": _of("nets.workloads.zigzag_model", "Workload", "Layers of ZigZag's"),
    "zigzag-mapping": _of("accel_models.formats.zigzag.model", "MappingFile", "Mappings of ZigZag's"),
    "accelforge-workload": _of("nets.workloads.accelforge_model", "WorkloadEntry", "Einsums of AccelForge's"),
    "accelforge-mapping": accelforge_mapping,
    "maestro-hardware": _of("accel_models.formats.maestro", "Hardware", "A machine of MAESTRO's"),
    "scalesim-config": _of("accel_models.formats.scalesim_model", "ConfigFile", "A configuration of SCALE-Sim's"),
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

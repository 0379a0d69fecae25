"""JSON Schemas of the files of a run, which lie beside them so that an editor completes and checks what is edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from accel_models.description import machine_schema
from cosearch.studies.run_folder import BEST, CONFIG, schema_name
from nets.documents import write_whole


def best_schema() -> dict[str, Any]:
    """Of a ``best.yaml``, with the machines that it may hold."""
    from cosearch.studies.best_model import BestFile
    from nets.documents.schemas import schema_of

    schema, machine = schema_of(BestFile, "A design that a search found"), machine_schema()
    schema["$defs"] |= machine["$defs"]
    schema["properties"]["accelerator"] |= {"oneOf": machine["oneOf"]}
    return schema


def config_schema() -> dict[str, Any]:
    """Of a ``config.yaml``."""
    from cosearch.studies.config_model import ConfigFile
    from nets.documents.schemas import schema_of

    return schema_of(ConfigFile, "Options and versions of a run")


_SCHEMAS: Final[dict[str, Callable[[], dict[str, Any]]]] = {BEST: best_schema, CONFIG: config_schema}


def write_schemas(folder: Path) -> None:
    """Write the schemas of the files that the folder of a run has."""
    for name, schema in _SCHEMAS.items():
        if (folder / name).exists():
            write_whole(folder / schema_name(name), json.dumps(schema(), indent=1) + "\n")

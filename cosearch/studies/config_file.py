"""The ``config.yaml`` of a run, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cosearch.studies.run_folder import SCHEMA
from nets.documents import read_yaml
from nets.documents.typed import typed
from nets.errors import InputError


def read_config(path: Path) -> dict[str, Any]:
    """What a ``config.yaml`` says, checked: ``options`` and ``versions``, and ``storage`` where the study has one.

    Raises:
        InputError: the file cannot be read, or no search of this version wrote it.
    """
    from cosearch.studies.config_model import ConfigFile

    document = read_yaml(path, "run", place=str(path))
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("options"), dict):
        raise InputError("run", str(path), "holds no options", "name the folder that a search wrote")
    if data.get("schema") != SCHEMA:
        written = data.get("versions")
        version = str(written.get("cosearch", "")) if isinstance(written, dict) else ""
        hint = f"cosearch {version} wrote it" if version[:1].isdigit() else ""
        raise InputError(f"{path}: schema", data.get("schema"), f"must be {SCHEMA}, which this version reads", hint)
    typed(ConfigFile, document)
    return data

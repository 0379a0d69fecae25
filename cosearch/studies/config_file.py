"""The ``config.yaml`` of a run, written and read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cosearch.problem.options import CoSearchOptions
from cosearch.studies.kept_files import keep_files
from cosearch.studies.run_folder import CONFIG, SCHEMA, options_to_dict, write_yaml
from cosearch.studies.versions import versions_of
from nets.documents import read_yaml
from nets.documents.typed import typed
from nets.errors import NO_VALUE, InputError


def write_config(folder: Path, options: CoSearchOptions, storage: Mapping[str, Any] | None = None) -> None:
    """Every option of the search, the versions of what ran, and the storage that mirrors its study, if any.

    The files among the options are kept in the folder too.
    """
    keep_files(folder, options)
    data = {"schema": SCHEMA, "options": options_to_dict(options), "versions": versions_of(options)}
    if storage is not None:
        data["storage"] = dict(storage)
    write_yaml(folder / CONFIG, data, "Options and versions of this run; the result depends on nothing else.")


def read_config(path: Path) -> dict[str, Any]:
    """What a ``config.yaml`` says, checked: ``options`` and ``versions``, and ``storage`` where the study has one.

    Raises:
        InputError: the file cannot be read, or no search of this version wrote it.
    """
    from cosearch.studies.config_model import ConfigFile

    document = read_yaml(path, "run", place=str(path))
    data = document.data
    if not isinstance(data, dict) or not {"schema", "options"} & data.keys():
        raise InputError("run", str(path), "holds no options", "name the folder that a search wrote")
    if data.get("schema", SCHEMA) != SCHEMA:
        written = data.get("versions")
        version = str(written.get("cosearch", "")) if isinstance(written, dict) else ""
        hint = f"cosearch {version} wrote it" if version[:1].isdigit() else ""
        schema = NO_VALUE if data["schema"] is None else data["schema"]
        raise InputError(f"{path}: schema", schema, f"must be {SCHEMA}, which this version reads", hint)
    typed(ConfigFile, document)
    return data

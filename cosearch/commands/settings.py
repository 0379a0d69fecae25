"""Options from three places: what is said on the command line beats the environment, which beats a file.

``--seed 3``, ``COSEARCH_SEED=3`` and ``seed = 3`` in the TOML file of ``--config`` are one option. A name that is no
option is refused wherever it stands.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nets.documents import read_toml
from nets.documents.typed import typed
from nets.errors import InputError, unknown

PREFIX: Final = "COSEARCH_"

_RULES: Final[dict[Any, str]] = {
    int: "must be a whole number",
    float: "must be a number",
    bool: "must be true or false",
}


def fill(args: argparse.Namespace, kinds: Mapping[str, Any], environment: Mapping[str, str], file: Path | None) -> None:
    """Set every option that the command line left open (``None``) from the environment, else from the file.

    Args:
        args: of the command line.
        kinds: type of each option that may be set, by its name in ``args``.
        environment: variables of the process.
        file: TOML; nothing is read when ``None``.

    Raises:
        InputError: a name that is no option, with the nearest; a value of the wrong kind; a file that cannot be read.
    """
    found = {} if file is None else _from_file(file, kinds)
    found |= _from_environment(environment, kinds)
    for name, value in found.items():
        if getattr(args, name) is None:
            setattr(args, name, value)


def _from_environment(environment: Mapping[str, str], kinds: Mapping[str, Any]) -> dict[str, Any]:
    variables = {PREFIX + name.upper(): name for name in kinds}
    found = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in variables:
            raise unknown("environment", variable, variables)
        name = variables[variable]
        found[name] = _read(variable, text, kinds[name])
    return found


def _read(place: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false", "1", "0"):
            raise InputError(place, text, _RULES[bool])
        return text.lower() in ("true", "1")
    try:
        return [text] if kind is list else kind(text)
    except ValueError:
        raise InputError(place, text, _RULES[kind]) from None


def _from_file(path: Path, kinds: Mapping[str, Any]) -> dict[str, Any]:
    from cosearch.commands.settings_model import settings_model

    document = read_toml(path, "--config")
    settings = typed(settings_model(kinds, document.data), document)
    found = settings.model_dump(exclude_none=True)
    return {name: kinds[name](value) for name, value in found.items()}

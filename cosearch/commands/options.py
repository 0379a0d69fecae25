"""Options that commands with several actions have in common."""

from __future__ import annotations

import argparse
import json
from typing import Any

from nets.errors import InputError


def needed(args: argparse.Namespace, command: str, option: str) -> Any:
    """The value of an option that this action cannot do without.

    Raises:
        InputError: it is not given.
    """
    value = getattr(args, option)
    if value is None:
        raise InputError(f"{command} {args.action}: --{option}", "", "is missing", f"see: cosearch {command} --help")
    return value


def chosen_config(text: str, space: Any) -> dict[str, Any]:
    """The network of a space that ``--config`` says: ``max``, ``min``, or its genes as a JSON object.

    Raises:
        InputError: the text is no JSON object, or the space has no such network.
    """
    if text in ("max", "min"):
        extreme: dict[str, Any] = space.max_config() if text == "max" else space.min_config()
        return extreme
    try:
        config = json.loads(text)
    except ValueError as error:
        raise InputError("--config", text, f"is not JSON ({error})") from error
    if not isinstance(config, dict):
        example = '{"ks": [...], "e": [...], "d": [...], "r": 128}'
        raise InputError("--config", text, "must be a JSON object", f"for a subnet of Once-for-All: {example}")
    canonical: dict[str, Any] = space.canonical(config)
    return canonical

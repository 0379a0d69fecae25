"""Results of an exhibit, part by part in a folder: what was finished is not done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nets.documents import read_json, write_whole
from nets.errors import InputError


def kept(folder: Path, name: str, settings: Mapping[str, Any], compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``compute`` gave for these settings, now or before.

    Args:
        folder: made where it is not there.
        name: of the part, and of its file.
        settings: plain data that the part depends on.

    Raises:
        InputError: the folder holds this part with other settings, or a file that is damaged.
    """
    path, asked = folder / f"{name}.json", json.loads(json.dumps(settings))
    if path.exists():
        held = read_json(path, "results").data
        if not isinstance(held, dict) or held.get("settings") != asked or "found" not in held:
            raise InputError("out", str(path), "holds results of other settings", "name another folder, or remove it")
        found: dict[str, Any] = held["found"]
        return found
    found = compute()
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps({"settings": asked, "found": found}, indent=1) + "\n")
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]

"""The parts of a ``best.yaml``, read and checked: what no search writes is refused, with its place in the file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.description import from_dict as machine_from_dict
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.winner import FOUND_BY, AccuracyFloor
from nets.accuracy import Accuracy
from nets.errors import InputError, unknown


def check_keys(place: str, data: Mapping[str, Any], known: Sequence[str], optional: Sequence[str]) -> None:
    """Refuse keys that are not known, and ask for those that are not optional."""
    for key in data:
        if key not in known:
            raise unknown(place, str(key), known)
    for key in known:
        if key not in data and key not in optional:
            raise InputError(place, key, "is missing")


def read_accuracy(place: str, entry: Any) -> Accuracy:
    """As it was measured."""
    if not isinstance(entry, dict):
        raise InputError(place, entry, "must be a mapping of keys to values")
    known = ("top1_percent", "standard_error", "estimates", "saturated", "degrees_of_freedom")
    check_keys(place, entry, known, optional=("degrees_of_freedom",))
    return Accuracy(**entry)


def read_floor(place: str, entry: Any) -> AccuracyFloor | None:
    """As it was asked for; ``None`` where nothing was."""
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise InputError(place, entry, "must be a mapping of keys to values")
    check_keys(place, entry, ("top1_percent", "confidence"), optional=("confidence",))
    top1, confidence = entry["top1_percent"], entry.get("confidence")
    if not isinstance(top1, int | float) or not 0 < top1 < 100:
        raise InputError(f"{place}: top1_percent", top1, "must be a percentage between 0 and 100")
    if confidence is not None and not (isinstance(confidence, int | float) and 0 < confidence < 1):
        raise InputError(f"{place}: confidence", confidence, "must be a probability between 0 and 1")
    return AccuracyFloor(float(top1), None if confidence is None else float(confidence))


def read_found_by(place: str, entry: Any) -> str:
    """How the networks were found, in this version's words; empty where they were given."""
    if entry and entry not in FOUND_BY:
        raise unknown(place, str(entry), FOUND_BY)
    return str(entry)


def read_baselines(place: str, entries: Any) -> list[dict[str, Any]]:
    """As :meth:`cosearch.search.result.Baseline.to_dict` writes them."""
    if not isinstance(entries, list):
        raise InputError(place, entries, "must be a list")
    for index, entry in enumerate(entries):
        here = f"{place}[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise InputError(here, entry, "must be a mapping with a name")
        if "ratio" not in entry:
            continue
        for key in ("area_mm2", "latency_s", "energy_pj", "ratio"):
            if not isinstance(entry.get(key), int | float):
                raise InputError(f"{here}: {key}", entry.get(key), "must be a number")
        if isinstance(machine_from_dict(entry.get("accelerator"), f"{here}: accelerator"), Accelerator):
            raise InputError(f"{here}: accelerator", entry["accelerator"], "must be of kind template")
    return entries


def read_joint(place: str, entry: Any) -> dict[str, Any]:
    """As :meth:`cosearch.bounds.joint.JointBound.to_dict` writes it."""
    if not isinstance(entry, dict):
        raise InputError(place, entry, "must be a mapping of keys to values")
    if not entry:
        return {}
    check_keys(place, entry, ("lower_bound", "gap", "proven_share", "boxes", "note"), optional=("boxes", "note"))
    for key in ("lower_bound", "gap", "proven_share") if entry["lower_bound"] is not None else ():
        if not isinstance(entry[key], int | float) or isinstance(entry[key], bool):
            raise InputError(f"{place}: {key}", entry[key], "must be a number")
    return entry


def read_proof(place: str, entry: Any) -> MappingProof:
    """As :meth:`MappingProof.to_dict` writes it."""
    if not isinstance(entry, dict):
        raise InputError(place, entry, "must be a mapping of keys to values")
    keys = ("per_pj", "per_s", "at_least")
    check_keys(place, entry, keys, optional=())
    for key in keys:
        if not isinstance(entry[key], int | float) or not 0 <= entry[key] < math.inf:
            raise InputError(f"{place}: {key}", entry[key], "must be a finite number of at least 0")
    if not entry["per_pj"] and not entry["per_s"]:
        raise InputError(place, entry, "bounds nothing: both weights are 0")
    return MappingProof(*(float(entry[key]) for key in keys))

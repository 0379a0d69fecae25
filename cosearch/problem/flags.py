"""What a person calls each option of a search, and how a command line asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FLAGS: Final = {
    "budget": "--budget",
    "limits": "--budget",
    "machine": "--machine",
    "vary": "--vary",
    "networks": "--network",
    "space": "--space",
    "data": "--data",
    "predictor": "--predictor",
    "latency": "--latency",
    "latency_limit_ms": "--latency-limit",
    "limit": "--limit",
    "min_accuracy": "--min-accuracy",
    "confidence": "--confidence",
    "resolution": "--resolution",
    "objective": "--objective",
    "objectives": "--objectives",
    "trials": "--trials",
    "mapper_budget": "--evaluations",
    "last_mapper_budget": "--last-evaluations",
    "last_mapper": "--last-mapper",
    "fuse": "--fuse",
    "baselines": "--no-baselines",
    "sampler": "--sampler",
    "time_limit_s": "--time-limit",
    "seed": "--seed",
    "node_nm": "--node",
    "voltage": "--voltage",
    "dram": "--dram",
    "standing_costs": "--standing-costs",
    "technology": "--technology",
    "precision": "--precision",
    "layer_precision": "--layer-precision",
    "bits_table": "--bits-table",
    "max_loss": "--max-loss",
    "jobs": "--jobs",
}
"""By the name that :class:`~cosearch.problem.stated.StatedOptions` has for it, or ``config.yaml``."""
_TURNED_OFF: Final = ("baselines",)
"""Options whose flags say that they are not asked for."""
_REPEATED: Final = ("layer_precision",)
"""Options whose flags take one value each."""


def words_of(options: Mapping[str, Any]) -> list[str]:
    """The words of a command line that ask for some options, which are plain data."""
    words = []
    for option, flag in FLAGS.items():
        value = options.get(option)
        if option in _TURNED_OFF:
            value = value is False
        if value is None or value is False or value in ([], ()):
            continue
        if value is True:
            words.append(flag)
        elif option in _REPEATED:
            words += [word for each in value for word in (flag, str(each))]
        else:
            words += [flag, ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)]
    return words

"""What a person calls each option of a search."""

from __future__ import annotations

from typing import Final

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
    "precision": "--precision",
    "layer_precision": "--layer-precision",
    "bits_table": "--bits-table",
    "max_loss": "--max-loss",
    "jobs": "--jobs",
}

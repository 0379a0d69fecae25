"""What a nest says of its levels and its machine, by the names that :mod:`accel_models.accelerator` gives them."""

from __future__ import annotations

import dataclasses
from typing import Final

from accel_models.accelerator import Level

HARDWARE_KEYS: Final = tuple(
    field.name for field in dataclasses.fields(Level) if field.name not in ("name", "keeps", "fanout")
)
MACHINE_KEYS: Final = ("mac_pj", "mac_area_mm2", "clock_hz", "static_mw", "node_nm", "source")

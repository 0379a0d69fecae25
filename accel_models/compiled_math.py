"""The functions of :mod:`nets.elementary` for compiled code: the same source, so the same bits."""

from __future__ import annotations

from accel_models.compiled import inside
from nets import elementary

exp = inside("float64(float64)")(elementary.exp)
log = inside("float64(float64)")(elementary.log)

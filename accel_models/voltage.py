"""Supply voltage: how energy, speed and leakage of a node follow from it.

* Energy goes with the square of the voltage.
* Speed follows the alpha-power law, (V - threshold)^alpha / V (Sakurai and Newton, JSSC 1990; alpha 1.3).
* Leakage power is the off current times the voltage.

Figures were made at voltages of their own: SRAM at the supplies of CACTI's low-standby-power transistors, arithmetic
and flip-flops at Horowitz's 0.9 V, wires at 0.7 V. Without a voltage every figure stays at that of its source; with
one, all are carried to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nets.elementary import power
from nets.errors import InputError

ALPHA: Final = 1.3
LOGIC_V: Final = 0.9
WIRE_V: Final = 0.7
LEAST, MOST = 0.7, 1.15
"""Of a node's own supply: nearer to the threshold the law of speed does not hold, and no gate is built for more."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What CACTI 7 has of a node's low-standby-power transistors (``tech_params/*.dat``)."""

    volts: float
    threshold_v: float

    def energy(self, volts: float) -> float:
        """Of an access at another voltage, over that at its own."""
        return square(volts / self.volts)

    def leakage(self, volts: float) -> float:
        """Power, likewise."""
        return volts / self.volts

    def speed(self, volts: float) -> float:
        """Clock, likewise."""
        return self._speed(volts) / self._speed(self.volts)

    def _speed(self, volts: float) -> float:
        return power(volts - self.threshold_v, ALPHA) / volts


_65, _45, _32, _22 = Supply(1.2, 0.52354), Supply(1.1, 0.50245), Supply(1.0, 0.513), Supply(0.8, 0.40126)
SUPPLIES: Final = {65: _65, 45: _45, 32: _32, 28: Supply(0.9, 0.45713), 22: _22, 16: _22, 7: _22}
"""By node; 28 nm halfway between its neighbours, nodes below 22 nm as 22 nm, of which their SRAM is scaled."""


def require_voltage(node_nm: int, volts: float) -> None:
    """Check that a node's figures hold at a voltage.

    Raises:
        InputError: they do not; says where they do.
    """
    own = SUPPLIES[node_nm].volts
    if not LEAST * own <= volts <= MOST * own:
        rule = f"is outside {LEAST * own:.3g} to {MOST * own:.3g} V, where figures of {node_nm} nm can be carried"
        raise InputError("voltage", volts, rule, f"its own supply is {own:g} V")


def speed_between(node_nm: int, before: float | None, after: float) -> float:
    """Clock at one voltage over that at another; ``None`` is the node's own."""
    supply = SUPPLIES[node_nm]
    return supply.speed(after) / (1.0 if before is None else supply.speed(before))


def square(ratio: float) -> float:
    """Of a ratio of voltages: that of energies."""
    return ratio * ratio

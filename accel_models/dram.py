"""DRAM by type: energy of a bit, power that is drawn while it waits, and what its interface takes on the chip.

Currents are those of one device at its supplies, from datasheets as published simulators hold them; the power of doing
something is what it draws beyond standing by (Micron, TN-40-07, as DRAMsim3 and DRAMPower compute it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nets.errors import InputError, nearest

PHY: Final = "DRAM interface"
"""What a breakdown of an area calls it."""


@dataclass(frozen=True, slots=True)
class Currents:
    """Of one device, in mA, for each of its supplies.

    Attributes:
        supplies_v: voltages.
        standing_by: with a row open (IDD3N). reading, writing: without a pause (IDD4R, IDD4W).
        refreshing: all banks (IDD5). refresh_share: of the time, tRFC over tREFI.
        gb_s: bandwidth of the device.
        source: where they were read.
    """

    supplies_v: tuple[float, ...]
    standing_by: tuple[float, ...]
    reading: tuple[float, ...]
    writing: tuple[float, ...]
    refreshing: tuple[float, ...]
    refresh_share: float
    gb_s: float
    source: str

    @property
    def pj_per_bit(self) -> float:
        """Of a bit read or written, as many of each, in open rows."""
        beyond_mw = (self._beyond_mw(self.reading) + self._beyond_mw(self.writing)) / 2
        return beyond_mw / (8 * self.gb_s)

    @property
    def standby_mw_per_gb_s(self) -> float:
        """Power of standing by, for each GB/s of bandwidth."""
        return self._mw(self.standing_by) / self.gb_s

    @property
    def refresh_mw_per_gb_s(self) -> float:
        """Power of refreshing, on average, for each GB/s of bandwidth."""
        return self._beyond_mw(self.refreshing) * self.refresh_share / self.gb_s

    def _mw(self, currents: tuple[float, ...]) -> float:
        return sum(volts * milliamperes for volts, milliamperes in zip(self.supplies_v, currents, strict=True))

    def _beyond_mw(self, currents: tuple[float, ...]) -> float:
        return self._mw(currents) - self._mw(self.standing_by)


@dataclass(frozen=True, slots=True)
class Phy:
    """What drives the pins of a DRAM from the chip; it does not shrink with the node.

    Attributes:
        mm2: of so many ``pins`` of data. gb_s: bandwidth of as many.
        source: where they were read.
    """

    mm2: float
    pins: int
    gb_s: float
    source: str

    @property
    def mm2_per_gb_s(self) -> float:
        """Area for each GB/s of bandwidth."""
        return self.mm2 / self.gb_s


@dataclass(frozen=True, slots=True)
class Dram:
    """A type of DRAM.

    Attributes:
        pj_per_bit: of a bit moved. source: of that.
        currents: while it waits, and phy: of its interface; ``None`` where no source says them.
    """

    pj_per_bit: float
    source: str
    currents: Currents | None = None
    phy: Phy | None = None


_CACTI_DRAM: Final = "Accelergy-CACTI, CactiDRAM"
_HWCOMPONENTS: Final = "hwcomponents, whose own HBM2 is 6.25 pJ/bit"
_LPDDR4: Final = Currents(
    supplies_v=(1.8, 1.1, 1.1),
    standing_by=(2.25, 30, 0.75),
    reading=(2.25, 275, 150),
    writing=(2.25, 210, 55),
    refreshing=(10, 90, 0.75),
    refresh_share=448 / 6246,
    gb_s=6.4,
    source="Micron 6 Gb LPDDR4-3200, 16 bits wide, as DRAMSys has it",
)
_DDR4: Final = Currents(
    supplies_v=(1.2,),
    standing_by=(56,),
    reading=(302,),
    writing=(278,),
    refreshing=(280,),
    refresh_share=560 / 12480,
    gb_s=6.4,
    source="8 Gb DDR4-3200, 16 bits wide, as DRAMsim3 has it",
)
_HBM2: Final = Currents(
    supplies_v=(1.2,),
    standing_by=(55,),
    reading=(390,),
    writing=(500,),
    refreshing=(250,),
    refresh_share=260 / 3900,
    gb_s=32,
    source="8 Gb HBM2, a channel of 128 bits, as DRAMsim3 has it",
)
_DIE_PHOTOS: Final = "measured on die photos by LLMCompass (Zhang et al., ISCA 2024), cost_model.py"
_DDR_PHY: Final = Phy(1.45, 32, 12.8, f"DDR5's of 32 bits, {_DIE_PHOTOS}; at 3,200 Mbit/s a pin, as here")
_HBM_PHY: Final = Phy(10.45, 1024, 256, f"HBM2e's of 1,024 bits, {_DIE_PHOTOS}; at 2,000 Mbit/s a pin, as here")

DRAM: Final = {
    "lpddr4": Dram(
        8.0,
        f"{_CACTI_DRAM} (given there only as public data); the currents of {_LPDDR4.source}, come to "
        f"{_LPDDR4.pj_per_bit:.2g}, and 8.5 of reads alone",
        _LPDDR4,
        _DDR_PHY,
    ),
    "lpddr5": Dram(7.0, "Lee et al. (AiF), ISCA 2025, who cite it; not read there, but in two public reviews of it"),
    "lpddr": Dram(40.0, "Malladi et al., ISCA 2012"),
    "ddr3": Dram(70.0, "Chatterjee et al., MICRO 2017"),
    "ddr4": Dram(
        _DDR4.pj_per_bit, f"currents of {_DDR4.source}; the termination of its pins is not in them", _DDR4, _DDR_PHY
    ),
    "gddr5": Dram(14.0, _CACTI_DRAM),
    "hbm2": Dram(3.9, f"{_CACTI_DRAM}; 3.92 in O'Connor et al., MICRO 2017", _HBM2, _HBM_PHY),
    "hbm3": Dram(4.05, _HWCOMPONENTS),
    "hbm4": Dram(3.2, _HWCOMPONENTS),
    "hmc": Dram(4.2, _CACTI_DRAM),
}
"""By name."""
DEFAULT_DRAM: Final = "lpddr4"


def load_dram(kind: str) -> Dram:
    """A type of DRAM by name.

    Raises:
        InputError: a type without sourced figures; lists those there are.
    """
    if kind not in DRAM:
        known = "there are those of " + ", ".join(DRAM)
        near = nearest(kind, DRAM)
        raise InputError("dram", kind, "has no sourced figures", f"{near} {known}" if near else known)
    return DRAM[kind]


@dataclass(frozen=True, slots=True)
class StandingCosts:
    """What an interface to DRAM costs whether it is used or not.

    Attributes:
        phy_mm2: on the chip. power_mw: of the DRAM, standing by and refreshing.
    """

    phy_mm2: float
    power_mw: float

    @property
    def area_mm2(self) -> dict[str, float]:
        """By part, as breakdowns have it."""
        return {PHY: self.phy_mm2} if self.phy_mm2 else {}


FREE: Final = StandingCosts(0.0, 0.0)
"""Where standing costs are not counted."""


def standing_costs_of(kind: str, gb_s: float) -> StandingCosts:
    """Of a type of DRAM at some bandwidth; devices and pins in parts, since bandwidth is bought as it comes.

    Raises:
        InputError: a type of which no source says it; lists those there are.
    """
    dram = load_dram(kind)
    if dram.currents is None or dram.phy is None:
        known = ", ".join(name for name, at in DRAM.items() if at.currents is not None and at.phy is not None)
        raise InputError(
            "standing_costs: dram", kind, "has no sourced standby power and PHY area", f"there are those of {known}"
        )
    waiting = dram.currents.standby_mw_per_gb_s + dram.currents.refresh_mw_per_gb_s
    return StandingCosts(dram.phy.mm2_per_gb_s * gb_s, waiting * gb_s)

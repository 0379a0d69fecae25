"""Published areas of chips and synthesised designs, which the area model is held against.

Sources are in ``docs/technology.md``: NVDLA's primer (synthesis estimates), Chen et al. (JSSC 2017, core of the chip),
Du et al. (ISCA 2015, layout).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.presets import load_machine, load_template
from accel_models.template import Template

NVDLA_28NM: Final[tuple[tuple[tuple[int, int], int, float], ...]] = (
    ((32, 64), 512, 5.5),
    ((16, 64), 256, 3.0),
    ((16, 32), 256, 2.3),
    ((8, 32), 256, 1.7),
    ((8, 16), 256, 1.4),
    ((8, 8), 128, 0.91),
    ((4, 8), 128, 0.85),
)
"""The primer's example configurations at 28 nm: array, convolution buffer in KB, mm2."""
PRESETS_MM2: Final = {"eyeriss_chip": 12.25, "shidiannao": 4.86}


@dataclass(frozen=True, slots=True)
class Silicon:
    """A design as this model has it, and the area that was published."""

    accelerator: Accelerator
    published_mm2: float

    @property
    def ratio(self) -> float:
        """Modelled over published area."""
        return self.accelerator.area_mm2 / self.published_mm2


def silicon() -> list[Silicon]:
    """Every design with a published area whose whole structure is modelled."""
    found = [Silicon(_nvdla(array, buffer_kb).accelerator(), mm2) for array, buffer_kb, mm2 in NVDLA_28NM]
    for name, mm2 in PRESETS_MM2.items():
        machine = load_machine(name)
        found.append(Silicon(machine if isinstance(machine, Accelerator) else machine.accelerator(), mm2))
    return found


def _nvdla(array: tuple[int, int], buffer_kb: int) -> Template:
    """The template in the size of a row of NVIDIA's table; bandwidth to the array as in the shipped presets."""
    return replace(
        load_template("nvdla_1024"),
        array=array,
        l2_bytes=buffer_kb * 1024,
        noc_bandwidth=2.0 * array[1],
        name=f"nvdla_{array[0] * array[1]}",
    )

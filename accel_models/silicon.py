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


@dataclass(frozen=True, slots=True)
class NvdlaRow:
    """One of the primer's example configurations.

    Attributes:
        array: as the template has it.
        buffer_kb: convolution buffer.
        mm2: silicon cell area by node.
        dram_gb_s: bandwidth for which it is stated.
        frames_per_s: of ResNet-50 in int8 at 1 GHz.
    """

    array: tuple[int, int]
    buffer_kb: int
    mm2: dict[int, float]
    dram_gb_s: float
    frames_per_s: float

    @property
    def macs(self) -> int:
        """Multiply-accumulate units."""
        return self.array[0] * self.array[1]

    @property
    def template(self) -> Template:
        """The template in its size and with its bandwidth of DRAM; that to the array is as in the shipped presets."""
        return replace(
            load_template("nvdla_1024"),
            array=self.array,
            l2_bytes=self.buffer_kb * 1024,
            noc_bandwidth=2.0 * self.array[1],
            dram_bandwidth=float(self.dram_gb_s),
            name=f"nvdla_{self.macs}",
        )


NVDLA: Final = (
    NvdlaRow((32, 64), 512, {28: 5.5, 16: 3.3}, 20, 269),
    NvdlaRow((16, 64), 256, {28: 3.0, 16: 1.8}, 15, 153),
    NvdlaRow((16, 32), 256, {28: 2.3, 16: 1.4}, 10, 93),
    NvdlaRow((8, 32), 256, {28: 1.7, 16: 1.0}, 5, 46),
    NvdlaRow((8, 16), 256, {28: 1.4, 16: 0.84}, 2, 20),
    NvdlaRow((8, 8), 128, {28: 0.91, 16: 0.55}, 1, 7.3),
    NvdlaRow((4, 8), 128, {28: 0.85, 16: 0.51}, 0.5, 3.6),
)
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
    """Every design with a published area whose whole structure is modelled, at the node it is stated for first."""
    return [_nvdla(row, 28) for row in NVDLA] + [_preset(name) for name in PRESETS_MM2]


def silicon_below_28nm() -> list[Silicon]:
    """The same designs where they are stated for 16 nm too."""
    return [_nvdla(row, 16) for row in NVDLA]


def _nvdla(row: NvdlaRow, node_nm: int) -> Silicon:
    return Silicon(replace(row.template, node_nm=node_nm).accelerator(), row.mm2[node_nm])


def _preset(name: str) -> Silicon:
    machine = load_machine(name)
    return Silicon(machine if isinstance(machine, Accelerator) else machine.accelerator(), PRESETS_MM2[name])

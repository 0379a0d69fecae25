"""SCALE-Sim's configurations: a systolic array with a memory for each operand.

``.cfg`` files say rows and columns of the array, which operand is stationary, and kilobytes for inputs (``ifmap``),
weights (``filter``) and outputs (``ofmap``); words are bytes. :meth:`ScaleSim.cost` counts a layer as SCALE-Sim does
(:mod:`accel_models.systolic`); :meth:`ScaleSim.accelerator` is the machine for mappers, priced by our own technology,
since SCALE-Sim says no energies. Topologies are read by :mod:`nets.workloads.scalesim`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accel_models.accelerator import Accelerator, Axis
from accel_models.structure import BuiltLevel, Structure
from accel_models.systolic import Stationary, SystolicCost, cycles
from accel_models.technology import DEFAULT_NODE_NM, technology
from nets.documents.ini_text import read_ini
from nets.documents.typed import typed
from nets.errors import InputError
from nets.layer import Layer

if TYPE_CHECKING:
    from accel_models.formats.scalesim_model import ConfigFile

DATAFLOWS: Final[dict[str, Stationary]] = {"os": "output", "ws": "weight", "is": "input"}
STATIONARY_TENSORS: Final = {"weight": "W", "output": "O", "input": "I"}
STATIONARY_AXES: Final = {
    "output": (("N", "P", "Q"), ("K",)),
    "weight": (("C", "R", "S"), ("K",)),
    "input": (("C", "R", "S"), ("N", "P", "Q")),
}
"""Dims that rows and columns of the array run."""
_PORT_BITS: Final = 64
_WORDS_OF_A_MAC: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSim:
    """A configuration.

    Attributes:
        name: of the run.
        rows, columns: of the array.
        stationary: the operand that stays in it.
        input_kb, weight_kb, output_kb: kilobytes of the memories, half of which is filled while the other is worked on.
        bandwidth: words a cycle to and from DRAM; ``None`` where it never stalls the array (``CALC``).
        lacks: what the file asks for that the model does not have.
    """

    name: str
    rows: int
    columns: int
    stationary: Stationary
    input_kb: int
    weight_kb: int
    output_kb: int
    bandwidth: int | None = None
    lacks: tuple[str, ...] = ()

    def cost(self, layer: Layer) -> SystolicCost:
        """Cycles and words of a layer as SCALE-Sim counts them, without stalls.

        Raises:
            InputError: the layer does not run on the MAC array.
        """
        return cycles(layer, self.rows, self.columns, stationary=self.stationary)

    def accelerator(self) -> Accelerator:
        """The machine: DRAM, a memory for each operand, and a register for the stationary one in every element."""
        rows, columns = STATIONARY_AXES[self.stationary]
        fanout = (Axis("rows", self.rows, rows), Axis("columns", self.columns, columns))
        words = self.bandwidth or _WORDS_OF_A_MAC * self.rows * self.columns
        sizes = {"ifmap": ("I", self.input_kb), "filter": ("W", self.weight_kb), "ofmap": ("O", self.output_kb)}
        memories = [
            BuiltLevel(
                name=name,
                memory="sram",
                keeps=(tensor,),
                capacity_bytes=1024 * kilobytes,
                width_bits=_PORT_BITS,
                double_buffered=True,
                fanout=fanout if name == "ofmap" else (),
            )
            for name, (tensor, kilobytes) in sizes.items()
        ]
        register = BuiltLevel(
            name="register",
            memory="flops",
            keeps=(STATIONARY_TENSORS[self.stationary],),
            capacity_bytes=_WORDS_OF_A_MAC,
        )
        clock_hz = technology(DEFAULT_NODE_NM).clock_hz
        built = Structure(
            levels=(BuiltLevel(name="DRAM", memory="dram"), *memories, register),
            dram_bandwidth=words * clock_hz / 1e9,
            clock_hz=clock_hz,
            name=self.name,
            source="SCALE-Sim configuration; energies and areas by our own technology",
        ).accelerator()
        return dataclasses.replace(built, lacks=self.lacks)


def read_config(path: str | Path) -> ScaleSim:
    """The array of a ``.cfg`` file.

    Raises:
        InputError: a section or key that is not known, stands twice or is missing, or a value that is not allowed.
    """
    from accel_models.formats.scalesim_model import ConfigFile

    document = read_ini(path, "SCALE-Sim configuration")
    entry = typed(ConfigFile, document)
    asked = entry.architecture
    with document.at(("architecture_presets",)):
        bandwidth = _bandwidth(asked.bandwidth) if entry.run_presets.interfacebandwidth == "USER" else None
    return ScaleSim(
        name=entry.general.run_name,
        rows=asked.arrayheight,
        columns=asked.arraywidth,
        stationary=DATAFLOWS[asked.dataflow],
        input_kb=asked.ifmapsramszkb,
        weight_kb=asked.filtersramszkb,
        output_kb=asked.ofmapsramszkb,
        bandwidth=bandwidth,
        lacks=tuple(_lacks(entry)),
    )


def _bandwidth(given: object) -> int:
    """Words a cycle; of several interfaces, of all together."""
    words = [word.strip() for word in str(given).split(",")]
    if not all(word.isascii() and word.isdecimal() and 0 < len(word) < 16 and int(word) for word in words):
        raise InputError("bandwidth", given, "must be whole numbers of at least 1", "write Bandwidth: 10")
    return sum(map(int, words))


def _lacks(entry: ConfigFile) -> list[str]:
    found = ["energies: SCALE-Sim says none; memories and MACs are priced by our own technology"]
    if entry.run_presets.interfacebandwidth == "CALC":
        found.append("InterfaceBandwidth: CALC: DRAM never stalls the array")
    if entry.run_presets.useramulatortrace:
        found.append("UseRamulatorTrace: latencies of a DRAM simulator")
    if entry.layout.ifmapcustomlayout or entry.layout.filtercustomlayout:
        found.append("custom layouts: conflicts between the banks of a memory")
    if entry.sparsity.sparsitysupport:
        found.append("SparsitySupport: every word is counted as present")
    return found

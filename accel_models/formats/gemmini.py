"""Designs that Gemmini's generator can build, as its parameters.

Gemmini (ucb-bar/gemmini) has a square systolic array, a scratchpad for weights and inputs, accumulators for outputs,
and a register in every element. A machine of that form becomes a Scala object that overrides its default configuration;
any other is refused with what stands in the way. The rules of sizes are those that the generator itself checks.
:mod:`accel_models.formats.gemmini_reading` reads what is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from accel_models.accelerator import Accelerator, Level
from accel_models.formats.written import Written
from accel_models.precision import Precision
from nets.errors import InputError

PREFIX: Final = "Cosearch"
"""Of the names of objects."""
SCRATCHPAD_BANKS: Final = 4
ACCUMULATOR_BANKS: Final = 2
_DATAFLOWS: Final = {"W": "WS", "O": "OS"}
_USUAL: Final = Precision(8, 8, 8, 32)
_KILOBYTE: Final = 1024


def write_gemmini(accelerator: Accelerator) -> Written:
    """A Scala file with the configuration.

    Raises:
        InputError: no machine of Gemmini's form, or sizes that its generator refuses.
    """
    scratchpad, accumulator, register = gemmini_memories(accelerator)
    bits = accelerator.precision or _USUAL
    size = _array(accelerator)
    place = f"accelerator {accelerator.name!r}"
    if bits.weight != bits.input:
        raise InputError(f"{place}: precision", str(bits), "must have inputs as wide as weights")
    kilobytes = {level.name: _kilobytes(accelerator, level, place) for level in (scratchpad, accumulator)}
    require_rows(f"{place}: {scratchpad.name}", kilobytes[scratchpad.name], SCRATCHPAD_BANKS, size, bits.input)
    require_rows(f"{place}: {accumulator.name}", kilobytes[accumulator.name], ACCUMULATOR_BANKS, size, bits.psum,
                 any_multiple=True)  # fmt: skip
    dataflow = _DATAFLOWS["".join(register.keeps)] if register is not None else "BOTH"
    parameters = {
        "inputType": f"SInt({bits.input}.W)",
        "weightType": f"SInt({bits.weight}.W)",
        "accType": f"SInt({bits.psum}.W)",
        "spatialArrayInputType": f"SInt({bits.input}.W)",
        "spatialArrayWeightType": f"SInt({bits.weight}.W)",
        "tileRows": 1,
        "tileColumns": 1,
        "meshRows": size,
        "meshColumns": size,
        "dataflow": f"Dataflow.{dataflow}",
        "sp_capacity": f"CapacityInKilobytes({kilobytes[scratchpad.name]})",
        "acc_capacity": f"CapacityInKilobytes({kilobytes[accumulator.name]})",
        "sp_banks": SCRATCHPAD_BANKS,
        "acc_banks": ACCUMULATOR_BANKS,
    }
    lines = ",\n".join(f"    {name} = {value}" for name, value in parameters.items())
    text = f"package gemmini\n\nimport chisel3._\n\nobject {_identifier(accelerator.name)} {{\n" \
           f"  val config = GemminiConfigs.defaultConfig.copy(\n{lines}\n  )\n}}\n"  # fmt: skip
    return Written({f"{_identifier(accelerator.name)}.scala": text}, tuple(_lost(accelerator)))


def gemmini_memories(accelerator: Accelerator) -> tuple[Level, Level, Level | None]:
    """Scratchpad, accumulators, and the registers where there are any.

    Raises:
        InputError: no machine of Gemmini's form.
    """
    levels = accelerator.levels
    held = {"".join(level.keeps): level for level in levels[1:3]}
    register = levels[3] if len(levels) == 4 else None
    fits = set(held) == {"WI", "O"} and len(levels) in (3, 4)
    if not fits or (register is not None and "".join(register.keeps) not in _DATAFLOWS):
        raise InputError(
            f"accelerator {accelerator.name!r}",
            [f"{level.name} [{' '.join(level.keeps)}]" for level in levels],
            "is no design of Gemmini's",
            "it has DRAM, a scratchpad for W and I, accumulators for O, a register for W or O, as the preset gemmini",
        )
    return held["WI"], held["O"], register


def require_rows(place: str, kilobytes: int, banks: int, size: int, bits: int, *, any_multiple: bool = False) -> None:
    """Refuse a memory whose rows, as long as the array is wide, the generator does not share out to its banks.

    Raises:
        InputError: rows of a bank are no multiple of the array's, or no power of 2, unless ``any_multiple`` will do.
    """
    rows = kilobytes * _KILOBYTE * 8 / (banks * size * bits)
    if rows % size or rows < size:
        raise InputError(place, f"{rows:g}", f"rows in each of {banks} banks must be a multiple of the array's {size}")
    if not any_multiple and not power_of_two(rows):
        raise InputError(place, f"{rows:g}", f"rows in each of {banks} banks must be a power of 2")


def _array(accelerator: Accelerator) -> int:
    """Elements along each side of the array."""
    sizes = [axis.size for level in accelerator.levels for axis in level.fanout if axis.size > 1]
    place = f"accelerator {accelerator.name!r}: array"
    if len(sizes) != 2 or sizes[0] != sizes[1]:
        raise InputError(place, sizes, "must be square, with two axes as long as each other")
    if not power_of_two(sizes[0]):
        raise InputError(place, sizes[0], "elements along a side must be a power of 2")
    return sizes[0]


def _kilobytes(accelerator: Accelerator, level: Level, place: str) -> int:
    """Of all instances of a memory together."""
    instances = accelerator.instances(accelerator.level_names.index(level.name))
    found = level.capacity_words * (level.word_bits or _USUAL.input) / 8 * instances / _KILOBYTE
    if not math.isfinite(found) or found % 1 or found < 1:
        raise InputError(f"{place}: {level.name}", f"{found:g}", "kilobytes in all must be a whole number")
    return int(found)


def power_of_two(value: float) -> bool:
    """Whether a number is a power of 2, and at least 2."""
    return value >= 2 and math.log2(value).is_integer()


def _identifier(name: str) -> str:
    """A name that Scala takes."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name).split()
    return "".join([PREFIX, *(word.capitalize() for word in words)])


def _lost(accelerator: Accelerator) -> Iterator[str]:
    """What the parameters do not say."""
    yield "bandwidth of DRAM: the system around Gemmini sets it"
    yield from accelerator.unpacking
    yield "energies and areas: they follow from the technology that it is built in"
    if not accelerator.precision:
        yield f"precision: the machine does not say it; written as {_USUAL}"

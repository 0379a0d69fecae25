"""The accelerator drawn: the chip with every part as large as its area, the array's elements, and one element enlarged.

The DRAM is another chip, whose area the models do not count: it stands beside with a dashed outline.
"""

from __future__ import annotations

import math

from accel_models.accelerator import Accelerator, Axis
from cosearch.reports.description import DIM_NAMES
from cosearch.reports.figure import Figure, line, rect, text

TOP, CHIP_LEFT, CHIP_WIDTH, CHIP_HEIGHT = 44.0, 132.0, 380.0, 300.0
ELEMENT_LEFT, ELEMENT_SIDE = 560.0, 140.0
SMALLEST_CELL = 2.5


def draw(accelerator: Accelerator) -> Figure | None:
    """The drawing; ``None`` for a machine whose area is not known."""
    if accelerator.area_mm2 <= 0:
        return None
    shared, single = _parts(accelerator)
    element_mm2 = math.fsum(single.values())
    axes = [axis for level in accelerator.levels for axis in level.fanout]
    elements = accelerator.macs_per_cycle
    array_share = element_mm2 * elements / accelerator.area_mm2
    width, height, array_width = _proportions(axes, array_share)
    left = CHIP_LEFT + (CHIP_WIDTH - width) / 2
    marks = _outside(accelerator, left, height)
    at = TOP
    rest = width - array_width
    for index, (name, mm2) in enumerate(shared.items()):
        tall = height * mm2 / (accelerator.area_mm2 - element_mm2 * elements)
        note = f"{name}: {mm2:.4g} mm2, {mm2 / accelerator.area_mm2:.1%} of the chip"
        marks.append(rect(left, at, rest, tall, f"part c{_colour(index)}", note))
        if tall > 16 and rest > 7 * len(name):
            marks.append(_label(left + rest / 2, at + tall / 2 + 4, name))
        at += tall
    if array_share > 0:
        marks += _array(axes, elements, left + rest, array_width, height)
        marks += _element(single, element_mm2, elements, left + width, height)
    marks.append(rect(left, TOP, width, height, "outline"))
    side_mm = math.sqrt(accelerator.area_mm2)
    foot = TOP + max(height, (height + ELEMENT_SIDE) / 2) + 30
    legend = [(f"c{_colour(i)}", f"{name} {mm2:.3g} mm2") for i, (name, mm2) in enumerate(shared.items())]
    legend.append(("c0", f"array {element_mm2 * elements:.3g} mm2"))
    for index, (colour, words) in enumerate(legend):
        column, row = index % 3, index // 3
        marks.append(rect(20 + 235 * column, foot + 20 * row - 10, 12, 12, colour))
        marks.append(text(38 + 235 * column, foot + 20 * row, words))
    said = ", ".join(f"{name} {mm2:.3g} mm2" for name, mm2 in accelerator.area_breakdown_mm2().items())
    return Figure(
        "machine",
        f"The chip, {accelerator.area_mm2:.3g} mm2 (a square of {side_mm:.2f} mm would hold it): every part as large "
        "as its area, and one element of the array enlarged",
        f"{_axes_in_words(axes)}. Area: {said}. DRAM is outside the chip and not to scale.",
        foot + 20 * math.ceil(len(legend) / 3),
        tuple(marks),
    )


def _parts(accelerator: Accelerator) -> tuple[dict[str, float], dict[str, float]]:
    """Area of the parts that stand once or are shared, whole; and of those in one element, for one element."""
    elements = accelerator.macs_per_cycle
    shared, single = {}, {}
    for index, level in enumerate(accelerator.levels):
        if level.area_mm2 <= 0:
            continue
        count = accelerator.instances(index)
        if count == elements and elements > 1:
            single[level.name] = level.area_mm2
        else:
            shared[level.name if count == 1 else f"{count} x {level.name}"] = level.area_mm2 * count
    if accelerator.mac_area_mm2 > 0:
        single["MAC"] = accelerator.mac_area_mm2
    shared |= {name: mm2 for name, mm2 in accelerator.other_area_mm2.items() if mm2 > 0}
    return shared, single


def _proportions(axes: list[Axis], array_share: float) -> tuple[float, float, float]:
    """Width and height of the chip and width of the array in it: elements square where the chip stays handy."""
    columns, rows = (axes[0].size if axes else 1), math.prod(axis.size for axis in axes[1:])
    wanted = columns / rows / array_share if array_share > 0 else 1.0
    aspect = min(max(wanted, 0.7), CHIP_WIDTH / CHIP_HEIGHT * 1.6)
    height = min(CHIP_HEIGHT, CHIP_WIDTH / aspect)
    return height * aspect, height, height * aspect * array_share


def _outside(accelerator: Accelerator, left: float, height: float) -> list[str]:
    """The outermost memory, off the chip, and its link."""
    dram = accelerator.levels[0]
    if dram.area_mm2 > 0:
        return []
    middle = TOP + height / 2
    rate = dram.shared_bandwidth * (dram.word_bits or 8) / 8 * accelerator.clock_hz / 1e9
    marks = [rect(8, middle - 50, 84, 100, "off", f"{dram.name}: outside the chip, not to scale")]
    marks += [text(50, middle + 4, dram.name, anchor="middle", kind="name"), line(92, middle, left, middle, "wire")]
    if math.isfinite(rate):
        marks.append(text(50, middle + 22, f"{rate:.3g} GB/s", anchor="middle", kind="small"))
    return marks


def _array(axes: list[Axis], elements: int, left: float, width: float, height: float) -> list[str]:
    """Every element a cell: the first axis across, the second down, the third as blocks of rows."""
    columns = axes[0].size if axes else 1
    rows = elements // columns
    marks = [rect(left, TOP, width, height, "c0", f"array: {elements} elements")]
    if min(width / columns, height / rows) >= SMALLEST_CELL:
        marks += [_cut(left + width * i / columns, TOP, 0, height) for i in range(1, columns)]
        marks += [_cut(left, TOP + height * i / rows, width, 0) for i in range(1, rows)]
    for i in range(1, axes[2].size) if len(axes) > 2 else ():
        at = TOP + height * i / axes[2].size
        marks.append(line(left, at, left + width, at, "wire"))
    heads = [f"{axis.name}: {axis.size} x {' or '.join(axis.dims) or 'any dim'}" for axis in axes]
    marks.append(text(left + width, TOP - 26, ", ".join(heads[:1]) + " across", anchor="end", kind="small name"))
    downs = [f"{head} {'down' if i == 0 else 'in blocks'}" for i, head in enumerate(heads[1:])]
    marks.append(text(left + width, TOP - 10, ", ".join(downs), anchor="end", kind="small name"))
    return marks if heads else marks[:-2]


def _element(
    single: dict[str, float], element_mm2: float, elements: int, chip_right: float, height: float
) -> list[str]:
    """One element, enlarged: its memories and its MAC, each as large as its area."""
    top = TOP + (height - ELEMENT_SIDE) / 2
    marks = [
        line(chip_right, TOP + height / 2, ELEMENT_LEFT, top, "hair"),
        line(chip_right, TOP + height / 2, ELEMENT_LEFT, top + ELEMENT_SIDE, "hair"),
        text(ELEMENT_LEFT, top - 24, f"1 of {elements} elements", kind="name"),
        text(ELEMENT_LEFT, top - 8, f"{element_mm2 * 1e6:.0f} um2", kind="small"),
    ]
    at = top
    for index, (name, mm2) in enumerate(single.items()):
        tall = ELEMENT_SIDE * mm2 / element_mm2
        note = f"{name}: {mm2 * 1e6:.4g} um2, {mm2 / element_mm2:.1%} of an element"
        marks.append(rect(ELEMENT_LEFT, at, ELEMENT_SIDE, tall, f"part c{(0, 5, 4)[index % 3]}", note))
        if tall > 16:
            marks.append(_label(ELEMENT_LEFT + ELEMENT_SIDE / 2, at + tall / 2 + 4, f"{name} {mm2 / element_mm2:.0%}"))
        at += tall
    return [*marks, rect(ELEMENT_LEFT, top, ELEMENT_SIDE, ELEMENT_SIDE, "outline")]


def _label(x: float, y: float, words: str) -> str:
    return text(x, y, words, anchor="middle", kind="onpart")


def _cut(x: float, y: float, right: float, down: float) -> str:
    return line(x, y, x + right, y + down, "cell")


def _colour(index: int) -> int:
    return (2, 1, 4, 3)[index % 4]


def _axes_in_words(axes: list[Axis]) -> str:
    if not axes:
        return "One MAC"
    return "Array: " + ", ".join(
        f"{axis.size} along {axis.name} ({' or '.join(DIM_NAMES[dim] for dim in axis.dims) or 'any dim'})"
        for axis in axes
    )

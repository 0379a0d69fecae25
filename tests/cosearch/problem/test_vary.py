"""What varies of a machine, as a person writes it."""

from __future__ import annotations

import re

import pytest

from accel_models.families import load_family
from accel_models.presets import list_accelerators, load_machine, load_template
from accel_models.structure import Structure
from accel_models.template import Template
from cosearch.problem.budget import Budget
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.vary import FEW, OF_AN_OCTAVE, fields_of, parse_vary
from nets.documents.grammar import TextError
from nets.errors import InputError


@pytest.fixture(scope="module")
def machine() -> Structure:
    found = load_machine("eyeriss_chip")
    assert isinstance(found, Structure)
    return found


@pytest.mark.parametrize(
    "text, values",
    [
        ("GLB.X=4..8", (4, 5, 6, 7, 8)),
        ("array.x=16|4|8", (4, 8, 16)),
        ("GLB.capacity=16KiB..64KiB:16KiB", (16384, 32768, 49152, 65536)),
        ("GLB.Y=3..14:4", (3, 7, 11)),
        ("ifmap_spad.capacity=7B..12B", (7, 8, 10, 12)),
        ("DRAM=lpddr4|hbm2", ("lpddr4", "hbm2")),
        ("DRAM.bandwidth=12.8GB/s|25.6GB/s", (12.8, 25.6)),
        ("GLB.keeps=IO|WIO", (("I", "O"), ("W", "I", "O"))),
        ("GLB.X.dims=K|CR", (("K",), ("C", "R"))),
        ("GLB.double_buffered=yes|no", (True, False)),
        ("weight_spad.memory=flops|sram", ("flops", "sram")),
        ("node=28|45", (28, 45)),
        ("clock=200MHz|1GHz", (2e8, 1e9)),
    ],
)
def test_ranges_and_alternatives(text: str, values: tuple[object, ...], machine: Structure) -> None:
    (varied,) = parse_vary([text], machine)
    assert varied.values == values
    assert varied.name == text.partition("=")[0]


def test_a_long_range_is_a_ladder_with_both_its_ends(machine: Structure) -> None:
    (varied,) = parse_vary(["GLB.capacity=16KB..1MB"], machine)
    assert (varied.values[0], varied.values[-1]) == (16000, 1000000)
    assert FEW > len(varied.values) > OF_AN_OCTAVE * 5
    assert all(1.05 < above / below < 1.13 for below, above in zip(varied.values, varied.values[1:]))
    assert all(value % 2 == 0 for value in varied.values)  # whole words of 16 bits


def test_a_bandwidth_is_both_ways_and_several_texts_are_one(machine: Structure) -> None:
    bandwidth, size = parse_vary(["GLB.bandwidth=4|8", "GLB.X=4|8"], machine)
    assert bandwidth.fields == ("read_bandwidth", "write_bandwidth")
    assert (size.level, size.axis) == ("GLB", "X")


@pytest.mark.parametrize(
    "text, said",
    [
        ("GLB.capacty=16KB..32KB", "did you mean 'GLB.capacity'"),
        ("GLB.capacity=16..32KB", "needs a unit"),
        ("GLB.capacity=1.5B..32KB", "must be whole bytes"),
        ("GLB.X=32..4", "ends before it begins; write 4..32"),
        ("GLB.X=4..4", "ends before it begins"),
        ("GLB.X=4|4", "stands twice"),
        ("GLB.X=0..4", "greater than zero"),
        ("GLB.X=4..8,array.x=4|8", "varies twice"),
        ("GLB.read_bandwidth=4|8,GLB.bandwidth=4|8", "varies twice"),
        ("GLB.capacity=16KB..1MB:1B", "more than 1024"),
        ("GLB.keeps=WX|I", "must be of WIO"),
        ("GLB.keeps=WW|I", "is written twice"),
        ("GLB.keeps=W..I", "has no ranges"),
        ("DRAM=lpddr6", "has no sourced figures; there are those of lpddr4, lpddr5"),
        ("DRAM.capacity=1MB..2MB", "is not known"),
        ("GLB.X", "needs a range or alternatives"),
    ],
)  # fmt: skip
def test_an_error_points_at_the_letter(text: str, said: str, machine: Structure) -> None:
    with pytest.raises(TextError, match=said) as caught:
        parse_vary([text], machine)
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_every_part_can_be_named(machine: Structure) -> None:
    names = fields_of(machine)
    assert {"GLB.capacity", "GLB.X", "GLB.X.dims", "array.y", "DRAM", "DRAM.bandwidth", "clock", "node"} <= names.keys()


TEMPLATES = [name for name in list_accelerators() if isinstance(load_machine(name), Template)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_to_write_for_a_template_is_read(name: str) -> None:
    """The error names a structure whose variants are about the template's size, its dims as they are."""
    template = load_template(name)
    with pytest.raises(InputError, match="of kind template") as refused:
        load_family(name)
    asked = re.search(r"--machine (\w+) --vary '(.*)'", str(refused.value))
    assert (asked is None) == (len(template.array) != 2)
    if asked is not None:
        structure, _ = load_family(asked[1])
        varied = {each.name: each.values for each in MachineSpace(Budget(), structure, (asked[2],)).varied}
        assert varied["L2.capacity"][0] <= template.l2_bytes <= varied["L2.capacity"][-1]
        assert varied["L2.X"][0] <= template.array[0] <= varied["L2.X"][-1]
        assert varied["L2.Y.dims"] == ((template.parallel[1],),)

"""Formats that end at a level: narrower weights and inputs are unpacked there, and wide from there on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import Accelerator, Axis, Level, LevelLoops, Loop, Mapping, evaluate
from accel_models.datasheet import describe
from accel_models.description import from_dict, to_dict
from accel_models.formats.maestro_writing import write_maestro
from accel_models.formats.nest import Nest, nest_from_dict, nest_to_dict
from accel_models.formats.timeloop import write_timeloop
from accel_models.formats.zigzag import write_zigzag
from accel_models.precision import LeastBits
from accel_models.presets import load_template
from accel_models.roofline import roofline
from accel_models.structure import BuiltLevel, Structure
from accel_models.vector import vector_cost
from mappings import search
from nets.errors import InputError
from nets.layer import Layer
from tests.accel_models.simulator import simulate
from tests.strategies import cases, uneven_cases

WORD = 8
LEAST = st.sampled_from([0, 4, 8, 12, 16])


@settings(max_examples=80, deadline=None)
@given(
    case=cases(max_macs=300, hardware=True) | uneven_cases(max_macs=200, hardware=True),
    least=st.lists(st.tuples(LEAST, LEAST, LEAST), min_size=6, max_size=6),
)
def test_energy_and_time_are_those_of_the_bits_that_moved(
    case: tuple[Layer, Accelerator, Mapping], least: list[tuple[int, int, int]]
) -> None:
    """A walk through the nest counts elements; each takes the most of its own bits and of what levels around it ask."""
    layer, machine, mapping = case
    layer = replace(layer, weight_bits=4.125, input_bits=4, output_bits=WORD, psum_bits=WORD)
    levels = [replace(level, word_bits=WORD, least_bits=LeastBits(*own)) for level, own in zip(machine.levels, least)]
    machine = replace(machine, levels=tuple(levels))
    walked = simulate(layer, machine, mapping)
    bits, energy_pj = {"W": 4.125, "I": 4.0, "O": float(WORD)}, machine.mac_pj * walked.macs
    cost = evaluate(layer, machine, mapping, convention="timeloop")
    for level in machine.levels:
        bits = {tensor: max(bits[tensor], getattr(level.least_bits, tensor)) for tensor in bits}
        slowest, traffic = 0.0, walked.traffic[level.name]
        for tensor, moved in traffic.items():
            total, word = moved.total, bits[tensor] / WORD
            energy_pj += (total.reads * level.read_pj + (total.fills + total.updates) * level.write_pj) * word
        for at in {at for moved in traffic.values() for at in moved.instances}:
            reads = sum(moved.at(at).reads * bits[tensor] / WORD for tensor, moved in traffic.items())
            writes = sum(
                (moved.at(at).fills + moved.at(at).updates) * bits[tensor] / WORD for tensor, moved in traffic.items()
            )
            slowest = max(
                slowest,
                reads / level.read_bandwidth,
                writes / level.write_bandwidth,
                (reads + writes) / level.shared_bandwidth,
            )
        assert cost.level_cycles[level.name] == pytest.approx(slowest, rel=1e-12)
    assert cost.energy_pj == pytest.approx(energy_pj, rel=1e-12)


def machine(least: LeastBits, **l1: float) -> Accelerator:
    return Accelerator(
        name="hand",
        levels=(
            Level(name="DRAM", word_bits=16, read_pj=100.0, network_pj=1.0),
            Level(name="L2", word_bits=16, read_pj=10.0, write_pj=10.0, fanout=(Axis("X", 2),), least_bits=least),
            Level(name="L1", word_bits=16, read_pj=1.0, write_pj=1.0, **l1),
        ),
    )


PACKED = Layer(name="packed", K=4, C=8, weight_bits=4, input_bits=16, output_bits=16, psum_bits=16)
NEST = Mapping(
    (
        LevelLoops("DRAM"),
        LevelLoops("L2", (Loop("K", 1),)),
        LevelLoops("L1", (Loop("C", 1),)),
    )
)


def test_weights_cross_from_dram_packed_and_leave_the_buffer_wide() -> None:
    """32 weights: a quarter of a word each in DRAM and on its wires; unpacked, a whole one in the buffer and inside."""
    before, after = (evaluate(PACKED, machine(LeastBits(W=bits)), NEST).energy_pj for bits in (0, 16))
    words = 32 * (1 - 1 / 4)
    assert after - before == words * (10 + 10 + 1 + 1)  # into and out of the buffer, and of the innermost memory


def test_a_tile_takes_the_room_that_it_has_unpacked() -> None:
    room = 8 + 8 + 1  # weights, inputs, a sum
    assert evaluate(PACKED, machine(LeastBits(W=16), capacity_words=room), NEST).valid
    cost = evaluate(PACKED, machine(LeastBits(W=16), capacity_words=room - 1), NEST)
    assert "has narrower weights to 16 bits unpacked" in str(cost.error)
    assert evaluate(PACKED, machine(LeastBits(), capacity_words=room - 1), NEST).valid


def test_outputs_are_packed_where_they_leave_the_buffer() -> None:
    """Four outputs of 8 bits: a whole word in the buffer, half a one in DRAM and on its wires."""
    narrow = replace(PACKED, output_bits=8, psum_bits=8)
    before, after = (evaluate(narrow, machine(LeastBits(O=bits)), NEST) for bits in (0, 16))
    moved = [after.traffic[level]["O"] for level in ("L2", "L1")]
    words = [(m.reads + m.fills + m.updates) / 2 for m in moved]
    assert after.energy_pj - before.energy_pj == words[0] * 10 + words[1]
    assert after.traffic["L1"]["O"].updates == 32
    room = 2 + 8 + 1  # packed weights, inputs, a sum of a whole word
    assert evaluate(narrow, machine(LeastBits(O=16), capacity_words=room), NEST).valid
    cost = evaluate(narrow, machine(LeastBits(O=16), capacity_words=room - 0.25), NEST)
    assert "has narrower outputs to 16 bits unpacked" in str(cost.error)


def test_a_template_says_it() -> None:
    own = load_template("nvdla_256")
    template = replace(own, l2_least_bits=LeastBits(W=16), l1_least_bits=LeastBits(I=16, O=16))
    assert [str(least) for least in template.accelerator().least_bits] == [
        "", "weights to 16 bits", "weights to 16 bits and inputs to 16 bits and outputs to 16 bits"
    ]  # fmt: skip
    assert from_dict(yaml.safe_load(yaml.safe_dump(to_dict(template)))) == template


def test_operands_that_are_wide_already_stay_as_they_are() -> None:
    wide, least = replace(PACKED, weight_bits=16), LeastBits(W=16, I=8)
    assert evaluate(wide, machine(least), NEST).to_dict() == evaluate(wide, machine(LeastBits()), NEST).to_dict()


def test_where_weights_unpack_decides_what_is_best() -> None:
    """The later they are unpacked, the less moves: proven, each in turn."""
    layer = Layer(name="fc", K=64, C=64, P=4, weight_bits=4.125, input_bits=16, output_bits=16, psum_bits=32)
    scores = []
    for name in ("L1", "L2", "DRAM"):
        hand = machine(LeastBits())
        levels = [replace(at, least_bits=LeastBits(W=16)) if at.name == name else at for at in hand.levels]
        own = replace(hand, levels=(*levels[:2], replace(levels[2], capacity_words=64)))
        found = search(layer, own, mapper="optimal", tiles="perfect", objective="energy")
        assert found.proven
        scores.append(found.score)
    assert scores == sorted(set(scores))


def test_a_vector_layer_reads_what_is_unpacked() -> None:
    pool = Layer(name="pool", kind="pool", K=4, P=2, input_bits=8, output_bits=16)
    before, after = (vector_cost(pool, machine(LeastBits(I=bits))).energy_pj for bits in (0, 16))
    assert after - before == pool.input_words * (1 - 1 / 2) * (10 + 10 + 1 + 1)


def test_the_roof_of_a_level_counts_its_own_bits() -> None:
    own = machine(LeastBits(W=16))
    cost = evaluate(PACKED, own, NEST)
    (point,) = roofline(PACKED, own, {"packed": cost})
    moved = cost.traffic["L2"]
    bits = 16 * sum(t.reads + t.fills + t.updates for t in moved.values())
    assert point.mapped_intensity["L2"] == pytest.approx(PACKED.macs * 8 / bits)


def test_files_say_it() -> None:
    own = machine(LeastBits(W=16, I=8))
    data = to_dict(own)
    assert data["levels"][1]["least_bits"] == {"W": 16, "I": 8}
    assert from_dict(yaml.safe_load(yaml.safe_dump(data))) == own
    nest = Nest(PACKED, own, NEST)
    assert nest_from_dict(nest_to_dict(nest)).accelerator.least_bits == own.least_bits
    assert "formats: L2 unpacks narrower weights to 16 bits and inputs to 8 bits" in describe(own)
    for write in (write_timeloop, write_zigzag, write_maestro):
        assert "L2 unpacks narrower weights to 16 bits and inputs to 8 bits" in write(own, None, None).lost


def test_a_structure_says_it() -> None:
    levels = (
        BuiltLevel(name="DRAM", memory="dram"),
        BuiltLevel(name="L1", memory="sram", capacity_bytes=1024, least_bits=LeastBits(W=16)),
    )
    own = Structure(levels=levels)
    assert [least.W for least in own.accelerator().least_bits] == [0, 16]
    assert from_dict(to_dict(own)) == own


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"O": 65}, "must be a whole number of bits up to 64"),
        ({"V": 16}, "'V' is not known"),
        ({"W": 65}, "must be a whole number of bits up to 64"),
        ({"I": -1}, "must be a whole number of bits up to 64"),
        ({"W": 4.5}, "W"),
    ],
)
def test_what_no_level_unpacks(data: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        from_dict({"kind": "accelerator", "name": "own", "levels": [{"name": "DRAM", "least_bits": data}]})


def test_where_one_element_is_one_word_nothing_is_unpacked() -> None:
    with pytest.raises(InputError, match="one element of any tensor is one word"):
        Level(name="L1", word_bits=None, least_bits=LeastBits(W=16))

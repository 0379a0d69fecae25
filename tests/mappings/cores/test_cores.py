"""Networks on cores: equal to every choice tried, bounded from below, and adding up."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import pytest

from accel_models.fusion.inside import inside
from accel_models.systems.routes import Routes
from accel_models.systems.system import Dram, Kind, Link, System, sharing
from accel_models.template import Template
from mappings.cores.cores import map_cores
from mappings.cores.handover import handover
from mappings.cores.splits import Split
from mappings.cores.stage import Stager
from mappings.cores.work import Home, Work, Worker
from mappings.fusion.members import Members
from nets import Layer, Network
from nets.errors import InputError


def pair(l2_bytes: int = 2048, *, kinds: int = 1) -> System:
    """Two small cores, equal or not, and a link."""
    template = Template(
        array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=l2_bytes, noc_bandwidth=4.0, dram_bandwidth=0.4,
        strict_strides=False, clock_hz=1e9,
    )  # fmt: skip
    dram = Dram(bandwidth=2.0, read_pj=64.0, write_pj=64.0)
    core = sharing(template.accelerator(), dram)
    other = sharing(replace(template, array=(2, 8)).accelerator(), dram)
    cores = (Kind("core", core, 2),) if kinds == 1 else (Kind("one", core, 1), Kind("other", other, 1))
    links = tuple(
        Link(source=a, target=1 - a, bandwidth=1.0, word_pj=2.0, kind="on-die") for a in (0, 1)
    )  # fmt: skip
    return System("pair", cores, dram, links)


def chain(draw: random.Random, layers: int, *, shortcut: bool = False) -> Network:
    network = Network("chain", resolution=8)
    channels, rows = draw.randint(1, 4), 8
    for number in range(layers):
        made, stride = draw.choice([2, 4, 6]), 1 if shortcut else draw.choice([1, 1, 2])
        made = channels if shortcut and number else made
        kernel = draw.choice([1, 3])
        rows = rows // stride
        before, behind = kernel // 2, max(0, kernel - stride - kernel // 2)
        network.add(
            Layer(
                name=f"l{number}", K=made, C=channels, P=rows, Q=rows, R=kernel, S=kernel, stride=(stride, stride),
                padding=(before, behind, before, behind),
            )
        )  # fmt: skip
        channels = made
    if shortcut:
        names = [layer.name for layer in network.layers]
        network.add(Layer(name="sum", kind="eltwise", G=channels, P=rows, Q=rows, operands=2), (names[0], names[-1]))
    return network


def every_way(worker: Worker, cycle_pj: float) -> list[list[Work]]:
    """All splits and homes of all layers of a network in one stage, by trying."""
    readers = [
        [place for place, of in enumerate(worker.operands) if any(each.source == number for each in of)]
        for number in range(len(worker.layers))
    ]
    found: list[list[Work]] = []

    def go_on(works: list[Work], homes: list[Home]) -> None:
        place = len(works)
        if place == len(worker.layers):
            found.append(works)
            return
        where = [None if each.source is None else homes[each.source] for each in worker.operands[place]]
        alive = [number for number in range(place) if max(readers[number], default=0) >= place]
        for split, on_chip in itertools.product(worker.splits[place], (False, True) if readers[place] else (False,)):
            work = worker.work(place, where, split, on_chip=on_chip, in_dram=not on_chip, cycle_pj=cycle_pj)
            if work is None:
                continue
            held = sum(worker.held(number, homes[number]) for number in alive if homes[number] is not None)
            if (held + work.room).max() <= worker.capacity:
                go_on([*works, work], [*homes, split if on_chip else None])

    go_on([], [])
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_stage_is_the_best_of_all_splits_and_homes(seed: int) -> None:
    draw = random.Random(seed)
    system = pair(draw.choice([512, 1024, 4096]))
    network = chain(draw, 3, shortcut=seed % 2 == 1)
    members = Members(inside(system.kinds[0].accelerator))
    for cycle_pj in (math.inf, 0.0, 30.0):
        worker = Worker(network, system, (0, 1), Routes(system), members, resident=False)
        ways = every_way(worker, cycle_pj)
        stages = list(Stager(worker, copies=1, cuts=False).stages(0, cycle_pj, [len(network.layers)]))
        if not ways:
            assert not stages
            continue
        (stage,) = stages
        assert stage.score == pytest.approx(min(math.fsum(work.score(cycle_pj) for work in way) for way in ways))
        assert stage.bound == pytest.approx(min(math.fsum(work.bound for work in way) for way in ways))
        assert 0 < stage.bound <= stage.score
        words = sum(layer.weight_words for layer in network.layers)
        ends = network.layers[0].input_words + network.layers[-1].output_words
        assert stage.dram >= words + ends or any(work.through_dram for work in stage.works)


@pytest.mark.parametrize("kinds", [1, 2])
@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_one_inference_adds_up_and_lies_above_its_bound(kinds: int, objective: str) -> None:
    system, network = pair(kinds=kinds), chain(random.Random(7), 4)
    found = map_cores(network, system, objective=objective)  # type: ignore[arg-type]
    assert [stage.begin for stage in found.stages] == [0, *(stage.end for stage in found.stages[:-1])]
    moved = [each for each in found.handovers if each is not None]
    cycles = sum(stage.cycles for stage in found.stages) + sum(each.cycles for each in moved)
    energy = sum(stage.energy_pj for stage in found.stages) + sum(each.energy_pj for each in moved)
    assert found.latency == found.cycles == pytest.approx(cycles)
    assert found.energy_pj == pytest.approx(energy + system.static_pj * cycles)
    assert 0 < found.lower_bound <= found.score
    assert found.gap < 0.1


def test_the_least_of_each_objective_is_the_least() -> None:
    system, network = pair(), chain(random.Random(3), 4)
    by = {name: map_cores(network, system, objective=name) for name in ("latency", "energy", "edp")}  # type: ignore[arg-type]
    for other in by.values():
        assert by["latency"].cycles <= other.cycles
        assert by["energy"].energy_pj <= 1.01 * other.energy_pj  # shares are mapped within a percent
        assert by["edp"].score <= 1.01 * other.energy_pj * other.cycles
        assert by["edp"].lower_bound <= other.energy_pj * other.cycles


@pytest.mark.parametrize("kinds", [1, 2])
def test_a_batch_is_bounded_and_its_interval_is_that_of_its_parts(kinds: int) -> None:
    system, network = pair(kinds=kinds), chain(random.Random(11), 4)
    for objective in ("latency", "edp"):
        found = map_cores(network, system, objective=objective, items=8)  # type: ignore[arg-type]
        cores = [core for stage in found.stages for core in stage.cores]
        assert len(set(cores)) == len(cores) <= 2
        dram = sum(stage.dram for stage in found.stages) / system.dram.bandwidth
        handed = [each.cycles for each in found.handovers if each is not None]
        slowest = max(*(stage.cycles for stage in found.stages), dram, found.link_cycles, *handed)
        assert found.interval == pytest.approx(slowest)
        assert found.cycles == pytest.approx(found.latency + 7 * found.interval)
        assert 0 < found.lower_bound <= found.score
    one = map_cores(network, system, objective="latency")
    assert map_cores(network, system, objective="latency", items=8).score <= one.score * (1 + 1e-12)


def test_weights_that_stay_come_once() -> None:
    system, network = pair(8192), chain(random.Random(2), 3)
    found = map_cores(network, system, objective="energy", items=50)
    assert any(stage.resident for stage in found.stages)
    stay = [stage for stage in found.stages if stage.resident]
    words = sum(layer.weight_words for stage in stay for layer in network.layers[stage.begin : stage.end])
    assert found.label.startup == sum(stage.weights for stage in stay) == words


def test_what_is_handed_over_crosses_the_link_once() -> None:
    system = pair()
    layer = Layer(name="conv", K=4, C=1, P=6, Q=5)
    moved = handover(system, Routes(system), layer, ((0,), Split(1, 1, 1)), ((1,), Split(1, 1, 1)))
    assert moved.words == 4 * 6 * 5
    assert moved.cycles == moved.words / 1.0
    shared = system.kinds[0].accelerator.levels[1]
    assert moved.energy_pj == pytest.approx(moved.words * (2.0 + shared.read_pj + shared.write_pj))
    again = handover(system, Routes(system), layer, ((0, 1), Split(1, 2, 1)), ((0, 1), Split(1, 2, 1)))
    assert again.words == again.energy_pj == 0


def test_what_cannot_be_is_said() -> None:
    system, network = pair(), chain(random.Random(1), 2)
    with pytest.raises(InputError, match="items"):
        map_cores(network, system, items=0)
    with pytest.raises(InputError, match="objective"):
        map_cores(network, system, objective="power")  # type: ignore[arg-type]
    bare = replace(system, kinds=(replace(system.kinds[0], accelerator=replace(
        system.kinds[0].accelerator, levels=system.kinds[0].accelerator.levels[:1])),))  # fmt: skip
    with pytest.raises(InputError, match="no memory on the chip"):
        map_cores(network, bare)

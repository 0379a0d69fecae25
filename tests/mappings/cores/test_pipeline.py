"""Pipelines: formulas equal to a simulation of events, and stages chosen equal to all pipelines tried."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

from mappings.cores.pipeline import Batch, Label, Option, best_pipeline

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "fusion" / "dp.json"


def simulated(cycles: list[int], items: int) -> int:
    """When the last item leaves, item by item: a stage begins when the item is there, the stage is free, and one of two
    buffers behind it is free; the next stage frees a buffer when it is done with the item before the last."""
    ends = [[0] * items for _ in cycles]
    for item in range(items):
        for stage, took in enumerate(cycles):
            ready = ends[stage - 1][item] if stage else 0
            free = ends[stage][item - 1] if item else 0
            room = ends[stage + 1][item - 2] if stage + 1 < len(cycles) and item >= 2 else 0
            ends[stage][item] = max(ready, free, room) + took
    return ends[-1][-1]


@pytest.mark.parametrize("seed", range(200))
def test_the_time_of_a_batch_is_that_of_events(seed: int) -> None:
    draw = random.Random(seed)
    cycles = [draw.randint(1, 30) for _ in range(draw.randint(1, 6))]
    items = draw.randint(1, 12)
    label = Label()
    for took in cycles:
        label = label.then(Label(0.0, took, took))
    assert Batch(items, 1.0, 0.0).cycles(label) == simulated(cycles, items)


def drawn(draw: random.Random) -> tuple[list[Option[str]], int, list[int]]:
    """Stages over a few layers, on up to two kinds of cores."""
    layers, counts = draw.randint(1, 5), [draw.randint(1, 3) for _ in range(draw.randint(1, 2))]
    options = [
        Option(
            begin, end, kind, count,
            Label(*(float(draw.randint(0, 12)) for _ in range(5))), draw.choice(["chip", "dram"]),
        )
        for begin in range(layers) for end in range(begin + 1, layers + 1)
        for kind, most in enumerate(counts) for count in range(1, most + 1)
        for _ in range(draw.randint(0, 2))
    ]  # fmt: skip
    return options, layers, counts


def handed(one: Option[str], other: Option[str], used: tuple[int, ...]) -> Label | None:
    """Costs of a hand-over that depend on both sides and on where they stand."""
    if one.what == "chip" and other.count > 2:
        return None
    words = float(3 * one.kind + 2 * other.kind + sum(used)) if one.what == "chip" else 0.0
    return Label(words, words, words)


def all_pipelines(options: list[Option[str]], layers: int, counts: list[int]) -> list[Label]:
    """Every pipeline, by trying."""
    found = []
    todo: list[tuple[list[Option[str]], Label]] = [([], Label())]
    while todo:
        chain, label = todo.pop()
        at = chain[-1].end if chain else 0
        if at == layers:
            found.append(label)
            continue
        for option in options:
            taken = [*chain, option]
            used = tuple(sum(each.count for each in taken if each.kind == kind) for kind in range(len(counts)))
            if option.begin != at or any(have > most for have, most in zip(used, counts)):
                continue
            between = handed(chain[-1], option, used) if chain else Label()
            if between is not None:
                todo.append(([*chain, option], label.then(between).then(option.label)))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_best_of_all_pipelines_is_found(seed: int) -> None:
    draw = random.Random(seed)
    options, layers, counts = drawn(draw)
    batch = Batch(draw.randint(1, 9), float(draw.randint(1, 4)), draw.choice([0.0, 0.5]))
    labels = all_pipelines(options, layers, counts)
    for worth in (
        batch.interval, batch.cycles, batch.energy_pj, lambda label: batch.cycles(label) * batch.energy_pj(label),
    ):  # fmt: skip
        found = best_pipeline(options, layers, counts, worth, handed, same=lambda option: option.what)
        if not labels:
            assert found is None
            continue
        assert found is not None
        stages, label = found
        assert worth(label) == pytest.approx(min(map(worth, labels)))
        assert [stage.begin for stage in stages] == [0, *(stage.end for stage in stages[:-1])]


def test_equal_cores_take_segments_of_vgg_16_as_even_as_can_be() -> None:
    """On chains of one figure a layer: the least slowest segment of p, against all ways to cut."""
    if not CASES.exists():
        pytest.skip("no cases beside the project")
    case = json.loads(CASES.read_text())["vgg16"]
    work = [
        float(max(weights, 1) * size * size) for weights, size in zip(case["weights"], case["sizes"][1:])
    ]  # fmt: skip
    for cores in (2, 3, 4):
        options = [
            Option(begin, end, 0, 1, Label(0.0, sum(work[begin:end]), sum(work[begin:end])), None)
            for begin, end in itertools.combinations(range(len(work) + 1), 2)
        ]
        found = best_pipeline(options, len(work), [cores], lambda label: label.slowest, lambda *_: Label())
        cuts = itertools.chain.from_iterable(itertools.combinations(range(1, len(work)), k) for k in range(cores))
        least = min(
            max(sum(work[begin:end]) for begin, end in zip((0, *cut), (*cut, len(work)))) for cut in cuts
        )  # fmt: skip
        assert found is not None
        assert found[1].slowest == least

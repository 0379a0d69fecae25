"""Groups of layers that run tile by tile, and the least DRAM words of networks, against cases counted elsewhere.

    python benchmarks/fused_cases.py DIR [--json]

DIR holds ``chains.json`` (words and MACs of chains of convolutions in three overlap modes, counted with sets of
elements), ``dp.json`` (words alive of two convolutions; least DRAM words of VGG-16 by capacity), ``residual.json`` (an
inverted residual, its shortcut held or fetched again), ``defines_two_conv.csv`` (MACs and copies of two convolutions in
tiles, as DeFiNES prints them) and ``mobilenetv2_groups.json`` (the same of MobileNetV2's convolutions, with shortcuts
estimated: shown beside, and not counted). Exit status 1 when any row differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.fusion.cost import GroupCost, group_cost
from accel_models.fusion.group import Group, Grouper
from accel_models.fusion.schedule import Schedule
from mappings.fusion.best_schedule import KEPT_ROWS, Rules
from mappings.fusion.partition import alone_words, partition
from nets import Layer, Network, load_network

MODES = {1: (False, False), 2: (False, True), 3: (True, True)}


@dataclass(frozen=True)
class Row:
    """One case: what was expected and what is counted here."""

    name: str
    expected: Any
    got: Any

    @property
    def equal(self) -> bool:
        """Whether the two are."""
        return bool(self.expected == self.got)


def chain(layers: list[dict[str, int]], channels: list[int], rows: list[int], columns: list[int]) -> Group:
    """Convolutions one after the other; ``layers`` have a square kernel, stride and padding."""
    network = Network("chain")
    for number, layer in enumerate(layers):
        kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
        behind = [
            max(0, (plane[number + 1] - 1) * stride + kernel - padding - plane[number]) for plane in (rows, columns)
        ]
        network.add(
            Layer(
                name=f"l{number}", C=channels[number], K=channels[number + 1], P=rows[number + 1],
                Q=columns[number + 1], R=kernel, S=kernel, stride=(stride, stride),
                padding=(padding, behind[0], padding, behind[1]),
            )
        )  # fmt: skip
    return Grouper(network).group(0, len(layers))


def chains(cases: list[dict[str, Any]]) -> Iterator[Row]:
    """Words of every tensor and MACs of every layer, mode by mode."""
    for number, case in enumerate(cases):
        group = chain(case["layers"], case["channels"], case["rows"], case["columns"])
        for mode in case["modes"]:
            moved = group_cost(group, Schedule(tuple(case["tile"]), MODES[mode["mode"]])).traffic
            expected = {"words": mode["words"], "macs": mode["macs"]}
            yield Row(
                f"chain {number} mode {mode['mode']}", expected, {"words": list(moved.made), "macs": list(moved.macs)}
            )


def two_convolutions(table: list[list[int]]) -> Iterator[Row]:
    """Words alive of two 3x3 convolutions of 64 channels on 56x56, by rows of a tile."""
    group = chain([{"kernel": 3, "stride": 1, "padding": 1}] * 2, [64] * 3, [56] * 3, [56] * 3)
    for rows, *alive in table:
        got = [group_cost(group, Schedule((rows, 56), (keep, True))).room.activations for keep in (False, True)]
        yield Row(f"two convolutions, {rows} rows", alive, got)


def residual(rows: list[dict[str, Any]]) -> Iterator[Row]:
    """An inverted residual of MobileNetV2, 28x28, 32 -> 192 -> 32."""
    network = load_network("mobilenet_v2")
    names = [layer.name for layer in network.layers]
    begin, end = names.index("stage3.block2.expand"), names.index("stage3.block2.add") + 1
    figures = ("dram_in", "weights", "macs", "peak_act_words")
    for row in rows:
        group = Grouper(network).group(begin, end, refetch=row["refetch"])
        cost = group_cost(group, Schedule((row["t"], 28), (row["keep"], True)))
        got = (_fetched(group, cost), cost.traffic.weight_words, sum(cost.traffic.macs), cost.room.activations)
        name = f"residual, {row['t']} rows, keep {row['keep']}, refetch {row['refetch']}"
        yield Row(name, {figure: row[figure] for figure in figures}, dict(zip(figures, got)))


def defines(rows: list[dict[str, str]]) -> Iterator[Row]:
    """DeFiNES's two unpadded convolutions: MACs of both, energy and cycles of copying the input.

    A byte of the input comes from DRAM over 8 bytes a beat (700 pJ), passes a buffer of 1 MB in 128 (189.2 pJ written,
    208.08 read) and is written to one of 64 KB in 64 (30.8 pJ).
    """
    group = chain([{"kernel": 3, "stride": 1, "padding": 0}] * 2, [16, 32, 32], [60, 58, 56], [60, 58, 56])
    for row in rows:
        tile = int(row["tile_y"]), int(row["tile_x"])
        cost = group_cost(group, Schedule(tile, MODES[int(row["mode"])]))
        bytes_in = _fetched(group, cost)
        copy_pj = bytes_in / 8 * 700 + bytes_in / 128 * (189.2 + 208.08) + bytes_in / 64 * 30.8
        known = [row[f"macs_layer{number}"] for number in (0, 1)]
        got = {
            "macs": [macs for macs, said in zip(cost.traffic.macs, known) if said],
            "copy_pj": round(copy_pj, 1),
            "copy_cycles": bytes_in // 8 + bytes_in // 64,
        }
        expected = {
            "macs": [int(said) for said in known if said],
            "copy_pj": round(float(row["copy_energy_pJ"]), 1),
            "copy_cycles": int(row["copy_latency1"]),
        }
        yield Row(f"DeFiNES, tiles of {row['tile_x']} x {row['tile_y']}, mode {row['mode']}", expected, got)


def accelforge() -> Iterator[Row]:
    """Two inverted residuals of MobileNet at 28x28 as AccelForge 1.0.467 has them, in bits that cross, on 64 KB.

    Alone, a depthwise layer fetches its padding there, so it is written without any here.
    """
    network = Network("mobilenet_28")
    source: tuple[str, ...] = ()
    for block in range(2):
        for name, dims in (("expand", {"K": 192, "C": 24}), ("depthwise", {"G": 192, "R": 3, "S": 3}),
                           ("project", {"K": 24, "C": 192})):  # fmt: skip
            padding = (1, 1, 1, 1) if name == "depthwise" else (0, 0, 0, 0)
            network.add(Layer(name=f"{name}{block}", P=28, Q=28, padding=padding, **dims), source)
            source = (f"{name}{block}",)
    alone = sum(alone_words(replace(layer, padding=(0, 0, 0, 0))) for layer in network.layers)
    yield Row("AccelForge, MobileNet at 28, together", 476_160, 8 * partition(network, 1 << 16).dram_words)
    yield Row("AccelForge, MobileNet at 28, alone", 10_767_360, 8 * alone)


def _fetched(group: Group, cost: GroupCost) -> int:
    """Words of activations read from DRAM."""
    return sum(words for words, tensor in zip(cost.traffic.made, group.tensors) if tensor.outside)


def vgg16(case: dict[str, Any]) -> Iterator[Row]:
    """Least DRAM words by capacity, and groups of more than one layer; full rows, kept, weights resident."""
    network = _head("vgg16", "pool5")
    for capacity, row in case["by_capacity"].items():
        found = partition(network, int(capacity), KEPT_ROWS)
        longer = [[begin, end] for begin, end, _ in row["groups"] if end - begin > 1]
        got = [[part.begin, part.end] for part in found.parts if part.group is not None]
        yield Row(
            f"VGG-16 on {int(capacity):,} words", {"dram_words": row["dram_words"], "groups": longer},
            {"dram_words": found.dram_words, "groups": got},
        )  # fmt: skip


def beyond(name: str, last: str, cases: dict[str, int]) -> Iterator[str]:
    """Least DRAM words beside those of cases; also where overlaps may be made again and weights streamed."""
    network = _head(name, last)
    for capacity, words in cases.items():
        kept, free = (partition(network, int(capacity), rules).dram_words for rules in (KEPT_ROWS, Rules()))
        yield f"{name} on {int(capacity):>9,} words: case {words:>11,}  rows kept {kept:>11,}  any schedule {free:>11,}"


def _head(name: str, last: str) -> Network:
    """The layers of a network up to one of them."""
    whole, head = load_network(name), Network(name)
    for layer in whole.layers:
        head.add(layer, whole.inputs(layer.name))
        if layer.name == last:
            break
    return head


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    read = {path.stem: json.loads(path.read_text()) for path in options.folder.glob("*.json")}
    rows = [
        *chains(read["chains"]),
        *two_convolutions(read["dp"]["two_conv_peak_act_words(t,recompute,retain)"]),
        *residual(read["residual"]["rows"]),
        *vgg16(read["dp"]["vgg16"]),
        *defines(list(csv.DictReader((options.folder / "defines_two_conv.csv").open()))),
        *accelforge(),
    ]
    different = [row for row in rows if not row.equal]
    if options.json:
        summary = {"cases": len(rows), "equal": len(rows) - len(different)}
        print(json.dumps(summary | {"different": {row.name: [row.expected, row.got] for row in different}}))
    else:
        for row in rows:
            print(f"{row.name}: {'equal' if row.equal else f'expected {row.expected}, counted {row.got}'}")
        print(f"\n{len(rows) - len(different)} of {len(rows)} rows equal in every count")
        for name, last, cases in (
            ("vgg16", "pool5", {size: row["dram_words"] for size, row in read["dp"]["vgg16"]["by_capacity"].items()}),
            (
                "mobilenet_v2",
                "head",
                {size: row["words"] for size, row in read["mobilenetv2_groups"]["by_capacity"].items()},
            ),
        ):
            print("\n".join(beyond(name, last, cases)))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

"""Drawn groups: chains and shortcuts of every window, with planes that nothing divides."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from accel_models.fusion.group import Group, Grouper
from accel_models.fusion.schedule import Schedule
from nets import Layer, Network


def drawn_network(draw: random.Random, *, shortcuts: bool = True) -> Network:
    """One to four layers: convolutions, depthwise ones, pooling, and now and then an addition of what came before."""
    network = Network("drawn")
    plane = [draw.randint(3, 9), draw.randint(3, 9)]
    channels = draw.randint(1, 3)
    seen: list[tuple[str | None, int, tuple[int, int]]] = [(None, channels, (plane[0], plane[1]))]
    for number in range(draw.randint(1, 4)):
        name, source, channels, before = f"l{number}", *seen[-1]
        same = [each for each in seen[:-1] if each[1:] == (channels, before) and each[0] is not None]
        if shortcuts and same and source is not None and draw.random() < 0.6:
            sources = (source, str(draw.choice(same)[0]))
            network.add(Layer(name=name, kind="eltwise", G=channels, P=before[0], Q=before[1], operands=2), sources)
            seen.append((name, channels, before))
            continue
        layer = _windowed(draw, name, channels, before)
        while layer.kind == "pool" and layer.P == layer.Q == 1:  # a wall
            layer = _windowed(draw, name, channels, before)
        network.add(layer, () if source is None else (source,))
        seen.append((name, layer.G * layer.K, (layer.P, layer.Q)))
    return network


_KINDS = ("conv", "conv", "depthwise", "pool")


def _windowed(
    draw: random.Random, name: str, channels: int, plane: tuple[int, int], kinds: Sequence[str] = _KINDS
) -> Layer:
    """A layer whose windows fit a plane, some rows of which its stride may leave unread."""
    kind = draw.choice(kinds)
    taps, stride, dilation, padding, outputs = [], [], [], [], []
    for size in plane:
        while True:
            r, s, d, p = (
                draw.choice((1, 2, 3, 3, 5)),
                draw.choice((1, 1, 2, 3)),
                draw.choice((1, 1, 2)),
                draw.randint(0, 2),
            )
            free = size + 2 * p - (r - 1) * d - 1
            if free >= 0:
                break
        positions = free // s + 1
        behind = max(0, (positions - 1) * s + (r - 1) * d + 1 - p - size)
        reach = (positions - 1) * s + (r - 1) * d + 1 - p - behind
        if reach < 1 or size - reach >= s:
            r, s, d, p, positions, behind = 1, 1, 1, 0, size, 0
        padding += [p, behind]
        for found, chosen in zip((taps, stride, dilation, outputs), (r, s, d, positions), strict=True):
            found.append(chosen)
    dims = {"K": draw.randint(1, 3), "C": channels} if kind == "conv" else {"G": channels}
    return Layer(
        name=name, kind="pool" if kind == "pool" else "conv", P=outputs[0], Q=outputs[1], R=taps[0], S=taps[1],
        stride=(stride[0], stride[1]), dilation=(dilation[0], dilation[1]), padding=tuple(padding), **dims,
    )  # fmt: skip


def branching_group(draw: random.Random) -> Group:
    """Two or more layers of a drawn network with branches; what they read from outside may have several readers."""
    while True:
        network = branching_network(draw)
        begin = draw.randint(0, 1)
        end = len(network.layers) - draw.randint(0, 1)
        grouper = Grouper(network)
        if end - begin > 1 and grouper.firsts[end - 1] <= begin:
            return grouper.group(begin, end, refetch=draw.random() < 0.3)


def drawn_group(draw: random.Random, *, shortcuts: bool = True) -> Group:
    """All layers of a drawn network, or all but the last, which then reads what leaves."""
    network = drawn_network(draw, shortcuts=shortcuts)
    end = len(network.layers) - (len(network.layers) > 1 and draw.random() < 0.3)
    return Grouper(network).group(0, end, refetch=draw.random() < 0.3)


def drawn_schedule(draw: random.Random, group: Group) -> Schedule:
    """Any tile and any mode."""
    rows, columns = group.last.plane
    return Schedule(
        (draw.randint(1, rows), draw.randint(1, columns)),
        keep=(draw.random() < 0.5, draw.random() < 0.5),
        resident=draw.random() < 0.5,
        doubled=draw.random() < 0.3,
    )


def branching_network(draw: random.Random) -> Network:
    """Three to five layers, each of which reads any before it: tensors with several readers, whose windows differ."""
    network = Network("branching")
    seen: list[tuple[str, int, tuple[int, int]]] = []
    for number in range(draw.randint(3, 5)):
        name = f"l{number}"
        pairs = [pair for pair in itertools.combinations(seen, 2) if pair[0][1:] == pair[1][1:]]
        if pairs and draw.random() < 0.4:
            (first, channels, plane), (second, *_) = draw.choice(pairs)
            layer = Layer(name=name, kind="eltwise", G=channels, P=plane[0], Q=plane[1], operands=2)
            network.add(layer, (first, second))
        elif not seen:
            plane = draw.randint(4, 9), draw.randint(4, 9)
            layer = _read(draw, name, draw.randint(1, 3), plane)
            network.add(layer, ())
        else:
            source, channels, plane = draw.choice(seen[-3:])
            layer = _read(draw, name, channels, plane)
            network.add(layer, (source,))
        seen.append((name, layer.G * layer.K, (layer.P, layer.Q)))
    return network


def _read(draw: random.Random, name: str, channels: int, plane: tuple[int, int]) -> Layer:
    """A layer that multiplies and reads a plane, as often as not through windows that leave the plane's size."""
    if draw.random() < 0.5:
        return _windowed(draw, name, channels, plane, kinds=("conv", "depthwise"))
    taps = draw.choice((1, 3, 5)), draw.choice((1, 3, 5))
    half = [size // 2 for size in taps]
    return Layer(
        name=name, C=channels, K=draw.choice((channels, channels, 2)), P=plane[0], Q=plane[1], R=taps[0], S=taps[1],
        padding=(half[0], half[0], half[1], half[1]),
    )  # fmt: skip

"""Drawn groups: chains and shortcuts of every window, with planes that nothing divides."""

from __future__ import annotations

import random

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


def _windowed(draw: random.Random, name: str, channels: int, plane: tuple[int, int]) -> Layer:
    """A layer whose windows fit a plane, some rows of which its stride may leave unread."""
    kind = draw.choice(("conv", "conv", "depthwise", "pool"))
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

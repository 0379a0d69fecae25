"""The differentiable cost: equal to the cost model where tiles divide, and its slopes those of finite differences."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import Accelerator, Axis, Level
from accel_models.loopnest import MappingArrays
from accel_models.precision import LeastBits
from mappings.mapspace import MapSpace
from nets import Layer

torch = pytest.importorskip("torch", reason="the differentiable model needs PyTorch")

from mappings.mappers.relaxed_cost import RelaxedCost  # noqa: E402

ROOMY = math.inf
LAYERS = (
    Layer(name="conv", K=24, C=12, P=12, Q=8, R=3, S=3),
    Layer(name="strided", N=2, K=8, C=6, P=12, Q=6, R=6, S=4, stride=(2, 3)),
    Layer(name="dilated", K=4, C=4, P=8, Q=8, R=4, S=4, stride=(3, 1), dilation=(2, 3)),
    Layer(name="depthwise", G=24, P=12, Q=12, R=3, S=3),
    Layer(name="matmul", kind="matmul", P=24, C=36, K=16, psum_bits=32),
)


def machine(**changes: Any) -> Accelerator:
    """The template of NAAS: DRAM, a shared buffer, an array, a memory in each of its elements; all roomy."""
    level = {"double_buffered": True, "word_bits": 8, "write_pj": 1.7, "read_pj": 1.3, "network_pj": 0.11}
    return Accelerator(
        name="template",
        levels=(
            Level(name="DRAM", shared_bandwidth=8.0, read_pj=60.0, write_pj=70.0),
            Level(name="L2", read_bandwidth=24.0, write_bandwidth=16.0, fanout=(Axis("X", 6), Axis("Y", 8)), **level),
            Level(name="L1", read_bandwidth=3.0, write_bandwidth=2.0, **{**level, "word_bits": 16}),
        ),
        mac_pj=0.4,
        static_mw=5.0,
        **changes,
    )


def deep() -> Accelerator:
    """Fan-outs below three levels, and levels that bypass a tensor."""
    base = machine()
    dram, l2, l1 = base.levels
    inner = replace(l1, name="L0", keeps=("W", "O"), fanout=(Axis("Z", 4),))
    outer = replace(l2, name="L3", keeps=("I", "O"), fanout=(Axis("V", 2), Axis("U", 3)))
    return replace(base, levels=(dram, outer, l2, l1, inner))


def unpacking() -> Accelerator:
    """The template with weights unpacked from its shared buffer on and inputs from the innermost one on."""
    dram, l2, l1 = machine().levels
    return replace(
        machine(), levels=(dram, replace(l2, least_bits=LeastBits(W=16)), replace(l1, least_bits=LeastBits(I=12, O=32)))
    )


def even_mapping(draw: Any, layer: Layer, accelerator: Accelerator) -> MappingArrays:
    """Tiles that divide, any orders, any dims on the axes."""
    depth = len(accelerator.levels)
    tile, part = np.ones((2, 1, depth, 8), dtype=np.int64)
    axis = np.zeros((1, depth, 8), dtype=np.int8)
    extent = list(layer.bounds)
    for j, level in enumerate(accelerator.levels):
        room = [ax.size for ax in level.fanout]
        for d in range(8):
            if j < depth - 1:
                extent[d] = draw(st.sampled_from(divisors(extent[d])))
            width = 1
            if room:
                a = draw(st.integers(0, len(room) - 1))
                width = draw(st.sampled_from([n for n in divisors(extent[d]) if n <= room[a]]))
                room[a] //= width
                axis[0, j, d] = a
            if j == depth - 1:
                extent[d] = width
            tile[0, j, d] = extent[d]
            extent[d] //= width
            part[0, j, d] = extent[d]
    order = np.array([[draw(st.permutations(range(8))) for _ in range(depth)]], dtype=np.int8)
    keep = np.array([[[t in level.keeps for t in "WIO"] for level in accelerator.levels]])
    return MappingArrays(tile, part, order, axis, keep)


def divisors(n: int) -> list[int]:
    return [k for k in range(1, n + 1) if n % k == 0]


@pytest.mark.parametrize("convention", ["default", "timeloop", "drain-reads"])
@pytest.mark.parametrize("accelerator", [machine(), deep(), unpacking()], ids=["template", "deep", "unpacking"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_equals_the_cost_model_where_tiles_divide(data: Any, accelerator: Accelerator, convention: Any) -> None:
    layer = data.draw(st.sampled_from(LAYERS))
    mapping = even_mapping(data.draw, layer, accelerator)
    space = MapSpace.of([layer], [accelerator], convention=convention)
    exact = space.evaluate(mapping, np.zeros(1, dtype=np.int64))
    assert not exact.status.any()
    model = RelaxedCost(space, np.zeros(1, dtype=np.int64), mapping.order, mapping.keep[0])
    relaxed = model(*(torch.as_tensor(x.astype(np.float64)) for x in (mapping.tile, mapping.part)))
    assert float(relaxed.cycles) == pytest.approx(exact.cycles[0], rel=1e-9)
    assert float(relaxed.energy_pj) == pytest.approx(exact.energy_pj[0], rel=1e-9)
    assert float(relaxed.overflow) == 0


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_overflows_where_the_cost_model_does(data: Any) -> None:
    roomy = machine()
    sizes = {"L2": data.draw(st.sampled_from([60, 500, 4000])), "L1": data.draw(st.sampled_from([9, 40, 200]))}
    levels = [replace(at, capacity_words=sizes.get(at.name, ROOMY)) for at in roomy.levels]
    accelerator = replace(roomy, levels=tuple(levels))
    layer = data.draw(st.sampled_from(LAYERS))
    mapping = even_mapping(data.draw, layer, accelerator)
    space = MapSpace.of([layer], [accelerator])
    model = RelaxedCost(space, np.zeros(1, dtype=np.int64), mapping.order, mapping.keep[0])
    relaxed = model(*(torch.as_tensor(x.astype(np.float64)) for x in (mapping.tile, mapping.part)))
    status = space.evaluate(mapping, np.zeros(1, dtype=np.int64)).status[0]
    assert (float(relaxed.overflow) > 0) == (status != 0)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_its_slopes_are_those_of_small_steps(data: Any) -> None:
    """Somewhere between whole tiles, where nothing kinks within the step (that would fail one side only)."""
    accelerator = machine()
    levels = [replace(at, capacity_words=300.0 if at.name == "L2" else at.capacity_words) for at in accelerator.levels]
    accelerator = replace(accelerator, levels=tuple(levels))
    layer = data.draw(st.sampled_from(LAYERS))
    mapping = even_mapping(data.draw, layer, accelerator)
    step = 1e-6
    moves = torch.as_tensor(step * np.concatenate([np.zeros((1, 8)), np.eye(8), -np.eye(8)]))
    rows = len(moves)
    order = np.repeat(mapping.order, rows, axis=0)
    model = RelaxedCost(MapSpace.of([layer], [accelerator]), np.zeros(rows, dtype=np.int64), order, mapping.keep[0])
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    outer = np.array(layer.bounds, dtype=float)
    cuts = [np.clip(rng.uniform(0.2, 0.9, 8), 1 / outer, 1) for _ in range(2)]

    def value(shift: Any) -> Any:
        """The logarithm of all three figures for tiles of L2 scaled by ``exp(shift)``, a number for each dim (n, 8)."""
        width = torch.as_tensor(mapping.tile / mapping.part)
        first = torch.as_tensor(np.maximum(outer * cuts[0], 1.0)) * torch.exp(shift)
        second = torch.sqrt(first)
        parts = torch.stack([first, second, torch.ones_like(first)], dim=1)
        cost = model(parts * width, parts)
        return torch.log(cost.cycles) + torch.log(cost.energy_pj) + cost.overflow

    shift = moves.requires_grad_()
    values = value(shift)
    values[0].backward()
    assert shift.grad is not None
    slopes = shift.grad[0].numpy()
    assert np.isfinite(slopes).all()
    here, up, down = values[0].item(), values[1:9].detach().numpy(), values[9:].detach().numpy()
    sides = np.sort([(up - here) / step, (here - down) / step], axis=0)
    assert (sides[0] - 1e-3 <= slopes).all()
    assert (slopes <= sides[1] + 1e-3).all()

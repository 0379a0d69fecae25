"""Descent on a differentiable cost, in the manner of DOSA: real-valued tiles, several starts, rounding, repair.

Hong et al., "DOSA: Differentiable Model-Based One-Loop Search for DNN Accelerators", MICRO 2023. From each of several
starts Adam moves the tiles of every level on a logarithmic scale, loop orders and parallel dims held, over the model of
:mod:`mappings.mappers.relaxed_cost`. Then tiles are rounded, with several draws and several loop orders, repaired as
:mod:`mappings.encoding` decodes vectors, and priced by the cost kernel; the best of them is where the next descent of
this start begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.loopnest import MappingArrays
from mappings.encoding import Encoding
from mappings.mappers.draws import Draws
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace, put, take
from mappings.relevance import TENSOR_DIMS
from mappings.stationary import stationary_mappings
from nets.errors import InputError
from nets.layer import DIMS

if TYPE_CHECKING:
    from torch import Tensor

SETTINGS: Final[dict[str, Any]] = {"starts": 2, "steps": 8, "roundings": 16, "rate": 0.05, "spread": 0.5}
PENALTY: Final = 4.0
"""Weight of the overflow, a logarithm, against the logarithm of the objective."""
FREE_PJ: Final = 1e-30
"""Stands for no energy at all, on machines that charge none."""
SHAKE: Final = 0.1
"""Standard deviation by which a start is moved before it descends again."""

Array = NDArray[np.float64]


@register_mapper("gradient")
def gradient_search(space: MapSpace, options: SearchOptions) -> Found:
    """Descend and round until ``options.budget`` is spent on each problem.

    A step of one start costs an evaluation, as does every mapping that the kernel prices. The pipeline of a systolic
    array is not in the model that it descends on, only in the prices.

    Settings: ``starts`` that are followed; ``steps`` of each descent; ``roundings`` after it; ``rate``, Adam's
    learning rate, on a scale where the least and the largest tile are 0 and 1; ``spread``, standard deviation of the
    logarithm by which tiles are scaled before all roundings but the first.

    Raises:
        InputError: PyTorch is not installed, mappings may be uneven, or an unknown setting.
    """
    settings = read_settings("gradient", options.settings, SETTINGS)
    if space.uneven:
        raise InputError(
            "gradient mapper: tiles", "uneven", "are not in the model that it descends on", "take 'cmaes' or 'optimal'"
        )
    require_torch()
    starts, steps, roundings = (int(settings[name]) for name in ("starts", "steps", "roundings"))
    encoding, draws = Encoding.of(space), Draws(space, options.seed)
    found, spent = offer_start(space, options)
    clock = out_of_time(options)
    everyone = np.arange(len(space))
    pool, scores, spent = _first_mappings(space, encoding, draws, found, spent, starts, options)
    if spent >= options.budget:
        return found
    best = np.argsort(scores, axis=1, kind="stable")[:, :starts]
    rows = (everyone[:, None] * scores.shape[1] + best).ravel()
    at, level = take(pool, rows), np.take_along_axis(scores, best, axis=1)  # (P x starts) mappings, (P, starts) scores
    starts = best.shape[1]
    problem_of = np.repeat(everyone, starts)
    orders = _stationary_orders(space)
    rounds = 0
    while spent < options.budget and not clock():
        taken = min(steps, max((options.budget - spent) // starts - 1, 0)) if space.depth > 1 else 0
        # From the second descent on a start is shaken first: from the same tiles it would go the same way.
        shake = draws.normal(starts, np.full(len(space), 8 * space.depth))[space.layer_of] * SHAKE * (rounds > 0)
        shake = shake.reshape(-1, space.depth, 8)[:, : space.depth - 1]
        parts = _descend(space, at, problem_of, shake, taken, settings["rate"], options)
        rounds += 1
        spent += taken * starts
        found.evaluations += taken * starts
        each = min(roundings, (options.budget - spent) // starts)
        if each < 1:
            break
        noise = draws.normal(starts * each, np.full(len(space), 8 * space.depth))[space.layer_of]
        noise = noise.reshape(len(problem_of), each, space.depth, 8) * settings["spread"]
        which = draws.uniform(starts * each, np.full(len(space), space.depth)).reshape(-1, each, space.depth)
        noise[:, 0], which[:, 0] = 0.0, 1.0  # the first rounding is to the nearest, with the orders at hand
        near = np.repeat(parts[:, None], each, axis=1)
        near[:, 1::2] = at.part[:, None]  # every other one is of the tiles before the descent
        tried = _rounded(space, encoding, at, near * np.exp(noise), problem_of, which, orders)
        got = found.offer(space, tried, starts * each, options).reshape(len(problem_of), each)
        spent += starts * each
        choice = got.argmin(axis=1)
        value, flat = got[np.arange(len(got)), choice], level.ravel()
        better = np.flatnonzero(value < flat)
        put(at, better, take(tried, better * each + choice[better]))
        level = np.where(value < flat, value, flat).reshape(level.shape)
    return found


def require_torch() -> None:
    """Check that PyTorch is there.

    Raises:
        InputError: it is not; says how to get it.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise InputError(
            "mapper", "gradient", "needs PyTorch, which is not installed", "install cosearch[torch], or take 'cmaes'"
        ) from None


def _first_mappings(
    space: MapSpace, encoding: Encoding, draws: Draws, found: Found, spent: int, starts: int, options: SearchOptions
) -> tuple[MappingArrays, Array, int]:
    """Mappings that starts are chosen from, as many for each problem: given, stationary and random; with scores."""
    everyone = np.arange(len(space))
    still, each = stationary_mappings(space)
    vectors = draws.uniform(starts, encoding.genes)
    drawn = encoding.decode(vectors.reshape(-1, encoding.longest), np.repeat(everyone, starts))
    groups = [(still, each), (drawn, starts)]
    mappings, scores = [], []
    if spent:
        mappings.append((take(found.mappings, everyone), 1))
        scores.append(found.score[:, None].copy())
    for group, size in groups:
        count = min(size, options.budget - spent)
        if count < 1:
            break
        rows = (everyone[:, None] * size + np.arange(count)).ravel()
        chosen = take(group, rows)
        scores.append(found.offer(space, chosen, count, options))
        mappings.append((chosen, count))
        spent += count
    return _side_by_side(mappings, len(space)), np.concatenate(scores, axis=1), spent


def _side_by_side(groups: list[tuple[MappingArrays, int]], problems: int) -> MappingArrays:
    """Several arrays of so many mappings for each problem as one."""
    stacked = []
    for name in ("tile", "part", "order", "axis", "keep"):
        parts = [
            getattr(group, name).reshape(problems, size, *getattr(group, name).shape[1:]) for group, size in groups
        ]
        whole = np.concatenate(parts, axis=1)
        stacked.append(np.ascontiguousarray(whole.reshape(-1, *whole.shape[2:])))
    return MappingArrays(*stacked)


def _stationary_orders(space: MapSpace) -> NDArray[np.int8]:
    """(3, 8) orders that hold W, I and O still: their own dims outermost."""
    return np.array([sorted(range(8), key=lambda d: DIMS[d] not in own) for own in TENSOR_DIMS.values()], dtype=np.int8)


class _Scale:
    """Tiles of B mappings on a logarithmic scale: 0 is the least that fills the array below, 1 the largest there is."""

    def __init__(self, space: MapSpace, mappings: MappingArrays, problem_of: NDArray[np.int64]) -> None:
        bound = space.layer_table.bounds[space.layer_of[problem_of]].astype(np.float64)
        self.log_width = np.log(-(-mappings.tile // mappings.part))  # (B, L, 8)
        below = np.flip(np.cumsum(np.flip(self.log_width, axis=1), axis=1), axis=1)
        self.log_least = np.concatenate([below[:, 1:], np.zeros_like(below[:, :1])], axis=1)
        self.log_bound = np.log(bound)

    def ratios(self, mappings: MappingArrays) -> Array:
        """(B, L - 1, 8) where the tiles of mappings stand on the scale."""
        held = self.log_bound
        ratios = []
        for level in range(mappings.part.shape[1] - 1):
            span = np.maximum(held - self.log_width[:, level] - self.log_least[:, level], 0.0)
            held = np.log(mappings.part[:, level])
            rise = held - self.log_least[:, level]
            ratios.append(np.where(span > 0, rise / np.where(span > 0, span, 1.0), 0.0))
        clipped: Array = np.clip(np.stack(ratios, axis=1), 0.0, 1.0)
        return clipped

    def extents(self, ratios: Tensor) -> tuple[Tensor, Tensor]:
        """Extents (B, L, 8) below the temporal loops and below the fan-out of every level."""
        import torch

        width, least, held = (torch.as_tensor(x) for x in (self.log_width, self.log_least, self.log_bound))
        tiles, parts = [], []
        for level in range(width.shape[1]):
            if level < width.shape[1] - 1:
                span = torch.clamp(held - width[:, level] - least[:, level], min=0)
                held = least[:, level] + ratios[:, level] * span
            else:
                held = torch.zeros_like(held)
            parts.append(held)
            tiles.append(held + width[:, level])
        return torch.exp(torch.stack(tiles, dim=1)), torch.exp(torch.stack(parts, dim=1))


def _descend(
    space: MapSpace, mappings: MappingArrays, problem_of: NDArray[np.int64], shake: Array, steps: int,
    rate: float, options: SearchOptions,
) -> Array:  # fmt: skip
    """(B, L, 8) real extents below the fan-outs after ``steps``, begun ``shake`` beside where the mappings stand."""
    if not steps:
        return mappings.part.astype(np.float64)
    import torch

    from mappings.mappers.relaxed_cost import RelaxedCost

    parts = np.empty(mappings.part.shape)
    for rows in _alike(space, mappings, problem_of):
        group = take(mappings, rows)
        scale = _Scale(space, group, problem_of[rows])
        model = RelaxedCost(space, problem_of[rows], group.order, group.keep[0])
        ratios = torch.tensor(np.clip(scale.ratios(group) + shake[rows], 0.0, 1.0), requires_grad=True)
        adam = torch.optim.Adam([ratios], lr=rate)
        for _ in range(steps):
            cost = model(*scale.extents(ratios))
            value = PENALTY * cost.overflow
            if options.objective != "latency":
                value = value + torch.log(torch.clamp(cost.energy_pj, min=FREE_PJ))
            if options.objective != "energy":
                value = value + torch.log(cost.cycles)
            adam.zero_grad()
            value.sum().backward()  # type: ignore[no-untyped-call]
            adam.step()
            with torch.no_grad():
                ratios.clamp_(0, 1)
        with torch.no_grad():
            parts[rows] = scale.extents(ratios)[1].numpy()
    return parts


def _alike(space: MapSpace, mappings: MappingArrays, problem_of: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows on one accelerator that keep the same tensors."""
    kinds = np.concatenate(
        [space.accelerator_of[problem_of][:, None], mappings.keep.reshape(len(mappings), -1)], axis=1
    )
    _, kind_of = np.unique(kinds, axis=0, return_inverse=True)
    return [np.flatnonzero(kind_of.ravel() == kind) for kind in range(int(kind_of.max()) + 1)]


def _rounded(
    space: MapSpace, encoding: Encoding, mappings: MappingArrays, parts: Array, problem_of: NDArray[np.int64],
    which: Array, orders: NDArray[np.int8],
) -> MappingArrays:  # fmt: skip
    """Legal mappings (B x n) near real-valued tiles.

    Args:
        parts: (B, n, L, 8) extents below the fan-outs.
        which: (B, n, L) in [0, 1]: below 1/2 a loop order takes the place of that at hand, one of ``orders``.
    """
    each, depth = parts.shape[1], space.depth
    many = take(mappings, np.repeat(np.arange(len(mappings)), each))
    of = np.repeat(problem_of, each)
    extent = space.layer_table.bounds[space.layer_of[of]]
    width = -(-many.tile // many.part)
    wanted = np.rint(parts).astype(np.int64).reshape(-1, depth, 8)
    for level in range(depth):
        # A tile is what its instances share out, at most what there is; the last level is left as it fits.
        part = (
            np.clip(wanted[:, level], 1, -(-extent // width[:, level])) if level < depth - 1 else np.ones_like(extent)
        )
        tile = np.minimum(part * width[:, level], extent)
        many.tile[:, level], many.part[:, level] = tile, part
        extent = part
    chosen = which.reshape(-1, depth)
    index = np.minimum((chosen * 2 * len(orders)).astype(np.int64), len(orders) - 1)
    many.order[:] = np.where((chosen < 0.5)[:, :, None], orders[index], many.order)
    return encoding.decode(encoding.encode(many, of), of)

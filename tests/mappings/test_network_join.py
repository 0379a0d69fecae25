"""The join against every combination there is, and the bound against the points that it bounds."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import Front, LayerBound, join_network
from mappings.network_join import network_bound
from nets.errors import InputError

fronts = st.lists(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=6), min_size=1, max_size=4
)


def networks(draw_counts: int = 3) -> st.SearchStrategy[tuple[list[Front], list[int]]]:
    return fronts.flatmap(
        lambda rows: st.tuples(
            st.just([Front.of(*np.array(points, dtype=float).T) for points in rows]),
            st.lists(st.integers(1, draw_counts), min_size=len(rows), max_size=len(rows)),
        )
    )


def all_networks(front_list: list[Front], counts: list[int]) -> list[tuple[float, float]]:
    """(energy, cycles) of every choice, where equal layers may differ too."""
    ways = []
    for front, count in zip(front_list, counts):
        chosen = combinations_with_replacement(range(len(front)), count)
        ways.append([(front.energy_pj[list(c)].sum(), front.cycles[list(c)].sum()) for c in chosen])
    return [(sum(e for e, _ in choice), sum(t for _, t in choice)) for choice in product(*ways)]


@given(networks())
def test_the_join_is_the_best_of_all_combinations(network: tuple[list[Front], list[int]]) -> None:
    front_list, counts = network
    choice = join_network(front_list, counts)
    assert choice.edp == min(e * t for e, t in all_networks(front_list, counts))
    assert choice.energy_pj == sum(n * f.energy_pj[i] for n, f, i in zip(counts, front_list, choice.points))
    assert choice.cycles == sum(n * f.cycles[i] for n, f, i in zip(counts, front_list, choice.points))
    assert choice.edp == choice.energy_pj * choice.cycles


@given(networks())
def test_the_sum_of_the_layers_edps_is_least_layer_by_layer(network: tuple[list[Front], list[int]]) -> None:
    front_list, counts = network
    choice = join_network(front_list, counts, aggregate="layers")
    assert choice.edp == sum(n * (f.energy_pj * f.cycles).min() for n, f in zip(counts, front_list))
    bounds = [LayerBound(edp=float((f.energy_pj * f.cycles).min())) for f in front_list]
    assert join_network(front_list, counts, bounds=bounds, aggregate="layers").gap == 0


@given(networks(), st.tuples(*[st.sampled_from([0.0, 0.3, 0.9, 1.0])] * 3))
def test_the_bound_is_never_above_a_network(
    network: tuple[list[Front], list[int]], known: tuple[float, float, float]
) -> None:
    front_list, counts = network
    bounds = [
        LayerBound(*(k * float(x.min()) for k, x in zip(known, (f.energy_pj, f.cycles, f.energy_pj * f.cycles))))
        for f in front_list
    ]
    choice = join_network(front_list, counts, bounds=bounds)
    assert choice.lower_bound <= choice.edp * (1 + 1e-12)
    energy, cycles = (sum(n * getattr(b, name) for n, b in zip(counts, bounds)) for name in ("energy_pj", "cycles"))
    assert choice.lower_bound >= energy * cycles * (1 - 1e-12)
    assert choice.lower_bound >= sum(n * np.sqrt(b.edp) for n, b in zip(counts, bounds)) ** 2 * (1 - 1e-12)


figures = st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(1, 9), st.integers(1, 3))


@given(st.lists(figures, min_size=1, max_size=4))
def test_no_better_bound_exists(rows: list[tuple[int, int, float, int]]) -> None:
    """Points that satisfy all that is known come as near to it as the grid of weights is fine."""
    bounds = [LayerBound(e, t, e * t * slack if e * t else slack) for e, t, slack, _ in rows]
    counts = np.array([row[3] for row in rows])
    grid = np.geomspace(1e-4, 1e4, 4001)[:, None]
    e, t, d = (np.array([getattr(b, name) for b in bounds]) for name in ("energy_pj", "cycles", "edp"))
    energy = np.maximum(np.sqrt(grid * d), e)
    energy = np.where(t > 0, np.minimum(energy, d / np.maximum(t, 1e-300)), energy)
    cycles = d / energy
    assert (energy >= e).all()
    assert (cycles >= t * (1 - 1e-12)).all()
    reached = ((energy * counts).sum(axis=1) * (cycles * counts).sum(axis=1)).min()
    bound = network_bound(bounds, counts.tolist())
    assert bound <= reached * (1 + 1e-12)
    assert bound >= reached * 0.99


def test_the_bound_of_one_layer_is_its_own() -> None:
    assert network_bound([LayerBound(2.0, 3.0, 10.0)]) == pytest.approx(10.0)
    assert network_bound([LayerBound(2.0, 3.0)]) == pytest.approx(6.0)
    assert network_bound([LayerBound()]) == 0.0


def test_layer_optima_need_not_be_the_network_s() -> None:
    """Beside a slow layer, cycles of a fast one weigh little: by itself 8 x 3 < 3 x 9, together 13 x 43 > 8 x 49."""
    fast, slow = Front.of(np.array([8.0, 3.0]), np.array([3.0, 9.0])), Front.of(np.array([5.0]), np.array([40.0]))
    together, alone = join_network([fast, slow]), join_network([fast, slow], aggregate="layers")
    assert together.points != alone.points
    assert together.edp == 8.0 * 49.0
    assert alone.edp == 24.0 + 200.0


def test_what_cannot_be_joined_is_refused() -> None:
    one = Front.of(np.ones(1), np.ones(1))
    with pytest.raises(InputError, match="must have a layer"):
        join_network([])
    with pytest.raises(InputError, match="one front, count and bound"):
        join_network([one], [1, 2])
    with pytest.raises(InputError, match="greater than 0"):
        join_network([one], [0])
    with pytest.raises(InputError, match="no mapping of it is known"):
        join_network([one, Front.of(np.array([np.inf]), np.array([np.inf]))])
    with pytest.raises(InputError, match="'network'"):
        join_network([one], aggregate="netwrk")  # type: ignore[arg-type]

"""A layout finds the words that numpy finds, however dims are permuted, split, merged, cut and repeated."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nets.imports.layout import Layout

Array = np.ndarray[Any, Any]


def words(layout: Layout) -> Array:
    """Where every word of a tensor lies."""
    factors = [factor for dim in layout.dims for factor in dim]
    places = [
        sum(index * stride for index, (_, stride) in zip(indices, factors))
        for indices in itertools.product(*(range(size) for size, _ in factors))
    ]
    return np.array(places).reshape(layout.shape)


def divisors(number: int) -> list[int]:
    return [each for each in range(1, number + 1) if number % each == 0]


@st.composite
def changed(draw: st.DrawFn) -> tuple[Layout, Array]:
    """A layout and numpy's array of places after the same changes."""
    shape = tuple(draw(st.lists(st.sampled_from((1, 2, 3, 4, 6)), min_size=1, max_size=4)))
    layout, places = Layout.dense(shape), np.arange(math.prod(shape)).reshape(shape)
    for change in draw(st.lists(st.sampled_from(("permute", "reshape", "slice", "expand", "tile")), max_size=5)):
        rank = len(layout.shape)
        dim = draw(st.integers(0, rank - 1))
        if change == "permute":
            order = draw(st.permutations(range(rank)))
            layout, places = layout.permute(order), places.transpose(order)
        elif change == "reshape":
            total, sizes = math.prod(layout.shape), []
            for _ in range(draw(st.integers(0, 3))):
                sizes.append(draw(st.sampled_from(divisors(total))))
                total //= sizes[-1]
            found = layout.reshape((*sizes, total))
            if found is not None:
                layout, places = found, places.reshape((*sizes, total))
        elif change == "slice":
            step = draw(st.integers(1, 2))
            size = draw(st.integers(1, (layout.shape[dim] - 1) // step + 1))
            cut = layout.slice(dim, size, step)
            if cut is not None:
                layout = cut
                places = places[(slice(None),) * dim + (slice(0, (size - 1) * step + 1, step),)]
        elif places.size < 500 and change == "tile":
            each = draw(st.booleans())
            layout = layout.tile(dim, 2, each=each)
            places = np.repeat(places, 2, dim) if each else np.concatenate((places, places), dim)
        elif places.size < 500:
            wanted = (3, *(2 if size == 1 else size for size in layout.shape))
            layout, places = layout.expand(wanted), np.broadcast_to(places, wanted)
    return layout, places


@given(changed())
def test_words_lie_where_numpy_finds_them(drawn: tuple[Layout, Array]) -> None:
    layout, places = drawn
    assert layout.shape == places.shape
    assert np.array_equal(words(layout), places)
    assert layout.words == len(np.unique(places))


@given(changed())
def test_a_dim_that_is_not_scattered_has_one_stride(drawn: tuple[Layout, Array]) -> None:
    layout, places = drawn
    strides = [len(np.unique(np.diff(places, axis=dim))) <= 1 for dim in range(places.ndim)]
    assert all(strides) or layout.scattered


def test_what_shuffles_channels_is_scattered() -> None:
    shuffled = Layout.dense((1, 12, 5, 5)).reshape((1, 3, 4, 5, 5))
    assert shuffled is not None
    merged = shuffled.permute((0, 2, 1, 3, 4)).reshape((1, 12, 5, 5))
    assert merged is not None
    assert merged.scattered
    assert merged.slice(1, 5) is None
    assert Layout.dense((6, 5)).permute((1, 0)).reshape((3, 10)) is None

"""The nearest name, also among very many."""

from __future__ import annotations

import time

import pytest

from nets.errors import MOST_COMPARED, nearest


@pytest.mark.parametrize("given", ["eyeris", "yeeriss", "EYERISS"])
def test_the_nearest_name_is_offered(given: str) -> None:
    assert nearest(given, ["simba", "eyeriss", "gemmini"]) == "did you mean 'eyeriss'?"


def test_two_letters_that_are_swapped_are_nearer_than_one_that_is_another() -> None:
    assert nearest("1l_bytes", ["l1_bytes", "l2_bytes"]) == "did you mean 'l1_bytes'?"


def test_names_that_are_far_are_listed() -> None:
    assert nearest("x", ["b", "a"]) == "known: a, b"


def test_of_very_many_long_names_the_nearest_is_found_at_once() -> None:
    names = [f"{'block' * 20}_{number:06d}" for number in range(50 * MOST_COMPARED)]
    began = time.process_time()
    assert nearest(f"{names[31_415]}x", names) == f"did you mean {names[31_415]!r}?"
    assert time.process_time() - began < 2.0

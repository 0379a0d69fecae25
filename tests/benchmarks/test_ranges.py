"""Counts up to the range are those of Python's integers, on a few drawn cases."""

from benchmarks.ranges import play


def test_drawn_layers_and_machines_are_equal_or_refused() -> None:
    found = play(cases=120, searches=2, seed=7)
    assert found["differences"] == []
    assert found["equal"] > 60
    assert found["refused"] > 10
    assert found["most_macs"] > 10**13

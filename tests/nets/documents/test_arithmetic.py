"""Arithmetic in files: what it comes to, that nothing else is understood, and that nothing of it runs away."""

from __future__ import annotations

import contextlib
import math
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.documents.arithmetic import Scope
from nets.errors import InputError


@pytest.mark.parametrize(
    "text, value",
    [
        ("12 * 34", 408),
        ("WIDTH * 3", 24),
        ("2 ** 10 - 1", 1023),
        ("max(32, WIDTH) / 64", 0.5),
        ("ceil(log2(100)) + floor(7 / 2)", 10),
        ("-(3 - 5) // 2 % 2", 1),
        ("1e-9", 1e-9),
        (" LINES ", 512),
    ],
)
def test_it_comes_to_what_it_says(text: str, value: float) -> None:
    scope = Scope({"WIDTH": 8, "LINES": "WIDTH * 64"})
    found = scope.value(text)
    assert found == value
    assert isinstance(found, int) == float(value).is_integer()


@given(st.integers(-99, 99), st.integers(1, 99), st.sampled_from(["+", "-", "*", "//", "%"]))
def test_it_is_pythons_own_for_whole_numbers(left: int, right: int, mark: str) -> None:
    assert Scope({}).value(f"({left}) {mark} {right}") == eval(f"({left}) {mark} {right}")


def test_names_of_a_scope_stand_before_those_around_it_and_are_noted() -> None:
    outer = Scope({"a": 1, "b": 2})
    inner = Scope({"a": "b * 10"}, outer)
    assert inner.value("a + b") == 22
    assert (inner.used, outer.used) == ({"a"}, {"b"})


@pytest.mark.parametrize(
    "text, words",
    [
        ("__import__('os').system('true')", "is more than the arithmetic that is read"),
        ("(lambda: 1)()", "is more than the arithmetic"),
        ("[1][0]", "is more than the arithmetic"),
        ("a.b", "is more than the arithmetic"),
        ("1 if 1 else 2", "is more than the arithmetic"),
        ("True", "is more than the arithmetic"),
        ("WIDHT", "asks for 'WIDHT', which is not known; did you mean 'WIDTH'?"),
        ("loop", "asks for itself"),
        ("word", "which is no number"),
        ("1 +", "is no arithmetic that has a value"),
        ("1 / 0", "is no arithmetic that has a value"),
        ("9 ** 9 ** 9", "is no arithmetic that has a value"),
        ("9 ** 99", "is no arithmetic that has a value"),
        ("sqrt(-1)", "is no arithmetic that has a value"),
        ("(" * 150, "is no arithmetic"),
        ("1+" * 120 + "1", "is longer than arithmetic needs"),
        ("2 ** 60", "is larger than any figure may be"),
    ],
)
def test_nothing_else_is_understood(text: str, words: str) -> None:
    scope = Scope({"WIDTH": 8, "loop": "loop + 1", "word": [1]})
    began = time.process_time()
    with pytest.raises(InputError) as refused:
        scope.value(text)
    assert words in str(refused.value)
    assert time.process_time() - began < 0.5


@settings(max_examples=200)
@given(st.text(alphabet="0123456789+-*/%(),. eamxnilogW", max_size=40))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert math.isfinite(Scope({"W": 8}).value(text))


def test_python_does_not_warn_of_what_a_file_says() -> None:
    with warnings.catch_warnings(action="error"):
        assert Scope({}).value("7") == 7
        with pytest.raises(InputError):
            Scope({}).value("1if 1else 2")

"""What the quick compiler makes of a kernel is what Numba makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import float64, from_dtype, int64
from numba.core import config
from numba.core.compiler import Compiler, Flags
from numba.core.registry import CPUDispatcher, cpu_target

from accel_models import compiled
from accel_models.quick_compiler import EntryCompiler, _Flags

TABLE_DTYPE = np.dtype([("rows", np.int64, (4, 8)), ("share", np.float64, (8,)), ("most", np.float64)], align=True)
TABLE = from_dtype(TABLE_DTYPE)
ORDER = np.array([3, 1, 2, 0], dtype=np.int64)

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")


def weigh(table: Any, weights: Any) -> Any:
    """Loops, branches, constants, tuples, fields of a record, and functions that Numba brings."""
    first, last = 0.0, (1, 2.5)
    table.most = -np.inf
    for i in range(4):
        row = table.rows[ORDER[i]]
        for d in (0, 3, 5):
            if weights[d] <= 0 or row[d] == 0:
                continue
            first += max(float(row[d]), weights[d]) / (min(row[d], 7) + last[1])
        table.most = max(table.most, first)
    table.share[:] = 0.5
    return first + int(table.most) % 3 + last[0]


def assembly(function: Callable[..., Any], compiler: type[Compiler]) -> str:
    """What a function is compiled to, without names and their lengths."""
    made = CPUDispatcher(function, targetoptions=compiled.OPTIONS, pipeline_class=compiler)
    if compiler is EntryCompiler:
        with compiled.remembered_signatures():
            made.compile((TABLE, float64[::1]))
    else:
        made.compile((TABLE, float64[::1]))
    (library,) = (overload.library for overload in made.overloads.values())
    return re.sub(r'_Z\w+|\S*weigh\S*|", \d+$', "_", library.get_asm_str(), flags=re.MULTILINE)


def test_a_kernel_becomes_the_same_code() -> None:
    assert assembly(weigh, EntryCompiler) == assembly(weigh, Compiler)


def test_signatures_are_remembered_only_while_kernels_are_compiled() -> None:
    with compiled.remembered_signatures():
        outer = cpu_target.typing_context.resolve_function_type
        with compiled.remembered_signatures():
            assert cpu_target.typing_context.resolve_function_type is outer
        assert "resolve_function_type" in vars(cpu_target.typing_context)
    assert "resolve_function_type" not in vars(cpu_target.typing_context)


def test_flags_are_the_same_where_the_same_is_set() -> None:
    plain, other = Flags(), Flags()
    other.nrt = True
    assert _Flags(plain) == plain == _Flags(plain)
    assert _Flags(other) != _Flags(plain)
    assert hash(_Flags(other)) == hash(Flags())


def test_what_is_not_typed_is_said() -> None:
    def refuse(number: Any) -> Any:
        return number + "word"

    with pytest.raises(Exception, match="No implementation of function"):
        compiled.entry(int64(int64))(refuse)(1)

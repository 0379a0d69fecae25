"""Arithmetic that stands in a file: read as data, never run.

Numbers, names, ``+ - * / // % **``, brackets and the functions of :data:`FUNCTIONS`; whatever else Python would take is
refused. A :class:`Scope` gives names their values, which may be arithmetic themselves.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

from nets.errors import InputError, nearest
from nets.ranges import EXACT

Number = int | float

FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}
MOST_LETTERS: Final = 200


def _power(base: Number, exponent: Number) -> Number:
    """By floating-point numbers, which overflow where whole ones would grow without end."""
    return math.pow(base, exponent)


_BINARY: Final[dict[type[ast.operator], Callable[[Number, Number], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_UNARY: Final[dict[type[ast.unaryop], Callable[[Number], Number]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


class Scope:
    """Names and their values: numbers, or texts of arithmetic over the same names and those of an outer scope.

    Attributes:
        used: names of this scope that some arithmetic asked for.
    """

    def __init__(self, given: Mapping[str, Any], outer: Scope | None = None) -> None:
        self._given, self._outer = given, outer
        self._open: list[str] = []
        self.used: set[str] = set()

    def names(self) -> set[str]:
        """All that may be asked for."""
        return {*self._given, *(self._outer.names() if self._outer else ())}

    def value(self, text: str) -> Number:
        """What a text of arithmetic comes to; a whole number where it is one.

        Raises:
            InputError: it is no such text, asks for a name that has no number, for itself, or for a number beyond all
                that are counted; the error's place is left open.
        """
        try:
            if len(text) > MOST_LETTERS:
                raise InputError("", text, f"is longer than arithmetic needs: {MOST_LETTERS} letters are the most")
            with warnings.catch_warnings(action="ignore"):  # of Python, on what a file says: nobody would know of what
                parsed = ast.parse(text.strip(), mode="eval").body
            found = self._of(parsed, text)
        except (
            SyntaxError,
            ValueError,
            TypeError,
            OverflowError,
            ZeroDivisionError,
            RecursionError,
            MemoryError,
        ) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("", text, "is no arithmetic that has a value", "write the number itself") from None
        if not math.isfinite(found) or abs(found) > EXACT:
            raise InputError("", text, "is larger than any figure may be")
        return int(found) if float(found).is_integer() else found

    def _of(self, node: ast.AST, text: str) -> Number:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return number
            case ast.Name(id=name):
                return self._named(name, text)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _UNARY[type(op)](self._of(operand, text))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _bounded(_BINARY[type(op)](self._of(left, text), self._of(right, text)))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                return _bounded(FUNCTIONS[name](*(self._of(argument, text) for argument in arguments)))
        rule = "is more than the arithmetic that is read: numbers, names, + - * / // % ** and " + ", ".join(FUNCTIONS)
        raise InputError("", text, rule, "write the number itself")

    def _named(self, name: str, text: str) -> Number:
        if name not in self._given:
            if self._outer is None or name not in self._outer.names():
                raise InputError("", text, f"asks for {name!r}, which is not known", nearest(name, self.names()))
            return self._outer._named(name, text)
        if name in self._open:
            raise InputError("", text, f"asks for {name!r}, which asks for itself")
        self.used.add(name)
        value = self._given[name]
        if isinstance(value, str):
            self._open.append(name)
            value = self.value(value)
            self._open.pop()
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InputError("", text, f"asks for {name!r}, which is no number")
        return value


def _bounded(number: Number) -> Number:
    """A step on the way, which must stay a number that multiplies fast."""
    if isinstance(number, complex) or abs(number) > EXACT**2:
        raise OverflowError
    return number

"""Einstein sums spelled out: products of two operands, one after another, and what is no product at all.

The order is that of PyTorch without a library that looks for better ones: from left to right. A pair that shares no
letter to be summed is multiplied word by word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from string import ascii_letters

from nets.errors import InputError
from nets.imports.graph import Op, Shape

Shapes = dict[str, Shape]


def spelled_einsum(op: Op, shapes: Shapes) -> Iterator[Op]:
    """The operations of an Einstein sum.

    Raises:
        InputError: an equation that does not fit its operands, or takes a diagonal.
    """
    terms, kept = _letters(op, shapes)
    sizes = {letter: size for term, name in zip(terms, op.reads) for letter, size in zip(term, shapes[name])}
    names = [*op.reads]
    place = f"{op.outputs[0]}/pair"
    while len(terms) > 1:
        left, right, *others = terms
        wanted = {*kept, *"".join(others)}
        out = "".join(dict.fromkeys(letter for letter in left + right if letter in wanted))
        written = f"{place}{len(others)}"
        shapes[written] = tuple(sizes[letter] for letter in out)
        pair = replace(
            op, inputs=(names[0], names[1]), outputs=(written,), attrs={"equation": f"{left},{right}->{out}"}
        )
        if not {*left} & {*right} - wanted:
            pair = replace(pair, kind="pointwise", attrs={"function": "mul"})
        yield pair
        terms, names = [out, *others], [written, *names[2:]]
    yield from _ordered(op, names[0], terms[0], kept, shapes)


def _ordered(op: Op, name: str, letters: str, kept: str, shapes: Shapes) -> Iterator[Op]:
    """Sum what is not kept, and put the rest in order."""
    summed = [index for index, letter in enumerate(letters) if letter not in kept]
    if summed:
        rest = "".join(letter for letter in letters if letter in kept)
        total = f"{op.outputs[0]}/total"
        shapes[total] = tuple(size for index, size in enumerate(shapes[name]) if index not in summed)
        yield replace(op, kind="reduce", inputs=(name,), outputs=(total,), attrs={"dims": summed})
        name, letters = total, rest
    yield replace(op, kind="permute", inputs=(name,), attrs={"order": [letters.index(letter) for letter in kept]})


def _letters(op: Op, shapes: Shapes) -> tuple[list[str], str]:
    """Letters of every operand and of the output, those that an ellipsis stands for included."""
    equation = str(op.attrs["equation"]).replace(" ", "")
    given, arrow, kept = equation.partition("->")
    terms = given.split(",")
    free = [letter for letter in ascii_letters if letter not in equation]
    ranks = [len(shapes[name]) for name in op.reads]
    if len(terms) != len(ranks):
        raise InputError(f"{op.name} {op.place}", equation, f"is not for {len(ranks)} operands")
    hidden = max((rank - len(term) + 3 for rank, term in zip(ranks, terms) if "..." in term), default=0)
    dots = "".join(free[:hidden])
    full = [_filled(term, dots, rank) for term, rank in zip(terms, ranks)]
    if not arrow:
        once = sorted(letter for letter in {*given} - {*",."} if given.count(letter) == 1)
        kept = dots + "".join(once)
    kept = kept.replace("...", dots)
    known = {*"".join(full)}
    sound = all(len(term) == rank == len({*term}) for term, rank in zip(full, ranks)) and known.issuperset(kept)
    if not sound or len({*kept}) < len(kept):
        raise InputError(f"{op.name} {op.place}", equation, "does not fit its operands, or takes a diagonal")
    return full, kept


def _filled(term: str, dots: str, rank: int) -> str:
    """Letters in place of an ellipsis: the last of those that stand for one."""
    count = rank - len(term) + 3
    return term.replace("...", dots[len(dots) - count :] if count > 0 else "")


def letters_of(equation: str) -> tuple[Sequence[str], str]:
    """Letters of both operands and of the output of a pair."""
    given, _, kept = equation.partition("->")
    return given.split(","), kept

"""Operations that consist of others, spelled out: attention, what is added to a product, one entry of a dim.

So one set of rules, for heads that share keys, masks and copies, holds however a source writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from nets.imports.einstein import spelled_einsum
from nets.imports.graph import Kind, Op, Shape, SourceGraph


def spelled_out(graph: SourceGraph) -> SourceGraph:
    """The graph with operations that consist of others replaced by these."""
    shapes = dict(graph.shapes)
    ops = [each for op in graph.ops for each in _SPELLINGS.get(op.kind, _as_it_is)(op, shapes)]
    return replace(graph, ops=_joined_once(ops, graph.outputs), shapes=shapes)


def _joined_once(ops: Sequence[Op], outputs: Sequence[str]) -> list[Op]:
    """Parts that are joined only to be joined again are joined once."""
    reads = Counter(name for op in ops for name in op.reads) + Counter(outputs)
    joined = {op.outputs[0]: op.inputs for op in ops if op.kind == "concat" and reads[op.outputs[0]] == 1}
    found = []
    for op in ops:
        if op.kind == "concat":
            while any(name in joined for name in op.reads):
                parts = (joined.get(str(name), (name,)) for name in op.inputs)
                op = replace(op, inputs=tuple(part for each in parts for part in each))
        found.append(op)
    return found


Shapes = dict[str, Shape]


def _as_it_is(op: Op, shapes: Shapes) -> Iterable[Op]:
    return (op,)


def _step(
    op: Op, shapes: Shapes, kind: Kind, word: str, inputs: tuple[str | None, ...], shape: Shape, **attrs: Any
) -> Op:
    """One of the operations that another consists of, which writes a tensor of its own."""
    out = f"{op.outputs[0]}/{word}"
    shapes[out] = shape
    return Op(kind=kind, name=op.name, place=f"{op.place}.{word}", inputs=inputs, outputs=(out,), attrs=attrs)


def _attention(op: Op, shapes: Shapes) -> Iterator[Op]:
    """Scores, mask, softmax, mixture; fewer heads of keys than of queries are repeated without being copied."""
    query, key, value, mask = op.inputs
    assert query is not None
    assert key is not None
    assert value is not None
    heads, tokens = shapes[query][:-1], shapes[key][-2]
    operands = []
    for word, name in (("keys", key), ("values", value)):
        if shapes[name][:-2] != heads[:-1] and len(heads) > 1:
            repeats = [1] * len(shapes[name])
            repeats[-3] = heads[-2] // shapes[name][-3]
            tiled = (*shapes[name][:-3], heads[-2], *shapes[name][-2:])
            repeated = _step(op, shapes, "tile", word, (name,), tiled, repeats=repeats, each=True)
            yield repeated
            name = repeated.outputs[0]
        operands.append(name)
    order = [*range(len(shapes[operands[0]]))]
    order[-2:] = order[-1], order[-2]
    turned_shape = (*shapes[operands[0]][:-2], shapes[operands[0]][-1], tokens)
    turned = _step(op, shapes, "permute", "turned", (operands[0],), turned_shape, order=order)
    yield turned
    scores = _step(op, shapes, "matmul", "qk", (query, turned.outputs[0]), (*heads, tokens))
    yield scores
    if mask is not None:
        masked = _step(op, shapes, "pointwise", "mask", (scores.outputs[0], mask), (*heads, tokens), function="add")
        yield masked
        scores = masked
    weights = _step(op, shapes, "softmax", "softmax", scores.outputs, (*heads, tokens), dim=len(heads))
    yield weights
    yield replace(op, kind="matmul", place=f"{op.place}.av", inputs=(weights.outputs[0], operands[1]))


def _added(op: Op, shapes: Shapes) -> Iterator[Op]:
    """A product to which something is added."""
    if len(op.inputs) < 3 or op.inputs[2] is None:
        yield op
        return
    left, right, added = op.inputs
    product = _step(op, shapes, "matmul", "product", (left, right), shapes[op.outputs[0]])
    yield replace(product, place=op.place)
    yield replace(op, kind="pointwise", inputs=(product.outputs[0], added), attrs={"function": "add"})


def _parts(op: Op, shapes: Shapes) -> Iterator[Op]:
    """Entries of a dim, and outputs that leave the dim out."""
    (x,) = op.reads
    dim = op.attrs["dim"]
    if len(shapes[op.outputs[0]]) == len(shapes[x]):
        yield op
        return
    entries = [f"{out}/entry" for out in op.outputs]
    for entry, out in zip(entries, op.outputs):
        shapes[entry] = (*shapes[out][:dim], 1, *shapes[out][dim:])
    yield replace(op, outputs=tuple(entries))
    for entry, out in zip(entries, op.outputs):
        yield replace(op, kind="view", inputs=(entry,), outputs=(out,))


def _pool(op: Op, shapes: Shapes) -> Iterator[Op]:
    """A pool; windows of one word are none, and one window of all words is a mean."""
    (x,) = op.reads[:1]
    out = op.outputs[0]
    rank = len(shapes[x])
    spatial = op.attrs.get("spatial") or len(op.attrs["kernel"])
    if shapes[x] == shapes[out] and {*op.attrs.get("kernel", (1,))} == {1}:
        yield replace(op, kind="view", inputs=(x,))
    elif op.kind == "adaptive_pool" and {*shapes[out][rank - spatial :]} == {1}:
        yield replace(op, kind="reduce", inputs=(x,), attrs={"dims": [*range(rank - spatial, rank)]})
    else:
        yield op


def _recurrent(op: Op, shapes: Shapes) -> Iterator[Op]:
    """Layers of a recurrent network: inputs of all steps in one product, hidden states of all steps in another."""
    x, *weights = op.reads
    gates, hidden, directions = (op.attrs[name] for name in ("gates", "hidden", "directions"))
    rows = shapes[x][:-1]
    each = op.attrs["weights"]
    step = 0
    while step * each < len(weights):
        made = []
        for _ in range(directions):
            w = (*weights[step * each : (step + 1) * each], None, None)
            wide = (*rows, gates * hidden)
            inputs = _step(op, shapes, "linear", f"inputs{step}", (x, w[0], w[2]), wide)
            state = _step(op, shapes, "slice", f"state{step}", inputs.outputs, (*rows, hidden), dim=len(rows), step=1)
            states = _step(op, shapes, "linear", f"states{step}", (state.outputs[0], w[1], w[3]), wide)
            both = (inputs.outputs[0], states.outputs[0])
            summed = _step(op, shapes, "pointwise", f"gates{step}", both, wide, function="add")
            hidden_out = _step(
                op, shapes, "slice", f"out{step}", summed.outputs, (*rows, hidden), dim=len(rows), step=1
            )
            yield from (inputs, state, states, summed, hidden_out)
            made.append(hidden_out.outputs[0])
            step += 1
        joined = (*rows, hidden * directions)
        last = _step(op, shapes, "concat" if directions > 1 else "view", f"layer{step}", tuple(made), joined)
        yield last
        x = last.outputs[0]
    for out in op.outputs:
        kind: Kind = "view" if shapes[out] == shapes[x] else "move"
        yield replace(op, kind=kind, inputs=(x,), outputs=(out,), attrs={})


_SPELLINGS: Final[dict[Kind, Callable[[Op, Shapes], Iterable[Op]]]] = {
    "attention": _attention,
    "einsum": spelled_einsum,
    "matmul": _added,
    "pool": _pool,
    "adaptive_pool": _pool,
    "slice": _parts,
    "split": _parts,
    "recurrent": _recurrent,
}

"""A module that ``torch.export`` has written down, as a graph of operations."""

from __future__ import annotations

import operator
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Final

import torch
from torch import fx

from nets.errors import InputError
from nets.imports.aten import Call, Meaning, Tensor, meaning
from nets.imports.graph import Kind, Op, Parameter, Shape, SourceGraph
from nets.ranges import LARGEST

WRAPPED: Final = "_wrapped_to_export"
"""Where a module stands in one that is put around it."""
_SHORT: Final = {"scaled_dot_product_attention": "sdpa"}
"""Names of operators in names of layers."""
_RUN_IN_PLACE: Final = ("wrap_with_set_grad_enabled", "wrap_with_autocast")
"""Operators that run a part of the module in some mode: that part is read where it stands."""
_VIEWS: Final[tuple[Kind, ...]] = ("view", "permute", "slice", "split", "expand")


def read_graph(
    exported: torch.export.ExportedProgram,
    name: str,
    parameters: Mapping[str, Parameter],
    params: int,
    leaves: Container[str],
    notes: tuple[str, ...],
) -> SourceGraph:
    """The graph of an exported module.

    Args:
        parameters: learned tensors by the names that the module has them by.
        params: words of all of them, tied ones once.
        leaves: paths of the modules that have no others inside.
        notes: what should be known of how it was exported.
    """
    reader = _Reader(leaves, exported.range_constraints)
    signature = exported.graph_signature
    nodes = [node for node in exported.graph.nodes if node.op == "placeholder"]
    for node in nodes:
        reader.declare(node.name, node.meta.get("val"))
    outputs = reader.run(exported.graph_module, [Tensor(node.name) for node in nodes])
    learned = {node.name: signature.inputs_to_parameters.get(node.name) for node in nodes}
    inputs = [name for name in signature.user_inputs if name in reader.shapes]
    return SourceGraph(
        name=name,
        ops=reader.ops,
        shapes=reader.shapes,
        inputs=[str(each) for each in inputs],
        outputs=[str(each) for each in outputs if isinstance(each, Tensor)],
        parameters={node: parameters[path] for node, path in learned.items() if path is not None},
        constants=frozenset(set(reader.known) | {node.name for node in nodes} - set(inputs)),
        params=params,
        notes=(*notes, *_at_most(reader.bounded)),
    )


def _at_most(bounded: Mapping[str, int]) -> Iterator[str]:
    """What is said of sizes that depend on the data."""
    if bounded:
        sizes = ", ".join(f"{size} at {most:,}" for size, most in bounded.items())
        yield f"sizes that depend on the data are taken at their most: {sizes}"


class _Reader:
    """Operations and shapes so far."""

    def __init__(self, leaves: Container[str], ranges: Mapping[Any, Any]) -> None:
        self._leaves, self._ranges = leaves, ranges
        self.bounded: dict[str, int] = {}
        self.ops: list[Op] = []
        self.shapes: dict[str, Shape] = {}
        self.known: list[str] = []
        self._now: dict[str, str] = {}  # what a tensor has become by operators that work in place
        self._base: dict[str, tuple[str, Kind]] = {}  # the tensor that a view looks at
        self._depth = 0

    def declare(self, name: str, value: Any) -> Any:
        """Note the shape of a tensor, or of several; returns what stands for them."""
        if isinstance(value, torch.Tensor):
            self.shapes[name] = tuple(self._size(name, size) for size in value.shape)
            if 0 in self.shapes[name]:
                self.known.append(name)
            return Tensor(name)
        if isinstance(value, list | tuple):
            return [self.declare(f"{name}.{index}", each) for index, each in enumerate(value)]
        return None

    def _size(self, name: str, size: int | torch.SymInt) -> int:
        """A size; the largest that one can be which depends on the data.

        Raises:
            InputError: it has no such bound.
        """
        if isinstance(size, int):
            return size
        expression = size.node.expr
        most = {symbol: self._ranges[symbol].upper for symbol in expression.free_symbols if symbol in self._ranges}
        bound = expression.subs(most)
        if not bound.is_Integer or bound > LARGEST:
            raise InputError(f"tensor {name}", str(size), "is a size that depends on the data, without a bound")
        self.bounded[str(size)] = int(bound)
        return int(bound)

    def run(self, module: fx.GraphModule, arguments: Sequence[Any]) -> list[Any]:
        """Read a graph that is called with some arguments; returns what stands for its outputs."""
        prefix = f"{self._depth}/" if self._depth else ""
        self._depth += 1
        made: dict[fx.Node, Any] = {}
        waiting = list(reversed(arguments))
        for node in module.graph.nodes:
            if node.op == "placeholder":
                made[node] = waiting.pop()
            elif node.op == "get_attr":
                made[node] = self._attribute(module, node, prefix)
            elif node.op == "output":
                return [self._current(each) for each in _flat(fx.map_arg(node.args, made.__getitem__))]
            else:
                made[node] = self._call(module, node, made, prefix)
        return []

    def _attribute(self, module: fx.GraphModule, node: fx.Node, prefix: str) -> Any:
        value = operator.attrgetter(str(node.target))(module)
        if isinstance(value, torch.Tensor):
            self.known.append(prefix + node.name)
            return self.declare(prefix + node.name, value)
        return value

    def _call(self, module: fx.GraphModule, node: fx.Node, made: dict[fx.Node, Any], prefix: str) -> Any:
        args: Any = fx.map_arg(node.args, made.__getitem__)
        kwargs: Any = fx.map_arg(node.kwargs, made.__getitem__)
        if node.target is operator.getitem:
            return None if args[0] is None else args[0][args[1]]
        if any(word in str(node.target) for word in _RUN_IN_PLACE):
            part = next(index for index, each in enumerate(args) if isinstance(each, fx.GraphModule))
            return self.run(args[part], args[part + 1 :])
        if not isinstance(node.target, torch._ops.OpOverload):
            if str(node.target) == "with_effects" and not any(
                isinstance(each, torch.Tensor) for each in node.meta["val"][1:]
            ):
                return [None]  # a check at run time, which gives nothing but its place in the order
            if isinstance(node.meta.get("val"), int | float | bool | torch.SymInt):
                return node.meta["val"]
            outputs = self._outputs(node, prefix)
            written = [str(each) for each in _tensors(outputs)]
            self._append(Meaning("unknown", _tensors(args)), str(node.target), self._place(node, node.name), written)
            return outputs
        return self._operator(node, args, kwargs, prefix)

    def _operator(self, node: fx.Node, args: Sequence[Any], kwargs: Mapping[str, Any], prefix: str) -> Any:
        target: Any = node.target
        schema = target._schema
        bound = {
            each.name: args[index] if index < len(args) else kwargs.get(each.name, each.default_value)
            for index, each in enumerate(schema.arguments)
        }
        bound = {name: self._current(value) for name, value in bound.items()}
        outputs = self._outputs(node, prefix)
        flat = [str(each) for each in _tensors(outputs)]
        if not flat:
            return outputs
        name = schema.name.partition("::")[2]
        name = name[:-1] if name.endswith("_") and not name.endswith("__") else name
        call = Call(name, bound, self.shapes.__getitem__, self.shapes[flat[0]])
        tensors = _tensors([*bound.values()])
        found = (meaning(target, call) if tensors else Meaning("constant", ())) or Meaning("unknown", tensors)
        place = self._place(node, name)
        for written in [[each] for each in flat] if found.kind == "reduce" else [flat]:
            self._append(found, schema.name.replace("::", "."), place, written)
        if schema.is_mutable and tensors:
            self._mutate(str(tensors[0]), flat[0], place)
        return outputs

    def _append(self, found: Meaning, name: str, place: str, outputs: Sequence[str]) -> None:
        kind, inputs, attrs = found
        self.ops.append(Op(kind=kind, name=name, place=place, inputs=inputs, outputs=tuple(outputs), attrs=attrs))
        if kind in _VIEWS and inputs[0] is not None:
            self._base |= dict.fromkeys(outputs, (inputs[0], kind))

    def _outputs(self, node: fx.Node, prefix: str) -> Any:
        """Shapes of what a node writes; those of several outputs may stand only where they are taken out."""
        if "val" in node.meta:
            return self.declare(prefix + node.name, node.meta["val"])
        taken: dict[Any, Any] = {
            user.args[1]: user.meta.get("val") for user in node.users if user.target is operator.getitem
        }
        return self.declare(prefix + node.name, [taken.get(index) for index in range(max(taken, default=-1) + 1)])

    def _mutate(self, tensor: str, out: str, place: str) -> None:
        """From here on a tensor is what an operator has made of it in place, and so is what it is a view of."""
        self._now[tensor] = out
        while tensor in self._base:
            base, kind = self._base[tensor]
            before, after = str(self._current(Tensor(base))), f"{out}@{base}"
            self.shapes[after] = self.shapes[base]
            rewritten: Kind = "view" if kind == "view" else "move"
            inputs = (out,) if kind == "view" else (before, out)
            self.ops.append(Op(kind=rewritten, name="aten.copy_", place=place, inputs=inputs, outputs=(after,)))
            self._now[base] = out = after
            tensor = base

    def _current(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._current(each) for each in value]
        while isinstance(value, Tensor) and value in self._now:
            value = Tensor(self._now[value])
        return value

    def _place(self, node: fx.Node, name: str) -> str:
        stack = [*node.meta.get("nn_module_stack", {}).values()]
        path = stack[-1][0].partition("@")[0] if stack else ""
        leaf, path = path in self._leaves, path.removeprefix(f"{WRAPPED}.").removeprefix(WRAPPED)
        if path and leaf:
            return path
        name = _SHORT.get(name, name)
        return f"{path}.{name}" if path else name


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
    elif isinstance(value, dict):
        yield from _flat([*value.values()])
    else:
        yield value


def _tensors(value: Any) -> tuple[Tensor, ...]:
    return tuple(each for each in _flat(value) if isinstance(each, Tensor))

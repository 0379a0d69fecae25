"""What flows through a network from layer to layer, whatever modules it is written in, by ``torch.fx``.

Layers of torch itself stay whole, everybody's own modules are looked into; so a shortcut is an addition in the graph,
and not an attribute of this module or that.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterator
from typing import Any, Final

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from nets.errors import InputError

_ADDITIONS: Final = (operator.add, operator.iadd, torch.add, "add", "add_")
_POOLS: Final = (
    *(nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.AvgPool2d, nn.MaxPool2d),
    *(functional.adaptive_avg_pool2d, functional.adaptive_max_pool2d, functional.avg_pool2d, functional.max_pool2d),
    *(torch.mean, torch.amax, "mean", "amax"),
)
_CONVOLUTIONS: Final = (nn.Conv2d, functional.conv2d, torch.conv2d)


def traced(net: nn.Module, asked_by: str) -> fx.GraphModule:
    """The network as a graph of torch's own layers and functions; it shares the layers with ``net``.

    Args:
        asked_by: the proxy, which an error names.

    Raises:
        InputError: what its forward does hangs on the values that it is given.
    """
    try:
        whole = nn.Sequential(net)  # what is a layer itself stays one, too
        return fx.GraphModule(whole, _Tracer().trace(whole))
    except Exception as error:  # other people's code, called with stand-ins for tensors, may raise anything
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{asked_by}: network",
            type(net).__name__,
            f"cannot be traced by torch.fx ({said})",
            "let nothing in its forward depend on the values or the shape of what it is given",
        ) from error


def does(graph: fx.GraphModule, node: fx.Node, kinds: Collection[Any]) -> bool:
    """Whether a node is one of these: classes of layers, functions, and names of methods of tensors."""
    if node.op == "call_module":
        return isinstance(
            graph.get_submodule(str(node.target)), tuple(kind for kind in kinds if isinstance(kind, type))
        )
    return node.op in ("call_function", "call_method") and node.target in kinds


def remove_shortcuts(graph: fx.GraphModule, example: Tensor) -> None:
    """Take additions out that join a chain of layers with a way around it, and layers on that way with them.

    A way around has no more than one convolution, such as a projection, and fewer than the chain. Where both have as
    many, branches stand side by side, and are kept.

    Args:
        example: images that the network takes; shape (images, channels, rows, columns).
    """
    shapes = _shapes(graph, example)
    for node in list(graph.graph.nodes):
        ends = [arg for arg in node.args if isinstance(arg, fx.Node) and len(shapes.get(arg, ())) == 4]
        if not does(graph, node, _ADDITIONS) or len(ends) != 2:
            continue
        before = [{end, *_sources(end)} for end in ends]
        counts = [
            sum(does(graph, source, _CONVOLUTIONS) for source in mine - other)
            for mine, other in zip(before, reversed(before))
        ]
        if min(counts) < max(counts) and min(counts) <= 1:
            node.replace_all_uses_with(ends[counts.index(max(counts))])
            graph.graph.erase_node(node)
    graph.graph.eliminate_dead_code()
    graph.delete_all_unused_submodules()
    graph.recompile()


def end_before_pool(graph: fx.GraphModule, example: Tensor) -> None:
    """Let the network end in the planes that its global pool takes, or in its last planes where it has no such pool.

    All its layers are kept, those that no longer compute anything among them. A squeeze-and-excite's pool is none of
    these: planes go around it. Where the network has no planes it stays as it is.

    Args:
        example: as for :func:`remove_shortcuts`.
    """
    shapes = _shapes(graph, example)
    nodes = list(graph.graph.nodes)
    output = nodes[-1]
    narrow = [node for node in reversed(nodes) if node in shapes and _all_ways_lead_through(node, output)]
    pooled = [node.args[0] for node in narrow if _pools_globally(graph, node, shapes)]
    planes = [node for node in narrow if len(shapes[node]) == 4 and node.op != "placeholder"]
    if ends := pooled or planes:
        output.args = (ends[0],)
        graph.graph.eliminate_dead_code()
        graph.recompile()


class _Tracer(fx.Tracer):
    """Keeps layers whole whose weights or statistics a proxy asks for, somebody's own kinds of them, too."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        own = isinstance(m, nn.Conv2d | nn.Linear | nn.BatchNorm2d)
        return own or super().is_leaf_module(m, module_qualified_name)


class _Shapes(fx.Interpreter):
    """Keeps the shape of everything that a network computes."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.seen: dict[fx.Node, tuple[int, ...]] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, Tensor) and n.op != "output":
            self.seen[n] = tuple(result.shape)
        return result


def _shapes(graph: fx.GraphModule, example: Tensor) -> dict[fx.Node, tuple[int, ...]]:
    training = [module for module in graph.modules() if module.training]
    shapes = _Shapes(graph.eval())  # in training, norms would take statistics of the example
    with torch.no_grad():
        shapes.run(example[:1])
    for module in training:
        module.training = True
    return shapes.seen


def _sources(node: fx.Node) -> Iterator[fx.Node]:
    """All that it is computed from."""
    waiting, met = [node], set[fx.Node]()
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source not in met:
                met.add(source)
                waiting.append(source)
                yield source


def _pools_globally(graph: fx.GraphModule, node: fx.Node, shapes: dict[fx.Node, tuple[int, ...]]) -> bool:
    """Whether it makes one number of each channel's plane."""
    taken = shapes.get(node.args[0], ()) if node.args and isinstance(node.args[0], fx.Node) else ()
    if not does(graph, node, _POOLS) or len(taken) != 4:
        return False
    given = shapes[node]
    return given[:2] == taken[:2] and all(size == 1 for size in given[2:])


def _all_ways_lead_through(node: fx.Node, output: fx.Node) -> bool:
    """Whether the output hangs on the images by this node alone."""
    waiting, met = [output], {node, output}
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source.op == "placeholder" and source is not node:
                return False
            if source not in met:
                met.add(source)
                waiting.append(source)
    return True

"""Timeloop's v0.4 architecture: nodes tagged ``!Component``, ``!Container``, ``!Hierarchical`` and ``!Parallel``.

Nodes stand outermost first. A ``spatial`` mesh multiplies the node it stands at and all that come after; Timeloop's own
front end puts a memory of no entries, ``inter_NAME_spatial``, before such a node, and so does this reader: mappings may
name either. Attributes of a container are those of every node after it; figures may be plain arithmetic over them and
over the section ``variables`` (:mod:`nets.documents.arithmetic`). Of the branches of a ``!Parallel`` each keeps what
its nodes say that they keep, and nothing else: their memories stand one after the other here, and do not meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from accel_models.formats.timeloop.constraints import Constraint
from accel_models.formats.timeloop.part import Part, read_part, wires
from nets.documents import Document, Section
from nets.documents.arithmetic import Scope
from nets.errors import InputError, nearest

if TYPE_CHECKING:
    from accel_models.formats.timeloop.architecture_model import Figures
    from accel_models.formats.timeloop.nodes_model import Component, Container, Leaf

TAG: Final = "!"
"""The key under which a node has its tag."""
_MEMORIES: Final = ("DRAM", "SRAM", "regfile", "smartbuffer", "storage")
_ARITHMETIC: Final = ("mac", "compute")
NEAR: Final = 0.88
"""Likeness of a variable that nobody asks for to a figure's name, from which it is one that was mistyped."""
_NOTHING: Final = Section(Document({}, ""))
_CLASSES: Final = re.compile(f"(?P<memory>{'|'.join(_MEMORIES)})|(?P<arithmetic>{'|'.join(_ARITHMETIC)})|nothing")


def tagged(tag: str, value: Any) -> Any:
    """A tagged node as plain data, for :func:`nets.documents.parse_yaml`."""
    if not isinstance(value, Mapping):
        raise LookupError(tag)
    return {TAG: tag, **value}


@dataclass(slots=True)
class Nodes:
    """What the nodes come to.

    Attributes:
        parts: outermost first. wires: the memory of no entries above each node that fans out.
        constraints: on mappings. lacks: what is asked for that the model does not have.
    """

    parts: list[Part] = field(default_factory=list)
    wires: dict[str, str] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)


def read_nodes(section: Section, variables: Section | None) -> Nodes:
    """Read ``architecture``, whose ``nodes`` are tagged, with the names of ``variables``.

    Raises:
        InputError: a node without a tag or with one that is not known, an unknown key, a class that is neither memory
            nor arithmetic, arithmetic that has no value, or a last node that does not compute.
    """
    from accel_models.formats.timeloop.nodes_model import NodesEntry

    section.read(NodesEntry)
    reader = _Reader()
    if variables is not None and isinstance(variables.data, Mapping):
        reader.around(_own(variables), Scope(variables.data))
    reader.branch(_own(section).part("nodes"))
    if not reader.computes:
        hint = f"its class holds one of: {', '.join(_ARITHMETIC)}"
        raise InputError(section.where("nodes"), len(section.data["nodes"]), "nodes must end with what computes", hint)
    reader.require_used()
    return reader.found


def _own(section: Section) -> Section:
    """A section whose data may be changed."""
    document = section.document
    return Section(Document(_unshared(document.data), document.place, document.text), section.steps)


def _unshared(data: Any) -> Any:
    """A copy in which nothing stands twice: what an alias repeats may mean something else at each place."""
    if isinstance(data, Mapping):
        return {key: _unshared(value) for key, value in data.items()}
    return [_unshared(value) for value in data] if isinstance(data, list) else data


class _Reader:
    """Walks the nodes from the outside in."""

    def __init__(self) -> None:
        from accel_models.formats.timeloop.architecture_model import Attributes

        self.found = Nodes()
        self.scope = Scope({})
        self.inherited: Figures = Attributes()
        self.mesh = 1, 1
        self.computes = False
        self.variables: list[tuple[Section, Scope]] = []

    def around(self, attributes: Section, scope: Scope) -> None:
        """Take names and figures that hold for all nodes that follow."""
        self.scope = scope
        self.variables.append((attributes, scope))
        self.inherited = _inheriting(_figures(attributes, scope, keep_unknown=True), self.inherited)

    def require_used(self) -> None:
        """Refuse what is meant as a figure and mistyped: whatever is none is a variable, and nothing asks for it."""
        from accel_models.formats.timeloop.architecture_model import KNOWN

        for section, scope in self.variables:
            for name in sorted({*map(str, section.data or ())} - KNOWN - scope.used):
                if close := get_close_matches(name, KNOWN, n=1, cutoff=NEAR):
                    rule = "is no figure that is read, and no arithmetic asks for it"
                    raise InputError(section.where(), name, rule, f"did you mean {close[0]!r}?")

    def branch(self, nodes: Section, only: frozenset[str] | None = None, *, parallel: bool = False) -> None:
        """Read nodes that keep ``only`` some data spaces, or whatever they say."""
        kept: list[frozenset[str]] = []
        for number, node in enumerate(nodes.data):
            inner = nodes.part(number)
            if parallel:
                kept.append(_kept(node))
                for before in kept[:-1]:
                    for space in sorted(before & kept[-1]):
                        raise InputError(inner.where(), space, "is kept by another branch of the !Parallel, too")
            self.node(inner, kept[-1] if parallel else only, parallel=parallel)

    def node(self, section: Section, only: frozenset[str] | None, *, parallel: bool) -> None:
        """Read one node."""
        from accel_models.formats.timeloop.nodes_model import TAGS

        data = section.data
        tag = data.get(TAG) if isinstance(data, Mapping) else None
        if tag is None:
            hint = "write " + " or ".join(f"!{known}" for known in TAGS) + " before it"
            raise InputError(section.where(), data, "has no tag", hint)
        if tag not in TAGS:
            known = [f"!{known}" for known in TAGS]
            raise InputError(section.where(), f"!{tag}", "is no tag that is read", nearest(f"!{tag}", known))
        if tag in ("Hierarchical", "Parallel"):
            section.read(TAGS[tag], without=(TAG,))
            self.branch(section.part("nodes"), only, parallel=tag == "Parallel")
        elif tag != "Nothing":
            self.leaf(section, tag, only, parallel=parallel)
        else:
            section.read(TAGS[tag], without=(TAG,))

    def leaf(self, section: Section, tag: str, only: frozenset[str] | None, *, parallel: bool) -> None:
        """Read a container or a component."""
        from accel_models.formats.timeloop.nodes_model import TAGS

        given = section.data.get("attributes")
        scope = Scope(given if isinstance(given, Mapping) else {}, self.scope)
        if "spatial" in section.data:
            _evaluate(section.part("spatial"), ("meshX", "meshY"), scope)
        node: Container | Component = section.read(TAGS[tag], without=(TAG,))  # type: ignore[assignment]
        if tag == "Component" and not node.enabled:  # type: ignore[union-attr]
            return
        mesh = node.spatial.meshX, node.spatial.meshY
        if parallel and (tag == "Container" or mesh != (1, 1)):
            raise InputError(section.where(), node.name, "fans out or contains others, which nodes of !Parallel cannot")
        if mesh != (1, 1):
            self.found.wires[node.name] = f"inter_{node.name}_spatial"
            self.found.parts.append(wires(self.found.wires[node.name], *self.mesh))
            self.mesh = self.mesh[0] * mesh[0], self.mesh[1] * mesh[1]
        self.found.lacks += [f"{node.name}: {key}" for key in node.asked()]
        self.constrain(node, section, only)
        if tag == "Container":
            self.around(section.part("attributes") if given else _NOTHING, scope)
        else:
            self.component(node, section, scope)  # type: ignore[arg-type]

    def component(self, node: Component, section: Section, scope: Scope) -> None:
        """Read a memory or the arithmetic."""
        found = _CLASSES.search(node.kind)
        if found is None:
            rule = "is neither a memory nor arithmetic"
            hint = f"classes hold one of: {', '.join(_MEMORIES + _ARITHMETIC)}"
            raise InputError(section.where("class"), node.kind, rule, hint)
        if found[0] == "nothing":
            return
        own = section.part("attributes") if section.data.get("attributes") else _NOTHING
        given = _inheriting(_figures(own, scope), self.inherited)
        x, y = self.mesh
        given = given.model_copy(update={"instances": x * y, "meshX": x, "meshY": y})
        self.computes = found["memory"] is None
        with section.at():
            self.found.parts.append(read_part(node.name, given, self.found.lacks, is_memory=not self.computes))

    def constrain(self, node: Leaf, section: Section, only: frozenset[str] | None) -> None:
        """Note what a node asks of mappings."""
        for kind in ("spatial", "temporal", "dataspace"):
            entry = getattr(node.constraints, kind)
            if entry is not None:
                where = section.part("constraints", kind)
                self.found.constraints.append(Constraint(node.name, kind, entry, where))
        if only is not None:
            self.found.constraints.append(Constraint(node.name, "dataspace", None, section, tuple(sorted(only))))


def _kept(node: Any) -> frozenset[str]:
    """The data spaces that a branch says it keeps, whatever node of it says so."""
    if not isinstance(node, Mapping):
        return frozenset()
    inner = [space for child in _list(node.get("nodes")) for space in _kept(child)]
    constraints = node.get("constraints")
    spaces = constraints.get("dataspace") if isinstance(constraints, Mapping) else None
    own = (
        [space for key in ("keep", "keep_only") for space in _list(spaces.get(key))]
        if isinstance(spaces, Mapping)
        else []
    )
    return frozenset(map(str, (*own, *inner)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _evaluate(section: Section, names: Iterable[str], scope: Scope) -> None:
    """Put numbers in the place of arithmetic."""
    given = section.data
    for name in names if isinstance(given, dict) else ():
        if isinstance(given.get(name), str):
            with section.at(name):
                given[name] = scope.value(given[name])


def _figures(section: Section, scope: Scope, *, keep_unknown: bool = False) -> Figures:
    """Figures of a node; a container may have any others, a component those that its arithmetic asks for."""
    from accel_models.formats.timeloop.architecture_model import KNOWN, NUMBERS, Attributes

    _evaluate(section, NUMBERS, scope)
    names = section.data if isinstance(section.data, Mapping) else ()
    free = [name for name in names if name not in KNOWN and (keep_unknown or name in scope.used)]
    found: Figures = section.read(Attributes, without=free)
    return found


def _inheriting(own: Figures, outer: Figures) -> Figures:
    """Figures of a node, and of what is around it those that it does not give itself."""
    missing = outer.model_fields_set - own.model_fields_set
    return own.model_copy(update={name: getattr(outer, name) for name in missing})

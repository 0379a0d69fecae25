"""A network by whatever names it: a reference network, an ONNX file, or what makes it in somebody's own package.

For names that a person gives. Those that stand in files are of reference networks alone, for a factory runs code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nets.errors import InputError
from nets.imports import extras
from nets.imports.options import ANY_WORDS, ImportOptions
from nets.language.asked import AskedPhase
from nets.own_code import names_own_code
from nets.workloads import FILES

if TYPE_CHECKING:
    from nets.network import Network

_AS_THEY_ARE: Final = ImportOptions()
_USUAL_PHASE: Final = AskedPhase()


def imported(name: str) -> bool:
    """Whether a name is that of a file or of a factory, and not that of a reference network."""
    return name.endswith((".onnx", ".json", *FILES)) or names_own_code(name)


def named_network(
    name: str,
    resolution: int | None = None,
    batch: int = 1,
    *,
    options: ImportOptions = _AS_THEY_ARE,
    phase: AskedPhase = _USUAL_PHASE,
) -> Network:
    """Build the network of a name.

    Args:
        name: a reference network as ``list_networks`` gives it, a file that ends in ``.onnx``, one that ends in
            ``.json`` and configures a language model (:mod:`nets.language`), one of another tool's that ends in
            ``.csv`` or ``.yaml`` (:mod:`nets.workloads`), or ``package.module:factory``, whose factory returns a
            PyTorch module, a module and example inputs, or a :class:`~nets.Network`. The current directory is searched
            for packages too.
        resolution: rows and columns of the input image (tokens of a sequence model); as published when omitted. Files
            and factories say theirs themselves.
        batch: images per inference of a reference network.
        options: how a file or a module is imported.
        phase: of a language model.

    Raises:
        InputError: no such network, one that cannot be imported, a batch below 1, or a resolution it cannot take.
    """
    if name.endswith(".json") or not phase.nothing:
        return _in_phase(name, resolution, phase, options)
    if not imported(name):
        from nets.zoo import load_network

        if options != _AS_THEY_ARE:
            raise InputError("network", name, "is a reference network, which takes no options of an import")
        return load_network(name, resolution, batch)
    if name.endswith(FILES):
        return _of_another_tool(name, resolution, batch, options)
    for field, value, usual in (("resolution", resolution, None), ("batch", batch, 1)):
        if value != usual:
            raise InputError(f"network {name!r}: {field}", value, "is that of its inputs", "give --shape")
    made: Network
    if name.endswith(".onnx"):
        for each in options.shapes:
            if each.dtype != ANY_WORDS:
                raise InputError(f"--shape {each.name}", each.dtype, "is a type, and an ONNX file says its own")
        shapes = {each.name: each.shape for each in options.shapes}
        made = extras.from_onnx(
            name, shapes, outputs=options.outputs, movement=options.movement, fold_3d=options.fold_3d
        )
    else:
        made = extras.from_factory(name, options)
    return made


def _of_another_tool(name: str, resolution: int | None, batch: int, options: ImportOptions) -> Network:
    """The network of another tool's file, which says all of it."""
    from nets.workloads import read_network

    for field, value, usual in (
        ("resolution", resolution, None),
        ("batch", batch, 1),
        ("options", options, _AS_THEY_ARE),
    ):
        if value != usual:
            raise InputError(f"network {name!r}: {field}", str(value), "is said by the file itself", "leave it out")
    return read_network(name)


def _in_phase(name: str, resolution: int | None, phase: AskedPhase, options: ImportOptions) -> Network:
    """A language model in a phase.

    Raises:
        InputError: the name is of no language model; or more is asked than what a phase is.
    """
    from nets.language.network import language_network

    found = language_network(name, phase)
    if found is None:
        raise InputError("network", name, "is no language model, which alone has phases")
    if resolution is not None:
        raise InputError(f"network {name!r}: resolution", resolution, "is that of its phase", "give --context")
    if options != _AS_THEY_ARE:
        raise InputError("network", name, "is a language model, which takes no options of an import")
    return found

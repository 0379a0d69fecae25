"""A network by whatever names it: a reference network, a file, what makes it in somebody's own package, or a space.

For names that a person gives. Those that stand in files are of reference networks alone, for a factory runs code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nets.errors import InputError
from nets.imports import extras
from nets.imports.options import ANY_WORDS, ImportOptions
from nets.language.asked import AskedPhase
from nets.own_code import names_own_code, own_code
from nets.workloads import FILES, NET_CONFIG, is_net_config

if TYPE_CHECKING:
    from nets.network import Network

_AS_THEY_ARE: Final = ImportOptions()
_USUAL_PHASE: Final = AskedPhase()


def imported(name: str) -> bool:
    """Whether a name is that of a file or of a factory, and not that of a reference network."""
    return name.endswith((".onnx", ".json", NET_CONFIG, *FILES)) or names_own_code(name)


def named_network(
    name: str,
    resolution: int | None = None,
    batch: int = 1,
    *,
    options: ImportOptions = _AS_THEY_ARE,
    phase: AskedPhase = _USUAL_PHASE,
    subnet: str | None = None,
) -> Network:
    """Build the network of a name.

    Args:
        name: a reference network as ``list_networks`` gives it, a file that ends in ``.onnx``, one that ends in
            ``.json`` and configures a language model (:mod:`nets.language`), one that ends in ``.config`` or ``.json``
            and lists the blocks of a searched network (:mod:`nets.workloads.net_config`), one of another tool's that
            ends in ``.csv`` or ``.yaml`` (:mod:`nets.workloads`), or ``package.module:factory``, whose factory returns
            a PyTorch module, a module and example inputs, or a :class:`~nets.Network`. The current directory is
            searched for packages too. With ``subnet`` a space of networks (:func:`nets.load_space`).
        resolution: rows and columns of the input image (tokens of a sequence model); as published when omitted. Files
            and factories say theirs themselves.
        batch: images per inference of a reference network.
        options: how a file or a module is imported.
        phase: of a language model.
        subnet: of a space, as :meth:`nets.spaces.Space.named` reads it: ``max``, ``min``, or genes as JSON.

    Raises:
        InputError: no such network, one that cannot be imported or has no layers, a batch below 1, or a resolution it
            cannot take.
    """
    network = _named(name, resolution, batch, options, phase, subnet)
    if not network.layers:
        raise InputError("network", name, "has no layers")
    return network


def _named(
    name: str, resolution: int | None, batch: int, options: ImportOptions, phase: AskedPhase, subnet: str | None
) -> Network:
    if subnet is not None:
        return _subnet(name, resolution, batch, subnet, options, phase)
    if name.endswith(NET_CONFIG) or (name.endswith(".json") and phase.nothing and is_net_config(name)):
        if not phase.nothing or options != _AS_THEY_ARE:
            raise InputError("network", name, "lists its blocks, and takes neither a phase nor options of an import")
        from nets.workloads.net_config import read_net_config

        return read_net_config(name, resolution, batch)
    if name.endswith(".json") or not phase.nothing:
        return _in_phase(name, resolution, phase, options)
    if not imported(name):
        from nets.zoo import list_networks, load_network

        if name not in list_networks():
            _refuse_space(name)
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
        _refuse_space(name)
        made = extras.from_factory(name, options)
    return made


def names_space(name: str) -> bool:
    """Whether a name is that of a space, or may be: what is somebody's own is known when it is called."""
    from nets.spaces import list_spaces

    return names_own_code(name) or name in list_spaces()


def _refuse_space(name: str) -> None:
    """Raise for a space, unless it takes a call to know that a name is of one."""
    from nets.spaces.own import no_network, stands_for_space

    if stands_for_space(own_code("network", name)) if names_own_code(name) else names_space(name):
        raise no_network(name)


def _subnet(
    name: str, resolution: int | None, batch: int, subnet: str, options: ImportOptions, phase: AskedPhase
) -> Network:
    """One network of a space.

    Raises:
        InputError: no such space, no such network of it; or more is asked than a subnet has.
    """
    from nets.spaces import load_space

    if options != _AS_THEY_ARE or not phase.nothing:
        raise InputError("network", name, "is of a space, which takes no options of an import, and no phase")
    if resolution is not None and subnet.startswith("{"):
        raise InputError(f"network {name!r}: resolution", resolution, "is said by the genes", "change 'r' in --subnet")
    space = load_space(name)
    return space.network(space.named(subnet), resolution, batch)


def _of_another_tool(name: str, resolution: int | None, batch: int, options: ImportOptions) -> Network:
    """The network of another tool's file, which says all of it."""
    from nets.workloads import read_network

    given = {
        "resolution": resolution,
        "batch": None if batch == 1 else batch,
        "shape": ", ".join(shape.name for shape in options.shapes) or None,
        "outputs": ", ".join(options.outputs) or None,
        "movement": ", ".join(options.movement) or None,
        "fold-3d": options.fold_3d or None,
    }
    for option, value in given.items():
        if value is not None:
            raise InputError(f"network {name!r}: {option}", str(value), "is said by the file itself", "leave it out")
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

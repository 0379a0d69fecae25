"""Networks at the precision that a machine is built for, and which precision that is, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from accel_models.precision import INT8
from nets.layer import Layer
from nets.layer_formats import LayerFormats
from nets.network import Network, require_cache
from nets.number_formats import Format, NumberFormats

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator

What = TypeVar("What", Layer, Network)


def formats_on(accelerator: Accelerator, formats: NumberFormats | None) -> NumberFormats:
    """The formats that are asked for, else those that a machine is built for."""
    if formats is not None:
        return formats
    own = accelerator.precision or INT8
    return NumberFormats(Format(own.weight), own.input)


def with_own_formats(accelerator: Accelerator, network: Network, own: LayerFormats | None) -> Network:
    """A network some of whose layers have formats of their own.

    Raises:
        InputError: they are of no layer, or wider than what the machine multiplies.
    """
    if own is None:
        return network
    machine = accelerator.precision or INT8
    own.require(machine.weight, machine.input, accelerator.name)
    return own.applied(network)


def at_precision_of(accelerator: Accelerator, what: What, formats: NumberFormats | None = None) -> What:
    """A layer or network as the machine computes it; as it is where the machine's description says no precision.

    Layers that state a precision other than the usual one keep it, unless formats are given.

    Raises:
        InputError: formats of keys and values where none are kept.
    """
    if formats is not None:
        if isinstance(what, Layer):
            require_cache(formats, [what], f"layer {what.name!r}")
        return what.in_formats(formats)
    if accelerator.precision is None or accelerator.precision == INT8:
        return what
    return what.at_precision(**accelerator.precision.bits)


def precision_note(
    accelerator: Accelerator,
    layers: Sequence[Layer],
    formats: NumberFormats | None = None,
    own: LayerFormats | None = None,
) -> str:
    """Which precision counts, where machine and layers do not agree on the usual one; empty where they do."""
    of_some = "" if own is None else str(own)
    return "; ".join(filter(None, (_agreed(accelerator, layers, formats), of_some, *accelerator.unpacking)))


def _agreed(accelerator: Accelerator, layers: Sequence[Layer], formats: NumberFormats | None) -> str:
    """The same, wherever formats end."""
    machine = accelerator.precision
    if formats is not None:
        return str(formats)
    if machine is None:
        return ""
    wanted = (machine.weight, machine.input, machine.output, machine.psum)
    found = [(layer.weight_bits, layer.input_bits, layer.output_bits, layer.psum_bits) for layer in layers]
    others = sum(bits != wanted for bits in found)
    if others:
        return (
            f"{others} of {len(found)} layers move data at a precision of their own, on a machine whose arithmetic and "
            f"memories are priced for {machine}"
        )
    return "" if machine == INT8 else f"layers are taken at the precision of the machine: {machine}"

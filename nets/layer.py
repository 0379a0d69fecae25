"""One layer as a loop nest over N G K C P Q R S.

Dims (Timeloop's convention, with groups): ``N`` batch, ``G`` groups, ``K`` output channels per group, ``C`` input
channels per group, ``P`` ``Q`` output rows and columns, ``R`` ``S`` filter rows and columns. A matmul is ``P`` rows
x ``C`` inner x ``K`` columns; a batched one puts its batch in ``G`` and has ``dynamic_weights``. Depthwise: ``G``
channels and ``K = C = 1``.

A *vector* layer (pooling, element-wise, softmax, normalisation, data movement) does not use the MAC array: it has no
MACs and no weights to multiply, and costs the data it moves.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, get_args

from nets.documents.strict import STRICT
from nets.errors import InputError, unknown
from nets.ranges import EXACT, LARGEST, require_exact, require_name, require_size

if TYPE_CHECKING:
    from nets.number_formats import NumberFormats

DIMS: Final = ("N", "G", "K", "C", "P", "Q", "R", "S")
TENSORS: Final = ("W", "I", "O")

MacKind = Literal["conv", "matmul"]
VectorKind = Literal["pool", "eltwise", "activation", "softmax", "norm", "movement"]
Kind = Literal["conv", "matmul", "pool", "eltwise", "activation", "softmax", "norm", "movement"]

Activation = Literal["relu", "relu6", "h_swish", "swish", "sigmoid", "h_sigmoid", "gelu", "tanh"]
CachedTensor = Literal["W", "O"]

MAC_KINDS: Final[tuple[str, ...]] = get_args(MacKind)
VECTOR_KINDS: Final[tuple[str, ...]] = get_args(VectorKind)
ACTIVATIONS: Final[tuple[str, ...]] = get_args(Activation)
CACHED: Final[tuple[str, ...]] = get_args(CachedTensor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One operation of a network.

    Attributes:
        name: unique inside its network.
        kind: ``"conv"`` or ``"matmul"`` use the MAC array; the others are vector layers.
        N, G, K, C, P, Q, R, S: bounds of the loop nest, each at least 1. For a vector layer ``G`` holds the
            channels, ``P`` ``Q`` the output plane and ``R`` ``S`` the window; ``K = C = 1``.
        stride, dilation: per (rows, columns).
        padding: zeros added at (top, bottom, left, right) of the input.
        operands: how many input tensors a vector layer reads (2 for an addition).
        extra_params: parameters besides the multiplied weights: bias, and the scale and shift of a folded norm.
        dynamic_weights: ``W`` is an activation too (attention scores), so it counts as no parameter.
        activation: function fused onto the output; a label only, it costs nothing.
        cached: the tensor that lies in a cache of keys and values, ``"W"`` where it is read, ``"O"`` where it is
            written: it takes the cache's bits (:class:`nets.number_formats.NumberFormats`).
        times: how often it runs in one inference, one run after the other; broken where that is a mean.
        tied: its parameters are those of another layer, which counts them.
        weight_bits, input_bits, output_bits, psum_bits: precision of each operand; partial sums are held at
            ``psum_bits`` until complete. Weights and outputs may take a broken number of bits each, with their share of
            a scale.

    Raises:
        InputError: a bound below 1, a filter larger than its padded input, an unknown kind, or a layer too large for
            its MACs, words and bits to be counted exactly (:mod:`nets.ranges`).
    """

    __pydantic_config__ = STRICT

    name: str
    kind: Kind = "conv"
    N: int = 1
    G: int = 1
    K: int = 1
    C: int = 1
    P: int = 1
    Q: int = 1
    R: int = 1
    S: int = 1
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    operands: int = 1
    extra_params: int = 0
    dynamic_weights: bool = False
    activation: Activation | None = None
    cached: CachedTensor | None = None
    times: int | float = 1
    tied: bool = False
    weight_bits: int | float = 8
    input_bits: int = 8
    output_bits: int | float = 8
    psum_bits: int = 24

    def __post_init__(self) -> None:
        require_name("layer", self.name)
        if self.kind not in MAC_KINDS + VECTOR_KINDS:
            raise unknown(f"layer {self.name!r}: kind", self.kind, MAC_KINDS + VECTOR_KINDS)
        if self.activation is not None and self.activation not in ACTIVATIONS:
            raise unknown(f"layer {self.name!r}: activation", self.activation, ACTIVATIONS)
        if self.cached is not None and self.cached not in CACHED:
            raise unknown(f"layer {self.name!r}: cached", self.cached, CACHED)
        if type(self.times) not in (int, float) or not 0 < self.times <= LARGEST:
            raise InputError(f"layer {self.name!r}: times", self.times, "must be a number greater than 0")
        for field in (*DIMS, "operands", "input_bits", "psum_bits"):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"layer {self.name!r}: {field}", value, "must be a whole number of at least 1")
            if value > LARGEST:
                require_size(f"layer {self.name!r}: {field}", value)
        for field in ("weight_bits", "output_bits"):
            bits = getattr(self, field)
            if type(bits) not in (int, float) or not 1 <= bits <= LARGEST:
                raise InputError(f"layer {self.name!r}: {field}", bits, "must be a number of at least 1")
            if float(bits).is_integer():  # equal layers are written alike
                object.__setattr__(self, field, int(bits))
        for field in ("stride", "dilation"):
            value = getattr(self, field)
            if not _whole(value, 2) or min(value) < 1:
                raise InputError(f"layer {self.name!r}: {field}", value, "must be two whole numbers of at least 1 each")
            require_size(f"layer {self.name!r}: {field}", max(value))
        if not _whole(self.padding, 4) or min(self.padding) < 0:
            raise InputError(f"layer {self.name!r}: padding", self.padding, "must be four whole numbers of at least 0")
        if not isinstance(self.extra_params, int) or self.extra_params < 0:
            rule = "must be a whole number of at least 0"
            raise InputError(f"layer {self.name!r}: extra_params", self.extra_params, rule)
        self._require_exact()
        if self.input_height < 1 or self.input_width < 1:
            raise InputError(
                f"layer {self.name!r}: padding", self.padding, "leaves no input below the filter", "use less padding"
            )

    def _require_exact(self) -> None:
        """Refuse a layer whose counts the model does not hold exactly.

        Whatever the tiles, no more words of a tensor cross between two levels than there are MACs, times what strides
        and dilations step over: pieces of an input line have no more than ``P R max(stride, dilation)`` words in all.
        """
        (down, right), (wide, far) = self.stride, self.dilation
        most = self.N * self.G * self.K * self.C * self.P * self.Q * self.R * self.S
        most *= max(down, wide) * max(right, far) * self.operands
        bits = self.psum_bits + self.weight_bits + self.input_bits + self.output_bits
        if most * bits <= EXACT and self.extra_params <= EXACT:
            return
        place = f"layer {self.name!r}"
        require_exact(place, most, "MACs, or words that they may ask for,")
        words = self.operands * self.N * self.G * self.C * self.padded_height * self.padded_width
        require_exact(f"{place}: weights", math.ceil(self.weight_words * self.weight_bits), "bits")
        require_exact(f"{place}: inputs", words * self.input_bits, "bits")
        outputs = math.ceil(self.output_words * max(self.output_bits, self.psum_bits))
        require_exact(f"{place}: outputs", outputs, "bits")
        require_exact(f"{place}: extra_params", self.extra_params)

    @property
    def is_mac(self) -> bool:
        """Whether the layer runs on the MAC array."""
        return self.kind in MAC_KINDS

    @property
    def bounds(self) -> tuple[int, int, int, int, int, int, int, int]:
        """The loop bounds in the order of :data:`DIMS`."""
        return (self.N, self.G, self.K, self.C, self.P, self.Q, self.R, self.S)

    @property
    def padded_height(self) -> int:
        """Rows of the padded input that the filter sweeps."""
        return (self.P - 1) * self.stride[0] + (self.R - 1) * self.dilation[0] + 1

    @property
    def padded_width(self) -> int:
        """Columns of the padded input that the filter sweeps."""
        return (self.Q - 1) * self.stride[1] + (self.S - 1) * self.dilation[1] + 1

    @property
    def input_height(self) -> int:
        """Rows of the input before padding (those that the filter reaches)."""
        return self.padded_height - self.padding[0] - self.padding[1]

    @property
    def input_width(self) -> int:
        """Columns of the input before padding (those that the filter reaches)."""
        return self.padded_width - self.padding[2] - self.padding[3]

    @property
    def macs(self) -> int:
        """Multiply-accumulates; zero for a vector layer."""
        if not self.is_mac:
            return 0
        return self.N * self.G * self.K * self.C * self.P * self.Q * self.R * self.S

    @property
    def weight_words(self) -> int:
        """Words of ``W`` (zero for a vector layer)."""
        return self.G * self.K * self.C * self.R * self.S if self.is_mac else 0

    @property
    def input_words(self) -> int:
        """Words of the unpadded input, over all operands."""
        return self.operands * self.N * self.G * self.C * self.input_height * self.input_width

    @property
    def output_words(self) -> int:
        """Words of the output."""
        return self.N * self.G * self.K * self.P * self.Q

    @property
    def params(self) -> int:
        """Learned parameters: weights, biases and folded norms; none where another layer counts them."""
        if self.tied:
            return 0
        return (0 if self.dynamic_weights else self.weight_words) + self.extra_params

    def at_precision(self, *, weight: int | float, input: int, output: int, psum: int) -> Layer:
        """The same layer with operands of so many bits; itself, if it states a precision other than the usual one."""
        if any(getattr(self, name) != default for name, default in _USUAL_BITS.items()):
            return self
        return dataclasses.replace(self, weight_bits=weight, input_bits=input, output_bits=output, psum_bits=psum)

    def in_formats(self, formats: NumberFormats) -> Layer:
        """The same layer with its numbers in other formats; ``W`` that is an activation stays one."""
        bits = formats.activations
        kept = formats.kept.bits_in_groups
        weight = kept if self.cached == "W" else bits
        if self.is_mac and not self.dynamic_weights:
            weight = formats.weights.bits_each(self.G * self.K, self.C * self.R * self.S)
        output = kept if self.cached == "O" else bits
        return dataclasses.replace(
            self, weight_bits=weight, input_bits=bits, output_bits=output, psum_bits=formats.sums
        )

    @property
    def shape_key(self) -> tuple[object, ...]:
        """What the cost of one run of the layer depends on: none of :data:`_LABELS`."""
        key: tuple[object, ...] = _SHAPE(self)
        return key


def _whole(values: object, count: int) -> bool:
    """Whether so many whole numbers are given."""
    if not isinstance(values, tuple | list) or len(values) != count:
        return False
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


_LABELS: Final = ("name", "activation", "extra_params", "cached", "times", "tied")
_SHAPE: Final = attrgetter(*(field.name for field in dataclasses.fields(Layer) if field.name not in _LABELS))
_USUAL_BITS: Final = {field.name: field.default for field in dataclasses.fields(Layer) if field.name.endswith("_bits")}

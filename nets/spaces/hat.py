"""The transformer spaces of HAT (Wang et al., ACL 2020): encoder-decoder networks whose every layer is chosen.

A configuration is a dict with HAT's own keys. Widths are one number per side, what stands in a layer is a list::

    {"encoder_embed_dim": 640, "encoder_ffn_embed_dim": [3072] * 6, "encoder_self_attention_heads": [8] * 6,
     "decoder_embed_dim": 640, "decoder_layer_num": 2, "decoder_ffn_embed_dim": [3072] * 2,
     "decoder_self_attention_heads": [8] * 2, "decoder_ende_attention_heads": [8] * 2,
     "decoder_arbitrary_ende_attn": [-1, 1]}

``decoder_arbitrary_ende_attn`` says how far back the cross attention of a layer reaches: -1 to the encoder's last
layer alone, 1 to its last two, 2 to its last three, whose outputs are joined token after token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import NO_VALUE, InputError, unknown
from nets.spaces.decisions import Codes, Config, Decision, DecisionSpace
from nets.spaces.hat_layers import HatShape, build

if TYPE_CHECKING:
    from nets.network import Network

QKV_DIM: Final = 512
"""Query, key and value are this wide whatever the embedding and the number of heads: a head is 512 / heads wide."""

REACH: Final = {-1: 1, 1: 2, 2: 3}
"""Encoder layers read, by the values of ``decoder_arbitrary_ende_attn``."""

FEATURES: Final = (
    "encoder_embed_dim",
    "encoder_layer_num",
    "encoder_ffn_embed_dim_avg",
    "encoder_self_attention_heads_avg",
    "decoder_embed_dim",
    "decoder_layer_num",
    "decoder_ffn_embed_dim_avg",
    "decoder_self_attention_heads_avg",
    "decoder_ende_attention_heads_avg",
    "decoder_arbitrary_ende_attn_avg",
)
"""HAT's ten: widths, layers, means over layers; the last is the mean number of encoder layers read."""

_FIXED: Final = "encoder_layer_num"


class HatSpace(DecisionSpace):
    """Sub-transformers of one super-transformer.

    Args:
        id: name of the space; latency predictors are checked against it.
        title: what a person calls it.
        embed_dims, ffn_dims, heads: choices, ascending; the same for encoder and decoder.
        encoder_layers: always all of them.
        decoder_layers: the most; at least 1.
        qkv_dim: width of queries, keys and values.
        vocabulary: tokens of the source.
        target_vocabulary: tokens of the target; as many as of the source when omitted.
        shared_embeddings: source, target and the scores of words share one table; else each has its own.
        tokens: length of the sentences that it is judged by.
    """

    def __init__(
        self,
        id: str,
        title: str,
        *,
        embed_dims: Sequence[int],
        ffn_dims: Sequence[int],
        heads: Sequence[int],
        encoder_layers: int = 6,
        decoder_layers: int = 6,
        qkv_dim: int = QKV_DIM,
        vocabulary: int,
        target_vocabulary: int | None = None,
        shared_embeddings: bool = True,
        tokens: int,
    ) -> None:
        self.id, self.title = id, title
        self.encoder_layers, self.decoder_layers, self.qkv_dim = encoder_layers, decoder_layers, qkv_dim
        self.shared_embeddings, self.tokens = shared_embeddings, tokens
        self._set_vocabularies(vocabulary, vocabulary if target_vocabulary is None else target_vocabulary)
        reach = tuple(value for value in REACH if REACH[value] <= encoder_layers)
        self.scalar_choices: dict[str, tuple[int, ...]] = {
            "encoder_embed_dim": tuple(embed_dims),
            "decoder_embed_dim": tuple(embed_dims),
            "decoder_layer_num": tuple(range(1, decoder_layers + 1)),
        }
        self.encoder_choices: dict[str, tuple[int, ...]] = {
            "encoder_ffn_embed_dim": tuple(ffn_dims),
            "encoder_self_attention_heads": tuple(heads),
        }
        self.decoder_choices: dict[str, tuple[int, ...]] = {
            "decoder_ffn_embed_dim": tuple(ffn_dims),
            "decoder_self_attention_heads": tuple(heads),
            "decoder_ende_attention_heads": tuple(heads),
            "decoder_arbitrary_ende_attn": reach,
        }
        super().__init__(id, self._all_decisions())

    def _set_vocabularies(self, source: int, target: int) -> None:
        if self.shared_embeddings and source != target:
            raise InputError(
                f"{self.id}: target_vocabulary", target, f"must be the source's {source}: one table is shared"
            )
        self.vocabulary, self.target_vocabulary = source, target

    def of_vocabularies(self, source: int, target: int) -> HatSpace:
        """The same space for other languages.

        Raises:
            InputError: the two differ though one table is shared.
        """
        other = copy(self)
        other._set_vocabularies(source, target)
        return other

    # ---- as decisions ----

    def _all_decisions(self) -> list[Decision]:
        """Scalars first, then layer by layer; those of a decoder layer mean something where it runs."""
        decisions = [Decision(name, choices) for name, choices in self.scalar_choices.items()]
        for layer in range(self.encoder_layers):
            decisions += [Decision(f"{name}[{layer}]", choices) for name, choices in self.encoder_choices.items()]
        parent = list(self.scalar_choices).index("decoder_layer_num")
        for layer in range(self.decoder_layers):
            running = frozenset(range(layer, self.decoder_layers))
            decisions += [
                Decision(f"{name}[{layer}]", choices, parent=parent, when=running)
                for name, choices in self.decoder_choices.items()
            ]
        return decisions

    def encode(self, config: Mapping[str, Any]) -> Codes:
        """See :meth:`nets.spaces.decisions.SearchSpace.encode`.

        Raises:
            InputError: as :meth:`canonical`.
        """
        flat: Config = {}
        for name, value in self.canonical(config).items():
            flat |= {f"{name}[{layer}]": one for layer, one in enumerate(value)} if isinstance(value, list) else {}
            flat |= {} if isinstance(value, list) else {name: value}
        return super().encode(flat)

    def decode(self, codes: Sequence[int]) -> Config:
        """See :meth:`nets.spaces.decisions.SearchSpace.decode`."""
        config: Config = {}
        for name, value in super().decode(codes).items():
            stem, _, index = name.partition("[")
            if index:
                config.setdefault(stem, []).append(value)
            else:
                config[stem] = value
        return self.canonical(config)

    # ---- checking ----

    def canonical(self, config: Mapping[str, Any]) -> Config:
        """The one form that all spellings of an architecture share: lists as long as the layers that run.

        Accepts what HAT's files hold: ``encoder`` and ``decoder`` as dicts of their own, single values as lists of
        one, and entries for decoder layers that do not run.

        Raises:
            InputError: a key is missing or unknown, a list is too short or long, or a value is no choice.
        """
        given: Config = {}
        for key, value in config.items():
            given.update(value if key in ("encoder", "decoder") and isinstance(value, Mapping) else {key: value})
        known = (*self.scalar_choices, *self.encoder_choices, *self.decoder_choices, _FIXED)
        for key in given:
            if key not in known:
                raise unknown(f"{self.id}: config key", str(key), known)
        layers = _one(given.get(_FIXED, self.encoder_layers))
        if layers != self.encoder_layers:
            raise InputError(f"{self.id}: {_FIXED}", layers, f"must be {self.encoder_layers}")
        out: Config = {
            name: _chosen(f"{self.id}: {name}", _one(self._given(given, name)), choices)
            for name, choices in self.scalar_choices.items()
        }
        for names, running, most in (
            (self.encoder_choices, self.encoder_layers, self.encoder_layers),
            (self.decoder_choices, out["decoder_layer_num"], self.decoder_layers),
        ):
            for name, choices in names.items():
                out[name] = self._list(name, self._given(given, name), choices, running, most)
        return out

    def _given(self, config: Mapping[str, Any], name: str) -> Any:
        if name not in config:
            raise InputError(f"{self.id}: {name}", NO_VALUE, "is missing")
        return config[name]

    def _list(self, name: str, values: Any, choices: tuple[int, ...], running: int, most: int) -> list[int]:
        place = f"{self.id}: {name}"
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise InputError(place, values, "must be a list")
        if not running <= len(values) <= most:
            allowed = f"{running}" if running == most else f"{running} to {most}"
            raise InputError(place, list(values), f"has {len(values)} entries and must have {allowed}")
        return [_chosen(f"{place}[{index}]", value, choices) for index, value in enumerate(values[:running])]

    # ---- drawing ----

    def draw(self, rng: np.random.Generator) -> Config:
        """Every choice by itself, as HAT trains: shallow decoders are as frequent as deep ones."""
        config: Config = {name: _draw(choices, rng) for name, choices in self.scalar_choices.items()}
        for name, choices in self.encoder_choices.items():
            config[name] = [_draw(choices, rng) for _ in range(self.encoder_layers)]
        for name, choices in self.decoder_choices.items():
            config[name] = [_draw(choices, rng) for _ in range(config["decoder_layer_num"])]
        return config

    def max_config(self) -> Config:
        """The largest architecture, and the farthest reach."""
        return self._extreme(-1)

    def min_config(self) -> Config:
        """The smallest architecture."""
        return self._extreme(0)

    def _extreme(self, end: int) -> Config:
        config: Config = {name: choices[end] for name, choices in self.scalar_choices.items()}
        config |= {name: [choices[end]] * self.encoder_layers for name, choices in self.encoder_choices.items()}
        layers = config["decoder_layer_num"]
        return config | {name: [choices[end]] * layers for name, choices in self.decoder_choices.items()}

    # ---- what it costs ----

    def features(self, configs: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """HAT's ten features of each config, shape (configs, 10), in the order of :data:`FEATURES`."""
        rows = []
        for config in map(self.canonical, configs):
            reach = [REACH[value] for value in config["decoder_arbitrary_ende_attn"]]
            rows.append(
                [
                    config["encoder_embed_dim"],
                    self.encoder_layers,
                    np.mean(config["encoder_ffn_embed_dim"]),
                    np.mean(config["encoder_self_attention_heads"]),
                    config["decoder_embed_dim"],
                    config["decoder_layer_num"],
                    np.mean(config["decoder_ffn_embed_dim"]),
                    np.mean(config["decoder_self_attention_heads"]),
                    np.mean(config["decoder_ende_attention_heads"]),
                    np.mean(reach),
                ]
            )
        return np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES))

    def shape(self, config: Mapping[str, Any]) -> HatShape:
        """What the layers of a sub-transformer are built from."""
        canonical = self.canonical(config)
        return HatShape(
            encoder_width=canonical["encoder_embed_dim"],
            encoder_ffn=tuple(canonical["encoder_ffn_embed_dim"]),
            encoder_heads=tuple(canonical["encoder_self_attention_heads"]),
            decoder_width=canonical["decoder_embed_dim"],
            decoder_ffn=tuple(canonical["decoder_ffn_embed_dim"]),
            decoder_heads=tuple(canonical["decoder_self_attention_heads"]),
            cross_heads=tuple(canonical["decoder_ende_attention_heads"]),
            reach=tuple(REACH[value] for value in canonical["decoder_arbitrary_ende_attn"]),
            qkv=self.qkv_dim,
            vocabulary=self.vocabulary,
            target_vocabulary=self.target_vocabulary,
            shared=self.shared_embeddings,
        )

    def network(
        self, config: Mapping[str, Any], *, source: int | None = None, target: int | None = None, step: bool = False
    ) -> Network:
        """The layers of a sub-transformer, ready for the cost model.

        Embeddings are tables that are looked up; where they are shared, the last layer reads the decoder's table again
        and adds no parameters.

        Args:
            source, target: tokens of the two sentences; the space's own when omitted.
            step: only the ``target``-th token is made, as in translating, which makes one after another: earlier keys
                and values, and those of the source, are remembered. Without the encoder, which runs once before.

        Raises:
            InputError: the config is not of the space, or a sentence has no token.
        """
        from nets.network import Network

        lengths = [self.tokens if given is None else given for given in (source, target)]
        if min(lengths) < 1:
            raise InputError(f"{self.id}: tokens", min(lengths), "must be at least 1")
        net = Network(self.id, resolution=lengths[0], space=self.id, config=self.canonical(config))
        build(net, self.shape(config), source=lengths[0], target=lengths[1], step=step)
        return net

    def macs_params(self, config: Mapping[str, Any]) -> tuple[int, int]:
        """(multiply-accumulates, parameters) as HAT states them: without embeddings and the output layer."""
        net = self.network(config)
        counted = [layer for layer in net.layers if layer.name not in ("source.embed", "target.embed", "output")]
        return sum(layer.macs for layer in counted), sum(layer.params for layer in counted)


def _one(value: Any) -> Any:
    """A list of one is its entry."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


def _chosen(place: str, value: Any, choices: tuple[int, ...]) -> int:
    if isinstance(value, bool) or value not in choices:
        raise InputError(place, value, "must be one of " + ", ".join(map(str, choices)))
    return choices[choices.index(value)]


def _draw(choices: tuple[int, ...], rng: np.random.Generator) -> int:
    return choices[int(rng.integers(len(choices)))]


HAT_SPACES: Final = ("hat-iwslt", "hat-measured", "hat-wmt")


@cache
def load_hat_space(id: str) -> HatSpace:
    """A space of HAT's: ``hat-wmt`` (its Space0), ``hat-iwslt`` (Space1), ``hat-measured`` (of its latency data).

    Raises:
        InputError: no such space; names the nearest.
    """
    figures: dict[str, tuple[tuple[int, ...], tuple[int, ...], int, int, int]] = {
        "hat-wmt": ((1024, 2048, 3072), (4, 8), 32768, 32768, 30),
        "hat-measured": ((512, 1024, 2048, 3072), (2, 4, 8), 32768, 32768, 30),
        "hat-iwslt": ((512, 1024, 2048), (2, 4), 8848, 6632, 23),  # words as its code reports them on iwslt14.de-en
    }
    if id not in figures:
        raise unknown("transformer space", id, HAT_SPACES)
    widths, heads, vocabulary, target_vocabulary, tokens = figures[id]
    title = f"HAT transformers for {id.removeprefix('hat-')}"
    return HatSpace(
        id,
        title,
        embed_dims=(512, 640),
        ffn_dims=widths,
        heads=heads,
        vocabulary=vocabulary,
        target_vocabulary=target_vocabulary,
        shared_embeddings=id != "hat-iwslt",
        tokens=tokens,
    )

"""Language models: published parameter counts, closed forms of their work, and the cache of keys and values."""

from __future__ import annotations

import pytest

from nets import load_network
from nets.blocks import FeatureMap
from nets.blocks.language import DecoderSizes, decoder_block
from nets.errors import InputError
from nets.language.model import LanguageModel
from nets.network import Network
from nets.zoo.language import MODELS

# number of parameters of the published weights on their model cards
PARAMETERS = {
    "gpt2": 124_439_808,
    "gpt2_medium": 354_823_168,
    "gpt2_large": 774_030_080,
    "gpt2_xl": 1_557_611_200,
    "tinyllama_1_1b": 1_100_048_384,
    "llama2_7b": 6_738_415_616,
    "llama3_8b": 8_030_261_248,
    "llama3_2_1b": 1_235_814_400,
}


def weights_per_token(model: LanguageModel) -> int:
    """Multiplied weights of all blocks: attention's four and the feed-forward's two or three matrices."""
    sizes = model.block
    attention = 2 * model.width * sizes.head_dim * (sizes.heads + sizes.kv_heads)
    return model.layers * (attention + (3 if sizes.gated else 2) * model.width * sizes.hidden)


def test_every_model_has_a_published_count() -> None:
    assert set(PARAMETERS) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("phase", ["", "_decode"])
def test_parameters_equal_the_published_ones(name: str, phase: str) -> None:
    """Both phases store the same."""
    assert load_network(name + phase, 64).params == PARAMETERS[name]


def test_gpt2_by_its_closed_form() -> None:
    """Tables, 12 blocks of 12 d^2 + 13 d, last norm."""
    d = 768
    assert load_network("gpt2", 8).params == (50257 + 1024) * d + 12 * (12 * d * d + 13 * d) + 2 * d


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("tokens", [1, 100, 512])
def test_work_equals_its_closed_form(name: str, tokens: int) -> None:
    """Prefill: weights per token and products of all pairs. Decoding: the same for one token. Either: one row of
    words."""
    model = MODELS[name]
    pairs = 2 * model.layers * model.block.heads * model.block.head_dim
    words = model.width * model.vocabulary
    prefill, decode = load_network(name, tokens), load_network(f"{name}_decode", tokens)
    assert prefill.macs == tokens * weights_per_token(model) + pairs * tokens**2 + words
    assert decode.macs == weights_per_token(model) + pairs * tokens + words


@pytest.mark.parametrize("name", MODELS)
def test_the_cache_is_read_once_per_token_made(name: str) -> None:
    """The operands that play weights hold keys and values of every token; no parameter among them."""
    model, context = MODELS[name], 300
    network = load_network(f"{name}_decode", context)
    attention = [layer for layer in network.layers if layer.name.endswith((".qk", ".av"))]
    assert all(layer.params == 0 for layer in attention)
    assert sum(layer.weight_words for layer in attention) == model.cache_words(context)
    batch = load_network(f"{name}_decode", context, batch=4)
    assert sum(layer.weight_words for layer in batch.layers if layer.name.endswith((".qk", ".av"))) == 4 * (
        model.cache_words(context)
    )


def test_grouped_queries_share_the_cache() -> None:
    """As much work, an eighth of the words to keep: 128 KiB per token of Llama 3 8B in 16 bits."""
    full, grouped = DecoderSizes(32, 32, 128, 512), DecoderSizes(32, 4, 128, 512)
    assert full.cache_words_per_token == 8 * grouped.cache_words_per_token
    assert MODELS["llama3_8b"].cache_words(1) * 2 == 128 * 1024
    work = []
    for sizes in (full, grouped):
        net = Network("block")
        decoder_block(net, "block", FeatureMap.sequence(1, channels=64), sizes, context=256)
        work.append(sum(layer.macs for layer in net.layers if layer.name.endswith((".qk", ".av"))))
    assert work[0] == work[1]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"gpt2_decode.*1025 must be at most the 1024 positions"):
        load_network("gpt2_decode", 1025)
    with pytest.raises(InputError, match="kv_heads: 3 must divide the 8 heads"):
        DecoderSizes(8, 3, 64, 128)
    with pytest.raises(InputError, match="context: 4 must hold at least its 8 tokens"):
        decoder_block(Network("n"), "b", FeatureMap.sequence(8, channels=64), DecoderSizes(1, 1, 64, 64), context=4)

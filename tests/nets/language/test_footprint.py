"""What language models keep in memory, against stored parameters, sizes of published files, and its own inverse."""

from __future__ import annotations

import pytest

from nets.errors import InputError
from nets.language.footprint import Footprint
from nets.language.network import LanguageNetwork
from nets.language.phase import Phase
from nets.number_formats import NumberFormats
from nets.zoo.language import MODELS


@pytest.mark.parametrize("name", MODELS)
def test_sixteen_bits_are_two_bytes_a_parameter(name: str) -> None:
    params = LanguageNetwork.of(MODELS[name], Phase.decode(8)).params
    assert Footprint.of(MODELS[name], NumberFormats.parse("w16a16")).weight_bytes == 2 * params


def test_sizes_of_published_files() -> None:
    """F16 files of llama.cpp: 12.55 and 14.96 GiB."""
    for name, gib in (("llama2_7b", 12.55), ("llama3_8b", 14.96)):
        held = Footprint.of(MODELS[name], NumberFormats.parse("w16a16")).weight_bytes
        assert held / 2**30 == pytest.approx(gib, abs=0.005)


def test_four_bits_and_narrow_keys() -> None:
    model = MODELS["llama2_7b"]
    footprint = Footprint.of(model, NumberFormats.parse("w4a16kv8"))
    matrices = 32 * (4 * 4096**2 + 3 * 4096 * 11008) + 32000 * 4096
    assert footprint.weight_bytes == matrices // 2 + 2 * (32000 * 4096 + 65 * 4096)
    assert footprint.cache_bytes(Phase.decode(4096, 8)) == 2 * 32 * 4096 * 4096 * 8


@pytest.mark.parametrize("name", MODELS)
def test_scales_of_keys_and_values(name: str) -> None:
    """A scale of 16 bits for 32 words of a token's keys, or of its values; the layers take the very same bits."""
    model, formats = MODELS[name], NumberFormats.parse("w4a16kv4g32")
    phase = Phase.decode(64, 8)
    words = 2 * model.layers * model.block.kv_heads * model.block.head_dim * phase.context * phase.batch
    assert 8 * Footprint.of(model, formats).cache_bytes(phase) == words * 4 + words // 32 * 16
    network = LanguageNetwork.of(model, phase).in_formats(formats)
    read = sum(layer.weight_words * layer.weight_bits for layer in network.layers if layer.cached == "W")
    written = sum(layer.output_words * layer.output_bits for layer in network.layers if layer.cached == "O")
    assert (read, written) == (words * 4.5, words * 4.5 / phase.context)


def test_groups_divide_what_a_token_adds() -> None:
    network = LanguageNetwork.of(MODELS["llama2_7b"], Phase.decode(64))
    with pytest.raises(InputError, match=r"kv4g96.* do not divide the 4096 words"):
        network.in_formats(NumberFormats.parse("w4a16kv4g96"))


@pytest.mark.parametrize("context", [1, 1000, 4096])
@pytest.mark.parametrize("batch", [1, 3, 64])
@pytest.mark.parametrize("kept", ["kv4", "kv4g64"])
def test_the_largest_that_fits_is_the_largest(context: int, batch: int, kept: str) -> None:
    footprint = Footprint.of(MODELS["llama2_7b"], NumberFormats.parse(f"w4a16{kept}"))
    for capacity in (footprint.weight_bytes, footprint.weight_bytes + 123_456_789, 40 * 10**9):
        most, longest = footprint.most_sequences(capacity, context), footprint.most_tokens(capacity, batch)
        assert not most or footprint.missing(capacity, Phase.decode(context, most)) == 0
        assert footprint.missing(capacity, Phase.decode(context, most + 1)) > 0
        assert not longest or footprint.missing(capacity, Phase.decode(longest, batch)) == 0
        assert longest == 4096 or footprint.missing(capacity, Phase.decode(longest + 1, batch)) > 0


def test_what_is_missing_is_said() -> None:
    footprint = Footprint.of(MODELS["llama2_7b"], NumberFormats.parse("w4a16"))
    phase = Phase.decode(4096, 8)
    footprint.require(footprint.needed(phase), phase)
    with pytest.raises(
        InputError, match=r"1 too few .* a batch of 7 at this context or a context of 4,095 at this batch"
    ):
        footprint.require(footprint.needed(phase) - 1, phase)
    with pytest.raises(InputError, match="no batch and no context fit"):
        footprint.require(footprint.weight_bytes, phase)

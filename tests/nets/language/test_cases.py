"""Language models from configurations: parameters, products and bytes of every phase against closed forms computed
elsewhere, where those are at hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from nets.consistency import check
from nets.errors import InputError
from nets.given import GivenNetwork
from nets.language.asked import AskedPhase
from nets.language.config import read_language_model
from nets.language.model import LanguageModel
from nets.language.network import LanguageNetwork, language_network
from nets.language.phase import Phase, Step
from nets.language.traffic import FORMATS, Traffic
from nets.number_formats import NumberFormats

CASES = Path(__file__).parents[4] / "shared" / "cases" / "llm" / "cases.csv"


def llama(kind: str = "llama", **given: Any) -> dict[str, Any]:
    """A configuration of Llama's kind: width, layers, heads, key heads, hidden, words, positions."""
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size")
    sizes = dict(zip(names, given.pop("sizes")))
    return {
        "model_type": kind,
        "architectures": ["Any"],
        "rope_scaling": None,
        "max_position_embeddings": 40960,
        **sizes,
        **given,
    }


CONFIGS = {
    "llama2_7b": llama(sizes=(4096, 32, 32, 32, 11008), vocab_size=32000),
    "llama2_70b": llama(sizes=(8192, 80, 64, 8, 28672), vocab_size=32000),
    "llama3_8b": llama(sizes=(4096, 32, 32, 8, 14336), vocab_size=128256),
    "llama3_2_1b": llama(sizes=(2048, 16, 32, 8, 8192), vocab_size=128256, tie_word_embeddings=True, head_dim=64),
    "tinyllama_1_1b": llama(sizes=(2048, 22, 32, 4, 5632), vocab_size=32000),
    "qwen2_5_0_5b": llama("qwen2", sizes=(896, 24, 14, 2, 4864), vocab_size=151936, tie_word_embeddings=True),
    "qwen2_5_7b": llama("qwen2", sizes=(3584, 28, 28, 4, 18944), vocab_size=152064),
    "mixtral_8x7b": llama(
        "mixtral", sizes=(4096, 32, 32, 8, 14336), vocab_size=32000, num_local_experts=8, num_experts_per_tok=2
    ),
}
PARAMETERS = {  # published beside the weights, of kinds that no case has
    "mistral_7b": (llama("mistral", sizes=(4096, 32, 32, 8, 14336), vocab_size=32000), 7_241_732_096),
    "qwen3_8b": (llama("qwen3", sizes=(4096, 36, 32, 8, 12288), vocab_size=151936, head_dim=128), 8_190_735_360),
    "qwen3_30b": (
        llama("qwen3_moe", sizes=(2048, 48, 32, 4, 6144), vocab_size=151936, head_dim=128, num_experts=128,
              num_experts_per_tok=8, moe_intermediate_size=768),
        30_532_122_624,
    ),
    "phi_2": (llama("phi", sizes=(2560, 32, 32, 32, 10240), vocab_size=51200), 2_779_683_840),
    "gpt2": (
        {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "vocab_size": 50257},
        124_439_808,
    ),
}  # fmt: skip


def read(config: dict[str, Any], folder: Path) -> LanguageModel:
    """The model of a configuration's file."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return read_language_model(path)


def rows(name: str) -> list[dict[str, str]]:
    """The cases of a model."""
    with CASES.open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if row["model"] == name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_equal_the_published_ones(name: str, tmp_path: Path) -> None:
    config, parameters = PARAMETERS[name]
    model = read(config, tmp_path)
    assert LanguageNetwork.of(model, Phase.decode(64)).params == parameters
    assert LanguageNetwork.of(model, Phase.prefill(3, batch=2)).params == parameters


@pytest.mark.skipif(not CASES.exists(), reason="the cases are not at hand")
@pytest.mark.parametrize("name", CONFIGS)
def test_every_figure_of_the_cases(name: str, tmp_path: Path) -> None:
    model = read(CONFIGS[name], tmp_path)
    found = rows(name)
    assert found
    for row in found:
        phase = Phase(int(row["new_tokens"]), int(row["context"]), int(row["batch"]))
        network, traffic = LanguageNetwork.of(model, phase), Traffic.of(model, phase)
        assert network.macs == int(row["macs_total_full"])
        assert network.params == int(row["stored_params"])
        kinds = {"w16": "w16", "w8_pc": "w8", "w4_g128": "w4g128", "w4_g128_zp": "w4g128z"}
        for theirs, ours in kinds.items():
            assert traffic.weight_bytes(FORMATS[ours]) == int(row[f"weight_read_bytes_{theirs}"]), theirs
        cache = (traffic.cache_read, traffic.cache_written, traffic.cache_kept)
        assert [2 * words for words in cache] == [
            int(row[f"kv_{kind}_bytes_fp16"]) for kind in ("read", "write", "capacity")
        ]
        assert float(traffic.experts) == pytest.approx(float(row["expected_experts_per_layer"]), abs=1e-6)


def test_weights_that_are_read_are_those_of_the_layers(tmp_path: Path) -> None:
    """Those of experts in expectation; tied tables aside."""
    phases = (Phase.prefill(64), Phase.prefill(4096), Phase.decode(64), Phase.decode(64, batch=3), Phase.decode(9, 8))
    for name in ("llama2_7b", "qwen2_5_7b", "mixtral_8x7b"):
        model = read(CONFIGS[name], tmp_path)
        for phase in phases:
            static = [layer for layer in LanguageNetwork.of(model, phase).mac_layers if not layer.dynamic_weights]
            traffic = Traffic.of(model, phase)
            words = sum(count * outputs * inputs for count, outputs, inputs in traffic.matrices) + traffic.output
            found = sum(la.weight_words * la.times for la in static if not la.name.endswith(".router"))
            assert float(words) == pytest.approx(found, rel=1e-12)


def test_experts_of_eight_sequences(tmp_path: Path) -> None:
    """8 tokens choose 2 of 8 experts: 8 (1 - 0.75^8) = 7.1991 are expected, by 7 of them and by 8, MACs exact."""
    model, phase = read(CONFIGS["mixtral_8x7b"], tmp_path), Phase.decode(512, batch=8)
    network = LanguageNetwork.of(model, phase)
    ups = [layer for layer in network.layers if layer.name.startswith("block1.mlp.experts") and ".up" in layer.name]
    assert {layer.name: layer.G for layer in ups} == {
        "block1.mlp.experts8.up": 8, "block1.mlp.experts7.up": 5, "block1.mlp.experts7_busier.up": 2,
    }  # fmt: skip
    assert sum(layer.G * layer.times for layer in ups) == pytest.approx(7.1991, abs=5e-5)
    assert network.macs == LanguageNetwork.of(model, phase, experts=7).macs
    assert network.params == 46_702_792_704


@pytest.mark.parametrize("phase", [Phase.prefill(64, batch=2), Phase.decode(64, batch=3), Phase(8, 64)])
def test_keys_and_values_of_the_layers_are_those_of_the_cache(phase: Phase, tmp_path: Path) -> None:
    """Of every layout: rotated or normalised keys, shared heads, both at once, neither."""
    kinds = ("qwen3_8b", "gpt2", "phi_2")
    for config in (CONFIGS["mixtral_8x7b"], *(PARAMETERS[kind][0] for kind in kinds)):
        model = read(config, tmp_path)
        layers = LanguageNetwork.of(model, phase).in_formats(NumberFormats.parse("w4a16kv6")).layers
        reads = [layer for layer in layers if layer.weight_bits == 6]
        writes = [layer for layer in layers if layer.output_bits == 6]
        traffic = Traffic.of(model, phase)
        assert sum(layer.weight_words for layer in reads) == traffic.cache_kept
        assert sum(layer.output_words for layer in writes) == traffic.cache_written
        assert {layer.output_bits for layer in layers} == {6, 16}


def test_experts_share_out_all_pairs(tmp_path: Path) -> None:
    """Whatever number of them is used, every token is worked on by as many as it chose."""
    model, phase = read(CONFIGS["mixtral_8x7b"], tmp_path), Phase.decode(64, batch=7)
    for used in range(2, 9):
        network = LanguageNetwork.of(model, phase, experts=used)
        down = [layer for layer in network.layers if layer.name.startswith("block1.") and layer.name.endswith("s.down")]
        down += [la for la in network.layers if la.name.startswith("block1.") and la.name.endswith("busier.down")]
        assert sum(layer.G * layer.P for layer in down) == 14
        assert sum(layer.G for layer in down) == used
        assert network.params == LanguageNetwork.of(model, phase).params
    with pytest.raises(InputError, match="experts: 9 must be 2 to 8"):
        LanguageNetwork.of(model, phase, experts=9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "lama"}, "did you mean .llama."),
        ({"model_type": None}, "is missing, or no name"),
        ({"hidden_size": 0}, "hidden_size"),
        ({"num_attention_heads": 31}, "must divide the width of 4096"),
        ({"num_key_value_heads": 5}, r"config\.json: .*must divide the 32 heads"),
        ({"vocab_size": "many"}, "vocab_size"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read(CONFIGS["llama2_7b"] | change, tmp_path)


def test_a_phase_attends_to_what_it_works_on() -> None:
    with pytest.raises(InputError, match="context: 4 must hold at least the 8 new tokens"):
        Phase(8, 4)


def test_a_network_is_that_of_a_file_or_of_a_reference_model(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIGS["llama3_8b"]))
    asked = AskedPhase("decode", context=2048, batch=8)
    ours, theirs = language_network(str(path), asked), language_network("llama3_8b", asked)
    assert ours is not None
    assert theirs is not None
    assert ours.layers == theirs.layers
    assert ours.figures() == theirs.figures()
    assert ours.figures()["kv_bytes"]["16 bits"]["kept"] == 2 * ours.model.cache_words(2048) * 8
    assert language_network("llama3_8b", AskedPhase()) is None


def test_a_request_is_its_phases_each_as_often_as_it_is_gone_through(tmp_path: Path) -> None:
    model = read(CONFIGS["mixtral_8x7b"], tmp_path)
    prompt, token = Phase.prefill(96, batch=2), Phase.decode(128, batch=2)
    steps = [Step("prefill", prompt), Step("decode", token, 32)]
    request = LanguageNetwork.request(model, steps)
    first, then = LanguageNetwork.of(model, prompt), LanguageNetwork.of(model, token)
    assert request.macs == first.macs + 32 * then.macs
    assert request.params == first.params
    check(LanguageNetwork.request(read(CONFIGS["llama3_8b"], tmp_path), steps))
    times = {layer.shape_key: count for layer, count in request.unique_layers()}
    for layer, count in then.unique_layers():
        assert times[layer.shape_key] >= 32 * count * (1 - 1e-12)
    kept = GivenNetwork.of(request)
    assert GivenNetwork.of(kept.network()) == kept
    assert kept.network().macs == request.macs

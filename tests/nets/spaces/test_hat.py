"""HAT's spaces: published sizes of published networks, the config's spellings, and what a translation computes."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.errors import InputError
from nets.spaces.decisions import all_codes
from nets.spaces.hat import FEATURES, HatSpace, load_hat_space

WMT = load_hat_space("hat-wmt")
MEASURED = Path(__file__).resolve().parents[4] / "shared" / "cases" / "networks" / "transformerlt.csv"
SMALL = HatSpace(
    "small",
    "small",
    embed_dims=(8, 16),
    ffn_dims=(4,),
    heads=(1,),
    encoder_layers=2,
    decoder_layers=2,
    qkv_dim=16,
    vocabulary=10,
    tokens=4,
)


def config(
    *,
    width: int,
    encoder_heads: list[int],
    decoder_ffn: list[int],
    heads: list[int],
    cross: list[int],
    reach: list[int],
) -> dict[str, object]:
    """A config as HAT's files of subnets write it."""
    return {
        "encoder": {
            "encoder_embed_dim": width,
            "encoder_layer_num": 6,
            "encoder_ffn_embed_dim": [3072] * 6,
            "encoder_self_attention_heads": encoder_heads,
        },
        "decoder": {
            "decoder_embed_dim": 512,
            "decoder_layer_num": len(decoder_ffn),
            "decoder_ffn_embed_dim": decoder_ffn,
            "decoder_self_attention_heads": heads,
            "decoder_ende_attention_heads": cross,
            "decoder_arbitrary_ende_attn": reach,
        },
    }


def test_the_published_size_of_the_57_ms_network() -> None:
    """HAT's README: 30.47 M parameters and 1.87 GFLOPs (two per MAC) for WMT'14 En-De on a Titan Xp, BLEU 25.8."""
    smallest = config(width=512, encoder_heads=[4, 8, 8, 8, 8, 8], decoder_ffn=[3072], heads=[8], cross=[8], reach=[1])
    macs, params = WMT.macs_params(smallest)
    assert round(params / 1e6, 2) == 30.47
    assert 2 * macs / 1e9 == pytest.approx(1.87, abs=0.015)


@pytest.mark.skipif(not MEASURED.exists(), reason="transformerlt.csv is not at hand")
def test_sizes_of_measured_networks() -> None:
    """Parameters to the last one; MACs but for the norms, which their profiler counts (below a thousandth).

    The file's columns stand one to the left of their titles.
    """
    with MEASURED.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 19
    for row in rows:
        genes = ast.literal_eval(row["Sub-network"])
        assert WMT.macs_params(genes)[1] == int(row["MACs"])
        macs = WMT.network(genes).macs
        assert macs < int(row["Latency (ms)"]) < 1.0005 * macs


def test_number_of_architectures() -> None:
    """Widths, six encoder layers of 3 x 2 choices, decoders of 1 to 6 layers of 3 x 2 x 2 x 3."""
    assert WMT.total_size == 4 * 6**6 * sum(36**layers for layers in range(1, 7))
    assert SMALL.total_size == len(list(all_codes(SMALL))) == 4 * (2 + 4)


def test_spellings_of_one_architecture() -> None:
    short = WMT.min_config()
    spelled = short | {
        "encoder_embed_dim": [512],
        "encoder_layer_num": [6],
        "decoder_ffn_embed_dim": [1024, 3072, 2048],  # two layers that do not run
    }
    assert WMT.canonical(spelled) == short
    sides: dict[str, dict[str, object]] = {"encoder": {}, "decoder": {}}
    for name, value in short.items():
        sides[name.partition("_")[0]][name] = value
    assert WMT.canonical(sides) == short


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_codes_are_the_architecture(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for drawn in (WMT.draw(rng), WMT.sample(rng), WMT.mutate(WMT.draw(rng), rng, 0.5)):
        assert WMT.canonical(drawn) == drawn
        assert WMT.decode(WMT.encode(drawn)) == drawn


def test_features_are_hats() -> None:
    features = dict(zip(FEATURES, WMT.features([WMT.max_config() | {"decoder_ffn_embed_dim": [1024, 3072] * 3}])[0]))
    assert features["decoder_ffn_embed_dim_avg"] == 2048
    assert features["decoder_arbitrary_ende_attn_avg"] == 3
    assert features["encoder_layer_num"] == 6
    assert WMT.features([]).shape == (0, 10)


def test_translating_token_by_token_multiplies_as_much_as_all_at_once_but_for_the_future() -> None:
    """Steps 1 to 5 and the encoder: the whole pass, less the half of self-attention that looks ahead."""
    genes = WMT.min_config()
    whole = WMT.network(genes, source=7, target=5)
    once = sum(
        layer.macs
        for layer in whole.layers
        if layer.name.startswith("encoder") or ".cross.key" in layer.name or ".cross.value" in layer.name
    )
    steps = sum(WMT.network(genes, source=7, target=target, step=True).macs for target in range(1, 6))
    ahead = sum(5 * 4 // 2 * 2 * 512 for _ in range(genes["decoder_layer_num"]))
    assert once + steps == whole.macs - ahead


def test_the_cross_attention_reads_several_encoder_layers() -> None:
    net = WMT.network(WMT.max_config(), source=9, target=4)
    assert net.layer("decoder.layer1.cross.key").P == 27
    assert net.inputs("decoder.layer1.cross.key") == tuple(f"encoder.layer{layer}.norm" for layer in (6, 5, 4))
    assert net.layer("decoder.layer1.cross.qk").K == 27


@pytest.mark.parametrize(
    "change, said",
    [
        ({"decoder_embed_dim": 600}, "decoder_embed_dim: 600 must be one of 512, 640"),
        ({"decoder_layer_num": 7}, "decoder_layer_num: 7 must be one of 1, 2, 3, 4, 5, 6"),
        ({"encoder_layer_num": 4}, "encoder_layer_num: 4 must be 6"),
        ({"encoder_ffn_embed_dim": [3072]}, "has 1 entries and must have 6"),
        ({"decoder_ffn_embed_dim": []}, "has 0 entries and must have 1 to 6"),
        ({"decoder_self_attention_heads": [3]}, r"decoder_self_attention_heads\[0\]: 3 must be one of 4, 8"),
        ({"decoder_self_attention_heads": 8}, "must be a list"),
        ({"decoder_ffn_dim": [3072]}, "did you mean 'decoder_ffn_embed_dim'"),
        ({"encoder_embed_dim": None}, "must be one of"),
    ],
)
def test_bad_configs_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        WMT.canonical(WMT.min_config() | change)


def test_bad_requests_are_refused() -> None:
    lacking = {name: value for name, value in WMT.min_config().items() if name != "decoder_layer_num"}
    with pytest.raises(InputError, match="decoder_layer_num is missing"):
        WMT.canonical(lacking)
    with pytest.raises(InputError, match="did you mean 'hat-wmt'"):
        load_hat_space("hat-wm")
    with pytest.raises(InputError, match="tokens: 0 must be at least 1"):
        WMT.network(WMT.min_config(), target=0)

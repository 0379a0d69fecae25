"""cosearch evaluate of language models: time to the first token, tokens a second, joule a token, memory, grids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cosearch.conftest import Cosearch

GPT2 = (
    "evaluate",
    "--network",
    "gpt2",
    "--accelerator",
    "nvdla_1024",
    "--precision",
    "w4a16kv8",
    "--evaluations",
    "40",
)


def test_a_request_says_when_its_first_token_is_there(cosearch: Cosearch) -> None:
    found = cosearch(*GPT2, "--phase", "prefill:64,decode:96x32", "--batch", "2", "--json").json
    serving, network = found["serving"], found["networks"][0]
    prompt, token = serving["phases"]
    assert serving["time_to_first_token_s"] == prompt["latency_s"]
    assert prompt["latency_s"] + 32 * token["latency_s"] == pytest.approx(network["latency_s"])
    assert prompt["energy_j"] + 32 * token["energy_j"] == pytest.approx(network["energy_pj"] * 1e-12)
    assert serving["tokens_per_s"] == pytest.approx(2 / token["latency_s"])
    assert serving["joule_per_token"] == pytest.approx(token["energy_j"] / 2)
    matrices = 12 * 12 * 768**2
    assert token["weight_bytes"] == matrices // 2 + 2 * 50257 * 768  # a tied table is as wide as activations
    assert token["kv_bytes"] == {"read": 2 * 2 * 12 * 768 * 95, "written": 2 * 2 * 12 * 768, "kept": 4 * 12 * 768 * 96}


def test_a_person_reads_the_same(cosearch: Cosearch) -> None:
    said = cosearch(*GPT2, "--phase", "decode").out
    assert "tokens/s" in said
    assert "time to first token" not in said
    assert "DRAM is not limited (--dram-capacity)" in said


def test_experts_are_those_expected(cosearch: Cosearch, tmp_path: Path) -> None:
    """Two small blocks: 3 tokens choose 2 of 4 experts each, 3.5 in expectation; every weight read once."""
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sizes | {
        "model_type": "mixtral", "vocab_size": 256, "max_position_embeddings": 128, "num_local_experts": 4,
        "num_experts_per_tok": 2,
    }))  # fmt: skip
    words = ("evaluate", "--network", path, "--phase", "decode", "--batch", 3, "--context", 32, *GPT2[3:])
    (phase,) = cosearch(*words, "--json").json["serving"]["phases"]
    assert phase["experts"] == {"expected": 3.5, "fewest": 2, "most": 4}
    weights = 2 * (4 * 64 * 64 + 4 * 64 + 3.5 * 3 * 64 * 128) + 256 * 64
    assert phase["weight_bytes"] == weights / 2
    assert "of 3.5 experts a block (2 to 4)" in cosearch(*words).out


def test_a_grid_is_what_its_points_are(cosearch: Cosearch) -> None:
    """Layers of one shape are mapped once, and a point costs what it costs by itself."""
    points = cosearch(*GPT2, "--sweep", "context=128..512", "batch=1,4", "--json").json["points"]
    assert [(point["context"], point["batch"]) for point in points] == [
        (context, batch) for context in (128, 256, 512) for batch in (1, 4)
    ]
    alone = cosearch(*GPT2, "--phase", "prefill,decode", "--context", "256", "--batch", "4", "--json").json["serving"]
    same = dict(points[3])
    assert (same.pop("context"), same.pop("batch")) == (256, 4)
    for key in ("time_to_first_token_s", "tokens_per_s", "joule_per_token"):
        assert same.pop(key) == pytest.approx(alone.pop(key), rel=1e-12)
    assert same["memory"] == alone["memory"]
    for ours, theirs in zip(same["phases"], alone["phases"], strict=True):
        assert ours.pop("kv_bytes") == theirs.pop("kv_bytes")
        assert ours.pop("name") == theirs.pop("name")
        assert ours == pytest.approx(theirs, rel=1e-12)


def test_a_grid_of_one_phase_and_a_capacity(cosearch: Cosearch) -> None:
    words = (*GPT2, "--phase", "decode", "--sweep", "batch=1..48", "--context", "1024", "--dram-capacity", "200MB")
    points = cosearch(*words, "--json").json["points"]
    assert [point["batch"] for point in points] == [1, 2, 4, 8, 16, 32, 48]
    assert {point["time_to_first_token_s"] for point in points} == {None}
    for point in points:
        memory = point["memory"]
        assert (memory["missing_bytes"] > 0) == (point["batch"] > memory["largest_batch"])
    assert points[0]["memory"]["missing_bytes"] == 0 < points[-1]["memory"]["missing_bytes"]
    said = cosearch(*words).out
    assert "fits" in said
    assert "missing; what fits: a batch of" in said


def test_what_cannot_be_counted_is_left_out_and_said(cosearch: Cosearch) -> None:
    words = ("--network", "llama3_2_1b", "--sweep", "context=128k", "batch=64", *GPT2[3:], "--json")
    (point,) = cosearch("evaluate", *words).json["points"]
    assert "too large to be counted exactly" in point["left_out"]
    assert point["time_to_first_token_s"] is None
    assert point["tokens_per_s"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sweep", "contxt=1k"), "did you mean 'context'"),
        (("--sweep", "context"), "has no values"),
        (("--sweep", "context=4..1"), "must rise"),
        (("--sweep", "batch=4,4"), "must rise"),
        (("--sweep", "batch=0"), "must be a whole number of at least 1"),
        (("--sweep", "context=2k"), "context: 2048 must be at most the 1024 positions"),
        (("--sweep", "batch=1..4", "--batch", "3"), "is given twice"),
        (("--sweep", "batch=1..4", "--context", "0"), "0 must be a whole number"),
        (("--phase", "decode", "--context", "2k"), "--context: 2048 must be at most the 1024 positions"),
        (("--phase", "decode", "--context", "2kk"), "'2kk' is no whole number; write e.g. 2048 or 2k"),
        (("--sweep", "batch=1..4", "--new", "2"), "--new: 2 says nothing of a sweep"),
        (("--sweep", "batch=1..4", "--resolution", "64"), "--resolution: 64 says nothing of a sweep"),
        (("--sweep", "batch=1..4", "--phase", "decode:8"), "did you mean 'decode'"),
        (("--sweep", "batch=1..4", "--phase", "decode,decode"), "is named twice"),
        (("--phase", "decode", "--dram-capacity", "8"), "needs a unit; did you mean 8GB"),
        (("--phase", "decode", "--dram-capacity", "125MB", "--context", "512"), "what fits: a context of"),
        (("--dram-capacity", "8GB"), "is of language models in a phase"),
    ],
)
def test_what_is_wrong_is_named(words: tuple[str, ...], said: str, cosearch: Cosearch) -> None:
    spoken = cosearch(*GPT2, *words)
    assert spoken.status == 2
    assert said in spoken.err


def test_what_is_no_language_model_is_not_swept(cosearch: Cosearch) -> None:
    spoken = cosearch("evaluate", "--network", "lama2_7b", "--sweep", "batch=1", "--accelerator", "nvdla_1024")
    assert spoken.status == 2
    assert "did you mean 'llama2_7b'" in spoken.err
    spoken = cosearch("evaluate", "best.yaml", "--sweep", "batch=1")
    assert "is of a network that is named" in spoken.err

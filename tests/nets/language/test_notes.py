"""What a configuration says that layers do not have is noted, and nothing where it changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nets.language.config import read_language_model

SIZES = {
    "model_type": "mistral", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4,
    "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 4096,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ()),
        ({"sliding_window": None}, ()),
        ({"sliding_window": 4096}, ()),
        ({"sliding_window": 1024, "use_sliding_window": False}, ()),
        ({"sliding_window": 1024}, ("attention is counted whole, without its window of 1,024 tokens",)),
        (
            {"quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}},
            ("weights are stored in awq format of 4 bits: how wide they are here is said by --precision",),
        ),
    ],
)
def test_notes(more: dict[str, object], said: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(SIZES | more))
    assert read_language_model(tmp_path / "config.json").notes == said

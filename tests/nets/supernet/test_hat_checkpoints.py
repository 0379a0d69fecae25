"""HAT's files: names and shapes as its code has them, read as they were written, and refused where they do not fit."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from nets.errors import InputError
from nets.spaces.hat import HatSpace, load_hat_space
from nets.supernet import TransformerSupernet
from nets.supernet.hat_checkpoints import hat_state_dict, load_hat, save_hat


def space(*, shared: bool = True) -> HatSpace:
    return HatSpace(
        "hat-small",
        "small",
        embed_dims=(16, 24),
        ffn_dims=(8, 20),
        heads=(2, 4),
        encoder_layers=2,
        decoder_layers=2,
        qkv_dim=16,
        vocabulary=30,
        target_vocabulary=30 if shared else 18,
        shared_embeddings=shared,
        tokens=6,
    )


def translated(supernet: TransformerSupernet, config: dict[str, object]) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    source, target = (torch.randint(2, 18, (2, length), generator=generator) for length in (5, 4))
    with torch.no_grad():
        return supernet.eval()(source, target, config)


def test_names_and_shapes_are_fairseqs() -> None:
    """The published space's, without memory: 640 wide, 512 for queries, keys and values, which are one matrix."""
    with torch.device("meta"):
        state = hat_state_dict(TransformerSupernet(load_hat_space("hat-iwslt"), seed=None))
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    assert shapes["encoder.embed_tokens.weight"] == (8848, 640)
    assert shapes["decoder.embed_tokens.weight"] == shapes["decoder.embed_out"] == (6632, 640)
    layer = {name.removeprefix("decoder.layers.5."): shape for name, shape in shapes.items() if ".layers.5." in name}
    layer = {name: shape for name, shape in layer.items() if not name.startswith("encoder.layers")}
    attention = {
        "in_proj_weight": (1536, 640),
        "in_proj_bias": (1536,),
        "out_proj.weight": (640, 512),
        "out_proj.bias": (640,),
    }
    norms = ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm")
    assert layer == {
        **{f"{which}.{name}": shape for which in ("self_attn", "encoder_attn") for name, shape in attention.items()},
        **{f"{norm}.{name}": (640,) for norm in norms for name in ("weight", "bias")},
        "fc1.weight": (2048, 640),
        "fc1.bias": (2048,),
        "fc2.weight": (640, 2048),
        "fc2.bias": (640,),
    }
    assert len([name for name in shapes if name.startswith("encoder.layers.5.")]) == 12


@pytest.mark.parametrize("shared", [True, False])
def test_a_file_as_hat_writes_it_is_read(shared: bool, tmp_path: Path) -> None:
    """With its options, an optimiser's state and half as many bits; every sub-transformer says what it said."""
    known = TransformerSupernet(space(shared=shared), seed=1)
    options = Namespace(arch="transformersuper_wmt_en_de", encoder_embed_dim=24, qkv_dim=16, lr=[1e-7])
    record = {
        "args": options,
        "model": hat_state_dict(known),
        "optimizer_history": [{"criterion_name": "LabelSmoothedCrossEntropyCriterion", "num_updates": 3}],
        "last_optimizer_state": {"state": {0: {"step": 3, "exp_avg": torch.zeros(4)}}},
    }
    torch.save(record, tmp_path / "super.pt")
    found = load_hat(tmp_path / "super.pt", space(shared=shared))
    rng = np.random.default_rng(0)
    for config in (found.space.min_config(), found.space.max_config(), found.space.draw(rng)):
        assert torch.equal(translated(found, config), translated(known, config))
    save_hat(found, tmp_path / "again.pt")
    again = torch.load(tmp_path / "again.pt", weights_only=True)["model"]
    assert again.keys() == record["model"].keys()  # type: ignore[attr-defined]


def test_the_file_says_how_many_words_there_are(tmp_path: Path) -> None:
    save_hat(TransformerSupernet(space().of_vocabularies(44, 44)), tmp_path / "super.pt")
    assert load_hat(tmp_path / "super.pt", space()).space.target_vocabulary == 44


def test_files_of_other_spaces_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "super.pt"
    save_hat(TransformerSupernet(space()), path)
    with pytest.raises(InputError, match=r"tensor: 'decoder\.embed_out' is missing"):
        load_hat(path, space(shared=False))
    with pytest.raises(InputError, match=r"layers\.2\..* is missing"):
        load_hat(path, "hat-wmt")
    state = hat_state_dict(TransformerSupernet(space()))
    state["encoder.layers.0.fc1.bias"][0] = torch.nan
    torch.save({"model": state}, path)
    with pytest.raises(InputError, match="holds what is no number"):
        load_hat(path, space())
    torch.save({"model": {"encoder.embed_tokens.weight": torch.zeros(30, 24)}}, path)
    with pytest.raises(InputError, match=r"decoder\.embed_tokens\.weight' must be there"):
        load_hat(path, space())


def test_nothing_that_a_file_could_run_is_run(tmp_path: Path) -> None:
    torch.save({"model": {}, "args": Path("somewhere")}, tmp_path / "super.pt")
    with pytest.raises(InputError, match="cannot be read"):
        load_hat(tmp_path / "super.pt", space())

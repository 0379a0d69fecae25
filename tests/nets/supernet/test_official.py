"""Published checkpoints: the documented names and shapes load, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nets.errors import InputError
from nets.supernet import load_official, official_state_dict
from nets.supernet.official import plain_name
from tests.nets.supernet.networks import random_supernet
from tests.nets.supernet.reference import STAGES, by_eight

Shapes = dict[str, tuple[int, ...]]

WIDTHS = {
    "ofa-mbv3-w1.0": (16, 16, [24, 40, 80, 112, 160], 960, 1280),
    "ofa-mbv3-w1.2": (24, 24, [32, 48, 96, 136, 192], 1152, 1536),
    "ofa-proxyless-w1.3": (40, 24, [32, 56, 104, 128, 248, 416], None, 1664),
}
"""Channels of first convolution, first block, stages, last expansion and feature mix."""


def norm(name: str, channels: int) -> Shapes:
    tensors: Shapes = {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return tensors | {f"{name}.num_batches_tracked": ()}


def documented_mobile(space_id: str) -> Shapes:
    """Names and shapes of ofa_mbv3_d234_e346_k357_w1.0, its w1.2, and ofa_proxyless_d234_e346_k357_w1.3."""
    first, block0, stages, last, mix = WIDTHS[space_id]
    shapes: Shapes = {"first_conv.conv.weight": (first, 3, 3, 3)} | norm("first_conv.bn", first)
    shapes |= {"blocks.0.conv.depth_conv.conv.weight": (first, 1, 3, 3)} | norm("blocks.0.conv.depth_conv.bn", first)
    shapes |= {"blocks.0.conv.point_linear.conv.weight": (block0, first, 1, 1)}
    shapes |= norm("blocks.0.conv.point_linear.bn", block0)
    number, before = 1, block0
    squeezes = [bool(stage[2]) for stage in STAGES[space_id.replace("w1.2", "w1.0")]]
    for stage, (channels, squeeze) in enumerate(zip(stages, squeezes)):
        for _ in range(1 if stage == 5 else 4):
            block, mid = f"blocks.{number}.conv", by_eight(before * 6)
            shapes |= {f"{block}.inverted_bottleneck.conv.conv.weight": (mid, before, 1, 1)}
            shapes |= norm(f"{block}.inverted_bottleneck.bn.bn", mid)
            shapes |= {f"{block}.depth_conv.conv.conv.weight": (mid, 1, 7, 7)}
            shapes |= {f"{block}.depth_conv.conv.7to5_matrix": (25, 25), f"{block}.depth_conv.conv.5to3_matrix": (9, 9)}
            shapes |= norm(f"{block}.depth_conv.bn.bn", mid)
            if squeeze:
                few, se = by_eight(mid // 4), f"{block}.depth_conv.se.fc"
                shapes |= {f"{se}.reduce.weight": (few, mid, 1, 1), f"{se}.reduce.bias": (few,)}
                shapes |= {f"{se}.expand.weight": (mid, few, 1, 1), f"{se}.expand.bias": (mid,)}
            shapes |= {f"{block}.point_linear.conv.conv.weight": (channels, mid, 1, 1)}
            shapes |= norm(f"{block}.point_linear.bn.bn", channels)
            number, before = number + 1, channels
    if last is not None:
        shapes |= {"final_expand_layer.conv.weight": (last, before, 1, 1)} | norm("final_expand_layer.bn", last)
        shapes |= {"feature_mix_layer.conv.weight": (mix, last, 1, 1)}
    else:
        shapes |= {"feature_mix_layer.conv.weight": (mix, before, 1, 1)} | norm("feature_mix_layer.bn", mix)
    return shapes | {"classifier.linear.weight": (1000, mix), "classifier.linear.bias": (1000,)}


def documented_resnet50() -> Shapes:
    """Names and shapes of ofa_supernet_resnet50."""

    def conv(name: str, out: int, into: int, kernel: int) -> Shapes:
        return {f"{name}.conv.conv.weight": (out, into, kernel, kernel)} | norm(f"{name}.bn.bn", out)

    shapes = conv("input_stem.0", 32, 3, 3) | conv("input_stem.1.conv", 32, 32, 3) | conv("input_stem.2", 64, 32, 3)
    number, before = 0, 64
    for blocks, channels in zip((4, 4, 6, 4), (256, 512, 1024, 2048)):
        mid = by_eight(round(channels * 0.35))
        for index in range(blocks):
            block = f"blocks.{number}"
            shapes |= conv(f"{block}.conv1", mid, before, 1) | conv(f"{block}.conv2", mid, mid, 3)
            shapes |= conv(f"{block}.conv3", channels, mid, 1)
            if not index:
                shapes |= conv(f"{block}.downsample", channels, before, 1)
            number, before = number + 1, channels
    return shapes | {"classifier.linear.linear.weight": (1000, 2048), "classifier.linear.linear.bias": (1000,)}


def documented(space_id: str) -> Shapes:
    return documented_resnet50() if space_id == "ofa-resnet50" else documented_mobile(space_id)


def write(path: Path, shapes: Shapes, *, older: bool = False) -> dict[str, torch.Tensor]:
    """A checkpoint of random tensors, as torch wrote those: a record with the state dict in it."""
    generator = torch.Generator().manual_seed(0)
    state = {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}
    if older:
        state = {name.replace(".conv.", ".mobile_inverted_conv.", 1): tensor for name, tensor in state.items()}
    torch.save({"state_dict": state}, path)
    return state


@pytest.mark.parametrize("space_id", ["ofa-mbv3-w1.0", "ofa-mbv3-w1.2", "ofa-proxyless-w1.3", "ofa-resnet50"])
def test_documented_names_and_shapes_load(space_id: str, tmp_path: Path) -> None:
    """Every tensor arrives where it belongs: written back, the names, shapes and values are the file's."""
    state = write(tmp_path / "supernet", documented(space_id))
    loaded = official_state_dict(load_official(tmp_path / "supernet", space_id))
    assert loaded.keys() == state.keys()
    for name, tensor in state.items():
        assert loaded[name].shape == tensor.shape, name
        torch.testing.assert_close(loaded[name], tensor.to(loaded[name].dtype), rtol=0, atol=0)


def test_older_spelling_of_blocks_loads(tmp_path: Path) -> None:
    """Files from before mid-2020 call the inside of a block ``mobile_inverted_conv``."""
    shapes = {name: shape for name, shape in documented("ofa-mbv3-w1.0").items() if name.startswith("blocks.")}
    whole = documented("ofa-mbv3-w1.0")
    state = write(tmp_path / "older", shapes, older=True)
    rest = write(tmp_path / "rest", {name: shape for name, shape in whole.items() if name not in shapes})
    assert any("mobile_inverted_conv" in name for name in state)
    torch.save({"state_dict": state | rest}, tmp_path / "older")
    supernet = load_official(tmp_path / "older", "ofa-mbv3-w1.0")
    expected = state["blocks.7.mobile_inverted_conv.depth_conv.conv.conv.weight"]
    assert torch.equal(supernet.get_parameter("slots.stage2_block3.depthwise.conv.weight"), expected)


def test_what_was_written_by_official_names_loads_again(tmp_path: Path) -> None:
    supernet = random_supernet("ofa-digits")
    torch.save(official_state_dict(supernet), tmp_path / "digits")
    again = load_official(tmp_path / "digits", "ofa-digits")
    for name, tensor in supernet.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


@pytest.mark.parametrize(
    "spelling, plain",
    [
        ("blocks.3.mobile_inverted_conv.point_linear.conv.conv.weight", "blocks.3.conv.point_linear.conv.weight"),
        ("blocks.3.conv.depth_conv.bn.bn.running_var", "blocks.3.conv.depth_conv.bn.running_var"),
        ("module.classifier.linear.linear.bias", "classifier.linear.bias"),
        ("classifier.linear.bias", "classifier.linear.bias"),
    ],
)
def test_spellings_fold_into_one(spelling: str, plain: str) -> None:
    assert plain_name(spelling) == plain


def test_checkpoint_of_another_space_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "supernet", documented("ofa-mbv3-w1.2"))
    with pytest.raises(InputError, match=r"in a checkpoint of ofa-mbv3-w1\.0; it is a checkpoint of ofa-mbv3-w1\.2"):
        load_official(tmp_path / "supernet", "ofa-mbv3-w1.0")


@pytest.mark.parametrize("lacking", ["num_batches_tracked", "_matrix"])
def test_what_older_files_and_full_networks_lack_stays_as_it_begins(lacking: str, tmp_path: Path) -> None:
    """Counts of batches, which older torch did not keep; kernel matrices, which ofa_mbv3_d4_e6_k7 does not have."""
    shapes = {name: shape for name, shape in documented("ofa-mbv3-w1.0").items() if not name.endswith(lacking)}
    state = write(tmp_path / "supernet", shapes)
    supernet = load_official(tmp_path / "supernet", "ofa-mbv3-w1.0")
    loaded = official_state_dict(supernet)
    left = loaded.keys() - state.keys()
    assert left
    for name, tensor in loaded.items():
        if name in left:
            begin = torch.eye(len(tensor)) if tensor.dim() else torch.tensor(0)
            assert torch.equal(tensor, begin.to(tensor.dtype)), name
        else:
            assert torch.equal(tensor, state[name].reshape(tensor.shape).to(tensor.dtype)), name


def test_the_number_of_classes_is_the_files(tmp_path: Path) -> None:
    shapes = documented("ofa-mbv3-w1.0") | {"classifier.linear.weight": (37, 1280), "classifier.linear.bias": (37,)}
    write(tmp_path / "supernet", shapes)
    assert load_official(tmp_path / "supernet", "ofa-mbv3-w1.0").classes == 37


def test_missing_and_left_over_tensors_are_named(tmp_path: Path) -> None:
    shapes = documented("ofa-proxyless-w1.3")
    squeezed = [name for name in shapes if ".inverted_bottleneck." in name]
    write(tmp_path / "less", {name: shape for name, shape in shapes.items() if name not in squeezed})
    with pytest.raises(InputError, match=r"tensor: 'blocks.1.*' is missing .* \d+ more do not fit"):
        load_official(tmp_path / "less", "ofa-proxyless-w1.3")
    write(tmp_path / "more", shapes | {"head.weight": (1,)})
    with pytest.raises(InputError, match=r"tensor: 'head\.weight' is not expected"):
        load_official(tmp_path / "more", "ofa-proxyless-w1.3")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a checkpoint")
    torch.save([1, 2], tmp_path / "list")
    for name, rule in (("text", "cannot be read"), ("list", "does not hold named tensors"), ("none", "cannot be read")):
        with pytest.raises(InputError, match=rule):
            load_official(tmp_path / name, "ofa-digits")
    with pytest.raises(InputError, match="did you mean 'ofa-digits'"):
        load_official(tmp_path / "text", "ofa-digit")

"""Models of other people's packages by package and name: what ``benchmarks/imports.py`` imports.

Importing this module declares the two operators that torchvision's build for CUDA registers, without which the one for
PyTorch's CPU build does not import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn

_DECLARED: Final = torch.library.Library("torchvision", "DEF")
for _schema in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    _DECLARED.define(_schema)

Example = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]
"""A module, and its inputs by position and by name."""


def build(package: str, model: str, inputs: str) -> Example:
    """A model and example inputs of the shapes that a row of the table says.

    Args:
        inputs: as the table writes them, such as ``1x3x224x224`` or ``1x128 tokens``.

    Raises:
        KeyError: nothing here knows the package or the model.
    """
    shapes = [tuple(map(int, found.split("x"))) for found in re.findall(r"\d+(?:x\d+)+", inputs)]
    return _PACKAGES[package](model, shapes, inputs)


def _images(shapes: list[tuple[int, ...]]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.empty(shape) for shape in shapes)


def _tokens(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.int64)


def _timm(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    import timm

    return timm.create_model(model), _images(shapes), {}


def _torchvision(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    import torchvision

    extra = {"weights_backbone": None} if "_" in model and model.split("_")[0] in _SEGMENTATION else {}
    images = _images(shapes)
    images = images * 2 if model.startswith("raft") and len(images) == 1 else images
    return torchvision.models.get_model(model, weights=None, **extra), images, {}


_SEGMENTATION: Final = ("deeplabv3", "fcn", "lraspp")


def _smp(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    import segmentation_models_pytorch as smp

    architectures = {name.lower(): name for name in dir(smp) if name[0].isupper()}
    name = next(each for each in sorted(architectures, key=len, reverse=True) if model.startswith(f"{each}_"))
    made = getattr(smp, architectures[name])(model[len(name) + 1 :], encoder_weights=None)
    return made, _images(shapes), {}


def _ultralytics(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    from ultralytics.nn.tasks import DetectionModel

    return DetectionModel(f"{model}.yaml", verbose=False), _images(shapes), {}


def _open_clip(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    import open_clip

    image, text = shapes
    return open_clip.create_model(model), (torch.empty(image), _tokens(text)), {}


def _efficientnet(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    from efficientnet_pytorch import EfficientNet

    return EfficientNet.from_name(model), _images(shapes), {}


def _vit_pytorch(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    from vit_pytorch import ViT

    patch = int(re.search(r"\d+$", model)[0])  # type: ignore[index]
    made = ViT(image_size=224, patch_size=patch, num_classes=1000, dim=768, depth=12, heads=12, mlp_dim=3072)
    return made, _images(shapes), {}


def _geometric(model: str, _: list[tuple[int, ...]], inputs: str) -> Example:
    from torch_geometric import nn as layers

    nodes, features, edges = map(int, re.findall(r"\d+", inputs))
    kinds = {"gcn": layers.GCN, "gat": layers.GAT, "graphsage": layers.GraphSAGE, "gin": layers.GIN}
    made = kinds[model](features, hidden_channels=64, num_layers=3, out_channels=10)
    with torch.device("cpu"):
        return made.to_empty(device="cpu"), (torch.zeros(nodes, features), torch.zeros(2, edges, dtype=torch.int64)), {}


def _x_transformers(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    from x_transformers import Decoder, Encoder, TransformerWrapper

    layers = (Decoder if "decoder" in model or "gpt" in model else Encoder)(dim=512, depth=6, heads=8)
    return TransformerWrapper(num_tokens=20000, max_seq_len=1024, attn_layers=layers), (_tokens(shapes[0]),), {}


class _EncodeDecode(nn.Module):
    """An autoencoder's way there and back, without sampling."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Image to image."""
        latent = self.model.encode(image).latent_dist.mode()
        decoded: torch.Tensor = self.model.decode(latent).sample
        return decoded


def _diffusers(model: str, shapes: list[tuple[int, ...]], inputs: str) -> Example:
    import diffusers

    if model.startswith("vae"):
        blocks = {"down": "DownEncoderBlock2D", "up": "UpDecoderBlock2D"}
        vae = diffusers.AutoencoderKL(
            down_block_types=(blocks["down"],) * 4, up_block_types=(blocks["up"],) * 4,
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=512,
        )  # fmt: skip
        return _EncodeDecode(vae), _images(shapes), {}
    if model.startswith("dit"):
        dit = diffusers.DiTTransformer2DModel(sample_size=32)
        return dit, (torch.empty(1, 4, 32, 32),), {"timestep": _tokens((1,)), "class_labels": _tokens((1,))}
    unet = diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    return unet, (torch.empty(1, 4, 64, 64), torch.zeros(1), torch.empty(1, 77, 768)), {}


def _monai(model: str, shapes: list[tuple[int, ...]], _: str) -> Example:
    from monai.networks import nets as monai

    volume = shapes[0]
    size, channels = volume[2:], volume[1]
    made: dict[str, Callable[[], nn.Module]] = {
        "unet3d": lambda: monai.UNet(3, channels, 2, (16, 32, 64, 128), (2, 2, 2), num_res_units=2),
        "unetr": lambda: monai.UNETR(channels, 2, size, feature_size=16),
        "swinunetr": lambda: monai.SwinUNETR(channels, 14, feature_size=24),
        "segresnet": lambda: monai.SegResNet(3, 8, channels, 2),
        "densenet": lambda: monai.DenseNet121(len(size), channels, 2),
        "vnet": lambda: monai.VNet(3, channels, 2),
        "dynunet": lambda: monai.DynUNet(3, channels, 2, [3] * 4, [1, 2, 2, 2], [2, 2, 2]),
        "attentionunet": lambda: monai.AttentionUnet(3, channels, 2, (16, 32, 64), (2, 2)),
    }
    return made[model.partition("_")[0]](), _images(shapes), {}


def _transformers(model: str, shapes: list[tuple[int, ...]], inputs: str) -> Example:
    import transformers as hf

    made: dict[str, Callable[[], nn.Module]] = {
        "bert_base": lambda: hf.BertModel(hf.BertConfig()),
        "distilbert": lambda: hf.DistilBertModel(hf.DistilBertConfig()),
        "gpt2": lambda: hf.GPT2LMHeadModel(hf.GPT2Config()),
        "t5_small": lambda: hf.T5ForConditionalGeneration(hf.T5Config()),
        "t5_base": lambda: hf.T5ForConditionalGeneration(
            hf.T5Config(d_model=768, d_ff=3072, num_layers=12, num_heads=12)
        ),
        "whisper_tiny": lambda: hf.WhisperModel(
            hf.WhisperConfig(
                d_model=384, encoder_layers=4, decoder_layers=4, encoder_attention_heads=6,
                decoder_attention_heads=6, encoder_ffn_dim=1536, decoder_ffn_dim=1536,
            )
        ),
        "vit_base": lambda: hf.ViTModel(hf.ViTConfig()),
        "clip_vit_b32": lambda: hf.CLIPModel(hf.CLIPConfig()),
        "segformer": lambda: hf.SegformerForSemanticSegmentation(hf.SegformerConfig()),
        "wav2vec2_base": lambda: hf.Wav2Vec2Model(hf.Wav2Vec2Config()),
        "modernbert": lambda: hf.ModernBertModel(hf.ModernBertConfig()),
        "mamba_130m": lambda: hf.MambaForCausalLM(hf.MambaConfig(num_hidden_layers=24, vocab_size=50280)),
        "llama2_7b": lambda: hf.LlamaForCausalLM(hf.LlamaConfig()),
        "qwen3_8b": lambda: hf.Qwen3ForCausalLM(
            hf.Qwen3Config(
                hidden_size=4096, intermediate_size=12288, num_hidden_layers=36, num_attention_heads=32,
                num_key_value_heads=8, head_dim=128, vocab_size=151936,
            )
        ),
        "opt_125m": lambda: hf.OPTForCausalLM(hf.OPTConfig()),
        "phi_1_5": lambda: hf.PhiForCausalLM(hf.PhiConfig()),
        "mobilevit": lambda: hf.MobileViTForImageClassification(hf.MobileViTConfig()),
        "swin_tiny": lambda: hf.SwinModel(hf.SwinConfig()),
    }  # fmt: skip
    name = next(each for each in sorted(made, key=len, reverse=True) if model.startswith(each))
    module = made[name]()
    tokens = [tuple(map(int, found.split("x"))) for found in re.findall(r"(\d+x\d+) (?:decoder )?tokens", inputs)]
    images = [shape for shape in shapes if shape not in tokens]
    by_name: dict[str, Any] = {}
    if "whisper" in name:
        by_name = {"input_features": torch.empty(images[0]), "decoder_input_ids": _tokens(tokens[0])}
    elif "wav2vec2" in name:
        by_name = {"input_values": torch.empty(shapes[0])}
    else:
        by_name = {"input_ids": _tokens(tokens[0])} if tokens else {}
        if "t5" in name:
            by_name["decoder_input_ids"] = _tokens(tokens[-1])
        if images:
            by_name["pixel_values"] = torch.empty(images[0])
    return module, (), by_name


_PACKAGES: Final[dict[str, Callable[[str, list[tuple[int, ...]], str], Example]]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "smp": _smp,
    "ultralytics": _ultralytics,
    "open_clip": _open_clip,
    "efficientnet_pytorch": _efficientnet,
    "vit_pytorch": _vit_pytorch,
    "torch_geometric": _geometric,
    "x_transformers": _x_transformers,
    "diffusers": _diffusers,
    "monai": _monai,
    "transformers": _transformers,
}

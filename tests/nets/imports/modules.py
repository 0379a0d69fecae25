"""Small modules that tests import: ResNets and a ViT as their authors write them, and one for each kind of product."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, activated in place."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.downsample: nn.Module | None = None
        if stride > 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        out: torch.Tensor = self.relu(y)
        return out


class ResNet18(nn.Module):
    """He et al. 2016."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True))
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = (64, 64, 128, 256, 512)
        self.stages = nn.Sequential(
            *(
                nn.Sequential(BasicBlock(before, after, 1 if index == 0 else 2), BasicBlock(after, after, 1))
                for index, (before, after) in enumerate(pairwise(widths))
            )
        )
        self.fc = nn.Linear(512, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stages(self.maxpool(self.stem(x)))
        out: torch.Tensor = self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))
        return out


class Attention(nn.Module):
    """Self-attention with separate projections, by PyTorch's operator."""

    def __init__(self, width: int, heads: int, kv_heads: int | None = None) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.dim = heads, kv_heads or heads, width // heads
        self.query, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self.key, self.value = (nn.Linear(width, self.kv_heads * self.dim) for _ in range(2))

    def split(self, x: torch.Tensor, heads: int) -> torch.Tensor:
        """Heads before tokens."""
        return x.reshape(*x.shape[:2], heads, self.dim).transpose(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query = self.split(self.query(x), self.heads)
        key, value = (self.split(part(x), self.kv_heads) for part in (self.key, self.value))
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, enable_gqa=self.kv_heads < self.heads)
        out: torch.Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return out


class SpelledAttention(Attention):
    """The same, its operations one by one, keys and values repeated as language models do."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query = self.split(self.query(x), self.heads)
        key, value = (self.repeat(self.split(part(x), self.kv_heads)) for part in (self.key, self.value))
        weights = torch.softmax(query @ key.transpose(-2, -1) * self.dim**-0.5, dim=-1)
        out: torch.Tensor = self.output((weights @ value).transpose(1, 2).reshape(x.shape))
        return out

    def repeat(self, x: torch.Tensor) -> torch.Tensor:
        """Each head as often as query heads share it."""
        batch, heads, tokens, dim = x.shape
        times = self.heads // heads
        return x[:, :, None].expand(batch, heads, times, tokens, dim).reshape(batch, heads * times, tokens, dim)


class ViT(nn.Module):
    """Dosovitskiy et al. 2021, of twelve blocks."""

    def __init__(self, width: int = 192, heads: int = 3, *, fused: bool = True) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 197, width))
        attention = Attention if fused else SpelledAttention
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "norm1": nn.LayerNorm(width),
                    "attention": attention(width, heads),
                    "norm2": nn.LayerNorm(width),
                    "mlp": nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)),
                }
            )
            for _ in range(12)
        )
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1000)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.patches(image).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(len(x), -1, -1), x), dim=1) + self.positions
        for block in self.blocks:
            x = x + block["attention"](block["norm1"](x))  # type: ignore[index]
            x = x + block["mlp"](block["norm2"](x))  # type: ignore[index]
        out: torch.Tensor = self.head(self.norm(x)[:, 0])
        return out

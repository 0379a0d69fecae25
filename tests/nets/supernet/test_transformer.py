"""HAT's supernet: sub-transformers equal themselves cut out, torch's own transformer layers, and the closed form."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nets.errors import InputError
from nets.spaces.hat import HatSpace, load_hat_space
from nets.supernet import TransformerSupernet
from nets.supernet.transformer import PADDING, HatTransformer, position_waves

SPACE = HatSpace(
    "hat-small",
    "small",
    embed_dims=(16, 24),
    ffn_dims=(8, 12, 20),
    heads=(2, 4),
    encoder_layers=3,
    decoder_layers=3,
    qkv_dim=16,
    vocabulary=30,
    tokens=6,
)


def sentences(rows: int = 3, source: int = 7, target: int = 5) -> tuple[Tensor, Tensor]:
    """Random tokens; the second source is filled up."""
    generator = torch.Generator().manual_seed(0)
    pair = (torch.randint(2, 30, (rows, length), generator=generator) for length in (source, target))
    first, second = pair
    first[1, -3:] = PADDING
    return first, second


def disturbed(supernet: TransformerSupernet) -> TransformerSupernet:
    """Weights that no two tensors share, norms and biases included."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in supernet.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return supernet


def test_inside_and_cut_out_agree_to_the_last_bit() -> None:
    supernet = disturbed(TransformerSupernet(SPACE)).eval()
    rng = np.random.default_rng(0)
    source, target = sentences()
    for config in (SPACE.min_config(), SPACE.max_config(), *(SPACE.draw(rng) for _ in range(12))):
        inside, cut_out = supernet(source, target, config), supernet.extract(config)
        assert torch.equal(inside, cut_out(source, target))
        assert inside.shape == (3, 5, 30)


def test_parameters_equal_the_closed_form() -> None:
    rng = np.random.default_rng(1)
    supernet = TransformerSupernet(SPACE)
    for config in (SPACE.max_config(), *(SPACE.draw(rng) for _ in range(5))):
        parameters = dict(supernet.extract(config).named_parameters())
        tables = {name for name in parameters if "table" in name}
        counted = sum(tensor.numel() for name, tensor in parameters.items() if name not in tables)
        assert counted == SPACE.macs_params(config)[1]


def test_the_published_supernet_has_the_published_size() -> None:
    """HAT's WMT space without memory for its weights: the largest network's layers, and one table for both sides."""
    with torch.device("meta"):
        supernet = TransformerSupernet(load_hat_space("hat-wmt"), seed=None)
    space = supernet.space
    total = sum(parameter.numel() for parameter in supernet.parameters())
    assert total == space.macs_params(space.max_config())[1] + 32768 * 640


def reference(net: HatTransformer, source: Tensor, target: Tensor) -> Tensor:
    """The same network out of torch's own transformer layers; widths of queries and embeddings must be equal."""
    width = net.source_table.embedding_dim
    padded = source == PADDING
    waves = position_waves(20, net._positions_width)
    places = torch.where(padded, 0, (~padded).cumsum(1))
    x = net.source_table(source) * math.sqrt(width) + waves[places][..., :width]
    outputs = []
    for layer in net.encoder:
        twin = nn.TransformerEncoderLayer(
            width, layer.attend.attention.heads, layer.feed.expand.out_features, 0.0, batch_first=True
        )
        fill(twin.self_attn, layer.attend.attention)
        twin.norm1, twin.norm2 = layer.attend.norm, layer.feed.norm
        twin.linear1, twin.linear2 = layer.feed.expand, layer.feed.project
        x = twin.train()(x, src_key_padding_mask=padded)  # train: in eval mode torch takes another path
        outputs.append(x)
    y = net.target_table(target) * math.sqrt(width) + waves[1 : target.shape[1] + 1, :width]
    for layer in net.decoder:
        twin = nn.TransformerDecoderLayer(
            width, layer.attend.attention.heads, layer.feed.expand.out_features, 0.0, batch_first=True
        )
        twin.multihead_attn = nn.MultiheadAttention(width, layer.cross.attention.heads, batch_first=True)
        fill(twin.self_attn, layer.attend.attention)
        fill(twin.multihead_attn, layer.cross.attention)
        twin.norm1, twin.norm2, twin.norm3 = layer.attend.norm, layer.cross.norm, layer.feed.norm
        twin.linear1, twin.linear2 = layer.feed.expand, layer.feed.project
        memory = torch.cat([outputs[-1 - back] for back in range(layer.reach)], dim=1)
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        y = twin(y, memory, tgt_mask=mask, memory_key_padding_mask=torch.cat([padded] * layer.reach, dim=1))
    return y @ net.target_table.weight.T


def fill(attention: nn.MultiheadAttention, ours: nn.Module) -> None:
    """Copy our projections into torch's joined ones."""
    parts = [ours.get_submodule(name) for name in ("query", "key", "value")]
    with torch.no_grad():
        attention.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        attention.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    attention.out_proj.load_state_dict(ours.get_submodule("output").state_dict())


def test_torchs_own_layers_compute_the_same() -> None:
    supernet = disturbed(TransformerSupernet(SPACE)).eval()
    rng = np.random.default_rng(2)
    source, target = sentences()
    for _ in range(6):
        config = SPACE.draw(rng) | {"encoder_embed_dim": 16, "decoder_embed_dim": 16}
        net = supernet.extract(config)
        torch.testing.assert_close(net(source, target), reference(net, source, target), rtol=1e-4, atol=1e-5)


def test_no_token_sees_a_later_one_or_a_filler() -> None:
    supernet = disturbed(TransformerSupernet(SPACE)).eval()
    source, target = sentences()
    seen = supernet(source, target, SPACE.max_config())
    changed = target.clone()
    changed[:, 3] = 2 + (changed[:, 3] - 1) % 28
    torch.testing.assert_close(supernet(source, changed, SPACE.max_config())[:, :3], seen[:, :3])
    assert not torch.allclose(supernet(source, changed, SPACE.max_config())[:, 3:], seen[:, 3:])
    shorter = supernet(source[1:2, :-3], target[1:2], SPACE.max_config())
    torch.testing.assert_close(shorter, seen[1:2])


def test_shared_weights_learn_from_every_subnet() -> None:
    """Copying a sentence, each step by another sub-transformer: all of them get better, copies do not share weights."""
    supernet, rng = TransformerSupernet(SPACE), np.random.default_rng(4)
    optimizer = torch.optim.Adam(supernet.parameters(), lr=5e-3)
    source, target = sentences(rows=16, source=5)
    judged = [SPACE.min_config(), SPACE.max_config(), SPACE.draw(rng)]

    def loss(config: dict[str, object]) -> Tensor:
        logits = supernet(source, target[:, :-1], config)
        return nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())

    before = [float(loss(config).detach()) for config in judged]
    twin = copy.deepcopy(supernet)
    for _ in range(60):
        optimizer.zero_grad()
        loss(SPACE.draw(rng)).backward()
        optimizer.step()
    after = [float(loss(config).detach()) for config in judged]
    assert all(late < 0.6 * early for early, late in zip(before, after)), (before, after)
    assert not torch.equal(twin.largest.source_table.weight, supernet.largest.source_table.weight)


def test_configs_of_other_spaces_are_refused() -> None:
    supernet = TransformerSupernet(SPACE)
    for ask in (supernet.extract, lambda config: supernet(*sentences(), config)):
        with pytest.raises(InputError, match="must be one of 16, 24"):
            ask(load_hat_space("hat-wmt").min_config())

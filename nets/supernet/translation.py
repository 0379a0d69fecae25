"""Training of HAT's super-transformers, and what their sub-transformers translate.

As the authors train: every step another sub-transformer, each of its choices drawn by itself; Adam, a rate that rises
evenly and falls on a cosine, smoothed labels, dropout in proportion to widths (Wang et al. 2020, section 3 and its
configurations for WMT).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nets.errors import InputError
from nets.spaces import Config
from nets.supernet.parallel_text import END, ParallelText, Split
from nets.supernet.phases import Phase
from nets.supernet.training import learning_rate
from nets.supernet.transformer import PADDING, TransformerSupernet

_ORDER, _SUBNET, _DROPOUT = range(3)
"""What random numbers are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationOptions:
    """What does not change in the course of a training; rate, smoothing and dropout are the authors' for WMT.

    Attributes:
        steps: of the optimiser.
        seed: of every draw.
        batch: sentences a step.
        rate: at the top of the schedule.
        warmup: steps before it.
        label_smoothing: share of a label that is spread over all words.
        dropout: of the largest network.
        config: that every step trains; drawn anew for each when ``None``.
    """

    steps: int
    seed: int = 0
    batch: int = 64
    rate: float = 1e-3
    warmup: int = 0
    label_smoothing: float = 0.1
    dropout: float = 0.3
    config: Config | None = None

    def __post_init__(self) -> None:
        for attribute in ("steps", "batch"):
            if getattr(self, attribute) < 1:
                raise InputError(f"training: {attribute}", getattr(self, attribute), "must be at least 1")
        for attribute in ("label_smoothing", "dropout"):
            if not 0 <= getattr(self, attribute) < 1:
                raise InputError(f"training: {attribute}", getattr(self, attribute), "must be at least 0 and below 1")


def train_translation(
    supernet: TransformerSupernet,
    text: ParallelText,
    options: TranslationOptions,
    report: Callable[[int, float], None] | None = None,
) -> TransformerSupernet:
    """Train a supernet in place.

    Args:
        text: of its numbers of words.
        report: hears (step, loss) of every step.

    Raises:
        InputError: the text has other numbers of words than the supernet's space, or fewer sentences than a step takes.
    """
    space, sentences = supernet.space, len(text.pairs["train"])
    if text.vocabularies != (space.vocabulary, space.target_vocabulary):
        wanted = (space.vocabulary, space.target_vocabulary)
        raise InputError(f"text {text.name}: words of source and target", text.vocabularies, f"must be {wanted}")
    per_epoch = sentences // options.batch
    if not per_epoch:
        raise InputError(
            f"text {text.name}: sentences to train on", sentences, f"are fewer than {options.batch} a step"
        )
    schedule = Phase("all", steps=options.steps, learning_rate=options.rate, warmup_steps=options.warmup)
    optimizer = torch.optim.Adam(supernet.parameters(), lr=options.rate, betas=(0.9, 0.98))
    supernet.dropout = options.dropout
    supernet.train()
    for step in range(options.steps):
        epoch, turn = divmod(step, per_epoch)
        order = np.random.default_rng([options.seed, _ORDER, epoch]).permutation(sentences)
        batch = text.batch("train", order[turn * options.batch : (turn + 1) * options.batch])
        config = options.config or space.draw(np.random.default_rng([options.seed, _SUBNET, step]))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(schedule, step)
        optimizer.zero_grad()
        with torch.random.fork_rng([]):
            torch.manual_seed(int(np.random.default_rng([options.seed, _DROPOUT, step]).integers(2**63)))
            source, read, said = batch
            loss = _loss(supernet(source, read, config), said, options.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if report is not None:
            report(step + 1, float(loss.detach()))
    return supernet.eval()


@dataclass(frozen=True, slots=True)
class TranslationQuality:
    """How a network translates sentences that it was not trained on.

    Attributes:
        loss: nats a token, which HAT's search ranks by.
        exact_percent: sentences of which every word is right.
    """

    loss: float
    exact_percent: float


def measure_translation(
    net: nn.Module, text: ParallelText, *, split: Split = "valid", sentences: int | None = None, batch: int = 256
) -> TranslationQuality:
    """Translate held-out sentences, the likeliest word after the other.

    Args:
        net: as :meth:`TransformerSupernet.extract` gives it.
        sentences: spread evenly over the split; all when ``None``.
        batch: of them at a time.
    """
    net.eval()
    count = len(text.pairs[split])
    places = np.linspace(0, count - 1, count if sentences is None else min(sentences, count)).astype(np.int64)
    loss, tokens, right = 0.0, 0, 0
    with torch.no_grad():
        for start in range(0, len(places), batch):
            source, read, said = text.batch(split, places[start : start + batch])
            here = int((said != PADDING).sum())
            loss += here * float(_loss(net(source, read), said, 0.0))
            tokens += here
            right += int((translate(net, source, said.shape[1]) == said).all(1).sum())
    return TranslationQuality(loss / tokens, 100 * right / len(places))


def translate(net: nn.Module, source: Tensor, most: int) -> Tensor:
    """The likeliest word after the other, shape (sentences, ``most``): each ends with :data:`END` and fillers."""
    said = torch.full((len(source), 1), END)
    ended = torch.zeros(len(source), dtype=torch.bool)
    for _ in range(most):
        following = torch.where(ended, PADDING, net(source, said)[:, -1].argmax(1))
        ended |= following == END
        said = torch.cat([said, following[:, None]], dim=1)
    return said[:, 1:]


def _loss(logits: Tensor, said: Tensor, label_smoothing: float) -> Tensor:
    """Mean cross entropy of the tokens that are none of the fillers."""
    return functional.cross_entropy(
        logits.flatten(0, 1), said.flatten(), ignore_index=PADDING, label_smoothing=label_smoothing
    )

"""ProxylessNAS (Cai, Zhu, Han, ICLR 2019) with shared weights: of an edge, two paths at most are run."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from cosearch.nas.trained.relaxed import RelaxedCells
from cosearch.nas.trained.search import TrainedSearch
from cosearch.strategies.proxyless import Adam, keep_total, softmax, two_path_gradient, two_paths
from nets.spaces import Config

RATE = 0.03
"""Of Adam on alpha; the paper's 0.001 is for some 40,000 steps."""


class ProxylessNas(TrainedSearch):
    """Weights: one path of each edge, drawn by the gates. Gates: two of each edge, one open, by equation 4."""

    name: ClassVar = "proxylessnas"
    title: ClassVar = "ProxylessNAS: binarised paths, shared weights"
    warm_up: ClassVar = 0.25  # the paper's 40 epochs of 160; gates of untrained paths would learn noise

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.alphas = [np.zeros(len(decision.choices)) for decision in self.space.decisions]
        self._optimiser = Adam(RATE)
        self._relaxed = RelaxedCells(self.shared.store)

    def logits(self, images: Tensor) -> Tensor:
        """See :meth:`TrainedSearch.logits`: a subnet drawn by the gates."""
        codes = [int(self.rng.choice(len(alpha), p=softmax(alpha))) for alpha in self.alphas]
        logits: Tensor = self.shared.lend(self.space.decode(codes))(images)
        return logits

    def step_architecture(self) -> None:
        """See :meth:`TrainedSearch.step_architecture`."""
        pairs = [two_paths(softmax(alpha), self.rng) for alpha in self.alphas]
        gates = []
        for alpha, pair in zip(self.alphas, pairs):
            gate = torch.zeros(len(alpha))
            gate[pair[int(self.rng.choice(2, p=softmax(alpha[list(pair)])))]] = 1.0
            gates.append(gate.requires_grad_())
        images, labels = self.architecture_batch()
        loss = nn.functional.cross_entropy(self._relaxed(images, gates, pairs), labels)
        by_gate = torch.autograd.grad(loss, gates)
        slopes = [
            two_path_gradient(alpha, slope.double().numpy(), pair)
            for alpha, slope, pair in zip(self.alphas, by_gate, pairs)
        ]
        stepped = self._optimiser.step(self.alphas, slopes)
        self.alphas = [keep_total(*before_and_after) for before_and_after in zip(self.alphas, stepped, pairs)]

    def found(self) -> Config:
        """See :meth:`TrainedSearch.found`."""
        return self.most_likely(self.alphas)

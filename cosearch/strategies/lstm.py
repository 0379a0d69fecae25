"""A recurrent controller trained by REINFORCE, as in NASNet (Zoph et al. 2018), ENAS (Pham et al. 2018) and MnasNet.

An LSTM takes the decisions one after the other; each choice is embedded and fed to the next step, so that a choice may
depend on all before it, which one softmax per decision cannot.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.reinforce import PATIENCE, Baseline
from cosearch.strategies.strategy import Strategy
from nets.errors import NO_VALUE, InputError
from nets.spaces import Codes, Config

if TYPE_CHECKING:
    import torch


class LstmController(Strategy):
    """ENAS's controller: 100 units, weights drawn from -0.1 to 0.1, Adam; the reward is the goal's.

    Args:
        hidden: units of the LSTM.
        learning_rate: of Adam, for advantages in units of their usual size; ENAS's 0.00035 is for many more steps.
        decay: of the baseline.
        entropy: weight of the bonus.
        batch: architectures drawn from one policy.

    Raises:
        InputError: PyTorch is not installed.
    """

    name: ClassVar = "lstm"
    title: ClassVar = "REINFORCE with an LSTM controller as in NASNet, ENAS and MnasNet"

    def __init__(
        self,
        problem: Problem,
        *,
        evaluations: int,
        seed: int,
        hidden: int = 100,
        learning_rate: float = 5e-3,
        decay: float = 0.95,
        entropy: float = 1e-4,
        batch: int = 10,
    ) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        if importlib.util.find_spec("torch") is None:
            raise InputError(
                "method lstm", NO_VALUE, "needs PyTorch: pip install 'cosearch[torch]'", "or take reinforce"
            )
        import torch

        self.entropy, self.batch = entropy, batch
        self._baseline = Baseline(decay)
        self._generator = torch.Generator().manual_seed(seed)
        sizes = [len(decision.choices) for decision in self.space.decisions]
        self._cell = torch.nn.LSTMCell(hidden, hidden)
        # One row of each table for every choice of every decision, and one to begin with.
        self._starts = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
        self._embedding = torch.nn.Embedding(self._starts[-1] + 1, hidden)
        self._readout = torch.nn.Linear(hidden, self._starts[-1])
        self._parameters = [*self._cell.parameters(), *self._embedding.parameters(), *self._readout.parameters()]
        with torch.no_grad():
            for parameter in self._parameters:
                parameter.uniform_(-0.1, 0.1, generator=self._generator)
        self._optimiser = torch.optim.Adam(self._parameters, lr=learning_rate)
        self._asked: list[Codes] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`."""
        import torch

        with torch.no_grad():
            self._asked = self._within(min(most, self.batch))
        return [self.space.decode(codes) for codes in self._asked]

    def _within(self, count: int) -> list[Codes]:
        """Up to ``count`` within the limits that are known beforehand; one outside where patience finds none."""
        kept: list[Codes] = []
        for _ in range(PATIENCE // count + 1):
            drawn = self._sample(count)
            admitted = self.problem.admits([self.space.decode(codes) for codes in drawn])
            kept += [codes for codes, fits in zip(drawn, admitted) if fits]
            if len(kept) >= count:
                break
        return kept[:count] or drawn[:1]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: one step of the optimiser."""
        import torch

        advantages = torch.tensor(self._baseline.advantages([found.reward for found in outcomes]))
        log_probability, entropy = self.log_probability(self._asked[: len(outcomes)])
        loss = -(advantages * log_probability + self.entropy * entropy).mean()
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()

    def log_probability(self, batch: Sequence[Codes]) -> tuple[torch.Tensor, torch.Tensor]:
        """Of drawing each architecture, and the sum of the entropies of its decisions; both of shape (batch,)."""
        import torch

        log_probability = entropy = torch.zeros(len(batch))
        state = self._first_state(len(batch))
        inputs = self._first_input(len(batch))
        for number in range(len(self.space.decisions)):
            codes = torch.tensor([row[number] for row in batch])
            scores, state = self._scores(number, [row[:number] for row in batch], inputs, state)
            logs = scores.log_softmax(dim=1)
            log_probability = log_probability + logs.gather(1, codes[:, None])[:, 0]
            entropy = entropy - (logs.exp() * logs.nan_to_num(neginf=0.0)).sum(dim=1)
            inputs = self._embedding(self._starts[number] + codes)
        return log_probability, entropy

    def _sample(self, count: int) -> list[Codes]:
        import torch

        batch: list[Codes] = [()] * count
        state, inputs = self._first_state(count), self._first_input(count)
        for number in range(len(self.space.decisions)):
            scores, state = self._scores(number, batch, inputs, state)
            codes = torch.multinomial(scores.softmax(dim=1), 1, generator=self._generator)[:, 0]
            batch = [(*row, int(code)) for row, code in zip(batch, codes)]
            inputs = self._embedding(self._starts[number] + codes)
        return batch

    def _scores(
        self, number: int, prefixes: Sequence[Codes], inputs: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Logits of a decision after each prefix, minus infinity where a choice is not open; and the LSTM's state."""
        import torch

        state = self._cell(inputs, state)
        scores = self._readout(state[0])[:, self._starts[number] : self._starts[number + 1]]
        closed = torch.ones(scores.shape, dtype=torch.bool)
        for row, prefix in enumerate(prefixes):
            closed[row, list(self.space.options(prefix))] = False
        return scores.masked_fill(closed, float("-inf")), state

    def _first_state(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        zeros = torch.zeros(count, self._cell.hidden_size)
        return zeros, zeros

    def _first_input(self, count: int) -> torch.Tensor:
        import torch

        first: torch.Tensor = self._embedding(torch.full((count,), self._starts[-1]))
        return first

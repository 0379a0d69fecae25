"""What every search strategy must do; each has a class that inherits these tests."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from cosearch.nas.search import NasResult, search
from cosearch.problem.architectures import Problem
from cosearch.problem.goals import Best, Several
from cosearch.problem.measures import ACCURACY, LATENCY, Limit
from cosearch.strategies.methods import METHODS, make_strategy, method
from nets.errors import InfeasibleError, InputError
from nets.spaces import all_codes
from tests.cosearch.strategies.toy import HEIGHT, TOY, Climb, Toy, problem, ranked
from tests.nets.spaces.walk import Walk


class StrategyConformance:
    """Tests of one strategy.

    Attributes:
        name: of the strategy.
        settings: that make it quick on a small problem.
        evaluations: it may spend on the toy.
        draws: whether another seed gives another search.
        walks: evaluations it may spend on the walk.
        best_share: of all architectures within the limits, the best of which it must find one.
    """

    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    evaluations: ClassVar[int] = 200
    walks: ClassVar[int] = 400
    draws: ClassVar[bool] = True
    best_share: ClassVar[float] = 0.05

    def run(self, of: Problem, seed: int = 0, evaluations: int | None = None) -> NasResult:
        spent = self.evaluations if evaluations is None else evaluations
        return search(of, self.name, evaluations=spent, seed=seed, settings=self.settings)

    def test_asks_for_architectures_of_the_space(self) -> None:
        strategy = make_strategy(self.name, problem(), evaluations=500, settings=self.settings)
        known = set(all_codes(TOY))
        for most in (7, 1, 40):
            asked = strategy.ask(most)
            assert 1 <= len(asked) <= most
            assert {TOY.encode(config) for config in asked} <= known
            strategy.tell(strategy.problem.evaluate(asked))

    def test_spends_what_it_may_and_reports_the_best_within_the_limits(self) -> None:
        toy = Toy()
        found = self.run(problem(toy=toy))
        assert len(found.evaluated) == toy.evaluations <= self.evaluations
        within = [one for one in found.evaluated if one.figures["latency"] <= 6e-3]
        assert found.best is not None
        assert found.best.figures["accuracy"] == max(one.figures["accuracy"] for one in within)
        history = found.history()
        assert history == sorted(history, reverse=True)

    def test_finds_one_of_the_best(self) -> None:
        of = problem()
        reachable = [one for one in ranked(of) if one.feasible]
        worst_allowed = reachable[int(self.best_share * len(reachable))]
        found = self.run(of)
        assert found.best is not None
        assert found.best.merit <= worst_allowed.merit

    def test_what_it_proves_is_the_best_there_is(self) -> None:
        of = problem()
        proves = make_strategy(self.name, of, evaluations=500, settings=self.settings).proves
        found = self.run(of, evaluations=500 if proves else 30)
        assert found.best is not None
        assert found.proven is proves
        assert not found.proven or found.best.merit == ranked(of)[0].merit
        assert ("(not proven)" in found.verdict) is not found.proven

    def test_same_seed_same_search(self) -> None:
        searches = [[one.config for one in self.run(problem(), seed).evaluated] for seed in (3, 3, 4)]
        assert searches[0] == searches[1]
        assert (searches[0] != searches[2]) is self.draws

    def test_finds_out_at_once_that_nothing_keeps_the_limits(self) -> None:
        toy = Toy()
        with pytest.raises(InfeasibleError, match=r"latency <= 1 ms.*within reach is 1.98 ms"):
            self.run(problem(1.0, toy=toy))
        assert toy.evaluations == 0

    def test_keeps_limits_that_only_an_evaluation_shows(self) -> None:
        found = self.run(problem(6.0, toy=Toy(screens=False, knows=False)))
        assert found.best is not None
        assert found.best.figures["latency"] <= 6e-3

    def test_says_so_when_it_finds_nothing_within_the_limits(self) -> None:
        impossible = (Limit(ACCURACY, 76.0), Limit(LATENCY, 4e-3))
        found = self.run(Problem(TOY, Toy(), Best(), impossible), evaluations=self.evaluations)
        assert found.best is None
        assert found.closest.violation == min(one.violation for one in found.evaluated) > 0

    def test_passes_over_what_cannot_run(self) -> None:
        found = self.run(problem(None, toy=Toy(knows=False, unrunnable="conv")))
        assert found.best is not None
        assert found.best.config["operation"] != "conv"

    def test_serves_several_objectives_or_names_who_does(self) -> None:
        of = problem(goal=Several((ACCURACY, LATENCY)))
        if method(self.name).several:
            found = self.run(of)
            assert found.front
            for one in found.front:
                assert one.feasible
                assert not any(
                    other.losses != one.losses and all(a <= b for a, b in zip(other.losses, one.losses))
                    for other in found.evaluated
                    if other.feasible
                )
        else:
            with pytest.raises(InputError, match="cannot serve 2 objectives") as refused:
                self.run(of)
            able = {name for name in METHODS if method(name).several}
            assert able <= set(str(refused.value).replace(",", " ").split())

    def test_searches_what_is_no_network(self) -> None:
        """Up at once and on along the top level: 1 + 2 + 3 + 3 + 3 + 3."""
        found = self.run(Problem(Walk(), Climb(), Best(HEIGHT)), evaluations=self.walks)
        assert found.best is not None
        assert 12 <= found.best.figures["height"] <= 15

    def test_refuses_settings_that_it_does_not_take(self) -> None:
        with pytest.raises(InputError, match=r"popuIation.*not known"):
            make_strategy(self.name, problem(), evaluations=500, settings={"popuIation": 3})

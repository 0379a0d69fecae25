"""What every mapper must keep to. A test class of a mapper inherits :class:`MapperConformance` and sets ``name``."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from accel_models import Accelerator, Axis, Level, load_accelerator
from mappings import search, search_many
from mappings.bounds import lower_bounds
from mappings.mappers.mapper import Found, SearchOptions, load_mapper
from mappings.mapspace import MapSpace, smallest_tiles
from nets import Layer
from nets.errors import InfeasibleError, InputError

CONV = Layer(name="conv", K=24, C=10, P=9, Q=9, R=3, S=3)
STRIDED = Layer(name="strided", K=16, C=12, P=7, Q=7, stride=(2, 2))
DEPTHWISE = Layer(name="depthwise", G=20, P=8, Q=8, R=3, S=3)
MATMUL = Layer(name="matmul", kind="matmul", P=20, C=30, K=14)
TINY = Layer(name="tiny")

FREE = Accelerator(
    name="free array",
    levels=(
        Level(name="DRAM", shared_bandwidth=4.0, read_pj=32.0, write_pj=32.0),
        Level(
            name="L2", capacity_words=512, double_buffered=True, read_bandwidth=8.0, write_bandwidth=8.0, read_pj=2.0,
            write_pj=2.0, fanout=(Axis("X", 4), Axis("Y", 6, ("K", "C"))), network_pj=0.1,
        ),
        Level(name="L1", capacity_words=24, double_buffered=True, read_pj=0.3, write_pj=0.3),
    ),
    mac_pj=0.2,
)  # fmt: skip


class MapperConformance:
    """The suite.

    Attributes:
        name: the mapper's name in the registry.
        budget: evaluations to give it on a small layer.
        settings: what to pass it.
        lockstep: whether all problems advance together, so that the history of each is the same in any company.
        layers, accelerators: what it is tried on.
    """

    name: ClassVar[str]
    budget: ClassVar[int] = 90
    settings: ClassVar[dict[str, Any]] = {}
    lockstep: ClassVar[bool] = True
    layers: ClassVar[tuple[Layer, ...]] = (CONV, STRIDED, DEPTHWISE, MATMUL, TINY)
    accelerators: ClassVar[tuple[str | Accelerator, ...]] = ("nvdla_256", FREE)

    def machines(self) -> list[Accelerator]:
        return [load_accelerator(a) if isinstance(a, str) else a for a in self.accelerators]

    def run(self, space: MapSpace, **options: Any) -> Found:
        return load_mapper(self.name)(
            space, SearchOptions(settings=self.settings, **{"budget": self.budget, **options})
        )

    @pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
    def test_finds_valid_mappings_above_the_bound(self, objective: Any) -> None:
        for machine in self.machines():
            space = MapSpace.of(self.layers, [machine])
            found = self.run(space, objective=objective)
            again = space.evaluate(found.mappings, np.arange(len(space)))
            assert not again.status.any()
            assert np.array_equal(again.cycles, found.cycles)
            assert np.array_equal(again.energy_pj, found.energy_pj)
            expected = {"edp": found.cycles * found.energy_pj, "latency": found.cycles, "energy": found.energy_pj}
            assert np.array_equal(found.score, expected[objective])
            bound = lower_bounds(space, objective)
            assert (found.score >= bound * (1 - 1e-12)).all()
            if found.lower_bound is not None:
                assert (found.score >= found.lower_bound * (1 - 1e-12)).all()

    def test_tiles_divide_when_asked(self) -> None:
        for machine in self.machines():
            space = MapSpace.of(self.layers, [machine], tiles="perfect")
            found = self.run(space)
            extent = space.layer_table.bounds[space.layer_of]
            for level in range(space.depth):
                for cut in (found.mappings.tile[:, level], found.mappings.part[:, level]):
                    assert (extent % cut == 0).all()
                    extent = cut

    @pytest.mark.parametrize("tiles", ["uneven", "ragged-uneven"])
    def test_finds_uneven_mappings_or_names_mappers_that_do(self, tiles: Any) -> None:
        layers = [Layer(name="matmul", kind="matmul", P=4, C=6), TINY]
        space = MapSpace.of(layers, [FREE], tiles=tiles, bypass=True)
        try:
            found = self.run(space)
        except InputError as refusal:
            assert "take '" in str(refusal)  # noqa: PT017
            return
        again = space.evaluate(found.mappings, np.arange(len(space)))
        assert not again.status.any()
        assert np.array_equal(again.cycles, found.cycles)
        assert (found.score >= lower_bounds(space, "edp") * (1 - 1e-12)).all()

    def test_keeps_to_constraints(self) -> None:
        asked = ("L2.tile.K <= 8", "L1.tile.C = 1", "L2.stationary = O", "L2.X.parallel = K")
        layers = [layer for layer in self.layers if layer is not TINY]
        space = MapSpace.of(layers, [FREE], constraints=asked)
        found = self.run(space)
        assert np.isfinite(found.score).all()
        assert (found.mappings.part[:, 0, 2] <= 8).all()
        assert (found.mappings.part[:, 1, 3] == 1).all()
        across = (found.mappings.part[:, 1] < found.mappings.tile[:, 1]) & (found.mappings.axis[:, 1] == 0)
        assert not across[:, [0, 1, 3, 4, 5, 6, 7]].any()

    def test_same_seed_same_answer_whatever_the_threads(self) -> None:
        space = MapSpace.of(self.layers, self.machines()[:1])
        one, two = self.run(space, seed=3), self.run(space, seed=3, threads=2)
        assert np.array_equal(one.score, two.score)
        assert np.array_equal(one.mappings.tile, two.mappings.tile)
        assert np.array_equal(one.mappings.order, two.mappings.order)

    def test_company_changes_nothing(self) -> None:
        machine = self.machines()[0]
        together = self.run(MapSpace.of(self.layers, [machine]), seed=4, budget=3 * self.budget)
        for index, layer in enumerate(self.layers):
            alone = self.run(MapSpace.of([layer], [machine]), seed=4, budget=3 * self.budget)
            assert alone.score[0] == together.score[index]
            if self.lockstep:
                ours = [float(best[index]) for _, best in together.history]
                assert [float(best[0]) for _, best in alone.history] == ours
            assert np.array_equal(alone.mappings.tile[0], together.mappings.tile[index])

    def test_never_worse_than_the_start(self) -> None:
        machine = self.machines()[0]
        good = search_many(self.layers, [machine], budget=400).found
        space = MapSpace.of(self.layers, [machine])
        found = self.run(space, start=good.mappings, budget=10)
        assert (found.score <= good.score).all()
        poor = smallest_tiles(space)
        cost = space.evaluate(poor, np.arange(len(space)))
        assert (self.run(space, start=poor, budget=1).score <= cost.cycles * cost.energy_pj).all()

    def test_keeps_to_its_budget_and_the_best_never_worsens(self) -> None:
        space = MapSpace.of(self.layers, self.machines()[:1])
        for budget in (1, 7, self.budget):
            found = self.run(space, budget=budget)
            assert (found.evaluations <= budget).all()
            assert found.history
            spent = [evaluations for evaluations, _ in found.history]
            assert spent == sorted(spent)
            best = np.array([score for _, score in found.history])
            assert (best[1:] <= best[:-1]).all()
            assert np.array_equal(best[-1], found.score)

    def test_a_time_limit_of_zero_answers_what_there_is(self) -> None:
        space = MapSpace.of(self.layers, self.machines()[:1])
        found = self.run(space, time_limit_s=0.0, start=smallest_tiles(space))
        assert np.isfinite(found.score).all()

    def test_says_what_does_not_fit(self) -> None:
        narrow = Accelerator(
            name="narrow",
            levels=(Level(name="DRAM"), Level(name="cup", capacity_words=3, double_buffered=True, word_bits=8)),
        )
        with pytest.raises(InfeasibleError, match=r"'conv'.*cup.*tiles of W 1, I 1, O 1.*holds 3 words"):
            search(CONV, narrow, mapper=self.name, budget=self.budget, settings=self.settings)
        found = self.run(MapSpace.of([CONV], [narrow]))
        assert np.isinf(found.score).all()

    def test_unknown_settings_are_refused(self) -> None:
        with pytest.raises(InputError, match="no_such_setting"):
            search(CONV, self.machines()[0], mapper=self.name, settings={"no_such_setting": 1})

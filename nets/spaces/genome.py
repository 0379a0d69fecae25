"""The genes of a search space: which configurations exist, how to draw, change, compare and encode them.

A configuration is a dict with Once-for-All's keys: ``d`` (depths; empty or left out where nothing is elastic in depth),
one list per block gene (``ks`` kernel sizes, ``e`` expand ratios), one per free gene (``w`` width indices, where a
space has them) and ``r`` (resolution of the input image; length of the sequence for language). Depth makes genes
redundant: those of skipped blocks mean nothing. The *canonical* form holds zeros there, so two configurations
are one architecture exactly when their canonical forms are equal.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nets.errors import NO_VALUE, InputError, unknown
from nets.spaces.decisions import Codes, Config, Decision, DecisionSpace

__all__ = ["Config", "Depth", "Genome", "Key"]

Key = tuple[Any, ...]
"""Hashable identity of an architecture at a resolution."""


@dataclass(frozen=True, slots=True)
class Depth:
    """One entry of ``d`` and the blocks it governs.

    Attributes:
        choices: allowed values, ascending.
        slots: blocks of the stage at full depth; 0 for an entry that switches something else (a stem).
        base: blocks that a value of 0 leaves; depth ``v`` keeps the first ``base + v``.
    """

    choices: tuple[int, ...]
    slots: int
    base: int = 0

    def active(self, value: int) -> int:
        """Blocks that run at depth ``value``."""
        return self.base + value if self.slots else 0


class Genome:
    """Configurations of one space.

    Args:
        id: name of the space; accuracy predictors are checked against it.
        depths: entries of ``d``, in order; the slots of all entries follow each other.
        block_genes: choices per block of each gene, e.g. ``{"ks": (3, 5, 7), "e": (3, 4, 6)}``.
        free_genes: (length, choices) of genes that depth does not touch, e.g. ``{"w": (6, (0, 1, 2))}``.
        resolutions: allowed values of ``r``, ascending.
        unordered: genes whose neighbouring choices are not alike, as operations are not.
    """

    def __init__(
        self,
        id: str,
        *,
        depths: Sequence[Depth],
        block_genes: Mapping[str, tuple[float, ...]],
        free_genes: Mapping[str, tuple[int, tuple[float, ...]]] | None = None,
        resolutions: Sequence[int],
        unordered: Collection[str] = (),
    ) -> None:
        self.id = id
        self.depths = tuple(depths)
        self.block_genes = dict(block_genes)
        self.free_genes = dict(free_genes or {})
        self.resolutions = tuple(resolutions)
        self.unordered = frozenset(unordered)
        self.slots = sum(depth.slots for depth in self.depths)
        self._keys = frozenset({"d", "r", "image_size", "wid", *self.block_genes, *self.free_genes})
        # canonical forms: of each choice of a depth; of each choice of a gene in blocks skipped, and in those that run
        self._depth_forms: list[dict[float, float]] = [
            {choice: choice for choice in depth.choices} for depth in self.depths
        ]
        self._forms: dict[str, tuple[dict[float, float], dict[float, float]]] = {
            gene: (dict.fromkeys((*choices, 0), 0), {choice: choice for choice in choices})
            for gene, choices in self.block_genes.items()
        }
        self._choices_per_block = math.prod(len(choices) for choices in self.block_genes.values())
        self._runs: dict[tuple[int, ...], tuple[bool, ...]] = {}

    # ---- size ----

    @property
    def size(self) -> int:
        """Number of different architectures, resolution aside."""
        size = 1
        for depth in self.depths:
            size *= sum(self._choices_per_block ** depth.active(value) for value in depth.choices)
        for length, choices in self.free_genes.values():
            size *= len(choices) ** length
        return size

    @property
    def total_size(self) -> int:
        """Number of different (architecture, resolution) pairs."""
        return self.size * len(self.resolutions)

    # ---- checking ----

    def validate(self, config: Mapping[str, Any]) -> None:
        """Check a configuration; genes of skipped blocks may hold any choice or 0.

        Raises:
            InputError: a key is missing or unknown, a list has another length, or a value is no choice.
        """
        self.canonical(config)

    def canonical(self, config: Mapping[str, Any]) -> Config:
        """The one form that all spellings of an architecture share.

        Accepts what Once-for-All's own files hold: ``wid`` (None), ``r`` as a list of one, or ``image_size``.

        Raises:
            InputError: as :meth:`validate`.
        """
        return self._architecture(config) | {"r": self._resolution(config)}

    def _architecture(self, config: Mapping[str, Any]) -> Config:
        if not self._keys.issuperset(config):
            key = next(key for key in config if key not in self._keys)
            raise unknown(f"{self.id}: config key", str(key), self._keys - {"image_size", "wid"})
        if config.get("wid") is not None:
            raise InputError(f"{self.id}: wid", config["wid"], "must be None", "the width is fixed by the space")
        depths = config if self.depths else {"d": [], **config}
        out: Config = {
            "d": self._looked_up(depths.get("d"), self._depth_forms)
            or self._values(depths, "d", [depth.choices for depth in self.depths])
        }
        running = self._running(out["d"])
        for gene, choices in self.block_genes.items():
            skipped, runs = self._forms[gene]
            quick = self._looked_up(config.get(gene), [runs if alive else skipped for alive in running])
            if quick is None:
                allowed = [choices if runs else (*choices, 0) for runs in running]
                values = self._values(config, gene, allowed)
                quick = [value if runs else 0 for value, runs in zip(values, running)]
            out[gene] = quick
        for gene, (length, free_choices) in self.free_genes.items():
            out[gene] = self._values(config, gene, [free_choices] * length)
        return out

    @staticmethod
    def _looked_up(values: Any, forms: Sequence[Mapping[float, float]]) -> list[float] | None:
        """The canonical form of every entry by look-up, or ``None`` unless all is well."""
        if type(values) is not list or len(values) != len(forms) or bool in map(type, values):
            return None
        try:
            return [form[value] for form, value in zip(forms, values)]
        except (KeyError, TypeError):
            return None

    def _values(self, config: Mapping[str, Any], gene: str, allowed: Sequence[tuple[float, ...]]) -> list[float]:
        """The entries of ``config[gene]``, each found among its allowed values."""
        place = f"{self.id}: {gene}"
        if gene not in config:
            raise InputError(place, NO_VALUE, "is missing")
        values = config[gene]
        if not isinstance(values, Sequence | np.ndarray) or isinstance(values, str):
            raise InputError(place, values, "must be a list")
        if len(values) != len(allowed):
            raise InputError(place, list(values), f"has {len(values)} entries and must have {len(allowed)}")
        found = []
        for index, (value, choices) in enumerate(zip(values, allowed)):
            if isinstance(value, bool) or value not in choices:
                offered = ", ".join(map(str, choices))
                raise InputError(f"{place}[{index}]", value, f"must be one of {offered}")
            found.append(choices[choices.index(value)])
        return found

    def _resolution(self, config: Mapping[str, Any]) -> int:
        given = [config[key] for key in ("r", "image_size") if key in config]
        if not given:
            raise InputError(f"{self.id}: r", NO_VALUE, "is missing", "it is the resolution of the input image")
        value = given[0]
        if len(given) > 1 and given[0] != given[1]:
            raise InputError(f"{self.id}: image_size", given[1], f"contradicts r = {given[0]!r}")
        if isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        if isinstance(value, bool) or value not in self.resolutions:
            raise InputError(f"{self.id}: r", value, "must be one of " + ", ".join(map(str, self.resolutions)))
        return int(value)

    def _running(self, d: Sequence[int]) -> tuple[bool, ...]:
        """For every block slot, whether it runs."""
        known = self._runs.get(depths := tuple(d))
        if known is None:
            active = [(depth.slots, depth.active(value)) for depth, value in zip(self.depths, d)]
            known = self._runs[depths] = tuple(index < runs for slots, runs in active for index in range(slots))
        return known

    def key(self, config: Mapping[str, Any]) -> Key:
        """Hashable identity: equal exactly for equal architectures at equal resolution."""
        canonical = self.canonical(config)
        return tuple(tuple(value) if isinstance(value, list) else value for value in canonical.values())

    # ---- drawing and changing ----

    def sample(self, rng: np.random.Generator) -> Config:
        """Draw uniformly over (architecture, resolution) pairs.

        Uniform over *genes* is not uniform over architectures, since those with skipped blocks have many spellings. A
        depth that keeps n blocks stands for ``choices ** n`` architectures, so depths are drawn with that weight.
        """
        d = []
        for depth in self.depths:
            weights = np.array([float(self._choices_per_block ** depth.active(value)) for value in depth.choices])
            d.append(depth.choices[int(rng.choice(len(weights), p=weights / weights.sum()))])
        return self._hide(self._draw(rng) | {"d": d})

    def mutate(
        self,
        config: Mapping[str, Any],
        rng: np.random.Generator,
        prob: float = 0.1,
        resolution_prob: float | None = None,
    ) -> Config:
        """Redraw each block (its genes together), depth, width and the resolution with probability ``prob``.

        The operator of Once-for-All's evolution finder. A block that a greater depth brings back has random genes.

        Args:
            prob: of each redraw, 0 to 1.
            resolution_prob: of redrawing the resolution; ``prob`` when omitted.
        """
        for place, value in (("prob", prob), ("resolution_prob", resolution_prob)):
            if value is not None and not 0 <= value <= 1:
                raise InputError(f"{self.id}: mutate {place}", value, "must be between 0 and 1")
        parent, fresh = self.canonical(config), self._draw(rng)
        redraw = rng.random(self.slots) < prob
        redraw |= ~np.array(self._running(parent["d"]), dtype=bool)
        child: Config = {"d": []}
        for depth, value in zip(self.depths, parent["d"]):
            other = depth.choices[int(rng.integers(len(depth.choices)))]
            child["d"].append(other if rng.random() < prob else value)
        for gene in self.block_genes:
            child[gene] = [new if redo else old for new, old, redo in zip(fresh[gene], parent[gene], redraw)]
        for gene, (length, _) in self.free_genes.items():
            redraw = rng.random(length) < prob
            child[gene] = [new if redo else old for new, old, redo in zip(fresh[gene], parent[gene], redraw)]
        stay = rng.random() >= (prob if resolution_prob is None else resolution_prob)
        child["r"] = parent["r"] if stay else fresh["r"]
        return self._hide(child)

    def crossover(self, a: Mapping[str, Any], b: Mapping[str, Any], rng: np.random.Generator) -> Config:
        """Take every gene from one parent at random; a block that only one parent runs comes from that one."""
        parents = (self.canonical(a), self.canonical(b))
        child: Config = {}
        for gene in ("d", *self.free_genes):
            picks = rng.integers(2, size=len(parents[0][gene]))
            child[gene] = [parents[pick][gene][index] for index, pick in enumerate(picks)]
        runs = [self._running(parent["d"]) for parent in parents]
        for gene in self.block_genes:
            drawn = enumerate(rng.integers(2, size=self.slots))
            heirs = [parents[pick if runs[pick][slot] else 1 - pick] for slot, pick in drawn]
            child[gene] = [parent[gene][slot] for slot, parent in enumerate(heirs)]
        child["r"] = parents[int(rng.integers(2))]["r"]
        return self._hide(child)

    def max_config(self) -> Config:
        """The largest architecture at the highest resolution."""
        return self._extreme(-1)

    def min_config(self) -> Config:
        """The smallest architecture at the lowest resolution."""
        return self._extreme(0)

    def _extreme(self, end: int) -> Config:
        config: Config = {"d": [depth.choices[end] for depth in self.depths], "r": self.resolutions[end]}
        config |= {gene: [choices[end]] * self.slots for gene, choices in self.block_genes.items()}
        config |= {gene: [choices[end]] * length for gene, (length, choices) in self.free_genes.items()}
        return self._hide(config)

    def _draw(self, rng: np.random.Generator) -> Config:
        """Every gene but the depths, uniformly."""
        drawn: Config = {}
        for gene, choices in self.block_genes.items():
            drawn[gene] = [choices[index] for index in rng.integers(len(choices), size=self.slots)]
        for gene, (length, free_choices) in self.free_genes.items():
            drawn[gene] = [free_choices[index] for index in rng.integers(len(free_choices), size=length)]
        drawn["r"] = self.resolutions[int(rng.integers(len(self.resolutions)))]
        return drawn

    def _hide(self, config: Config) -> Config:
        """Zero the genes of skipped blocks of a config known to be valid, in the order of keys of canonical forms."""
        running = self._running(config["d"])
        hidden: Config = {"d": config["d"]}
        for gene in self.block_genes:
            hidden[gene] = [value if runs else 0 for value, runs in zip(config[gene], running)]
        return hidden | {gene: config[gene] for gene in (*self.free_genes, "r")}

    # ---- encoding ----

    @cached_property
    def _taken(self) -> DecisionSpace:
        """The genes in the order a strategy decides them: resolution, free genes, then each depth and its blocks."""
        decisions = [Decision("r", self.resolutions)]
        for gene, (length, free_choices) in self.free_genes.items():
            ordered = gene not in self.unordered
            decisions += [Decision(f"{gene}[{index}]", free_choices, ordered) for index in range(length)]
        slot = 0
        for index, depth in enumerate(self.depths):
            parent = len(decisions)
            decisions.append(Decision(f"d[{index}]", depth.choices))
            for place in range(depth.slots):
                runs = frozenset(code for code, value in enumerate(depth.choices) if place < depth.active(value))
                for gene, choices in self.block_genes.items():
                    ordered = gene not in self.unordered
                    decisions.append(Decision(f"{gene}[{slot}]", choices, ordered, parent=parent, when=runs))
                slot += 1
        return DecisionSpace(self.id, decisions)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """See :attr:`~nets.spaces.decisions.SearchSpace.decisions`."""
        return self._taken.decisions

    def options(self, prefix: Sequence[int]) -> tuple[int, ...]:
        """See :meth:`~nets.spaces.decisions.SearchSpace.options`."""
        return self._taken.options(prefix)

    def encode(self, config: Mapping[str, Any]) -> Codes:
        """See :meth:`~nets.spaces.decisions.SearchSpace.encode`.

        Raises:
            InputError: as :meth:`validate`.
        """
        canonical = self.canonical(config)
        taken = {
            f"{gene}[{index}]": value
            for gene, values in canonical.items()
            if gene != "r"
            for index, value in enumerate(values)
        } | {"r": canonical["r"]}
        codes: Codes = ()
        for decision in self.decisions:
            shown = self._taken.means(decision, codes)
            codes += (decision.choices.index(taken[decision.name]) if shown else 0,)
        return codes

    def decode(self, codes: Sequence[int]) -> Config:
        """See :meth:`~nets.spaces.decisions.SearchSpace.decode`."""
        config = self._blank()
        for name, value in self._taken.decode(codes).items():
            gene, bracket, place = name.partition("[")
            if bracket:
                config[gene][int(place[:-1])] = value
            else:
                config[gene] = value
        return config

    def at(self, resolutions: Iterable[int]) -> Self:
        """The same space with some of its resolutions.

        Raises:
            InputError: one that it does not have, or none.
        """
        kept = sorted(set(resolutions))
        known = ", ".join(map(str, self.resolutions))
        if not kept:
            raise InputError(f"{self.id}: r", "nothing", f"must be some of {known}")
        for value in kept:
            if value not in self.resolutions:
                raise InputError(f"{self.id}: r", value, f"must be one of {known}")
        other = copy.copy(self)
        other.__dict__.pop("_taken", None)
        other.resolutions = tuple(kept)
        return other

    @cached_property
    def columns(self) -> dict[tuple[str, int, float], int]:
        """Column of :meth:`features_batch` by (list, place, value), as in ``("ks", 3, 5)``.

        Depths that govern blocks have none.
        """
        genes = [(gene, range(self.slots), choices) for gene, choices in self.block_genes.items()]
        genes += [(gene, range(length), choices) for gene, (length, choices) in self.free_genes.items()]
        genes += [("d", range(i, i + 1), depth.choices) for i, depth in enumerate(self.depths) if not depth.slots]
        hot = [(gene, place, value) for gene, places, choices in genes for place in places for value in choices]
        return {gene: column for column, gene in enumerate(hot)}

    def assembled(self, genes: Iterable[tuple[str, int, float]], resolution: int) -> Config:
        """The canonical config of an architecture from all its genes, each as (list, place, value)."""
        config = self._blank()
        for gene, place, value in genes:
            config[gene][place] = value
        return config | {"r": resolution}

    def _blank(self) -> Config:
        """Zeros for every gene but the resolution."""
        config: Config = {"d": [0] * len(self.depths)}
        config |= {gene: [0] * self.slots for gene in self.block_genes}
        config |= {gene: [0] * length for gene, (length, _) in self.free_genes.items()}
        return config

    def features(self, config: Mapping[str, Any]) -> NDArray[np.float64]:
        """One-hot encoding without the resolution, shape (features,): see :meth:`features_batch`."""
        row: NDArray[np.float64] = self.features_batch([self.canonical(config)])[0]
        return row

    def features_batch(self, configs: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """One-hot encoding of *canonical* configs, shape (configs, features); skipped blocks are all zero.

        Order: every block gene in turn, slot by slot, choice by choice; then the free genes; then the entries of ``d``
        that govern no blocks.
        """
        columns = []
        for gene, choices in self.block_genes.items():
            columns.append(_one_hot([config[gene] for config in configs], choices))
        for gene, (_, free_choices) in self.free_genes.items():
            columns.append(_one_hot([config[gene] for config in configs], free_choices))
        for index, depth in enumerate(self.depths):
            if not depth.slots:
                columns.append(_one_hot([[config["d"][index]] for config in configs], depth.choices))
        return np.hstack(columns)


def _one_hot(values: Sequence[Sequence[float]], choices: Sequence[float]) -> NDArray[np.float64]:
    """(rows, entries) to (rows, entries * choices)."""
    table = np.asarray(values, dtype=np.float64)
    hot: NDArray[np.bool_] = table[:, :, None] == np.asarray(choices, dtype=np.float64)
    return hot.reshape(len(table), -1).astype(np.float64)

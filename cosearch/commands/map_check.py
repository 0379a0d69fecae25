"""``cosearch map --check-proof``: what an enumeration of mappings says of the one that is called proven."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nets.errors import CosearchError, InputError

if TYPE_CHECKING:
    from mappings import MappingResult
    from mappings.mapspace import Tiles
    from mappings.proof_check import Verdict


def require_checkable(args: argparse.Namespace) -> None:
    """Refuse what proves nothing, and what is not enumerated.

    Raises:
        InputError: names the option.
    """
    if args.network is not None:
        raise InputError("--check-proof --network", args.network, "is not one layer", "map its layers one by one")
    if args.mapper != "optimal":
        raise InputError("--check-proof --mapper", args.mapper, "proves nothing", "take --mapper optimal")
    if "ragged" in args.tiles:
        raise InputError("--check-proof --tiles", args.tiles, "cannot be enumerated", "take --tiles perfect")


def check_proof(found: MappingResult, *, tiles: Tiles, constraints: tuple[str, ...], limit_s: float) -> Verdict | None:
    """Enumerate the mappings of a layer; ``None`` where the search has proven nothing."""
    from mappings.mapspace import MapSpace
    from mappings.proof_check import check

    if not found.proven:
        return None
    convention: Any = found.cost.convention
    space = MapSpace.of([found.layer], [found.accelerator], tiles=tiles, convention=convention, constraints=constraints)
    return check(space, 0, found.objective, found.score, time_limit_s=limit_s)


def figures(verdict: Verdict | None, unit: float) -> dict[str, Any] | None:
    """Plain data; the least objective priced times ``unit``."""
    if verdict is None:
        return None
    return {
        "agrees": verdict.agrees,
        "complete": verdict.complete,
        "priced": verdict.priced,
        "cut": verdict.cut,
        "best": verdict.best * unit,
        "mapping": None if verdict.mapping is None else verdict.mapping.to_dict(),
    }


def in_words(verdict: Verdict | None, limit_s: float) -> str:
    """One line for people."""
    from mappings.proof_check import MOST

    if verdict is None:
        return "not checked: the search has proven nothing"
    if verdict.complete:
        says = "none is better" if verdict.agrees else "one is better"
        return f"checked by enumeration: {verdict.priced:,} mappings priced, {says}"
    if verdict.priced + verdict.cut > MOST:
        return f"not checked: more than {MOST:,} mappings"
    return f"not checked: more mappings than {limit_s:g} s suffice for"


def require_agreement(found: MappingResult, verdict: Verdict | None, unit: float) -> None:
    """Fail where a mapping is better than what was proven.

    Raises:
        CosearchError: names both values.
    """
    if verdict is not None and verdict.mapping is not None:
        raise CosearchError(
            f"--check-proof: the search proves that no {found.objective} is below {found.score * unit:.10g}, "
            f"and a mapping has {verdict.best * unit:.10g}"
        )

"""What an import made of its source."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from nets.network import Network


@dataclass(frozen=True, slots=True)
class Became:
    """An operation of the source and what it became.

    Attributes:
        name: what the source calls it.
        place: where it stands.
        became: a kind of layer, or why it is none.
        layer: that it became, or that does it.
    """

    name: str
    place: str
    became: str
    layer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import made of its source.

    Attributes:
        source: the file or module.
        macs: multiply-accumulates of one inference.
        params: learned parameters, tied ones once.
        unread_params: those that no operation reads; they count with the last layer.
        operations: every operation, in order.
        overcounted: layers whose inputs are counted more than once, since their depth was folded.
        notes: what else should be known.
    """

    source: str
    macs: int
    params: int
    unread_params: int
    operations: tuple[Became, ...]
    overcounted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def kinds(self) -> list[tuple[str, str, int]]:
        """(name of an operation, what it became, how many), the most frequent first."""
        counts = Counter((each.name, each.became) for each in self.operations)
        return [(*key, count) for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    def sentences(self) -> list[str]:
        """What a reader of the figures should know."""
        said = list(self.notes)
        if self.unread_params:
            said.append(f"{self.unread_params:,} parameters are stored and not read; they count with the last layer")
        if self.overcounted:
            said.append(
                f"inputs are overcounted in {len(self.overcounted)} layers whose depth is folded: "
                + ", ".join(self.overcounted)
            )
        return said

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "source": self.source,
            "macs": self.macs,
            "params": self.params,
            "unread_params": self.unread_params,
            "notes": self.sentences(),
            "operations": [asdict(each) for each in self.operations],
        }


class ImportedNetwork(Network):
    """A network with the report of its import."""

    report: ImportReport

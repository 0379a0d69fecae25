"""Spaces as somebody's own package may have them, and things that are none."""

from __future__ import annotations

from nets.spaces import MobileSpace, Space
from nets.spaces.ofa_mobile import Stage

SMALL = f"{__name__}:small"

NOT_A_SPACE = 3


def small(channels: int = 16) -> MobileSpace:
    """One stage of one or two blocks: 90 networks at each of two resolutions."""
    return MobileSpace(
        "small",
        "Small",
        stem=(8, 8),
        stem_activations=("relu", "relu"),
        stem_skip=True,
        stages=[Stage(channels, 2, "relu", squeeze=False, depths=(1, 2))],
        head=None,
        head_activation="relu",
        resolutions=(16, 32),
        classes=4,
    )


def wider() -> MobileSpace:
    """The same with other channels."""
    return small(24)


ready = small()


class Unfinished(Space):
    """Says nothing of its networks."""


class Broken(MobileSpace):
    """Fails when it is asked for a network."""

    def __init__(self) -> None:
        vars(self).update(vars(small()))

    def named_blocks(self, *_: object) -> object:  # type: ignore[override]
        """Fails."""
        raise KeyError("weights")

    _chain = named_blocks  # type: ignore[assignment]


class Wrong:
    """No space."""

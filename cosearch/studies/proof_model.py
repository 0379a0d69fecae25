"""What a ``joint_bound.npz`` says of its proof beside the boxes."""

from __future__ import annotations

from pydantic import Field

from nets.documents.model import Count, Model, NotNegative, Positive, Whole


class ProofAbout(Model):
    """The problem, and how far its proof is.

    Attributes:
        schema: of the file. run: fingerprint of its options.
        resolutions: of subnets' images. direction: of the cost that layers are searched for.
        value: of the best design known. boxes, waves: that were worked on.
        groups: whether layers may run in groups.
    """

    version: Whole = Field(alias="schema")
    run: str
    resolutions: tuple[Count, ...] | None
    direction: tuple[NotNegative, NotNegative]
    value: Positive
    boxes: Whole
    waves: Whole
    groups: bool = False

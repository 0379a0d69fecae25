"""Search spaces in closed form; importing this package enters them all into the registry."""

from nets.spaces import (
    anycost_gan,
    auto_deeplab,
    efficientnet,
    hat_genome,
    language,
    litepose,
    nasnet,
    ofa_digits,
    ofa_mobilenetv3,
    ofa_proxyless,
    ofa_resnet50,
    proxyless,
    spvnas,
    tinynas,
)
from nets.spaces.block import Block
from nets.spaces.decisions import Codes, Config, Decision, DecisionSpace, SearchSpace, all_codes
from nets.spaces.genome import Depth, Genome, Key
from nets.spaces.ofa_mobile import MobileSpace
from nets.spaces.registry import list_spaces, load_space, register_space, space_in_file
from nets.spaces.space import GraphSpace, Space

__all__ = [
    "Block",
    "Codes",
    "Config",
    "Decision",
    "DecisionSpace",
    "Depth",
    "Genome",
    "GraphSpace",
    "Key",
    "MobileSpace",
    "SearchSpace",
    "Space",
    "all_codes",
    "anycost_gan",
    "auto_deeplab",
    "efficientnet",
    "hat_genome",
    "language",
    "list_spaces",
    "litepose",
    "load_space",
    "nasnet",
    "ofa_digits",
    "ofa_mobilenetv3",
    "ofa_proxyless",
    "ofa_resnet50",
    "proxyless",
    "register_space",
    "space_in_file",
    "spvnas",
    "tinynas",
]

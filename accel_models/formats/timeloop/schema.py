"""What Timeloop files may say, section by section, for editors."""

from __future__ import annotations

from typing import Any, Final

from accel_models.formats.timeloop.architecture_model import AreaTables, EnergyTables, FlatArchitecture, Tree
from accel_models.formats.timeloop.constraints import SECTIONS
from accel_models.formats.timeloop.mapping_model import MappingSection, MapspaceConstraints
from accel_models.formats.timeloop.nodes_model import NodesEntry
from accel_models.formats.timeloop.problem_model import ProblemEntry
from nets.documents.schemas import schema_of_parts

MODELS: Final[dict[str, Any]] = {
    "problem": ProblemEntry,
    "arch": FlatArchitecture,
    "architecture": NodesEntry | Tree,
    "variables": dict[str, Any],
    "mapping": MappingSection,
    **dict.fromkeys(SECTIONS, MapspaceConstraints),
    **dict.fromkeys(("ERT", "ERT_summary"), EnergyTables),
    **dict.fromkeys(("ART", "ART_summary"), AreaTables),
}


def timeloop_schema(silent: tuple[str, ...]) -> dict[str, Any]:
    """JSON Schema of a file; nodes with tags are not looked into, for which JSON Schema has no words.

    Args:
        silent: sections that no cost depends on.
    """
    return schema_of_parts(MODELS, "Sections of Timeloop's", others=silent)

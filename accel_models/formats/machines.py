"""Machines in the files of other tools, told by what stands in them.

``architecture`` or ``arch`` is Timeloop's, ``memories`` (or Stream's ``cores``) ZigZag's, a file ending in ``.cfg``
SCALE-Sim's, one in ``.scala`` Gemmini's parameters, one in ``.h`` the header that Gemmini's generator writes. Each
becomes an accelerator that lists what its file asks for in vain.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from accel_models.accelerator import Accelerator
from nets.documents import read_text
from nets.documents.limits import MOST_YAML_BYTES

_SIGNS: Final = re.compile(
    r"^(?:(?P<timeloop>architecture|arch)|(?P<zigzag>memories|cores|core_coordinates|core_connectivity))[ \t]*:",
    re.MULTILINE,
)


def other_tools_machine(path: Path) -> Accelerator | None:
    """The machine of a file; nothing where no other tool's is known by its keys.

    Raises:
        InputError: what the reader of that tool's files refuses.
    """
    if path.suffix == ".cfg":
        from accel_models.formats.scalesim import read_config

        return read_config(path).accelerator()
    if path.suffix == ".scala":
        from accel_models.formats.gemmini_reading import read_gemmini

        return read_gemmini(path)
    if path.suffix == ".h":
        from accel_models.formats.gemmini_header import read_header

        return read_header(path)
    sign = _SIGNS.search(read_text("accelerator", path, most=MOST_YAML_BYTES))
    if sign is None:
        return None
    if sign["zigzag"]:
        from accel_models.formats.zigzag import read_hardware

        return read_hardware(path)
    from accel_models.formats.timeloop import read_machine

    return read_machine(path)

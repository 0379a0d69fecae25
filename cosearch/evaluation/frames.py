"""Trials and layers as pandas frames: one row each, units at the end of the columns' names, nothing rounded.

pandas is an extra, ``pip install 'cosearch[pandas]'``, and is imported only when a frame is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cosearch.studies.run_folder import layer_rows
from nets.errors import CosearchError

if TYPE_CHECKING:
    import pandas

    from cosearch.evaluation.design import Design
    from cosearch.evaluation.network_cost import NetworkCost
    from cosearch.problem.objective import Objective


def trials_frame(designs: Iterable[Design], objective: Objective) -> pandas.DataFrame:
    """Every design in the order of evaluation.

    Columns: ``trial``, the objective with its unit (``edp_js``), ``feasible``, ``breaks`` (limits, by name), the
    accelerator (``area_mm2``, ``elements``, ``array``, ``parallel``, ``l1_bytes``, ``l2_bytes``,
    ``noc_words_per_cycle``, ``dram_gb_s``) and for each network ``latency_s``, ``energy_pj``, ``edp_js``, ``power_w``
    and, where known, ``top1_percent``; with several networks its name stands before, as in ``resnet50: latency_s``.
    A design that nothing maps has infinite costs.

    Raises:
        CosearchError: pandas is not installed.
    """
    return _pandas().DataFrame([_trial(design, objective) for design in designs])


def layers_frame(costs: Sequence[NetworkCost]) -> pandas.DataFrame:
    """Every layer of every network, in the order they run: the columns of ``layers.csv``.

    Raises:
        CosearchError: pandas is not installed.
    """
    columns, rows = layer_rows(costs)
    return _pandas().DataFrame(rows, columns=columns)


def _trial(design: Design, objective: Objective) -> Mapping[str, Any]:
    row: dict[str, Any] = {
        "trial": design.number,
        f"{objective.name}_{objective.unit_ending}": design.value,
        "feasible": design.feasible,
        "breaks": ", ".join(broken.quantity for broken in design.violations),
        **design.hardware(),
    }
    for before, work in design.by_network():
        row[f"{before}latency_s"] = work.latency_s
        row[f"{before}energy_pj"] = work.energy_pj
        row[f"{before}edp_js"] = work.energy_pj * 1e-12 * work.latency_s
        row[f"{before}power_w"] = work.power_w
        if work.accuracy is not None:
            row[f"{before}top1_percent"] = work.accuracy
    return row


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise CosearchError("frames need pandas: pip install 'cosearch[pandas]'") from None
    return pandas

"""Can I trust it? What is proven of a design, what is estimated and how well, in words that a stranger understands.

A page shows every answer in full, a terminal its first sentence.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from accel_models.accelerator import Accelerator
from accel_models.description import Machine
from accel_models.dram import PHY
from accel_models.overhead import area_interval
from accel_models.own_technology import OwnTechnology
from accel_models.silicon import silicon
from accel_models.technology import own_fit_error, sram_fit_errors
from accel_models.template import Template
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.evaluation.spread import NEAR, Spread
from cosearch.evaluation.winner import FOUND_BY, AccuracyFloor, Winner
from cosearch.problem.objective import Objective
from nets.accuracy import Accuracy

ASKING: Final = 0.9
"""The confidence that is proposed where a floor is less sure."""
FITTED_NM: Final = 22
"""Below this node memories follow a rule, not rows of CACTI."""
METHODS: Final = dict(
    zip(
        FOUND_BY,
        (
            "for these mappings no subnet that reaches the accuracy is better: a shortest path finds the best (proven)",
            "a shortest path finds it, but the confidence asked for is met by search: near the best, not proven",
            "evolution says so: it tries subnets and keeps the best, so a better one may exist (not proven)",
            "for these mappings no measured subnet that reaches the accuracy is better: each was priced (proven)",
            "of the few subnets that were looked at in groups it is the best, so a better one may exist (not proven)",
        ),
    )
)

OF_TEMPLATE: Final = "accelerator", "accelerators"
OF_MACHINE: Final = "variant of this machine", "variants of this machine"
"""What is designed: one of them, several."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question about a design.

    Attributes:
        question: as a reader asks it; short: the same in a table.
        figure: the answer at a glance.
        brief: the answer in a sentence without its full stop.
        more: further sentences.
    """

    question: str
    short: str
    figure: str
    brief: str
    more: str = ""

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return asdict(self)


def answers(
    winner: Winner, objective: Objective, joint: Mapping[str, Any] | None, spread: Spread | None
) -> list[Answer]:
    """What can be said of a design, what is proven first.

    Args:
        winner: the design.
        objective: that was made small.
        joint: what no design inside the budget can beat, as :meth:`JointBound.to_dict` has it; ``None`` or empty where
            that was not asked.
        spread: of the search that found it; ``None`` where no search is known.
    """
    found = [_joint(joint, objective, winner.machine)] if joint else []
    if joint and joint.get("groups"):
        found.append(_joint_in_groups(joint["groups"], objective))
    found += [_mappings(cost, objective, _which(winner, cost)) for cost in winner.costs]
    if winner.groups:
        found.append(_groups(winner, objective))
    if winner.found_by:
        found.append(_network(winner.found_by))
    pairs = zip(winner.costs, winner.accuracies, strict=True)
    found += [_accuracy(known, winner.floor, _which(winner, cost)) for cost, known in pairs]
    found.append(_technology(winner))
    if spread is not None:
        found.append(_seeds(spread, joint))
    return found


_NEAR_GROUPS: Final = "How near are these groups of layers to the best ones on this accelerator?", "groups gap"


def _groups(winner: Winner, objective: Objective) -> Answer:
    """How near the groups of layers are to the best ones."""
    figures = winner.groups_to_dict(objective)["groups"]
    if figures["gap"] is None:
        brief = "nothing is proven of other groups: machine or network are not those of the search"
        return Answer(*_NEAR_GROUPS, "not known", brief)
    return Answer(
        *_NEAR_GROUPS,
        f"at most {_above(figures['gap'])}",
        f"at most {_above(figures['gap'])} the best groups of the kind that is searched: none has {objective.title} "
        f"below {figures['lower_bound']:.4g} {objective.unit}",
    )


def _which(winner: Winner, cost: NetworkCost) -> str:
    """What tells a network from others in the name of a question; nothing where it is alone."""
    return f" of {cost.network.name}" if len(winner.costs) > 1 else ""


def describe_joint(joint: Mapping[str, Any], objective: Objective, machine: Machine) -> str:
    """What is proven of all designs inside the budget together: of the accelerator, the network and the mappings.

    Args:
        joint: as :meth:`JointBound.to_dict` has it. objective: that was made small.
        machine: the design's, which says what else could have been built.
    """
    one, every = OF_TEMPLATE if isinstance(machine, Template) else OF_MACHINE
    if joint["lower_bound"] is None:
        return f"nothing is proven of other designs: {joint.get('note', '')}"
    if joint["gap"] <= 0:
        return f"no {one} inside the budget, with any network and mappings allowed, is better (proven)"
    return (
        f"at most {_above(joint['gap'])} the best of all {every} inside the budget, with any network and "
        f"mappings allowed (proven): none is below {joint['lower_bound']:.4g} {objective.unit}"
    )


def _above(gap: float) -> str:
    """A gap before what it is above: a share, or how many times where it is large."""
    return f"{gap:.1%} above" if gap < 2 else f"{1 + gap:.3g} times"


def _joint(joint: Mapping[str, Any], objective: Objective, machine: Machine) -> Answer:
    question = ("How near is it to the best design there could be?", "joint gap")
    if joint["lower_bound"] is None:
        return Answer(*question, "not known", describe_joint(joint, objective, machine))
    figure = "none is better" if joint["gap"] <= 0 else f"at most {_above(joint['gap'])}"
    pairs = "all pairs of an array and a size of L2 that fit" if isinstance(machine, Template) else "all that may fit"
    more = (
        f"{joint['proven_share']:.1%} of {pairs} the budget are ruled out: "
        "they hold no better design. It may be much nearer, since a bound falls short too; cosearch prove goes on "
        "with the proof, and takes a better design where it meets one."
    )
    return Answer(*question, figure, describe_joint(joint, objective, machine), more)


def _joint_in_groups(joint: Mapping[str, Any], objective: Objective) -> Answer:
    question = "How near is it in groups to the best design in groups there could be?", "joint gap, groups"
    if joint["lower_bound"] is None:
        return Answer(*question, "not known", describe_joint_in_groups(joint, objective))
    more = (
        "That is loose: it counts weights from DRAM once, and of what lies between layers that may run together "
        "nothing. cosearch prove goes on with it."
    )
    return Answer(*question, f"at most {_above(joint['gap'])}", describe_joint_in_groups(joint, objective), more)


def describe_joint_in_groups(joint: Mapping[str, Any], objective: Objective) -> str:
    """What is proven of all designs inside the budget whose layers may run in groups."""
    if joint["lower_bound"] is None:
        return f"nothing is proven of other designs in groups: {joint.get('note', '')}"
    return (
        f"at most {_above(joint['gap'])} the best of all designs inside the budget whose layers run in any groups or "
        f"alone (proven): none is below {joint['lower_bound']:.4g} {objective.unit}"
    )


def describe_mappings(cost: NetworkCost, objective: Objective) -> str:
    """What is proven of the mappings alone: of one network on one accelerator."""
    return (
        f"at most {_above(cost.gap(objective))} the best mappings of this network on this accelerator "
        f"({_bound_kind(cost)}): none has {objective.title} below {cost.lower_bound(objective):.4g} {objective.unit}"
        f"{_beside_dividing(cost, objective)}"
    )


def _beside_dividing(cost: NetworkCost, objective: Objective) -> str:
    """How far mappings of a weak bound are from the best whose tiles divide; empty where that is not known."""
    above = cost.above_dividing(objective) if cost.weakly_bounded else None
    if above is None:
        return ""
    share = f"at most {_above(above)}" if above > 0 else f"at least {-above:.1%} below"
    return f"; {share} the best whose tiles divide (proven)"


def _bound_kind(cost: NetworkCost) -> str:
    """What the bound on mappings rests on."""
    weak, searched = cost.weakly_bounded, _searched(cost)
    if not weak:
        return "proven"
    of = "" if weak == searched else f" for {weak} of {searched} layers"
    return f"proven, by a weak bound{of}: what every mapping has to pay"


def _searched(cost: NetworkCost) -> int:
    """Layers that have a mapping."""
    return sum(layer.mapping is not None for layer in cost.layers)


def _mappings(cost: NetworkCost, objective: Objective, which: str) -> Answer:
    weak, searched = cost.weakly_bounded, _searched(cost)
    how = (
        "The bound is what every mapping has to pay, which the best may stay far above: the gap says little of how "
        "good the mappings are."
    )
    if weak < searched:
        proven = searched - weak
        how = f"For {proven} of {searched} layers the last mapper searched until it could prove how near they are."
    return Answer(
        f"How near are the mappings{which} to the best mappings?",
        f"mapping gap{which}",
        f"at most {_above(cost.gap(objective))}",
        describe_mappings(cost, objective),
        how + " This speaks of one network on one accelerator, not of other designs.",
    )


def _network(found_by: str) -> Answer:
    said = METHODS[found_by]
    figure = "the best, proven" if found_by.endswith("exact") else "not proven"
    return Answer("Is it the best network for this accelerator?", "network", figure, said)


def _accuracy(known: Accuracy | None, floor: AccuracyFloor | None, which: str) -> Answer:
    question = (f"How sure is the accuracy{which}?", f"accuracy{which}")
    if known is None:
        return Answer(*question, "not known", "no accuracy is known for it, and none was asked for")
    if not math.isfinite(known.standard_error):
        return Answer(*question, f"{known.top1_percent:.2f} %", f"{known.top1_percent:.2f} % top-1, {known.estimates}")
    how = "measured" if known.measured else "predicted, not measured"
    said = f"{known.top1_percent:.2f} ± {known.standard_error:.2f} % top-1 is {how}"
    if floor is None:
        return Answer(*question, f"± {known.standard_error:.2f} %", said)
    figure = f"{probability_of(known, floor)} sure of the floor"
    said += f"; {describe_floor(known, floor)}"
    return Answer(*question, figure, said, f"It estimates {known.estimates}.")


def probability_of(accuracy: Accuracy, floor: AccuracyFloor) -> str:
    """How probable a floor is, never more than it is."""
    probability = accuracy.probability(floor.top1_percent)
    digits = 4 if probability > 0.99 else 2
    return f"{math.floor(10**digits * probability) / 10**digits:.{digits}f}"


def describe_floor(accuracy: Accuracy, floor: AccuracyFloor) -> str:
    """How probable the floor is that was asked for."""
    said = f"the floor of {floor.top1_percent:g} % holds with probability {probability_of(accuracy, floor)}"
    if floor.confidence is not None:
        return f"{said} ({floor.confidence} was asked for)"
    enough = accuracy.probability(floor.top1_percent) >= ASKING
    return said if enough else f"{said}: --confidence {ASKING:g} asks for more"


def _technology(winner: Winner) -> Answer:
    own = getattr(winner.machine, "technology", None)
    if own is not None:
        return _as_stated(own)
    return _by_tables(winner) if winner.accelerator.area_mm2 else _of_a_file(winner.accelerator)


def _of_a_file(accelerator: Accelerator) -> Answer:
    """Of a machine whose file, another tool's, gives energies and no areas."""
    brief = (
        f"no area is known; energies are those of the {accelerator.source or 'file'}, and this project's where its "
        "notes say so"
    )
    return Answer("How well are area and energy known?", "area, energy", "as the file has it", brief)


def _as_stated(own: OwnTechnology) -> Answer:
    """Of figures that somebody else answers for."""
    off = f"{own_fit_error(own):.0%}"
    brief = (
        f"figures of memories, MACs and wires are those of {own.source}, and memories of other sizes follow laws that "
        f"are at most {off} from those it lists"
    )
    more = "The overhead beyond the parts and what DRAM takes are this project's: docs/technology.md."
    return Answer("How well are area and energy known?", "area, energy", "as the technology given", brief, more)


def _by_tables(winner: Winner) -> Answer:
    designs = silicon()
    ratios = [design.ratio for design in designs]
    nodes = sorted({design.accelerator.node_nm for design in designs})
    least, most = min(ratios), max(ratios)
    brief = (
        f"area is {least:.2f} to {most:.2f} times what was published of {len(ratios)} chips and synthesised designs of "
        f"{nodes[0]:g} to {nodes[-1]:g} nm; energies leave out clock tree and control"
    )
    return Answer(
        "How well are area and energy known?",
        "area, energy",
        f"area to a factor of {max(most, 1 / least):.1f}",
        brief,
        f"The median is {statistics.median(ratios):.2f} times.{_interval(winner.machine)} {_energy(winner)} "
        "Designs of one kind err alike, so a comparison is surer than a figure. Sources: docs/technology.md.",
    )


def _interval(machine: Machine) -> str:
    """The area that published designs of like nodes leave open."""
    found = area_interval(machine)
    return "" if found is None else f" With the overhead that was calibrated on them this one takes {found}."


def _energy(winner: Winner) -> str:
    """Where the energies come from, and how much of the design's energy each source decides."""
    (rms, worst), accelerator = sram_fit_errors("read_pj"), winner.accelerator
    total = math.fsum(cost.energy_pj for cost in winner.costs)
    dram = math.fsum(cost.energy_breakdown_pj.get(_outermost(accelerator), 0.0) for cost in winner.costs)
    standing = _standing(accelerator)
    said = (
        f"Energies come from tables: {dram / total:.0%} of it is DRAM's here, one figure a bit {standing}; "
        f"an SRAM's CACTI's, met within {math.expm1(rms):.0%} (RMS) and {math.expm1(worst):.0%} (worst), "
        "a MAC's Horowitz's at 45 nm, carried to other nodes by ratios."
    )
    if accelerator.node_nm is not None and accelerator.node_nm < FITTED_NM:
        said += f" Below {FITTED_NM} nm areas and energies of memories follow a rule that flatters."
    return said


def _standing(accelerator: Accelerator) -> str:
    """Whether power that is drawn without use is counted."""
    counted = PHY in accelerator.other_area_mm2
    return "beside its standby and refresh" if counted else "without refresh and idle power"


def _outermost(accelerator: Accelerator) -> str:
    return accelerator.levels[0].name


def _seeds(spread: Spread, joint: Mapping[str, Any] | None) -> Answer:
    signs = f"the best design was known before the last quarter of {spread.trials} trials"
    if spread.late_gain > 0:
        signs = f"the best design became {spread.late_gain:.2%} better in the last quarter of {spread.trials} trials"
    if spread.next:
        signs += f", and the next wiring of the array ended {spread.next_excess:.2%} behind"
    more = (
        f"{spread.near} of {spread.wirings} wirings tried (which dims run in parallel) came within {NEAR:.0%} of the "
        "best, as they were mapped during the search; where there are several, another seed may end with another."
    )
    figure = "not measured"
    if joint and joint["lower_bound"] is not None:
        share = joint["gap"] / (1 + joint["gap"])
        figure = f"at most {share:.1%} better"
        more = f"By the joint bound none can be more than {share:.1%} better (proven). " + more
    more += " Only other seeds tell: cosearch search --seed 1."
    brief = f"one run cannot say; {signs}"
    return Answer("How much would another seed change?", "another seed", figure, brief, more)


def sentences(answer: Answer) -> Sequence[str]:
    """The answer in full."""
    brief = f"{answer.brief[:1].upper()}{answer.brief[1:]}."
    return [brief, answer.more] if answer.more else [brief]

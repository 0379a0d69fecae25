"""What a report is made of: the files of one run's folder, read once."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cosearch.evaluation.spread import Spread
from cosearch.problem.flags import words_of
from cosearch.problem.stated import FILES
from cosearch.reports.caveats import caveats
from cosearch.reports.trust import Answer, answers
from cosearch.studies.config_file import read_config
from cosearch.studies.kept_files import kept_name
from cosearch.studies.replay import Replay, read_best
from cosearch.studies.run_folder import BEST, CONFIG, PARETO, STUDY
from cosearch.studies.study import TrialPoint, read_trials
from cosearch.studies.tables import read_pareto
from nets.documents import FileMark, is_file, read_json, read_text
from nets.documents.typed import typed
from nets.errors import InputError

EXPLANATION: Final = "explanation.json"
_NOT_ASKED: Final = ("limits", "machine", "vary", "jobs")
"""Options that a command line which searches again leaves out: said by others, those of a machine's file, and free."""


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        folder: of its files.
        config: the text of ``config.yaml``; options: as plain values.
        trials: of its study.
        replay: the winner, evaluated anew; ``None`` without one.
        front: rows of ``pareto.csv``; empty without the file.
        explanation: what ``cosearch explain`` found; ``None`` where it was not asked.
    """

    folder: Path
    config: str
    options: Mapping[str, Any]
    trials: Sequence[TrialPoint]
    replay: Replay | None
    front: Sequence[Mapping[str, str]]
    explanation: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """What reports call it: its folder's name."""
        return self.folder.resolve().name

    @property
    def population(self) -> int:
        """Trials of a generation."""
        population = self.options.get("population")
        return population if isinstance(population, int) and population > 0 else 12

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives of a search with several; empty for one."""
        given = self.options.get("objectives")
        return tuple(map(str, given)) if isinstance(given, list) else ()

    @property
    def spread(self) -> Spread | None:
        """How far apart its trials ended; ``None`` where none keeps every limit."""
        return Spread.of(
            (str(trial.attributes.get("parallel", "")), trial.value if trial.feasible else math.inf)
            for trial in self.trials
        )

    @property
    def answers(self) -> list[Answer]:
        """What can be said of its design; nothing without one."""
        if self.replay is None:
            return []
        found = answers(self.replay.winner, self.replay.objective, self.replay.joint, self.spread)
        return [*found, *caveats(self.replay)]

    @property
    def _kept(self) -> dict[str, str]:
        """Names of the files that the run was given and keeps, by their option."""
        marks = {name: self.options[name] for name in FILES if self.options.get(name) is not None}
        return {name: kept_name(name, FileMark(**mark)) for name, mark in marks.items()}

    @property
    def command(self) -> str:
        """The command line that searches again.

        Networks given layer by layer, machines and technologies of one's own stand in the options of the run alone.
        """
        networks = self.options.get("networks") or ()
        own = (self.options.get("machine"), self.options.get("technology"), *networks)
        if any(isinstance(each, dict) for each in own):
            files = shlex.join(f"{self.name}/{name}" for name in (CONFIG, *self._kept.values()))
            return f"mkdir again && cp {files} again && cosearch search --resume again"
        unasked = {*_NOT_ASKED}
        if networks:
            unasked |= {"space", "min_accuracy"}  # of a network that is searched
        if self.objectives:
            unasked.add("objective")  # the first of several takes its place
        kept = {option: f"{self.name}/{name}" for option, name in self._kept.items()}
        options = {name: value for name, value in {**self.options, **kept}.items() if name not in unasked}
        return shlex.join(["cosearch", "search", *words_of(options)])


def read_run(folder: Path) -> Run:
    """Read the folder of a run.

    Raises:
        InputError: it holds no run, or a file of it cannot be read.
    """
    config = folder / CONFIG
    if not is_file("run", config):
        raise InputError("run", str(folder), f"holds no {CONFIG}", "name the folder that a search wrote")
    options = read_config(config)["options"]
    best, front, explanation = folder / BEST, folder / PARETO, folder / EXPLANATION
    return Run(
        folder=folder,
        config=read_text("run", config),
        options=options,
        trials=read_trials(folder / STUDY),
        replay=read_best(best) if is_file("run", best) else None,
        front=read_pareto(front) if is_file("run", front) else (),
        explanation=_explanation(explanation) if is_file("run", explanation) else None,
    )


def _explanation(path: Path) -> Mapping[str, Any]:
    from cosearch.reports.explanation_model import ExplanationFile

    document = read_json(path, "run", place=str(path))
    try:
        typed(ExplanationFile, document)
    except InputError as error:
        raise InputError(
            "run", str(path), f"is not of schema 1 ({error})", "cosearch explain writes it again"
        ) from None
    found: Mapping[str, Any] = document.data
    return found

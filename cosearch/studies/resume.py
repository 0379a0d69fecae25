"""Going on with a run: the search that its folder describes, unless something asked for now would change the result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from accel_models.description import from_dict
from accel_models.own_technology import OwnTechnology
from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.stated import FILES
from cosearch.studies.config_file import read_config
from cosearch.studies.kept_files import kept_file
from cosearch.studies.location import StudyLocation
from cosearch.studies.run_folder import CONFIG, FREE, options_to_dict
from cosearch.studies.versions import is_of_space, versions, versions_of
from nets.documents import Document, FileMark, Section, is_file
from nets.documents.typed import typed_data
from nets.errors import InputError, ResumeError, shown
from nets.given import GivenNetwork, read_network
from nets.own_code import own_space_name
from nets.secrets import has_password
from nets.spaces import space_in_file

Options = TypeVar("Options", bound=CoSearchOptions)


def resumed(folder: Path, given: Mapping[str, Any], flags: Mapping[str, str], kind: type[Options]) -> Options:
    """The search that the run in ``folder`` began.

    Args:
        folder: of the run.
        given: options asked for now.
        flags: what a person calls each of them.
        kind: what is made of the options; its checks are made too.

    Raises:
        ResumeError: there is no run, another version began it, or an option differs that the result depends on.
    """
    recorded = _recorded(folder)
    options = recorded["options"] | {name: given[name] for name in FREE if name in given}
    if options["space"] != given.get("space"):
        _require_known(options["space"], folder)
    try:
        limits = options.pop("limits")
        marks = {name: FileMark(**options[name]) for name in FILES if options.get(name) is not None}
        search = kind(
            **options
            | {
                "budget": Budget(**limits),
                "networks": [_network(network, number, folder) for number, network in enumerate(options["networks"])],
                "machine": _machine(options.get("machine"), folder),
                "technology": _technology(options.get("technology"), folder),
                "objectives": tuple(options["objectives"]),
            }
            | {name: kept_file(folder, name, mark) for name, mark in marks.items()}
        )
    except InputError as error:
        raise ResumeError(f"{folder / CONFIG}: does not hold the options of a run ({error})") from None
    _require_same(recorded["versions"], versions_of(search), folder)
    asked = kind(**{name: getattr(search, name) for name in kind.__dataclass_fields__} | dict(given))
    before, now = options_to_dict(search), options_to_dict(asked)
    changed = [
        f"{flags.get(name, name)} was {_said(before[name])} and is now {_said(now[name])}"
        for name in changes(before, now)
    ]
    if changed:
        raise ResumeError(
            f"{folder}: cannot go on with options that change the result: {'; '.join(changed)}; "
            "leave them out, or begin a new run"
        )
    return search


def _machine(data: Any, folder: Path) -> Any:
    return None if data is None else from_dict(data, f"{folder / CONFIG}: machine")


def _technology(data: Any, folder: Path) -> OwnTechnology | None:
    return None if data is None else typed_data(OwnTechnology, data, f"{folder / CONFIG}: technology")


def _network(data: Any, number: int, folder: Path) -> str | GivenNetwork:
    return (
        data
        if isinstance(data, str)
        else read_network(Section(Document(data, f"{folder / CONFIG}: networks[{number}]")))
    )


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of the options that differ; a budget is told by its text unless only its last digits differ."""
    names = [name for name in before if name not in FREE and before[name] != now[name]]
    return [name for name in names if name != "limits" or "budget" not in names]


def _said(value: object) -> str:
    if isinstance(value, Mapping) and "sha256" in value:
        return f"{value['name']} ({value['sha256'][:8]})"
    return value if isinstance(value, str) else shown(value)


def recorded_location(folder: Path) -> StudyLocation | None:
    """Where the run's study is mirrored, if it is.

    Raises:
        ResumeError: there is no run, or the address had a password, which is not recorded.
    """
    storage = _recorded(folder).get("storage")
    if storage is None:
        return None
    if has_password(str(storage.get("address"))):
        raise ResumeError(f"{folder}: the password of {storage['address']} is not recorded; give --storage again")
    return StudyLocation(**storage)


def _recorded(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not is_file("run", path):
        raise ResumeError(f"{folder}: holds no {CONFIG}, so there is no run to go on with")
    try:
        data = read_config(path)
    except InputError as error:
        raise ResumeError(f"{path}: is not what a search of this version writes ({error})") from None
    own = {name for name in data["versions"] if is_of_space(name)}
    _require_same({name: version for name, version in data["versions"].items() if name not in own}, versions(), folder)
    return data


def _require_same(ran: Mapping[str, str], runs: Mapping[str, str], folder: Path) -> None:
    """Refuse other versions of what a result depends on."""
    if ran != runs:
        changed = [
            f"{name} {ran.get(name, 'missing')} is now {runs.get(name, 'missing')}"
            for name in {**ran, **runs}
            if ran.get(name) != runs.get(name)
        ]
        raise ResumeError(f"{folder}: other versions may give another result: {'; '.join(changed)}")


def _require_known(space: str, folder: Path) -> None:
    """Refuse a space of somebody's own that nobody has named but the file."""
    try:
        if (own := own_space_name(space)) is not None:
            space_in_file(own)
    except InputError as error:
        raise ResumeError(f"{folder / CONFIG}: {error}") from None

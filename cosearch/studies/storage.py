"""Where studies are kept: the journal in the run's folder, and any other storage of Optuna that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nets.documents import parse_json, read_bytes
from nets.errors import CosearchError, InputError
from nets.secrets import escaped, has_password, scrubbed, shown

if TYPE_CHECKING:
    import optuna

    from cosearch.studies.journal import Journal


POSTGRESQL: Final = "postgresql://"
SCHEMES: Final = ("journal:", "sqlite:///", POSTGRESQL)
BEGINNING: Final = 0
"""The advisory lock of PostgreSQL that whoever makes tables or begins a shared study holds."""
PATIENCE_S: Final = 10
"""How long a server may take to answer, and another process to let go of a database."""


class StorageError(CosearchError):
    """A storage that cannot be used, or no longer can."""


def check_address(address: str) -> None:
    """Check the form of a storage's address.

    Raises:
        InputError: it begins as none of :data:`SCHEMES` or ends there.
    """
    if not any(address.startswith(scheme) and len(address) > len(scheme) for scheme in SCHEMES):
        hint = "write journal:PATH, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        raise InputError("--storage", shown(address), "is no address of a storage", hint)


def open_storage(address: str) -> optuna.storages.BaseStorage:
    """The storage at an address, made when it does not exist.

    Raises:
        InputError: see :func:`check_address`.
        StorageError: it cannot be reached, is locked, or holds something else.
    """
    import optuna

    check_address(address)
    with storage_errors(address):
        if address.startswith("journal:"):
            try:
                return open_journal(Path(address.removeprefix("journal:")))
            except InputError as error:
                raise StorageError(f"{shown(address)}: is not a storage of Optuna ({error})") from None
        sqlite = address.startswith("sqlite:")
        arguments = {"timeout": PATIENCE_S} if sqlite else {"connect_timeout": PATIENCE_S}
        options: dict[str, Any] = {"connect_args": arguments, "pool_pre_ping": True}
        driven = re.sub(
            "^postgresql:", "postgresql+psycopg:", escaped(address)
        )  # whatever SQLAlchemy's release prefers
        with nullcontext() if sqlite else _tables_made_by_one(driven, options):
            return optuna.storages.RDBStorage(driven, engine_kwargs=options)


@contextmanager
def _tables_made_by_one(address: str, options: dict[str, Any]) -> Iterator[None]:
    """Let one machine at a time look for Optuna's tables and make them: two at once would both make them."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(address, **options)
    try:
        with engine.connect() as line:
            line.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({BEGINNING})"))  # released with the line
            yield
    finally:
        engine.dispose()


def _way_out(said: str) -> str:
    """How to mend what a server of PostgreSQL says most often, ahead of whose words a semicolon stands."""
    if "no password supplied" in said:
        return "; give it as PGPASSWORD, or in ~/.pgpass, which nobody else may read: chmod 600"
    if "certificate" in said:
        return "; sslrootcert=FILE in the address names the authority that signed the server's certificate"
    return ""


@contextmanager
def storage_errors(address: str) -> Iterator[None]:
    """Turn whatever a storage raises into one :class:`StorageError` that says what is wrong with it."""
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    try:
        yield
    except ImportError:
        raise StorageError("PostgreSQL needs a driver: pip install 'cosearch[postgresql]'") from None
    except (sqlalchemy.exc.SQLAlchemyError, StorageInternalError) as error:
        said = str(getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error)
        line = scrubbed(" ".join(said.split()), address)
        fault = "is locked by another process" if "locked" in line else "cannot be used"
        raise StorageError(f"{shown(address)}: {fault} ({line}){_way_out(line)}") from None
    except OSError as error:
        raise StorageError(
            f"{shown(address)}: cannot be used ({scrubbed(error.strerror or str(error), address)})"
        ) from None
    except RuntimeError as error:  # Optuna on the tables of another version
        raise StorageError(f"{shown(address)}: is of another schema ({scrubbed(str(error), address)})") from None
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:  # of rows no study wrote
        if isinstance(error, CosearchError):
            raise
        if has_password(address):  # of which a parser that stumbles over it quotes any piece
            raise StorageError(f"{shown(address)}: is no address that can be read") from None
        said = str(error) or "a row says what no study writes"
        raise StorageError(f"{shown(address)}: is not a storage of Optuna ({said})") from None


def open_journal(path: Path) -> Journal:
    """A journal file as a storage of Optuna; the file is made when it does not exist.

    Raises:
        InputError: it holds something else, or lines that no study wrote.
    """
    from cosearch.studies.journal import Journal

    try:
        return Journal(path)
    except OSError:
        raise
    except Exception as error:  # Optuna raises whatever the lines make it meet
        refuse_lines(path)
        raise InputError("study", str(path), f"is no study of a co-search ({error!r})") from None


def refuse_lines(path: Path) -> None:
    """Refuse the first line of a journal that is no object of JSON, if there is one.

    Raises:
        InputError: it names the line.
    """
    hint = "name the folder that a search wrote"
    for number, line in enumerate(read_bytes("study", path, most=path.stat().st_size).split(b"\n"), 1):
        place = f"{path}: line {number}"
        try:
            entry = parse_json(line.decode(), place) if line else {}
        except UnicodeDecodeError:
            raise InputError(place, line, "is not text of a study", hint) from None
        except InputError:
            entry = line.decode()
        if not isinstance(entry, dict):
            raise InputError(place, entry, "is no entry of a study, which is an object of JSON", hint)


def written_together(storage: optuna.storages.BaseStorage) -> AbstractContextManager[None]:
    """A block whose trials a journal writes at once; other storages write each as it comes."""
    from cosearch.studies.journal import Journal

    return storage.together() if isinstance(storage, Journal) else nullcontext()


def repair_journal(path: Path) -> None:
    """Remove what a killed writer left: half a line at the end, and its lock.

    Only whoever holds the run's folder may do this: Optuna would append to the half line, and wait for the lock.
    """
    for lock in path.parent.glob(f"{path.name}.lock*"):
        lock.unlink(missing_ok=True)
    if not path.exists():
        return
    with path.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)

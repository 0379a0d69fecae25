"""No password of a storage's address is shown, whatever the address looks like."""

from __future__ import annotations

import time

import pytest

from nets.errors import InputError
from nets.secrets import escaped, has_password, scrubbed, secrets_of, shown

ADDRESSES = [
    "postgresql://bob:hunter2@host/db",
    "postgresql://bob:hunter2@x@host/db",
    "postgresql://bob:a/hunter2@host/db",
    "postgresql://bob:a?hunter2@host/db",
    "postgresql://bob:%68unter2@host/db",
    "postgresql://127.0.0.1:1/db?user=bob&password=hunter2",
    "postgresql://127.0.0.1:1/db?user=bob&PassWord=hunter2&sslmode=require",
    "postgresql://127.0.0.1:1/db?pass%77ord=hunter2",
    "postgresql://127.0.0.1:1/db?password=a&hunter2&sslmode=require",
    "postgresql://host/db?sslpassword=hunter2",
    "postgresql+psycopg://bob:hunter2@host/db",
    "postgresql:/bob:hunter2@host/db",
    "bob:hunter2@host/db",
    "host=127.0.0.1 user=bob password=hunter2",
    "host=127.0.0.1 user=bob password = 'a \\' hunter2' dbname=x",
    "mysql://bob:hunter2@host/db",
    "sqlite://bob:hunter2@host/db",
    "postgresql://bob:hunter2",
    "postgresql://bob:hunter2/db",
    "postgresql://host/db?user=bob&scram_client_key=hunter2",
    " postgresql://bob:hunter2@host/db",
    "at\tpostgresql://bob:hunter2@host/db",
    "postgresql://host/db?user=bob&passwrod=hunter2",
    "postgresql://host/db?user=bob&pasword=hunter2&sslmode=require",
    "host=127.0.0.1 user=bob psswd=hunter2",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_shown_without_the_password(address: str) -> None:
    assert "hunter2" not in shown(address)
    assert "***" in shown(address)
    assert has_password(address)
    assert has_password(shown(address))
    assert shown(shown(address)) == shown(address)
    assert "hunter2" not in scrubbed(f"could not parse {address}: host 'hunter2@x'", address)


@pytest.mark.parametrize(
    "address",
    [
        "journal:/data/a:b@c/there",
        " journal:/data/a:b@c/there",
        "sqlite:////at/a:b@c.db",
        "postgresql://bob@host:5432/db?sslmode=require",
        "postgresql://bob@host:5432/db?passfile=bob.pgpass&sslrootcert=ca.pem&options=-csearch_path=x",
        "postgresql://host:5432",
        "postgresql://[::1]:5432/db",
        "postgresql://one:1,two:2/db",
        "x" * 99,
    ],
)
def test_what_holds_none_stays_as_it_is(address: str) -> None:
    assert shown(address) == address
    assert not has_password(address)
    assert secrets_of(address) == []


def test_a_password_is_escaped_as_urls_want_it() -> None:
    assert escaped("postgresql://bob:p@ss:word@host:1/db") == "postgresql://bob:p%40ss%3Aword@host:1/db"
    assert escaped("postgresql://bob:p%40ss@host/db") == "postgresql://bob:p%40ss@host/db"
    assert escaped("postgresql://host/db?user=a@b") == "postgresql://host/db?user=a@b"


def test_looking_takes_no_time() -> None:
    began = time.perf_counter()
    shown("a" * 200_000)
    shown("password=" * 20_000)
    shown("word=x " * 20_000)
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_error_shows_the_password_of_its_value(address: str) -> None:
    for value in (address, [address], {"storage": address}):
        assert "hunter2" not in str(InputError("here", value, "is wrong"))
    assert "hunter2" not in str(InputError("here", address.replace("hunter2", "hunter2" * 100), "is wrong"))


def test_a_line_of_code_is_no_address() -> None:
    line = "models/small.py, line 47: return x @ x if x.sum() > 0 else x"
    assert shown(line) == line

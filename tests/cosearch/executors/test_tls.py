"""A cluster that speaks TLS: who shows a certificate of the right authority works, nobody else does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.scaling import LocalCluster
from cosearch.executors.cluster import Cluster
from nets.errors import InputError

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make certificates with")

ASK = """
import sys
from cosearch.executors.cluster import Cluster
from nets.errors import CosearchError
try:
    with Cluster(sys.argv[1]) as cluster:
        print(cluster._loaded.result().submit(abs, -3).result())
except CosearchError as error:
    print("refused:", error)
"""


def certificates(folder: Path) -> Path:
    """An authority, and a certificate that it signed."""
    folder.mkdir()
    for words in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout me.key -out me.csr -subj /CN=me",
        "x509 -req -in me.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out me.pem -days 2",
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    return folder


def ask(address: str, folder: Path) -> str:
    """What a process that shows the certificates of a folder hears."""
    names = {"CA_FILE": "ca.pem", "CLIENT__CERT": "me.pem", "CLIENT__KEY": "me.key"}
    settings = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(folder / file) for name, file in names.items()}
    done = subprocess.run(
        [sys.executable, "-c", ASK, address], env=os.environ | settings, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[LocalCluster]:
    with LocalCluster(1, folder) as running:
        yield running


def test_those_with_our_certificates_work_together(cluster: LocalCluster, folder: Path) -> None:
    assert cluster.address.startswith("tls://")
    assert ask(cluster.address, folder) == "3"


def test_a_stranger_is_refused(cluster: LocalCluster, tmp_path: Path) -> None:
    stranger = certificates(tmp_path / "stranger")
    said = ask(cluster.address, stranger)
    assert said.startswith("refused: ")
    assert "no scheduler answers" in said
    both = f"the authority of {stranger}/ca.pem must have signed both the scheduler's certificate and {stranger}/me.pem"
    assert said.endswith(both)


def test_a_stranger_without_tls_is_refused(cluster: LocalCluster, folder: Path) -> None:
    said = ask(cluster.address.replace("tls://", "tcp://"), folder)
    assert said.startswith("refused: ")


def test_certificates_that_are_not_named_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask.config

    named = "needs certificates; name the file in DASK_DISTRIBUTED__COMM__TLS__CA_FILE"
    with dask.config.set({"distributed.comm.tls.ca-file": None}), pytest.raises(InputError, match=named):
        Cluster("tls://127.0.0.1:1")
    unread = "'/no/such/file' cannot be read: No such file"
    with dask.config.set({"distributed.comm.tls.ca-file": "/no/such/file"}), pytest.raises(InputError, match=unread):
        Cluster("tls://127.0.0.1:1")

"""A given network that keeps a limit on another device: in a search and its folder, and beside an evaluation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from cosearch.evaluation.elsewhere import latency_elsewhere
from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from nets import load_network
from nets.documents import HeldFile
from nets.errors import InfeasibleError
from nets.latency import tabulate_network, write_layer_table
from tests.cosearch.conftest import Cosearch

QUICK = ["--budget", "area=1mm2", "--trials", "2", "--evaluations", "2", "--last-evaluations", "2"]
QUICK += ["--jobs", "1", "--last-mapper", "cmaes", "--no-baselines", "--quiet"]
SQUEEZENET = load_network("squeezenet1_1", 64)
GIVEN = ["--network", "squeezenet1_1", "--resolution", "64"]
WORDS = sum(layer.output_words for layer in SQUEEZENET.layers)


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of a phone that writes a word in a microsecond."""
    file = tmp_path_factory.mktemp("tables") / "phone.yaml"
    costs = {layer.shape_key: 1e-3 * layer.output_words for layer in SQUEEZENET.layers}
    write_layer_table(tabulate_network("phone", SQUEEZENET, costs), file)
    return file


def test_the_design_keeps_what_its_network_takes_elsewhere(phone: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    limited = ["--latency", phone, "--latency-limit", 1e6]
    assert cosearch("search", *GIVEN, *limited, *QUICK, "--precision", "w4a8", "--out", tmp_path / "run").status == 0
    replayed = cosearch("evaluate", tmp_path / "run" / "best.yaml", "--json").json
    assert replayed["exact"]
    assert replayed["elsewhere"]["ms"] == pytest.approx(1e-3 * WORDS)  # of its shapes, whatever width is searched for
    assert replayed["elsewhere"]["limit_ms"] == 1e6
    assert cosearch("search", "--resume", tmp_path / "run", "--quiet").status == 0


def test_widths_are_chosen_beside_it(phone: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    losses = tmp_path / "losses.csv"
    losses.write_text("layer,bits,loss\nclassifier,4,0.4\nclassifier,8,0.1\nstem,4,0.4\nstem,8,0\n")
    mixed = ["--bits-table", losses, "--max-loss", "0.6", "--latency", phone]
    run = tmp_path / "run"
    assert cosearch("search", *GIVEN, *mixed, "--latency-limit", 1e6, *QUICK, "--out", run).status == 0
    replayed = cosearch("evaluate", run / "best.yaml", "--json").json
    assert replayed["exact"]
    assert replayed["elsewhere"]["ms"] == pytest.approx(1e-3 * WORDS)
    assert replayed["elsewhere"]["estimates"].endswith("in the table phone, which knows no widths")
    lost = [float(loss) for loss in re.findall(r"^ *loss: (.+)$", (run / "best.yaml").read_text(), re.MULTILINE)]
    assert lost
    assert all(0 <= loss <= 0.6 for loss in lost)
    broken = cosearch("search", *GIVEN, *mixed, "--latency-limit", 1, *QUICK, "--out", tmp_path / "none")
    assert (broken.status, (tmp_path / "none").exists()) == (3, False)
    beside = cosearch("evaluate", *GIVEN, *mixed, "--accelerator", "eyeriss", "--evaluations", "1", "--json").json
    assert beside["elsewhere"]["estimates"].endswith("which knows no widths")


def test_each_of_several_networks_keeps_the_limit() -> None:
    mobile = load_network("mobilenet_v2", 64)
    costs = {layer.shape_key: 0.25 for network in (SQUEEZENET, mobile) for layer in network.layers}
    rows = tabulate_network("phone", SQUEEZENET, costs).rows | tabulate_network("phone", mobile, costs).rows
    table = {key: {"mean": row.mean_ms} for key, row in rows.items()}
    held = HeldFile("phone.yaml", yaml.safe_dump(table).encode())
    asked = {"networks": ["squeezenet1_1", "mobilenet_v2"], "resolution": 64, "latency": held}

    def limited(limit_ms: float) -> CoSearchOptions:
        return CoSearchOptions(budget=Budget.parse("area=1mm2"), latency_limit_ms=limit_ms, **asked)  # type: ignore[arg-type]

    slowest = 0.25 * sum(layer.times for layer in mobile.layers)
    found = latency_elsewhere(limited(slowest))
    assert found is not None
    assert (found.ms, found.slowest) == (pytest.approx(slowest), "mobilenet_v2")
    assert found.to_dict()["slowest"] == "mobilenet_v2"
    with pytest.raises(InfeasibleError, match="mobilenet_v2 takes"):
        latency_elsewhere(limited(slowest * 0.999))


def test_a_limit_that_it_breaks_ends_the_search_at_once(phone: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    refused = cosearch("search", *GIVEN, "--latency", phone, "--latency-limit", "1", *QUICK, "--out", tmp_path / "run")
    assert refused.status == 3
    assert "squeezenet1_1 takes" in refused.err
    assert "in the table phone, and may take 1 ms" in refused.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--network", "alexnet"], "are 11 of the 11 layers of alexnet without a row"),
        (["--network", "alexnet,squeezenet1_1"], "of alexnet without a row"),
    ],
)
def test_tables_that_cannot_say(words: list[str], said: str, phone: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    limited = ["--latency", phone, "--latency-limit", "1"]
    refused = cosearch("search", *words, *limited, *QUICK, "--out", tmp_path / "run")
    assert refused.status == 2
    assert said in refused.err
    assert not (tmp_path / "run").exists()


def test_an_evaluation_says_it_beside_the_machine(phone: Path, cosearch: Cosearch) -> None:
    asked = ["evaluate", *GIVEN, "--accelerator", "eyeriss", "--evaluations", "1", "--latency", phone]
    assert cosearch(*asked, "--json").json["elsewhere"]["ms"] == pytest.approx(1e-3 * WORDS)
    assert "sum of its layers' latencies in the table phone" in cosearch(*asked).out
    assert "has no effect on --nest" in cosearch("evaluate", "--nest", "x.json", "--latency", phone).err

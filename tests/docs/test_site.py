"""The site builds without a warning, names everything that is public, leads nowhere in vain and asks no server."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from benchmarks import site_search
from cosearch.commands import COMMANDS

pytest.importorskip("material")
pytest.importorskip("mkdocstrings_handlers.python")

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("nets", "accel_models", "mappings", "cosearch")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, as ``mkdocs build --strict`` writes them: a dead link or anchor would end it."""
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


def test_every_page_of_the_documentation_is_in_it(site: Path) -> None:
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 30
    assert [page for page in pages if not (site / page.with_suffix(".html")).is_file()] == []


def test_every_public_name_and_every_command_is_documented(site: Path) -> None:
    for package in PACKAGES:
        page = (site / "reference" / f"{package}.html").read_text(encoding="utf-8")
        names = importlib.import_module(package).__all__
        assert [name for name in names if f'id="{package}.{name}"' not in page] == []
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"usage: cosearch {name} " not in commands] == []


def test_no_page_asks_a_server_and_no_link_is_dead(site: Path) -> None:
    """By the files themselves: MkDocs looks at Markdown's links, not at what pages and templates become."""
    ids: dict[Path, set[str]] = {}
    for page in site.rglob("*.html"):
        ids[page] = set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))
    dead = []
    for page in set(ids) - {site / "404.html"}:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*', text) == [], page
        for link in re.findall(r'<(?:a|link|script|img)\b[^>]*\b(?:href|src)="([^"]+)"', text):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            fragment = unquote(parts.fragment)
            if not target.exists() or (fragment and target in ids and fragment not in ids[target] | {"__toc"}):
                dead.append(f"{page.relative_to(site)}: {link}")
    assert len(ids) > 30
    assert dead == []


def test_a_search_needs_no_server(site: Path) -> None:
    assert json.loads((site / "search" / "search_index.js").read_text(encoding="utf-8").partition("=")[2])["docs"]
    assert "site/iframe-worker.js" in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.skipif(not any(map(shutil.which, site_search.BROWSERS)), reason="no Chromium on this machine")
def test_the_first_result_answers_what_users_ask(site: Path) -> None:
    """All twenty: ``benchmarks/site_search.py``."""
    pages = {page for right in site_search.QUESTIONS.values() for page in right}
    assert [page for page in pages if not (site / f"{page}.html").is_file()] == []
    assert len(site_search.QUESTIONS) == 20
    command = [sys.executable, site_search.__file__, "--site", str(site), "--questions", "6", "--json"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=300).stdout)
    assert [row["question"] for row in rows if not row["right"]] == []
    assert len(rows) == 6


def test_what_is_cited_is_what_is_built() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["title"].partition(":")[0], cited["version"], cited["license"]) == (
        project["name"], project["version"], project["license"],
    )  # fmt: skip
    for page in ("cite.md", "changelog.md"):
        assert project["version"] in (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_every_extra_says_what_it_is_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(extras)

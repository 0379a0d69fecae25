"""The content-security policy of a page: the digests of its own scripts and styles, and nothing else."""

import base64
import gzip
import hashlib
import re

import pytest

from cosearch.reports.charts import compared
from cosearch.reports.page import html_page


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("body, scripts", [("<p>body</p>", 1), (compared("c", {"a": 1.0}, "J", "energy").inline(), 2)])
def test_only_the_page_s_own_scripts_run(body: str, scripts: int) -> None:
    page = html_page("a title", body)
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    found = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    packed = re.findall(r'<script type="text/plain" id="library">(.*?)</script>', page)
    libraries = [gzip.decompress(base64.b64decode(one)).decode() for one in packed]
    assert rules["script-src"].split() == [digest(script) for script in (*found, *libraries)]
    assert (len(found), len(libraries)) == (scripts, scripts - 1)
    assert all("plotly.js" in one[:200] for one in libraries)
    (look,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert rules["style-src"].split() == [digest(text) for text in (look, *("" for _ in libraries))]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert not re.search(r"\son\w+=|javascript:|eval\(|innerHTML|\sstyle=", page)
    assert page.index("Content-Security-Policy") < page.index("<style")

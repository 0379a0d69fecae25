"""The content-security policy of a page: it names the digest of the page's own script, and of nothing else."""

import base64
import hashlib
import re

from cosearch.reports.page import html_page


def test_only_the_page_s_own_script_runs() -> None:
    page = html_page("a title", "<p>body</p>")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert not re.search(r"\son\w+=|javascript:|eval\(|innerHTML", page)
    assert page.index("Content-Security-Policy") < page.index("<style")

"""Pages of the site that nobody writes: commands, public names, and the files of the tree that other pages link to.

MkDocs calls what begins with ``on_``; ``mkdocs.yml`` names this file. Commands come from their parsers, names from
``__all__`` of each package, so a page cannot lack one.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
PACKAGES: Final = ("nets", "accel_models", "mappings", "cosearch")
LINK: Final = re.compile(r"(\]\()(?![\w+.-]+:|#)([^)#\s]+)")
"""A relative link: what stands before its target, and the target without its anchor."""

BOOSTS: Final = {"how_to": 4, "start.md": 4, "reference": 0.5, "source": 0.25, "questions.md": 12}
"""Of the folders and pages of the site, in its search."""


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages that are generated."""
    from mkdocs.structure.files import File

    pages = {f"reference/{package}.md": package_page(package) for package in PACKAGES}
    pages["reference/commands.md"] = commands_page()
    pages |= {source_uri(path): source_page(path) for path in linked_sources()}
    for uri, text in pages.items():
        files.append(File.generated(config, uri, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Lead every link to where the site has its file, and have searches find tasks before names."""
    uri = page.file.src_uri
    page.meta["search"] = {"boost": BOOSTS.get(uri.partition("/")[0], 1)}
    place = ROOT / uri.removeprefix("source/") if uri.startswith("source/") else DOCS / uri
    here = os.path.dirname(uri)

    def led(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(place.parent / found[2]))
        if not target.exists():
            return found[0]
        known = target.relative_to(DOCS).as_posix() if target.is_relative_to(DOCS) else source_uri(target)
        return found[1] + os.path.relpath(known, here or ".")

    return LINK.sub(led, markdown)


def package_page(package: str) -> str:
    """Every public name of a package, with its docstring."""
    module = importlib.import_module(package)
    names = "\n".join(f"\n::: {package}.{name}" for name in module.__all__)
    return f"# {package}\n\n{module.__doc__}\n{names}\n"


def commands_page() -> str:
    """What every command says when it is asked for help."""
    from cosearch.commands import COMMANDS
    from cosearch.commands.parser import command_parser

    os.environ["COLUMNS"] = "110"
    parts = ["# Commands", "What `cosearch COMMAND --help` prints, from the parsers themselves."]
    for name, summary in COMMANDS.items():
        parts += [
            f"## cosearch {name}",
            f"{summary[0].upper()}{summary[1:]}.",
            fenced(command_parser(name).format_help(), "text"),
        ]
    return "\n\n".join(parts) + "\n"


def linked_sources() -> Iterator[Path]:
    """The files and folders outside of the documentation that a page links to, and those that such a page links to."""
    waiting, seen = sorted(DOCS.glob("**/*.md")), set()
    while waiting:
        page = waiting.pop()
        for found in LINK.finditer(page.read_text(encoding="utf-8")):
            target = Path(os.path.normpath(page.parent / found[2]))
            if target in seen or target.is_relative_to(DOCS) or not target.is_relative_to(ROOT) or not target.exists():
                continue
            seen.add(target)
            yield target
            if target.suffix == ".md":
                waiting.append(target)


def source_uri(path: Path) -> str:
    """Where the site shows a file or folder of the tree."""
    uri = "source/" + path.relative_to(ROOT).as_posix()
    return uri if path.suffix == ".md" else f"{uri}.md"


def source_page(path: Path) -> str:
    """A file as it stands; of a folder, what is in it and what each module says of itself."""
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    if path.is_dir():
        modules = sorted(path.glob("*.py"))
        rows = "\n".join(f"| `{module.name}` | {first_line(module)} |" for module in modules)
        return f"# {name}\n\n| module | what it says of itself |\n|---|---|\n{rows}\n"
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return notebook_page(text)
    return f"# {name}\n\n{fenced(text, path.suffix.removeprefix('.') or 'text')}\n"


def notebook_page(text: str) -> str:
    """The words, the code and the printed lines of a notebook."""
    import json

    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else fenced(source, "python"))
        parts += [fenced("".join(out["text"]), "text") for out in cell.get("outputs", ()) if "text" in out]
    return "\n\n".join(parts) + "\n"


def first_line(module: Path) -> str:
    """Of a module's docstring."""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def fenced(text: str, language: str) -> str:
    """A block of code, whatever fences stand in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"

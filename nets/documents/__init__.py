"""Files and texts that a user hands over, read to plain data: the one way in; and how files are written.

:func:`read_text` reads a file, :func:`parse_yaml` and :func:`parse_json` make plain data of a text, :func:`typed` makes
of plain data what a model describes; a :class:`Section` is a part of a document that remembers its place. Whatever is
wrong with a file or a text is an :class:`~nets.errors.InputError` that names the place; sizes, depths and expansions
have limits.
"""

from __future__ import annotations

from nets.documents.document import Document, read_json, read_yaml, require_content
from nets.documents.held import FileMark, HeldFile
from nets.documents.json_text import parse_json
from nets.documents.section import Section
from nets.documents.source import File, files_in, hold, is_file, read_bytes, read_first_line, read_text
from nets.documents.target import naming, require_folder, require_writable, write_whole, write_whole_bytes
from nets.documents.toml_text import parse_toml, read_toml
from nets.documents.yaml_text import parse_yaml

__all__ = [
    "Document",
    "File",
    "FileMark",
    "HeldFile",
    "Section",
    "files_in",
    "hold",
    "is_file",
    "naming",
    "parse_json",
    "parse_toml",
    "parse_yaml",
    "read_bytes",
    "read_first_line",
    "read_json",
    "read_text",
    "read_toml",
    "read_yaml",
    "require_content",
    "require_folder",
    "require_writable",
    "write_whole",
    "write_whole_bytes",
]

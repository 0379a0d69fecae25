"""Passwords in addresses of storages: hidden wherever an address is shown, kept out of what others say of it.

An address may be a URL with the password before ``@`` (which may hold further ``@``) or among its parameters
(``?user=bob&password=...``, as libpq reads it), or, given by mistake, libpq's ``key=value`` words. Keys and values may
be percent-encoded. What looks like a password is hidden even where the address is no good or the key mistyped.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

HIDDEN: Final = "***"
SECRET_KEYS: Final = (
    *("password", "passwd", "pwd", "pass", "sslpassword", "token", "secret", "oauth_client_secret"),
    *("scram_client_key", "scram_server_key"),
)
_NEAR: Final = 0.76
"""Of two letters in four or six in eight alike, the first is another word (``mass``, ``passfile``)."""
FILES: Final = ("journal:", "sqlite:///")
"""What is a path has no password before an ``@``."""

_URL = re.compile(r"([^@:]*?(?<![\w+.-])[A-Za-z][\w+.-]*:/+)?(.*)", re.DOTALL)
"""Words may stand before an address, as blanks do that were copied with it."""
_NO_USER = re.compile(r"[\s/]")
"""What no name has that stands before a password: lines of code are no addresses, though they may hold an ``@``."""
_NO_PORT = re.compile(r"(?P<name>[^:/?#\s\[\]]*:)(?!\d*(?:[,/?#\s]|$))(?P<password>[^/?#\s]+)")
_WORD = re.compile(
    r"(?<![\w%])(?P<key>[\w%]+)(?P<is>\s*=\s*)(?P<value>'(?:[^'\\]|\\.)*'?|\"(?:[^\"\\]|\\.)*\"?|[^\s&;]*)", re.DOTALL
)


def shown(address: str) -> str:
    """An address without its password, for people and files."""
    return "".join(text if open_ else HIDDEN for text, open_ in _parts(address))


def has_password(address: str) -> bool:
    """Whether an address holds a password, or once did and was shown."""
    return any(not open_ for _, open_ in _parts(address))


def scrubbed(text: str, address: str) -> str:
    """What somebody says of an address, without any piece of its password that they quote."""
    return without(text, secrets_of(address))


def without(text: str, secrets: Sequence[str]) -> str:
    """A text with secrets hidden, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def secrets_of(address: str) -> list[str]:
    """Every form in which a part of the address's password may be quoted; pieces of fewer than three letters only in
    quotation marks, where they are not part of a word."""
    found: list[str] = []
    for text, open_ in _parts(address):
        if open_ or text in ("", HIDDEN):
            continue
        for form in (text, unquote(text), quote(unquote(text), safe=""), text.strip("'\"")):
            found += [form, *re.split(r"[@:/?#&=\s]+", form)]
    whole = [piece for piece in found if len(piece) > 2]
    return list(dict.fromkeys(whole + [f"{mark}{p}{mark}" for p in found if 0 < len(p) < 3 for mark in "'\""]))


def escaped(address: str) -> str:
    """The address with what its user name and password hold of ``@ : / ? #`` percent-encoded, as URLs want it."""
    scheme, rest = _split(address)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, _ = authority.rpartition("@")
    if not scheme or not at:
        return address
    words = [quote(unquote(word), safe="") for word in user.split(":", 1)]
    return scheme + ":".join(words) + rest[len(user) :]


def _split(address: str) -> tuple[str, str]:
    match = _URL.fullmatch(address)
    assert match is not None
    return match[1] or "", match[2]


def _parts(address: str) -> Iterator[tuple[str, bool]]:
    """The address in pieces, and whether each may be shown."""
    scheme, rest = _split(address)
    user, at, tail = rest.rpartition("@")
    name, colon, password = user.partition(":")
    if at and colon and (scheme or not _NO_USER.search(name)) and not address.lstrip().startswith(FILES):
        yield scheme + name + colon, True
        yield password, False
        yield from _words(at + tail)
    elif scheme and not at and (unsound := _NO_PORT.match(rest)):  # the host is forgotten
        yield scheme + unsound["name"], True
        yield unsound["password"], False
        yield from _words(rest[unsound.end() :])
    else:
        yield from _words(address)


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """``key=value`` words, secret values apart; what follows one after a bare ``&`` is taken for more of it."""
    begin = 0
    for match in _WORD.finditer(text):
        if match.start() < begin or not _is_secret(unquote(match["key"]).lower()):
            continue
        end = match.end()
        while more := re.match(r"[&;][^&;=\s]*(?=[&;\s]|$)", text[end:]):
            end += more.end()
        yield text[begin : match.start("value")], True
        yield text[match.start("value") : end], False
        begin = end
    yield text[begin:], True


@lru_cache(maxsize=256)
def _is_secret(key: str) -> bool:
    """Whether a key is one of those whose values are hidden, or one of them mistyped."""
    return bool(difflib.get_close_matches(key, SECRET_KEYS, n=1, cutoff=_NEAR))

"""Proxies by name; torch is imported when one is loaded."""

from __future__ import annotations

import importlib
from typing import Any, Final

from nets.accuracy.proxies.proxy import Proxy
from nets.errors import InputError, unknown

_HOMES: Final = {
    "params": ("size", "Parameters"),
    "macs": ("size", "Macs"),
    "zen-score": ("zen_score", "ZenScore"),
    "gradsign": ("grad_sign", "GradSign"),
    "naswot": ("naswot", "Naswot"),
    "synflow": ("synflow", "SynFlow"),
}
"""Module and class of each; baselines first."""

BASELINES: Final = ("params", "macs")
"""Proxies that only count, for others to be judged against."""


ALSO_CALLED: Final = {"grad-score": "gradsign"}
"""Names that the field uses beside those of the registry."""


def list_proxies() -> list[str]:
    """Names of all proxies, the baselines first."""
    return list(_HOMES)


def load_proxy(name: str, **options: Any) -> Proxy:
    """The proxy of that name.

    Args:
        name: of :func:`list_proxies`, or of :data:`ALSO_CALLED`.
        options: of the proxy, such as ``repeats`` of the Zen-score.

    Raises:
        InputError: no such proxy (names the nearest), or torch is not installed.
    """
    name = ALSO_CALLED.get(name, name)
    if name not in _HOMES:
        raise unknown("proxy", name, _HOMES)
    module, kind = _HOMES[name]
    try:
        home = importlib.import_module(f"nets.accuracy.proxies.{module}")
    except ModuleNotFoundError as error:
        raise InputError("proxy", name, "needs torch", "pip install 'cosearch[torch]'") from error
    proxy: Proxy = getattr(home, kind)(**options)
    return proxy

"""How everything compiled here is compiled: when it is first called, cached on disk, without Python's lock.

``entry`` is for what Python calls, ``inside`` for what only compiled code calls. Both are compiled for the one
signature that they declare; those that declare none for whatever types come. Division is numpy's, and floating-point
arithmetic is not reordered.

What is inside is linked into every entry that calls it, and optimised there. It is neither optimised nor turned into
machine code on its own, nor kept on disk: each link of a chain of calls would hold, and cost, all that it calls.

An entry is kept on disk for as long as no file changes that its own file imports, directly or not
(:func:`accel_models.imported.fingerprint`). Numba itself would look at its own file alone.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from numba import types
from numba.core import caching, config
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from accel_models.imported import fingerprint
from accel_models.quick_compiler import EntryCompiler, PartCompiler, remembered_signatures

OPTIONS: Final = {"nopython": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def _root_of(function: Callable[..., Any]) -> Path:
    """The folder from which the file of a function is imported."""
    path = Path(function.__code__.co_filename).resolve()
    depth = function.__module__.count(".") + (path.name == "__init__.py")
    return path.parents[depth] if depth < len(path.parents) else path.parent


def _watching_imports(locator: Any) -> Any:
    """A way of Numba's to find its cache that also looks at the files which the file at hand imports."""

    class Watching(locator):  # type: ignore[misc]
        def __init__(self, function: Callable[..., Any], file: str) -> None:
            super().__init__(function, file)
            self._source, self._root = Path(file).resolve(), _root_of(function)

        def get_source_stamp(self) -> str:
            memory = Path(self.get_cache_path()) / f"{self._source.stem}.imports.json"
            return fingerprint(self._source, self._root, memory)

    return Watching


class _CacheImpl(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (
        _watching_imports(caching.UserProvidedCacheLocator),
        _watching_imports(caching.InTreeCacheLocator),
        _watching_imports(caching.UserWideCacheLocator),
    )


class _Cache(caching.FunctionCache):  # type: ignore[misc]
    _impl_class = _CacheImpl

    def save_overload(self, signature: Any, data: Any) -> None:
        """Keep compiled code, which runs as well where there is no room to keep it."""
        with suppress(OSError):
            super().save_overload(signature, data)


def _keep_for_now() -> None:
    """Keep compiled code for as long as this process and those that it starts run: nowhere else may it be written."""
    folder, owner = tempfile.mkdtemp(prefix="cosearch-"), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    os.environ["NUMBA_CACHE_DIR"] = config.CACHE_DIR = folder


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Compiling makes millions of objects that stay: looking for garbage among them takes an eighth of its time."""
    searches = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searches:
            gc.enable()


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Raise at the end what interrupts LLVM where it calls back, which Python would print and forget."""
    forgotten, before = [], sys.unraisablehook

    def hook(what: Any) -> None:
        if issubclass(what.exc_type, KeyboardInterrupt):
            forgotten.append(what.exc_type)
        else:
            before(what)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
    if forgotten:
        raise KeyboardInterrupt


class _Compiled(CPUDispatcher):  # type: ignore[misc]
    """A function that is compiled when it is first called, by Python or while a caller is compiled."""

    signature: Any = None

    @global_compiler_lock  # type: ignore[untyped-decorator]
    def settle(self) -> None:
        """Compile the declared signature, if there is one, and no other."""
        if self.signature is not None and self._can_compile:
            with _interrupts_kept(), _no_search_for_garbage(), remembered_signatures():
                self.compile(self.signature)
            self.disable_compile()

    def get_call_template(self, args: Any, kws: Any) -> Any:
        self.settle()
        return super().get_call_template([types.unliteral(arg) for arg in args], kws)  # type: ignore[no-untyped-call]

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        if self.signature is None or not self._can_compile:
            return super()._compile_for_args(*args, **kws)
        self.settle()
        return self  # Numba calls what it gets here


class _Entry(_Compiled):
    """What Python calls."""

    def enable_caching(self) -> None:
        try:
            self._cache = _Cache(self.py_func)
        except RuntimeError:  # neither beside the source nor at home
            _keep_for_now()
            self._cache = _Cache(self.py_func)

    def is_cached(self) -> bool:
        """Whether its code is on disk, compiled from sources as they are now."""
        return bool(self._cache._cache_file._load_index())


def entry(signature: Any = None) -> Callable[[Callable[..., Any]], Any]:
    """Have a function compiled that Python calls, for one signature or for the types that come."""

    def decorate(function: Callable[..., Any]) -> Any:
        if config.DISABLE_JIT:
            return function
        compiled = _Entry(function, targetoptions=OPTIONS, pipeline_class=EntryCompiler)
        compiled.signature = signature
        compiled.enable_caching()
        return compiled

    return decorate


def inside(signature: Any = None, *, allocates: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Have a function compiled that only compiled functions call.

    Its caller holds the arrays that it is given for as long as it runs, so they are not counted as being in use:
    counting took more than half of the time of what is called often. A function that makes arrays has to say that it
    ``allocates``, and may then answer with one.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        if config.DISABLE_JIT:
            return function
        options = OPTIONS | {"no_cpython_wrapper": True, "_nrt": allocates}
        compiled = _Compiled(function, targetoptions=options, pipeline_class=PartCompiler)
        compiled.signature = signature
        return compiled

    return decorate


def missing(modules: Sequence[str]) -> list[str]:
    """The first of these modules with an entry that is not in the cache yet, and all after it, some of which may be."""
    left = list(modules)
    while left and all(entry.is_cached() for entry in _entries(left[0])):
        del left[0]
    return left


def compile_beside(modules: Sequence[str]) -> None:
    """Have another process compile the entries of these modules, where some are not in the cache yet.

    It takes seconds to compile them and nothing to load them: whoever calls other compiled functions first, and these
    later, finds them ready. Where one is at work already, that is enough. Modules after one that is missing are not
    looked at here, which may take time.
    """
    if not _beside and (left := missing(modules)):
        path = os.pathsep.join([*filter(None, sys.path), os.environ.get("PYTHONPATH", "")])
        _beside.append(
            subprocess.Popen(
                [sys.executable, "-c", _BESIDE.format(parent=os.getpid(), missing=left)],
                env=os.environ | {"PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


_BESIDE: Final = """
from accel_models.parent import end_with_parent
end_with_parent({parent})
from accel_models.compiled import compile_here
compile_here({missing})
"""
_beside: Final[list[subprocess.Popen[bytes]]] = []


def wait_beside() -> None:
    """Wait for what :func:`compile_beside` began: each of several processes would compile it again."""
    while _beside:
        _beside.pop().wait()


def compile_here(modules: Sequence[str]) -> None:
    """Compile the entries of these modules that declare their signature, or load them from the cache."""
    for module in modules:
        for entry in _entries(module):
            entry.settle()


def _entries(module: str) -> list[_Entry]:
    """The entries of a module that declare their signature; none where there is no such module."""
    if importlib.util.find_spec(module) is None:
        return []
    values = vars(importlib.import_module(module)).values()
    return [value for value in values if isinstance(value, _Entry) and value.signature is not None]

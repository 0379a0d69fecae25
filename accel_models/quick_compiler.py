"""Numba's compiler without what kernels have no use for: two thirds of its time are spent in Python, not in LLVM.

Kernels are plain functions on numbers, arrays and records. Nothing here changes what they are compiled to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from numba import types
from numba.core import codegen, errors, untyped_passes
from numba.core.compiler import Compiler, Flags
from numba.core.compiler_machinery import PassManager
from numba.core.registry import cpu_target

NEEDLESS: Final = {
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
}
"""Passes for ``with``, for functions in functions, for ``inline="always"`` and for literal arguments."""


class _Passes(PassManager):  # type: ignore[misc]
    """Runs each pass and nothing else: Numba analyses a function anew after each of them, and says that it does."""

    def _runPass(self, index: int, pss: Any, internal_state: Any) -> None:  # noqa: N802
        pss.analysis = self._analysis
        pss.run_initialization(internal_state)
        pss.run_pass(internal_state)
        pss.run_finalizer(internal_state)


_HASH: Final = hash(Flags())  # that of all flags: Numba makes it of their names


class _Flags(Flags):  # type: ignore[misc]
    """Flags that are compared by what was set: Numba does so for each call in a function, thirty options each time."""

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, _Flags) else bool(super().__eq__(other))

    def __hash__(self) -> int:
        return _HASH


class EntryCompiler(Compiler):  # type: ignore[misc]
    """Compiles what Python calls."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.state.flags = _Flags(self.state.flags)

    def define_pipelines(self) -> list[PassManager]:
        """Numba's own passes, but for :data:`NEEDLESS` ones."""
        passes = _Passes("kernel")
        for pipeline in super().define_pipelines():
            passes.passes += [each for each in pipeline.passes if each[0] not in NEEDLESS]
        passes.finalize()
        return [passes]


class PartCompiler(EntryCompiler):
    """Compiles what only compiled code calls."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        self.state.library = _Part(self.state.targetctx.codegen(), function.__qualname__)
        compiled = super().compile_extra(function)
        if not self.state.flags.nrt:
            self._owns_nothing(function.__qualname__)
        return compiled

    def _owns_nothing(self, name: str) -> None:
        """Refuse what answers with an array, which its caller would free, or is answered with one and would keep it."""
        called = [
            signature.return_type
            for call, signature in self.state.calltypes.items()
            if getattr(call, "op", "") == "call" and isinstance(self.state.typemap[call.func.name], types.Dispatcher)
        ]
        models = self.state.targetctx.data_model_manager
        if any(models[answer].contains_nrt_meminfo() for answer in (self.state.return_type, *called)):
            raise errors.UnsupportedError(f"{name} answers or is answered with an array: inside(..., allocates=True)")


class _Part(codegen.JITCodeLibrary):  # type: ignore[misc]
    """Code that is only ever linked into other code, which is then optimised and made to run as a whole."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    @property
    def codegen(self) -> Any:
        return _NoEnvironment


class _NoEnvironment:
    """In place of what tells running code where its Python objects are: a part does not run, and has none."""

    @staticmethod
    def set_env(name: str, environment: Any) -> None:
        pass


_signatures: Final[dict[Any, Any]] = {}


@contextmanager
def remembered_signatures() -> Iterator[None]:
    """Ask once, not for each ``+``, which of its dozens of implementations suits the types at hand."""
    context = cpu_target.typing_context
    if "resolve_function_type" in vars(context):
        yield
        return
    resolve = context.resolve_function_type

    def remembered(function: Any, args: Any, kws: Any) -> Any:
        if not isinstance(function, types.Function) or kws:
            return resolve(function, args, kws)
        if not any(template.prefer_literal for template in function.templates):
            args = tuple(map(types.unliteral, args))
        key = function, tuple(args)
        if key not in _signatures:
            _signatures[key] = resolve(function, args, kws)
        return _signatures[key]

    context.resolve_function_type = remembered
    try:
        yield
    finally:
        del context.resolve_function_type

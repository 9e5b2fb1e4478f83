"""`torch.compile` that never ends a run: where it fails, the function itself runs, and one line says so."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

import torch
from torch import Tensor

__all__ = ["Compiled"]

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger("assay.train")
_said: set[str] = set()


class Compiled(Generic[P, R]):
    """A function of tiles, compiled at its first call, once for any number of tokens.

    The first dimension of every tensor argument is marked dynamic, the vocabulary is left static. A missing compiler,
    a failed compilation and `TORCH_COMPILE_DISABLE=1` leave the function as it is. Where PyTorch would make more graphs
    of it than it allows (`torch._dynamo.config.recompile_limit`), the calls that need another one run uncompiled.

    Args:
        function: takes tensors whose first dimension is the number of tokens, and constants.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self._compiled: Callable[P, R] | None = None
        self.failed = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the compiled function, or the function itself."""
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        if self.failed or any(len(tensor) < 2 for tensor in tensors):  # a size of one would be a graph of its own
            return self.function(*args, **kwargs)
        if os.environ.get("TORCH_COMPILE_DISABLE") == "1" or os.environ.get("TORCHDYNAMO_DISABLE") == "1":
            return self._fail("the environment says so", args, kwargs)
        from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException

        try:
            if self._compiled is None:
                self._compiled = torch.compile(self.function, fullgraph=True)
            for tensor in tensors:
                torch._dynamo.mark_dynamic(tensor, 0)
            return self._compiled(*args, **kwargs)
        # All of these come before the compiled code runs, so that nothing has been overwritten yet.
        except FailOnRecompileLimitHit:
            _say(
                f"a call of the loss step's {self.function.__name__} runs uncompiled, with the same result but slower: "
                "it needs another graph, and PyTorch allows no more; raise torch._dynamo.config.recompile_limit"
            )
            return self.function(*args, **kwargs)
        except (TorchDynamoException, ImportError, OSError, subprocess.SubprocessError) as problem:
            return self._fail(_sentence(problem), args, kwargs)

    def _fail(self, reason: str, args: Any, kwargs: Any) -> R:
        self.failed = True
        _say(f"the loss step runs uncompiled, with the same results but slower: {reason}")
        return self.function(*args, **kwargs)


def _say(text: str) -> None:
    """Log a line, once in a process."""
    if text not in _said:
        _said.add(text)
        _log.warning("assay: %s", text)


def _sentence(problem: BaseException) -> str:
    """Return the first line that says something of what may be pages of a compiler's output."""
    root: BaseException = problem
    while (inner := root.__cause__ or getattr(root, "inner_exception", None)) is not None and inner is not root:
        root = inner
    lines = [line.strip() for line in str(root).splitlines() if line.strip()]
    return f"{type(root).__name__}: {lines[0][:200] if lines else 'no message'}"

"""Hidden states and the head in, differentiable log-probabilities and entropies out; the logits are never whole.

Tiles of tokens by the whole vocabulary. Told what loss will follow (`expected`), the forward turns each tile into the
gradient while it is there and forms both gradient products: three matrix products in all, none of them twice. The
backward checks that the gradient that arrives is a multiple of the expected one, and scales. If it is not, or nothing
was expected, the backward makes the tiles again: four products, for the tokens that have a gradient. A wrong
expectation costs time, never correctness.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from assay.train.loss._compiled import Compiled
from assay.train.loss._kernels import Head, TokenLoss, differentiate, statistics
from assay.train.loss._tile_size import tile_tokens

__all__ = ["log_probabilities"]

_statistics = Compiled(statistics)
_differentiate = Compiled(differentiate)

#: Logits from which a call is compiled: below, compiling takes longer than thousands of steps save.
COMPILE_FROM = 1 << 22
#: Vocabulary slice of a product that has to be widened to float32 first.
_SLICE = 8192
#: Vocabulary slice of a projection on a processor.
_BLOCK = 1024
#: How far the gradient may be from a multiple of the expected one: rounding, no more.
_RELATIVE, _ABSOLUTE = 1e-5, 2e-6
#: Whether a GPU's product of narrow factors can be had in float32 (PyTorch 2.8).
_WIDE_PRODUCTS = "dtype_out" in torch.ops.aten.mm.overloads()
_Gather = Callable[[Tensor, "Tensor | None"], AbstractContextManager[Any]]


def log_probabilities(
    hidden: Tensor,
    weight: Tensor,
    target: Tensor,
    *,
    bias: Tensor | None = None,
    head: Head | None = None,
    expected: TokenLoss | None = None,
    tile: int | None = None,
    compiled: bool | None = None,
    gather: _Gather | None = None,
    missed: Callable[[], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """Log-probability of each target, and entropy of its distribution, without the logits in memory.

    Under autocast the products are in autocast's type, else in that of `hidden`; sums and everything between the
    products are in float32 (float64 for float64).

    Args:
        hidden: (tokens, width) the last hidden states.
        weight: (vocabulary, width) of the head.
        target: (tokens,) int64, the token that was sampled at each position.
        bias: (vocabulary,) of the head.
        head: what makes logits of the projection: temperature, softcap and scale.
        expected: the loss that will be computed of the result, up to a factor.
        tile: tokens in a tile; by default chosen from the memory that is free.
        compiled: whether to compile; by default where there are enough logits for it to pay.
        gather: makes sharded head parameters whole for a while (ZeRO-3); entered again where the backward needs them.
        missed: called where the gradient was not the expected one.

    Returns:
        (tokens,) log-probabilities and (tokens,) entropies in nats, float32 (float64 for float64).

    Raises:
        ValueError: shapes that don't fit together.
    """
    tokens, vocabulary = len(hidden), len(weight)
    if hidden.dim() != 2 or weight.dim() != 2 or hidden.shape[1] != weight.shape[1]:
        raise ValueError(
            f"hidden states of shape {tuple(hidden.shape)} don't fit a head of shape {tuple(weight.shape)}; "
            "expected (tokens, width) and (vocabulary, width)"
        )
    if target.shape != (tokens,):
        raise ValueError(f"there are {tokens} hidden states but targets of shape {tuple(target.shape)}")
    if expected is not None and len(expected.weight) != tokens:
        raise ValueError(f"there are {tokens} hidden states but the expected loss has {len(expected.weight)} tokens")
    device = hidden.device
    dtype = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else hidden.dtype
    if compiled is None:
        compiled = device.type in ("cpu", "cuda", "xpu") and tokens * vocabulary >= COMPILE_FROM
    if tile is None:
        fast = compiled and not _differentiate.failed
        tile = tile_tokens(tokens, vocabulary, dtype.itemsize, device, compiled=fast)
    elif tile < 1:
        raise ValueError(f"a tile holds at least one token, not {tile}")
    plan = _Plan(head or Head(), dtype, tile, compiled, gather or _whole, missed or _ignore)
    # The tiles are no business of a compiler that is tracing the model around them.
    log_prob, entropy = _apply(hidden, weight, bias, target, plan, expected)
    return log_prob, entropy


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _apply(*arguments: Any) -> Any:
    return _LogProbabilities.apply(*arguments)


def _whole(weight: Tensor, bias: Tensor | None) -> AbstractContextManager[Any]:
    return nullcontext()


def _ignore() -> None:
    return None


@dataclass(frozen=True)
class _Plan:
    """How the tiles are made."""

    head: Head
    dtype: torch.dtype
    tile: int
    compiled: bool
    gather: _Gather
    missed: Callable[[], None]

    @property
    def wide(self) -> torch.dtype:
        return torch.promote_types(self.dtype, torch.float32)


@dataclass
class _Gradients:
    """What the tiles leave behind: the gradient of each input, `None` where none is needed."""

    hidden: Tensor | None = None
    weight: Tensor | None = None
    bias: Tensor | None = None

    def scaled(self, factor: float) -> _Gradients:
        for gradient in (self.hidden, self.weight, self.bias):
            if gradient is not None and abs(factor - 1) > 2.0**-21:  # within rounding of the products
                gradient.mul_(factor)
        return self


class _LogProbabilities(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        target: Tensor,
        plan: _Plan,
        expected: TokenLoss | None,
    ) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        wanted = ctx.needs_input_grad[:3]
        log_prob, entropy = (hidden.new_empty(len(hidden), dtype=plan.wide) for _ in range(2))
        ctx.plan, ctx.gradients, ctx.slope, ctx.entropy_weight = plan, None, None, None
        factor = 1.0
        with plan.gather(weight, bias):
            if expected is None or not any(wanted):
                _observe(hidden, weight, bias, target, plan, None, log_prob, entropy)
            else:
                expected = expected.to(plan.wide, hidden.device)
                factor = _representable(expected, plan.dtype)
                ctx.gradients, ctx.slope = _learn(
                    hidden, weight, bias, target, plan, expected, factor, wanted, log_prob, entropy
                )
                if expected.entropy_weight is not None:
                    ctx.entropy_weight = -expected.entropy_weight
        ctx.factor = factor
        ctx.save_for_backward(hidden, weight, bias, target)
        return log_prob, entropy

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, log_prob: Tensor | None, entropy: Tensor | None) -> Any:
        hidden, weight, bias, target = ctx.saved_tensors
        plan: _Plan = ctx.plan
        gradients, ctx.gradients = ctx.gradients, None  # a second backward makes its own
        if gradients is not None:
            scale = _multiple((log_prob, entropy), (ctx.slope, ctx.entropy_weight))
            if scale is None:
                plan.missed()
                gradients = None
            else:
                gradients = gradients.scaled(scale / ctx.factor)
        if gradients is None:
            zero = torch.zeros(len(hidden), dtype=plan.wide, device=hidden.device)
            arrived = TokenLoss(
                "reinforce",
                advantage=zero if log_prob is None else -log_prob,
                weight=torch.ones_like(zero),
                entropy_weight=None if entropy is None else -entropy,
            )
            nowhere = torch.empty_like(zero), torch.empty_like(zero)
            with plan.gather(weight, bias):
                gradients, _ = _learn(
                    hidden, weight, bias, target, plan, arrived, 1.0, ctx.needs_input_grad[:3], *nowhere, observe=False
                )
        return (
            None if gradients.hidden is None else gradients.hidden.to(hidden.dtype),
            None if gradients.weight is None else gradients.weight.to(weight.dtype),
            None if gradients.bias is None else gradients.bias.to(bias.dtype),
            *(None,) * 3,
        )


def _learn(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    target: Tensor,
    plan: _Plan,
    loss: TokenLoss,
    factor: float,
    wanted: tuple[bool, bool, bool],
    log_prob: Tensor,
    entropy: Tensor,
    observe: bool = True,
) -> tuple[_Gradients, Tensor]:
    """Form the gradient products of a loss times `factor`, and fill in the log-probabilities and entropies.

    Tokens that can't have a gradient (a group that was all right or all wrong, say) cost one product instead of three,
    without `observe` none.

    Returns:
        the gradients, and (tokens,) d loss / d log-probability.
    """
    tokens, vocabulary = len(hidden), len(weight)
    slope = torch.zeros_like(log_prob)
    possible = loss.has_gradient()
    rows = None if bool(possible.all()) else possible.nonzero()[:, 0]
    if rows is not None and observe:
        _observe(hidden, weight, bias, target, plan, (~possible).nonzero()[:, 0], log_prob, entropy)
    chosen = tokens if rows is None else len(rows)
    gradients = _Gradients(
        hidden=_room(wanted[0], hidden, plan, chosen < tokens),
        weight=_room(wanted[1], weight, plan, chosen == 0, widen=True),
        bias=weight.new_zeros(vocabulary, dtype=plan.wide) if wanted[2] else None,
    )
    head_weight = weight.to(plan.dtype)
    buffer = hidden.new_empty((min(plan.tile, chosen), vocabulary), dtype=plan.dtype)
    step = _differentiate if plan.compiled else differentiate
    for start in range(0, chosen, plan.tile):
        some: Any = slice(start, min(start + plan.tile, chosen))
        if rows is not None:
            some = rows[some]
        part, states = loss.at(some), hidden[some].to(plan.dtype)
        tile, columns = buffer[: len(states)], target[some]
        _project(states, head_weight, bias, tile)
        log_prob[some], entropy[some], slope[some], at_target = step(
            tile,
            columns,
            plan.head,
            part.surrogate,
            part.constants,
            part.corrected,
            part.advantage,
            part.weight if factor == 1 else part.weight * factor,
            part.old,
            part.reference,
            part.kl_weight if factor == 1 or part.kl_weight is None else part.kl_weight * factor,
            part.entropy_weight if factor == 1 or part.entropy_weight is None else part.entropy_weight * factor,
        )
        tile.scatter_(1, columns[:, None], at_target.to(tile.dtype)[:, None])
        if gradients.hidden is not None:
            if isinstance(some, slice):
                _multiply(tile, head_weight, gradients.hidden[some], first=True)
            else:
                gradients.hidden[some] = _multiply(tile, head_weight, gradients.hidden.new_empty(states.shape), True)
        if gradients.weight is not None:
            _multiply(tile.t(), states, gradients.weight, first=start == 0)
        if gradients.bias is not None:
            gradients.bias += tile.sum(0, dtype=plan.wide)
    return gradients, slope if factor == 1 else slope / factor


def _observe(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    target: Tensor,
    plan: _Plan,
    rows: Tensor | None,
    log_prob: Tensor,
    entropy: Tensor,
) -> None:
    """Fill in log-probabilities and entropies of some rows: one product."""
    head_weight = weight.to(plan.dtype)
    chosen = len(hidden) if rows is None else len(rows)
    buffer = hidden.new_empty((min(plan.tile, chosen), len(weight)), dtype=plan.dtype)
    step = _statistics if plan.compiled else statistics
    for start in range(0, chosen, plan.tile):
        some: Any = slice(start, min(start + plan.tile, chosen))
        if rows is not None:
            some = rows[some]
        states = hidden[some].to(plan.dtype)
        tile = buffer[: len(states)]
        _project(states, head_weight, bias, tile)
        log_prob[some], entropy[some] = step(tile, target[some], plan.head)


def _project(states: Tensor, weight: Tensor, bias: Tensor | None, tile: Tensor) -> None:
    if tile.is_cuda or tile.dtype.itemsize < 4:
        torch.mm(states, weight.t(), out=tile)
    else:
        # A processor's library packs all of the head for each product; a block of it stays in the cache meanwhile.
        for start in range(0, len(weight), _BLOCK):
            some = slice(start, start + _BLOCK)
            torch.mm(states, weight[some].t(), out=tile[:, some])
    if bias is not None:
        tile += bias.to(tile.dtype)


def _room(wanted: bool, like: Tensor, plan: _Plan, blank: bool, widen: bool = False) -> Tensor | None:
    """Make room for a gradient: float32 where it is a sum over tiles, or where its input is wider than the products."""
    if not wanted:
        return None
    # A processor sums float16 products in float16.
    widen = widen or like.dtype != plan.dtype or (like.dtype == torch.float16 and not like.is_cuda)
    dtype = plan.wide if widen else like.dtype
    return torch.zeros_like(like, dtype=dtype) if blank else torch.empty_like(like, dtype=dtype)


def _multiply(left: Tensor, right: Tensor, into: Tensor, first: bool) -> Tensor:
    """`into (+)= left @ right`, summed in the type of `into` even where the factors are narrower."""
    if into.dtype == left.dtype:
        return torch.mm(left, right, out=into) if first else into.addmm_(left, right)
    if into.is_cuda and _WIDE_PRODUCTS:  # the float32 sums of the product are kept
        if first:
            return torch.mm(left, right, out_dtype=into.dtype, out=into)
        return torch.addmm(into, left, right, out_dtype=into.dtype, out=into)
    if first:
        into.zero_()
    if len(left) > left.shape[1] and len(left) > _SLICE:  # the gradient of the head: a slice of it at a time
        for start in range(0, len(left), _SLICE):
            into[start : start + _SLICE].addmm_(left[start : start + _SLICE].to(into.dtype), right.to(into.dtype))
        return into
    for start in range(0, left.shape[1], _SLICE):
        some = slice(start, start + _SLICE)
        into.addmm_(left[:, some].to(into.dtype), right[some].to(into.dtype))
    return into


def _representable(loss: TokenLoss, dtype: torch.dtype) -> float:
    """Return a factor that brings a loss's gradient into the range of float16; 1 for the wider types.

    Weights are about one over the number of tokens, and probabilities small: float16 would round most of the gradient
    to zero. A gradient scaler multiplies too late, after the forward.
    """
    if dtype != torch.float16:
        return 1.0
    most = (loss.weight * loss.advantage).abs().max().item() if len(loss.weight) else 0.0
    for more in (loss.kl_weight, loss.entropy_weight):
        if more is not None and len(more):
            most = max(most, more.abs().max().item())
    return 2.0 ** math.floor(math.log2(2048 / most)) if 0 < most < math.inf else 1.0


def _multiple(arrived: tuple[Tensor | None, Tensor | None], expected: tuple[Tensor, Tensor | None]) -> float | None:
    """Return the number by which the expected gradient has to be multiplied, `None` if it can't be had so.

    By least squares over all tokens, so that no token's rounding decides.
    """
    pairs = []
    for one, other in zip(arrived, expected, strict=True):
        if one is None and other is None:
            continue
        like = other if one is None else one
        pairs.append(tuple(torch.zeros_like(like) if x is None else x for x in (one, other)))
    if not pairs:
        return 0.0
    left, right = (torch.cat([pair[side] for pair in pairs]).double() for side in (0, 1))
    if not len(left):
        return 1.0
    square = right.square().sum()
    scale = torch.where(square == 0, 1.0, (left * right).sum() / square)
    slack = _RELATIVE * (scale * right).abs() + _ABSOLUTE * left.abs().max()
    fits = ((left - scale * right).abs() <= slack).all()
    return scale.item() if bool(fits) else None

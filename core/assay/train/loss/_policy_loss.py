"""The loss of a batch from its log-probabilities, and what a tile can know of it beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from assay.train.loss._formulas import FORMULAS, SURROGATES, Constants, divergence, exponential
from assay.train.loss._fused_logprobs import log_probabilities
from assay.train.loss._kernels import Head, TokenLoss

__all__ = ["Batch", "Loss", "PolicyLoss", "policy_loss"]

#: VESPO bounds the logarithms that it sums: each token's ratio, and the sequence's.
_LEAST_LOG, _MOST_LOG = -18.420680743952367, 20.0


@dataclass(frozen=True)
class Batch:
    """What a loss is given beside the policy; (sequences, tokens) each, unless it says otherwise.

    Attributes:
        advantages: (sequences,) or one per token.
        mask: 1 where a token was sampled by the policy: no padding, nothing that a tool wrote.
        old: log-probabilities under the policy that sampled; `None` where it is the policy itself.
        reference: log-probabilities under the reference policy, for the KL term.
        importance: what corrects for a sampler that is not quite the old policy; (sequences, 1) or one per token.
        sampled: the sampler's own log-probabilities, for the off-policy mask; by default `old`.
        tokens: () active tokens of one optimizer step on one process; by default those of this batch.
        accumulated: batches of one optimizer step.
    """

    advantages: Tensor
    mask: Tensor
    old: Tensor | None = None
    reference: Tensor | None = None
    importance: Tensor | None = None
    sampled: Tensor | None = None
    tokens: Tensor | float | None = None
    accumulated: float = 1.0


@dataclass(frozen=True)
class Loss:
    """A policy loss, by TRL's names.

    Attributes:
        kind: a row of `FORMULAS`.
        level: `token` ratios, or `sequence` ones (GSPO).
        constants: of the surrogate.
        beta: of the KL term.
        corrected_kl: multiply the KL term by the ratio (DeepSeek-V3.2, arXiv:2512.02556).
        entropy_coefficient: of the bonus on the mean entropy of the active tokens.
        top_entropy: keep in the policy term only this share of the tokens, those of the highest entropy
            (arXiv:2506.01939).
        off_policy_threshold: leave out sequences of negative advantage whose mean log-ratio to the sampler is below
            minus this (DeepSeek-V3.2, equation 9).
        length: the greatest length of a completion, for dr_grpo.

    Raises:
        ValueError: an unknown kind or level, or dr_grpo without a length.
    """

    kind: str = "dapo"
    level: str = "token"
    constants: Constants = field(default_factory=Constants)
    beta: float = 0.0
    corrected_kl: bool = False
    entropy_coefficient: float = 0.0
    top_entropy: float = 1.0
    off_policy_threshold: float | None = None
    length: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in FORMULAS:
            raise ValueError(f"there is no loss '{self.kind}'; there are {', '.join(FORMULAS)}")
        if self.level not in ("token", "sequence"):
            raise ValueError(f"a ratio is of a 'token' or of a 'sequence', not of a '{self.level}'")
        if self.kind == "dr_grpo" and self.length is None:
            raise ValueError("dr_grpo divides by the greatest length of a completion: give Loss(length=...)")

    def value(self, log_prob: Tensor, entropy: Tensor, batch: Batch) -> Tensor:
        """Return the loss, a number, differentiable in both arguments.

        Args:
            log_prob: (sequences, tokens) under the policy; anything finite where the mask is 0.
            entropy: (sequences, tokens) of the policy's distributions, in nats.
            batch: everything else.
        """
        mask, advantage = batch.mask.to(log_prob.dtype), _columns(batch.advantages).to(log_prob.dtype)
        log_ratio = _log_ratio(log_prob, batch, mask)
        ratio = exponential(self._pooled(log_ratio, mask))
        formula, among = FORMULAS[self.kind], self._among(entropy, mask)
        if formula.surrogate == "gamma":
            terms = -SURROGATES["gamma"](_whole_ratio(log_ratio, batch, mask), log_prob, advantage, self.constants)
        else:
            terms = -SURROGATES[formula.surrogate](ratio, log_prob, advantage, self.constants)
            if batch.importance is not None:
                terms = terms * batch.importance
        if self.off_policy_threshold is not None:
            terms = terms * self._near(log_prob.detach(), batch, mask, advantage)
        if among is not None:
            terms = terms * among
        if self.beta:
            if batch.reference is None:
                raise ValueError("a KL term needs the reference policy's log-probabilities: give Batch(reference=...)")
            distance = divergence(log_prob, torch.where(mask > 0, batch.reference, log_prob.detach()))
            terms = terms + self.beta * (distance * ratio if self.corrected_kl else distance)
        loss = torch.where(mask > 0, terms * self.weights(batch, log_prob.dtype), 0).sum()
        if self.entropy_coefficient:
            weight = self._entropy_weights(batch, mask if among is None else mask * among)
            loss = loss - torch.where(mask > 0, entropy * weight, 0).sum()
        return loss

    def weights(self, batch: Batch, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return (sequences, tokens) what each token's term counts in the loss."""
        formula, mask = FORMULAS[self.kind], batch.mask.to(dtype)
        tokens = mask.sum() if batch.tokens is None else torch.as_tensor(batch.tokens, device=mask.device)
        weights = formula.average(mask, tokens.clamp(min=1), self.length or 1)
        return weights / batch.accumulated if formula.accumulates else weights

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def expected(self, batch: Batch, active: Tensor | None = None) -> TokenLoss | None:
        """Return what a tile can know of this loss, `None` where a token's gradient depends on others' probabilities.

        While the sampler is the policy itself every ratio is one, so that the gradient of any of these losses but for
        its KL term is known before the logits are.

        Args:
            batch: as for `value`.
            active: (sequences, tokens) bool, the tokens that there will be tiles of; by default those of the mask.
        """
        if self.top_entropy < 1 or (self.off_policy_threshold is not None and batch.sampled is not None):
            return None
        formula, mask = FORMULAS[self.kind], batch.mask.to(torch.float32)
        coupled = formula.surrogate == "gamma" or self.level == "sequence"
        corrected = bool(self.beta) and self.corrected_kl
        if (corrected and self.level == "sequence") or (
            batch.old is not None and (coupled or self.off_policy_threshold is not None)
        ):
            return None
        weights = self.weights(batch)
        entropy = self._entropy_weights(batch, mask) if self.entropy_coefficient else None
        if batch.old is None:
            policy_only = replace(self, beta=0.0, entropy_coefficient=0.0)
            with torch.enable_grad():
                zero = torch.zeros_like(mask, requires_grad=True)
                (slope,) = torch.autograd.grad(policy_only.value(zero, torch.zeros_like(mask), batch), zero)
            surrogate, advantage, policy = "reinforce", -slope, torch.ones_like(mask)
        else:
            surrogate, advantage = formula.surrogate, _columns(batch.advantages)
            policy = weights if batch.importance is None else weights * batch.importance
        chosen = mask > 0 if active is None else active

        def flat(values: Tensor | None) -> Tensor | None:
            return None if values is None else values.expand(chosen.shape)[chosen]

        return TokenLoss(
            surrogate,
            advantage=flat(advantage),
            weight=flat(policy),
            old=flat(batch.old),
            reference=flat(batch.reference) if self.beta else None,
            kl_weight=flat(self.beta * weights) if self.beta else None,
            entropy_weight=flat(entropy),
            corrected=corrected,
            constants=self.constants,
        )

    def _pooled(self, log_ratio: Tensor, mask: Tensor) -> Tensor:
        if self.level == "token":
            return log_ratio
        return (log_ratio * mask).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp(min=1)

    def _entropy_weights(self, batch: Batch, mask: Tensor) -> Tensor:
        return self.entropy_coefficient * mask / mask.sum().clamp(min=1) / batch.accumulated

    def _among(self, entropy: Tensor, mask: Tensor) -> Tensor | None:
        """Mark the tokens of highest entropy."""
        if self.top_entropy >= 1 or not bool(mask.any()):
            return None
        threshold = torch.quantile(entropy.detach()[mask > 0].float(), 1 - self.top_entropy)
        return ((entropy.detach() >= threshold) & (mask > 0)).to(mask.dtype)

    def _near(self, log_prob: Tensor, batch: Batch, mask: Tensor, advantage: Tensor) -> Tensor:
        """Mark the sequences that are near enough to the sampler, or that did well."""
        sampled = batch.sampled if batch.sampled is not None else batch.old
        difference = torch.zeros_like(mask) if sampled is None else (sampled - log_prob).nan_to_num(nan=0.0)
        distance = torch.where(mask > 0, difference, 0).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp(min=1)
        return ((advantage >= 0) | (distance <= self.off_policy_threshold)).to(mask.dtype)


@dataclass(frozen=True)
class PolicyLoss:
    """The outcome of `policy_loss`.

    Attributes:
        loss: (), differentiable.
        log_prob: (sequences, tokens) of the sampled tokens, without a gradient; 0 where the mask is.
        entropy: (sequences, tokens) in nats, without a gradient; 0 where the mask is.
        clipped_low: () share of the active tokens that a clip at `1 - epsilon` leaves without a gradient.
        clipped_high: () and at `1 + epsilon_high` (cispo: whose weight is capped).
    """

    loss: Tensor
    log_prob: Tensor
    entropy: Tensor
    clipped_low: Tensor
    clipped_high: Tensor


def policy_loss(
    hidden: Tensor,
    weight: Tensor,
    target: Tensor,
    batch: Batch,
    loss: Loss | None = None,
    *,
    bias: Tensor | None = None,
    head: Head | None = None,
    **how: Any,
) -> PolicyLoss:
    """The GRPO loss step: hidden states and the head in; loss, and at its `backward()` gradients, out.

    Args:
        hidden: (sequences, tokens, width) the states that predict `target`, that is, those one position before it.
        weight: (vocabulary, width) of the head.
        target: (sequences, tokens) int64, the tokens that were sampled; anything where the mask is 0.
        batch: advantages, mask, and what else the loss needs.
        loss: which loss; dapo by default.
        bias: (vocabulary,) of the head.
        head: temperature, softcap and scale of the logits.
        **how: `tile`, `compiled`, `gather` and `missed` of `log_probabilities`.

    Raises:
        ValueError: shapes that don't fit together, or a KL term without a reference.
    """
    loss = loss or Loss()
    if hidden.shape[:2] != target.shape or target.shape != batch.mask.shape:
        raise ValueError(
            f"hidden states of shape {tuple(hidden.shape)}, targets of {tuple(target.shape)} and a mask of "
            f"{tuple(batch.mask.shape)} don't fit together"
        )
    if loss.beta and batch.reference is None:
        raise ValueError("a KL term needs the reference policy's log-probabilities: give Batch(reference=...)")
    active = batch.mask > 0
    expected = loss.expected(batch, active) if torch.is_grad_enabled() else None
    flat = log_probabilities(hidden[active], weight, target[active], bias=bias, head=head, expected=expected, **how)
    log_prob, entropy = (values.new_zeros(active.shape).masked_scatter(active, values) for values in flat)
    low, high = _clipped(loss, log_prob.detach(), batch)
    return PolicyLoss(loss.value(log_prob, entropy, batch), log_prob.detach(), entropy.detach(), low, high)


def _clipped(loss: Loss, log_prob: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the shares of active tokens that the clip touches, below and above."""
    mask, advantage = batch.mask.to(log_prob.dtype), _columns(batch.advantages)
    ratio = exponential(loss._pooled(_log_ratio(log_prob, batch, mask), mask)).expand(mask.shape)
    constants, surrogate = loss.constants, FORMULAS[loss.kind].surrogate
    nowhere = torch.zeros_like(mask, dtype=torch.bool)
    low = (ratio < 1 - constants.epsilon) & (advantage < 0) if surrogate == "clipped" else nowhere
    if surrogate in ("clipped", "weighted"):
        high = (ratio > (1 + constants.epsilon_high if surrogate == "clipped" else constants.epsilon_high)) & (
            advantage > 0
        )
    else:
        high = nowhere
    count = mask.sum().clamp(min=1)
    return (low * mask).sum() / count, (high * mask).sum() / count


def _columns(advantages: Tensor) -> Tensor:
    return advantages[:, None] if advantages.dim() == 1 else advantages


def _log_ratio(log_prob: Tensor, batch: Batch, mask: Tensor) -> Tensor:
    old = log_prob.detach() if batch.old is None else batch.old
    return torch.where(mask > 0, log_prob - old, 0)


def _whole_ratio(log_ratio: Tensor, batch: Batch, mask: Tensor) -> Tensor:
    """The ratio of the whole sequence, sampler's correction included, with VESPO's bounds: (sequences, 1)."""
    total = (log_ratio.detach().clamp(-20.0, 20.0) * mask).sum(-1, keepdim=True)
    if batch.importance is not None:
        total = total + batch.importance.log().clamp(_LEAST_LOG, _MOST_LOG).sum(-1, keepdim=True)
    return torch.exp(total.clamp(_LEAST_LOG, _MOST_LOG))

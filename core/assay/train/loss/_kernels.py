"""The mathematics of one tile of logits: log-probabilities, entropies, and the gradient that replaces the logits.

A tile holds the whole vocabulary for some tokens. `statistics` and `differentiate` are what `torch.compile` compiles;
they are ordinary functions as well, and run uncompiled where nothing can be compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import torch
from torch import Tensor

from assay.train.loss._formulas import SURROGATES, Constants, divergence, exponential

__all__ = ["Head", "TokenLoss", "differentiate", "statistics"]


@dataclass(frozen=True)
class Head:
    """What happens to `hidden @ weight.T + bias` before the softmax.

    The logits are `softcap * tanh(scale * y / softcap) / temperature`, without a softcap `scale * y / temperature`.

    Attributes:
        temperature: of sampling.
        softcap: Gemma's final-logit softcapping, or `None`.
        scale: a factor before it (Cohere's `logit_scale`, one over Granite's `logits_scaling`, ...).
    """

    temperature: float = 1.0
    softcap: float | None = None
    scale: float = 1.0

    def logits(self, projected: Tensor) -> Tensor:
        """Return the logits of a projection, of any shape."""
        if self.softcap is None:
            return projected * (self.scale / self.temperature)
        return torch.tanh(projected * (self.scale / self.softcap)) * (self.softcap / self.temperature)

    def slope(self, projected: Tensor) -> Tensor | float:
        """Return d logits / d projection, elementwise."""
        slope = self.scale / self.temperature
        if self.softcap is None:
            return slope
        return (1 - torch.tanh(projected * (self.scale / self.softcap)).square()) * slope


@dataclass(frozen=True)
class TokenLoss:
    """A loss that is a sum over tokens, each term known from that token's own log-probability and entropy.

    `- sum(weight * surrogate) + sum(kl_weight * KL) - sum(entropy_weight * entropy)`, where `corrected` multiplies the
    KL term by the ratio (DeepSeek-V3.2, arXiv:2512.02556). All tensors have the shape (tokens,).

    Attributes:
        surrogate: a name in `SURROGATES`.
        advantage: of each token.
        weight: of the policy term: mask, normalizer and the sampler's importance ratio.
        old: log-probabilities under the sampling policy; `None` where it is the policy itself.
        reference: log-probabilities under the reference policy; needed with `kl_weight`.
        kl_weight: of the KL term.
        entropy_weight: of the entropy bonus.
        corrected: multiply the KL term by the ratio.
        constants: of the surrogate.
    """

    surrogate: str
    advantage: Tensor
    weight: Tensor
    old: Tensor | None = None
    reference: Tensor | None = None
    kl_weight: Tensor | None = None
    entropy_weight: Tensor | None = None
    corrected: bool = False
    constants: Constants = field(default_factory=Constants)

    def at(self, where: slice | Tensor) -> TokenLoss:
        """The same loss for some of the tokens."""
        tensors = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{name: value[where] for name, value in tensors.items() if isinstance(value, Tensor)})

    def to(self, dtype: torch.dtype, device: torch.device) -> TokenLoss:
        """The same loss, its tensors contiguous and of another type."""
        tensors = {one.name: getattr(self, one.name) for one in fields(self)}
        moved = {
            name: value.to(device, dtype).contiguous() for name, value in tensors.items() if isinstance(value, Tensor)
        }
        return replace(self, constants=self.constants.to(dtype, device), **moved)

    def has_gradient(self) -> Tensor:
        """Return (tokens,) bool: where a gradient is possible at all, whatever the log-probabilities are."""
        possible = self.weight * self.advantage != 0
        for more in (self.kl_weight, self.entropy_weight):
            if more is not None:
                possible = possible | (more != 0)
        return possible


def statistics(tile: Tensor, target: Tensor, head: Head) -> tuple[Tensor, Tensor]:
    """Return the log-probability of each target and the entropy of each row.

    Args:
        tile: (tokens, vocabulary) projections `hidden @ weight.T + bias`.
        target: (tokens,) columns.
        head: what makes logits of them.
    """
    logits, greatest, total = _normalized(tile, head)
    log_total = total.log()
    return _log_prob(logits, target, greatest, log_total), _entropy(logits, greatest, total, log_total)[:, 0]


def differentiate(
    tile: Tensor,
    target: Tensor,
    head: Head,
    surrogate: str,
    constants: Constants,
    corrected: bool,
    advantage: Tensor,
    weight: Tensor,
    old: Tensor | None,
    reference: Tensor | None,
    kl_weight: Tensor | None,
    entropy_weight: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """As `statistics`, and overwrite the tile by d loss / d tile, but for each row's target.

    Returns:
        log-probability, entropy, d loss / d log-probability, and the gradient that belongs at the target; (tokens,)
        each. It is for the caller to put there: one number a row, of which a comparison over the whole vocabulary
        would be the costliest part.
    """
    logits, greatest, total = _normalized(tile, head)
    log_total = total.log()
    entropy = _entropy(logits, greatest, total, log_total)
    log_prob = _log_prob(logits, target, greatest, log_total)

    def loss(log_prob: Tensor) -> Tensor:
        sampled = log_prob.detach() if old is None else old
        ratio = exponential(log_prob - sampled)
        terms = -weight * SURROGATES[surrogate](ratio, log_prob, advantage, constants)
        if reference is not None and kl_weight is not None:
            distance = divergence(log_prob, reference)
            terms = terms + kl_weight * (distance * ratio if corrected else distance)
        return terms.sum()

    slope: Tensor = torch.func.grad(loss)(log_prob)
    # d log p_t / d z_j = [j = t] - p_j;  d H / d z_j = - p_j (log p_j + H)
    log_probs = logits - greatest - log_total
    probs = torch.exp(log_probs)
    gradient = -slope[:, None] * probs
    at_target = -slope * torch.expm1(log_prob)
    if entropy_weight is not None:
        gradient = gradient + entropy_weight[:, None] * probs * (_finite(log_probs) + entropy)
        at_target = at_target + entropy_weight * torch.exp(log_prob) * (_finite(log_prob) + entropy[:, 0])
    chain = head.slope(tile.to(logits.dtype))
    at_target = at_target * (chain if isinstance(chain, float) else chain.gather(1, target[:, None])[:, 0])
    tile.copy_(gradient * chain)
    return log_prob, entropy[:, 0], slope, at_target


def _normalized(tile: Tensor, head: Head) -> tuple[Tensor, Tensor, Tensor]:
    """Return the logits, each row's greatest, and the sum of exp(logit - greatest); in float32 at least."""
    logits = head.logits(tile.to(torch.promote_types(tile.dtype, torch.float32)))
    greatest = logits.amax(-1, keepdim=True)
    return logits, greatest, torch.exp(logits - greatest).sum(-1, keepdim=True)


def _entropy(logits: Tensor, greatest: Tensor, total: Tensor, log_total: Tensor) -> Tensor:
    below = logits - greatest
    return log_total - (torch.exp(below) * _finite(below)).sum(-1, keepdim=True) / total


def _log_prob(logits: Tensor, target: Tensor, greatest: Tensor, log_total: Tensor) -> Tensor:
    return (logits.gather(1, target[:, None]) - greatest - log_total)[:, 0]


def _finite(log: Tensor) -> Tensor:
    """A masked entry of the vocabulary has a logarithm of -inf, which times its probability is 0, not NaN."""
    return log.clamp(min=-1e30)

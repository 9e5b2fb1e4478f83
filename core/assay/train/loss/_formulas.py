"""The table of losses: what each maximizes at a token, how tokens are averaged, and the paper that says so.

Notation, one value per token: `p` is the log-probability of the token under the policy, `r` its importance ratio to
the policy that sampled it, `A` its advantage. A loss is

    - sum over tokens of weight * surrogate(r, p, A)  +  beta * weight * KL  -  coefficient * mean entropy

Everything that computes a loss reads this table: the one-pass operator, `policy_loss`, and the float64 reference of the
tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import torch
from torch import Tensor

__all__ = ["FORMULAS", "SURROGATES", "Constants", "Formula", "divergence", "exponential"]

Number: TypeAlias = float | Tensor


@dataclass(frozen=True)
class Constants:
    """The constants of the surrogates, by the names that TRL's `GRPOConfig` gives them; tensors have the shape ().

    Attributes:
        epsilon: clip ratios below `1 - epsilon`.
        epsilon_high: clip ratios above `1 + epsilon_high`; for cispo, above `epsilon_high` itself.
        delta: cap the unclipped ratio too, so that negative advantages are bounded (INTELLECT-2, arXiv:2505.07291).
        sapo_temperature_pos: steepness of SAPO's gate where the advantage is positive.
        sapo_temperature_neg: and where it is not.
        vespo_k_pos: power of VESPO's weight where the advantage is not negative.
        vespo_lambda_pos: and its decay.
        vespo_k_neg: power where the advantage is negative.
        vespo_lambda_neg: and its decay.
    """

    epsilon: Number = 0.2
    epsilon_high: Number = 0.2
    delta: Number | None = None
    sapo_temperature_pos: Number = 1.0
    sapo_temperature_neg: Number = 1.05
    vespo_k_pos: Number = 2.0
    vespo_lambda_pos: Number = 3.0
    vespo_k_neg: Number = 3.0
    vespo_lambda_neg: Number = 2.0

    def to(self, dtype: torch.dtype, device: torch.device) -> Constants:
        """The same constants as tensors: compiled code is then the same for all their values."""
        like = torch.empty((), dtype=dtype, device=device)
        numbers = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{name: _scalar(one, like) for name, one in numbers.items() if one is not None})


def exponential(log: Tensor) -> Tensor:
    """Return `exp(log)`, at most the largest finite number of its type, there without a gradient.

    An infinite ratio would turn the zero gradient of a clipped token into `0 * inf`.
    """
    return torch.exp(log.clamp(max=88.0 if log.dtype == torch.float32 else 709.0))


def divergence(log_prob: Tensor, reference: Tensor) -> Tensor:
    """Estimate KL(policy, reference) at a token: `exp(q - p) - (q - p) - 1` (GRPO, arXiv:2402.03300, equation 4)."""
    difference = reference - log_prob
    return exponential(difference) - difference - 1


def _scalar(number: Number, like: Tensor) -> Tensor:
    """Return a number as a tensor of the shape (); no copy to a device, which would wait for it."""
    return number.to(like) if isinstance(number, Tensor) else like.new_full((), number)


def _either(condition: Tensor, like: Tensor, then: Number, otherwise: Number) -> Tensor:
    return torch.where(condition, _scalar(then, like), _scalar(otherwise, like))


# --- what is maximized at a token ---------------------------------------------------------------------------------


def reinforce(ratio: Tensor, log_prob: Tensor, advantage: Tensor, constants: Constants) -> Tensor:
    """`A p`: what every loss here comes to, but for a weight, while policy and sampler are the same."""
    return advantage * log_prob


def clipped(ratio: Tensor, log_prob: Tensor, advantage: Tensor, constants: Constants) -> Tensor:
    """`min(r A, clip(r, 1 - epsilon, 1 + epsilon_high) A)`, the first `r` at most `delta`."""
    capped = ratio if constants.delta is None else ratio.clamp(max=_scalar(constants.delta, ratio))
    inside = ratio.clamp(_scalar(1 - constants.epsilon, ratio), _scalar(1 + constants.epsilon_high, ratio))
    return torch.min(capped * advantage, inside * advantage)


def weighted(ratio: Tensor, log_prob: Tensor, advantage: Tensor, constants: Constants) -> Tensor:
    """`min(r, epsilon_high) A p`, the ratio as a constant: no token loses its gradient."""
    return ratio.clamp(max=_scalar(constants.epsilon_high, ratio)).detach() * advantage * log_prob


def gated(ratio: Tensor, log_prob: Tensor, advantage: Tensor, constants: Constants) -> Tensor:
    """`4 / t sigmoid(t (r - 1)) A`, a soft gate in place of the clip; `t` by the sign of `A`."""
    steepness = _either(advantage > 0, advantage, constants.sapo_temperature_pos, constants.sapo_temperature_neg)
    return torch.sigmoid(steepness * (ratio - 1)) * 4 / steepness * advantage


def gamma(ratio: Tensor, log_prob: Tensor, advantage: Tensor, constants: Constants) -> Tensor:
    """`w^k exp(lambda (1 - w)) A p`, the weight as a constant; `w` is the ratio of the whole sequence."""
    log, positive = ratio.detach().log(), advantage >= 0
    power = _either(positive, log, constants.vespo_k_pos, constants.vespo_k_neg)
    decay = _either(positive, log, constants.vespo_lambda_pos, constants.vespo_lambda_neg).clamp(min=1e-4)
    weight = torch.exp(decay + power * log - decay * log.exp()).nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
    return weight * advantage * log_prob


Surrogate = Callable[[Tensor, Tensor, Tensor, Constants], Tensor]

SURROGATES: dict[str, Surrogate] = {
    "reinforce": reinforce,
    "clipped": clipped,
    "weighted": weighted,
    "gated": gated,
    "gamma": gamma,
}

# --- how tokens become one number: the weight of each -------------------------------------------------------------


def per_sequence(mask: Tensor, tokens: Tensor, length: int) -> Tensor:
    """Mean over a sequence's tokens, then over sequences."""
    return mask / mask.sum(-1, keepdim=True).clamp(min=1) / len(mask)


def per_token(mask: Tensor, tokens: Tensor, length: int) -> Tensor:
    """Mean over the tokens of this batch."""
    return mask / mask.sum().clamp(min=1)


def per_window(mask: Tensor, tokens: Tensor, length: int) -> Tensor:
    """Sum over tokens by the `tokens` of the whole optimizer step, on one process."""
    return mask / tokens


def per_length(mask: Tensor, tokens: Tensor, length: int) -> Tensor:
    """Sum over tokens by a constant: sequences times the greatest `length`."""
    return mask / (len(mask) * length)


def summed(mask: Tensor, tokens: Tensor, length: int) -> Tensor:
    """Sum over a sequence's tokens, mean over sequences."""
    return mask / len(mask)


Average = Callable[[Tensor, Tensor, int], Tensor]


@dataclass(frozen=True)
class Formula:
    """A row of the table.

    Attributes:
        surrogate: its name in `SURROGATES`.
        average: the weight of each token, from the mask, the tokens of the optimizer step and the greatest length.
        accumulates: whether the weights are to be divided by the number of accumulated batches; `per_window` counts
            them already.
        source: paper and equation.
    """

    surrogate: str
    average: Average
    accumulates: bool
    source: str


#: The losses by TRL's names. For all but vespo, `r` is a token's own ratio, or at sequence level the geometric mean of
#: a sequence's ratios (GSPO, arXiv:2507.18071, equation 7); for vespo, their product.
FORMULAS: dict[str, Formula] = {
    "grpo": Formula("clipped", per_sequence, True, "DeepSeekMath, arXiv:2402.03300, equation 3"),
    "bnpo": Formula("clipped", per_token, True, "as grpo, over the tokens of the local batch (TRL)"),
    "dr_grpo": Formula("clipped", per_length, True, "Dr. GRPO, arXiv:2503.20783, section 3.2"),
    "dapo": Formula("clipped", per_window, False, "DAPO, arXiv:2503.14476, equation 8"),
    "cispo": Formula("weighted", per_window, False, "MiniMax-M1, arXiv:2506.13585, equations 4 and 5"),
    "sapo": Formula("gated", per_sequence, True, "SAPO, arXiv:2511.20347, equations 5 and 6"),
    "luspo": Formula("clipped", summed, True, "LUSPO, arXiv:2602.05261: grpo's sequences times their lengths"),
    "vespo": Formula("gamma", per_window, False, "VESPO, arXiv:2602.10693, the Gamma kernel of its section 3"),
}

"""The loss step in TRL's trainer: TRL's own loss on top, the operator of `assay.train.loss` below.

Two names of the module `trl.trainer.utils` are replaced, for as long as `LogprobPatch.patched(trainer)` is entered:

    _ChunkedLogProbFunction   TRL's autograd function, of which `apply` is called: by an object that calls
                              `assay.train.loss.log_probabilities`
    _use_triton               whether padding is left out before the head: by "on every device"

They are read at each call of the forward that TRL gives a model (`add_fused_lm_head`, in the trainer's `__init__`), so
that the way from a training step to the operator is

    trl.GRPOTrainer._compute_loss                            metrics and loss, TRL's own
      trl.GRPOTrainer._get_per_token_logps_and_entropies     micro-batches, TRL's own
        model(..., fused_lm_head=True)                       DDP, FSDP, ZeRO, PEFT
          _fused_forward of add_fused_lm_head                the backbone, TRL's own
            _ChunkedLogProbFunction.apply                    here
              assay.train.loss.log_probabilities

Names are replaced, because TRL has no parameter for this function: another forward would have to repeat what TRL's does
for every kind of model, and another `_compute_loss` its metrics. Elsewhere in the process TRL stays as it is.

TRL's forward divides by the temperature that the trainer had when it was made; the operator divides by the one that it
has now.

All of this leans on the two names, on the signature of one of them and on what TRL's loss divides by; a test holds
them. Where they are not as they were, TRL's own function runs, and one line says so.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import trl.trainer.utils as trl_utils
from torch import Tensor

from assay.train._config import LossSettings
from assay.train.loss import FORMULAS, Batch, Constants, Head, Loss, TokenLoss, log_probabilities

__all__ = ["LogprobPatch"]

_log = logging.getLogger("assay.train")

#: The parameters of TRL's function, in its order.
SIGNATURE = (
    "hidden",
    "weight",
    "bias",
    "targets",
    "temperature",
    "chunk_size",
    "final_logit_softcapping",
    "logit_scale",
    "outputs",
)
_NAMES = ("_ChunkedLogProbFunction", "_use_triton", "maybe_gather_lm_head_ctx")
#: Wrong expectations after which none are made any more.
_MISSES = 3


@dataclass
class _Expectation:
    """What the next forward is told: the loss, or that there is none."""

    loss: TokenLoss | None
    active: Tensor


class LogprobPatch:
    """Puts the operator in the place of TRL's function while a trainer's own forward runs.

    Args:
        settings: which path.
    """

    def __init__(self, settings: LossSettings) -> None:
        self.settings = settings
        self.misses = 0
        self._said: set[str] = set()
        self._trainer: Any = None
        self._expectation: _Expectation | None = None
        reason = _changed() if settings.path != "trl" else None
        if reason:
            self.say(f"the loss step is TRL's own: {reason}")
        self.usable = settings.path != "trl" and reason is None
        # One object for the whole run: a compiled backbone is compiled again whenever another one stands there.
        self._function = _Function(self) if self.usable else None

    def say(self, text: str) -> None:
        """Log a line, once."""
        if text not in self._said:
            self._said.add(text)
            _log.warning("assay: %s", text)

    @contextmanager
    def patched(self, trainer: Any, inputs: Mapping[str, Any] | None = None) -> Iterator[None]:
        """Let TRL's patched forward call the operator; inside another such block it changes nothing.

        Args:
            trainer: the trainer whose temperature, and whose loss, it is.
            inputs: the batch that TRL is about to compute the loss of, `None` where log-probabilities are all it wants.
        """
        if not self.usable or self._trainer is not None:
            yield
            return
        self._trainer = trainer
        kernel, compact = trl_utils._ChunkedLogProbFunction, trl_utils._use_triton
        try:
            if inputs is not None and self.settings.path == "fused" and self.misses < _MISSES:
                self._expectation = self._expect(trainer, inputs)
            trl_utils._ChunkedLogProbFunction, trl_utils._use_triton = self._function, _everywhere
            yield
        finally:
            trl_utils._ChunkedLogProbFunction, trl_utils._use_triton = kernel, compact
            self._trainer = self._expectation = None

    @property
    def temperature(self) -> float:
        """Of the trainer, as it stands now."""
        return float(self._trainer.temperature)

    def expected(self, tokens: int) -> TokenLoss | None:
        """Return what is expected of a forward over some tokens."""
        if self._expectation is None or not torch.is_grad_enabled():
            return None
        if int(self._expectation.active.sum()) != tokens:
            return None  # TRL scores other positions than its loss sees; the backward makes the gradients then
        return self._expectation.loss

    def miss(self) -> None:
        """Count a gradient that was not the expected one."""
        self.misses += 1
        if self.misses == _MISSES:
            self.say(
                "the gradient of the loss was not the expected one three times, so that it is now formed in the "
                "backward: slower, with the same result"
            )

    def _expect(self, trainer: Any, inputs: Mapping[str, Any]) -> _Expectation | None:
        if trainer.loss_type not in FORMULAS:
            self.say(f"there is no formula for loss_type '{trainer.loss_type}'; its gradient is formed in the backward")
            return None
        loss, batch = loss_of(trainer), batch_of(trainer, inputs)
        active = inputs["completion_mask"] > 0
        return _Expectation(loss.expected(batch, active), active)


class _Function:
    """Stands where TRL's autograd function stood, with its `apply`."""

    def __init__(self, patch: LogprobPatch) -> None:
        self.patch, self.original = patch, trl_utils._ChunkedLogProbFunction

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def apply(
        self,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        temperature: float,
        chunk_size: int,
        softcap: float | None,
        scale: float,
        outputs: tuple[str, ...],
    ) -> Any:
        patch = self.patch
        temperature = patch.temperature
        reason = _unsupported(hidden, weight, outputs)
        if reason:
            patch.say(f"the loss step is TRL's own: {reason}")
            return self.original.apply(hidden, weight, bias, targets, temperature, chunk_size, softcap, scale, outputs)
        log_prob, entropy = log_probabilities(
            hidden,
            weight,
            targets,
            bias=bias,
            head=Head(temperature, softcap, float(scale)),
            expected=patch.expected(len(hidden)),
            tile=patch.settings.tile,
            gather=trl_utils.maybe_gather_lm_head_ctx,
            missed=patch.miss,
        )
        return log_prob, entropy if "entropy" in outputs else None, None, None, None


def _everywhere(device: torch.device) -> bool:
    """TRL leaves padding out where Triton runs; here it is left out on every device."""
    return True


def loss_of(trainer: Any) -> Loss:
    """Return the loss that a TRL trainer is set to, as it stands now."""
    args = trainer.args
    coefficient = 0.0
    if trainer._entropy_bonus_enabled:
        dormant = trainer.use_adaptive_entropy and trainer._last_world_entropy > args.entropy_target
        coefficient = 0.0 if dormant else trainer.entropy_coef
    return Loss(
        kind=trainer.loss_type,
        level=trainer.importance_sampling_level,
        constants=Constants(
            epsilon=trainer.epsilon_low,
            epsilon_high=trainer.epsilon_high,
            delta=args.delta,
            sapo_temperature_pos=args.sapo_temperature_pos,
            sapo_temperature_neg=args.sapo_temperature_neg,
            vespo_k_pos=args.vespo_k_pos,
            vespo_lambda_pos=args.vespo_lambda_pos,
            vespo_k_neg=args.vespo_k_neg,
            vespo_lambda_neg=args.vespo_lambda_neg,
        ),
        beta=trainer.beta,
        corrected_kl=args.use_bias_correction_kl,
        entropy_coefficient=coefficient,
        top_entropy=trainer.top_entropy_quantile,
        off_policy_threshold=trainer.off_policy_mask_threshold,
        length=trainer.max_completion_length,
    )


def batch_of(trainer: Any, inputs: Mapping[str, Any]) -> Batch:
    """Return what TRL's loss takes from a batch, and what it divides by."""
    training = trainer.model.training
    accumulated = trainer.current_gradient_accumulation_steps if training else 1
    tokens = inputs["num_items_in_batch"].clamp(min=1) / trainer.accelerator.num_processes
    if training:
        tokens = tokens * accumulated / trainer.args.steps_per_generation
    mask = inputs["completion_mask"] * inputs.get("tool_mask", 1)
    corrects = trainer.use_vllm and trainer.vllm_importance_sampling_correction
    return Batch(
        advantages=inputs["advantages"],
        mask=mask,
        old=inputs.get("old_per_token_logps"),
        reference=inputs.get("ref_per_token_logps") if trainer.beta else None,
        importance=inputs.get("importance_sampling_ratio") if corrects else None,
        sampled=inputs.get("sampling_per_token_logps"),
        tokens=tokens,
        accumulated=accumulated,
    )


def _changed() -> str | None:
    """Say what of TRL is not as this module knows it."""
    for name in _NAMES:
        if not hasattr(trl_utils, name):
            return f"this version of TRL has no trl.trainer.utils.{name}"
    parameters = tuple(inspect.signature(trl_utils._ChunkedLogProbFunction.forward).parameters)[1:]
    if parameters != SIGNATURE:
        return f"this version of TRL calls its function with {', '.join(parameters)}"
    return None


def _unsupported(hidden: Tensor, weight: Tensor, outputs: tuple[str, ...]) -> str | None:
    """Say why the operator can't serve a call."""
    if not set(outputs) <= {"log_probs", "entropy"}:
        return f"it is asked for {', '.join(sorted(set(outputs) - {'log_probs', 'entropy'}))}"
    if not weight.is_floating_point():
        return f"the head is quantized ({weight.dtype})"
    if type(hidden) not in (Tensor, torch.nn.Parameter) or type(weight) not in (Tensor, torch.nn.Parameter):
        return f"the head is a {type(weight).__name__} and the hidden states are a {type(hidden).__name__}"
    return None

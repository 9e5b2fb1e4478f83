"""The loss step: hidden states and the head in, loss and gradients out, the logits never whole in memory.

Needs torch alone, not TRL. `policy_loss` is the whole step, `log_probabilities` the operator below it, `FORMULAS` the
table of the losses.
"""

from __future__ import annotations

from assay.train.loss._formulas import FORMULAS, Constants, Formula
from assay.train.loss._fused_logprobs import log_probabilities
from assay.train.loss._kernels import Head, TokenLoss
from assay.train.loss._policy_loss import Batch, Loss, PolicyLoss, policy_loss

__all__ = [
    "FORMULAS",
    "Batch",
    "Constants",
    "Formula",
    "Head",
    "Loss",
    "PolicyLoss",
    "TokenLoss",
    "log_probabilities",
    "policy_loss",
]

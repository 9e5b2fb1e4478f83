"""The loss step: hidden states and the head in, loss and gradients out, the logits never whole in memory.

Needs torch alone, not TRL. `policy_loss` is the whole step, `log_probabilities` the operator below it, `FORMULAS` the
table of the losses.
"""

from __future__ import annotations

from assay.train.loss.formulas import FORMULAS, Constants, Formula
from assay.train.loss.operator import log_probabilities
from assay.train.loss.policy import Batch, Loss, PolicyLoss, policy_loss
from assay.train.loss.tile import Head, TokenLoss

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

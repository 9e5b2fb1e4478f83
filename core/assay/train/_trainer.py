"""TRL's GRPOTrainer with its rewards from assay, and its log-probabilities from the loss step of assay.

Two seams are replaced: where rewards come from, and what happens to samples that have none; and how hidden states
become log-probabilities and gradients (`_trl_patch.py`). Generation, the loss itself, vLLM, PEFT, accelerate,
DeepSpeed, FSDP, logging and checkpoints are TRL's own. It leans on six of TRL's private methods
(`_generate_and_score_completions`, `_generate`, `_calculate_rewards`, `_compute_loss`,
`_get_per_token_logps_and_entropies`, `_log_metric`); a test holds their signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

import torch
import trl
from transformers import ProcessorMixin

from assay._contract.scores import nullable
from assay._contract.verdict import Status
from assay._data.log import RunLog
from assay._language import Expression, Reward
from assay._plugins.registry import Registry
from assay._scoring.scorer import Scorer
from assay.engine import Engine
from assay.train._background_scorer import BackgroundScorer, Judged
from assay.train._config import LossSettings
from assay.train._rollout import Rollout
from assay.train._trl_patch import LogprobPatch

__all__ = ["GRPOTrainer"]

#: Losses that divide by the number of sequences: a sequence that was left out must not count there.
_PER_SEQUENCE = frozenset({"grpo", "sapo", "dr_grpo", "luspo"})


def total(**_: Any) -> list[float]:
    """Give TRL's one reward column its name; the scoring engine answers in its place."""
    raise RuntimeError("rewards come from the scoring engine")


class GRPOTrainer(trl.GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer, rewarded by a line of the reward language.

    Samples whose total is an error, an abstention or a bad reference leave the update wholly: their group's baseline,
    the loss, its normaliser, the KL term and the entropy bonus. The reserved line `weight` scales a sample's policy
    loss outside the baseline.

    Args:
        model: as TRL's.
        reward: a text, named lines, an expression or a `Reward`.
        registry: where verifiers are found; the installed plugins by default.
        engine: who evaluates them; this machine by default.
        loss: how the loss step is computed; fused by default.
        **kwargs: TRL's own arguments (`args`, `train_dataset`, `processing_class`, `peft_config`, ...), without
            `reward_funcs`.

    Raises:
        RewardError: the reward can't be read, or can't be evaluated for the data set's columns.
    """

    beta: float
    #: The generation under way. TRL hands nothing of ours from one hook to the next; this does.
    _rollout: Rollout

    def __init__(
        self,
        model: Any,
        reward: Reward | str | Expression | Mapping[str, Any],
        *,
        registry: Registry | None = None,
        engine: Engine | None = None,
        loss: LossSettings | None = None,
        **kwargs: Any,
    ) -> None:
        scorer = Scorer(reward, registry=registry, engine=engine)
        columns = getattr(kwargs.get("train_dataset"), "column_names", None)
        if columns:
            scorer.check(columns)
        self._scoring = BackgroundScorer(scorer)
        self._patch = LogprobPatch(loss or LossSettings())
        super().__init__(model, reward_funcs=total, **kwargs)

    def log_verdicts(self, path: Path, before: int | None = None) -> None:
        """Write every sample with its verdicts to a file, as it is judged.

        Args:
            path: a line of JSON per sample; each process needs a file of its own.
            before: drop what the file holds of this step and later, for a run that resumes there.
        """
        self._scoring.log = RunLog(path, before)

    def close(self) -> None:
        """End scoring and close the file of verdicts; the trainer can't train any more."""
        self._scoring.close()

    # --- the life of a rollout: TRL calls these in this order --------------------------------------------------------

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        rollout = self._rollout = Rollout(inputs, self._group_size, self.accelerator)
        if not isinstance(self.processing_class, ProcessorMixin):
            # A model of text alone: TRL would ask it to look at these, and the reward may need them.
            inputs = [{name: row[name] for name in row if name not in ("image", "images")} for row in inputs]
        batch = super()._generate_and_score_completions(inputs)
        return rollout.leave_out(batch, per_sequence=self.loss_type in _PER_SEQUENCE)

    def _generate(self, prompts: list[Any]) -> Any:
        generated = super()._generate(prompts)
        _, ids, tool_mask, completions, _, extra = generated[:6]
        self._rollout.complete(
            prompts,
            completions,
            ids,
            tool_mask,
            extra or {},
            ends={*self.eos_token_ids, self._tokenizer.pad_token_id},
            step=self.state.global_step,
            last=self.state.max_steps,
        )
        self._scoring.start(self._rollout.samples)  # beside the log-probabilities, which TRL computes next
        return generated

    def _calculate_rewards(
        self, inputs: list[dict[str, Any]], prompts: list[Any], completions: list[Any], completion_ids_list: list[Any]
    ) -> torch.Tensor:
        self._log_judged(self._rollout.receive(self._scoring.finish()))
        self._log_metric("groups_without_signal", self._rollout.silent_groups())
        return self._rollout.rewards[:, None]

    @property
    def _group_size(self) -> int:
        return int(self.num_generations if self.model.training else self.num_generations_eval)

    # --- the loss -----------------------------------------------------------------------------------------------------

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        beta = self.beta
        if self.loss_type in _PER_SEQUENCE and beta:
            self.beta = beta * float(inputs["kept_share"])
        try:
            with self._patch.patched(self, inputs):
                return super()._compute_loss(model, inputs)
        finally:
            self.beta = beta

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> Any:
        with self._patch.patched(self):
            return super()._get_per_token_logps_and_entropies(*args, **kwargs)

    # --- what is logged -------------------------------------------------------------------------------------------

    def _log_judged(self, judged: Judged) -> None:
        """Log every line and every verifier; TRL averages over the processes."""
        samples = judged.samples
        for name in dict.fromkeys(name for one in samples for name in one.lines):
            values = [one.lines.get(name, nan) for one in samples]
            self._log_completion_extra(name if name != "total" else "reward", nullable(values))
            self._log_values(f"lines/{name}", values)
        for label in dict.fromkeys(label for one in samples for label in one.verifiers):
            given = [one.verifiers[label] for one in samples if label in one.verifiers]
            self._log_values(f"verifiers/{label}/mean", [value for value, _ in given])
            for kind in (Status.ABSTAINED, Status.BAD_REFERENCE, Status.TIMEOUT, Status.ERROR):
                for _, status in given:
                    self._log_metric(f"verifiers/{label}/{kind}", float(status == kind))
        self._log_completion_extra("status", [one.status for one in samples])
        self._log_completion_extra("reason", [one.reason for one in samples])
        for one in samples:
            self._log_metric("left_out", float(not Status(one.status).has_score))
        self._log_metric("scoring/waited_seconds", judged.waited)
        self._log_metric("scoring/hidden_seconds", judged.hidden)
        if judged.saved is not None:
            self._log_metric("scoring/saved", judged.saved)

    def _log_values(self, name: str, values: list[float]) -> None:
        for value in values:
            if not isnan(value):
                self._log_metric(name, value)

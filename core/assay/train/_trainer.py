"""TRL's GRPOTrainer with its rewards from assay, and its log-probabilities from the loss step of assay.

Two seams are replaced: where rewards come from, and what happens to samples that have none; and how hidden states
become log-probabilities and gradients (`_trl_patch.py`). Generation, the loss itself, vLLM, PEFT, accelerate,
DeepSpeed, FSDP, logging and checkpoints are TRL's own. It leans on six of TRL's private methods
(`_generate_and_score_completions`, `_generate`, `_calculate_rewards`, `_compute_loss`,
`_get_per_token_logps_and_entropies`, `_log_metric`); a test holds their signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trl
from accelerate.utils import gather_object
from transformers import ProcessorMixin

from assay._contract.sample import Sample
from assay._contract.verdict import Status
from assay._data.log import RunLog
from assay._language import Expression, Reward
from assay._plugins.registry import Registry
from assay._scoring.scorer import Scorer
from assay.engine import Engine
from assay.train._background_scorer import BackgroundScorer, Judged
from assay.train._config import LossSettings
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

    # --- scoring, beside the log-probabilities --------------------------------------------------------------------

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._rows = inputs
        if not isinstance(self.processing_class, ProcessorMixin):
            # A model of text alone: TRL would ask it to look at these, and the reward may need them.
            inputs = [{name: row[name] for name in row if name not in ("image", "images")} for row in inputs]
        batch = super()._generate_and_score_completions(inputs)
        return self._leave_out(batch)

    def _generate(self, prompts: list[Any]) -> Any:
        generated = super()._generate(prompts)
        _, completion_ids, tool_mask, completions, _, extra = generated[:6]
        samples = self._samples(prompts, completions, completion_ids, tool_mask, extra or {})
        # Under several processes a group may lie across two of them; its members then travel to one. Collective, so
        # in the main thread; the same decision everywhere, since every process has as many prompts.
        self._travelled = len(prompts) % self._group_size != 0 and self.accelerator.num_processes > 1
        if self._travelled:
            everyone, me = self.accelerator.num_processes, self.accelerator.process_index
            samples = [sample for sample in gather_object(samples) if sample.group[1] % everyone == me]
        self._order = [sample.id for sample in samples]
        self._scoring.start(samples)
        return generated

    def _calculate_rewards(
        self, inputs: list[dict[str, Any]], prompts: list[Any], completions: list[Any], completion_ids_list: list[Any]
    ) -> torch.Tensor:
        judged = self._scoring.finish()
        if self._travelled:
            judged = self._home(judged, len(prompts))
        self._log_judged(judged)
        device = self.accelerator.device
        rewards = self.accelerator.gather(torch.as_tensor(judged.total, dtype=torch.float32, device=device))
        self._kept = ~rewards.isnan()
        self._weight = torch.as_tensor(judged.weight, dtype=torch.float32, device=device)
        self._log_groups(rewards)
        return rewards[:, None]

    @property
    def _group_size(self) -> int:
        return int(self.num_generations if self.model.training else self.num_generations_eval)

    def _samples(
        self, prompts: list[Any], completions: list[Any], ids: list[Any], tool_mask: list[Any] | None, extra: Any
    ) -> list[Sample]:
        first = self.accelerator.process_index * len(prompts)
        step, last = self.state.global_step, self.state.max_steps
        ends = {*self.eos_token_ids, self._tokenizer.pad_token_id}
        samples = []
        for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
            row = dict(self._rows[i])
            row |= {name: values[i] if isinstance(values, list) else values for name, values in extra.items()}
            samples.append(
                Sample.read(
                    completion,
                    prompt,
                    row=row,
                    group=(step, (first + i) // self._group_size),
                    id=first + i,
                    tokens=int(sum(tool_mask[i])) if tool_mask else len(ids[i]),
                    truncated=not ids[i] or int(ids[i][-1]) not in ends,
                    step=step,
                    progress=step / last if last > 0 else 0.0,
                )
            )
        return samples

    def _home(self, judged: Judged, size: int) -> Judged:
        """Bring the verdicts of travelled samples back to the processes that they came from, in order."""
        parts: list[tuple[list[int], Judged]] = gather_object([(self._order, judged)])
        mine = range(self.accelerator.process_index * size, (self.accelerator.process_index + 1) * size)
        found: dict[int, tuple[Judged, int]] = {i: (part, k) for ids, part in parts for k, i in enumerate(ids)}
        each = [part.take([k]) for part, k in (found[i] for i in mine)]
        lines = dict.fromkeys(name for one in each for name in one.lines)
        calls = dict.fromkeys(name for one in each for name in one.verifiers)
        nothing = (np.full(1, np.nan), ["not evaluated"])
        gathered = Judged(
            np.concatenate([one.total for one in each]),
            np.concatenate([one.weight for one in each]),
            [one.status[0] for one in each],
            [one.reasons[0] for one in each],
            {name: np.concatenate([one.lines.get(name, nothing[0]) for one in each]) for name in lines},
            {
                name: (
                    np.concatenate([one.verifiers.get(name, nothing)[0] for one in each]),
                    [one.verifiers.get(name, nothing)[1][0] for one in each],
                )
                for name in calls
            },
        )
        gathered.waited, gathered.hidden, gathered.saved = judged.waited, judged.hidden, judged.saved
        return gathered

    # --- leaving samples out --------------------------------------------------------------------------------------

    def _leave_out(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Take samples without a reward out of the loss; TRL has taken them out of the baseline already."""
        mine, kept = len(batch["completion_ids"]), self._kept
        own = kept[self.accelerator.process_index * mine :][:mine]
        weight = torch.where(own, self._weight, 0.0)
        if not kept.all():  # the same answer on every process
            mask = own[:, None].to(batch["completion_mask"].dtype)
            batch["completion_mask"] = batch["completion_mask"] * mask  # what TRL does to truncated completions
            if "tool_mask" in batch:
                batch["tool_mask"] = batch["tool_mask"] * mask
            counted = batch["completion_mask"] * batch.get("tool_mask", 1)
            batch["num_items_in_batch"] = self.accelerator.gather(counted.sum()).sum()
        # The policy loss is linear in the advantages, so that scaling them scales it, and nothing else.
        rows = (...,) + (None,) * (batch["advantages"].dim() - 1)
        share = kept.numel() / kept.sum().clamp(min=1) if self.loss_type in _PER_SEQUENCE else kept.new_ones(())
        batch["advantages"] = batch["advantages"] * (weight * share)[rows]
        batch["kept_share"] = share.to(torch.float32)  # without a dimension, TRL's splitting passes it through
        return batch

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        beta = self.beta
        if self.loss_type in _PER_SEQUENCE and beta:
            self.beta = beta * float(inputs["kept_share"])
        try:
            with self._patch.expecting(self, inputs):
                return super()._compute_loss(model, inputs)
        finally:
            self.beta = beta

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> Any:
        with self._patch.open():
            return super()._get_per_token_logps_and_entropies(*args, **kwargs)

    # --- what is logged -------------------------------------------------------------------------------------------

    def _log_judged(self, judged: Judged) -> None:
        """Log every line and every verifier; TRL averages over the processes."""
        for name, values in judged.lines.items():
            self._log_completion_extra(name if name != "total" else "reward", _nullable(values))
            self._log_values(f"lines/{name}", values)
        for name, (values, statuses) in judged.verifiers.items():
            self._log_values(f"verifiers/{name}/mean", values)
            evaluated = [status for status in statuses if status != "not evaluated"]
            for kind in (Status.ABSTAINED, Status.BAD_REFERENCE, Status.TIMEOUT, Status.ERROR):
                for one in evaluated:
                    self._log_metric(f"verifiers/{name}/{kind}", float(one == kind))
        self._log_completion_extra("status", judged.status)
        self._log_completion_extra("reason", judged.reasons)
        for status in judged.status:
            self._log_metric("left_out", float(not Status(status).has_score))
        self._log_metric("scoring/waited_seconds", judged.waited)
        self._log_metric("scoring/hidden_seconds", judged.hidden)
        if judged.saved is not None:
            self._log_metric("scoring/saved", judged.saved)

    def _log_values(self, name: str, values: Any) -> None:
        for value in values[~np.isnan(values)].tolist():
            self._log_metric(name, value)

    def _log_groups(self, rewards: torch.Tensor) -> None:
        """Log the share of groups that teach nothing: fewer than two judged members, or all alike."""
        groups = rewards.view(-1, self._group_size).nan_to_num(nan=torch.inf).sort(dim=1).values
        counts = groups.isfinite().sum(dim=1)
        spread = groups.gather(1, (counts - 1).clamp(min=0)[:, None])[:, 0] - groups[:, 0]
        silent = (counts < 2) | ~(spread > 0)
        self._log_metric("groups_without_signal", float(silent.float().mean()))


def _nullable(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]

"""One generation's batch on its way through TRL's hooks: drawn, completed, judged, rid of what teaches nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object

from assay._contract.sample import Sample
from assay.train._background_scorer import Judged, Judgement

__all__ = ["Rollout"]


@dataclass
class Rollout:
    """What one process knows of a generation; made when it begins, complete when `leave_out` has run.

    TRL calls the trainer's hooks one after the other and hands none of this on. Each method below is one hook's part,
    in order; a field that is read before its method has run raises `AttributeError`.

    Attributes:
        rows: of the data set, one per completion of this process.
        group_size: completions of one prompt.
        accelerator: this process and the others.
        samples: what this process judges, known once `complete` has run.
        rewards: (samples of all processes,) NaN where there is none, known once `receive` has run.
        weight: (samples of this process,) what scales each one's loss, known with `rewards`.
    """

    rows: Sequence[Mapping[str, Any]]
    group_size: int
    accelerator: Accelerator
    samples: list[Sample] = field(init=False)
    rewards: torch.Tensor = field(init=False)
    weight: torch.Tensor = field(init=False)

    def complete(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        ids: Sequence[Sequence[int]],
        tool_mask: Sequence[Sequence[int]] | None,
        extra: Mapping[str, Any],
        *,
        ends: Collection[int],
        step: int,
        last: int,
    ) -> None:
        """Take what was generated, and settle who judges it.

        Args:
            prompts: of each row.
            completions: of each row: a text, or messages.
            ids: the tokens of each completion.
            tool_mask: 1 for each of them that the model wrote; without tools it wrote them all.
            extra: further columns, a value per row or one for all.
            ends: the tokens that end a completion; one that ends in another was truncated.
            step: of the run.
            last: step of the run, or nothing positive where that isn't known.
        """
        first = self.accelerator.process_index * len(self.rows)
        samples = []
        for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
            row = dict(self.rows[i])
            row |= {name: values[i] if isinstance(values, list) else values for name, values in extra.items()}
            samples.append(
                Sample.read(
                    completion,
                    prompt,
                    row=row,
                    group=(step, (first + i) // self.group_size),
                    id=first + i,
                    tokens=int(sum(tool_mask[i])) if tool_mask else len(ids[i]),
                    truncated=not ids[i] or int(ids[i][-1]) not in ends,
                    step=step,
                    progress=step / last if last > 0 else 0.0,
                )
            )
        if self._cuts_groups:  # the members of a group travel to one process
            everyone, me = self.accelerator.num_processes, self.accelerator.process_index
            samples = [sample for sample in gather_object(samples) if sample.group[1] % everyone == me]
        self.samples = samples

    def receive(self, judged: Judged) -> Judged:
        """Take what `samples` were given; return what the completions of this process were given, in order."""
        if self._cuts_groups:
            pairs = [(sample.id, one) for sample, one in zip(self.samples, judged.samples, strict=True)]
            found: dict[Any, Judgement] = dict(gather_object(pairs))
            first = self.accelerator.process_index * len(self.rows)
            judged = replace(judged, samples=[found[first + i] for i in range(len(self.rows))])
        own = torch.tensor([one.total for one in judged.samples], dtype=torch.float32, device=self.accelerator.device)
        self.rewards = self.accelerator.gather(own)
        self.weight = own.new_tensor([one.weight for one in judged.samples])
        return judged

    def silent_groups(self) -> float:
        """Return the share of groups that teach nothing: fewer than two judged members, or all alike."""
        groups = self.rewards.view(-1, self.group_size).nan_to_num(nan=torch.inf).sort(dim=1).values
        counts = groups.isfinite().sum(dim=1)
        spread = groups.gather(1, (counts - 1).clamp(min=0)[:, None])[:, 0] - groups[:, 0]
        return float(((counts < 2) | ~(spread > 0)).float().mean())

    def leave_out(self, batch: dict[str, Any], *, per_sequence: bool) -> dict[str, Any]:
        """Take samples without a reward out of TRL's batch; TRL has taken them out of the baseline already.

        Args:
            batch: what TRL is going to compute a loss of; changed, and returned.
            per_sequence: the loss divides by the number of sequences, which counts those that are left out.
        """
        kept, mine = ~self.rewards.isnan(), len(batch["completion_ids"])
        own = kept[self.accelerator.process_index * mine :][:mine]
        weight = torch.where(own, self.weight, 0.0)
        if not kept.all():  # the same answer on every process
            mask = own[:, None].to(batch["completion_mask"].dtype)
            batch["completion_mask"] = batch["completion_mask"] * mask  # what TRL does to truncated completions
            if "tool_mask" in batch:
                batch["tool_mask"] = batch["tool_mask"] * mask
            counted = batch["completion_mask"] * batch.get("tool_mask", 1)
            batch["num_items_in_batch"] = self.accelerator.gather(counted.sum()).sum()
        # The policy loss is linear in the advantages, so that scaling them scales it, and nothing else.
        columns = (...,) + (None,) * (batch["advantages"].dim() - 1)
        share = kept.numel() / kept.sum().clamp(min=1) if per_sequence else kept.new_ones(())
        batch["advantages"] = batch["advantages"] * (weight * share)[columns]
        batch["kept_share"] = share.to(torch.float32)  # without a dimension, TRL's splitting passes it through
        return batch

    @property
    def _cuts_groups(self) -> bool:
        """Whether groups lie across two processes; the same on all, since each has as many rows."""
        return len(self.rows) % self.group_size != 0 and self.accelerator.num_processes > 1

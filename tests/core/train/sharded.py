"""Run under torchrun: a model sharded by FSDP2, its loss step by TRL's function and by ours; fails where they differ."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import torch.distributed as dist
import trl.trainer.utils as trl_utils
from torch.distributed.fsdp import fully_shard
from transformers import Qwen2ForCausalLM

from assay.train._config import LossSettings
from assay.train._trl_patch import LogprobPatch

torch.set_num_threads(1)


def main(tiny: str, own_unit: str) -> None:
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    model = Qwen2ForCausalLM.from_pretrained(tiny)
    trl_utils.add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    for layer in model.model.layers:
        fully_shard(layer)
    if own_unit == "yes":
        fully_shard(model.lm_head)
    fully_shard(model)
    torch.manual_seed(rank)
    ids = torch.randint(2, 258, (2, 12))
    labels = ids.masked_fill(torch.arange(12) < 4 + rank, -100)
    outcomes = []
    for path in ("trl", "fused"):
        model.zero_grad()
        with LogprobPatch(LossSettings(path=path)).patched(SimpleNamespace(temperature=1.0)):
            out = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels, fused_lm_head=True)
        (out.log_probs.sum() + 0.1 * out.entropy.sum()).backward()
        grads = {name: p.grad.full_tensor() for name, p in model.named_parameters() if p.grad is not None}
        outcomes.append((out.log_probs.detach(), grads))
    (log_probs, wanted), (ours, got) = outcomes
    assert torch.allclose(ours, log_probs, atol=1e-5)
    assert got.keys() == wanted.keys()
    for name, want in wanted.items():
        assert torch.allclose(got[name], want, atol=1e-5 * float(want.abs().max()) + 1e-8), name
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])

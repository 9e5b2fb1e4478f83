"""Run under torchrun: one batch on every process; process 0 writes what came out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import trl
from accelerate.utils import gather_object
from datasets import Dataset
from tiny import SAID, Obedient, generate_what_is_said, gradient, registry_with
from transformers import AutoTokenizer

from assay.train import GRPOTrainer

torch.set_num_threads(1)


def main(tiny: str, out: str, loss_type: str) -> None:
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    batch = 12 // processes
    plugin = Obedient()
    trainer = GRPOTrainer(
        model=tiny,
        reward={"right": "say.so", "place": "group.rank(characters)", "total": "right + 0.1 * place"},
        registry=registry_with(plugin),
        args=trl.GRPOConfig(
            output_dir=out + ".run", per_device_train_batch_size=batch, num_generations=4, use_cpu=True, bf16=False,
            gradient_checkpointing=False, report_to="none", max_completion_length=8, loss_type=loss_type, beta=0.1,
        ),
        train_dataset=Dataset.from_list([{"prompt": p} for p in "pqr"]),
        processing_class=AutoTokenizer.from_pretrained(tiny),
    )  # fmt: skip
    trainer.model_wrapped = trainer.accelerator.prepare(trainer.model)
    generate = generate_what_is_said(trainer, SAID)
    trl.GRPOTrainer._generate = lambda self, prompts: generate(prompts)
    prompts = [p for p in "pqr" for _ in range(4)]
    mine = prompts[trainer.accelerator.process_index * batch :][:batch]
    grads, _, _ = gradient(trainer, mine)
    seen = gather_object(plugin.seen)
    extra = trainer._logs["extra"]
    if trainer.accelerator.is_main_process:
        torch.save(grads, out + ".pt")
        columns = {name: list(extra[name]) for name in ("right", "place", "reward", "status")}
        Path(out).write_text(json.dumps({"processes": processes, "seen": sorted(seen), "columns": columns}))
    trainer.accelerator.end_training()


if __name__ == "__main__":
    main(*sys.argv[1:])

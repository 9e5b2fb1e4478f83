"""The whole training step of assay's trainer beside plain TRL's, on the same model, data and reward, in one process.

    python benchmarks/step.py                  # COMPILE=1 for the backbone under torch.compile as well

A Qwen2 of four layers (hidden 256, vocabulary 32,000, random weights) and eight completions of up to 192 tokens after
prompts of 64. Generation is TRL's own in every contender and is replaced by the same recorded completions, so that all
train on the same tokens. Each row is the least over the steps; phases are of that step. With `--threads 1` the times
are processor time, which stays meaningful where other programs share the machine.
"""

from __future__ import annotations

import argparse
import functools
import os
import tempfile
import time
import warnings
from collections import defaultdict
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")

import torch  # noqa: E402
import transformers  # noqa: E402
import trl  # noqa: E402
import trl.kernels.chunked_logprob as kernel  # noqa: E402
import trl.trainer.utils as trl_utils  # noqa: E402
from datasets import Dataset  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM  # noqa: E402

from assay.train import GRPOTrainer, LossSettings  # noqa: E402

VOCABULARY, PROMPT, LENGTH, SEQUENCES = 32_000, 64, 192, 8
DEFAULT, TUNED = (4096, 32_768), (512, 8192)


def clock() -> float:
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def tokenizer() -> PreTrainedTokenizerFast:
    words = {"<pad>": 0, "<eos>": 1, **{f"w{i}": i for i in range(2, VOCABULARY)}}
    core = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", unk_token="<pad>", padding_side="left"
    )


def model() -> Qwen2ForCausalLM:
    torch.manual_seed(0)
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=VOCABULARY, hidden_size=256, intermediate_size=1024, num_hidden_layers=4, num_attention_heads=4,
            num_key_value_heads=4, max_position_embeddings=512, pad_token_id=0, eos_token_id=1, bos_token_id=None,
            tie_word_embeddings=False,
        )
    )  # fmt: skip


def rollouts(made: PreTrainedTokenizerFast) -> tuple[list[str], Any]:
    """Prompts, and a function that stands for TRL's generation: completions of 30 % padding on average."""
    make = torch.Generator().manual_seed(0)
    ids = torch.randint(2, VOCABULARY, (SEQUENCES, PROMPT + LENGTH), generator=make).tolist()
    lengths = torch.linspace(0.4, 1, SEQUENCES).mul(LENGTH).long().tolist()
    prompt_ids = [ids[0][:PROMPT]] * SEQUENCES
    completion_ids = [[*row[PROMPT : PROMPT + size - 1], 1] for row, size in zip(ids, lengths, strict=True)]
    texts = made.batch_decode(completion_ids, skip_special_tokens=True)

    def generate(self: Any, prompts: list[Any]) -> Any:
        return prompt_ids, completion_ids, None, texts, None, {}, None, None

    return made.batch_decode(prompt_ids[:1]), generate


def rewarded(completions: list[str], **_: Any) -> list[float]:
    """What `characters / 1000` is to assay."""
    return [len(text) / 1000 for text in completions]


def arguments(folder: str, steps: int, **more: Any) -> trl.GRPOConfig:
    return trl.GRPOConfig(
        output_dir=folder, per_device_train_batch_size=SEQUENCES, num_generations=SEQUENCES, max_steps=steps,
        max_completion_length=LENGTH, use_cpu=not torch.cuda.is_available(), bf16=torch.cuda.is_available(),
        gradient_checkpointing=False, report_to="none", save_strategy="no", disable_tqdm=True, logging_steps=steps,
        learning_rate=1e-6, seed=1, **more,
    )  # fmt: skip


def timed(trainer: Any) -> list[dict[str, float]]:
    """Train, and return the seconds of each phase of each step."""
    steps: list[dict[str, float]] = []
    now: dict[str, float] = defaultdict(float)

    def wrap(owner: Any, name: str, phase: str) -> None:
        function = getattr(owner, name)

        @functools.wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            started = clock()
            try:
                return function(*args, **kwargs)
            finally:
                now[phase] += clock() - started

        setattr(owner, name, measured)

    wrap(trainer, "training_step", "step")
    wrap(trainer, "_generate_and_score_completions", "scoring")
    wrap(trainer, "_compute_loss", "forward and loss")
    wrap(trainer.accelerator, "backward", "backward")

    class Watch(transformers.TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            now.clear()
            now["began"] = clock()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            now["whole"] = clock() - now.pop("began")
            steps.append(dict(now))

    trainer.remove_callback(transformers.PrinterCallback)
    trainer.add_callback(Watch())
    trainer.train()
    return steps


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.utils.logging.set_verbosity_error()
    made = tokenizer()
    prompts, generate = rollouts(made)
    data = Dataset.from_list([{"prompt": prompt} for prompt in prompts * SEQUENCES])
    trl.GRPOTrainer._generate = generate
    compact = trl_utils._use_triton

    def plain(folder: str, tiles: tuple[int, int], compacted: bool, **more: Any) -> Any:
        kernel.TOKEN_CHUNK_SIZE, trl_utils._CHUNKED_LOGPROB_CHUNK_SIZE = tiles
        trl_utils._use_triton = (lambda device: True) if compacted else compact
        return trl.GRPOTrainer(
            model(), reward_funcs=rewarded, args=arguments(folder, options.steps, **more), train_dataset=data,
            processing_class=made,
        )  # fmt: skip

    def ours(folder: str, path: str, **more: Any) -> Any:
        trl_utils._use_triton = compact
        return GRPOTrainer(
            model(), "characters / 1000", loss=LossSettings(path=path), args=arguments(folder, options.steps, **more),
            train_dataset=data, processing_class=made,
        )  # fmt: skip

    contenders = {
        "TRL as shipped": lambda folder: plain(folder, DEFAULT, False),
        "TRL, tiles tuned": lambda folder: plain(folder, TUNED, False),
        "TRL, tiles tuned, compacted": lambda folder: plain(folder, TUNED, True),
        "assay, two-pass": lambda folder: ours(folder, "two-pass"),
        "assay, fused": lambda folder: ours(folder, "fused"),
    }
    if os.environ.get("COMPILE"):
        contenders["TRL, tiles tuned, compacted, backbone compiled"] = lambda folder: plain(
            folder, TUNED, True, torch_compile=True
        )
        contenders["assay, fused, backbone compiled"] = lambda folder: ours(folder, "fused", torch_compile=True)
    print("| contender | ms a step | scoring and rollout | forward and loss | backward | optimizer and the rest |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, make in contenders.items():
        with tempfile.TemporaryDirectory() as folder:
            steps = timed(make(folder))[1:]  # the first one compiles
        best = min(steps, key=lambda step: step["whole"])
        parts = [best["scoring"], best["forward and loss"], best["backward"]]
        parts.append(best["whole"] - sum(parts))
        shares = " | ".join(f"{part * 1e3:,.0f} ({part / best['whole']:.0%})" for part in parts)
        print(f"| {name} | {best['whole'] * 1e3:,.0f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()

"""Parts that the tests of the trainer share with the script that they run under torchrun."""

from __future__ import annotations

from pathlib import Path

import torch
import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from assay import Verdict, hookimpl, verifier
from assay._plugins.registry import Registry

#: Completions of four members for each prompt; `e` asks for an error, the digits are scores.
SAID = {"p": ["1 ", "0 no", "e", "1 yes"], "q": ["0", "e", "1 yes yes", "0 nono"], "r": ["1", "1 x", "0 y", "e"]}


def make_tiny(folder: Path, seed: int = 0) -> None:
    """Save a random Qwen2 and a tokenizer of bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {name: i for i, name in enumerate(["<pad>", "<eos>", *alphabet])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", padding_side="left")
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(made), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=2048, pad_token_id=0, eos_token_id=1, bos_token_id=None,
        tie_word_embeddings=False,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(folder)
    made.save_pretrained(folder)


class Obedient:
    """The plugin `say`: `say.so` does what the completion's first letter asks for."""

    __name__ = "obedient"

    def __init__(self) -> None:
        self.seen: list[str] = []
        plugin = self

        @verifier(pure=False, bounded=True)
        def so(completion: str):
            plugin.seen.append(completion)
            match completion[:1]:
                case "e":
                    return Verdict.error("asked for")
                case "a":
                    return None
                case "b":
                    return Verdict.bad_reference("asked for")
                case "!":
                    raise RuntimeError("asked for")
            return float(completion[:1] == "1")

        self.so = so

    @hookimpl
    def assay_verifiers(self):
        return [self.so]


def registry_with(plugin: object) -> Registry:
    registry = Registry(discover=False)
    registry.register(plugin, "say")
    return registry


def generate_what_is_said(trainer, said):
    """Replace generation by fixed completions: member k of a prompt says the k-th of them."""

    def generate(prompts):
        size = trainer.num_generations if trainer.model.training else trainer.num_generations_eval
        first = trainer.accelerator.process_index * len(prompts)
        texts = [said[prompt][(first + i) % size] for i, prompt in enumerate(prompts)]
        ids = [[*trainer._tokenizer(text)["input_ids"], 1] for text in texts]
        prompt_ids = [trainer._tokenizer(prompt)["input_ids"] for prompt in prompts]
        return prompt_ids, ids, None, texts, None, {}, None, None

    return generate


def fixed(trainer, said, monkeypatch):
    generate = generate_what_is_said(trainer, said)
    monkeypatch.setattr(trl.GRPOTrainer, "_generate", lambda self, prompts: generate(prompts))
    return trainer


def gradient(trainer, prompts):
    """Return every parameter's gradient for one batch, and the batch."""
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    batch = trainer._generate_and_score_completions([{"prompt": p} for p in prompts])
    trainer.model.zero_grad()
    loss = trainer._compute_loss(trainer.model_wrapped, batch)
    trainer.accelerator.backward(loss)
    grads = {
        name: p.grad.clone()
        for name, p in trainer.accelerator.unwrap_model(trainer.model).named_parameters()
        if p.grad is not None
    }
    return grads, batch, float(loss.detach())

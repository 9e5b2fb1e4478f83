"""A model from nothing: 0.14 million parameters, one token per character, shown how sums are done, mostly badly.

Of the demonstrations 40 % think, digit by digit, and are right; 60 % don't, and guess. Training by reward then has
something to find out: that thinking pays.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

Problem = tuple[int, int]

TAGS = ["<think>", "</think>", "<answer>", "</answer>"]
SHARE_THINKING = 0.4


def problems() -> list[Problem]:
    """Return all sums of two numbers of two digits that carry nothing: 2,025 of them."""
    numbers = range(10, 100)
    return [(a, b) for a in numbers for b in numbers if a // 10 + b // 10 < 10 and a % 10 + b % 10 < 10]


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of single characters and tags, with a chat template."""
    names = ["<pad>", "<eos>", "<unk>", "<user>", "<assistant>", *TAGS, *"0123456789+= "]
    core = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    core.decoder = decoders.Fuse()
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left"
    )
    # Not as special tokens: those vanish from decoded completions, and the reward could not see them.
    made.add_tokens(TAGS, special_tokens=False)
    made.add_special_tokens({"additional_special_tokens": ["<user>", "<assistant>"]})
    made.chat_template = (
        "{% for m in messages %}{% if m.role == 'user' %}<user>{{ m.content }}{% else %}<assistant>{{ m.content }}<eos>"
        "{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    return made


def new_model(made: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Return a Qwen2 of two layers with random weights."""
    config = Qwen2Config(
        vocab_size=len(made),
        hidden_size=64,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=64,
        tie_word_embeddings=False,
        pad_token_id=made.pad_token_id,
        eos_token_id=made.eos_token_id,
        bos_token_id=None,
    )
    return Qwen2ForCausalLM(config)


def prompt_ids(made: PreTrainedTokenizerFast, problem: Problem) -> list[int]:
    """Return the tokens of a question, as the trainer will ask it."""
    messages = [{"role": "user", "content": question(problem)}]
    encoded: Any = made.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=True)
    return list(encoded["input_ids"])


def question(problem: Problem) -> str:
    """Return the text of a problem."""
    return f"{problem[0]}+{problem[1]}="


def demonstration(problem: Problem, source: random.Random) -> str:
    """Return how somebody answered: thinking and right, or guessing."""
    a, b = problem
    if source.random() < SHARE_THINKING:
        tens, ones = (a // 10, b // 10), (a % 10, b % 10)
        thought = f"{tens[0]}+{tens[1]}={sum(tens)} {ones[0]}+{ones[1]}={sum(ones)}"
        return f"<think>{thought}</think><answer>{a + b}</answer><eos>"
    return f"<think></think><answer>{source.randint(20, 99)}</answer><eos>"


def warm_start(
    model: Qwen2ForCausalLM, made: PreTrainedTokenizerFast, some: list[Problem], steps: int, batch: int, seed: int
) -> Iterator[float]:
    """Train on demonstrations, next-token cross-entropy on the completions alone; yields the loss of each step."""
    source = random.Random(seed)
    prompts = {problem: prompt_ids(made, problem) for problem in some}
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.1)
    model.train()
    for _ in range(steps):
        chosen = source.choices(some, k=batch)
        pairs = [(prompts[p], made(demonstration(p, source))["input_ids"]) for p in chosen]
        longest = max(len(before) + len(after) for before, after in pairs)
        ids = torch.full((batch, longest), made.pad_token_id)
        labels = torch.full((batch, longest), -100)
        for row, (before, after) in enumerate(pairs):
            end = len(before) + len(after)
            ids[row, :end] = torch.tensor([*before, *after])
            labels[row, len(before) : end] = torch.tensor(after)
        loss = model(input_ids=ids, attention_mask=(ids != made.pad_token_id).long(), labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        yield float(loss.detach())


@torch.no_grad()
def answers(model: Qwen2ForCausalLM, made: PreTrainedTokenizerFast, some: list[Problem]) -> list[str]:
    """Return the model's most likely completion of each problem."""
    model.eval()
    ids = torch.tensor([prompt_ids(made, problem) for problem in some])
    generated = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=26, do_sample=False, pad_token_id=made.pad_token_id
    )
    model.train()
    return list(made.batch_decode(generated[:, ids.shape[1] :], skip_special_tokens=True))


def save(model: Qwen2ForCausalLM, made: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write model and tokenizer where `from_pretrained` finds them."""
    model.save_pretrained(folder)
    made.save_pretrained(folder)

"""The trainer: what was not judged teaches nothing, everything is logged, and nothing ends the run."""

from __future__ import annotations

import inspect
import threading

import pytest
import torch
import trl
from datasets import Dataset
from tiny import SAID, Obedient, fixed, gradient, registry_with
from transformers import AutoTokenizer

from assay import RewardError
from assay.train import GRPOTrainer

SETTINGS = {
    "use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none", "save_strategy": "no",
    "max_completion_length": 8, "disable_tqdm": True, "logging_steps": 1, "seed": 1, "learning_rate": 1e-3,
}  # fmt: skip
LOSSES = ["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"]


def make(tiny, folder, *, reward="say.so", generations=4, batch=8, prompts="pq", plugin=None, **settings):
    arguments = trl.GRPOConfig(
        output_dir=str(folder), per_device_train_batch_size=batch, num_generations=generations, **(SETTINGS | settings)
    )
    return GRPOTrainer(
        model=str(tiny),
        reward=reward,
        registry=registry_with(plugin or Obedient()),
        args=arguments,
        train_dataset=Dataset.from_list([{"prompt": p} for p in prompts]),
        processing_class=AutoTokenizer.from_pretrained(tiny),
    )


def judged_only(said):
    return {prompt: [text for text in texts if text[:1] in "01"] for prompt, texts in said.items()}


@pytest.mark.parametrize("beta", [0.0, 0.1])
@pytest.mark.parametrize("loss_type", LOSSES)
def test_an_errored_sample_teaches_nothing(tiny, tmp_path, monkeypatch, loss_type, beta):
    """One error in each group of four gives the gradient of the groups of three without it."""
    settings = {"loss_type": loss_type, "beta": beta}
    with monkeypatch.context() as patch:
        trainer = fixed(make(tiny, tmp_path, generations=4, batch=8, **settings), SAID, patch)
        grads, batch, loss = gradient(trainer, ["p"] * 4 + ["q"] * 4)
    with monkeypatch.context() as patch:
        trainer = fixed(make(tiny, tmp_path, generations=3, batch=6, **settings), judged_only(SAID), patch)
        wanted, wanted_batch, wanted_loss = gradient(trainer, ["p"] * 3 + ["q"] * 3)
    assert loss == pytest.approx(wanted_loss, rel=1e-4, abs=1e-6)
    scale = max(float(g.abs().max()) for g in wanted.values())
    assert scale > 0
    for name, want in wanted.items():
        assert float((grads[name] - want).abs().max()) < 2e-5 * max(scale, 1e-6), name
    kept = [i for i, text in enumerate(SAID["p"] + SAID["q"]) if text[:1] in "01"]
    share = float(batch["kept_share"])
    assert torch.allclose(batch["advantages"][kept] / share, wanted_batch["advantages"], atol=1e-6)


@pytest.mark.parametrize("text", ["e", "a", "b", "!"])
def test_every_status_without_a_score_is_left_out(tiny, tmp_path, monkeypatch, text):
    said = {"p": ["1", "0", text, "1"]}
    trainer = fixed(make(tiny, tmp_path, batch=4, prompts="p"), said, monkeypatch)
    _, batch, _ = gradient(trainer, ["p"] * 4)
    assert batch["advantages"][2] == 0
    assert batch["completion_mask"][2].sum() == 0
    assert batch["num_items_in_batch"] == batch["completion_mask"].sum()


def test_a_batch_without_any_judgement_changes_nothing(tiny, tmp_path, monkeypatch):
    trainer = fixed(make(tiny, tmp_path, batch=4, prompts="p"), {"p": ["e"] * 4}, monkeypatch)
    grads, _, loss = gradient(trainer, ["p"] * 4)
    assert loss == 0
    assert all(float(g.abs().max()) == 0 for g in grads.values())


def test_weight_scales_the_loss_outside_the_baseline(tiny, tmp_path, monkeypatch):
    said = {"p": ["1", "0", "1 a", "0 b"]}
    with monkeypatch.context() as patch:
        plain = fixed(make(tiny, tmp_path, batch=4, prompts="p"), said, patch)
        _, batch, _ = gradient(plain, ["p"] * 4)
    weighted = fixed(
        make(tiny, tmp_path, reward={"total": "say.so", "weight": "2 if characters > 1 else 1"}, batch=4, prompts="p"),
        said, monkeypatch,
    )  # fmt: skip
    _, scaled, _ = gradient(weighted, ["p"] * 4)
    assert torch.allclose(scaled["advantages"], batch["advantages"] * torch.tensor([1.0, 1.0, 2.0, 2.0]))


def test_what_the_reward_knows(tiny, tmp_path, monkeypatch):
    reward = {
        "length": "tokens",
        "cut": "1 if truncated else 0",
        "when": "step + progress",
        "mine": "group.size",
        "total": "say.so",
    }
    trainer = fixed(make(tiny, tmp_path, reward=reward, batch=8), SAID, monkeypatch)
    gradient(trainer, ["p"] * 4 + ["q"] * 4)
    extra = trainer._logs["extra"]
    assert list(extra["length"]) == [3, 5, 2, 6, 2, 2, 10, 7]
    assert set(extra["cut"]) == {0.0}
    assert set(extra["mine"]) == {4.0}
    assert list(extra["status"]) == ["error" if t == "e" else "scored" for t in SAID["p"] + SAID["q"]]


def test_everything_is_logged(tiny, tmp_path, monkeypatch):
    plugin = Obedient()
    reward = {"right": "say.so", "long": "characters / 10", "total": "right + 0.1 * long"}
    trainer = fixed(make(tiny, tmp_path, reward=reward, plugin=plugin, max_steps=2), SAID, monkeypatch)
    trainer.train()
    assert len(plugin.seen) == 16  # each sample once
    (first, *_) = [entry for entry in trainer.state.log_history if "reward" in entry]
    for name in ("lines/right", "lines/long", "lines/total", "verifiers/say.so/mean", "verifiers/say.so/error",
                 "verifiers/say.so/abstained", "left_out", "groups_without_signal", "scoring/waited_seconds",
                 "scoring/hidden_seconds", "rewards/total/mean"):  # fmt: skip
        assert name in first, name
    assert first["left_out"] == 0.25
    assert first["scoring/saved"] == 0  # `so` is not pure
    assert first["verifiers/say.so/error"] == 0.25
    assert first["groups_without_signal"] == 0
    assert first["lines/right"] == pytest.approx(0.5)


def test_groups_without_signal(tiny, tmp_path, monkeypatch):
    said = {"p": ["1", "1 a", "1 b", "e"], "q": ["0", "1", "0 a", "e"]}
    trainer = fixed(make(tiny, tmp_path, max_steps=1), said, monkeypatch)
    trainer.train()
    assert next(e for e in trainer.state.log_history if "reward" in e)["groups_without_signal"] == 0.5


@pytest.mark.parametrize(
    "settings",
    [{"num_iterations": 2}, {"steps_per_generation": 2}, {"gradient_accumulation_steps": 2}, {"scale_rewards": "batch"},
     {"scale_rewards": "none"}, {"mask_truncated_completions": True}, {"beta": 0.1, "loss_type": "grpo"},
     {"importance_sampling_level": "sequence"}, {"multi_objective_aggregation": "normalize_then_sum"}],
    ids=lambda s: ",".join(s),
)  # fmt: skip
def test_trls_settings_go_on_working(tiny, tmp_path, settings):
    trainer = make(tiny, tmp_path, max_steps=2, prompts="pqrs", reward="0 if tokens > 4 else None", **settings)
    trainer.train()
    assert trainer.state.global_step == 2


def test_a_verifier_that_raises_never_ends_the_run(tiny, tmp_path, monkeypatch):
    trainer = fixed(make(tiny, tmp_path, max_steps=2), {"p": ["!"] * 4, "q": ["!"] * 4}, monkeypatch)
    trainer.train()
    assert trainer.state.global_step == 2
    assert next(e for e in trainer.state.log_history if "left_out" in e)["left_out"] == 1


def test_a_scorer_that_breaks_never_ends_the_run(tiny, tmp_path, monkeypatch):
    trainer = fixed(make(tiny, tmp_path, max_steps=2), SAID, monkeypatch)
    monkeypatch.setattr(trainer._scoring.scorer, "score", lambda samples: 1 / 0)
    trainer.train()
    assert trainer.state.global_step == 2
    assert "ZeroDivisionError" in trainer._logs["extra"]["reason"][0]


def test_chat_prompts(tiny, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}>{% endif %}"
    )
    trainer = GRPOTrainer(
        model=str(tiny), reward="1 if prompt == 'hi' and completion != '' else 0",
        args=trl.GRPOConfig(output_dir=str(tmp_path), per_device_train_batch_size=4, num_generations=4, max_steps=1, **SETTINGS),
        train_dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": "hi"}]}]), processing_class=tokenizer,
    )  # fmt: skip
    trainer.train()
    assert next(e for e in trainer.state.log_history if "reward" in e)["reward"] == 1


def test_a_missing_column_is_refused_before_the_model_is_loaded(tiny, tmp_path):
    with pytest.raises(RewardError, match="no column 'gold'"):
        GRPOTrainer(
            model="no/such/model", reward="say.so + row.gold", registry=registry_with(Obedient()),
            args=trl.GRPOConfig(output_dir=str(tmp_path), **SETTINGS), train_dataset=Dataset.from_list([{"prompt": "p"}]),
        )  # fmt: skip


def test_verifiers_run_beside_the_reference_model(tiny, tmp_path, monkeypatch):
    """Each waits for the other to have begun."""
    trainer = fixed(make(tiny, tmp_path, max_steps=1, beta=0.1), SAID, monkeypatch)
    meeting = threading.Barrier(2)

    def at_the_meeting(function):
        coming = iter([lambda: meeting.wait(60)])
        return lambda *a, **k: (next(coming, int)(), function(*a, **k))[1]

    monkeypatch.setattr(trainer._scoring.scorer, "score", at_the_meeting(trainer._scoring.scorer.score))
    computing = at_the_meeting(trainer._get_per_token_logps_and_entropies)
    monkeypatch.setattr(trainer, "_get_per_token_logps_and_entropies", computing)
    trainer.train()
    entry = next(e for e in trainer.state.log_history if "reward" in e)
    assert entry["scoring/hidden_seconds"] > 0
    assert entry["left_out"] < 1  # a score that failed leaves out all


@pytest.mark.timing
def test_slow_verifiers_hold_nobody_up(tiny, tmp_path, monkeypatch):
    import time

    trainer = fixed(make(tiny, tmp_path, max_steps=2, beta=0.1), SAID, monkeypatch)
    score = trainer._scoring.scorer.score
    monkeypatch.setattr(trainer._scoring.scorer, "score", lambda samples: (time.sleep(0.05), score(samples))[1])
    own = trainer._get_per_token_logps_and_entropies
    monkeypatch.setattr(
        trainer, "_get_per_token_logps_and_entropies", lambda *a, **k: (time.sleep(0.2), own(*a, **k))[1]
    )
    trainer.train()
    entry = next(e for e in trainer.state.log_history if "reward" in e)
    assert entry["scoring/hidden_seconds"] > 0.04
    assert entry["scoring/waited_seconds"] < 0.04


def test_resuming_continues_the_same_run(tiny, tmp_path):
    def run(folder, steps, resume=None):
        settings = {"save_strategy": "steps", "save_steps": 3, "prompts": "pqrstuvw", "reward": "tokens / 8"}
        trainer = make(tiny, tmp_path / folder, max_steps=6, **settings)
        if steps < 6:
            from transformers import TrainerCallback

            class Stop(TrainerCallback):
                def on_step_end(self, args, state, control, **_):
                    control.should_training_stop = state.global_step >= steps

            trainer.add_callback(Stop())
        trainer.train(resume_from_checkpoint=resume)
        return trainer

    whole = run("whole", 6)
    run("cut", 3)
    resumed = run("cut", 6, str(tmp_path / "cut" / "checkpoint-3"))
    for (name, a), (_, b) in zip(whole.model.named_parameters(), resumed.model.named_parameters(), strict=True):
        assert torch.equal(a, b), name
    rewards = [[e["reward"] for e in t.state.log_history if "reward" in e] for t in (whole, resumed)]
    assert rewards[0] == rewards[1]


def test_the_seams_into_trl_are_as_they_were():
    wanted = {
        "_generate_and_score_completions": ["self", "inputs"],
        "_generate": ["self", "prompts"],
        "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
        "_compute_loss": ["self", "model", "inputs"],
        "_get_per_token_logps_and_entropies": [
            "self",
            "model",
            "input_ids",
            "attention_mask",
            "logits_to_keep",
            "batch_size",
            "compute_entropy",
            "compute_aux_loss",
            "pixel_values",
            "image_grid_thw",
            "num_images",
            "pixel_attention_mask",
            "spatial_shapes",
            "num_tiles",
            "image_sizes",
            "token_type_ids",
            "mm_token_type_ids",
            "image_position_ids",
        ],
        "_log_metric": ["self", "name", "value"],
        "_log_completion_extra": ["self", "column", "values"],
    }
    for name, parameters in wanted.items():
        assert list(inspect.signature(getattr(trl.GRPOTrainer, name)).parameters) == parameters
    source = inspect.getsource(trl.GRPOTrainer._generate)
    assert "return prompt_ids, completion_ids, tool_mask, completions, logprobs, extra_fields" in source

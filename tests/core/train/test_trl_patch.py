"""The loss step in TRL's trainer: the same loss and gradients as TRL's own, whatever is set, and never a wrong guess."""

from __future__ import annotations

import inspect
import itertools
import logging
from types import SimpleNamespace

import pytest
import torch
import transformers
import trl
import trl.trainer.utils as trl_utils
from datasets import Dataset
from optional import module
from tiny import SAID, Obedient, fixed, registry_with
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay.errors import ConfigError
from assay.train import GRPOTrainer, LossSettings
from assay.train._config import read_run
from assay.train._trl_patch import SIGNATURE, LogprobPatch
from assay.train.loss import FORMULAS

SETTINGS = {
    "use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none", "save_strategy": "no",
    "max_completion_length": 8, "disable_tqdm": True, "logging_steps": 1, "seed": 1, "learning_rate": 1e-3,
}  # fmt: skip


def make(tiny, folder, model=None, path="fused", peft_config=None, tile=None, **settings):
    arguments = trl.GRPOConfig(
        output_dir=str(folder), per_device_train_batch_size=8, num_generations=4, **(SETTINGS | settings)
    )
    return GRPOTrainer(
        model=str(tiny) if model is None else model, reward="say.so", registry=registry_with(Obedient()), args=arguments,
        train_dataset=Dataset.from_list([{"prompt": p} for p in "pq"]), processing_class=AutoTokenizer.from_pretrained(tiny),
        peft_config=peft_config, loss=LossSettings(path=path, tile=tile),
    )  # fmt: skip


def prepared(trainer, monkeypatch):
    """A batch with samples that were left out and rows of different lengths, ready for the loss."""
    trainer = fixed(trainer, SAID, monkeypatch)
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    return trainer._generate_and_score_completions([{"prompt": p} for p in "ppppqqqq"])


def step(trainer, batch, path, tile=3):
    """Loss, gradients and metrics of one batch, with the path's own patch."""
    trainer._patch = LogprobPatch(LossSettings(path=path, tile=tile))
    trainer._metrics["train"].clear()
    trainer.model.zero_grad()
    loss = trainer._compute_loss(trainer.model, batch)
    loss.backward()
    grads = {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}
    return float(loss.detach()), grads, {name: list(values) for name, values in trainer._metrics["train"].items()}


def assert_alike(trainer, batch, *, guessed=True, rtol=1e-6):
    """The fused and the two-pass path give what TRL gives; `guessed` says whether the gradient was formed beforehand."""
    want, wanted, metrics = step(trainer, batch, "trl")
    scale = max(float(g.abs().max()) for g in wanted.values())
    assert scale > 0
    for path in ("fused", "two-pass"):
        loss, grads, logged = step(trainer, batch, path)
        assert loss == pytest.approx(want, rel=2e-6, abs=2e-6)
        assert grads.keys() == wanted.keys()
        for name, true in wanted.items():
            assert float((grads[name] - true).abs().max()) <= 5 * rtol * float(true.abs().max()) + rtol * scale, name
        assert logged.keys() == metrics.keys()
        for name, values in metrics.items():
            assert logged[name] == pytest.approx(values, rel=1e-4, abs=1e-5, nan_ok=True), name
        assert trainer._patch.misses == 0
        if path == "fused":
            with trainer._patch.patched(trainer, batch):
                assert (trainer._patch.expected(int(batch["completion_mask"].sum())) is not None) == guessed


def off_policy(batch, seed=0):
    torch.manual_seed(seed)
    shape = batch["completion_mask"].shape
    own = torch.full(shape, -5.5)
    return batch | {
        "old_per_token_logps": own + 0.3 * torch.randn(shape),
        "ref_per_token_logps": own + 0.3 * torch.randn(shape),
    }


@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("kind", FORMULAS)
def test_every_loss_is_trls(tiny, tmp_path, monkeypatch, kind, level):
    """Both forms of KL, on and off policy, vLLM's ratios, tool masks, advantages per token, the bonus and both masks."""
    trainer = make(tiny, tmp_path, loss_type=kind, importance_sampling_level=level)
    trainer.vllm_importance_sampling_correction = True
    plain = prepared(trainer, monkeypatch)
    shape = plain["completion_mask"].shape
    cases = itertools.product(
        [False, True], [0.0, 0.1], [False, True], [None, shape, (8, 1)], [0.0, 0.02], [1.0, 0.37], [None, 0.05]
    )
    for i, (old, beta, corrected, ratios, bonus, top, threshold) in enumerate(cases):
        if (corrected and not beta) or i % 7 != (hash_of(kind, level) % 7):  # a seventh of the cases for each loss
            continue
        batch = off_policy(plain, i)
        if not old:
            del batch["old_per_token_logps"]
        if i % 2:
            batch["tool_mask"] = plain["completion_mask"] * (torch.arange(shape[1]) % 3 != 1)
        if i % 3 == 0:
            batch["advantages"] = plain["advantages"][:, None] * torch.linspace(0.5, 1.5, shape[1])
        trainer.use_vllm = ratios is not None
        if ratios is not None:
            batch["importance_sampling_ratio"] = torch.rand(ratios) + 0.5
        trainer.beta, trainer.args.use_bias_correction_kl = beta, corrected
        trainer.entropy_coef, trainer._entropy_bonus_enabled = bonus, bonus > 0
        trainer.top_entropy_quantile, trainer.off_policy_mask_threshold = top, threshold
        trainer.args.delta = 1.3 if i % 5 == 0 else None
        coupled = level == "sequence" or kind == "vespo"
        guessed = top == 1 and not (old and (coupled or threshold)) and not (corrected and level == "sequence")
        assert_alike(trainer, batch, guessed=guessed, rtol=3e-6 if kind == "vespo" else 1e-6)


def hash_of(*words):
    return sum(map(ord, "".join(words)))


@pytest.mark.parametrize("accumulated", [1, 4])
@pytest.mark.parametrize("kind", ["grpo", "dapo", "dr_grpo", "bnpo"])
def test_what_the_loss_is_divided_by(tiny, tmp_path, monkeypatch, kind, accumulated):
    """The expected gradient is TRL's to the last factor, so that the backward has nothing to scale."""
    trainer = make(tiny, tmp_path, loss_type=kind, gradient_accumulation_steps=accumulated, steps_per_generation=4)
    batch = prepared(trainer, monkeypatch)
    trainer.current_gradient_accumulation_steps = accumulated
    scaled = []
    monkeypatch.setattr(torch.Tensor, "mul_", lambda self, factor: scaled.append(factor))
    step(trainer, batch, "fused")
    assert not scaled


def test_adaptive_entropy(tiny, tmp_path, monkeypatch):
    trainer = make(tiny, tmp_path, use_adaptive_entropy=True, entropy_coef=0.1, entropy_target=5.0)
    batch = prepared(trainer, monkeypatch)
    for last in (float("inf"), 4.0):
        results = []
        for path in ("trl", "fused"):
            trainer._last_world_entropy, trainer.entropy_coef, trainer._entropy_window_stats = last, 0.1, None
            results.append(step(trainer, batch, path))
            assert trainer._patch.misses == 0
        assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
        for name, want in results[0][1].items():
            assert torch.allclose(results[1][1][name], want, atol=1e-6 * float(want.abs().max()) + 1e-8)


@pytest.mark.parametrize(("path", "served"), [("fused", True), ("two-pass", True), ("fused", False)])
def test_the_temperature_is_the_trainers_as_it_stands(tiny, tmp_path, monkeypatch, path, served):
    """TRL's forward keeps the temperature that the trainer was made with; a schedule must reach the loss."""
    if not served:  # by TRL's own function, then
        monkeypatch.setattr("assay.train._trl_patch._unsupported", lambda *a: "it is a test")
    hot = make(tiny, tmp_path / "hot", temperature=3.0)
    moved = make(tiny, tmp_path / "moved", temperature=1.0)
    batch = off_policy(prepared(hot, monkeypatch))
    want, cold = step(hot, batch, path), step(moved, batch, path)
    moved.temperature = 3.0
    got = step(moved, batch, path)
    assert got[0] == want[0] != cold[0]
    for name, true in want[1].items():
        assert torch.equal(got[1][name], true), name


# --- models -------------------------------------------------------------------------------------------------------

SMALL = {
    "vocab_size": 258, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1,
}  # fmt: skip
MODELS = {
    "tied embeddings": lambda: transformers.Qwen2Config(**SMALL, tie_word_embeddings=True),
    "softcapping": lambda: transformers.Gemma2Config(**SMALL, final_logit_softcapping=2.0, head_dim=16),
    "a bias of the head": lambda: transformers.PhiConfig(**SMALL),
    "a factor": lambda: transformers.CohereConfig(**SMALL, logit_scale=0.25),
    "a divisor": lambda: transformers.GraniteConfig(**SMALL, logits_scaling=4.0),
    "experts": lambda: transformers.MixtralConfig(**SMALL, num_local_experts=4, output_router_logits=True),
}


def build(config):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    for name, parameter in model.named_parameters():
        if name.endswith("lm_head.bias"):
            torch.nn.init.normal_(parameter)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_models(tiny, tmp_path, monkeypatch, name):
    trainer = make(tiny, tmp_path, build(MODELS[name]()), temperature=0.7, loss_type="grpo")
    batch = prepared(trainer, monkeypatch)
    assert_alike(trainer, batch, rtol=3e-6)
    assert ("aux_loss" in trainer._metrics["train"]) == (name == "experts")
    trainer.beta = 0.05
    assert_alike(trainer, off_policy(batch), rtol=3e-6)


@pytest.mark.parametrize("saved", [None, ["lm_head"]], ids=["frozen head", "trained head"])
def test_lora(tiny, tmp_path, monkeypatch, saved):
    peft = module("peft", "LoRA needs it: pip install peft")
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], modules_to_save=saved, init_lora_weights=False)
    trainer = make(tiny, tmp_path, peft_config=config, beta=0.1)
    batch = prepared(trainer, monkeypatch)
    assert "ref_per_token_logps" in batch
    products = []
    multiply = torch.mm
    with monkeypatch.context() as patch:
        patch.setattr(torch, "mm", lambda *a, **k: (products.append(a[0].shape), multiply(*a, **k))[1])
        step(trainer, batch, "fused", tile=100)
    vocabulary = trainer.model.get_output_embeddings().weight.shape[0]
    assert any(shape[0] == vocabulary for shape in products) == (saved is not None)  # no product for a frozen head
    assert_alike(trainer, batch, rtol=3e-6)


@pytest.mark.parametrize(
    "settings",
    [{"gradient_checkpointing": True}, {"gradient_checkpointing": True, "gradient_checkpointing_kwargs": {"use_reentrant": True}},
     {"cast_lm_head_to_fp32": True}, {"gradient_accumulation_steps": 2}],
    ids=str,
)  # fmt: skip
def test_settings(tiny, tmp_path, monkeypatch, settings):
    trainer = make(tiny, tmp_path, **settings)
    assert_alike(trainer, prepared(trainer, monkeypatch), rtol=3e-6)


def test_autocast(tiny, tmp_path, monkeypatch):
    trainer = make(tiny, tmp_path, bf16=True)
    assert_alike(trainer, prepared(trainer, monkeypatch), rtol=2e-3)


def test_a_compiled_backbone(tiny, tmp_path, monkeypatch):
    """The backbone is traced around the loss step, which stays out of its graphs."""
    trainer = make(tiny, tmp_path)
    batch = prepared(trainer, monkeypatch)
    want = step(trainer, batch, "trl")
    trainer._patch = LogprobPatch(LossSettings(tile=3))
    graphs = []

    def backend(graph, examples):
        graphs.append(graph)
        return graph

    compiled = torch.compile(trainer.model, backend=backend)
    counts = []
    for _ in range(3):
        trainer.model.zero_grad()
        loss = trainer._compute_loss(compiled, batch)
        loss.backward()
        counts.append(len(graphs))
    assert 0 < counts[0] == counts[2]  # nothing is traced again
    assert float(loss.detach()) == pytest.approx(want[0], rel=1e-5)
    for name, parameter in trainer.model.named_parameters():
        assert torch.allclose(parameter.grad, want[1][name], atol=1e-6 * float(want[1][name].abs().max()) + 1e-8), name


def test_a_vision_language_model(tiny):
    """TRL's patched forward of a model that sees, with an image in the prompt."""
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    torch.manual_seed(0)
    vision = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14
    )
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=vision,
            text_config=LlamaConfig(**SMALL),
            image_token_index=5,
            vision_feature_select_strategy="default",
            vision_feature_layer=-1,
        )
    )
    trl_utils.add_fused_lm_head(model, temperature=0.9, outputs=("log_probs", "entropy"))
    ids = torch.randint(6, 258, (2, 12))
    ids[:, 1:5] = 5
    labels = ids.masked_fill(torch.arange(12) < 7, -100)
    pixels = torch.randn(2, 3, 28, 28)
    outcomes = []
    for path in ("trl", "fused"):
        model.zero_grad()
        with LogprobPatch(LossSettings(path=path)).patched(SimpleNamespace(temperature=0.9)):
            out = model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                pixel_values=pixels,
                labels=labels,
                fused_lm_head=True,
            )
        (out.log_probs.sum() + 0.1 * out.entropy.sum()).backward()
        outcomes.append(
            (
                out.log_probs.detach(),
                out.entropy.detach(),
                {n: p.grad for n, p in model.named_parameters() if p.grad is not None},
            )
        )
    assert torch.allclose(outcomes[0][0], outcomes[1][0], atol=1e-5)
    assert torch.allclose(outcomes[0][1], outcomes[1][1], atol=1e-5)
    assert any("vision" in name for name in outcomes[0][2])
    for name, want in outcomes[0][2].items():
        assert torch.allclose(outcomes[1][2][name], want, atol=1e-5 * float(want.abs().max()) + 1e-8), name


# --- falling back ---------------------------------------------------------------------------------------------------


def test_what_trl_is_known_to_be():
    """If this fails, TRL has changed under the patch: it then runs TRL's own function, and `_trl_patch.py` wants a look."""
    from trl.kernels import ChunkedLogProbFunction

    assert trl_utils._ChunkedLogProbFunction is ChunkedLogProbFunction
    assert tuple(inspect.signature(ChunkedLogProbFunction.forward).parameters)[1:] == SIGNATURE
    source = inspect.getsource(trl_utils.add_fused_lm_head)
    assert "compact = _use_triton(hidden_states.device)" in source
    assert "maybe_gather_lm_head_ctx(weight, bias)" in source
    assert "labels[:, :-logits_to_keep] = -100" in inspect.getsource(trl.GRPOTrainer._get_per_token_logps_and_entropies)
    assert "temperature=self.temperature" in inspect.getsource(trl.GRPOTrainer.__init__)


def test_another_trl_is_left_alone(tiny, tmp_path, monkeypatch, caplog):
    original = trl_utils._ChunkedLogProbFunction

    class Other(original):
        @staticmethod
        def forward(ctx, hidden, weight, targets):
            raise NotImplementedError

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(trl_utils, "_ChunkedLogProbFunction", Other)
        assert not LogprobPatch(LossSettings()).usable
    assert "the loss step is TRL's own: this version of TRL calls its function with" in caplog.text
    caplog.clear()
    with monkeypatch.context() as patch:
        patch.delattr(trl_utils, "_use_triton")
        assert not LogprobPatch(LossSettings()).usable
    assert "has no trl.trainer.utils._use_triton" in caplog.text


def test_what_the_operator_cannot_serve_is_trls_with_one_line(tiny, tmp_path, monkeypatch, caplog):
    trainer = make(tiny, tmp_path)
    batch = prepared(trainer, monkeypatch)
    want = step(trainer, batch, "trl")
    monkeypatch.setattr("assay.train._trl_patch._unsupported", lambda *a: "it is a test")
    for _ in range(2):
        got = step(trainer, batch, "fused")
    patch = trainer._patch
    trainer._compute_loss(trainer.model, batch)
    assert trainer._patch is patch
    assert got[0] == pytest.approx(want[0], rel=1e-6)
    assert len([r for r in caplog.records if "it is a test" in r.message]) == 2  # one a patch


def test_more_outputs_and_quantized_heads_are_trls(caplog):
    hidden, weight, target = torch.randn(3, 4), torch.randn(7, 4), torch.tensor([1, 2, 3])
    patch = LogprobPatch(LossSettings())
    with patch.patched(SimpleNamespace(temperature=1.0)):
        out = trl_utils._ChunkedLogProbFunction.apply(
            hidden, weight, None, target, 1.0, 7, None, 1.0, ("entropy", "is_top1")
        )
    assert out[4].dtype == torch.bool
    assert "it is asked for is_top1" in caplog.text
    from assay.train._trl_patch import _unsupported

    assert "quantized" in _unsupported(hidden, weight.to(torch.int8), ("entropy",))
    assert _unsupported(hidden, weight, ("log_probs", "entropy")) is None


def test_plain_trl_in_the_same_process_is_not_touched(tiny, tmp_path, monkeypatch):
    before = trl_utils._ChunkedLogProbFunction, trl_utils._use_triton
    trainer = make(tiny, tmp_path, max_steps=1)
    fixed(trainer, SAID, monkeypatch).train()
    assert (trl_utils._ChunkedLogProbFunction, trl_utils._use_triton) == before
    with pytest.raises(ZeroDivisionError), trainer._patch.patched(trainer):
        1 / 0  # noqa: B018
    assert (trl_utils._ChunkedLogProbFunction, trl_utils._use_triton) == before


def test_a_loss_that_is_not_the_expected_one(tiny, tmp_path, monkeypatch, caplog):
    """A subclass changes the loss: the result is right, three misses are paid for, and one line says so."""
    trainer = make(tiny, tmp_path)
    batch = prepared(trainer, monkeypatch)
    compute = trl.GRPOTrainer._compute_loss

    def other(self, model, inputs):
        return compute(self, model, inputs | {"advantages": inputs["advantages"] * torch.arange(8.0)})

    monkeypatch.setattr(trl.GRPOTrainer, "_compute_loss", other)
    _, want, _ = step(trainer, batch, "trl")
    trainer._patch = LogprobPatch(LossSettings(tile=3))
    for _ in range(5):
        trainer.model.zero_grad()
        trainer._compute_loss(trainer.model, batch).backward()
        for name, parameter in trainer.model.named_parameters():
            assert torch.allclose(parameter.grad, want[name], atol=1e-6 * float(want[name].abs().max()) + 1e-8)
    assert trainer._patch.misses == 3
    assert len([r for r in caplog.records if "was not the expected one" in r.message]) == 1


# --- training -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_thirty_steps_of_the_demo_end_at_the_same_weights(root, tmp_path, monkeypatch):
    """Fused, two-pass and TRL's own, from the same warm start, on the demo's run file, data and the same rollouts.

    The rollouts are those of the first run: a sampled token would sooner or later turn on a rounding of the weights.
    """
    import json
    import random

    monkeypatch.syspath_prepend(str(root / "examples" / "demo"))
    import warm_start as demo

    from assay.train._run import train

    tokenizer, problems = demo.tokenizer(), demo.problems()
    random.Random(0).shuffle(problems)
    torch.manual_seed(0)
    model = demo.new_model(tokenizer)
    for _ in demo.warm_start(model, tokenizer, problems, 60, 64, 0):
        pass
    demo.save(model, tokenizer, tmp_path / "warm")
    data = tmp_path / "train.jsonl"
    data.write_text(
        "".join(json.dumps({"question": demo.question(p), "answer": sum(p)}) + "\n" for p in problems[:500])
    )
    generate, rollouts = trl.GRPOTrainer._generate, []

    def generate_or_replay(trainer, prompts):
        if trainer._patch.settings.path == "trl":
            rollouts.append((prompts, generate(trainer, prompts)))
        seen, generated = rollouts[trainer.state.global_step]
        assert prompts == seen
        return generated

    monkeypatch.setattr(trl.GRPOTrainer, "_generate", generate_or_replay)
    ends, rewards = {}, {}
    for path in ("trl", "two-pass", "fused"):
        config = read_run(
            root / "examples" / "demo" / "run.yaml",
            [f"model={tmp_path}/warm", f"dataset.path={data}", f"training.output_dir={tmp_path}/{path}", "training.max_steps=30",
             "training.per_device_train_batch_size=32", f"loss.path={path}"],
        )  # fmt: skip
        finished = train(config, tmp_path / "run.yaml")
        ends[path] = AutoModelForCausalLM.from_pretrained(finished.folder).state_dict()
        rewards[path] = [entry["reward"] for entry in finished.history if "reward" in entry]
    start = model.state_dict()
    for path in ("two-pass", "fused"):
        assert rewards[path] == pytest.approx(rewards["trl"], abs=1e-6)
        for name, want in ends["trl"].items():
            moved = float((want - start[name]).norm())
            # Adam divides rounding by rounding where a gradient is next to nothing.
            assert float((ends[path][name] - want).norm()) <= 1e-2 * moved + 1e-6, name


def test_the_run_file_says_which_path(root, tmp_path):
    file = tmp_path / "run.yaml"
    file.write_text("model: m\ndataset: d.jsonl\nreward: tokens\n")
    assert read_run(file).loss == LossSettings()
    assert read_run(file, ["loss.path=two-pass", "loss.tile=64"]).loss == LossSettings(path="two-pass", tile=64)
    with pytest.raises(ConfigError, match=r"'loss\.path' can't be 'fast'"):
        read_run(file, ["loss.path=fast"])
    with pytest.raises(ConfigError, match="did you mean 'tile'"):
        read_run(file, ["loss.tiles=3"])

"""The loss step on its own: every loss, option and edge against float64, with the table of formulas as the reference."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from trl.kernels import ChunkedLogProbFunction

from assay.train.loss import FORMULAS, Batch, Constants, Head, Loss, TokenLoss, log_probabilities, policy_loss
from assay.train.loss._formulas import divergence
from assay.train.loss._tile_size import available, tile_tokens

B, T, H, V = 3, 7, 16, 101  # 101 is a multiple of nothing
HEADS = [Head(), Head(temperature=0.7), Head(softcap=5.0), Head(temperature=1.3, softcap=3.0, scale=0.5)]


def floats(value, dtype):
    return value.to(dtype) if torch.is_tensor(value) and value.is_floating_point() else value


def cast(batch, dtype):
    return dataclasses.replace(
        batch, **{f.name: floats(getattr(batch, f.name), dtype) for f in dataclasses.fields(batch)}
    )


def whole(hidden, weight, bias, target, batch, loss, head):
    """The loss by its definition: all logits at once, and autograd."""
    logits = head.logits(hidden @ weight.T + (0 if bias is None else bias))
    log_probs = torch.log_softmax(logits, -1)
    entropy = -(log_probs.exp() * log_probs.clamp(min=-1e30)).sum(-1)
    chosen = log_probs.gather(-1, target[..., None])[..., 0]
    active = batch.mask > 0
    return loss.value(torch.where(active, chosen, 0), torch.where(active, entropy, 0), batch)


def inputs(
    seed=0,
    *,
    mask=None,
    old=True,
    reference=True,
    importance=None,
    per_token=False,
    bias=True,
    head=None,
    shape=(B, T, H, V),
):
    sequences, tokens, width, vocabulary = shape
    make = torch.Generator().manual_seed(seed)

    def single(value):  # what float32 can hold, so that casting the inputs is not what is measured
        return value.float().double()

    def normal(*size):
        return single(torch.randn(*size, generator=make, dtype=torch.float64))

    hidden, weight = normal(sequences, tokens, width), single(normal(vocabulary, width) * 0.3)
    offset = single(normal(vocabulary) * 0.1) if bias else None
    target = torch.randint(0, vocabulary, (sequences, tokens), generator=make)
    if mask is None:
        mask = (torch.rand(sequences, tokens, generator=make) > 0.3).double()
        mask[1 % sequences] = 0  # a row that was left out
        mask[0, 0] = 1
    logits = (head or Head()).logits(hidden @ weight.T + (0 if offset is None else offset))
    own = torch.log_softmax(logits, -1).gather(-1, target[..., None])[..., 0]
    batch = Batch(
        advantages=normal(sequences, tokens) if per_token else normal(sequences),
        mask=mask,
        old=single(own + 0.3 * normal(sequences, tokens)) if old else None,
        reference=single(own + 0.2 * normal(sequences, tokens)) if reference else None,
        importance=None if importance is None else single(torch.rand(*importance, generator=make) + 0.5),
        tokens=torch.tensor(20.0),
        accumulated=2.0,
    )
    return (hidden, weight, offset, target), batch


def leaves(tensors, dtype):
    hidden, weight, bias, target = tensors
    return [None if x is None else x.detach().to(dtype).requires_grad_() for x in (hidden, weight, bias)], target


def gradients(value, tensors):
    return torch.autograd.grad(value, [x for x in tensors if x is not None])


def distance(got, want):
    return float((got.double() - want).abs().max() / want.abs().max().clamp(min=1e-12))


def check(tensors, batch, loss, head=None, **how):
    """Loss and gradients within 1e-6 of float64, or as near as float32 autograd on whole logits comes."""
    head = head or Head()
    truth, target = leaves(tensors, torch.float64)
    want = whole(*truth, target, batch, loss, head)
    wanted = gradients(want, truth)
    single, narrow = cast(batch, torch.float32), leaves(tensors, torch.float32)[0]
    plain = whole(*narrow, target, single, loss, head)
    plains = gradients(plain, narrow)
    ours = leaves(tensors, torch.float32)[0]
    out = policy_loss(ours[0], ours[1], target, single, loss, bias=ours[2], head=head, **how)
    got = gradients(out.loss, ours)
    # The terms of the sum are about one; vespo exponentiates sums.
    allowed = max(1e-6 * max(1, float(want.detach().abs())), 2 * abs(float(plain.detach()) - float(want.detach())))
    assert abs(float(out.loss.detach()) - float(want.detach())) <= allowed
    for mine, near, true in zip(got, plains, wanted, strict=True):
        assert torch.isfinite(mine).all()
        if true.abs().max() == 0:
            assert mine.abs().max() == 0
        else:
            assert distance(mine, true) <= max(5e-6 if loss.kind == "vespo" else 1e-6, 2 * distance(near, true))
    return out


def never():
    raise AssertionError("the gradient was not the expected one")


@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("kind", FORMULAS)
def test_every_loss_against_float64(kind, level):
    """Both forms of KL, on and off policy, sampler's ratios, entropy bonus, both masks; no expectation is ever wrong."""
    cases = itertools.product(
        [0, 0.1], [False, True], [False, True], [None, (B, T), (B, 1)], [0, 0.01], [1, 0.37], [None, 0.1]
    )
    for i, (beta, corrected, old, importance, bonus, top, threshold) in enumerate(cases):
        if (corrected and not beta) or i % 3 == (top < 1):  # a third of the cases, all values of each option
            continue
        tensors, batch = inputs(i, old=old, importance=importance, head=HEADS[i % 4], per_token=i % 5 == 0)
        constants = Constants(epsilon_high=0.28, delta=1.3 if i % 2 else None)
        loss = Loss(kind, level, constants, beta, corrected, bonus, top, threshold, length=32)
        check(tensors, batch, loss, HEADS[i % 4], tile=5, missed=never)


def test_the_gradient_is_known_beforehand_where_it_can_be():
    _, off = inputs()
    _, on = inputs(old=False)
    for kind in FORMULAS:
        for level in ("token", "sequence"):
            loss = Loss(kind, level, beta=0.1, entropy_coefficient=0.01, length=9)
            assert loss.expected(on) is not None
            assert (loss.expected(off) is None) == (level == "sequence" or kind == "vespo")
    assert Loss("grpo", top_entropy=0.2).expected(on) is None
    assert Loss("grpo", "sequence", beta=0.1, corrected_kl=True).expected(on) is None


MASKS = {
    "all": torch.ones(B, T),
    "none": torch.zeros(B, T),
    "one token": torch.eye(B, T)[:1].expand(B, T) * torch.tensor([[1.0], [0], [0]]),
    "left out": torch.tensor([[1.0] * T, [0] * T, [0] * T]),
    "tool in the middle": torch.tensor([[1.0, 1, 0, 0, 1, 1, 1]] * B),
    "ragged": (torch.arange(T)[None] < torch.tensor([[7], [1], [3]])).float(),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("kind", ["grpo", "dapo", "luspo", "vespo"])
def test_masks(kind, name):
    tensors, batch = inputs(mask=MASKS[name].double())
    out = check(tensors, batch, Loss(kind, beta=0.1, entropy_coefficient=0.01, length=9), tile=2)
    assert (out.log_prob[MASKS[name] == 0] == 0).all()


@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (1, 1, 3, 1), (2, 3, 5, 7), (1, 2, 8, 8193), (4, 1, 2, 13)])
def test_shapes(shape):
    tensors, batch = inputs(mask=torch.ones(shape[:2]).double(), shape=shape)
    for tile in (1, 2, None):
        check(tensors, batch, Loss("dapo", beta=0.1), tile=tile)


def test_tiles_agree():
    tensors, batch = inputs()
    single, (hidden, weight, bias) = cast(batch, torch.float32), leaves(tensors, torch.float32)[0]
    outs = [policy_loss(hidden, weight, tensors[3], single, Loss("grpo"), bias=bias, tile=tile) for tile in (1, 3, 100)]
    for out in outs[1:]:
        assert torch.allclose(out.log_prob, outs[0].log_prob, atol=1e-6)
        assert torch.allclose(out.loss, outs[0].loss, rtol=1e-6)


@pytest.mark.parametrize("surrogate", ["expected", "unexpected"])
@pytest.mark.parametrize("head", HEADS, ids=str)
def test_gradcheck(head, surrogate):
    (hidden, weight, bias, target), _ = inputs(shape=(2, 3, 4, 11))
    hidden, target = hidden.view(-1, 4)[:5].requires_grad_(), target.view(-1)[:5]
    ones = torch.ones(5, dtype=torch.float64)
    expected = TokenLoss("reinforce", ones, ones, entropy_weight=-0.5 * ones) if surrogate == "expected" else None

    def function(hidden, weight, bias):
        log_prob, entropy = log_probabilities(hidden, weight, target, bias=bias, head=head, expected=expected, tile=2)
        return (0.5 * entropy - log_prob).sum()

    assert torch.autograd.gradcheck(function, (hidden, weight.requires_grad_(), bias.requires_grad_()))


def test_gradcheck_of_each_output():
    (hidden, weight, _, target), _ = inputs(shape=(2, 2, 3, 5), bias=False)
    hidden = hidden.view(-1, 3).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda h, w: log_probabilities(h, w, target.view(-1), tile=3), (hidden, weight.requires_grad_())
    )


def test_statistics():
    tensors, batch = inputs(old=False)
    (hidden, weight, bias), target = leaves(tensors, torch.float64)
    out = policy_loss(hidden, weight, target, batch, bias=bias)
    log_probs = torch.log_softmax(hidden @ weight.T + bias, -1)
    active = batch.mask > 0
    assert torch.allclose(out.entropy, torch.where(active, -(log_probs.exp() * log_probs).sum(-1), 0))
    assert out.clipped_low == out.clipped_high == 0  # on policy nothing is clipped
    shifted = dataclasses.replace(batch, old=out.log_prob - 0.5, advantages=torch.tensor([1.0, 1, -1]))
    out = policy_loss(hidden, weight, target, shifted, bias=bias)
    assert float(out.clipped_high) == pytest.approx(float(batch.mask[:2].sum() / batch.mask.sum()))
    assert out.clipped_low == 0


def test_a_wrong_expectation_costs_time_never_correctness():
    (hidden, weight, _, target), _ = inputs(bias=False)
    hidden, target = hidden.view(-1, H).requires_grad_(), target.view(-1)
    weight.requires_grad_()
    count = len(target)
    coefficient = torch.randn(count, dtype=torch.float64)
    wanted = gradients((log_probabilities(hidden, weight, target)[0] * coefficient).sum(), (hidden, weight))
    missed = []
    for wrong in (
        torch.ones(count),
        coefficient * (torch.arange(count) != 3),
        coefficient + 1e-3 * coefficient.roll(1),
    ):
        expected = TokenLoss("reinforce", -wrong.double(), torch.ones(count).double())
        value = log_probabilities(hidden, weight, target, expected=expected, missed=lambda: missed.append(1))[0]
        got = gradients((value * coefficient).sum(), (hidden, weight))
        assert all(torch.allclose(a, b) for a, b in zip(got, wanted, strict=True))
    assert len(missed) == 3


@pytest.mark.parametrize("factor", [1.0, -3.0, 1e-6, 0.0])
def test_a_multiple_of_the_expected_gradient_is_scaled(factor):
    tensors, batch = inputs(old=False)
    (hidden, weight, bias), target = leaves(tensors, torch.float64)
    loss = Loss("dapo", beta=0.1, entropy_coefficient=0.1)
    wanted = gradients(whole(hidden, weight, bias, target, batch, loss, Head()) * factor, (hidden, weight, bias))
    out = policy_loss(hidden, weight, target, batch, loss, bias=bias, missed=never)
    got = gradients(out.loss * factor, (hidden, weight, bias))
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(got, wanted, strict=True))


def test_a_second_backward():
    tensors, batch = inputs()
    (hidden, weight, bias), target = leaves(tensors, torch.float32)
    value = policy_loss(hidden, weight, target, cast(batch, torch.float32), Loss("grpo"), bias=bias).loss
    first, second = (torch.autograd.grad(value, (hidden, weight), retain_graph=True) for _ in range(2))
    assert all(torch.allclose(a, b, rtol=1e-5, atol=1e-7) for a, b in zip(first, second, strict=True))
    (first,) = torch.autograd.grad(value, hidden, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_no_gradient_is_formed_that_nobody_wants(monkeypatch):
    tensors, batch = inputs(bias=False)
    (hidden, weight, _), target = leaves(tensors, torch.float32)
    products = []
    multiply = torch.mm
    monkeypatch.setattr(torch, "mm", lambda *a, **k: (products.append(a[0].shape), multiply(*a, **k))[1])
    single, count = cast(batch, torch.float32), int(batch.mask.sum())
    policy_loss(hidden, weight, target, single).loss.backward()
    assert len(products) == 3
    products.clear()
    policy_loss(hidden, weight.detach(), target, single).loss.backward()  # a frozen head
    assert len(products) == 2
    products.clear()
    with torch.no_grad():
        policy_loss(hidden, weight, target, single)
    assert products == [(count, H)]  # no padding either
    products.clear()
    silent = dataclasses.replace(single, advantages=torch.tensor([1.0, 1.0, 0.0]))  # a group that taught nothing
    policy_loss(hidden, weight, target, silent).loss.backward()
    first = int(batch.mask[:2].sum())
    assert sorted(products) == sorted([(count - first, H), (first, H), (first, V), (V, first)])


def test_zero_advantages_still_have_statistics():
    tensors, batch = inputs()
    out = check(tensors, dataclasses.replace(batch, advantages=torch.zeros(B).double()), Loss("grpo"))
    assert (out.entropy[batch.mask > 0] > 0).all()


def test_logits_of_minus_infinity():
    """A vocabulary with entries that are never sampled: padding of the embedding, or tokens that are forbidden."""
    tensors, batch = inputs()
    bias = tensors[2].clone()
    bias[50:60] = -math.inf
    target = tensors[3] % 50
    for loss in (Loss("grpo", beta=0.1, entropy_coefficient=0.1), Loss("dapo", "sequence")):
        truth, _ = leaves((*tensors[:2], bias, target), torch.float64)
        want = whole(*truth, target, batch, loss, Head())
        finite = [x.detach().clone().requires_grad_() for x in truth]
        finite[2].data[50:60] = -1e4  # whose gradient is the same, without 0 * inf
        wanted = gradients(whole(*finite, target, batch, loss, Head()), finite)
        out = policy_loss(truth[0], truth[1], target, batch, loss, bias=truth[2])
        assert torch.allclose(out.loss, want)
        for got, right in zip(gradients(out.loss, truth), wanted, strict=True):
            assert torch.allclose(got, right)


def test_infinite_ratios():
    """Clipped, they have no gradient; unclipped they have none in float32 either, but never make it NaN."""
    tensors, batch = inputs(old=False, bias=False)
    (hidden, weight, _), target = leaves(tensors, torch.float32)
    for shift in (-200.0, 200.0):
        single = cast(dataclasses.replace(batch, old=torch.full((B, T), -5.0 + shift)), torch.float32)
        for kind in ("grpo", "dapo", "cispo", "sapo"):
            clipped = dataclasses.replace(single, advantages=torch.full((B,), 1.0 if shift < 0 else -1.0))
            out = policy_loss(hidden, weight, target, clipped, Loss(kind))
            grads = gradients(out.loss, (hidden, weight))
            assert torch.isfinite(out.loss)
            assert all(torch.isfinite(g).all() for g in grads)
            if kind in ("grpo", "dapo"):
                assert all(g.abs().max() == 0 for g in grads)
        capped = Loss("grpo", constants=Constants(delta=4.0))
        out = policy_loss(hidden, weight, target, dataclasses.replace(single, advantages=-torch.ones(B)), capped)
        assert all(torch.isfinite(g).all() for g in gradients(out.loss, (hidden, weight)))


def test_what_stands_where_the_mask_is_zero_does_not_matter():
    tensors, batch = inputs()
    (hidden, weight, bias), target = leaves(tensors, torch.float32)
    single = cast(batch, torch.float32)
    bad = torch.where(batch.mask > 0, 0.0, math.nan)
    spoiled = dataclasses.replace(
        single, old=single.old + bad, reference=single.reference - math.inf * (batch.mask == 0)
    )
    spoiled = dataclasses.replace(spoiled, reference=torch.where(batch.mask > 0, single.reference, -math.inf))
    loss = Loss("grpo", beta=0.1)
    values = [policy_loss(hidden, weight, target, some, loss, bias=bias).loss for some in (single, spoiled)]
    assert values[0] == values[1]
    for a, b in zip(*(gradients(value, (hidden, weight)) for value in values), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("corrected", [False, True])
def test_narrow_types_are_no_further_from_the_truth_than_trl(dtype, corrected):
    shape = (4, 16, 64, 999)
    (hidden, weight, _, target), batch = inputs(shape=shape, bias=False, mask=torch.ones(4, 16).double())
    hidden, weight = hidden.to(dtype).double(), (weight * 0.3).to(dtype).double()
    own = torch.log_softmax(hidden @ weight.T, -1).gather(-1, target[..., None])[..., 0]
    batch = dataclasses.replace(
        batch, old=own + 0.1 * torch.randn(4, 16, generator=torch.Generator().manual_seed(1)), reference=own + 0.1
    )
    loss = Loss("grpo", beta=0.1, corrected_kl=corrected)
    truth = [hidden.clone().requires_grad_(), weight.clone().requires_grad_()]
    wanted = gradients(whole(*truth, None, target, batch, loss, Head()), truth)
    single, scale = cast(batch, torch.float32), 2.0**16 if dtype == torch.float16 else 1.0
    ours = [hidden.to(dtype).requires_grad_(), weight.to(dtype).requires_grad_()]
    out = policy_loss(*ours, target, single, loss, missed=never, tile=24)
    got = gradients(out.loss * scale, ours)
    theirs = [hidden.to(dtype).requires_grad_(), weight.to(dtype).requires_grad_()]
    flat = ChunkedLogProbFunction.apply(
        theirs[0].view(-1, 64), theirs[1], None, target.view(-1), 1.0, 256, None, 1.0, ("entropy",)
    )
    value = loss.value(flat[0].view(4, 16), flat[1].view(4, 16), single)
    peers = gradients(value * scale, theirs)
    for mine, peer, true in zip(got, peers, wanted, strict=True):
        ours_off, trl_off = ((x.double() / scale - true).norm() / true.norm() for x in (mine, peer))
        assert ours_off <= (1.02 if dtype == torch.bfloat16 else 1.1) * trl_off
    assert torch.allclose(out.log_prob.view(-1), flat[0].detach(), atol=1e-4)


def test_float16_does_not_underflow():
    """Weights of one over a million tokens, and no gradient scaler."""
    (hidden, weight, _, target), batch = inputs(bias=False, old=False, reference=False)
    single = cast(dataclasses.replace(batch, tokens=torch.tensor(1e6)), torch.float32)
    ours = [hidden.half().requires_grad_(), weight.half().requires_grad_()]
    out = policy_loss(*ours, target, single, Loss("dapo"), missed=never)
    got = gradients(out.loss * 1e6, ours)
    truth = [x.detach().double().requires_grad_() for x in ours]
    wanted = gradients(
        whole(*truth, None, target, dataclasses.replace(batch, tokens=torch.tensor(1.0)), Loss("dapo"), Head()), truth
    )
    for mine, true in zip(got, wanted, strict=True):
        assert distance(mine, true) < 1e-2


def test_autocast():
    (hidden, weight, _, target), batch = inputs(bias=False)
    single, ours = cast(batch, torch.float32), [x.float().requires_grad_() for x in (hidden, weight)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = policy_loss(*ours, target, single, Loss("grpo"), missed=never)
    got = gradients(out.loss, ours)
    assert [g.dtype for g in got] == [torch.float32] * 2
    truth = [x.detach().double().requires_grad_() for x in ours]
    wanted = gradients(whole(*truth, None, target, batch, Loss("grpo"), Head()), truth)
    for mine, true in zip(got, wanted, strict=True):
        assert 1e-5 < distance(mine, true) < 5e-2


def test_tied_embeddings():
    tensors, batch = inputs(bias=False)
    weight, target, single = tensors[1].float().requires_grad_(), tensors[3], cast(batch, torch.float32)
    embedded = torch.nn.functional.embedding(target, weight)
    (got,) = gradients(policy_loss(embedded, weight, target, single, Loss("grpo")).loss, [weight])
    true = tensors[1].clone().requires_grad_()
    (want,) = gradients(
        whole(torch.nn.functional.embedding(target, true), true, None, target, batch, Loss("grpo"), Head()), [true]
    )
    assert distance(got, want) < 1e-6


@pytest.mark.parametrize("path", ["fused", "two-pass"])
def test_a_head_that_is_whole_only_for_a_while(path):
    """As under ZeRO-3, where a parameter is empty but for the time that it is gathered."""
    tensors, batch = inputs()
    single, (hidden, weight, bias) = cast(batch, torch.float32), leaves(tensors, torch.float32)[0]
    wanted = gradients(
        policy_loss(hidden, weight, tensors[3], single, Loss("grpo"), bias=bias).loss, (hidden, weight, bias)
    )
    full = {id(p): p.data for p in (weight, bias)}
    entered = []

    @contextlib.contextmanager
    def gather(*parameters):
        entered.append(len(parameters))
        for parameter in parameters:
            parameter.data = full[id(parameter)]
        yield
        for parameter in parameters:
            parameter.data = parameter.data.new_empty(0)

    kind = Loss("grpo") if path == "fused" else Loss("grpo", off_policy_threshold=1e9)
    value = policy_loss(hidden, weight, tensors[3], single, kind, bias=bias, gather=gather).loss
    assert weight.numel() == 0
    got = torch.autograd.grad(value, (hidden, weight, bias))
    assert weight.numel() == 0
    assert len(entered) == (1 if path == "fused" else 2)
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(got, wanted, strict=True))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(FORMULAS)), st.floats(0.1, 10), st.integers(1, 9))
def test_laws(seed, kind, factor, tile):
    """Linear in the advantages, blind to the order of sequences, and to how tokens are cut into tiles."""
    tensors, batch = inputs(seed, reference=False)
    (hidden, weight, bias), target = leaves(tensors, torch.float64)
    loss = Loss(kind, length=9)

    def run(batch, order, tile):
        some = dataclasses.replace(
            batch, advantages=batch.advantages[order], mask=batch.mask[order], old=batch.old[order]
        )
        out = policy_loss(hidden[order], weight, target[order], some, loss, bias=bias, tile=tile)
        return out.loss, gradients(out.loss, (hidden, weight))

    value, grads = run(batch, [0, 1, 2], None)
    scaled = dataclasses.replace(batch, advantages=batch.advantages * factor)
    again, others = run(scaled, [2, 0, 1], tile)
    assert torch.allclose(again, value * factor)
    assert all(torch.allclose(b, a * factor) for a, b in zip(grads, others, strict=True))


def test_the_kl_estimate_is_never_negative():
    p, q = torch.randn(2, 1000, dtype=torch.float64)
    assert (divergence(p, q) >= 0).all()
    assert divergence(p, p).abs().max() == 0


def test_refusals():
    (hidden, weight, _, target), batch = inputs()
    for bad, text in [
        (lambda: Loss("ppo"), "there is no loss 'ppo'"),
        (lambda: Loss(level="group"), "not of a 'group'"),
        (lambda: Loss("dr_grpo"), "length"),
        (lambda: policy_loss(hidden, weight, target[:, 1:], batch), "don't fit together"),
        (lambda: policy_loss(hidden, weight, target, dataclasses.replace(batch, reference=None), Loss(beta=0.1)), "reference"),
        (lambda: log_probabilities(hidden[0], weight.T, target[0]), "don't fit a head"),
        (lambda: log_probabilities(hidden[0], weight, target[0, 1:]), "targets of shape"),
        (lambda: log_probabilities(hidden[0], weight, target[0], tile=0), "at least one token"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=text):
            bad()


def test_tiles_are_chosen_from_free_memory(monkeypatch):
    cpu = torch.device("cpu")
    assert available(cpu) > 1 << 20
    usual = tile_tokens(2048, 32_000, 4, cpu)
    assert 2048 % usual == 0  # no ragged tail
    monkeypatch.setattr("assay.train.loss._tile_size.available", lambda device: 8 << 20)
    assert tile_tokens(2048, 32_000, 4, cpu) * 32_000 * 4 <= 2 << 20
    monkeypatch.setattr("assay.train.loss._tile_size.available", lambda device: 0)
    assert tile_tokens(2048, 32_000, 4, cpu) == 2
    monkeypatch.setattr("assay.train.loss._tile_size.available", lambda device: None)
    assert tile_tokens(2048, 32_000, 4, cpu) == usual
    assert tile_tokens(0, 32_000, 4, cpu) > 0
    assert tile_tokens(2048, 32_000, 4, cpu, compiled=False) < usual

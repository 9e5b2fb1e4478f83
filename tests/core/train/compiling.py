"""Run in a process of its own: the loss step compiled, over many numbers of tokens; prints a line of JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import torch

from assay.train.loss import Batch, Constants, Loss, log_probabilities, policy_loss
from assay.train.loss import _fused_logprobs as step

torch.set_num_threads(1)


def run(tokens, compiled, loss, tile=None):
    torch.manual_seed(tokens)
    hidden, weight = torch.randn(1, tokens, 8, requires_grad=True), torch.randn(301, 8, requires_grad=True)
    own = torch.full((1, tokens), -5.7)
    batch = Batch(
        torch.randn(1, tokens),
        torch.ones(1, tokens),
        own + 0.2 * torch.randn(1, tokens),
        own + 0.2 * torch.randn(1, tokens),
    )
    target = torch.randint(0, 301, (1, tokens))
    out = policy_loss(hidden, weight, target, batch, loss, compiled=compiled, tile=tile)
    grads = torch.autograd.grad(out.loss, (hidden, weight))
    return out.loss.detach(), out.entropy, *grads


def main(sizes: list[int]) -> None:
    loss = Loss("dapo", beta=0.1, entropy_coefficient=0.01)
    worst = 0.0
    for tokens in sizes:
        for tile in (None, 7):
            for got, want in zip(run(tokens, True, loss, tile), run(tokens, False, loss, tile), strict=True):
                worst = max(worst, float((got - want).abs().max() / want.abs().max()))
    for i in range(12):  # a schedule: more values than PyTorch allows graphs
        scheduled = replace(loss, constants=Constants(epsilon=0.1 + i / 100, epsilon_high=0.2 + i / 50))
        for got, want in zip(run(17, True, scheduled), run(17, False, scheduled), strict=True):
            worst = max(worst, float((got - want).abs().max() / want.abs().max()))
    with torch.no_grad():
        for tokens in sizes:
            states, weight, target = torch.randn(tokens, 8), torch.randn(301, 8), torch.randint(0, 301, (tokens,))
            got, want = (log_probabilities(states, weight, target, compiled=choice)[0] for choice in (True, False))
            worst = max(worst, float((got - want).abs().max()))
    from torch._dynamo.utils import counters

    graphs = counters["stats"].get("unique_graphs", 0)
    sys.stdout.write(json.dumps({"worst": worst, "graphs": graphs, "failed": step._differentiate.failed}) + "\n")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])

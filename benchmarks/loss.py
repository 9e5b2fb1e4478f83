"""The loss step beside its peers, in one process, interleaved: forward and backward of GRPO's loss from hidden states.

    pip install -r benchmarks/requirements.txt
    python benchmarks/loss.py                   # on a CPU, two minutes or so; LARGE=1 for a vocabulary of 151,936 too
    python benchmarks/loss.py --device cuda     # on a GPU, under ten minutes

Every contender gets the same hidden states, head, targets, advantages and mask. `eager` makes all logits and takes
log-softmax of them, `TRL` is TRL 1.16's kernel at its default tiles, at the best of those that are tried here, and at
these with the padding left out beforehand ("compacted"); `Liger` is Liger's fused GRPO loss where it is installed. Ours
never computes padding. `three products` is what no exact one-pass method can go below: hidden @ weight.T, and its two
gradient products, bare, over active tokens, into memory that is already there.

Times are the least of several rounds, in each of which every contender runs once. Peak memory is what a fresh forward
and backward adds to the process (Linux's own high-water mark on a CPU, the allocator's on a GPU). First call is the
first ever in the process, with what is compiled then. With `--threads 1` the times are processor time, which stays
meaningful where other programs share the machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
import trl.kernels.chunked_logprob as kernel
from torch import Tensor

from assay.train.loss import Batch, Loss, log_probabilities, policy_loss

SMALL = [(8, 256, 256, 32_000, 0.0), (8, 256, 256, 32_000, 0.3)]
LARGE = [(8, 128, 896, 151_936, 0.0)]
#: Sequences of 1,024 tokens; hidden size and vocabulary of Qwen2.5-0.5B and 7B, and of a 2B model with 152k tokens.
GPU = [(n, 1024, width, 151_936, 0.3) for width in (896, 2048, 3584) for n in (6, 23, 46)]
TILES = {"cpu": [(512, 2048), (256, 2048), (512, 8192)], "cuda": [(4096, 32_768), (4096, 8192), (2048, 65_536)]}


class Problem:
    """One size: the inputs that all contenders share."""

    def __init__(self, sequences: int, length: int, width: int, vocabulary: int, padding: float, device: str) -> None:
        make = torch.Generator().manual_seed(0)
        dtype = torch.bfloat16 if device == "cuda" else torch.float32

        def leaf(*shape: int, scale: float = 1.0) -> Tensor:
            return (torch.randn(*shape, generator=make) * scale).to(device, dtype).requires_grad_()

        self.hidden, self.weight = leaf(sequences, length, width), leaf(vocabulary, width, scale=width**-0.5)
        self.target = torch.randint(0, vocabulary, (sequences, length), generator=make).to(device)
        # Lengths spread evenly around the mean that leaves the wanted share of padding.
        lengths = torch.linspace(1 - 2 * padding, 1, sequences) * length
        self.mask = (torch.arange(length)[None] < lengths[:, None].round()).float().to(device)
        self.advantages = torch.randn(sequences, generator=make).to(device)
        self.active, self.tokens = self.mask > 0, int(self.mask.sum())

    def loss(self, log_prob: Tensor) -> Tensor:
        """GRPO's arithmetic on policy, as TRL writes it: (sequences, tokens) in, a number out."""
        advantages = self.advantages[:, None]
        ratio = torch.exp(log_prob - log_prob.detach())
        per_token = -torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
        return (per_token * self.mask).sum() / self.tokens

    def scatter(self, log_prob: Tensor) -> Tensor:
        return log_prob.new_zeros(self.mask.shape).masked_scatter(self.active, log_prob)

    # --- the contenders: each returns a loss ----------------------------------------------------------------------

    def eager(self) -> Tensor:
        logits = (self.hidden @ self.weight.T).float()
        log_probs = logits.log_softmax(-1)
        with torch.no_grad():
            -(log_probs.exp() * log_probs).sum(-1)  # the entropy that every contender reports
        return self.loss(log_probs.gather(-1, self.target[..., None])[..., 0])

    def trl(self, tokens: int, columns: int, compact: bool) -> Tensor:
        kernel.TOKEN_CHUNK_SIZE = tokens
        hidden = self.hidden[self.active] if compact else self.hidden.flatten(0, 1)
        target = self.target[self.active] if compact else self.target.flatten()
        log_prob = kernel.ChunkedLogProbFunction.apply(
            hidden, self.weight, None, target, 1.0, columns, None, 1.0, ("entropy",)
        )[0]
        return self.loss(self.scatter(log_prob) if compact else log_prob.view(self.mask.shape))

    def liger(self) -> Tensor:
        from liger_kernel.chunked_loss import LigerFusedLinearGRPOLoss

        if not hasattr(self, "liger_loss"):
            self.liger_loss = LigerFusedLinearGRPOLoss(beta=0.0, loss_type="bnpo", use_ref_model=False)
        return self.liger_loss(
            self.hidden, self.weight, self.target, attention_mask=self.mask, advantages=self.advantages
        )[0]

    def two_pass(self) -> Tensor:
        log_prob, _ = log_probabilities(self.hidden[self.active], self.weight, self.target[self.active])
        return self.loss(self.scatter(log_prob))

    def fused(self) -> Tensor:
        return policy_loss(self.hidden, self.weight, self.target, Batch(self.advantages, self.mask), Loss("bnpo")).loss

    def products(self) -> Callable[[], None]:
        hidden, weight = self.hidden.detach()[self.active], self.weight.detach()
        logits = hidden.new_empty(self.tokens, len(weight))
        states, head = torch.empty_like(hidden), torch.empty_like(weight)

        def run() -> None:
            torch.mm(hidden, weight.T, out=logits)
            torch.mm(logits, weight, out=states)
            torch.mm(logits.T, hidden, out=head)

        return run


def once(problem: Problem, contender: Callable[[], Tensor]) -> tuple[float, float]:
    """Return seconds of forward and backward, and the loss."""
    problem.hidden.grad = problem.weight.grad = None
    synchronize(problem)
    started = clock()
    loss = contender()
    loss.backward()
    synchronize(problem)
    return clock() - started, float(loss.detach())


def clock() -> float:
    """Return seconds; of this process's own work where it has one thread, so that a busy machine does not show."""
    return (
        time.process_time() if torch.get_num_threads() == 1 and not torch.cuda.is_available() else time.perf_counter()
    )


def synchronize(problem: Problem) -> None:
    if problem.hidden.is_cuda:
        torch.cuda.synchronize()


def peak(problem: Problem, contender: Callable[[], Tensor]) -> float:
    """Return MiB that a fresh forward and backward adds at its highest."""
    problem.hidden.grad = problem.weight.grad = None
    gc.collect()
    if problem.hidden.is_cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        once(problem, contender)
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    trim()
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    once(problem, contender)
    return (resident("VmHWM") - before) / 1024


def trim() -> None:
    import ctypes

    ctypes.CDLL("libc.so.6").malloc_trim(0)


def resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def contenders(problem: Problem, device: str) -> dict[str, Callable[[], Tensor]]:
    best: dict[str, Callable[[], Tensor]] = {}
    if problem.hidden[..., 0].numel() * len(problem.weight) * 4 * 5 < free(device):
        best["eager"] = problem.eager
    best["TRL, default tiles"] = lambda: problem.trl(4096, 32_768, device == "cuda")
    for tokens, columns in TILES[device]:
        best[f"TRL, {tokens} x {columns}"] = lambda t=tokens, c=columns: problem.trl(t, c, device == "cuda")
    if device == "cpu" and problem.tokens < problem.mask.numel():
        for tokens, columns in TILES[device]:
            best[f"TRL, {tokens} x {columns}, compacted"] = lambda t=tokens, c=columns: problem.trl(t, c, True)
    try:
        import liger_kernel  # noqa: F401

        best["Liger"] = problem.liger
    except ImportError:
        pass
    return best | {"assay, two-pass": problem.two_pass, "assay, fused": problem.fused}


def free(device: str) -> float:
    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2


def measure(shape: tuple[int, int, int, int, float], device: str, rounds: int) -> None:
    problem = Problem(*shape, device)
    sequences, length, width, vocabulary, padding = shape
    print(f"\n{sequences} x {length} tokens, hidden {width}, vocabulary {vocabulary:,}, {padding:.0%} padding "
          f"({problem.tokens:,} active), {str(problem.hidden.dtype).removeprefix('torch.')}", flush=True)  # fmt: skip
    running = contenders(problem, device)
    first: dict[str, float] = {}
    losses: dict[str, float] = {}
    for name, contender in list(running.items()):
        try:
            started = time.perf_counter()
            losses[name] = once(problem, contender)[1]
            first[name] = time.perf_counter() - started
        except (ImportError, NotImplementedError, RuntimeError) as problem_of_it:  # no memory is a RuntimeError too
            print(f"{name} is left out: {type(problem_of_it).__name__}: {str(problem_of_it).splitlines()[0][:120]}")
            del running[name]
    off = [name for name, loss in losses.items() if abs(loss - losses["assay, fused"]) > 2e-2 * max(1, abs(loss))]
    assert not off, f"{off} compute another loss: {losses}"
    memory = {name: peak(problem, contender) for name, contender in running.items()}
    products = problem.products()
    seconds = dict.fromkeys([*running, "three products"], float("inf"))
    for _ in range(rounds):
        for name, contender in running.items():
            seconds[name] = min(seconds[name], once(problem, contender)[0])
        synchronize(problem)
        started = clock()
        products()
        synchronize(problem)
        seconds["three products"] = min(seconds["three products"], clock() - started)
    floor = seconds["three products"]
    peers = {name: s for name, s in seconds.items() if not name.startswith(("assay", "three"))}
    fastest = min(peers, key=peers.__getitem__)
    rate = 6 * problem.tokens * width * vocabulary / floor / 1e12
    print(f"the three products run at {rate:.2f} TFLOP/s\n")
    print("| contender | ms | x products | fused is faster by | peak MiB | first call, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, value in seconds.items():
        where = f"{memory[name]:.0f} | {first[name]:.1f}" if name in memory else " | "
        print(f"| {name}{' (best peer)' if name == fastest else ''} | {value * 1e3:,.1f} | {value / floor:.2f} | "
              f"{value / seconds['assay, fused']:.2f} x | {where} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.device == "cuda":
        print(torch.cuda.get_device_name())
        shapes, rounds = GPU, options.rounds or 5
    else:
        shapes, rounds = SMALL + (LARGE if os.environ.get("LARGE") else []), options.rounds or 5
    for shape in shapes:
        measure(shape, options.device, rounds)
        gc.collect()


if __name__ == "__main__":
    main()

"""From nothing to a trained model in under a minute, on two CPU cores: run it with `make demo`.

1. A tiny model is built from random weights and warm-started on demonstrations, most of which guess.
2. `run.yaml` trains it by GRPO on a composed reward of two plugins, `math` and `format`.
3. The accuracy on sums that neither phase has seen is measured before and after, by the same verifier.

What is left out: everything that a real run would take from a hub. The trainer, the reward and the plugins are those
of a real run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import time
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore", category=FutureWarning)

import torch  # noqa: E402
import transformers  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: E402
from rich.table import Table  # noqa: E402
from warm_start import Problem, answers, new_model, problems, question, save, tokenizer, warm_start  # noqa: E402

import assay  # noqa: E402

HERE = Path(__file__).resolve().parent
HELD_OUT = 200


def main() -> None:
    """Build, warm-start, train, and show what changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=300, help="steps of the warm start")
    parser.add_argument("--out", type=Path, default=Path("runs/demo"))
    options = parser.parse_args()
    started = time.perf_counter()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)

    everything = problems()
    random.Random(options.seed).shuffle(everything)
    held_out, seen = everything[:HELD_OUT], everything[HELD_OUT:]
    made = tokenizer()
    model = new_model(made)
    console = Console()
    console.print(
        f"A model of {model.num_parameters():,} parameters, from random weights; {HELD_OUT} sums are held out."
    )
    columns = [
        TextColumn("warm start"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    ]
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=options.steps)
        for loss in warm_start(model, made, seen, options.steps, 96, options.seed):
            progress.update(task, advance=1, description=f"loss {loss:.3f}")
    save(model, made, options.out / "warm")
    with (options.out / "train.jsonl").open("w") as file:
        file.writelines(json.dumps({"question": question(p), "answer": sum(p)}) + "\n" for p in seen)
    before = accuracy(answers(model, made, held_out), held_out)

    from transformers import Qwen2ForCausalLM

    from assay.train import read_run, summary, train

    out = str(options.out)
    config = read_run(
        HERE / "run.yaml",
        [
            f"model={out}/warm",
            f"dataset.path={out}/train.jsonl",
            f"training.output_dir={out}",
            f"training.seed={options.seed}",
        ],
    )
    finished = train(config, HERE / "run.yaml")
    trained = Qwen2ForCausalLM.from_pretrained(finished.folder)
    completions = answers(trained, made, held_out)
    after = accuracy(completions, held_out)

    table = Table("", "at first", "at last", title="Mean over the step's samples")
    for name, early, late in summary(finished.history):
        table.add_row(name, f"{early:.3f}", f"{late:.3f}")
    table.add_section()
    table.add_row("accuracy, held out", f"{before:.3f}", f"{after:.3f}")
    console.print(table)
    console.print(f"[bold]{question(held_out[0])}[/bold]  {completions[0]}", highlight=False)
    console.print(f"Picture: {finished.picture}    {time.perf_counter() - started:.0f} s")
    (options.out / "result.json").write_text(json.dumps({"before": before, "after": after}))


def accuracy(completions: list[str], some: list[Problem]) -> float:
    """Return the share of right answers, judged as in training."""
    rows = [{"completion": text, "reference": sum(problem)} for text, problem in zip(completions, some, strict=True)]
    return float(assay.score(rows, reward='math.answer(extract="tag:answer")').total.mean())


if __name__ == "__main__":
    main()

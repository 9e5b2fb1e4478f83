"""A whole run from a run file: check everything, load, train, save, draw."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay._data.rows import SUFFIXES, read_rows
from assay._language import Reward
from assay._scoring.scorer import Scorer
from assay.errors import ConfigError, DataError
from assay.train._config import DatasetConfig, RunConfig, check_training

__all__ = ["Finished", "check_run", "summary", "train"]


@dataclasses.dataclass(frozen=True)
class Finished:
    """A run that has ended.

    Attributes:
        folder: where everything was saved.
        interrupted: whether it was stopped by Ctrl-C before its last step.
        picture: the named lines over the steps, `None` if there was nothing to draw.
        history: TRL's log, one mapping per logged step.
    """

    folder: Path
    interrupted: bool
    picture: Path | None
    history: list[dict[str, Any]]


def train(config: RunConfig, path: Path, *, resume: bool = False, model: Any = None, tokenizer: Any = None) -> Finished:
    """Train by a run file.

    Args:
        config: the run file.
        path: where it stands; names the output folder if the file doesn't.
        resume: go on from the last checkpoint in the output folder.
        model: use this model instead of loading `config.model`.
        tokenizer: use this tokenizer; needed with `model`.

    Raises:
        AssayError: the reward, the data or a setting is wrong. Found before the model is loaded.
    """
    reward, rows, evaluation = _checked(config)

    import transformers

    arguments = _arguments(config.training, path)
    folder = Path(arguments.output_dir)
    checkpoint = _checkpoint(folder, resume)

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if model is None:
        model = config.model
        tokenizer = _load(transformers.AutoTokenizer.from_pretrained, config.model)
    from datasets import Dataset

    from assay.train._progress import Interruption, MetricsFile, ProgressBar
    from assay.train._trainer import GRPOTrainer

    def dataset(some: Sequence[Mapping[str, Any]], source: DatasetConfig) -> Any:
        try:
            return Dataset.from_list(_prompted(some, source, tokenizer))
        except DataError:
            raise
        except Exception as problem:
            raise DataError(f"{source.path}: its rows can't be made one table: {problem}") from None

    try:
        trainer = GRPOTrainer(
            model=model,
            reward=reward,
            args=arguments,
            train_dataset=dataset(rows, config.dataset),
            eval_dataset=dataset(evaluation, config.eval_dataset) if evaluation and config.eval_dataset else None,
            processing_class=tokenizer,
            loss=config.loss,
        )
    except OSError as problem:
        raise ConfigError(f"the model '{config.model}' can't be loaded: {str(problem).splitlines()[0]}") from None
    except ValueError as problem:
        raise ConfigError(f"{path}: {problem}") from None
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.remove_callback(transformers.ProgressCallback)
    interruption = Interruption()
    for callback in (ProgressBar(), MetricsFile(folder / "metrics.jsonl"), interruption):
        trainer.add_callback(callback)
    folder.mkdir(parents=True, exist_ok=True)
    rank, step = trainer.accelerator.process_index, int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    trainer.log_verdicts(folder / (f"verdicts-{rank}.jsonl" if rank else "verdicts.jsonl"), before=step)
    try:
        with interruption:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    finally:
        trainer.close()
    return _finish(trainer, config, folder, interruption.asked)


def check_run(config: RunConfig, path: Path) -> int:
    """Check everything that can be checked without a model, and return the number of prompts.

    Raises:
        AssayError: as `train`.
    """
    _, rows, _ = _checked(config)
    _arguments(config.training, path)
    return len(rows)


_Rows = list[dict[str, Any]]


def _checked(config: RunConfig) -> tuple[Reward, _Rows, _Rows | None]:
    reward = Reward(config.reward)
    rows = _rows(config.dataset)
    evaluation = _rows(config.eval_dataset) if config.eval_dataset else None
    with Scorer(reward) as scorer:
        for some in (rows, evaluation):
            if some is not None:
                scorer.check(dict.fromkeys(column for row in some for column in (*row, "prompt")), some[:2000])
    return reward, rows, evaluation


def _finish(trainer: Any, config: RunConfig, folder: Path, interrupted: bool) -> Finished:
    history = list(trainer.state.log_history)
    picture = None
    if trainer.is_world_process_zero():
        import yaml

        (folder / "run.yaml").write_text(yaml.safe_dump(config.model_dump(exclude_none=True), sort_keys=False))
        if not interrupted:
            trainer.save_model(str(folder))
        from assay._report import draw, read_metrics

        picture = draw(read_metrics(folder), folder / "rewards.png")
    return Finished(folder, interrupted, picture, history)


def _rows(source: DatasetConfig) -> list[dict[str, Any]]:
    """Read a file or folder; anything else is the name of a data set on the hub."""
    path = Path(source.path)
    if path.exists() or source.path.lower().removesuffix(".gz").endswith(SUFFIXES):
        rows: list[dict[str, Any]] = read_rows(path, source.limit)
        for one in getattr(rows, "malformed", ())[:20]:
            import click

            click.echo(f"assay: left out {one}", err=True)
    else:
        from datasets import load_dataset

        loaded = _load(load_dataset, source.path, source.name, split=source.split)
        rows = [dict(row) for row in (loaded.select(range(min(source.limit, len(loaded)))) if source.limit else loaded)]
    if not any(source.prompt in row for row in rows):
        shown = ", ".join(dict.fromkeys(str(column) for row in rows[:100] for column in row))
        raise DataError(f"{source.path} has no column '{source.prompt}' for the prompt; it has {shown}")
    return rows


def _prompted(rows: Sequence[Mapping[str, Any]], source: DatasetConfig, tokenizer: Any) -> list[dict[str, Any]]:
    """Rows with a `prompt` as TRL takes it: a text, or chat messages."""
    chat = source.chat if source.chat is not None else bool(getattr(tokenizer, "chat_template", None))
    if source.system is not None and not chat:
        raise DataError("a system prompt needs a chat: the tokenizer has no chat template, or dataset.chat is false")
    prompted = []
    for number, row in enumerate(rows):
        prompt = row.get(source.prompt)
        if isinstance(prompt, str) and prompt:
            messages = [{"role": "user", "content": prompt}]
            value: Any = messages if chat else prompt
        elif isinstance(prompt, list) and prompt:
            value = list(prompt)
        else:
            raise DataError(f"{source.path}, row {number}: the prompt is {prompt!r}")
        if source.system is not None:
            value = [{"role": "system", "content": source.system}, *value]
        prompted.append({**row, "prompt": value})
    return prompted


def _arguments(given: Mapping[str, Any], path: Path) -> Any:
    """Make TRL's configuration, with defaults that suit the machine and the run file's place."""
    import torch
    from trl import GRPOConfig

    check_training(given, [field.name for field in dataclasses.fields(GRPOConfig)], path)

    settings = {
        "output_dir": str(Path("runs") / path.stem),
        "report_to": "none",
        "logging_steps": 1,
        "disable_tqdm": True,
    }
    if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        settings |= {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
    try:
        return GRPOConfig(**(settings | dict(given)))
    except (ValueError, TypeError) as problem:
        raise ConfigError(f"{path}: TRL refuses the training settings: {problem}") from None


def _checkpoint(folder: Path, resume: bool) -> Path | None:
    """Return the checkpoint to go on from."""
    from transformers.trainer_utils import get_last_checkpoint

    last = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    if resume and last is None:
        raise ConfigError(f"{folder} holds no checkpoint to resume from; start without --resume")
    if last is not None and not resume and int(os.environ.get("RANK", "0")) == 0:
        raise ConfigError(
            f"{folder} already holds a run ({Path(last).name}); add --resume to go on with it, or give another folder: "
            "--set training.output_dir=..."
        )
    return Path(last) if last else None


def _load(loader: Any, *arguments: Any, **named: Any) -> Any:
    try:
        return loader(*arguments, **named)
    except Exception as problem:
        first = str(problem).strip().partition("\n")[0]
        raise ConfigError(f"'{arguments[0]}' is no local path and can't be loaded from the hub: {first}") from None


def summary(history: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """Return each named line's mean over the first and over the last fifth of the steps."""
    logged = [entry for entry in history if any(key.startswith("lines/") for key in entry)]
    part = max(1, len(logged) // 5)
    names = dict.fromkeys(key for entry in logged for key in entry if key.startswith("lines/"))
    rows = []
    for name in names:
        early = [entry[name] for entry in logged[:part] if name in entry]
        late = [entry[name] for entry in logged[-part:] if name in entry]
        if early and late:
            rows.append((name.removeprefix("lines/"), sum(early) / len(early), sum(late) / len(late)))
    return rows

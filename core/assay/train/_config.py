"""The run file: what is trained, on what, by which reward, and TRL's own settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assay.errors import ConfigError, nearest

__all__ = ["DatasetConfig", "LossSettings", "RunConfig", "check_training", "read_run"]


class DatasetConfig(BaseModel):
    """Where prompts come from.

    Attributes:
        path: a JSONL, JSON, CSV or Parquet file, a folder, or the name of a data set on the hub.
        prompt: the column that holds the prompt, a text or a list of chat messages.
        system: a system prompt, put before the prompt.
        chat: make a chat of a plain prompt; by default where the tokenizer has a chat template.
        split: of a hub data set.
        name: the configuration of a hub data set.
        limit: use only so many rows.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    prompt: str = "prompt"
    system: str | None = None
    chat: bool | None = None
    split: str = "train"
    name: str | None = None
    limit: int | None = Field(default=None, ge=1)


class LossSettings(BaseModel):
    """How the loss step is computed; the section `loss` of a run file.

    Attributes:
        path: `fused` forms the gradients in the forward where the loss allows it, `two-pass` always in the backward,
            `trl` leaves everything to TRL.
        tile: tokens in a tile; by default chosen from the memory that is free.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    path: Literal["fused", "two-pass", "trl"] = "fused"
    tile: int | None = Field(default=None, ge=1)


class RunConfig(BaseModel):
    """A run file.

    Attributes:
        model: a folder, or a name on the hub.
        dataset: where prompts come from.
        eval_dataset: the same for evaluation.
        reward: an expression, or named lines of which `total` is trained on.
        training: fields of TRL's `GRPOConfig`, by their own names.
        loss: how the loss step is computed.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    dataset: DatasetConfig
    eval_dataset: DatasetConfig | None = None
    reward: str | float | dict[Any, Any]
    training: dict[str, Any] = Field(default_factory=dict)
    loss: LossSettings = Field(default_factory=LossSettings)


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads `1e-6` as a text; people mean a number."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9][0-9_]*)(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def read_run(path: str | Path, settings: Sequence[str] = ()) -> RunConfig:
    """Read a run file, with `key.path=value` settings laid over it.

    Raises:
        ConfigError: the file is missing or not YAML, a key is unknown, or a value is of the wrong type. The message
            names the line and the nearest key.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path} can't be read: {problem}") from None
    except yaml.YAMLError as problem:
        raise ConfigError(f"{path} is not YAML: {problem}{_hint(problem)}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path} must hold the keys model, dataset, reward and training")
    for setting in settings:
        _set(document, setting)
    if isinstance(document.get("dataset"), str):
        document["dataset"] = {"path": document["dataset"]}
    if isinstance(document.get("eval_dataset"), str):
        document["eval_dataset"] = {"path": document["eval_dataset"]}
    try:
        return RunConfig.model_validate(document)
    except ValidationError as problem:
        raise ConfigError("\n".join(_sentence(one, path, text) for one in problem.errors()[:8])) from None


def _set(document: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set takes key=value, as in --set training.learning_rate=1e-6, not '{setting}'")
    *parents, last = key.strip().split(".")
    place = document
    for parent in parents:
        inner = place.setdefault(parent, {})
        if not isinstance(inner, dict):  # `reward: math.answer` and `--set reward.total=...`
            inner = place[parent] = {"reward": {"total": inner}, "dataset": {"path": inner}}.get(parent, {})
        place = inner
    try:
        place[last] = yaml.load(value, _Loader) if value else ""  # noqa: S506 - a SafeLoader
    except yaml.YAMLError:
        place[last] = value


def _hint(problem: yaml.YAMLError) -> str:
    if "mapping values are not allowed" in str(problem):
        return "\nA plain text can't hold ': '; quote the expression, or write it as a block after '|'"
    return ""


def _sentence(error: Any, path: Path, text: str) -> str:
    """Say what is wrong with one key, where it stands and what is close."""
    where = [part for part in error["loc"] if isinstance(part, str) and not part.startswith(("dict[", "constrained"))]
    key = ".".join(where)
    line = _line_of(text, where)
    place = f"{path}" + (f", line {line}" if line else "")
    if error["type"] == "extra_forbidden":
        sections: dict[str, Any] = {"dataset": DatasetConfig, "eval_dataset": DatasetConfig, "loss": LossSettings}
        model = sections.get(where[0], RunConfig) if len(where) > 1 else RunConfig
        known = list(model.model_fields)
        near = nearest(where[-1], known)
        return f"{place}: there is no key '{key}'; " + (
            f"did you mean '{near}'?" if near else f"there are {', '.join(known)}"
        )
    if error["type"] == "missing":
        return f"{place}: the key '{key}' is missing"
    return f"{place}: '{key}' can't be {error['input']!r}: {error['msg']}"


def _line_of(text: str, path: Sequence[str]) -> int | None:
    node = yaml.compose(text, _Loader)
    line = None
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            return line
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            return line
    return line


def check_training(given: Mapping[str, Any], known: Sequence[str], path: str | Path) -> None:
    """Refuse settings that `GRPOConfig` doesn't have.

    Raises:
        ConfigError: names the setting and the nearest that there is.
    """
    for name in given:
        if name not in known:
            near = nearest(str(name), known)
            hint = f"did you mean '{near}'?" if near else "see TRL's GRPOConfig for those that there are"
            raise ConfigError(f"{path}: TRL's GRPOConfig has no field '{name}' (under training); {hint}")

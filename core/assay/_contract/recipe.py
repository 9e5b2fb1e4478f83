"""A recipe: the reward of a published system, with what is known of it and examples that its formula has settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.errors import PluginError

__all__ = ["Recipe", "RecipeExample", "read_recipes"]

_TYPES: dict[str, type] = {
    "name": str,
    "paper": str,
    "task": str,
    "formula": str,
    "reward": Mapping,
    "columns": Mapping,
    "known": Sequence,
    "guesses": Sequence,
    "lacks": Sequence,
    "needs": Sequence,
    "examples": Sequence,
    "number": int,
}
_CASES = ("full", "partial", "none", "hack", "left out")


@dataclass(frozen=True, slots=True)
class RecipeExample:
    """A completion and the reward that the paper's formula gives it.

    Attributes:
        row: the sample as a row of data: `completion`, the columns, `tokens`, `truncated`, `step`, `progress`.
        reward: what is due; `None` where the sample is left out of the update.
        case: `full`, `partial` or `none` of the reward, `left out`, or a `hack`: what the published code pays, or a
            naive reading of the formula would, and this recipe doesn't.
        because: the arithmetic, in short.
        group: examples of one group answer the same prompt.
        lines: what further named lines are due, such as `weight`.
    """

    row: Mapping[str, Any]
    reward: float | None
    case: str
    because: str
    group: str
    lines: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A published reward.

    Attributes:
        name: its leaf; with the plugin's name before it, what a reward calls it.
        paper: the paper's title, with an identifier where one is known.
        task: the family of tasks that it is for.
        reward: its lines; `total` is what is trained on.
        columns: the columns of the data that it needs, each with what it holds.
        formula: the reward as the paper has it, in a sentence.
        known: facts that are published, each with its source.
        guesses: what this recipe had to decide, because its source leaves it open.
        lacks: what the system's training has and this reward hasn't.
        needs: plugins that it needs.
        examples: completions with the rewards due.
        number: its place in the table of systems, 0 for none.
    """

    name: str
    paper: str
    task: str
    reward: Mapping[str, Any]
    columns: Mapping[str, str] = field(default_factory=dict)
    formula: str = ""
    known: Sequence[str] = ()
    guesses: Sequence[str] = ()
    lacks: Sequence[str] = ()
    needs: Sequence[str] = ()
    examples: Sequence[RecipeExample] = ()
    number: int = 0

    def __post_init__(self) -> None:
        """Refuse what a listing could not show.

        Raises:
            PluginError: a field is of the wrong type, or there is no `total`.
        """
        for key, kind in _TYPES.items():
            value = getattr(self, key)
            if not isinstance(value, kind) or (kind is Sequence and isinstance(value, str)):
                wanted = {str: "a text", Mapping: "a mapping", Sequence: "a list", int: "a whole number"}[kind]
                raise PluginError(f"the recipe '{self.name}' has {key} as {type(value).__name__}, not as {wanted}")
        if not all(
            isinstance(one, str) for key in ("known", "guesses", "lacks", "needs") for one in getattr(self, key)
        ):
            raise PluginError(f"the recipe '{self.name}' has something else than texts in its lists")
        if "total" not in self.reward:
            raise PluginError(f"the recipe '{self.name}' needs the line 'total'")

    @classmethod
    def read(cls, name: str, data: Mapping[str, Any]) -> Recipe:
        """Make a recipe of the content of a YAML file.

        Raises:
            PluginError: a key is missing, unknown or of the wrong type; the message names it.
        """
        known = {*cls.__dataclass_fields__, "row"} - {"name"}
        if not isinstance(data, Mapping):
            raise PluginError(f"the recipe '{name}' is no mapping of keys")
        if strange := [str(key) for key in data if key not in known]:
            raise PluginError(f"the recipe '{name}' has no key '{strange[0]}'; there are {', '.join(sorted(known))}")
        if missing := [key for key in ("paper", "task", "reward") if not data.get(key)]:
            raise PluginError(f"the recipe '{name}' lacks the key '{missing[0]}'")
        reward = data["reward"]
        rest = {key: value for key, value in data.items() if key not in ("row", "examples", "reward")}
        for key in ("known", "guesses", "lacks", "needs"):
            if isinstance(rest.get(key), str):
                rest[key] = [rest[key]]
        shared = data.get("row") or {}
        examples = [_example(name, one, shared, place) for place, one in enumerate(data.get("examples") or ())]
        lines = reward if isinstance(reward, Mapping) else {"total": reward}
        return cls(name=name, reward=dict(lines), examples=examples, **rest)


def read_recipes(folder: str | Path) -> Mapping[str, Recipe]:
    """Return the recipes of a folder, each a file `NAME.yaml`; a file is read when its recipe is asked for.

    Raises:
        PluginError: there is no such folder, or a file's name can't be a recipe's.
    """
    return _Folder(Path(folder))


class _Folder(Mapping[str, Recipe]):
    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise PluginError(f"{folder} is no folder of recipes")
        self._files = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        if wrong := [name for name in self._files if not name.isidentifier()]:
            raise PluginError(f"{folder}: '{wrong[0]}' can't be a recipe's name; use letters, digits and _")

    def __getitem__(self, name: str) -> Recipe:
        return _read_file(self._files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        return name in self._files


@lru_cache(maxsize=1000)
def _read_file(path: Path) -> Recipe:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise PluginError(f"the recipe {path} can't be read: {problem}") from None
    return Recipe.read(path.stem, data)


def _example(recipe: str, data: Any, shared: Mapping[str, Any], place: int) -> RecipeExample:
    if not isinstance(data, Mapping) or "completion" not in data or "reward" not in data:
        raise PluginError(f"example {place} of the recipe '{recipe}' needs a completion and a reward")
    case = data.get("case", "partial")
    if case not in _CASES:
        raise PluginError(f"example {place} of the recipe '{recipe}': a case is one of {', '.join(_CASES)}")
    own = {
        key: value for key, value in data.items() if key not in ("reward", "case", "because", "group", "row", "lines")
    }
    row = {**shared, **(data.get("row") or {}), **own}
    return RecipeExample(
        row, data["reward"], case, str(data.get("because", "")), str(data.get("group", place)), data.get("lines") or {}
    )

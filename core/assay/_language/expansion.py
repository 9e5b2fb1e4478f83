"""Writes the lines of published rewards where a reward names them: `recipe.think2sql` and the like."""

from __future__ import annotations

from collections.abc import Mapping

from assay._contract.recipe import Recipe
from assay._language import nodes
from assay._language.parser import RESERVED
from assay._language.reward import Reward
from assay._plugins.registry import RECIPES, Registry
from assay.errors import PluginError, Problem, RewardError, Span, refuse

__all__ = ["with_recipes"]

_Edit = tuple[Span, str]


def with_recipes(reward: Reward, registry: Registry) -> Reward:
    """Return the reward with each recipe that it names written out; the reward itself if it names none.

    A recipe that is all of the reward gives it its own lines. Otherwise its total becomes a line of the recipe's name,
    and its other lines follow as `name_line`. Arguments say where the recipe's columns are found:
    `recipe.med_r1(reference=row.gold)`.

    Raises:
        RewardError: there is no such recipe, or it can't stand there; carries every problem.
    """
    calls = {name: _calls(reward, name, registry) for name in reward.text}
    if not any(calls.values()):
        return reward
    writer = _Writer(reward, registry)
    if list(reward.text) == ["total"] and isinstance(reward.lines["total"], nodes.Call):
        node = reward.lines["total"]
        recipe = writer.recipe(node, "total")
        return with_recipes(Reward(writer.lines_of(recipe, node, "total", {})), registry)
    for name, called in calls.items():
        writer.replace(name, called)
    if writer.problems:
        raise refuse(writer.problems)
    return Reward(writer.lines)


def _calls(reward: Reward, line: str, registry: Registry) -> list[nodes.Call]:
    """Return a line's calls of recipes; who names a plugin that isn't there hears so from binding."""
    found = []
    for node in nodes.walk(reward.lines[line]):
        if isinstance(node, nodes.Call):
            plugin, _, leaf = node.name.partition(".")
            try:
                if plugin == RECIPES or leaf in registry.recipes(plugin):
                    found.append(node)
            except PluginError:
                continue
    return found


class _Writer:
    def __init__(self, reward: Reward, registry: Registry) -> None:
        self.reward, self.registry = reward, registry
        self.lines: dict[str, str] = dict(reward.text)
        self.problems: list[Problem] = []
        self.written: dict[nodes.Call, str] = {}

    def replace(self, line: str, nodes: list[nodes.Call]) -> None:
        edits: list[_Edit] = []
        for node in nodes:
            if node not in self.written:
                try:
                    self.written[node] = self._add(node, line)
                except RewardError as problem:
                    self.problems.extend(problem.problems)
                    continue
            edits.append((node.at, self.written[node]))
        self.lines[line] = _edited(self.reward.text[line], edits)

    def recipe(self, node: nodes.Call, line: str) -> Recipe:
        try:
            return self.registry.recipe(node.name)
        except PluginError as problem:
            raise self._refused(node, line, str(problem)) from None

    def lines_of(self, recipe: Recipe, node: nodes.Call, line: str, names: Mapping[str, str]) -> dict[str, str]:
        """Return a recipe's lines with its lines and columns renamed."""
        if node.positional:
            raise self._refused(
                node, line, f"{node.name} takes its columns by name, as in {node.name}(reference=row.gold)"
            )
        own = Reward(recipe.reward)
        given = {key: nodes.unparse(value) for key, value in node.named}
        unused, lines = set(given), {}
        for name, text in own.text.items():
            edits: list[_Edit] = []
            for one in nodes.walk(own.lines[name]):
                if isinstance(one, nodes.LineRef):
                    edits.append((one.at, names.get(one.name, one.name)))
                elif isinstance(one, nodes.ColumnRef) and one.path.split(".")[0] in given:
                    column = one.path.split(".")[0]
                    unused.discard(column)
                    edits.append((one.at, given[column] + one.path[len(column) :]))
                elif isinstance(one, nodes.Call):
                    inputs = self._free_inputs(one, given)
                    unused -= inputs.keys()
                    edits.extend(_arguments(text, one, inputs))
            lines[names.get(name, name)] = _edited(text, edits)
        if unused:
            raise self._refused(
                node,
                line,
                f"{node.name} has no column '{min(unused)}'; it has {', '.join(recipe.columns) or 'none'}",
            )
        return lines

    def _add(self, node: nodes.Call, line: str) -> str:
        recipe = self.recipe(node, line)
        if "weight" in recipe.reward:
            raise self._refused(
                node, line, f"{node.name} has a line 'weight', which scales the loss: use it as the whole reward"
            )
        base, number = recipe.name, 1
        while base in self.lines or base in RESERVED:
            number += 1
            base = f"{recipe.name}_{number}"
        names = {one: base if one == "total" else f"{base}_{one}" for one in recipe.reward}
        added = self.lines_of(recipe, node, line, names)
        if taken := added.keys() & self.lines.keys():
            raise self._refused(node, line, f"{node.name} needs the name '{min(taken)}' for a line; rename yours")
        self.lines |= added
        return base

    def _free_inputs(self, call: nodes.Call, given: Mapping[str, str]) -> dict[str, str]:
        """Return the inputs of a verifier that are read from a column which stands elsewhere."""
        try:
            verifier = self.registry.verifier(call.name)
        except PluginError:
            return {}  # a function, or what binding will say is missing
        bound = {key for key, _ in call.named}
        return {one.name: given[one.name] for one in verifier.inputs if one.name in given and one.name not in bound}

    def _refused(self, node: nodes.Call, line: str, message: str) -> RewardError:
        return refuse([Problem("plugin", line, self.reward.text[line], node.at, message)])


def _arguments(text: str, call: nodes.Call, inputs: Mapping[str, str]) -> list[_Edit]:
    if not inputs:
        return []
    more = ", ".join(f"{name}={value}" for name, value in inputs.items())
    end = call.at[1]
    if not text[slice(*call.at)].endswith(")"):
        return [((end, end), f"({more})")]
    some = bool(call.positional or call.named) and not text[: end - 1].rstrip().endswith(",")
    return [((end - 1, end - 1), f", {more}" if some else more)]


def _edited(text: str, edits: list[_Edit]) -> str:
    for (start, end), new in sorted(set(edits), reverse=True):
        text = text[:start] + new + text[end:]
    return text

"""Puts the lines of published rewards where a reward names them: `recipe.think2sql` and the like.

A recipe's columns are parameters: an argument takes their place as a part of the tree, never as text, so that what it
means can't depend on what stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from assay._contract.recipe import Recipe
from assay._language import nodes
from assay._language.nodes import Node, Source
from assay._language.parser import MAX_DEPTH, MAX_LENGTH, RESERVED
from assay._language.reward import MAX_LINES, Reward
from assay._plugins.registry import RECIPES, Registry
from assay.errors import PluginError, Problem, RewardError, refuse

__all__ = ["with_recipes"]


def with_recipes(reward: Reward, registry: Registry) -> Reward:
    """Return the reward with each recipe that it names expanded; the reward itself if it names none.

    A recipe that is all of the reward gives it its own lines. Otherwise its total becomes a line of the recipe's name,
    and its other lines follow as `name_line`. Arguments say what takes the place of the recipe's columns:
    `recipe.med_r1(reference=row.gold)`.

    Raises:
        RewardError: there is no such recipe, or it can't stand there; carries every problem.
    """
    expansion = _Expansion(reward, registry)
    return expansion.run() if any(map(expansion.calls, reward.lines.values())) else reward


class _Expansion:
    def __init__(self, reward: Reward, registry: Registry) -> None:
        self.registry = registry
        self.lines: dict[str, Node] = dict(reward.lines)
        self.text: dict[str, str] = dict(reward.text)
        self.problems: list[Problem] = []
        #: The recipes that a line came from, the outermost first.
        self.within: dict[str, tuple[str, ...]] = dict.fromkeys(self.lines, ())
        #: The line that holds a call's total.
        self.totals: dict[Node, str] = {}

    def run(self) -> Reward:
        total = self.lines["total"]
        while list(self.lines) == ["total"] and isinstance(total, nodes.Call) and self.calls(total):
            self._become(total)
            total = self.lines.get("total", total)
        waiting = list(self.lines)
        while waiting:
            name = waiting.pop(0)
            if self.calls(self.lines[name]):
                before = set(self.lines)
                self._expand(name)
                waiting += [one for one in self.lines if one not in before]
        if self.problems:
            raise refuse(self.problems)
        return Reward.of(self.lines, self.text)

    def calls(self, node: Node) -> list[nodes.Call]:
        """Return the calls of recipes; who names a plugin that isn't there hears so when names are resolved."""
        return [one for one in nodes.walk(node) if isinstance(one, nodes.Call) and self._is_recipe(one)]

    def _is_recipe(self, call: nodes.Call) -> bool:
        plugin, _, leaf = call.name.partition(".")
        try:
            return plugin == RECIPES or leaf in self.registry.offers(plugin).recipes
        except PluginError:
            return False

    # --- lines ----------------------------------------------------------------------------------------------------

    def _become(self, call: nodes.Call) -> None:
        """Let a recipe be the whole reward."""
        recipe = self._recipe(call, "total")
        lines = self._lines_of(recipe, call, "total", {})
        within = (*self.within["total"], call.name)
        self.lines, self.text = lines, {name: nodes.unparse(node) for name, node in lines.items()}
        self.within = dict.fromkeys(lines, within)

    def _expand(self, line: str) -> None:
        """Exchange a line's calls of recipes for the lines that hold their totals."""

        def change(node: Node) -> Node | None:
            if not isinstance(node, nodes.Call) or not self._is_recipe(node):
                return None
            if node not in self.totals:
                self.totals[node] = self._add(node, line)
            return nodes.LineRef(self.totals[node], at=node.at)

        source = Source(line, self.text[line])
        try:
            node = nodes.rewrite(self.lines[line], change)
        except RewardError as problem:
            self.problems.extend(problem.problems)
            return
        self.lines[line] = nodes.sourced(node, source)
        self.text[line] = nodes.unparse(node)

    def _add(self, call: nodes.Call, line: str) -> str:
        """Add a recipe's lines; return the name of its total."""
        recipe = self._recipe(call, line)
        if "weight" in recipe.reward:
            raise self._refused(
                call, line, f"{call.name} has a line 'weight', which scales the loss: use it as the whole reward"
            )
        taken = {*self.lines, *RESERVED}
        free = (recipe.name if n == 1 else f"{recipe.name}_{n}" for n in count(1))
        base = next(name for name in free if name not in taken)
        names = {one: base if one == "total" else f"{base}_{one}" for one in recipe.reward}
        added = self._lines_of(recipe, call, line, names)
        if both := added.keys() & self.lines.keys():
            raise self._refused(call, line, f"{call.name} needs the name '{min(both)}' for a line; rename yours")
        if len(self.lines) + len(added) > MAX_LINES:
            raise self._refused(call, line, f"with {call.name} the reward has more than {MAX_LINES} lines")
        self.lines |= added
        self.text |= {name: nodes.unparse(node) for name, node in added.items()}
        self.within |= dict.fromkeys(added, (*self.within[line], call.name))
        return base

    def _recipe(self, call: nodes.Call, line: str) -> Recipe:
        if call.name in self.within[line]:
            circle = " -> ".join([*self.within[line], call.name])
            raise self._refused(call, line, f"these recipes need each other in a circle: {circle}")
        try:
            return self.registry.recipe(call.name)
        except PluginError as problem:
            raise self._refused(call, line, str(problem)) from None

    # --- one recipe -----------------------------------------------------------------------------------------------

    def _lines_of(self, recipe: Recipe, call: nodes.Call, line: str, names: Mapping[str, str]) -> dict[str, Node]:
        """Return a recipe's lines under other names, with the arguments in the place of its columns."""
        if call.positional:
            raise self._refused(
                call, line, f"{call.name} takes its columns by name, as in {call.name}(reference=row.gold)"
            )
        own = Reward(recipe.reward)
        here = Source(line, self.text[line])
        given = {name: nodes.sourced(value, here) for name, value in call.named}
        used: set[str] = set()

        def change(node: Node) -> Node | None:
            if isinstance(node, nodes.LineRef):
                return replace(node, name=names.get(node.name, node.name))
            if isinstance(node, nodes.ColumnRef) and (column := node.path.split(".")[0]) in given:
                used.add(column)
                return self._argument(call, line, given[column], node.path[len(column) :])
            if isinstance(node, nodes.Negate):
                operand = nodes.rewrite(node.operand, change)
                if isinstance(operand, nodes.Number):  # as text it would be read as a negative number
                    return replace(operand, value=-operand.value)
                return replace(node, operand=operand)
            if isinstance(node, nodes.Member) and isinstance(node.container, nodes.ColumnRef):
                self._check_container(call, line, given.get(node.container.path.split(".")[0]))
            if isinstance(node, nodes.Call):
                inputs = self._free_inputs(node, given)
                used.update(inputs)
                named = [(name, nodes.rewrite(value, change)) for name, value in node.named]
                positional = tuple(nodes.rewrite(value, change) for value in node.positional)
                return replace(node, positional=positional, named=(*named, *inputs.items()))
            return None

        lines = {}
        for name, text in own.text.items():
            new = names.get(name, name)
            lines[new] = nodes.sourced(nodes.rewrite(own.lines[name], change), Source(new, text))
            self._check_extent(call, line, lines[new])
        if unused := given.keys() - used:
            raise self._refused(
                call,
                line,
                f"{call.name} has no column '{min(unused)}'; it has {', '.join(recipe.columns) or 'none'}",
            )
        return lines

    def _argument(self, call: nodes.Call, line: str, value: Node, rest: str) -> Node:
        """Return an argument, or the part of it that a dotted path names."""
        if not rest:
            return value
        if isinstance(value, nodes.ColumnRef):
            return replace(value, path=value.path + rest)
        raise self._refused(
            value,
            line,
            f"{call.name} looks into this at '{rest[1:]}', so that it must be a column: row.<column>",
        )

    def _check_container(self, call: nodes.Call, line: str, value: Node | None) -> None:
        if value is not None and not isinstance(value, (nodes.ColumnRef, nodes.ListLiteral)):
            raise self._refused(
                value, line, f"{call.name} looks for values in this, so that it must be a column or a list"
            )

    def _check_extent(self, call: nodes.Call, line: str, node: Node) -> None:
        """Refuse what would be refused as text: recipes within recipes could double a line again and again."""
        size, depth = nodes.extent(node, MAX_LENGTH)
        if size >= MAX_LENGTH or depth > MAX_DEPTH:
            raise self._refused(call, line, f"a line of {call.name} becomes too large with these arguments; name them")

    def _free_inputs(self, call: nodes.Call, given: Mapping[str, Node]) -> dict[str, Node]:
        """Return the arguments for inputs of a verifier that are read from a column of their name."""
        try:
            verifier = self.registry.verifier(call.name)
        except PluginError:
            return {}  # a function, or what resolving will say is missing
        bound = {key for key, _ in call.named}
        return {one.name: given[one.name] for one in verifier.inputs if one.name in given and one.name not in bound}

    def _refused(self, node: Node, line: str, message: str) -> RewardError:
        return refuse([nodes.problem("plugin", node, line, self.text[line], message)])

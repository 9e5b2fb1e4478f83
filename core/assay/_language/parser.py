"""Reads one line of a reward: Python's expression grammar by `ast`, and of it only what the language has."""

from __future__ import annotations

import ast
import io
import keyword
import math
import tokenize
from collections.abc import Callable, Collection

from assay._contract.reserved import RESERVED
from assay._contract.sample import KNOWN as SAMPLE_NAMES
from assay._language import nodes
from assay._language.functions import ARITY, CONSTANTS, STATISTICS
from assay._language.literals import constant
from assay._language.nodes import Node
from assay.errors import Kind, Problem, Span, nearest, refuse, shorten

__all__ = ["KNOWN", "RESERVED", "parse"]

#: Longest text of one line, in characters.
MAX_LENGTH = 20_000
#: Deepest nesting of one line.
MAX_DEPTH = 150
#: Largest literal exponent: data to a higher power is a slip of the pen, and overflows.
MAX_EXPONENT = 100

#: Names of what is known of a sample or of the run.
KNOWN = (*(n for n in SAMPLE_NAMES if n not in ("row", "messages")), "characters", "step", "progress")

_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip

_REFUSED: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Dict: "a dict",
    ast.Set: "a set",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Await: "await",
    ast.Starred: "a starred argument",
}


def parse(line: str, text: str, lines: Collection[str] = ()) -> Node:
    """Return the expression that a line holds.

    Args:
        line: the line's name, for messages.
        text: its expression.
        lines: the names of all lines of the reward, which this one may use.

    Raises:
        RewardError: the text is not an expression of the language. The error points at the character.
    """
    return _Parser(line, text, lines).parse()


class _Parser:
    def __init__(self, line: str, text: str, lines: Collection[str]) -> None:
        self.line, self.text, self.lines = line, text, lines
        self.depth = 0

    def parse(self) -> Node:
        if len(self.text) > MAX_LENGTH:
            raise self._refuse((0, 1), f"the line has {len(self.text):,} characters; the limit is {MAX_LENGTH:,}")
        if not self.text.strip():
            raise self._refuse((0, 0), "the line is empty; give it an expression, such as 'math.answer'")
        try:
            # The added brackets let a line run over several lines of text, as YAML's block scalars do.
            body = ast.parse(f"(\n{self.text}\n)", mode="eval").body
            self._closes_nothing_early()
        except (SyntaxError, tokenize.TokenError) as problem:
            raise self._syntax(problem) from None
        except (ValueError, MemoryError, RecursionError, OverflowError) as problem:
            raise self._refuse((0, 1), f"the line can't be read: {problem or 'it is nested too deeply'}") from None
        self.starts = [0]
        for part in self.text.split("\n"):
            self.starts.append(self.starts[-1] + len(part) + 1)
        self.rows = [part.encode() for part in self.text.split("\n")]
        try:
            return self.node(body)
        except RecursionError:
            raise self._refuse((0, 1), "the line is nested too deeply") from None

    # --- errors ---------------------------------------------------------------------------------------------------

    def _refuse(self, at: Span, message: str, kind: Kind = "syntax") -> Exception:
        return refuse([Problem(kind, self.line, self.text, at, message)])

    def _syntax(self, problem: SyntaxError | tokenize.TokenError) -> Exception:
        message = str(problem.args[0]) if problem.args else "it is not an expression"
        at = (0, len(self.text))
        if isinstance(problem, SyntaxError) and problem.lineno:
            rows = self.text.split("\n")
            row = (
                problem.lineno - 2
            )  # the first is the added bracket's; after the last, something is missing at the end
            if row < len(rows):
                column = min((problem.offset or 1) - 1, len(rows[row])) if row >= 0 else 0
                start = sum(len(one) + 1 for one in rows[: max(row, 0)]) + column
            else:
                start = len(self.text.rstrip())
            at = (start, start + 1)
        hint = ""
        if any(word in message for word in ("never closed", "unterminated", "EOF", "does not match", "unmatched")):
            hint = (
                ". In a YAML file, ' #' starts a comment and cuts the line there, and ': ' is read as a key: "
                "quote the whole expression, or write it as a block after '|'"
            )
        return self._refuse(at, f"this can't be read as an expression: {message}{hint}")

    def _closes_nothing_early(self) -> None:
        """Refuse `1) + (2`, which the added brackets would make an expression."""
        depth = 0
        for token in tokenize.generate_tokens(io.StringIO(f"(\n{self.text}\n)").readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
                if depth == 0 and token.start[0] != self.text.count("\n") + 3:
                    raise SyntaxError("unmatched ')'", ("", token.start[0], token.start[1] + 1, ""))

    def at(self, node: ast.expr | ast.keyword) -> Span:
        """Return the node's characters; ast counts bytes of UTF-8, and from the bracket that was added."""

        def offset(row: int | None, column: int | None) -> int:
            row = min(max((row or 2) - 2, 0), len(self.rows) - 1)
            return self.starts[row] + len(self.rows[row][: column or 0].decode(errors="ignore"))

        return offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.expr) -> str:
        start, end = self.at(node)
        return self.text[start:end]

    def parenthesised(self, node: ast.expr) -> bool:
        start, end = self.at(node)
        return self.text[:start].rstrip().endswith("(") and self.text[end:].lstrip().startswith(")")

    # --- nodes ----------------------------------------------------------------------------------------------------

    def node(self, node: ast.expr) -> Node:
        """Return any expression."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refuse(self.at(node), f"the expression is nested more than {MAX_DEPTH} deep; name its parts")
        handle: Callable[..., Node] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handle is None:
            what = _REFUSED.get(type(node), f"a {type(node).__name__.lower()}")
            raise self._refuse(self.at(node), f"{what} is not part of the reward language")
        read = handle(node)
        self.depth -= 1
        return read

    def _constant(self, node: ast.Constant) -> Node:
        value, at = node.value, self.at(node)
        if value is None:
            return nodes.NoneLiteral(at=at)
        if isinstance(value, str):
            return nodes.Text(value, at=at)
        if isinstance(value, (bool, int, float)):
            try:
                finite = math.isfinite(float(value))
            except OverflowError:
                finite = False
            if not finite:
                raise self._refuse(at, "the number is too large")
            return nodes.Number(value, at=at)
        raise self._refuse(at, f"a {type(value).__name__} is not part of the reward language")

    def _list(self, node: ast.List | ast.Tuple) -> Node:
        return nodes.ListLiteral(tuple(self.node(item) for item in node.elts), at=self.at(node))

    _tuple = _list

    def _name(self, node: ast.Name) -> Node:
        name, at = node.id, self.at(node)
        if name in self.lines:
            return nodes.LineRef(name, at=at)
        if name in CONSTANTS:
            return nodes.Number(CONSTANTS[name], at=at)
        if name in KNOWN:
            return nodes.SampleField(name, at=at)
        if name in ARITY:
            raise self._refuse(at, f"'{name}' is a function: {name}(...)", "name")
        if name == "row":
            raise self._refuse(at, "'row' needs a column: row.answer", "name")
        if name == "group":
            raise self._refuse(at, "'group' needs a statistic: group.mean(...)", "name")
        raise self._refuse(at, self._unknown(name), "name")

    def _unknown(self, name: str) -> str:
        if near := nearest(name, [*self.lines, *RESERVED]):
            return f"there is no name '{name}'; did you mean '{near}'?"
        return (
            f"there is no name '{name}'; a column is row.{name}, a verifier is plugin.leaf (see `assay list`), "
            "and other names are lines of the reward"
        )

    def _subscript(self, node: ast.Subscript) -> Node:
        key = node.slice
        if isinstance(node.value, ast.Name) and node.value.id == "row" and isinstance(key, ast.Constant):
            if isinstance(key.value, str):
                return nodes.ColumnRef(key.value, at=self.at(node))
            raise self._refuse(self.at(node), 'a column is named by a text: row["final answer"]')
        raise self._refuse(self.at(node), 'only row["column"] takes brackets')

    def _attribute(self, node: ast.Attribute) -> Node:
        at, parts, base = self.at(node), [node.attr], node.value
        while isinstance(base, ast.Attribute):
            parts.append(base.attr)
            base = base.value
        parts.reverse()
        if isinstance(base, ast.Name):
            if base.id == "row" and "row" not in self.lines:
                return nodes.ColumnRef(".".join(parts), at=at)
            if base.id == "group":
                return self._group(node, parts, None)
            if base.id in self.lines:
                return self._field(nodes.LineRef(base.id, at=self.at(base)), parts, at)
            if len(parts) <= 2:
                start = at[0]
                end = self.at(node.value)[1] if len(parts) == 2 else at[1]
                return self._field(nodes.Call(f"{base.id}.{parts[0]}", at=(start, end)), parts[1:], at)
        elif isinstance(base, ast.Call):
            called = self.node(base)
            if isinstance(called, nodes.Call):
                return self._field(called, parts, at)
        raise self._refuse(at, "a dot follows row, group, a plugin, a line that holds one verifier, or a verifier")

    def _field(self, of: nodes.Call | nodes.LineRef, parts: list[str], at: Span) -> Node:
        if not parts:
            return of
        if len(parts) > 1:
            raise self._refuse(at, f"'{'.'.join(parts)}' has too many dots; a verifier's score has a single name")
        return nodes.Field(of, parts[0], at=at)

    def _call(self, node: ast.Call) -> Node:
        at, function = self.at(node), node.func
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            if isinstance(argument, ast.Starred):
                raise self._refuse(self.at(argument), "a starred argument is not part of the reward language")
        named: list[tuple[str, Node]] = []
        for one in node.keywords:
            if one.arg is None:
                raise self._refuse(self.at(one.value), "a starred argument is not part of the reward language")
            if any(one.arg == other for other, _ in named):
                raise self._refuse(self.at(one), f"'{one.arg}' is given twice")
            named.append((one.arg, self.node(one.value)))
        if isinstance(function, ast.Name):
            return self._apply(node, function.id, named)
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            base = function.value.id
            if base == "group":
                return self._group(node, [function.attr], named)
            if base == "row":
                raise self._refuse(at, "a column can't be called")
            if base in self.lines:
                raise self._refuse(
                    self.at(function),
                    f"'{base}' is a line of this reward, so '{base}.{function.attr}(...)' can't name a plugin's "
                    f"verifier; rename the line",
                    "name",
                )
            positional = tuple(self.node(argument) for argument in node.args)
            starts = [self.at(one)[0] for one in node.keywords]
            names_at = tuple((start, start + len(name)) for start, (name, _) in zip(starts, named, strict=True))
            return nodes.Call(f"{base}.{function.attr}", positional, tuple(named), at=at, names_at=names_at)
        raise self._refuse(self.at(function), "only functions and verifiers (plugin.leaf) can be called")

    def _apply(self, node: ast.Call, name: str, named: list[tuple[str, Node]]) -> Node:
        at = self.at(node)
        if name not in ARITY:
            near = nearest(name, ARITY)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(sorted(ARITY))}"
            if name in self.lines:
                hint = "it is a line of this reward, and a line is used by its bare name"
            raise self._refuse(self.at(node.func), f"there is no function '{name}'; {hint}", "name")
        arity = ARITY[name]
        operands = tuple(self.node(argument) for argument in node.args)
        if not arity.least <= len(operands) <= arity.most:
            raise self._refuse(at, f"{name} takes {arity.usage}, got {len(operands)} arguments", "argument")
        for one in node.keywords:
            if one.arg not in arity.named:
                wrong = f"{name} has no argument '{one.arg}'; it takes {arity.usage}"
                raise self._refuse(self.at(one), wrong, "argument")
        if name == "case":
            if len(operands) % 2 == 0:
                raise self._refuse(at, f"case takes {arity.usage}; the last value, without a condition, is missing")
            result = operands[-1]
            for condition, value in zip(operands[-3::-2], operands[-2::-2], strict=True):
                result = nodes.IfElse(condition, value, result, at=at)
            return result
        if name == "clip":
            low, high = operands[1:]
            if isinstance(low, nodes.Number) and isinstance(high, nodes.Number) and low.value > high.value:
                raise self._refuse(at, f"clip's lower bound {low.value:g} is above its upper bound {high.value:g}")
        return nodes.Apply(name, operands, tuple(named), at=at)

    def _group(self, node: ast.Call | ast.Attribute, parts: list[str], named: list[tuple[str, Node]] | None) -> Node:
        at, statistic = self.at(node), parts[0]
        if len(parts) > 1 or statistic not in STATISTICS:
            near = nearest(statistic, STATISTICS)
            hint = f"did you mean group.{near}?" if near else f"there are {', '.join(STATISTICS)}"
            raise self._refuse(at, f"there is no group.{'.'.join(parts)}; {hint}", "name")
        arguments = node.args if isinstance(node, ast.Call) else []
        options = dict(named or ())
        where = options.pop("where", None)
        if options:
            raise self._refuse(at, f"group.{statistic} has no argument '{min(options)}'; it takes where=", "argument")
        if statistic == "size":
            if arguments:
                raise self._refuse(at, "group.size takes no value: it is the number of samples of the prompt")
            return nodes.Group("size", None, where, at=at)
        if len(arguments) != 1:
            raise self._refuse(at, f"group.{statistic} takes one value: group.{statistic}(math.answer)", "argument")
        return nodes.Group(statistic, self.node(arguments[0]), where, at=at)

    def _unaryop(self, node: ast.UnaryOp) -> Node:
        at = self.at(node)
        if isinstance(node.op, ast.Invert):
            raise self._refuse(at, "'~' is not part of the reward language; write 'not'")
        operand = self.node(node.operand)
        if isinstance(node.op, ast.Not):
            return nodes.Not(operand, at=at)
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(operand, nodes.Number):
            return nodes.Number(-operand.value, at=at)
        return nodes.Negate(operand, at=at)

    def _binop(self, node: ast.BinOp) -> Node:
        at = self.at(node)
        operator = _OPERATORS.get(type(node.op))
        if operator is None:
            raise self._refuse(at, "this operator is not part of the reward language; it has + - * / **")
        left, right = self.node(node.left), self.node(node.right)
        if operator == "**":
            exponent = constant(right)
            if exponent is not None and abs(exponent) > MAX_EXPONENT:
                raise self._refuse(self.at(node.right), f"the exponent {exponent:g} is above {MAX_EXPONENT}")
        return nodes.Arithmetic(operator, left, right, at=at)

    def _compare(self, node: ast.Compare) -> Node:
        at = self.at(node)
        operands = [node.left, *node.comparators]
        if len(node.ops) == 1:
            operator, left, right = node.ops[0], operands[0], operands[1]
            if isinstance(operator, (ast.Is, ast.IsNot)):
                if not (isinstance(right, ast.Constant) and right.value is None):
                    raise self._refuse(at, "'is' asks only for None; compare values with ==")
                return nodes.IsNone(self.node(left), isinstance(operator, ast.IsNot), at=at)
            if isinstance(operator, (ast.In, ast.NotIn)):
                container = self.node(right)
                if not isinstance(container, (nodes.ListLiteral, nodes.ColumnRef)):
                    raise self._refuse(self.at(right), "'in' needs a literal list or tuple, or a column of lists")
                return nodes.Member(self.node(left), container, isinstance(operator, ast.NotIn), at=at)
        operators = [_COMPARISONS.get(type(operator)) for operator in node.ops]
        if None in operators:
            raise self._refuse(at, "'is' and 'in' can't be part of a chain; put them in brackets")
        if any(isinstance(side, ast.Constant) and side.value is None for side in operands):
            raise self._refuse(at, "a comparison with None is never true; write 'is None' or 'is not None'")
        return nodes.Compare(tuple(map(self.node, operands)), tuple(o for o in operators if o), at=at)

    def _boolop(self, node: ast.BoolOp) -> Node:
        kind = nodes.Or if isinstance(node.op, ast.Or) else nodes.And
        values = [self.node(value) for value in node.values]
        result = values[-1]
        for value in reversed(values[:-1]):
            result = kind(value, result, at=self.at(node))  # from part to part it could cut a bracket from its other
        return result

    def _ifexp(self, node: ast.IfExp) -> Node:
        # `shape + 1 if right else 0` looks like a ternary inside a sum and is a sum inside a ternary; likewise at the
        # other end. Whoever means it adds the brackets that say so.
        for branch in () if self.parenthesised(node) else (node.body, node.orelse):
            if isinstance(branch, ast.BinOp) and isinstance(branch.op, (ast.Add, ast.Sub)):
                if self.parenthesised(branch):
                    continue
                whole, inner = self.source(node), self.source(branch)
                raise self._refuse(
                    self.at(branch),
                    f"it isn't clear whether the '{'+' if isinstance(branch.op, ast.Add) else '-'}' belongs to this "
                    f"branch or to the whole 'if'; Python reads ({inner}) as the branch. Put brackets around the "
                    f"branch or around the 'if': {shorten(' '.join(whole.split()), 80)}",
                )
        return nodes.IfElse(self.node(node.test), self.node(node.body), self.node(node.orelse), at=self.at(node))


def is_line_name(name: str) -> bool:
    """Whether a name can be used in an expression."""
    return name.isidentifier() and not keyword.iskeyword(name)

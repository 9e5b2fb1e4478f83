"""Rewards built in Python by operators: `0.9 * v("math.answer") + 0.1 * v("format.tags", ["think"])`."""

from __future__ import annotations

from typing import Any

__all__ = ["Expression", "v"]


class Expression:
    """A piece of a reward's text that composes by Python's operators.

    `&`, `|` and `~` stand for `and`, `or` and `not`, which Python doesn't let a class define. `str()` of the result
    is the line to put into a file. The text is read when a reward is made of it, by the one reader that there is.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Expression({self._text!r})"

    def __getattr__(self, field: str) -> Expression:
        """A named field of a verifier that returns several scores."""
        if field.startswith("_"):
            raise AttributeError(field)
        return Expression(f"{self._text}.{field}")

    def __bool__(self) -> bool:
        raise TypeError(
            "a reward expression has no truth value in Python; use & | ~ for and, or, not, and .where(condition, "
            "otherwise) for 'if'. A chain a < b < c is (a < b) & (b < c)."
        )

    __hash__ = None  # type: ignore[assignment]

    def where(self, condition: Expression, otherwise: Any = None) -> Expression:
        """`self if condition else otherwise`; without the other value the sample is left out."""
        return Expression(f"({_operand(self)} if {_operand(condition)} else {_operand(otherwise)})")

    def __add__(self, other: Any) -> Expression:
        return _binary(self, "+", other)

    def __radd__(self, other: Any) -> Expression:
        return _binary(other, "+", self)

    def __sub__(self, other: Any) -> Expression:
        return _binary(self, "-", other)

    def __rsub__(self, other: Any) -> Expression:
        return _binary(other, "-", self)

    def __mul__(self, other: Any) -> Expression:
        return _binary(self, "*", other)

    def __rmul__(self, other: Any) -> Expression:
        return _binary(other, "*", self)

    def __truediv__(self, other: Any) -> Expression:
        return _binary(self, "/", other)

    def __rtruediv__(self, other: Any) -> Expression:
        return _binary(other, "/", self)

    def __pow__(self, other: Any) -> Expression:
        return _binary(self, "**", other)

    def __rpow__(self, other: Any) -> Expression:
        return _binary(other, "**", self)

    def __lt__(self, other: Any) -> Expression:
        return _binary(self, "<", other)

    def __le__(self, other: Any) -> Expression:
        return _binary(self, "<=", other)

    def __gt__(self, other: Any) -> Expression:
        return _binary(self, ">", other)

    def __ge__(self, other: Any) -> Expression:
        return _binary(self, ">=", other)

    def __eq__(self, other: Any) -> Expression:  # type: ignore[override]
        return _binary(self, "==", other)

    def __ne__(self, other: Any) -> Expression:  # type: ignore[override]
        return _binary(self, "!=", other)

    def __and__(self, other: Any) -> Expression:
        return _binary(self, "and", other)

    def __rand__(self, other: Any) -> Expression:
        return _binary(other, "and", self)

    def __or__(self, other: Any) -> Expression:
        return _binary(self, "or", other)

    def __ror__(self, other: Any) -> Expression:
        return _binary(other, "or", self)

    def __neg__(self) -> Expression:
        return Expression(f"(-{_operand(self)})")

    def __invert__(self) -> Expression:
        return Expression(f"(not {_operand(self)})")


def v(name: str, *arguments: Any, **named: Any) -> Expression:
    """Name anything of the reward language from Python: a verifier, a function, `row.level`, `tokens`, `group.mean`.

    Arguments may be numbers, texts, lists, `None` or other expressions.

    >>> str(0.9 * v("math.answer", reference=v("row.answer")) + 0.1 * v("format.tags", ["think"]))
    "((0.9 * math.answer(reference=row.answer)) + (0.1 * format.tags(['think'])))"
    """
    given = [*map(_operand, arguments), *(f"{key}={_operand(value)}" for key, value in named.items())]
    return Expression(f"{name}({', '.join(given)})" if given else name)


def _binary(left: Any, operator: str, right: Any) -> Expression:
    return Expression(f"({_operand(left)} {operator} {_operand(right)})")


def _operand(value: Any) -> str:
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_operand, value))}]"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    raise TypeError(f"a {type(value).__name__} can't stand in a reward expression: {value!r}")

"""What a type checker knows of a verifier: `make lint` checks this file, nothing runs it.

A line with `type: ignore` must be an error: mypy says so where the ignore is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type

from assay import Verdict, Verifier, hookimpl, verifier


@dataclass(frozen=True)
class Case:
    """Options that verifiers share."""

    ignore_case: bool = True


@verifier
def palindrome(completion: str, *, ignore_case: bool = True) -> float:
    """Use the decorator bare."""
    return float(completion == completion[::-1])


@verifier(boolean=True, timeout=3.0)
def same(completion: str, reference: str, *, case: Case = Case()) -> Verdict | None:
    """Use it with arguments, and with a group of options."""
    return Verdict(float(completion == reference))


@verifier(scope="group")
def rarest(completion: list[str]) -> list[float]:
    """Judge a group."""
    return [0.0] * len(completion)


@verifier(kind="io")
async def remote(completion: str) -> bool:
    """Ask a service."""
    return bool(completion)


assert_type(palindrome("abba", ignore_case=False), float)
assert_type(same("a", "b", case=Case(ignore_case=False)), Verdict | None)
assert_type(rarest(["a", "b"]), list[float])

palindrome("abba", ignore_cas=False)  # type: ignore[call-arg]
palindrome(3)  # type: ignore[arg-type]
palindrome("abba", ignore_case="no")  # type: ignore[arg-type]
same("a")  # type: ignore[call-arg]
same("a", "b", case=True)  # type: ignore[arg-type]
rarest("ab")  # type: ignore[arg-type]


verifier(scope="grup")  # type: ignore[call-overload]


async def asked() -> bool:
    """Wait for a coroutine function."""
    return assert_type(await remote("a"), bool)


def anywhere(one: Verifier) -> Any:
    """Take a verifier of any function."""
    return one("whatever", it=takes_any_options())


def takes_any_options() -> int:
    """Return some option."""
    return 1


anywhere(palindrome)
assert_type(palindrome.summary, str)
assert_type(palindrome.installed_as("demo", "assay-demo", "1")("abba"), float)


@hookimpl
def assay_verifiers() -> list[Verifier]:
    """Provide all of them."""
    return [palindrome, same, rarest, remote]

"""Verifiers whose verdicts are written in the data, so that every combination of statuses can be tried."""

from __future__ import annotations

import pytest

from assay import Verdict, hookimpl, verifier
from assay._plugins.registry import Registry


def said(value: object) -> Verdict:
    """The verdict that a cell asks for: a number is a score, a text a status."""
    match value:
        case "abstain":
            return Verdict.abstain("told to abstain")
        case "error":
            return Verdict.error("told to fail")
        case "bad":
            return Verdict.bad_reference("told to refuse the reference")
        case "timeout":
            return Verdict.timeout("told to time out")
    return Verdict(float(value))


class Said:
    """The plugin `say`: `say.a` says what the column `a` holds, and remembers whom it was asked about."""

    __name__ = "said"

    def __init__(self) -> None:
        self.asked: dict[str, list[object]] = {"a": [], "b": [], "c": []}
        plugin = self

        @verifier(range=(-100, 100), pure=False, bounded=True)
        def a(row, *, level: int = 1):
            plugin.asked["a"].append(row["id"])
            return said(row["a"])

        @verifier(range=(-100, 100), pure=False, bounded=True)
        def b(row):
            plugin.asked["b"].append(row["id"])
            return said(row["b"])

        @verifier(range=(-100, 100), fields={"twice": (-200, 200)}, pure=False, bounded=True)
        def c(row):
            plugin.asked["c"].append(row["id"])
            verdict = said(row["c"])
            if verdict.score is None:
                return verdict
            return Verdict(verdict.score, fields={"twice": 2 * verdict.score}, status=verdict.status)

        @verifier(boolean=True, pure=False, bounded=True)
        def yes(row):
            return said(row["a"])

        @verifier(boolean={"credit": "all"}, bounded=True)
        def firm(row, *, credit: str = "all"):
            return 1.0

        @verifier(bounded=True)
        def same(completion: str, reference: str, *, ignore_case: bool = False, words: list[str] | None = None):
            return float(completion == reference)

        @verifier(scope="group", bounded=True)
        def most(completion):
            return [float(one == max(sorted(completion), key=completion.count)) for one in completion]

        @verifier(bounded=True)
        def painted(completion: str):
            if completion == "fails":
                return Verdict.error("the painter is ill")
            return Verdict(1.0, artefact=None if completion == "blank" else completion.upper())

        @verifier(bounded=True)
        def looks(image: object, *, like: str = "X"):
            return float(image == like)

        self.offered = [a, b, c, yes, firm, same, most, painted, looks]

    @hookimpl
    def assay_verifiers(self):
        return self.offered

    @hookimpl
    def assay_functions(self):
        return {"double": lambda x, by=2.0: x * by, "breaks": lambda x: 1 / 0}


@pytest.fixture
def plugin() -> Said:
    return Said()


@pytest.fixture
def registry(plugin: Said) -> Registry:
    registry = Registry(discover=False)
    registry.register(plugin, "say")
    return registry


@pytest.fixture
def judge(registry: Registry):
    """Score rows by a reward; a row is given by what `a`, `b` and `c` say and the group it belongs to."""
    from assay import score

    def run(reward, *rows, **columns):
        filled = [
            {"id": i, "completion": f"text {i}", "group": 0, "a": 1.0, "b": 1.0, "c": 1.0, "x": 1.0, "tokens": i} | row
            for i, row in enumerate(rows or [{}])
        ]
        return score(filled, reward, registry=registry, **columns)

    return run

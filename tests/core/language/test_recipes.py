"""166 published rewards, written in the language by hand, as a test of the grammar.

Thirteen of them hold a sum as the bare branch of an 'if', which rule 3 refuses because it reads two ways; the test
adds the brackets that the refusal asks for, as Python would place them, and then expects them to be accepted.
"""

from __future__ import annotations

import ast
import re

import pytest
import yaml

from assay import RewardError, Scorer
from assay.language import Reward
from assay.registry import Registry


@pytest.fixture(scope="module")
def published(shared):
    draft = (shared / "seeds" / "recipes_draft.md").read_text()
    entries = re.split(r"^## (?=\d+\. )", draft, flags=re.MULTILINE)[1:]
    lines = {}
    for entry in entries:
        (block,) = re.findall(r"```yaml\n(.*?)```", entry, flags=re.DOTALL)
        lines[entry.partition("\n")[0]] = yaml.safe_load(block) or {}
    return lines


class Brackets(ast.NodeVisitor):
    """Finds the sums that are bare branches of an 'if'."""

    def __init__(self):
        self.spans = []

    def visit_IfExp(self, node):
        for branch in (node.body, node.orelse):
            if isinstance(branch, ast.BinOp) and isinstance(branch.op, (ast.Add, ast.Sub)):
                self.spans.append((branch.col_offset, branch.end_col_offset))
        self.generic_visit(node)


def bracketed(text):
    finder = Brackets()
    finder.visit(ast.parse(text, mode="eval"))
    for start, end in sorted(finder.spans, reverse=True):
        text = f"{text[:start]}({text[start:end]}){text[end:]}"
    return text


def test_there_are_166(published):
    assert len(published) == 166


def test_each_is_read_and_checked(published):
    """Nothing but unknown verifiers, and options that a later version of a known one will have, may be wrong."""
    refused, no_total = [], []
    for title, lines in published.items():
        try:
            Reward(lines)
        except RewardError as problem:
            if any("brackets" in one.message for one in problem.problems):
                refused.append(title)
                lines = {name: bracketed(str(text)) for name, text in lines.items()}
        if "total" not in lines:
            no_total.append(title)
            lines["total"] = min(lines) if lines else "1"
        reward = Reward(lines)
        try:
            Scorer(reward, registry=Registry(discover=False))
        except RewardError as problem:
            assert {one.kind for one in problem.problems} == {"plugin"}, f"{title}\n{problem}"
    assert len(refused) == 13
    assert len(no_total) == 20


def test_against_the_installed_plugins(published):
    """With the installed plugins' verifiers known, their options and fields are checked too."""
    allowed = re.compile(r"no plugin named|is not installed|has no verifier|has no option or input")
    for title, lines in published.items():
        lines = {name: bracketed(str(text)) for name, text in lines.items()}
        lines.setdefault("total", "1")
        try:
            Scorer(lines)
        except RewardError as problem:
            for one in problem.problems:
                assert allowed.search(one.message), f"{title}\n{one}"

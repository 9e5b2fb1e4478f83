"""All of HumanEval: what its authors wrote is right, and what behaves otherwise is wrong."""

from __future__ import annotations

import ast
import gzip
import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from boxes import USABLE

import assay_code
from assay import installed
from assay.sandbox import Limits, Program

MUTANTS = 3


@pytest.fixture(scope="module")
def tasks(shared):
    """The 164 tasks of Chen et al., "Evaluating large language models trained on code" (2021)."""
    with gzip.open(shared / "data" / "humaneval" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def judged(task, program, box):
    return assay_code.tests(
        program, task["test"], entry_point=task["entry_point"], prefix=task["prompt"], sandbox=box, seconds=10.0
    )


COMPARE = {ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In}  # fmt: skip
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.Mult, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Pow: ast.Add}  # fmt: skip


class Mutation(ast.NodeTransformer):
    """Changes the place of a given number in a program: an operator, a constant, a condition, a result."""

    def __init__(self, place):
        self.place, self.count = place, -1

    def here(self):
        self.count += 1
        return self.count == self.place

    def visit_Compare(self, node):
        self.generic_visit(node)
        if type(node.ops[0]) in COMPARE and self.here():
            node.ops[0] = COMPARE[type(node.ops[0])]()
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if type(node.op) in BINARY and self.here():
            node.op = BINARY[type(node.op)]()
        return node

    def visit_Constant(self, node):
        if isinstance(node.value, bool):
            return ast.Constant(not node.value) if self.here() else node
        if isinstance(node.value, (int, float)):
            return ast.Constant(node.value + 1) if self.here() else node
        if isinstance(node.value, str):
            return ast.Constant(node.value + "x") if self.here() else node
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        if self.here():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_Return(self, node):
        self.generic_visit(node)
        if node.value is not None:
            if self.here():
                node.value = ast.Constant(None)
            if self.here():
                node.value = ast.Tuple([node.value], ast.Load())
            if self.here():
                node.value = ast.List([node.value], ast.Load())
        return node


def mutants(task):
    """Yield programs that differ from the right one in one place, in an order that depends on the task alone."""
    tree = ast.parse(task["prompt"] + task["canonical_solution"])
    function = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == task["entry_point"])
    body = function.body[1:]  # without the docstring
    counter = Mutation(-1)
    for one in body:
        counter.visit(one)
    places = list(range(counter.count + 1))
    random.Random(task["task_id"]).shuffle(places)
    for place in places:
        copy = ast.parse(task["prompt"] + task["canonical_solution"])
        mutated = next(one for one in copy.body if isinstance(one, ast.FunctionDef) and one.name == task["entry_point"])
        mutation = Mutation(place)
        mutated.body = [mutated.body[0], *[mutation.visit(one) for one in mutated.body[1:]]]
        yield ast.unparse(ast.fix_missing_locations(copy))


def fails_for_itself(task, program, box):
    """Whether plain Python refuses a mutant by the task's own tests: only then does it behave otherwise."""
    source = f"{program}\n{task['test']}\ncheck({task['entry_point']})\n"
    execution = installed().sandbox(box).run(Program(source=source), Limits(wall=3.0))
    assert execution.status != "unavailable", execution.reason
    return execution.status != "ok"


@pytest.fixture(scope="module")
def wrong(box):
    """Programs for a task that differ from the right one in one place and fail the task's tests in plain Python."""
    known = {}

    def of(task):
        if task["task_id"] not in known:
            failing = (program for program in mutants(task) if fails_for_itself(task, program, box))
            known[task["task_id"]] = list(islice(failing, MUTANTS))
        return known[task["task_id"]]

    return of


def misjudged(task, programs, box):
    """Return how a task was misjudged, `None` if it wasn't."""
    if len(programs) < MUTANTS:
        return f"{task['task_id']}: only {len(programs)} mutations change what it does"
    for program, score in ((task["canonical_solution"], 1), *((program, 0) for program in programs)):
        verdict = judged(task, program, box)
        if verdict.score != score:
            return f"{task['task_id']}: {verdict}\n{program}"
    return None


def test_a_sample(tasks, wrong, box):
    chosen = random.Random(0).sample(tasks, 8) + [tasks[n] for n in (32, 38, 50, 53, 151)]
    assert [bad for task in chosen if (bad := misjudged(task, wrong(task), box))] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", USABLE)
def test_all_of_them(tasks, wrong, name):
    assert len(tasks) == 164
    programs = [wrong(task) for task in tasks]
    with ThreadPoolExecutor(2) as threads:
        found = threads.map(lambda task, some: misjudged(task, some, name), tasks, programs)
        assert [bad for bad in found if bad] == []

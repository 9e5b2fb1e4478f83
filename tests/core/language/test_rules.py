"""The six rules that keep a reward honest, against an interpreter of single samples written from the rules alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay import score
from assay._language import Reward, nodes
from assay._plugins.registry import Registry

SAID = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, "abstain", "error", "bad", "timeout"])
ROWS = st.lists(
    st.fixed_dictionaries({"a": SAID, "b": SAID, "c": SAID, "x": st.sampled_from([0.0, 1.0, 3.0]), "group": st.sampled_from([0, 1, 2])}),
    min_size=1,
    max_size=7,
)  # fmt: skip

LEAVES = st.sampled_from(["say.a", "say.b", "say.c", "say.c.twice", "row.x", "0", "1", "-2", "0.5"])


def grow(inner):
    two = st.tuples(inner, inner)
    three = st.tuples(inner, inner, inner)
    condition = inner.map(lambda e: f"({e}) > 0.25")
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(condition, inner, inner).map(lambda t: f"({t[1]}) if {t[0]} else ({t[2]})"),
        two.map(lambda t: f"({t[0]}) or ({t[1]})"),
        two.map(lambda t: f"({t[0]}) and ({t[1]})"),
        condition.map(lambda e: f"not ({e})"),
        two.map(lambda t: f"({t[0]}) <= ({t[1]})"),
        two.map(lambda t: f"min({t[0]}, {t[1]})"),
        three.map(lambda t: f"sum({', '.join(t)})"),
        three.map(lambda t: f"mean({', '.join(t)}, weights=[1, 2, 0])"),
        two.map(lambda t: f"default({t[0]}, {t[1]})"),
        two.map(lambda t: f"default({t[0]}, 0, on_error={t[1]})"),
        inner.map(lambda e: f"scored({e})"),
        inner.map(lambda e: f"({e}) is None"),
        three.map(lambda t: f"ratio({t[0]}, {t[1]}, {t[2]})"),
        st.tuples(st.sampled_from(["mean", "min", "max", "std", "count", "any", "rank", "zscore"]), inner).map(lambda t: f"group.{t[0]}({t[1]})"),
        st.tuples(inner, condition).map(lambda t: f"group.mean({t[0]}, where={t[1]})"),
        condition.map(lambda e: f"group.size(where={e})"),
    )  # fmt: skip


EXPRESSIONS = st.recursive(LEAVES, grow, max_leaves=6)
ORDER = ["scored", "timeout", "abstained", "bad_reference", "error"]
HAS_SCORE = ("scored", "timeout")


class Oracle:
    """Evaluates one sample at a time, by the rules of the language and nothing else."""

    def __init__(self, rows):
        self.rows = rows
        #: Which verifier was needed for which sample.
        self.needed = set()

    def run(self, node, i):
        status, value = self.value(node, i)
        if status in HAS_SCORE and not math.isfinite(value):
            return "error", None
        return status, value if status in HAS_SCORE else None

    def strict(self, operate, *operands):
        worst = max((status for status, _ in operands), key=ORDER.index)
        if worst not in HAS_SCORE:
            return worst, None
        try:
            return worst, operate(*(value for _, value in operands))
        except (ZeroDivisionError, OverflowError):
            return "error", None

    def value(self, node, i):
        run = self.run
        match node:
            case nodes.Number(value=value):
                return "scored", float(value)
            case nodes.ColumnRef(path=path):
                return "scored", self.rows[i][path]
            case nodes.Field():
                return self.strict(lambda v: 2 * v, run(node.of, i))
            case nodes.Call(name=name):
                self.needed.add((name[-1], i))
                return self.said(self.rows[i][name[-1]])
            case nodes.Negate(operand=operand):
                return self.strict(lambda v: -v, run(operand, i))
            case nodes.Not(operand=operand):
                return self.strict(lambda v: float(not v > 0), run(operand, i))
            case nodes.Arithmetic(operator=operator, left=left, right=right):
                operate = {"+": float.__add__, "-": float.__sub__, "*": float.__mul__, "/": float.__truediv__}[operator]
                return self.strict(operate, run(left, i), run(right, i))
            case nodes.Compare(operands=(left, right), operators=(operator,)):
                operate = {"<=": float.__le__, ">": float.__gt__}[operator]
                return self.strict(lambda a, b: float(operate(a, b)), run(left, i), run(right, i))
            case nodes.IsNone(operand=operand):
                status, _ = run(operand, i)
                return ("scored", 1.0) if status == "abstained" else (status, 0.0)
            case nodes.IfElse(condition=condition, then=then, otherwise=otherwise):
                status, value = run(condition, i)
                if status not in HAS_SCORE:
                    return status, None
                taken = run(then if value > 0 else otherwise, i)
                return ("timeout", taken[1]) if (status, taken[0]) == ("timeout", "scored") else taken
            case nodes.Or(left=left, right=right):
                first = run(left, i)
                if first[0] == "error" or (first[0] in HAS_SCORE and first[1] > 0):
                    return first
                second = run(right, i)
                return first if second[0] == "abstained" else second
            case nodes.And(left=left, right=right):
                first = run(left, i)
                return run(right, i) if first[0] in HAS_SCORE and first[1] > 0 else first
            case nodes.Apply(function="min", operands=operands):
                return self.strict(min, *(run(one, i) for one in operands))
            case nodes.Apply(function="sum" | "mean" as function, operands=operands, named=named):
                weights = [1.0] * len(operands) if not named else [float(w.value) for w in named[0][1].items]
                each = [(*run(one, i), weight) for one, weight in zip(operands, weights, strict=True)]
                left = [one for one in each if one[0] != "abstained"]
                if not left:
                    return "abstained", None
                worst = max((one[0] for one in left), key=ORDER.index)
                if worst not in HAS_SCORE:
                    return worst, None
                pooled = sum(value * weight for _, value, weight in left)
                if function == "mean":
                    share = sum(weight for _, _, weight in left)
                    return ("error", None) if share == 0 else (worst, pooled / share)
                return worst, pooled
            case nodes.Apply(function="default", operands=(operand, instead), named=named):
                first = run(operand, i)
                if first[0] == "abstained":
                    first = run(instead, i)
                if first[0] == "error" and named:
                    first = run(named[0][1], i)
                return first
            case nodes.Apply(function="scored", operands=(operand,)):
                return "scored", float(run(operand, i)[0] in HAS_SCORE)
            case nodes.Apply(function="ratio", operands=(dividend, divisor, otherwise)):
                quotient = self.strict(lambda a, b: None if b == 0 else a / b, run(dividend, i), run(divisor, i))
                return run(otherwise, i) if quotient[0] in HAS_SCORE and quotient[1] is None else quotient
            case nodes.Group():
                return self.group(node, i)
        raise AssertionError(node)

    def said(self, value):
        if isinstance(value, str):
            return {"abstain": "abstained", "error": "error", "bad": "bad_reference"}.get(value, value), 0.0
        return "scored", value

    def group(self, node, i):
        members = [j for j, row in enumerate(self.rows) if row["group"] == self.rows[i]["group"]]
        pool = []
        for j in members:
            status, value = self.run(node.operand, j) if node.operand else ("scored", 1.0)
            inside = self.run(node.where, j) if node.where else ("scored", 1.0)
            if status in HAS_SCORE and inside[0] in HAS_SCORE and inside[1] > 0:
                pool.append(value)
        if node.statistic == "size":
            return "scored", float(len(pool))
        if node.statistic in ("rank", "zscore"):
            status, own = self.run(node.operand, i)
            if status not in HAS_SCORE:
                return status, None
            if node.statistic == "rank":
                others = len(pool) - 1
                return status, (
                    sum(v < own for v in pool) + (sum(v == own for v in pool) - 1) / 2
                ) / others if others else 0.5
            mean = sum(pool) / len(pool)
            std = 0 if len(set(pool)) == 1 else math.sqrt(sum((v - mean) ** 2 for v in pool) / len(pool))
            return status, (own - mean) / std if std else 0.0
        if not pool:
            return "abstained", None
        mean = sum(pool) / len(pool)
        return "scored", {
            "mean": mean,
            "min": min(pool),
            "max": max(pool),
            "std": 0.0 if len(set(pool)) == 1 else math.sqrt(sum((v - mean) ** 2 for v in pool) / len(pool)),
            "count": float(sum(v > 0 for v in pool)),
            "any": float(any(v > 0 for v in pool)),
        }[node.statistic]


SETTINGS = settings(
    max_examples=4 * settings.default.max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def evaluate(reward, rows, registry):
    filled = [row | {"id": i, "completion": str(i)} for i, row in enumerate(rows)]
    return score(filled, reward, registry=registry)


def same(left, right):
    return left.status == right.status and all(
        (math.isnan(a) and math.isnan(b)) or a == b for a, b in zip(left.total, right.total, strict=True)
    )


@given(EXPRESSIONS, ROWS)
@SETTINGS
def test_every_expression_means_what_the_rules_say(registry: Registry, expression, rows):
    scores = evaluate(expression, rows, registry)
    node = Reward(expression).lines["total"]
    oracle = Oracle(rows)
    for i, (status, total) in enumerate(zip(scores.status, scores.total, strict=True)):
        expected, value = oracle.run(node, i)
        assert status == expected, (expression, rows[i])
        if value is None:
            assert math.isnan(total)
        else:
            assert total == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(EXPRESSIONS, ROWS)
@SETTINGS
def test_what_is_needed_is_judged_once_and_nothing_else_is(registry, plugin, expression, rows):
    for asked in plugin.asked.values():
        asked.clear()
    evaluate(expression, rows, registry)
    oracle = Oracle(rows)
    for i in range(len(rows)):
        oracle.run(Reward(expression).lines["total"], i)
    assert sorted((name, i) for name, asked in plugin.asked.items() for i in asked) == sorted(oracle.needed)


@given(EXPRESSIONS, ROWS, st.randoms())
@SETTINGS
def test_the_order_of_samples_never_matters(registry, expression, rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    plain, shuffled = evaluate(expression, rows, registry), evaluate(expression, [rows[i] for i in order], registry)
    for position, i in enumerate(order):
        assert shuffled.status[position] == plain.status[i]
        assert shuffled.total[position] == plain.total[i] or math.isnan(plain.total[i])


@given(EXPRESSIONS, EXPRESSIONS, ROWS)
@SETTINGS
def test_inlining_a_named_line_changes_nothing(registry, inner, outer, rows):
    named = {"part": inner, "total": outer.replace("say.b", "part").replace("part.", "say.b.")}
    inlined = outer.replace("say.b", f"({inner})")
    assert same(evaluate(named, rows, registry), evaluate(inlined, rows, registry))


@given(EXPRESSIONS, ROWS, ROWS)
@SETTINGS
def test_a_group_never_hears_of_another(registry, expression, rows, others):
    elsewhere = [row | {"group": 9} for row in others]
    together = evaluate(expression, rows + elsewhere, registry)
    alone = evaluate(expression, rows, registry)
    assert together.status[: len(rows)] == alone.status
    assert all(a == b or math.isnan(b) for a, b in zip(together.total, alone.total, strict=False))


@given(
    EXPRESSIONS,
    ROWS,
    st.sampled_from(
        [
            "{} + 1",
            "1 - {}",
            "2 * {}",
            "{} / 3",
            "-({})",
            "abs({})",
            "max({}, 0)",
            "min({}, 100)",
            "clip({}, 0, 1)",
            "{} > 0",
            "tanh({})",
        ]
    ),
)
@SETTINGS
def test_rule_1_arithmetic_is_strict(registry, expression, rows, template):
    inner = evaluate(expression, rows, registry)
    outer = evaluate(template.format(f"({expression})"), rows, registry)
    assert outer.status == inner.status


@given(EXPRESSIONS, ROWS)
@SETTINGS
def test_rule_2_an_error_wins(registry, expression, rows):
    failing = [row | {"a": "error"} for row in rows]
    scores = evaluate(f"(say.a) + ({expression})", failing, registry)
    assert set(scores.status) == {"error"}


@given(EXPRESSIONS, ROWS)
@SETTINGS
def test_rule_6_unused_lines_change_nothing(registry, expression, rows):
    plain = evaluate(expression, rows, registry)
    logged = evaluate({"unused": "say.a / 0 + say.b", "total": expression}, rows, registry)
    assert same(plain, logged)
    assert "not evaluated" not in logged.lines["unused"].status


def test_rule_1_a_published_sum_is_not_paid_where_its_answer_was_not_judged(judge):
    assert judge("0.9 * say.a + 0.1 * say.b", {"a": "abstain"}).status == ["abstained"]


class TestLaziness:
    """What need not be evaluated is not."""

    def asked(self, judge, plugin, reward, *rows):
        judge(reward, *rows)
        return plugin.asked

    def test_a_branch_not_taken(self, judge, plugin):
        asked = self.asked(judge, plugin, "say.a if row.x == 1 else say.b", {"x": 1}, {"x": 2}, {"x": 1})
        assert (asked["a"], asked["b"]) == ([0, 2], [1])

    def test_a_cascade(self, judge, plugin):
        asked = self.asked(judge, plugin, "say.a or say.b", {"a": 1}, {"a": 0}, {"a": "abstain"}, {"a": "bad"}, {"a": "error"}, {"a": -1})  # fmt: skip
        assert asked["b"] == [1, 2, 3, 5]

    def test_a_gate(self, judge, plugin):
        asked = self.asked(judge, plugin, "say.a and say.b", {"a": 1}, {"a": 0}, {"a": "abstain"}, {"a": -1})
        assert asked["b"] == [0]

    def test_a_ladder(self, judge, plugin):
        asked = self.asked(
            judge, plugin, "case(row.x > 2, say.a, row.x > 1, say.b, say.c)", {"x": 3}, {"x": 2}, {"x": 1}
        )
        assert (asked["a"], asked["b"], asked["c"]) == ([0], [1], [2])

    def test_a_ternary_whose_condition_abstains(self, judge, plugin):
        asked = self.asked(judge, plugin, "say.b if say.yes else say.c", {"a": "abstain"}, {"a": "error"}, {"a": "bad"})
        assert (asked["b"], asked["c"]) == ([], [])

    def test_a_call_that_several_lines_use_is_made_once(self, judge, plugin):
        reward = {"one": "say.a + say.a()", "two": "say.a(1)", "three": "say.a(level=1)", "total": "one + two"}
        assert self.asked(judge, plugin, reward, {}, {})["a"] == [0, 1]

    def test_fields_of_one_call_are_one_evaluation(self, judge, plugin):
        assert self.asked(judge, plugin, "say.c + say.c.twice + say.c.score", {})["c"] == [0]

    def test_a_group_operand_runs_for_the_whole_group_and_no_other(self, judge, plugin):
        reward = "group.mean(say.a) if row.x > 1 else 0"
        asked = self.asked(judge, plugin, reward, {"x": 2}, {"x": 1}, {"x": 1, "group": 7})
        assert sorted(asked["a"]) == [0, 1]

    def test_a_line_that_was_skipped_is_logged_as_such(self, judge):
        scores = judge({"extra": "say.b", "total": "extra if row.x > 1 else 0"}, {"x": 1}, {"x": 2})
        assert scores.lines["extra"].status == ["not evaluated", "scored"]
        assert math.isnan(scores.lines["extra"].values[0])

"""Names and arguments are checked before anything is evaluated."""

from __future__ import annotations

import pytest

from assay import RewardError, Scorer


@pytest.mark.parametrize(
    ("reward", "kind", "message"),
    [
        ("nobody.a", "plugin", "no plugin named 'nobody'"),
        ("sya.a", "plugin", "did you mean 'say'"),
        ("maths.answer", "plugin", "pip install assay-math"),
        ("say.d", "plugin", "it has a, b, c"),
        ("say.sam", "plugin", "did you mean say.same"),
        ("say.a(levle=2)", "argument", "did you mean 'level'"),
        ("say.a(1, 2)", "argument", "has the options level"),
        ("say.b(1)", "argument", "has no options"),
        ("say.a(1, level=2)", "argument", "given twice"),
        ("say.a(level='high')", "argument", "'level' must be int"),
        ("say.a(level=True)", "argument", "'level' must be int"),
        ("say.a(level=1.5)", "argument", "'level' must be int"),
        ("say.a(level=say.b)", "argument", "neither"),
        ("say.same(words=['a', 1])", "argument", "'words' must be"),
        ("say.same(reference=None)", "argument", "takes a column"),
        ("say.same(reference=tokens + row.x)", "argument", "takes a column"),
        ("say.same(reference=row.gold)", "column", "no column 'gold'"),
        ("say.same(reference=row.completoin)", "column", "did you mean row.completion"),
        ("say.same", "column", "needs 'reference'"),
        ("row.nope", "column", "no column 'nope'"),
        ("say.c.nope", "name", "it has score, twice"),
        ("say.c.twise", "name", "did you mean 'twice'"),
        ({"two": "say.c + 1", "total": "two.twice"}, "type", "not one verifier"),
        ("1 if say.c else 0", "type", "graded"),
        ("not say.c", "type", "graded"),
        ("not say.firm(credit='part')", "type", "graded"),
        ("1 if say.firm(credit=row.x) else 0", "type", "graded"),
        ({"graded": "say.c", "total": "1 if graded else 0"}, "type", "graded"),
        ("group.mean(tokens, where=say.c)", "type", "graded"),
        ("row.task == 1", "type", "never equal"),
        ("row.x == 'a'", "type", "never equal"),
        ("row.task > 'a'", "type", "== and !="),
        ("row.task + 1", "type", "is a text"),
        ("1 if row.task else 0", "type", "is a text"),
        ("max(row.task, 1)", "type", "is a text"),
        ("row.tags * 2", "type", "is a list"),
        ("row.x in row.task", "type", "column of lists"),
        ("row.task in (1, 2)", "type", "never equal"),
        ("completion", "type", "must be a number"),
        ("row.task", "type", "must be a number"),
        ("row.task if row.x > 0 else 'b'", "type", "must be a number"),
        ("'text'", "type", "must be a number"),
        ("1 + None", "type", "None"),
        ("say.double(row.task)", "type", "is a text"),
        ("mean(1, 2, weights=[1])", "argument", "2 values and 1 weights"),
        ("mean(1, 2, weights=row.x)", "argument", "literal numbers"),
        ("mean(1, 2, weights=[1, -1])", "argument", "negative"),
        ("mean(1, 2, weights=[0, 0])", "argument", "above 0"),
        ("step", "column", "while training"),
        ("progress > 0.5", "column", "while training"),
        ("1 if truncated else 0", "column", "cut"),
        ("say.a(level=row.task)", "type", "'level' must be int"),
    ],
)
def test_refuses(judge, reward, kind, message):
    with pytest.raises(RewardError, match=message) as caught:
        judge(reward, {"task": "sql", "tags": ["a"]}, {"task": "math", "tags": []})
    assert kind in {problem.kind for problem in caught.value.problems}


def test_nothing_is_evaluated_when_something_is_wrong(judge, plugin):
    with pytest.raises(RewardError):
        judge("say.a + row.nope", {})
    assert plugin.asked["a"] == []


def test_a_group_verifier_takes_no_option_from_a_row(registry, plugin):
    from assay import verifier
    from assay._contract.verifier import Verifier

    @verifier(scope="group")
    def ranked(completion, *, depth: int = 1):
        return [0.0] * len(completion)

    assert isinstance(ranked, Verifier)
    plugin.offered.append(ranked)
    registry = type(registry)(discover=False)
    registry.register(plugin, "say")
    with pytest.raises(RewardError, match="whole groups"):
        Scorer("say.ranked(depth=row.x)", registry=registry)


def test_a_line_may_have_an_installed_plugins_name_that_it_does_not_use(judge):
    assert judge({"say": "tokens > 1", "total": "say"}, {}, {}, {}).total.tolist() == [0, 0, 1]


def test_equal_calls_have_one_label(judge):
    scores = judge("say.a + say.a() + say.a(1) + say.a(level=1) + say.a(level=2)", {})
    assert list(scores.verifiers) == ["say.a", "say.a(level=2)"]


def test_a_dotted_path_needs_only_its_first_column(judge):
    assert judge("row.meta.deep", {"meta": {"deep": 3}}, {"meta": {}}).status == ["scored", "abstained"]


def test_check_before_the_data_is_scored(registry):
    scorer = Scorer("say.same + tokens + step", registry=registry)
    scorer.check(["completion", "reference"])
    with pytest.raises(RewardError, match="needs 'reference'"):
        scorer.check(["completion", "answer"])
    with pytest.raises(RewardError, match="step"):
        scorer.check(["completion", "reference"], known=["tokens"])


@pytest.mark.parametrize(
    ("reward", "pointed_at"),
    [
        ("0.5 * say.a(levle=2)", "levle"),
        ("say.a( levle = 2 )", "levle"),
        ("say.a(1, level=2)", "level"),
        ("say.same(words=['ü'], ignore_cse=True)", "ignore_cse"),
        ("clip(say.c, 0, 1) + mean(say.c, wieghts=[1])", "wieghts=[1]"),
    ],
)
def test_an_argument_that_is_none_is_pointed_at(judge, reward, pointed_at):
    with pytest.raises(RewardError) as refused:
        judge(reward, {"reference": "x", "c": 1})
    (problem,) = refused.value.problems
    assert reward[slice(*problem.at)] == pointed_at
    *_, text, carets = str(problem).splitlines()
    assert text[carets.index("^") : carets.rindex("^") + 1] == pointed_at


def test_checking_takes_no_longer_than_reading(judge):
    """Each part is looked at once: asked again for each neighbour, this would take 3 ** 60 steps."""
    text = "row.x"
    for _ in range(60):
        text = f"({text}) in (0, 1)"
    assert judge(text, {"x": 1}).total.tolist() == [1.0]

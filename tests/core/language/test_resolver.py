"""Names and arguments are checked before anything is evaluated."""

from __future__ import annotations

import pytest

from assay import RewardError, Scorer


@pytest.mark.parametrize(
    ("reward", "kind", "pointed", "message"),
    [
        ("nobody.a", "plugin", "nobody.a", "no plugin named 'nobody' is installed; `assay list` shows those that are"),
        ("sya.a", "plugin", "sya.a", "no plugin named 'sya' is installed; did you mean 'say'?"),
        (
            "maths.answer",
            "plugin",
            "maths.answer",
            "no plugin named 'maths' is installed; if you mean 'math': pip install assay-math",
        ),
        (
            "say.d",
            "plugin",
            "say.d",
            "the plugin 'say' has no verifier 'd'; it has a, b, c, yes, firm, same, most, painted, looks",
        ),
        ("say.sam", "plugin", "say.sam", "the plugin 'say' has no verifier 'sam'; did you mean say.same?"),
        ("say.a(levle=2)", "argument", "levle", "say.a has no option or input 'levle'; did you mean 'level'?"),
        ("say.a(1, 2)", "argument", "2", "say.a has the options level; inputs are given by name"),
        ("say.b(1)", "argument", "1", "say.b has no options; inputs are given by name"),
        ("say.a(1, level=2)", "argument", "level", "say.a: 'level' is given twice"),
        ("say.a(level='high')", "argument", "'high'", "say.a: 'level' must be int, got 'high'"),
        ("say.a(level=True)", "argument", "True", "say.a: 'level' must be int, got True"),
        ("say.a(level=1.5)", "argument", "1.5", "say.a: 'level' must be int, got 1.5"),
        (
            "say.a(level=say.b)",
            "argument",
            "say.b",
            "say.a: 'level' takes a literal or a column of the row, and say.b is neither",
        ),
        (
            "say.same(words=['a', 1])",
            "argument",
            "['a', 1]",
            "say.same: 'words' must be list[str] | None, got ['a', 1]",
        ),
        (
            "say.same(reference=None)",
            "argument",
            "None",
            "say.same: the input 'reference' takes a column (row.reference), a text, what is known of the sample, or another verifier",
        ),
        (
            "say.same(reference=tokens + row.x)",
            "argument",
            "tokens + row.x",
            "say.same: the input 'reference' takes a column (row.reference), a text, what is known of the sample, or another verifier",
        ),
        (
            "say.same(reference=row.gold)",
            "column",
            "row.gold",
            "the data has no column 'gold'; there are id, completion, group, a, b, c, x, tokens, task, tags",
        ),
        (
            "say.same(reference=row.completoin)",
            "column",
            "row.completoin",
            "the data has no column 'completoin'; did you mean row.completion?",
        ),
        (
            "say.same",
            "column",
            "say.same",
            "say.same needs 'reference' and the data has no such column; bind it to one, as in say.same(reference=row.<column>). There are id, completion, group, a, b, c, x, tokens, task, tags",
        ),
        (
            "row.nope",
            "column",
            "row.nope",
            "the data has no column 'nope'; there are id, completion, group, a, b, c, x, tokens, task, tags",
        ),
        ("say.c.nope", "name", "say.c.nope", "say.c has no field 'nope'; it has score, twice"),
        ("say.c.twise", "name", "say.c.twise", "say.c has no field 'twise'; did you mean 'twice'?"),
        (
            {"two": "say.c + 1", "total": "two.twice"},
            "type",
            "two.twice",
            "'.twice' asks for a score of a verifier, and this is not one verifier",
        ),
        (
            "1 if say.c else 0",
            "type",
            "say.c",
            "say.c is graded, so it needs a threshold as a condition: 'say.c > 0' is what a bare score would mean",
        ),
        (
            "not say.c",
            "type",
            "say.c",
            "say.c is graded, so it needs a threshold as a condition: 'say.c > 0' is what a bare score would mean",
        ),
        (
            "not say.firm(credit='part')",
            "type",
            "say.firm(credit='part')",
            "say.firm is graded, so it needs a threshold as a condition: 'say.firm(credit='part') > 0' is what a bare score would mean",
        ),
        (
            "1 if say.firm(credit=row.x) else 0",
            "type",
            "say.firm(credit=row.x)",
            "say.firm is graded, so it needs a threshold as a condition: 'say.firm(credit=row.x) > 0' is what a bare score would mean",
        ),
        (
            {"graded": "say.c", "total": "1 if graded else 0"},
            "type",
            "graded",
            "say.c is graded, so it needs a threshold as a condition: 'graded > 0' is what a bare score would mean",
        ),
        (
            "group.mean(tokens, where=say.c)",
            "type",
            "say.c",
            "say.c is graded, so it needs a threshold as a condition: 'say.c > 0' is what a bare score would mean",
        ),
        (
            "row.task == 1",
            "type",
            "row.task == 1",
            "a text, a number and a list are never equal: row.task is a text, 1 is a number",
        ),
        (
            "row.x == 'a'",
            "type",
            "row.x == 'a'",
            "a text, a number and a list are never equal: row.x is a number, 'a' is a text",
        ),
        ("row.task > 'a'", "type", "row.task > 'a'", "texts are compared with == and != alone"),
        ("row.task + 1", "type", "row.task", "row.task is a text, and a number is needed here"),
        ("1 if row.task else 0", "type", "row.task", "row.task is a text, and a number is needed here"),
        ("max(row.task, 1)", "type", "row.task", "row.task is a text, and a number is needed here"),
        ("row.tags * 2", "type", "row.tags", "row.tags is a list, and a number is needed here"),
        ("row.x in row.task", "type", "row.task", "'in' needs a column of lists, and row.task holds a text"),
        ("completion", "type", "completion", "'total' must be a number, not a text"),
        ("row.task", "type", "row.task", "'total' must be a number, not a text"),
        (
            "row.task if row.x > 0 else 'b'",
            "type",
            "row.task if row.x > 0 else 'b'",
            "'total' must be a number, not a text",
        ),
        ("'text'", "type", "'text'", "'total' must be a number, not a text"),
        ("1 + None", "type", "None", "None stands for 'leave the sample out' and can only be the value of a branch"),
        ("say.double(row.task)", "type", "row.task", "row.task is a text, and a number is needed here"),
        ("mean(1, 2, weights=[1])", "argument", "[1]", "there are 2 values and 1 weights"),
        (
            "mean(1, 2, weights=row.x)",
            "argument",
            "row.x",
            "weights must be a list of literal numbers, none of them negative",
        ),
        (
            "mean(1, 2, weights=[1, -1])",
            "argument",
            "[1, -1]",
            "weights must be a list of literal numbers, none of them negative",
        ),
        ("mean(1, 2, weights=[0, 0])", "argument", "[0, 0]", "at least one weight must be above 0"),
        (
            "step",
            "column",
            "step",
            "'step' is known while training, and this data has no column 'step' from a run's log",
        ),
        (
            "progress > 0.5",
            "column",
            "progress",
            "'progress' is known while training, and this data has no column 'progress' from a run's log",
        ),
        (
            "1 if truncated else 0",
            "column",
            "truncated",
            "whether the completion was cut isn't known for this data; it takes a column of that name (columns={'tokens': 'length'} renames one)",
        ),
        ("say.a(level=row.task)", "type", "row.task", "say.a: 'level' must be int, got 'math'"),
        (
            "1 + say.looks(image=[row.x, say.b])",
            "argument",
            "[row.x, say.b]",
            "say.looks: the input 'image' takes a column (row.image), a text, what is known of the sample, or another verifier",
        ),
        ("say.a(nothing=2)", "argument", "nothing", "say.a has no option or input 'nothing'; it has level, row"),
        (
            "say.looks",
            "column",
            "say.looks",
            "say.looks needs 'image' and the data has no such column; bind it to one, as in say.looks(image=row.<column>). There are id, completion, group, a, b, c, x, tokens, task, tags",
        ),
        ("group.mean(say.a, where=row.task)", "type", "row.task", "row.task is a text, and a number is needed here"),
        (
            "2 * (1 if None else 2)",
            "type",
            "None",
            "None stands for 'leave the sample out' and can only be the value of a branch",
        ),
        ("say.c.score + say.c.zzz", "name", "say.c.zzz", "say.c has no field 'zzz'; it has score, twice"),
        ("abs('a')", "type", "'a'", "'a' is a text, and a number is needed here"),
        ("1 + [1]", "type", "[1]", "[1] is a list, and a number is needed here"),
        (
            "row.tags == 'a'",
            "type",
            "row.tags == 'a'",
            "a text, a number and a list are never equal: row.tags is a list, 'a' is a text",
        ),
        ("1 < 'a'", "type", "1 < 'a'", "a text, a number and a list are never equal: 1 is a number, 'a' is a text"),
        ("default(row.task, 1)", "type", "row.task", "row.task is a text, and a number is needed here"),
        ("mean(1, row.task, weights=[1, 1])", "type", "row.task", "row.task is a text, and a number is needed here"),
        (
            "mean(1, 2, weights=['a', 1])",
            "argument",
            "['a', 1]",
            "weights must be a list of literal numbers, none of them negative",
        ),
        ("default(1, 2, on_error=row.task)", "type", "row.task", "row.task is a text, and a number is needed here"),
        (
            "row.x.y + row.zz",
            "column",
            "row.zz",
            "the data has no column 'zz'; there are id, completion, group, a, b, c, x, tokens, task, tags",
        ),
        (
            "say.double(None)",
            "type",
            "None",
            "None stands for 'leave the sample out' and can only be the value of a branch",
        ),
        (
            "say.same(words=row.x, reference='a')",
            "type",
            "row.x",
            "say.same: 'words' must be list[str] | None, got 1.0",
        ),
        ("'a' if 'b' else 1", "type", "'b'", "'b' is a text, and a number is needed here"),
        ("row.task <= row.task", "type", "row.task <= row.task", "texts are compared with == and != alone"),
        ({"part": "row.task", "total": "1 + part"}, "type", "part", "part is a text, and a number is needed here"),
        ({"total": "1", "weight": "row.task"}, "type", "row.task", "'weight' must be a number, not a text"),
        (
            "say.same(reference=[row.x, 'a'])",
            "argument",
            "[row.x, 'a']",
            "say.same: the input 'reference' takes a column (row.reference), a text, what is known of the sample, or another verifier",
        ),
        (
            {"none": "None", "total": "say.same(reference=none)"},
            "argument",
            "none",
            "say.same: the input 'reference' takes a column (row.reference), a text, what is known of the sample, or another verifier",
        ),
    ],
)
def test_a_refusal_points_at_what_is_wrong_and_says_what_to_do(judge, reward, kind, pointed, message):
    with pytest.raises(RewardError) as caught:
        judge(reward, {"task": "sql", "tags": ["a"]}, {"task": "math", "tags": []})
    (problem,) = caught.value.problems
    assert (problem.kind, problem.text[slice(*problem.at)]) == (kind, pointed)
    assert problem.message.partition(": Input should be")[0] == message  # what follows is pydantic's


def test_every_mistake_is_reported_at_once(judge):
    with pytest.raises(RewardError) as caught:
        judge({"one": "row.task + 1", "total": "row.nope + abs(row.task)"}, {"task": "sql"})
    assert [(one.line, one.text[slice(*one.at)]) for one in caught.value.problems] == [
        ("total", "row.nope"),
        ("one", "row.task"),
        ("total", "row.task"),
    ]


def test_a_text_among_numbers_is_told_for_each(judge):
    with pytest.raises(RewardError) as caught:
        judge("row.task in (1, 2)", {"task": "sql"})
    assert [one.message.rpartition(", ")[2] for one in caught.value.problems] == ["1 is a number", "2 is a number"]


@pytest.mark.parametrize(
    "reward",
    [
        "say.double(row.x, by='a') * 0",
        "1 if row.tags in [['a']] else 0",
        "1 if 'a' in row.tags else 0",
        "say.same(reference=[1, 'a', 2 * 3])",
        "say.looks(image=say.painted)",
        {"picture": "say.painted", "total": "say.looks(image=picture)"},
        {"gold": "row.task", "total": "say.same(reference=gold)"},
        "say.same(reference=tokens)",
        "say.same(reference=-1 * 2)",
        "1 if say.a and say.c > 0 else None",
        "1 if row.mixed == 'a' else 0",
        "say.a(level=row.level)",
        {"kind": "row.task", "total": "1 if kind == row.task else 0"},
        "mean(1, 2, weights=[0, 1])",
        "group.mean(say.c, where=say.c > 0)",
        "say.c.score + say.c.twice",
    ],
)
def test_what_fits_is_accepted(judge, reward):
    judge(
        reward,
        {"task": "sql", "tags": ["a"], "mixed": "a", "level": 1},
        {"task": "x", "tags": [], "mixed": 2, "level": "high"},
    )


def test_only_the_first_columns_are_listed(judge):
    with pytest.raises(RewardError) as caught:
        judge("row.nothing", {f"zz{i}": i for i in range(30)})
    assert str(caught.value).count(", ") == 1 + 19  # one after the line's name


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

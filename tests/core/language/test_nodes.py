"""Expressions and their text are the same thing: each can be had from the other, as a whole and in every part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay._language import nodes
from assay._language.nodes import children, unparse, walk
from assay._language.parser import parse

LINES = ("right", "bonus")

NUMBERS = (st.integers(0, 99) | st.floats(-99, 99) | st.booleans()).map(nodes.Number)
COLUMNS = st.sampled_from(["answer", "meta.gold", "the image", "class", "größe", "ﬁ", "2nd", "a..b", ""])
LEAVES = st.one_of(
    NUMBERS,
    st.text(max_size=5).map(nodes.Text),
    COLUMNS.map(nodes.ColumnRef),
    st.sampled_from(["tokens", "completion", "step"]).map(nodes.SampleField),
    st.sampled_from(LINES).map(nodes.LineRef),
    st.just(nodes.Group("size")),
)
NONE = st.just(nodes.NoneLiteral())


def named(inner, keys):
    return st.dictionaries(st.sampled_from(keys), inner, max_size=2).map(lambda given: tuple(given.items()))


def grow(inner):
    value = inner | NONE
    call = st.builds(
        nodes.Call,
        st.sampled_from(["math.answer", "sql.cells"]),
        st.lists(value, max_size=2).map(tuple),
        named(value, ["reference", "tolerance"]),
    )
    items = st.lists(value, max_size=3).map(lambda some: nodes.ListLiteral(tuple(some)))
    return st.one_of(
        call,
        items,
        st.builds(nodes.Field, call | st.sampled_from(LINES).map(nodes.LineRef), st.sampled_from(["recall", "f1"])),
        st.builds(nodes.Apply, st.sampled_from(["abs", "scored"]), st.tuples(inner)),
        st.builds(nodes.Apply, st.just("mean"), st.lists(inner, min_size=1, max_size=3).map(tuple), named(items, ["weights"])),
        st.builds(nodes.Group, st.sampled_from(["mean", "zscore"]), inner, st.none() | inner),
        st.builds(nodes.Group, st.just("size"), st.none(), inner),
        st.builds(nodes.Negate, inner.filter(lambda one: not isinstance(one, nodes.Number))),
        st.builds(nodes.Not, inner),
        st.builds(nodes.Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(nodes.Arithmetic, st.just("**"), inner, NUMBERS),
        st.builds(
            lambda first, rest: nodes.Compare((first, *(one for _, one in rest)), tuple(sign for sign, _ in rest)),
            inner,
            st.lists(st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner), min_size=1, max_size=2),
        ),
        st.builds(nodes.Member, inner, items | COLUMNS.map(nodes.ColumnRef), st.booleans()),
        st.builds(nodes.IsNone, inner, st.booleans()),
        st.builds(nodes.IfElse, inner, value, value),
        st.builds(nodes.Or, inner, inner),
        st.builds(nodes.And, inner, inner),
    )  # fmt: skip


EXPRESSIONS = st.recursive(LEAVES, grow, max_leaves=8)


@given(EXPRESSIONS)
def test_what_is_written_reads_back_as_the_same(node):
    assert parse("total", unparse(node), LINES) == node


def chain(node):
    """What `a or b or c` holds that has no text of its own: `b or c`."""
    yield node
    while isinstance(node, (nodes.Or, nodes.And)) and type(node.right) is type(node):
        node = node.right
        yield node


FORMS = [
    "1 + None * 'a'",
    "[1, (2, 3)] == row.pair",
    'row["the image"] + tokens',
    "right + right.recall - sql.cells.recall",
    "math.answer(3, reference=row.x).score",
    "abs(-tokens) + mean(1, 2, weights=[3, 4])",
    "group.mean(tokens, where=step) + group.size",
    "not (not tokens)",
    "1 < tokens <= 3 + pi",
    "1 in [2] or 1 not in row.x and 2 is not None",
    "(1 + 2) if tokens else (3 - 4)",
    "default(right, 0, on_error=+1)",
]


@pytest.mark.parametrize("text", FORMS)
def test_every_form_stands_where_it_says(text):
    for part in walk(parse("total", f"  {text} ", LINES)):
        start, end = part.at
        assert part in chain(parse("total", f"  {text} "[start:end], LINES))


@given(EXPRESSIONS)
def test_every_part_stands_where_it_says(node):
    """The characters at which a part claims to stand are, read by themselves, that part."""
    text = unparse(node)
    for part in walk(parse("total", text, LINES)):
        start, end = part.at
        assert part in chain(parse("total", text[start:end], LINES))


@given(EXPRESSIONS)
def test_a_walk_meets_every_part_once_from_the_outside_in(node):
    met = list(walk(node))
    assert met[0] is node
    assert met[1:] == [below for child in children(node) for below in walk(child)]


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("tokens", []),
        ("1 + 2", ["1", "2"]),
        ("math.answer(3, reference=row.x)", ["3", "row.x"]),
        ("sql.cells.recall", ["sql.cells"]),
        ("mean(1, 2, weights=[3])", ["1", "2", "[3]"]),
        ("group.mean(tokens, where=step)", ["tokens", "step"]),
        ("1 < 2 < 3", ["1", "2", "3"]),
        ("1 if tokens else None", ["tokens", "1", "None"]),
        ("tokens in (1, 2)", ["tokens", "[1, 2]"]),
    ],
)
def test_children_are_what_stands_directly_below(text, below):
    assert [unparse(one) for one in children(parse("total", text))] == below


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("math.answer()", "math.answer"),
        ("(tokens)", "tokens"),
        ("+tokens", "tokens"),
        ("a.b or c.d or e.f", "a.b or c.d or e.f"),
        ("1-2", "1 - 2"),
        ("-1 ** 2", "-1 ** 2"),
        ("(-1) ** 2", "(-1) ** 2"),
        ("(-0.0) ** 2", "(-0.0) ** 2"),
        ("not not tokens", "not not tokens"),
        ("(1, 2) == row.pair", "[1, 2] == row.pair"),
        ('row["answer"]', "row.answer"),
        ('row["class"]', "row['class']"),
        ("group.size()", "group.size"),
        ("case(tokens > 1, 2, 3)", "2 if tokens > 1 else 3"),
        (
            "case(tokens > 3, 1, tokens > 2, 2, tokens > 1, 3, 4)",
            "1 if tokens > 3 else (2 if tokens > 2 else (3 if tokens > 1 else 4))",
        ),
        ("tokens is not None", "tokens is not None"),
        ("(1 + tokens) if step else (2 - 3)", "(1 + tokens) if step else (2 - 3)"),
        ("tokens not in [1]", "tokens not in [1]"),
        ("0<tokens<=9", "0 < tokens <= 9"),
    ],
)
def test_one_way_of_writing(text, plain):
    assert unparse(parse("total", text)) == plain


def test_a_ladder_stands_as_a_whole():
    text = "case(tokens > 3, 1, tokens > 2, 2, 3)"
    assert {part.at for part in walk(parse("total", text)) if isinstance(part, nodes.IfElse)} == {(0, len(text))}


def test_what_is_no_expression_is_not_written():
    with pytest.raises(TypeError, match="not a node of the reward language"):
        unparse(nodes.Node())


def test_where_it_stands_is_no_part_of_what_it_says():
    assert nodes.Number(1, at=(0, 1)) == nodes.Number(1, at=(5, 6))
    assert hash(nodes.Number(1, at=(0, 1))) == hash(nodes.Number(1, at=(5, 6)))


def test_a_part_is_exchanged_and_the_rest_stays_the_same_object():
    node = parse("total", "abs(row.x) + max(row.x, math.answer(reference=row.x), 3)")
    assert nodes.rewrite(node, lambda part: None) is node
    two = nodes.Number(2)
    changed = nodes.rewrite(node, lambda part: two if part == nodes.ColumnRef("x") else None)
    assert unparse(changed) == "abs(2) + max(2, math.answer(reference=2), 3)"
    assert parse("total", unparse(changed)) == changed
    assert changed.right.operands[2] is node.right.operands[2]


def test_what_is_exchanged_is_not_looked_into():
    met = []

    def change(part):
        met.append(unparse(part))
        return nodes.Text("instead") if isinstance(part, nodes.Call) else None

    assert unparse(nodes.rewrite(parse("total", "math.answer(row.x) + tokens"), change)) == "'instead' + tokens"
    assert met == ["math.answer(row.x) + tokens", "math.answer(row.x)", "tokens"]


@pytest.mark.parametrize(
    ("text", "most", "size", "depth"),
    [
        ("tokens", 9, 1, 1),
        ("1 + 2", 9, 3, 2),
        ("abs(abs(tokens)) + 1", 9, 5, 4),
        ("1 + 2", 1, 1, 1),
        ("1 + 2", 2, 3, 2),
    ],
)
def test_how_many_parts_and_how_deep(text, most, size, depth):
    assert nodes.extent(parse("total", text), most) == (size, depth)


def test_a_part_remembers_the_text_that_it_was_read_from():
    mine, other = nodes.Source("total", "tokens + row.x"), nodes.Source("lab", "row.x")
    inner = nodes.sourced(nodes.ColumnRef("x", at=(0, 5)), other)
    node = nodes.sourced(nodes.Arithmetic("+", nodes.SampleField("tokens", at=(0, 6)), inner, at=(0, 14)), mine)
    assert [part.source for part in walk(node)] == [mine, mine, other]
    told = nodes.problem("name", node.right, "line", "text", "what to do")
    assert (told.kind, told.line, told.text, told.at, told.message) == ("name", "lab", "row.x", (0, 5), "what to do")
    plain = nodes.problem("name", nodes.Number(1, at=(2, 3)), "line", "text", "what to do")
    assert (plain.line, plain.text, plain.at) == ("line", "text", (2, 3))

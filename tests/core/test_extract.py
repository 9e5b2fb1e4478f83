"""Where the final answer stands, and where it doesn't."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.extract import check, extract, final_part


@pytest.mark.parametrize(
    ("text", "how", "found"),
    [
        (r"so \boxed{4}.", "boxed", "4"),
        (r"\boxed{\frac{1}{\sqrt{2}}}", "boxed", r"\frac{1}{\sqrt{2}}"),
        (r"\boxed{ {4} }", "boxed", "{4}"),
        (r"\boxed {4}", "boxed", "4"),
        (r"\fbox{4}", "boxed", "4"),
        (r"\boxed 4", "boxed", "4"),
        (r"\boxed{\boxed{4}}", "boxed", "4"),
        (r"\boxed{\{1, 2\}}", "boxed", r"\{1, 2\}"),
        (r"\boxed{4} again \boxed{ 4 }", "boxed", "4"),
        (r"\boxed{3} and \boxed{4}", "boxed", None),
        (r"\boxed{4} or \boxed{5", "boxed", None),
        (r"\boxed{4", "boxed", None),
        (r"{{{ \boxed{4}", "boxed", "4"),
        (r"}}} \boxed{4}", "boxed", "4"),
        (r"\boxed{}", "boxed", None),
        (r"<think>\boxed{3}</think>\boxed{4}", "boxed", "4"),
        (r"<think>\boxed{3}</think> no box", "boxed", None),
        (r"<think>\boxed{3}", "boxed", None),
        (r"hm \boxed{3}</think>\boxed{4}", "boxed", "4"),
        ("<answer> 4 </answer>", "tag:answer", "4"),
        ("<answer>4</answer><answer>5</answer>", "tag:answer", None),
        ("<answer>4<answer>5</answer>", "tag:answer", None),
        ("<answer>4", "tag:answer", None),
        ("4</answer>", "tag:answer", None),
        ("<answer></answer>", "tag:answer", None),
        ("<think>7</think>x", "tag:think", "7"),
        ("text\n#### 72", "after:####", "72"),
        ("text\n####\n\n72\nmore", "after:####", "72"),
        ("The answer is: 5.", "after:the answer is", "5."),
        ("NASA: 5", "after:A:", None),
        ("A: 5\nA: 6", "after:A:", None),
        ("<think>x</think> the rest\nof it", "after:</think>", "the rest\nof it"),
        ("```python\na\n```\n```python\nb\n```", "fence:python", "b"),
        ("```py\na\n```", "fence:python", "a"),
        ("```\na\n```", "fence:python", None),
        ("```js\na\n```", "fence", "a"),
        ("```python\na", "fence:python", None),
        ('{"a": {"b": [1, 2]}}', "json:a.b.1", "2"),
        ('so\n```json\n{"a": "x"}\n```', "json:a", "x"),
        ("it is 1,234.5 or so", "last_number", "1,234.5"),
        ("x\u22124", "last_number", "4"),
        ("a\n b \n\n", "last_line", "b"),
        ("  all of it ", "whole", "all of it"),
        ("", "whole", None),
        ("x=12;", r"regex:x=(\d+)", "12"),
        ("x=12;", r"regex:x=(?P<answer>\d)(\d)", "1"),
        ("plain", "boxed|tag:answer|whole", "plain"),
        (r"<answer>4</answer>\boxed{5}", "tag:answer|boxed", "4"),
        (r"\boxed{4} \boxed{5} <answer>6</answer>", "boxed|tag:answer", None),
        ("a|b #### 3", "after:####|whole", "3"),
    ],
)
def test_extract(text, how, found):
    extraction = extract(text, how)
    assert extraction.text == found
    assert extraction.reason


def test_lenient_takes_the_last_and_looks_into_the_reasoning():
    assert extract(r"\boxed{3} and \boxed{4}", "boxed", lenient=True).text == "4"
    assert extract(r"<think>\boxed{3}</think>", "boxed", lenient=True).text == "3"


@pytest.mark.parametrize(
    "how", ["", "box", "tag:", "after:", "regex:", "regex:(", "boxed:x", "whole|nonsense", "last_number:3"]
)
def test_what_says_nothing_is_refused(how):
    with pytest.raises(ValueError, match=r"."):
        check(how)


@pytest.mark.parametrize(
    ("text", "final"),
    [
        ("a<think>b</think>c", "ac"),
        ("b</think>c", "c"),
        ("a<think>b", "a"),
        ("<think>a<think>b</think>c</think>d", "d"),
        ("<THINK>a</THINK>b", "b"),
        ("<reasoning>a</reasoning>b", "b"),
        ("a<thinker>b", "a<thinker>b"),
    ],
)
def test_final_part(text, final):
    assert final_part(text) == final


HOWS = ["boxed", "tag:answer", "after:A:", "fence", "fence:python", "json:a", "last_number", "last_line", "whole"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(
    "piece",
    [
        "\\boxed{",
        "{",
        "}",
        "<answer>",
        "\\",
        "1",
        "1,",
        "```\n",
        "A: ",
        "A:\n",
        "<think>",
        "</think>",
        "\n",
        "`",
        " ",
        "<answer",
        "~~~\n```\n",
        "\0",
        "🙂",
    ],
)
def test_a_megabyte_of_anything_takes_no_time(piece, how):
    text = piece * (10**6 // len(piece))
    started = time.thread_time()
    extract(text, how)
    assert time.thread_time() - started < 1.5


def test_a_regular_expression_without_end_is_stopped():
    started = time.thread_time()
    extraction = extract("a" * 5000 + "b", r"regex:(a+)+$")
    assert extraction.text is None
    assert "took more than" in extraction.reason
    assert time.thread_time() - started < 5


@given(st.text(alphabet="\\boxed{}<answer>/think#A: 12`\n", max_size=80), st.sampled_from(HOWS), st.booleans())
@settings(max_examples=400, deadline=None)
def test_whatever_is_found_stands_in_the_text(text, how, lenient):
    extraction = extract(text, how, lenient=lenient)
    if extraction.text is not None and how != "json:a":
        assert extraction.text in text
        assert extraction.text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "<answer>```sql\nSELECT 1\n```</answer>",
        "<answer> ```sql\nSELECT 1\n``` </answer>",
        "~~~sql\nSELECT 1\n~~~</a> </b>",
    ],
)
def test_a_fence_may_share_its_line_with_tags(text):
    assert extract(text, "fence:sql").text == "SELECT 1"

"""Where the final answer stands, and where it doesn't."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.extract import Extraction, check, extract, final_part, wrap

HOWS = ["boxed", "tag:answer", "after:A:", "fence", "fence:python", "json:a", "last_number", "last_line", "whole"]


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


@pytest.mark.parametrize(
    ("text", "how", "reason"),
    [
        (r"\boxed{4}", "boxed", "found by boxed"),
        ("4", "tag:answer|last_line", "found by last_line"),
        (r"\boxed{3} \boxed{4}", "boxed", "there are 2 different answers: '3' and '4'"),
        (r"\boxed{1}\boxed{2}\boxed{3}\boxed{4}", "boxed", "there are 4 different answers: '1' and '2' and '3'"),
        (
            "A: " + "x" * 40 + "\nA: " + "y" * 41,
            "after:A:",
            f"there are 2 different answers: '{'x' * 40}' and '{'y' * 37}...'",
        ),
        (r"\boxed{4", "boxed", r"a \boxed{ is never closed"),
        ("<answer>4", "tag:answer", "a <answer> is never closed"),
        ("<answer>4<answer>5</answer>", "tag:answer", "a <answer> is opened before the last one is closed"),
        ("```python\nx", "fence:python", "a fenced block is never closed"),
    ],
)
def test_what_was_found_is_said(text, how, reason):
    assert extract(text, how).reason == reason
    assert extract(text, how).found


@pytest.mark.parametrize(
    ("text", "how", "reason"),
    [
        ("x", "boxed", r"there is no \boxed{}"),
        (r"\boxed{ }", "boxed", r"there is no \boxed{}"),
        ("x", "tag:answer", "there is no <answer>"),
        ("x", "after:####", "there is no '####'"),
        ("x", "after:</think>", "there is no '</think>'"),
        ("x", "fence", "there is no fenced block"),
        ("x", "fence:sql", "there is no fenced block of sql"),
        ("x", "json", "there is no JSON value"),
        ('{"a": 1}', "json:b", "there is no JSON value at 'b'"),
        ('{"a": 1}', "json:a.b", "there is no JSON value at 'a.b'"),
        ("x", "last_number", "there is no number"),
        ("<think>x</think>", "last_line", "there is no text after the reasoning"),
        ("<think>x</think>", "whole", "there is no text after the reasoning"),
        ("x", "regex:y", "the regular expression matches nothing"),
        ("x", "boxed|tag:a|boxed", r"there is no \boxed{}; there is no <a>"),
    ],
)
def test_why_nothing_was_found_is_said(text, how, reason):
    assert extract(text, how) == Extraction(None, reason, found=False)


@pytest.mark.parametrize(
    ("text", "how", "found"),
    [
        (r"\boxed{1 2} and \boxed{12.}", "boxed", "12."),  # blanks and a full stop make no other answer
        (r"\boxed{12} and \boxed{.12}", "boxed", None),
        (r"\boxed{aX} and \boxed{a}", "boxed", None),
        ("\\boxed{\tx \n}", "boxed", "\tx"),
        (r"\boxed4", "boxed", "4"),
        (r"\boxed{a} \boxed b", "boxed", "a"),
        (r"{\boxed{4}}", "boxed", "4"),
        (r"\boxed{a\}b}", "boxed", r"a\}b"),
        (r"\boxed{1} \boxed{2 \boxed{3}", "boxed", None),
        (r"\boxed{2 \boxed{3}", "boxed", "3"),
        (r"\boxed{\boxed{3}", "boxed", "3"),
        (r"\fbox{\boxed{4}}", "boxed", "4"),
        (r"\boxed{\fbox{4}}", "boxed", "4"),
        (r"\boxed{ \boxed{4} + 1 }", "boxed", r"\boxed{4} + 1"),
        (r"\boxed{\boxed{4} + \boxed{5}}", "boxed", r"\boxed{4} + \boxed{5}"),
        ("< answer >4</ANSWER >", "tag:answer", "4"),
        ("<answer >4</ ANSWER >", "tag:answer", "4"),
        ("</answer><answer>4</answer>", "tag:answer", "4"),
        ("<think>a</think><think>b</think>", "tag:THINK", None),
        ("a.b: 4", "after:a.b:", "4"),
        ("axb: 4", "after:a.b:", None),
        ("x####4", "after:####", "4"),
        ("A:\t: 4", "after:a:", "4"),
        ("The answer is: 4", "after:the answer is ", "4"),
        ("A: X5", "after:A:", "X5"),
        (r"\boxed{X}", "boxed", "X"),
        ("``` a`b\nc\n```\nd\n```", "fence", "d"),
        ("A: 5\nx\ny", "after:A:", "5"),
        ("<think>x</think> a\nb", "after:</think> ", "a\nb"),
        ("it is 5, or so", "last_number", "5"),
        ('see {x}\n```json\n{"a": 1}\n```', "json:a", "1"),
        ("<think>x</think>a<think>y</think>b", "after:</think>", "b"),
        ("A:\n\n", "after:A:", None),
        ("~~~\na\n```\n~~~", "fence", "a\n```"),
        ("````\na\n```\n````", "fence", "a\n```"),
        ("```\na\n`````", "fence", "a"),
        ("```\na\n```x\n```", "fence", "a\n```x"),
        ("``` a`b\nc\n", "fence", None),
        ("``\na\n``", "fence", None),
        ("  ```SQL title\n  a\n  ```  ", "fence:sql", "a"),
        ("```c++\na\n```", "fence:cpp", "a"),
        ("```sql of it\na\n```", "fence:sql", "a"),
        ("```cpp\na\n```", "fence:C++", "a"),
        ("```sh\na\n```", "fence:shell", "a"),
        ('```json\n1\n```\n```json\n{"a": 2}\n```', "json:a", "2"),
        ('{"a": 1}', "json", '{"a": 1}'),
        ('{"a": 1}.', "json:a", "1"),
        ('so {"a": {"b": null, "c": "ü"}} it is', "json:a", '{"b": null, "c": "ü"}'),
        ('{"a": null}', "json:a", None),
        ('{"a": [1]}', "json:a.1", None),
        ('{"a": [1]}', "json:a.x", None),
        ('{"a": [1, 2, 3]}', "json:a.²", None),
        ('{"a": "text"}', "json:a.b", None),
        ('["x", "y"]', "json:1", "y"),
        ("} {", "json", None),
        ("1, then 2, then -3.5e2/7%,", "last_number", "-3.5e2/7%"),
        ("about .5", "last_number", ".5"),
        ("v1.2", "last_number", None),
        ("a=1 b=2", r"regex:(\w)=(?P<answer>\d)", None),
        ("a=1", r"regex:(\w)=(?P<answer>\d)", "1"),
        ("a=1", r"regex:(\w)=(\d)", "a"),
        ("a=1", r"regex:\w=\d", "a=1"),
        ("a\nb\nc", "regex:^b$", "b"),
        ("a\nb", "regex:a.b", "a\nb"),
        ("b", "regex:a|b", "b"),
        ("ac", r"regex:a(b)?", None),
        ("4", "boxed|whole", "4"),
        ("4", "tag:b|c|whole", "4"),
    ],
)
def test_what_is_an_answer(text, how, found):
    assert extract(text, how).text == found


@pytest.mark.parametrize(
    ("how", "completion"),
    [
        ("boxed", r"\boxed{4}"),
        ("tag:answer", "<answer>4</answer>"),
        ("after:####", "#### 4"),
        ("fence", "```\n4\n```"),
        ("fence:sql", "```sql\n4\n```"),
        ("json", '"4"'),
        ("json:a.b", '{"a": {"b": "4"}}'),
        ("whole", "4"),
        ("last_line", "4"),
        ("last_number", "4"),
        ("tag:answer|boxed", "<answer>4</answer>"),
    ],
)
def test_an_answer_is_found_where_it_was_put(how, completion):
    assert wrap("4", how) == completion
    assert extract(completion, how).text == "4"


def test_lenient_takes_the_last_and_looks_into_the_reasoning():
    assert extract(r"\boxed{3} and \boxed{4}", "boxed", lenient=True).text == "4"
    assert extract(r"<think>\boxed{3}</think>", "boxed", lenient=True).text == "3"
    assert extract(r"<think>\boxed{3}</think>\boxed{4}", "boxed", lenient=True).text == "4"
    assert extract(r"<think>\boxed{3}</think>\boxed{4", "boxed", lenient=True).text is None  # it was begun


@pytest.mark.parametrize(
    "how", ["", "box", "tag:", "after:", "regex:", "regex:(", "boxed:x", "whole|nonsense", "last_number:3"]
)
def test_what_says_nothing_is_refused(how):
    with pytest.raises(ValueError, match=r"."):
        check(how)


@pytest.mark.parametrize("how", [*HOWS, "fence|json|regex:(a|b)", "tag:a|b|whole", "after:|"])
def test_what_says_where_to_look_is_accepted(how):
    check(how)


@pytest.mark.parametrize(
    ("text", "final"),
    [
        ("a<think>b</think>c", "ac"),
        ("b</think>c", "c"),
        ("a<think>b</think>c</think>d", "d"),
        ("x<think>a<think>b</think>c</think>d", "xd"),
        ("a</think>b</think>c", "c"),
        ("a<think>b", "a"),
        ("<think>a<think>b</think>c</think>d", "d"),
        ("<THINK>a</THINK>b", "b"),
        ("<reasoning>a</reasoning>b", "b"),
        ("a<thinker>b", "a<thinker>b"),
    ],
)
def test_final_part(text, final):
    assert final_part(text) == final


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
@settings(max_examples=4 * settings.default.max_examples, deadline=None)
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

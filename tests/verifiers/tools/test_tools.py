"""Tool calls in every wire format, published credit worked out by hand, and conversations that only look finished."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_tools import call, transcript

GOLD = [{"name": "weather", "arguments": {"city": "Oslo", "days": 3}}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}},
]


def hermes(*calls):
    return "\n".join(f"<tool_call>\n{json.dumps(one)}\n</tool_call>" for one in calls)


def named(name, **arguments):
    return {"name": name, "arguments": arguments}


FORMATS = {
    "hermes": hermes(*GOLD),
    "thought": "<think>weather? time?</think>\nLet me look.\n" + hermes(*GOLD),
    "toolrl": '<think>x</think>\n<tool_call>\n{"name": "weather", "parameters": {"city": "Oslo", "days": 3}}\n</tool_call>',
    "ego": '<think>x</think><tool>{"name": "weather", "arguments": {"city": "Oslo", "days": 3}}</tool>',
    "openai": '[{"type": "function", "id": "1", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\", \\"days\\": 3}"}}]',
    "openai message": '{"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\", \\"days\\": 3}"}}]}',
    "llama": '{"name": "weather", "parameters": {"days": 3, "city": "Oslo"}}',
    "llama tag": '<|python_tag|>{"name": "weather", "parameters": {"days": 3, "city": "Oslo"}}<|eom_id|>',
    "llama function": '<function=weather>{"city": "Oslo", "days": 3}</function>',
    "pythonic": '[weather(city="Oslo", days=3)]',
    "mistral": '[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Oslo", "days": 3}}]</s>',
    "mistral named": '[TOOL_CALLS]weather[ARGS]{"city": "Oslo", "days": 3}',
    "qwen coder": "<tool_call>\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
    "xml": '<function_calls><invoke name="weather"><parameter name="city">Oslo</parameter><parameter name="days">3</parameter></invoke></function_calls>',
    "fenced": '```json\n{"name": "weather", "arguments": {"city": "Oslo", "days": 3}}\n```',
}


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("credit", ["exact", "call", "fine", "ladder"])
def test_formats(text, credit):
    for tools in (None, TOOLS, json.dumps(TOOLS)):
        verdict = call(text, GOLD, tools, credit=credit)
        assert verdict.score == 1, verdict
        assert call(text, json.dumps(GOLD), tools, credit=credit).score == 1
        assert (
            call(
                hermes(*GOLD), text if text[0] != "[" or "TOOL" in text else json.dumps(GOLD), tools, credit=credit
            ).score
            == 1
        )
        assert call(text, [named("weather", city="Oslo", days=4)], tools, credit=credit).score < 1


def test_named_formats():
    for parser, key in [
        ("hermes", "hermes"),
        ("qwen", "qwen coder"),
        ("llama", "llama"),
        ("llama", "pythonic"),
        ("mistral", "mistral"),
        ("xml", "xml"),
        ("openai", "openai"),
    ]:
        assert call(FORMATS[key], GOLD, parser=parser).score == 1
    assert call(FORMATS["xml"], GOLD, parser="hermes").score == 0
    assert call(FORMATS["llama"], GOLD, parser="hermes").score == 0


def test_structured_messages():
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "function": {"name": "weather", "arguments": '{"city": "Oslo", "days": 3}'}}],
    }
    rows = [
        {"completion": [message], "reference": GOLD},
        {"completion": [{"role": "assistant", "content": "Oslo"}], "reference": GOLD},
    ]
    assert assay.score(rows, "tools.call").total.tolist() == [1, 0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would ask for the weather in Oslo.",
        f"<think>{hermes(*GOLD)}</think> no",
        hermes(*GOLD)[:-3],
        "<tool_call>" + hermes(*GOLD),
        hermes(*GOLD) + "</tool_call>",
        "<tool_call>\n{'name': 'weather'}\n</tool_call>",
        '<tool_call>{"name": "weather", "arguments": {"city": "Oslo", "city": "Oslo", "days": 3}}</tool_call>',
        '<tool_call>{"name": "weather", "arguments": {"city": "Oslo", "days": NaN}}</tool_call>',
        '<tool_call>{"arguments": {}}</tool_call>',
        '<tool_call>{"name": "weather", "arguments": "Oslo"}</tool_call>',
        '<tool_call>{"name": "weather", "arguments": [1]}</tool_call>',
        "<tool_call></tool_call>",
        hermes(*GOLD) + "\n<tool_call>oops</tool_call>",
        '{"answer": "weather"}',
        '{"name": "weather", "parameters": {',
        "[weather('Oslo', 3)]",
        "[weather(city=__import__('os').getcwd(), days=3)]",
        "[weather(city='Oslo', days=1+2)]",
        "[(lambda: 1)(city='Oslo', days=3)]",
        "<function=weather><parameter=city>Oslo</parameter><parameter=city>Oslo</parameter><parameter=days>3</parameter></function>",
        '<invoke name="weather"><parameter name="city">Oslo',
        hermes(*GOLD * 200),
    ],
)
def test_pays_nothing(text):
    for credit, least in (("exact", 0), ("call", 0), ("fine", 0), ("ladder", -2)):
        verdict = call(text, GOLD, TOOLS, credit=credit)
        assert verdict.score == least, verdict
    assert verdict.fields["exact"] == verdict.fields["known"] == 0


@pytest.mark.parametrize("parser", ["auto", "openai", "hermes", "qwen", "llama", "mistral", "xml"])
def test_exemplars(parser):
    for reference in (GOLD, json.dumps(GOLD), FORMATS["hermes"], FORMATS["xml"], [*GOLD, named("time")], []):
        text = call.exemplar(reference, {"parser": parser})
        for credit in ("exact", "fine", "ladder"):
            assert call(text, reference, parser=parser, credit=credit).score == 1


def test_an_answer_in_json_is_no_call():
    for text in ('{"name": "Ann", "age": 5}', '[{"name": "Ann", "age": 5}]', '{"answer": 3}', "[1, 2]"):
        assert call(text, []).score == 1
        assert call(text, GOLD).reason == "nothing is called"


def test_types():
    def score(text, gold, tools=None):
        return call(hermes(named("f", x=text)), [named("f", x=gold)], tools).score

    assert score(1, 1.0) == score([1, {"a": 2}], [1.0, {"a": 2}]) == 1
    assert (
        score("1", 1)
        == score(True, 1)
        == score(1, True)
        == score("a", "A")
        == score([1], [1, 1])
        == score(0, False)
        == 0
    )


def test_xml_takes_the_types_of_the_schema():
    def coder(**values):
        inner = "".join(f"<parameter={key}>{value}</parameter>" for key, value in values.items())
        return f"<function=f>{inner}</function>"

    properties = {
        "n": {"type": "integer"},
        "b": {"type": "boolean"},
        "s": {"type": "string"},
        "o": {"type": ["array", "null"]},
        "z": {},
    }
    tools = [{"name": "f", "parameters": {"type": "object", "properties": properties}}]
    gold = [named("f", n=3, b=True, s="3", o=[1], z="x")]
    for offered in (None, tools):
        assert call(coder(n="3", b="True", s="3", o="[1]", z="x"), gold, offered).score == 1
        assert call(coder(n="3", b="True", s="4", o="[1]", z="x"), gold, offered).score == 0
    assert call(coder(n="three"), gold, tools).fields["valid"] == 0


def test_toolrl_by_hand():
    """(Jaccard of names + for each pair the Jaccard of parameters and the equal values) / (1 + sum(1 + parameters))."""
    gold = [named("weather", city="Oslo", days=3), named("time", zone="CET")]
    maximum = 1 + (1 + 2) + (1 + 1)
    cases = [
        ([named("weather", city="Oslo", days=3), named("time", zone="CET")], maximum),
        ([named("weather", city="Oslo", days=4), named("time", zone="CET")], maximum - 1),
        ([named("weather", city="Oslo"), named("time", zone="CET")], 1 + (1 / 2 + 1) + (1 + 1)),
        ([named("weather", city="Oslo", days=3)], 1 / 2 + 3),
        ([named("weather", city="Oslo", days=3), named("time", zone="CET"), named("time", zone="CET")], 2 / 3 + 5),
        ([named("other")], 0),
        ([named("time", zone="CET"), named("weather", days=3, city="Oslo")], maximum),
    ]
    for said, earned in cases:
        assert call(hermes(*said), gold, credit="fine").score == pytest.approx(earned / maximum), said
    whole = [(1 + 2) / 3, (1 + 1) / 3, (1 + 1) / 3, (1 / 2 + 1) / 3, (2 / 3 + 2) / 3, 0, 1]
    for (said, _), expected in zip(cases, whole, strict=True):
        assert call(hermes(*said), gold, credit="call").score == pytest.approx(expected), said
    for said, earned in cases:
        assert call(hermes(*said), gold).score == float(earned == maximum)


LADDER = [
    (named("weather", city="Oslo", days=3), 1.0),
    (named("weather", city="Bergen", days=3), -0.25),
    (named("weather", city="Oslo"), -0.5),
    (named("weather", city="Oslo", days=3, unit="C"), -0.5),
    (named("weather", city="Oslo", unit="C"), -1.0),
    (named("weather", city="Oslo", days=3, wind=1), -0.8),
    (named("weather", city="Oslo", wind=1), -1.3),
    (named("weather", city="Oslo", days=3, unit="C", wind=1), -1.3),
    (named("weather", city="Oslo", unit="C", wind=1), -1.8),
    (named("time"), -1.5),
    (named("storm", city="Oslo", days=3), -2.0),
]


@pytest.mark.parametrize(("said", "score"), LADDER)
def test_tl_trainings_ladder(said, score):
    assert call(hermes(said), GOLD, TOOLS, credit="ladder").score == score
    # The same ladder, written in the reward language over the fields.
    reward = {
        "c": "tools.call",
        "two": "c.redundant and c.missing",
        "total": "1 if c.exact else -2 if not c.known else -1.5 if not c.name else -0.25 if c.keys else -1.8 if c.hallucinated and two else "
        "-1.0 if two else -1.3 if c.hallucinated and c.redundant + c.missing else -0.8 if c.hallucinated else -0.5",
    }
    rows = [{"completion": hermes(said), "reference": GOLD, "tools": TOOLS}]
    assert assay.score(rows, reward).total.tolist() == [score]


def test_schemas():
    def valid(**arguments):
        return call(hermes(named("weather", **arguments)), GOLD, TOOLS)

    assert valid(city="Oslo", days=3).fields["valid"] == 1
    for arguments in (
        {"days": 3},
        {"city": 1},
        {"city": "Oslo", "days": 3.5},
        {"city": "x", "unit": "K"},
        {"city": "x", "wind": 1},
    ):
        verdict = valid(**arguments)
        assert verdict.fields["valid"] == 0
        assert "weather" in verdict.reason
    assert call(hermes(*GOLD), GOLD).fields["valid"] is None
    plain = [{"name": "weather", "parameters": {"city": {"type": "str"}, "days": {"type": "int"}}}]
    assert call(hermes(*GOLD), GOLD, plain).fields["valid"] == 1
    assert call(hermes(named("weather", wind=1)), GOLD, plain).fields["hallucinated"] == 1
    evil = [
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "string", "pattern": "(a+)+$"}}}}
    ]
    started = time.thread_time()
    assert call(hermes(named("f", x="a" * 5000 + "!")), [named("f", x="b")], evil).score == 0
    assert time.thread_time() - started < 2


def test_nothing_to_call():
    for reference in ([], "[]", "<think>x</think><response>Hello</response>", {"tool_calls": []}):
        for credit, wrong in (("exact", 0), ("fine", 0), ("call", 0), ("ladder", -1.5)):
            assert call("Hello!", reference, TOOLS, credit=credit).score == 1
            assert call(hermes(named("time")), reference, TOOLS, credit=credit).score == wrong
            assert call("<tool_call>", reference, TOOLS, credit=credit).score < 0.5


@pytest.mark.parametrize(
    ("reference", "tools"),
    [
        ("", None),
        ("get the weather", None),
        (None, None),
        (3, None),
        ([3], None),
        ([{"arguments": {}}], None),
        ("<tool_call>{", None),
        ([named("storm")], TOOLS),
        (GOLD, "no tools"),
        (GOLD, []),
        (GOLD, [{"parameters": {}}]),
        (GOLD, [{"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "nonsense"}}}}]),
        (GOLD, [{"name": "weather", "parameters": 3}]),
        (GOLD, object()),
    ],
)
def test_bad_references(reference, tools):
    judged = call.judge({"completion": hermes(*GOLD), "reference": reference, "tools": tools}, {})
    assert judged.status == "bad_reference", judged


def test_tables_give_every_row_every_key():
    gold = [{"name": "weather", "arguments": {"city": "Oslo", "days": 3, "zone": None}}]
    tools = [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string", "enum": None}, "days": {"type": "integer"}, "zone": None},
                    "required": None,
                },
            },
        }
    ]
    assert call(hermes(*GOLD), gold, tools).score == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("fgh"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=3)),
        min_size=1,
        max_size=5,
    ),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_laws(gold, data):
    calls = [{"name": name, "arguments": arguments} for name, arguments in gold]
    said = data.draw(st.permutations(calls))
    for credit in ("exact", "call", "fine", "ladder"):
        assert call(hermes(*said), calls, credit=credit).score == 1
        assert call(hermes(*said, said[0]), calls, credit=credit).score < 1
        assert call(hermes(*said[1:], named("zzz")), calls, credit=credit).score < 1
    other = [*data.draw(st.permutations(calls))[1:], named("f", x=1)]
    scores = [call(hermes(*data.draw(st.permutations(other))), calls, credit="fine").score for _ in range(2)]
    assert scores[0] == pytest.approx(scores[1])


# --- conversations -------------------------------------------------------------------------------------------------


def tool_turn(identity="1", name="weather", arguments='{"city": "Oslo"}', content="<think>look</think>"):
    return {
        "role": "assistant",
        "content": content,
        "tool_calls": [{"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}],
    }


def result(text="12 C", identity="1"):
    return {"role": "tool", "tool_call_id": identity, "content": text}


ASK, END = {"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "<think>fine</think> It is 12 C."}
GOOD = [ASK, tool_turn(), result(), END]


def test_good_conversations():
    verdict = transcript(GOOD, TOOLS, think=True, max_turns=2)
    assert verdict.score == 1
    assert verdict.fields == {"calls": 1, "errors": 0, "turns": 2, "necessity": None}
    for needed, called, alone in ((True, 1, 0), (False, 0, 1), (0.75, 0.75, 0.25)):
        assert transcript(GOOD, None, needed).fields["necessity"] == called
        assert transcript([ASK, END], None, needed).fields["necessity"] == alone
    assert transcript([ASK, END]).score == 1
    assert (
        transcript(
            [ASK, tool_turn(), result("Error: no such city"), tool_turn(), result('{"error": "down"}'), END]
        ).fields["errors"]
        == 2
    )
    two = tool_turn()
    two["tool_calls"] = two["tool_calls"] + tool_turn("2")["tool_calls"]
    assert transcript([ASK, two, result(identity="2"), result(identity="1"), END]).score == 1
    assert transcript([ASK, END, ASK, tool_turn(), result(), END]).score == 1
    qwen = [
        ASK,
        {"role": "assistant", "content": hermes(*GOLD)},
        {"role": "user", "content": "<tool_response>\n12 C\n</tool_response>"},
        END,
    ]
    assert transcript(qwen, TOOLS).score == 1


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (GOOD[:2], "no result"),
        (GOOD[:3], "does not end"),
        ([ASK], "does not end"),
        ([ASK, tool_turn(), END], "no result"),
        ([ASK, result(), END], "nobody asked"),
        ([ASK, tool_turn(), result(), result(), END], "nobody asked"),
        ([ASK, tool_turn(), result(identity="9"), END], "nobody made"),
        ([ASK, tool_turn(name="storm"), result(), END], "no tool"),
        ([ASK, tool_turn(arguments='{"city": 1}'), result(), END], "weather"),
        ([ASK, tool_turn(arguments="{"), result(), END], "JSON"),
        ([ASK, {"role": "assistant", "content": "<tool_call>{</tool_call>"}, END], "JSON"),
        ([ASK, tool_turn(), result(), {"role": "assistant", "content": "<think>x</think>"}], "no answer"),
        (
            [
                ASK,
                {"role": "assistant", "content": hermes(*GOLD) + "<tool_response>12 C</tool_response> It is 12 C"},
                result(),
                END,
            ],
            "itself",
        ),
        ([ASK, tool_turn(content=""), result(), END], "reasoning"),
        ([*GOOD[:3], *GOOD[1:]], "3 turns"),
    ],
)
def test_broken_conversations(messages, reason):
    verdict = transcript(messages, TOOLS, think=True, max_turns=2)
    assert verdict.score == 0
    assert reason in verdict.reason


def test_conversations_in_one_text():
    """Ego-R1 keeps thought, call, result and answer in one text."""
    text = (
        '<think>a</think><tool>{"name": "weather", "arguments": {"city": "Oslo"}}</tool><information>12 C</information>'
        "<think>b</think><answer>12 C</answer>"
    )
    for whole, score in (
        (text, 1),
        (text.replace("<information>12 C</information>", ""), 0),
        (text[: text.index("<think>b")], 0),
        (text.replace("}}", "}"), 0),
    ):
        assert (
            transcript(
                [ASK, {"role": "assistant", "content": whole}], TOOLS, inline=True, think=True, answer="tag:answer"
            ).score
            == score
        ), whole
    assert transcript([ASK, {"role": "assistant", "content": text}], TOOLS).score == 0


def test_no_conversation():
    for messages in (None, [], "text", [1]):
        assert transcript(messages).status == "abstained"
    assert transcript(GOOD, "tools").status == "bad_reference"


def test_in_a_reward():
    rows = [
        {"prompt": [ASK], "completion": GOOD[1:], "tools": TOOLS, "reference": GOLD},
        {"prompt": [ASK], "completion": hermes(*GOLD), "tools": TOOLS, "reference": GOLD},
    ]
    assert assay.score(rows, "tools.transcript").total.tolist() == [1, 0]
    assert assay.score(rows, "tools.transcript.calls").total.tolist() == [1, 1]
    assert assay.score(rows, '6 * tools.call(credit="fine") - 3').total.tolist() == [-3, 3]


@pytest.mark.parametrize(
    "piece",
    [
        "<tool_call>",
        "<tool_call></tool_call>",
        "{",
        "[",
        '{"name":',
        "[f(",
        "<function=f>",
        "<function=a></function>",
        "<parameter=x>",
        "[TOOL_CALLS]",
        '<invoke name="a">',
        "<|python_tag|>",
        "<tool_response>",
        "-",
        "f(a=",
        "</information>",
    ],
)
def test_a_long_text_of_anything(piece):
    started = time.thread_time()
    for size in (300_000, 100_000):
        for text in (
            piece * (size // len(piece)),
            "[f(x=" + piece * 3000,
            hermes(named("weather", city=piece * 20_000)),
        ):
            for parser in ("auto", "hermes", "llama", "mistral", "xml", "openai"):
                judged = call.judge({"completion": text, "reference": GOLD, "tools": TOOLS}, {"parser": parser})
                assert judged.status == "scored", judged
            judged = call.judge({"completion": "x", "reference": text}, {})
            assert judged.status in ("scored", "bad_reference")
            for inline in (True, False):
                judged = transcript.judge(
                    {"messages": [ASK, {"role": "assistant", "content": text}]}, {"inline": inline}
                )
                assert judged.status == "scored", judged
    assert time.thread_time() - started < 15


@given(st.text(max_size=100), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text(text, reference):
    assert call.judge({"completion": text, "reference": GOLD, "tools": TOOLS}, {}).status == "scored"
    assert call.judge({"completion": text, "reference": reference, "tools": reference}, {}).status in (
        "scored",
        "bad_reference",
    )
    assert transcript.judge({"messages": [ASK, {"role": "assistant", "content": text}]}, {}).status == "scored"


def test_import_is_light():
    code = "import assay_tools, sys; print([m for m in ('numpy', 'scipy', 'jsonschema', 'referencing') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )

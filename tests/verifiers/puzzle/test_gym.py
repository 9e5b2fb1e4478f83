"""Every task of reasoning-gym: right answers pay, wrong ones don't, and nothing that is written is run."""

from __future__ import annotations

import itertools
import json
import sys
from collections import deque
from dataclasses import replace
from functools import cache

import pytest

import assay
from assay import installed
from assay.engine import Call, LocalEngine
from assay.testing._adversarial_inputs import PAYLOADS
from assay_puzzle import gym
from assay_puzzle.entries import oracle, read_entry, tasks
from assay_puzzle.judgements import JUDGEMENTS

pytestmark = pytest.mark.filterwarnings("ignore")  # reasoning-gym's generators and their libraries

#: Tasks that can't be scored by an answer of their own, and why.
WITHOUT_ANSWER = {
    "composite": "is a mixture of other tasks; its rows are scored as theirs",
    "boxnet": "its rows hold no plan; the test makes one",
    "rush_hour": "its rows hold no solution; the test searches one",
}
TASKS = sorted(tasks())


@cache
def entries(task, seed=0, size=1):
    import reasoning_gym

    generated = reasoning_gym.create_dataset(task, size=size, seed=seed)
    return [generated[n] for n in range(size)]


def judged(answer, entry, **options):
    return gym(f"<answer>{answer}</answer>", entry, **options)


def solution(entry, task):
    known = oracle(read_entry(entry, None, task))
    if known is None:
        return {"boxnet": carry_boxes, "rush_hour": drive_out}[task](entry["metadata"])
    return known


def carry_boxes(metadata):
    """A plan that carries one box after another, a square at a time."""
    places = {tuple(map(float, square.split("_"))): items for square, items in metadata["initial_state"].items()}
    plan = []
    for (row, column), items in places.items():
        for box in [item for item in items if item.startswith("box_")]:
            target = box.replace("box_", "target_")
            goal = next(place for place, there in places.items() if target in there)
            here = (row, column)
            while here != goal:
                step = (here[0] + (goal[0] > here[0]) - (goal[0] < here[0]), here[1])
                if step == here:
                    step = (here[0], here[1] + (1 if goal[1] > here[1] else -1))
                plan.append({f"Agent[{here[0]}, {here[1]}]": f"move({box}, square[{step[0]}, {step[1]}])"})
                here = step
            plan.append({f"Agent[{here[0]}, {here[1]}]": f"move({box}, {target})"})
    return json.dumps(plan)


def drive_out(metadata):
    """Breadth-first search over boards of 6 by 6, until the car A stands at the right edge."""
    start = metadata["board_config"]
    # The question shows the cars in order, without the letters that the configuration leaves out.
    shown = {label: chr(ord("A") + n) for n, label in enumerate(sorted(set(start) - {"o", "x"}))}
    seen, queue = {start}, deque([(start, [])])
    while queue:
        board, path = queue.popleft()
        cells = {label: [n for n, cell in enumerate(board) if cell == label] for label in set(board) - {"o", "x"}}
        if max(cells["A"]) % 6 == 5:
            return " ".join(path)
        for label, where in cells.items():
            stride = where[1] - where[0]
            for sign, edge in ((1, where[-1]), (-1, where[0])):
                to = edge + sign * stride
                if not 0 <= to < 36 or (stride == 1 and to // 6 != edge // 6) or board[to] != "o":
                    continue
                moved = [cell if cell != label else "o" for cell in board]
                for place in where:
                    moved[place + sign * stride] = label
                after = "".join(moved)
                if after not in seen:
                    seen.add(after)
                    queue.append((after, [*path, f"{shown[label]}{'+' if sign > 0 else '-'}1"]))
    raise AssertionError("no way out")


@pytest.mark.parametrize("task", TASKS)
def test_each_task_s_own_answer_scores_1(task):
    if task == "composite":
        return
    for seed in (0, 1, 2):
        (entry,) = entries(task, seed)
        right = solution(entry, task)
        verdict = judged(right, entry, task=task)
        assert verdict.score == 1, f"{right!r}: {verdict.reason}"
        assert verdict.fields["solved"] == 1
        assert judged(right, entry, task=task, credit="published").score == 1
        exact = judged(right, entry, task=task, credit="exact")
        assert exact.score == 1 if entry["answer"] is not None else exact.status == "abstained"


def test_those_without_an_answer_are_the_ones_that_are_named():
    lacking = {
        task for task in TASKS if task != "composite" and oracle(read_entry(entries(task)[0], None, task)) is None
    }
    assert lacking | {"composite"} == WITHOUT_ANSWER.keys()


@pytest.mark.parametrize("task", [task for task in TASKS if task != "composite"])
def test_wrong_answers_do_not_pay(task):
    one, other = entries(task, 3, 2)
    tried = ["", "rubbish", "0", "[]", "{}", "None", "x" * 500]
    known = oracle(read_entry(other, None, task))
    own = oracle(read_entry(one, None, task))
    if known is not None and known != own and task not in ("propositional_logic", "rubiks_cube", "graph_color"):
        tried.append(known)
    for answer in tried:
        if answer.strip() == (own or "rubbish?").strip():
            continue
        verdict = judged(answer, one, task=task)
        if verdict.score == 1 and task in ("propositional_logic", "quantum_lock", "jugs"):
            continue  # another's answer may be valid here
        assert (verdict.status, verdict.score) == ("scored", 0), f"{answer!r}: {verdict.reason}"
        assert judged(answer, one, task=task, credit="published").score < 1


def test_nothing_is_run(tmp_path):
    """No code object made of text is executed while any task judges text that would leave a trace."""
    marker = tmp_path / "marker"
    code = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    texts = [code, f"[{code}]", f"['a', {code}]", f"4 + {code}", f"x**2 + {code}", f"({code} or 1)", f"'%s' % {code}"]
    watching, executed = [False], []

    def hook(event, arguments):
        if watching[0] and event == "exec" and getattr(arguments[0], "co_filename", "").startswith("<"):
            executed.append(arguments[0])

    for task in TASKS:  # what is imported or made once comes before the watch
        if task != "composite":
            judged("1", entries(task)[0], task=task)
    sys.addaudithook(hook)
    watching[0] = True
    try:
        for task, text in itertools.product(TASKS, texts):
            if task != "composite":
                for credit in ("rule", "published"):
                    assert judged(text, entries(task)[0], task=task, credit=credit).score < 1
    finally:
        watching[0] = False
    assert not marker.exists()
    assert [code for code in executed if "frozen" not in code.co_filename] == []


def test_hostile_answers_of_every_task_end_in_time():
    chosen = [
        PAYLOADS[name]
        for name in (
            "digits",
            "open brackets",
            "open braces",
            "a large exponent",
            "a power tower",
            "quotes",
            "null bytes",
        )
    ]
    chosen += [
        "A+999999999",
        "R999999999",
        "F999999999'",
        "9" * 4000,
        "-",
        "1/0",
        "[[" * 3000,
        '{"a": 1}',
        "[null]",
        "[[]]",
        "1,2",
        "nan",
        "(" * 900 + "x" + ")" * 900,
    ]
    verifier = replace(installed().verifier("puzzle.gym"), timeout=8.0)
    calls = [
        Call(verifier, {"completion": f"<answer>{text}</answer>", "reference": entries(task)[0], "metadata": None},
             {"task": task, "credit": "published", "extract": "tag:answer"})
        for task in TASKS if task != "composite" for text in chosen
    ]  # fmt: skip
    engine = LocalEngine(workers=2)
    try:
        for call, (verdict,) in zip(calls, engine.run(calls), strict=True):
            what = f"{call.options['task']}, {call.inputs['completion'][:30]!r}: {verdict}"
            assert verdict.status == "scored", what
            assert verdict.score < 1, what
    finally:
        engine.close()


def row(source, answer, /, **metadata):
    return {"question": "?", "answer": answer, "metadata": {"source_dataset": source, **metadata}}


QUEENS = [["_"] * 4 for _ in range(4)]


@pytest.mark.parametrize(
    ("entry", "answer", "why"),
    [
        (row("game_of_life_halting", "False"), "True", "any text was True"),
        (row("game_of_life_halting", "True"), "False", "any text was True"),
        (row("coin_flip", "0.3125"), "0", "a prefix of the digits was enough"),
        (row("coin_flip", "0.3125"), "0.3", "a prefix of the digits was enough"),
        (row("figlet_font", "STRAWBERRY"), "strawberryjam", "a tenth for each letter"),
        (row("spell_backward", "abcdefghij"), "abcdefghijklm", "a share for each letter"),
        (row("puzzle24", "6*4*1*1", numbers=[6, 4, 1, 1]), "4*6*10/10", "any four numbers"),
        (row("puzzle24", "(9 - 5)*6*1", numbers=[9, 5, 6, 1]), "6*5 - 9 + 1 + 2", "any four numbers"),
        (row("countdown", "3*4", numbers=[3, 4], target=12), "3*4*(1-0)", "other numbers"),
        (row("countdown", "3*4", numbers=[3, 4], target=12), "34 - 22", "joined digits"),
        (row("number_sorting", "[1.0, 2.0, 3.0]", direction="ascending"), "[1.9, 2.0, 3.9]", "each off by 1"),
        (row("gsm_symbolic", "5"), "-5", "the sign was dropped"),
        (row("gsm_symbolic", "5"), "5 or 6", "the first number won"),
        (row("calendar_arithmetic", "-1", task="recurring_event_calculations"), "100", "the error was divided by -1"),
        (row("game_of_life", "[[0,1],[1,0]]"), "[[0,1,1],[1,0,1],[1,1,1]]", "what is added was overlooked"),
        (row("polynomial_equations", ""), "no idea", "what is no number was overlooked"),
        (row("polynomial_equations", "2.0"), "2.0, and more", "what is no number was overlooked"),
        (row("simple_integration", "x**2 + C", integrand="2*x", variable="x"), "Integral(2*x, x)", "the question given back"),
        (row("simple_integration", "x**2 + C", integrand="2*x", variable="x"), "x**3", "wrong"),
        (row("polynomial_multiplication", "x**2 - 1", variables=["x"]), "(x - 1)*(x + 1)", "the question given back"),
        (row("n_queens", "_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _", puzzle=QUEENS), "Q _ _ _\n_ Q _ _\n_ _ Q _\n_ _ _ Q", "on a diagonal"),
        (row("complex_arithmetic", "1.0 + 2.0i", result=[1, 2]), "nan", "not a number is at no distance"),
        (row("mini_sudoku", "1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1", puzzle=[[1, 0, 0, 0], *[[0] * 4] * 3], solution=[[0] * 4] * 4), "2 1 3 4\n3 4 1 2\n1 2 4 3\n4 3 2 1", "a clue is changed"),
        (row("gcd", "12"), "the answer might be 12 or 13", "a text that holds the answer"),
        (row("sokoban", "R", gamestr="+++++\n+*@X+\n+++++"), "Right", "letters of a word"),
    ],
)  # fmt: skip
def test_defects_of_the_published_scorers(entry, answer, why):
    verdict = judged(answer, entry)
    assert (verdict.status, verdict.score) == ("scored", 0), why
    assert judged(answer, entry, credit="published").score < 1, why


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        (row("countdown", "3*4", numbers=[3, 4], target=12), r"4 \times 3 = 12"),
        (row("puzzle24", "6*4*1*1", numbers=[6, 4, 1, 1]), "(6 × 4) ÷ (1 × 1)"),
        (row("simple_integration", "x**2 + C", integrand="2*x", variable="x"), "x^2 + 7"),
        (row("intermediate_integration", "sin(x)**2/2 + C", integrand="sin(x)*cos(x)", variable="x"), "-cos(2*x)/4"),
        (row("polynomial_multiplication", "x**2 - 1", variables=["x"]), "-1 + x^2"),
        (row("polynomial_equations", ""), "no real solutions"),
        (row("polynomial_equations", "-2.0, 2.0"), "2, -2"),
        (row("number_sorting", "['1.5', '2.0']", direction="ascending"), "[1.50, 2]"),
        (row("coin_flip", "0.3125"), "5/16"),
        (row("gsm_symbolic", "1200"), "$1,200 in all"),
        (row("n_queens", "_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _", puzzle=QUEENS), "_ _ Q _\nQ _ _ _\n_ _ _ Q\n_ Q _ _"),
        (row("sokoban", "R", gamestr="+++++\n+*@X+\n+++++"), "R"),
        (row("bitwise_arithmetic", "0xff"), "255"),
        (row("gcd", "12"), " 12 "),
    ],
)  # fmt: skip
def test_other_right_answers(entry, answer):
    verdict = judged(answer, entry)
    assert verdict.score == 1, verdict.reason


def test_sudoku_in_any_layout_and_any_completion():
    (entry,) = entries("mini_sudoku", 0)
    rows = entry["answer"].split("\n")
    framed = "\n".join([*(f"| {line} |" for line in rows[:2]), "+---+", *(f"| {line} |" for line in rows[2:])])
    assert judged(framed, entry).score == 1
    open_grid = row("mini_sudoku", "1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1", puzzle=[[0] * 4] * 4, solution=[])
    assert judged("2 1 3 4\n3 4 1 2\n1 2 4 3\n4 3 2 1", open_grid).score == 1
    assert judged("2 1 3 4\n3 4 1 2\n1 2 4 3\n4 3 2 2", open_grid).score == 0


class TestCredit:
    entry = row("spiral_matrix", "4 6 7 3", matrix=[[4, 6], [3, 7]])

    def test_published_partial_credit(self):
        assert judged("[4, 6, 7, 3]", self.entry, credit="published").score == 0.1
        assert judged("[4, 6, 7, 3]", self.entry).score == 0

    def test_cells(self):
        assert judged("4 6 3 7", self.entry, credit="cell").score == 0.5
        assert judged("[4, 6, 7, 3]", self.entry, credit="cell").score == 1
        assert judged("4 6", self.entry, credit="cell").score == 0

    def test_exact(self):
        countdown = row("countdown", "3*4", numbers=[3, 4], target=12)
        assert judged("4*3", countdown, credit="exact").score == 0
        assert judged("3*4", countdown, credit="exact").score == 1


def test_rows_in_every_form():
    (entry,) = entries("gcd", 5)
    text = f"<answer>{entry['answer']}</answer>"
    rows = [
        {"completion": text, "reference": entry},
        {"completion": text, "reference": json.dumps(entry)},
        {"completion": text, "reference": entry["answer"], "metadata": entry["metadata"]},
        {"completion": text, "reference": entry["answer"], "metadata": json.dumps(entry["metadata"])},
        {"completion": text, "reference": int(entry["answer"]), "metadata": {"source_dataset": "gcd"}},
        {"completion": "<answer>-1</answer>", "reference": entry},
    ]
    assert assay.score(rows, "puzzle.gym").total.tolist() == [1, 1, 1, 1, 1, 0]
    bare = [{"completion": text, "reference": entry["answer"], "task": "gcd"}]
    assert assay.score(bare, "puzzle.gym(task=row.task)").total.tolist() == [1]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("12", "names no task"),
        ({"answer": "12", "metadata": {"source_dataset": "nothing"}}, "none of reasoning-gym's"),
        ({"answer": None, "metadata": {"source_dataset": "gcd"}}, "has no answer"),
        ({"answer": ["12"], "metadata": {"source_dataset": "gcd"}}, "not a text"),
        ({"answer": "3", "metadata": {"source_dataset": "countdown"}}, "doesn't solve it"),
        ({"answer": "3*4", "metadata": {"source_dataset": "countdown", "numbers": [3, 4], "target": 13}}, "doesn't solve it"),
        ({"answer": None, "metadata": {"source_dataset": "rush_hour"}}, "has no 'board_config'"),
        ({"answer": None, "metadata": {"source_dataset": "rush_hour", "board_config": "AA"}}, "can't be read"),
        ({"answer": "R", "metadata": {"source_dataset": "sokoban", "gamestr": "+++"}}, "no player"),
        ({"answer": "12", "metadata": 3}, "not a mapping"),
    ],
)  # fmt: skip
def test_rows_that_can_not_be_used(reference, reason):
    for completion in ("<answer>12</answer>", ""):
        verdict = gym(completion, reference)
        assert verdict.status == "bad_reference"
        assert reason in verdict.reason


def test_a_task_that_is_misspelt_is_the_reward_s_mistake():
    with pytest.raises(ValueError, match="did you mean 'countdown'"):
        gym("x", "y", task="countdwn")


def test_sokoban_as_drafted():
    board = "+ + + + + +\n+ * - @ X +\n+ - - @ X +\n+ + + + + +\n"
    entry = {"answer": "RRLDR", "metadata": {"source_dataset": "sokoban", "gamestr": board}}
    rows = [{"completion": moves, "reference": entry} for moves in ("RRLDR", "RR", "U", "DRRUR, ")]
    reward = {"s": "puzzle.gym", "total": "s.on_target + 10 * s.solved - 0.1 * s.moves"}
    scores = assay.score(rows, reward)
    assert scores.total == pytest.approx([11.5, 0.8, -0.1, 0.5])
    other = assay.score([{"completion": "12", "reference": row("gcd", "12")}], reward)
    assert other.status == ["abstained"]


def test_a_mixture_is_judged_as_its_members():
    import reasoning_gym
    from reasoning_gym.composite import DatasetSpec

    mixed = reasoning_gym.create_dataset(
        "composite", size=6, seed=0,
        datasets=[DatasetSpec(name=name, weight=1, config={}) for name in ("gcd", "countdown", "sokoban")],
    )  # fmt: skip
    for entry in mixed:
        assert judged(entry["answer"], entry, task="composite").score == 1
        assert judged(entry["answer"], entry).score == 1
        assert judged("rubbish", entry).score == 0


def test_each_task_that_is_judged_here_exists():
    assert JUDGEMENTS.keys() <= set(TASKS)

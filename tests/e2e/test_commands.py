"""The installed command, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ASSAY = Path(sys.executable).with_name("assay")


def assay(*arguments, cwd=None, stdin=None, env=None):
    return subprocess.run(
        [ASSAY, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        input=stdin,
        timeout=120,
        env=os.environ | (env or {}),
    )


@pytest.fixture
def rollouts(tmp_path):
    path = tmp_path / "rollouts.jsonl"
    rows = [
        {"response": f"\\boxed{{{n % 5}}}", "gold": {"text": "3"}, "prompt": f"q{n // 4}", "length": n}
        for n in range(40)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


MAPS = ["--map", "completion=response", "--map", "reference=gold.text"]


def test_list_and_show():
    run = assay("list")
    assert run.returncode == 0
    assert "math.answer" in run.stdout
    assert "assay-math 0.1.0" in run.stdout
    listed = json.loads(assay("list", "--json").stdout)["plugins"]
    (found,) = [one for plugin in listed for one in plugin["verifiers"] if one["name"] == "math.answer"]
    assert found["inputs"] == ["completion", "reference"]
    (tolerance,) = [one for one in found["options"] if one["name"] == "tolerance"]
    assert tolerance.pop("doc")
    assert tolerance == {"name": "tolerance", "type": "float | None", "required": False, "default": None}
    assert "boxed" in assay("show", "math.answer").stdout
    assert assay("show", "grounding.iou").stdout.count("where a ramp begins.") == 1  # of a group of options
    assert json.loads(assay("show", "format", "--json").stdout)[0]["name"] == "format.tags"


def test_list_imports_nothing_heavy():
    code = "import sys; from assay._cli import cli; cli(['list'], standalone_mode=False); print([m for m in ('torch', 'trl', 'sympy', 'pandas', 'pyarrow') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_score(rollouts, tmp_path):
    run = assay(
        "score",
        rollouts,
        "--reward",
        "right=math.answer",
        "--reward",
        "total=right - 0.01 * group.mean(tokens)",
        *MAPS,
        "--map",
        "tokens=length",
        "--out",
        tmp_path / "out.jsonl",
    )
    assert run.returncode == 0, run.stderr
    assert "40 samples" in run.stdout
    header, *verdicts = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert header["assay"] == 1
    assert [v["row"] for v in verdicts] == list(range(40))
    assert [v["components"]["right"]["score"] for v in verdicts] == [float(n % 5 == 3) for n in range(40)]
    assert verdicts[5]["total"] == pytest.approx(-0.055)


def test_summary_as_json(rollouts):
    summary = json.loads(assay("score", rollouts, "--reward", "math.answer", *MAPS, "--json").stdout)
    assert summary["samples"] == 40
    assert summary["components"]["math.answer"] == {"mean": 0.2, "status": {"scored": 40}}


def test_a_reward_from_a_file(rollouts, tmp_path):
    (tmp_path / "run.yaml").write_text("reward:\n  right: math.answer\n  total: 2 * right\n")
    assert (
        json.loads(assay("score", rollouts, "--reward", f"@{tmp_path / 'run.yaml'}", *MAPS, "--json").stdout)[
            "components"
        ]["total"]["mean"]
        == 0.4
    )


def test_standard_input_and_a_closed_pipe(rollouts):
    run = assay("score", "-", "--reward", "format.boxed", "--map", "completion=response", stdin=rollouts.read_text())
    assert run.returncode == 0, run.stderr
    piped = subprocess.run(f"{ASSAY} list | head -1", shell=True, capture_output=True, text=True)
    assert "Traceback" not in piped.stderr


def test_an_output_is_resumed_and_never_mixed(rollouts, tmp_path):
    out = tmp_path / "out.jsonl"
    command = ["score", rollouts, "--reward", "math.answer", *MAPS, "--out", out]
    assay(*command)
    whole = out.read_text()
    out.write_text("".join(line + "\n" for line in whole.splitlines()[:20]) + '{"row": 19, "tot')
    run = assay(*command)
    assert run.returncode == 0, run.stderr
    assert "40 samples" in run.stdout
    rows = [json.loads(line)["row"] for line in out.read_text().splitlines()[1:]]
    assert sorted(rows) == list(range(40))
    other = assay("score", rollouts, "--reward", "format.boxed", *MAPS, "--out", out)
    assert (other.returncode, "another file, reward or mapping" in other.stderr) == (2, True)


def test_malformed_lines_are_named_and_the_rest_is_judged(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(
        '{"completion": "4", "reference": "4"}\nnot json\n{"completion": "5", "reference": null}\n{"completion": "\\\\boxed{4", "reference": "4"}\n'
    )
    run = assay("score", path, "--reward", "math.answer", "--json")
    assert run.returncode == 1
    assert "bad.jsonl, line 2: it is not JSON" in run.stderr
    summary = json.loads(run.stdout)
    assert (summary["malformed"], summary["status"]) == (1, {"scored": 2, "bad_reference": 1})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "gone.jsonl", "--reward", "1"], "there is no file gone.jsonl"),
        (["score", "ROLLOUTS", "--reward", "math.anwser", *MAPS], "did you mean math.answer"),
        (["score", "ROLLOUTS", "--reward", "maths.answer", *MAPS], "did you mean 'math'"),
        (["score", "ROLLOUTS", "--reward", "math.answer(tolerence=1)", *MAPS], "did you mean 'tolerance'"),
        (["score", "ROLLOUTS", "--reward", "math.answer(reference=row.golt)", *MAPS], "did you mean row.gold"),
        (["score", "ROLLOUTS", "--reward", "math.answer"], "there is no completion"),
        (["score", "ROLLOUTS", "--reward", "math.answer", *MAPS[:2]], "needs 'reference'"),
        (["score", "ROLLOUTS", "--reward", "1 +", *MAPS], "can't be read"),
        (["score", "ROLLOUTS", "--reward", "1", "--reward", "2", *MAPS], "without names"),
        (["score", "ROLLOUTS", "--reward", "1", "--map", "reference"], "--map takes INPUT=COLUMN"),
        (["score", "ROLLOUTS", "--reward", "@gone.yaml"], "gone.yaml can't be read"),
        (["score", "ROLLOUTS"], "reward"),
        (["show", "math.nothing"], "has no verifier 'nothing'"),
        (["show", "nothing"], "no plugin named 'nothing'"),
        (["new", "9lives"], "can't be a plugin's name"),
        (["new", "tokens"], "name of the reward language"),
        (["train", "gone.yaml"], "gone.yaml can't be read"),
        (["report", "gone"], "holds no run"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_mistakes_are_one_sentence(rollouts, tmp_path, arguments, message):
    run = assay(*(rollouts if a == "ROLLOUTS" else a for a in arguments), cwd=tmp_path)
    assert run.returncode == 2
    assert message in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("reward", "status"),
    [
        ("math.answer / 0", "error"),
        ("(math.answer - 1) ** 0.5", "error"),
        ("exp(1000 * tokens)", "error"),
        ("None if math.answer else None", "abstained"),
    ],
)
def test_a_reward_without_a_number_is_a_status(rollouts, reward, status):
    run = assay("score", rollouts, "--reward", reward, *MAPS, "--map", "tokens=length", "--json")
    assert run.returncode == 1
    assert json.loads(run.stdout)["status"].get(status, 0) > 0


BROKEN = """
from assay import hookimpl, verifier
import time

@verifier
def slow(completion):
    time.sleep(0.05)
    return 1.0

@hookimpl
def assay_verifiers():
    return [slow]
"""


@pytest.fixture
def extra_plugins(tmp_path):
    """A path with a plugin that can't be imported, one that is slow, and two with one name."""
    site = tmp_path / "site"
    for name, entry, code in [
        ("assay_broken", "broken", "import nothing_of_this_name"),
        ("assay_slow", "slow", BROKEN),
        ("assay_twin_a", "twin", BROKEN),
        ("assay_twin_b", "twin", BROKEN),
    ]:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[assay]\n{entry} = {name}\n")
    return {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}


def test_plugins_that_can_not_be_used_are_shown_and_harm_nobody(rollouts, extra_plugins):
    listed = assay("list", env=extra_plugins)
    assert listed.returncode == 0
    assert "No module named 'nothing_of_this_name'" in listed.stdout
    assert "both provide a plugin named 'twin'" in listed.stdout
    assert assay("score", rollouts, "--reward", "math.answer", *MAPS, env=extra_plugins).returncode == 0
    for reward in ("broken.x", "twin.slow"):
        run = assay("score", rollouts, "--reward", reward, *MAPS, env=extra_plugins)
        assert run.returncode == 2
        assert "Traceback" not in run.stderr


def test_ctrl_c_keeps_what_was_judged(tmp_path, extra_plugins):
    path, out = tmp_path / "many.jsonl", tmp_path / "out.jsonl"
    path.write_text("".join(json.dumps({"completion": str(n)}) + "\n" for n in range(5000)))
    command = [ASSAY, "score", path, "--reward", "slow.slow", "--out", out]
    process = subprocess.Popen(
        [*map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | extra_plugins,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may have had it ignored
    )
    while not (out.exists() and out.read_text().count("\n") > 100):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    kept = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(kept) > 100


def test_new_makes_a_plugin_that_passes_its_tests(tmp_path):
    assert assay("new", "rhyme", cwd=tmp_path).returncode == 0
    assert assay("new", "rhyme", cwd=tmp_path).returncode == 2
    made = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert made == [
        f"assay-rhyme/{name}"
        for name in (
            "README.md",
            "assay_rhyme/__init__.py",
            "assay_rhyme/py.typed",
            "pyproject.toml",
            "tests/test_rhyme.py",
        )
    ]
    style = Path(sys.executable).with_name("ruff")
    assert (
        subprocess.run([style, "check", "--isolated", "--line-length", "120", tmp_path], capture_output=True).returncode
        == 0
    )


def test_a_completion_that_is_null_abstains_and_the_file_goes_on(tmp_path):
    path, out = tmp_path / "nul.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"completion": "\\\\boxed{4}", "reference": "4"}\n{"completion": null, "reference": "4"}\n')
    run = assay("score", path, "--reward", "math.answer", "--out", out, "--json")
    assert run.returncode == 1, run.stderr
    assert json.loads(run.stdout)["status"] == {"scored": 1, "abstained": 1}
    _, first, second = map(json.loads, out.read_text().splitlines())
    assert (first["total"], first["status"]) == (1, "scored")
    assert (second["total"], second["status"], second["reason"]) == (None, "abstained", "the row has no completion")


def test_a_mapping_to_no_column_names_the_nearest(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"output": "4", "gts": "4"}\n')
    run = assay("score", path, "--reward", "math.answer", "--map", "completion=outptu", "--map", "reference=gts")
    assert run.returncode == 2
    wrong = f"{path}: there is no column outptu to take 'completion' from; did you mean output?"
    assert run.stderr == f"assay: {wrong}\n"


@pytest.mark.parametrize("name", ["r.html", "r", "r.pngx"])
def test_a_picture_of_no_kind_that_is_drawn_is_refused(tmp_path, name):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "lines/total": 0.5}\n')
    run = assay("report", tmp_path, "--out", tmp_path / name)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert ".png or .svg" in run.stderr


@pytest.mark.parametrize("name", ["r.svg", "R.PNG"])
def test_a_picture_is_drawn(tmp_path, name):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "lines/total": 0.5}\n')
    run = assay("report", tmp_path, "--out", tmp_path / name)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / name).stat().st_size > 1000
